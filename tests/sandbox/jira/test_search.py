from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]


def make_many(api: Any, count: int) -> None:
    for number in range(count):
        fields = {"project": {"key": "SEC"}, "issuetype": {"id": "1"}, "summary": f"Issue {number:03d}"}
        assert api("POST", "/issue", {"fields": fields}).status_code == 201


def test_cloud_gives_only_ids_unless_fields_are_named(connect: Connect) -> None:
    page = connect()("GET", "/search/jql", jql="project = NIM ORDER BY id ASC").json()
    assert page == {"issues": [{"id": "100"}, {"id": "101"}, {"id": "102"}, {"id": "103"}], "isLast": True}


def test_cloud_refuses_unbounded_queries(connect: Connect) -> None:
    answer = connect()("POST", "/search/jql", {"jql": "ORDER BY created"})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith("Unbounded JQL queries are not allowed here.")


def test_cloud_old_search_is_gone_and_data_center_has_no_new_one(connect: Connect) -> None:
    answer = connect("cloud", version=3)("GET", "/search", jql="project = NIM")
    assert answer.status_code == 410
    assert "/rest/api/3/search/jql" in answer.json()["errorMessages"][0]
    assert connect("data-center")("POST", "/search/jql", {"jql": "project = NIM"}).status_code in (404, 405)
    assert connect("data-center", version=3)("GET", "/myself").status_code == 404


def test_a_page_with_fields_holds_at_most_100(connect: Connect) -> None:
    api = connect()
    make_many(api, 105)
    body = {"jql": "project = SEC ORDER BY id ASC", "fields": ["summary"], "maxResults": 5000}
    first = api("POST", "/search/jql", body).json()
    assert (len(first["issues"]), first["isLast"]) == (100, False)
    second = api("POST", "/search/jql", {**body, "nextPageToken": first["nextPageToken"]}).json()
    assert (len(second["issues"]), second["isLast"], "nextPageToken" in second) == (6, True, False)
    ids = api("POST", "/search/jql", {**body, "fields": ["id"]}).json()
    assert (len(ids["issues"]), ids["isLast"]) == (106, True)


def test_an_issue_updated_during_a_crawl_is_seen_again_and_none_is_lost(connect: Connect) -> None:
    api = connect()
    make_many(api, 6)
    body: dict[str, Any] = {"jql": "project = SEC ORDER BY updated ASC, id ASC", "fields": ["key"], "maxResults": 3}
    page = api("POST", "/search/jql", body).json()
    seen = [issue["key"] for issue in page["issues"]]
    api("PUT", f"/issue/{seen[0]}", {"fields": {"summary": "changed"}})
    while not page["isLast"]:
        page = api("POST", "/search/jql", {**body, "nextPageToken": page["nextPageToken"]}).json()
        seen += [issue["key"] for issue in page["issues"]]
    assert seen == [f"SEC-{number}" for number in range(1, 8)] + ["SEC-1"]


def test_a_token_of_another_query_is_refused(connect: Connect) -> None:
    api = connect()
    body = {"jql": "project = NIM", "maxResults": 1}
    token = api("POST", "/search/jql", body).json()["nextPageToken"]
    assert api("POST", "/search/jql", {"jql": "project = SEC", "nextPageToken": token}).status_code == 400
    assert api("POST", "/search/jql", {**body, "nextPageToken": "rubbish"}).status_code == 400


def test_properties_and_expand_come_inline(connect: Connect) -> None:
    body = {
        "jql": "key = NIM-2",
        "fields": ["summary"],
        "properties": ["syncline", "absent"],
        "expand": "changelog,names",
    }
    page = connect()("POST", "/search/jql", body).json()
    (issue,) = page["issues"]
    assert issue["properties"] == {"syncline": {"op": 1}}
    assert issue["changelog"]["histories"][0]["items"][0]["toString"] == "In Progress"
    assert page["names"] == {"summary": "Summary"}
    assert issue["fields"] == {"summary": "Login page"}


