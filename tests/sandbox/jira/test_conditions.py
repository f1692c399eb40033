"""What an operator can impose: limits, lag by node, late commits, odd pages, archives, moves, the gateway."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService
from sandbox.jira.switches import Switches

pytestmark = pytest.mark.loopback

Connect = Callable[..., Any]


@pytest.fixture
def cloud(connect: Connect) -> Any:
    return connect("cloud")


@pytest.fixture
def data_center(connect: Connect) -> Any:
    return connect("data-center")


def impose(api: Any, **settings: Any) -> None:
    answer = api.session.post(f"{api.url}/_sandbox/settings", json=settings, timeout=30)
    assert answer.status_code == 200, answer.text


def steer(api: Any, path: str, **body: Any) -> Any:
    answer = api.session.post(f"{api.url}/_sandbox/{path}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rename(api: Any, key: str, summary: str) -> None:
    assert api("PUT", f"/issue/{key}", {"fields": {"summary": summary}}).status_code == 204


def summaries(api: Any) -> dict[str, str]:
    route = "/search/jql" if api.service.site.state.cloud else "/search"
    found = api.get(route, jql="project = NIM", fields="summary")["issues"]
    return {one["key"]: one["fields"]["summary"] for one in found}


def test_bursts_of_one_route_are_refused_and_others_are_not(cloud: Any) -> None:
    impose(cloud, limits={"burst_per_second": 2})
    answers = [cloud("GET", "/myself") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    refused = answers[-1].headers
    assert (refused["Retry-After"], refused["RateLimit-Reason"]) == ("1", "jira-burst-based")
    assert refused["X-RateLimit-Remaining"] == "0"
    assert refused["Beta-RateLimit-Policy"] == '"jira-burst-based";q=2;w=1'
    assert cloud("GET", "/serverInfo").status_code == 200
    cloud.service.clock.advance(1.1)
    assert cloud("GET", "/myself").status_code == 200


def test_the_hourly_quota_counts_what_is_read_by_whom_it_is_for(cloud: Any) -> None:
    impose(cloud, limits={"quota_points": 12})
    assert {cloud("GET", "/field").status_code for _ in range(4)} == {200}, "API tokens are not counted"
    impose(cloud, limits={"quota_for_api_tokens": True, "retry_after": False})
    first = cloud("GET", "/search/jql", jql="project = NIM", fields="summary")
    assert (first.status_code, first.headers["X-RateLimit-Remaining"]) == (200, "11")
    assert cloud("GET", "/myself").headers["X-RateLimit-Remaining"] == "6", "1 and 4 issues were used"
    assert cloud("GET", "/field").status_code == 200
    last = cloud("GET", "/myself")
    assert (last.status_code, last.headers["RateLimit-Reason"]) == (429, "jira-quota-tenant-based")
    assert "Retry-After" not in last.headers
    assert last.headers["X-RateLimit-NearLimit"] == "true"
    steer(cloud, "limits/forget")
    assert cloud("GET", "/myself").status_code == 200


def test_writes_to_one_issue_must_be_spaced(cloud: Any) -> None:
    impose(cloud, limits={"issue_writes_2s": 2, "issue_writes_30s": 3})
    put = lambda key: cloud("PUT", f"/issue/{key}", {"fields": {"summary": "x"}})  # noqa: E731 - read on the spot
    assert [put("NIM-2").status_code for _ in range(3)] == [204, 204, 429]
    assert put("NIM-1").status_code == 204
    assert put("101").headers["RateLimit-Reason"] == "jira-per-issue-on-write", "by id it is the same issue"
    cloud.service.clock.advance(2.5)
    assert [put("NIM-2").status_code for _ in range(2)] == [204, 429]
    assert int(put("NIM-2").headers["Retry-After"]) > 20
    assert cloud("GET", "/issue/NIM-2").status_code == 200


def test_a_data_center_fills_a_bucket_for_each_user(data_center: Any, connect: Connect) -> None:
    impose(data_center, limits={"bucket_size": 2, "bucket_fill": 1, "bucket_seconds": 10})
    answers = [data_center("GET", "/myself") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[1].headers["X-RateLimit-Remaining"] == "0"
    assert {answers[2].headers[name] for name in ("X-RateLimit-FillRate", "X-RateLimit-Limit")} == {"1", "2"}
    assert 1 <= int(answers[2].headers["retry-after"]) <= 10
    assert connect("data-center", user="bob")("GET", "/myself").status_code == 200
    data_center.service.clock.advance(10)
    assert data_center("GET", "/myself").status_code == 200


def test_each_node_has_its_own_lag_and_a_cookie_keeps_to_one(data_center: Any) -> None:
    impose(data_center, nodes=2, node_lags=[0, 60])
    rename(data_center, "NIM-2", "New")
    node = data_center.session.cookies["ROUTEID"]
    seen = {}
    for one in (".node1", ".node2"):
        data_center.session.cookies.set("ROUTEID", one, domain="127.0.0.1", path="/")
        answer = data_center("GET", "/myself")
        assert answer.headers["X-ANODEID"] == one[1:]
        seen[one] = summaries(data_center)["NIM-2"]
    assert seen == {".node1": "New", ".node2": "Login page"}
    assert node in seen
    data_center.service.clock.advance(61)
    assert summaries(data_center)["NIM-2"] == "New"
    data_center.session.cookies.clear()
    turns = []
    for _ in range(4):
        data_center.session.cookies.clear()
        turns.append(data_center("GET", "/myself").headers["X-ANODEID"])
    assert set(turns) == {"node1", "node2"}


def test_a_late_write_shows_after_a_later_one(cloud: Any) -> None:
    state = cloud.service.site.state
    impose(cloud, late_every=2, late_seconds=30)
    with cloud.service.lock:
        state.writes += 1 - state.writes % 2  # so that the very next write is a second one
    rename(cloud, "NIM-1", "Late")
    rename(cloud, "NIM-2", "Prompt")
    now = summaries(cloud)
    assert (now["NIM-1"], now["NIM-2"]) == ("The epic", "Prompt")
    stamps = {one: cloud.get(f"/issue/{one}")["fields"]["updated"] for one in ("NIM-1", "NIM-2")}
    assert stamps["NIM-1"] < stamps["NIM-2"], "what shows later was stamped earlier"
    cloud.service.clock.advance(31)
    assert summaries(cloud)["NIM-1"] == "Late"


def test_reads_by_id_and_reconciled_searches_know_no_lag(cloud: Any) -> None:
    impose(cloud, index_lag_seconds=60)
    rename(cloud, "NIM-2", "First")
    cloud.service.clock.advance(40)
    rename(cloud, "NIM-2", "Second")
    assert summaries(cloud)["NIM-2"] == "Login page"
    cloud.service.clock.advance(25)
    assert summaries(cloud)["NIM-2"] == "First", "each version shows when its own time has come"
    found = cloud.get("/search/jql", jql="project = NIM", fields="summary", reconcileIssues="101")["issues"]
    assert "Second" in {one["fields"]["summary"] for one in found}
    cloud.service.clock.advance(40)
    assert summaries(cloud)["NIM-2"] == "Second"


def test_pages_come_reordered_and_ties_change_places_when_told(data_center: Any) -> None:
    plain = data_center.keys("project = NIM ORDER BY key")
    impose(data_center, reordered_pages=True)
    assert data_center.keys("project = NIM ORDER BY key") == plain[::-1]
    impose(data_center, reordered_pages=False, unstable_ties=True)
    seen = {tuple(data_center.keys("project = NIM ORDER BY labels")) for _ in range(12)}
    assert len(seen) > 1
    assert {frozenset(one) for one in seen} == {frozenset(plain)}
    assert {tuple(data_center.keys("project = NIM ORDER BY key")) for _ in range(5)} == {tuple(plain)}


def test_archived_issues_leave_searches_and_can_be_read_but_not_changed(cloud: Any, data_center: Any) -> None:
    body = {"issueIdsOrKeys": ["NIM-2", "NIM-3", "NOPE-1"]}
    told = cloud("PUT", "/issue/archive", body).json()
    assert told["numberOfIssuesUpdated"] == 1
    assert {name: row["issueIdsOrKeys"] for name, row in told["errors"].items()} == {
        "issueIsSubtask": ["NIM-3"],
        "issuesNotFound": ["NOPE-1"],
    }
    assert data_center("PUT", "/issue/NIM-2/archive").status_code == 204
    for api in (cloud, data_center):
        assert "NIM-2" not in api.keys("project = NIM")
        assert api.get("/issue/NIM-2")["key"] == "NIM-2"
        assert api("PUT", "/issue/NIM-2", {"fields": {"summary": "x"}}).status_code == 403
        document = api.service.dump_state()
        api.service.load_state(document)
        assert api.service.dump_state() == document
        assert "NIM-2" not in api.keys("project = NIM")
    assert cloud("PUT", "/issue/unarchive", {"issueIdsOrKeys": ["NIM-2"]}).json()["numberOfIssuesUpdated"] == 1
    assert data_center("PUT", "/issue/NIM-2/restore").status_code == 204
    for api in (cloud, data_center):
        assert "NIM-2" in api.keys("project = NIM")


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(cloud: Any) -> None:
    moved = steer(cloud, "move", issue="NIM-2", project="SEC", issuetype="Story")
    assert moved == {"id": "101", "key": "SEC-2"}
    found = cloud.get("/issue/NIM-2", expand="changelog")
    assert (found["id"], found["key"], found["fields"]["project"]["key"]) == ("101", "SEC-2", "SEC")
    assert found["fields"]["fixVersions"] == found["fields"]["components"] == []
    items = {
        item["field"]: (item["fromString"], item["toString"]) for item in found["changelog"]["histories"][0]["items"]
    }
    assert items["Key"] == ("NIM-2", "SEC-2")
    assert items["project"] == ("Nimbus", "Secret")
    assert set(cloud.keys("project = SEC")) == {"SEC-1", "SEC-2", "SEC-3"}, "the sub-task went along"
    assert cloud.get("/issue/NIM-3")["key"] == "SEC-3"
    assert cloud.keys("key = NIM-2") == ["SEC-2"]


def test_what_bumps_updated_is_a_switch(cloud: Any) -> None:
    def bumped(method: str, path: str, body: Any) -> bool:
        before = cloud.get("/issue/NIM-2")["fields"]["updated"]
        assert cloud(method, path, body).ok
        return bool(cloud.get("/issue/NIM-2")["fields"]["updated"] != before)

    link = {"object": {"url": "https://crm.example/1", "title": "Engagement"}}
    calls = {
        "property": ("PUT", "/issue/NIM-2/properties/p", {"a": 1}),
        "remote_link": ("POST", "/issue/NIM-2/remotelink", link),
        "comment": ("POST", "/issue/NIM-2/comment", {"body": "x"}),
        "worklog": ("POST", "/issue/NIM-2/worklog", {"timeSpentSeconds": 60}),
        "version": ("PUT", "/version/500", {"description": "y"}),
    }
    assert {name for name, one in calls.items() if bumped(*one)} == {"comment", "worklog"}
    for name, one in calls.items():
        impose(cloud, bumps_updated=[name])
        assert bumped(*one), name
        impose(cloud, bumps_updated=[])
        assert not bumped(*one), name


def test_wrong_credentials_and_epoch_milliseconds_are_switches(cloud: Any, connect: Connect) -> None:
    stranger = connect("cloud", user="nobody")
    answer = stranger("GET", "/project")
    assert (answer.status_code, answer.json()) == (200, [])
    impose(cloud, wrong_credentials="refused")
    assert stranger("GET", "/project").status_code == 401
    assert cloud.keys("updated >= 1000") != []
    impose(cloud, epoch_milliseconds=False)
    assert cloud("GET", "/search/jql", jql="updated >= 1000").status_code == 400


def test_a_setting_that_is_none_is_refused_and_changes_nothing(cloud: Any) -> None:
    for wrong in (
        {"nodes": 0},
        {"nodes": "2"},
        {"bumps_updated": ["x"]},
        {"limits": {"x": 1}},
        {"limits": {"retry_after": 1}},
        {"x": 1},
        {"wrong_credentials": "y"},
    ):
        answer = cloud.session.post(f"{cloud.url}/_sandbox/settings", json=wrong, timeout=30)
        assert answer.status_code == 400, wrong
    assert cloud.service.site.state.switches == Switches()


@pytest.fixture
def gateway(small_site: Callable[[str], dict[str, Any]]) -> Iterator[tuple[JiraService, str, requests.Session]]:
    document = small_site("cloud")
    document["oauth_clients"] = [{"client_id": "app", "client_secret": "shh", "user": "acc:ann"}]
    document["users"][1]["scoped_token"] = "bob-scoped"
    service = JiraService(document)
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        yield service, url, session


def test_the_gateway_takes_scoped_and_access_tokens_and_the_site_does_not(
    gateway: tuple[JiraService, str, requests.Session],
) -> None:
    service, url, session = gateway
    cloud_id = session.get(f"{url}/_edge/tenant_info", timeout=30).json()["cloudId"]
    base = f"{url}/ex/jira/{cloud_id}"
    scoped = ("bob@nimbus.example", "bob-scoped")
    assert session.get(f"{base}/rest/api/3/myself", auth=scoped, timeout=30).json()["accountId"] == "acc:bob"
    assert session.get(f"{url}/rest/api/3/myself", auth=scoped, timeout=30).status_code == 401
    assert session.get(f"{base}/rest/api/3/project", timeout=30).status_code == 401, "nobody is anonymous there"
    other = f"{url}/ex/jira/00000000-0000-0000-0000-000000000000/rest/api/3/myself"
    assert session.get(other, auth=scoped, timeout=30).status_code == 404
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "shh"}
    token = session.post(f"{url}/oauth/token", json=form, timeout=30).json()
    assert session.post(f"{url}/oauth/token", data={**form, "client_secret": "x"}, timeout=30).status_code == 401
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert (
        session.get(f"{url}/oauth/token/accessible-resources", headers=bearer, timeout=30).json()[0]["id"] == cloud_id
    )
    issue = session.get(f"{base}/rest/api/3/issue/NIM-2", headers=bearer, timeout=30)
    assert issue.json()["self"] == f"{url}/rest/api/3/issue/101"
    assert issue.json()["fields"]["description"]["type"] == "doc"
    service.change_settings({"gateway_self_links": "gateway"})
    issue = session.get(f"{base}/rest/api/3/issue/NIM-2", headers=bearer, timeout=30)
    assert issue.json()["self"] == f"{base}/rest/api/3/issue/101"
    assert session.get(f"{url}/rest/api/3/myself", headers=bearer, timeout=30).status_code == 401
    service.clock.advance(token["expires_in"] + 1)
    assert session.get(f"{base}/rest/api/3/myself", headers=bearer, timeout=30).status_code == 401


def test_security_schemes_are_shown(cloud: Any) -> None:
    (scheme,) = cloud.get("/issuesecurityschemes")["issueSecuritySchemes"]
    full = cloud.get(f"/issuesecurityschemes/{scheme['id']}")
    assert [one["name"] for one in full["levels"]] == ["Confidential"]
    assert cloud.get("/project/NIM/issuesecuritylevelscheme")["id"] == scheme["id"]
    assert cloud("GET", "/project/SEC/issuesecuritylevelscheme").status_code == 404
    assert [one["id"] for one in cloud.get("/issuesecurityschemes/level")["values"]] == ["7"]
    assert cloud.get("/issuesecurityschemes/search", projectId="10000")["values"][0]["projectIds"] == [10000]


def test_changelogs_of_many_issues_come_in_pages(cloud: Any) -> None:
    for number in range(5):
        rename(cloud, "NIM-2", f"n{number}")
        rename(cloud, "NIM-1", f"n{number}")
    body: dict[str, Any] = {"issueIdsOrKeys": ["NIM-2", "100", "NOPE-1"], "fieldIds": ["summary"], "maxResults": 4}
    seen: list[tuple[str, str]] = []
    pages = 0
    while True:
        page = cloud("POST", "/changelog/bulkfetch", body).json()
        seen += [(log["issueId"], row["id"]) for log in page["issueChangeLogs"] for row in log["changeHistories"]]
        pages += 1
        if not page.get("nextPageToken"):
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert (len(seen), len(set(seen)), pages) == (10, 10, 3)
    assert {one for one, _ in seen} == {"100", "101"}
    one = cloud("POST", "/issue/NIM-2/changelog/list", {"changelogIds": [60]}).json()
    assert [row["id"] for row in one["histories"]] == ["60"]