def test_all_navigable_and_excluded_fields(connect: Connect) -> None:
    api = connect()

    def fields(*wanted: str) -> set[str]:
        body = {"jql": "key = NIM-2", "fields": list(wanted)}
        return set(api("POST", "/search/jql", body).json()["issues"][0]["fields"])

    assert {"comment", "worklog", "customfield_10051"} <= fields("*all")
    assert not {"comment", "worklog"} & fields("*navigable")
    assert fields("*all", "-comment") == fields("*all") - {"comment"}


def test_data_center_pages_by_offset_and_tells_the_total(connect: Connect) -> None:
    page = connect("data-center").get("/search", jql="project = NIM ORDER BY key", startAt=2, maxResults=5000)
    assert [issue["key"] for issue in page["issues"]] == ["NIM-3", "NIM-4"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (2, 1000, 4)
    assert "comment" not in page["issues"][0]["fields"]


def test_the_index_lags_as_far_as_told(connect: Connect) -> None:
    api = connect()
    api.session.post(f"{api.url}/_sandbox/settings", json={"index_lag_seconds": 60})
    fields = {"project": {"key": "SEC"}, "issuetype": {"id": "1"}, "summary": "New"}
    made = api("POST", "/issue", {"fields": fields}).json()
    api("PUT", "/issue/SEC-1", {"fields": {"summary": "Changed"}})
    assert api.keys('project = SEC AND summary ~ "Changed"') == []
    assert api.keys("project = SEC") == ["SEC-1"]
    fresh = [int(made["id"]), 104]
    assert api.keys("project = SEC ORDER BY id ASC", reconcileIssues=fresh) == ["SEC-1", "SEC-2"]
    assert api.get("/issue/SEC-1")["fields"]["summary"] == "Changed"
    fetched = api("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["SEC-1"], "fields": ["summary"]}).json()
    assert fetched["issues"][0]["fields"]["summary"] == "Changed"
    api.service.clock.advance(61)
    assert api.keys("project = SEC ORDER BY id ASC") == ["SEC-1", "SEC-2"]
    assert api.keys('summary ~ "Changed"') == ["SEC-1"]


def test_a_deleted_issue_stays_in_a_lagging_index(connect: Connect) -> None:
    api = connect()
    api.service.change_settings({"index_lag_seconds": 60})
    assert api("DELETE", "/issue/SEC-1").status_code == 204
    assert api.keys("project = SEC") == ["SEC-1"]
    assert api("GET", "/issue/SEC-1").status_code == 404
    api.service.clock.advance(61)
    assert api.keys("project = SEC") == []


def test_bulk_fetch_names_what_it_did_not_find(connect: Connect) -> None:
    answer = connect(user="bob")("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["NIM-2", "NIM-4", "X-1"]}).json()
    assert [issue["key"] for issue in answer["issues"]] == ["NIM-2"]
    assert [error["id"] for error in answer["issueErrors"]] == ["NIM-4", "X-1"]


def test_a_moved_issue_is_found_by_its_old_key(connect: Connect) -> None:
    api = connect()
    assert api.get("/issue/OLD-9")["key"] == "NIM-2"
    assert api.keys("key = OLD-9") == ["NIM-2"]


def test_properties_and_changelog_come_without_fields(connect: Connect) -> None:
    api = connect()
    (found,) = api("POST", "/search/jql", {"jql": "key = NIM-2", "properties": ["syncline"]}).json()["issues"]
    assert found == {"id": "101", "properties": {"syncline": {"op": 1}}}
    (found,) = api("POST", "/search/jql", {"jql": "key = NIM-2", "expand": "changelog"}).json()["issues"]
    assert [one["id"] for one in found["changelog"]["histories"]] == ["60"]


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_a_search_expands_what_a_single_issue_does(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    words = ["transitions.fields", "editmeta", "operations"]
    one = api.get("/issue/NIM-2", expand=",".join(words))
    path, expand = ("/search/jql", ",".join(words)) if deployment == "cloud" else ("/search", words)
    (found,) = api("POST", path, {"jql": "key = NIM-2", "fields": ["summary"], "expand": expand}).json()["issues"]
    for name in ("transitions", "editmeta", "operations"):
        assert found[name] == one[name]
    assert found["transitions"][0]["fields"]["resolution"]
    (plain,) = api("POST", path, {"jql": "key = NIM-2", "fields": ["summary"]}).json()["issues"]
    assert not {"transitions", "editmeta", "operations"} & set(plain)
