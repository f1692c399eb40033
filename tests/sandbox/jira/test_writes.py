import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]


def story(**more: Any) -> dict[str, Any]:
    return {"fields": {"project": {"key": "NIM"}, "issuetype": {"name": "Story"}, "summary": "S", **more}}


def errors(api: Any, method: str, path: str, body: Any) -> dict[str, str]:
    answer = api(method, path, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errorMessages"] == []
    found: dict[str, str] = answer.json()["errors"]
    return found


def test_an_unknown_field_cannot_be_set(connect: Connect) -> None:
    message = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
    for name in ("customfield_1", "status", "created"):
        assert errors(connect(), "PUT", "/issue/NIM-2", {"fields": {name: 1}}) == {name: message.format(name)}
    scope = errors(connect(), "PUT", "/issue/SEC-1", {"fields": {"customfield_10052": "SI-1"}})
    assert scope == {"customfield_10052": message.format("customfield_10052")}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"customfield_10051": {"value": "Maybe"}}, "Option value 'Maybe' is not valid"),
        ({"customfield_10051": {"id": "9"}}, "Option id '9' is not valid"),
        (
            {"customfield_10052": "x" * 256},
            "The entered text is too long. It exceeds the allowed limit of 255 characters.",
        ),
        ({"customfield_10052": 3}, "Operation value must be a string"),
        ({"labels": ["a b"]}, "The label 'a b' contains spaces which is invalid."),
        ({"fixVersions": [{"name": "9"}]}, "Version name '9' is not valid"),
        ({"duedate": "24.12.2026"}, "Error parsing date string: 24.12.2026"),
        ({"summary": ""}, "You must specify a summary of the issue."),
        ({"summary": "x" * 256}, "Summary can't exceed 255 characters."),
        ({"summary": "a\nb"}, "The summary is invalid because it contains newline characters."),
    ],
)
def test_wrong_values_are_refused_in_jiras_words(connect: Connect, fields: dict[str, Any], message: str) -> None:
    api = connect()
    before = api.get("/issue/NIM-2")
    body = {"fields": {"labels": ["never"], **fields}}
    assert errors(api, "PUT", "/issue/NIM-2", body) == {next(iter(fields)): message}
    assert api.get("/issue/NIM-2") == before


def test_create_needs_project_type_summary_and_parent(connect: Connect) -> None:
    api = connect()
    assert set(errors(api, "POST", "/issue", {"fields": {}})) == {"project", "issuetype"}
    assert errors(api, "POST", "/issue", story(summary=None)) == {"summary": "You must specify a summary of the issue."}
    orphan = story(issuetype={"name": "Sub-task"})
    assert "parentId" in errors(api, "POST", "/issue", orphan)
    assert "parent" in errors(api, "POST", "/issue", story(issuetype={"name": "Sub-task"}, parent={"key": "SEC-1"}))
    assert "parent" in errors(api, "POST", "/issue", story(parent={"key": "NIM-2"}))


def test_create_gives_what_the_caller_and_the_workflow_say(connect: Connect) -> None:
    api = connect()
    body = {**story(parent={"key": "NIM-1"}), "properties": [{"key": "syncline", "value": {"id": "r1"}}]}
    made = api("POST", "/issue", body).json()
    assert made["key"] == "NIM-5"
    issue = api.get(f"/issue/{made['id']}", properties="syncline")
    fields = issue["fields"]
    assert (fields["status"]["name"], fields["status"]["statusCategory"]["key"]) == ("To Do", "new")
    assert fields["reporter"]["accountId"] == fields["creator"]["accountId"] == "acc:ann"
    assert fields["parent"]["key"] == "NIM-1"
    assert fields["priority"]["name"] == "Medium"
    assert issue["properties"] == {"syncline": {"id": "r1"}}
    assert api.keys("parent = NIM-1 ORDER BY id ASC") == ["NIM-2", "NIM-5"]


def test_verbs_of_update(connect: Connect) -> None:
    api = connect()

    def labels(*operations: dict[str, Any]) -> list[str]:
        assert api("PUT", "/issue/NIM-2", {"update": {"labels": list(operations)}}).status_code == 204
        found: list[str] = api.get("/issue/NIM-2")["fields"]["labels"]
        return found

    assert labels({"add": "x"}, {"remove": "web"}) == ["scope:SI-03", "x"]
    assert labels({"add": "x"}) == ["scope:SI-03", "x"]
    assert labels({"set": ["y"]}) == ["y"]
    both = {"fields": {"labels": []}, "update": {"labels": [{"add": "a"}]}}
    assert "labels" in errors(api, "PUT", "/issue/NIM-2", both)
    link = {"update": {"issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-1"}}}]}}
    assert api("PUT", "/issue/NIM-2", link).status_code == 204
    assert api.get("/issue/NIM-1")["fields"]["issuelinks"][0]["inwardIssue"]["key"] == "NIM-2"


def test_what_bumps_updated_and_what_does_not(connect: Connect) -> None:
    api = connect()

    def updated() -> str:
        stamp: str = api.get("/issue/NIM-2")["fields"]["updated"]
        return stamp

    before = updated()
    assert before == "2026-02-02T11:30:00.000+0100"
    api("PUT", "/issue/NIM-2/properties/p", {"a": 1})
    api("POST", "/issue/NIM-2/remotelink", {"globalId": "g", "object": {"url": "https://x.example", "title": "x"}})
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "Login page"}})
    api("PUT", "/issue/NIM-2", {"properties": [{"key": "p", "value": 2}]})
    api("PUT", "/version/500", {"released": True})
    assert updated() == before
    for method, path, body in (
        ("PUT", "/issue/NIM-2", {"fields": {"summary": "Other"}}),
        ("POST", "/issue/NIM-2/comment", {"body": "c"}),
        ("POST", "/issue/NIM-2/worklog", {"timeSpent": "1h"}),
        ("POST", "/issue/NIM-2/transitions", {"transition": {"id": "21"}}),
        ("DELETE", "/issueLink/900", None),
    ):
        assert api(method, path, body).status_code < 300
        assert updated() > before, path
        before = updated()


def test_an_edit_is_in_the_changelog(connect: Connect) -> None:
    api = connect()
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "New", "fixVersions": [{"name": "2.0"}]}})
    page = api.get("/issue/NIM-2/changelog")
    assert (page["total"], page["isLast"]) == (2, True)
    items = {(item["field"], item["fromString"], item["toString"]) for item in page["values"][-1]["items"]}
    assert items == {("summary", "Login page", "New"), ("Fix Version", "1.0", None), ("Fix Version", None, "2.0")}


def test_the_workflow_decides_which_transitions_there_are(connect: Connect) -> None:
    api = connect()

    def ways() -> list[tuple[str, str]]:
        return [(one["id"], one["to"]["name"]) for one in api.get("/issue/NIM-2/transitions")["transitions"]]

    assert ways() == [("21", "Done")]
    assert api("POST", "/issue/NIM-2/transitions", {"transition": {"id": "11"}}).status_code == 400
    body = {"transition": {"id": "21"}, "update": {"comment": [{"add": {"body": "finished"}}]}}
    assert api("POST", "/issue/NIM-2/transitions", body).status_code == 204
    fields = api.get("/issue/NIM-2")["fields"]
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Done")
    assert fields["resolutiondate"] is not None
    assert fields["comment"]["comments"][-1]["body"] == "finished"
    assert ways() == [("31", "To Do")]
    api("POST", "/issue/NIM-2/transitions", {"transition": {"id": "31"}})
    assert api.get("/issue/NIM-2")["fields"]["resolution"] is None


def test_a_remote_link_is_replaced_by_its_global_id(connect: Connect) -> None:
    api = connect()
    path = "/issue/NIM-2/remotelink"
    first = {"globalId": "g", "relationship": "sold as", "object": {"url": "https://a.example", "title": "a"}}
    made = api("POST", path, first)
    second = api("POST", path, {"globalId": "g", "object": {"url": "https://b.example", "title": "b"}})
    assert (made.status_code, second.status_code, made.json()["id"]) == (201, 200, second.json()["id"])
    (link,) = api.get(path)
    assert link["object"]["url"] == "https://b.example"
    assert "relationship" not in link
    assert api("POST", path, {"object": {"title": "no url"}}).status_code == 400
    assert api("DELETE", f"{path}/{link['id']}").status_code == 204
    assert api("GET", path, globalId="g").status_code == 404


def test_properties_are_overwritten_and_bounded(connect: Connect) -> None:
    api = connect()
    path = "/issue/NIM-2/properties/k"
    assert [api("PUT", path, value).status_code for value in (1, {"b": 2})] == [201, 200]
    assert api.get(path) == {"key": "k", "value": {"b": 2}}
    assert api("PUT", path, "x" * 33_000).status_code == 400
    assert [one["key"] for one in api.get("/issue/NIM-2/properties")["keys"]] == ["syncline", "k"]
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


def test_version_3_speaks_documents_and_version_2_wiki_text(connect: Connect) -> None:
    api, old = connect(version=3), connect()
    document = api.get("/issue/NIM-2")["fields"]["description"]
    assert [node["type"] for node in document["content"]] == ["paragraph", "bulletList"]
    assert api.get("/issue/NIM-2")["fields"]["customfield_10053"]["type"] == "doc"
    assert api.get("/issue/NIM-2/comment")["comments"][0]["body"]["type"] == "doc"
    assert "Atlassian Document" in errors(api, "PUT", "/issue/NIM-2", {"fields": {"description": "x"}})["description"]
    deep: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(400):
        deep = {"type": "blockquote", "content": [deep]}
    nested = {"type": "doc", "version": 1, "content": [deep]}
    assert "INVALID_INPUT" in errors(api, "PUT", "/issue/NIM-2", {"fields": {"description": nested}})["description"]
    assert api("PUT", "/issue/NIM-2", {"fields": {"description": document}}).status_code == 204
    assert old.get("/issue/NIM-2")["fields"]["description"] == "First line\nsecond\n\n* one\n* two"


def test_delete_wants_to_know_about_sub_tasks(connect: Connect) -> None:
    api = connect()
    assert api("DELETE", "/issue/NIM-2").status_code == 400
    assert api("DELETE", "/issue/NIM-2", deleteSubtasks="true").status_code == 204
    assert api.keys("project = NIM ORDER BY id ASC") == ["NIM-1", "NIM-4"]
    assert api.get("/issue/NIM-4")["fields"]["issuelinks"] == []


def test_a_deleted_epic_leaves_its_children(connect: Connect) -> None:
    api = connect()
    assert api("DELETE", "/issue/NIM-1").status_code == 204
    assert "parent" not in api.get("/issue/NIM-2")["fields"]


def test_worklogs_are_told_by_time_but_for_the_last_minute(connect: Connect) -> None:
    api = connect()
    work = api("POST", "/issue/NIM-2/worklog", {"timeSpentSeconds": 1800}).json()
    assert [row["worklogId"] for row in api.get("/worklog/updated", since=0)["values"]] == [50]
    api("DELETE", "/issue/NIM-2/worklog/50")
    api.service.clock.advance(61)
    since = api.service.site.now_ms - 120_000
    assert [row["worklogId"] for row in api.get("/worklog/updated", since=since)["values"]] == [int(work["id"])]
    assert [row["worklogId"] for row in api.get("/worklog/deleted", since=since)["values"]] == [50]
    assert [row["timeSpent"] for row in api("POST", "/worklog/list", {"ids": [int(work["id"])]}).json()] == ["30m"]


def test_comments_carry_properties(connect: Connect) -> None:
    api = connect()
    body = {"body": "marked", "properties": [{"key": "syncline", "value": {"op": "1"}}]}
    made = api("POST", "/issue/NIM-2/comment", body).json()
    listed = api.get("/issue/NIM-2/comment", expand="properties")["comments"]
    assert listed[-1]["properties"] == [{"key": "syncline", "value": {"op": "1"}}]
    api("PUT", f"/comment/{made['id']}/properties/syncline", {"op": "2"})
    assert api.get(f"/comment/{made['id']}/properties/syncline")["value"] == {"op": "2"}


def test_data_center_names_users_and_links_epics_by_field(connect: Connect) -> None:
    api = connect("data-center")
    body = story(assignee={"name": "bob"}, customfield_10008="NIM-1")
    made = api("POST", "/issue", body).json()
    fields = api.get(f"/issue/{made['key']}")["fields"]
    assert (fields["assignee"]["name"], fields["customfield_10008"]) == ("bob", "NIM-1")
    assert "parent" not in fields
    assert errors(api, "POST", "/issue", story(assignee={"name": "nobody"})) == {
        "assignee": "User 'nobody' does not exist."
    }
    assert api.keys('"Epic Link" = NIM-1 ORDER BY id ASC') == ["NIM-2", "NIM-5"]


def test_an_issue_cannot_be_linked_to_itself(connect: Connect) -> None:
    api = connect()
    ends = {"inwardIssue": {"key": "NIM-1"}, "outwardIssue": {"key": "NIM-1"}}
    assert api("POST", "/issueLink", {"type": {"name": "Blocks"}, **ends}).status_code == 400
    link = {"update": {"issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-1"}}}]}}
    assert "issuelinks" in errors(api, "PUT", "/issue/NIM-1", link)


MARKED: dict[str, Any] = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [{"type": "paragraph", "content": []}]},
        {
            "type": "paragraph",
            "content": [
                {"type": "mention", "attrs": {"id": "acc:bob", "text": "@Bob Example"}},
                {"type": "text", "text": " waits", "marks": [{"type": "em"}]},
            ],
        },
    ],
}


def test_version_3_gives_back_the_document_that_was_written(connect: Connect) -> None:
    api, old = connect(version=3), connect(version=2)
    written = {"description": MARKED, "customfield_10053": MARKED}
    assert api("PUT", "/issue/NIM-2", {"fields": written}).status_code == 204
    comment = api("POST", "/issue/NIM-2/comment", {"body": MARKED}).json()
    work = api("POST", "/issue/NIM-2/worklog", {"timeSpent": "1h", "comment": MARKED}).json()
    assert comment["body"] == work["comment"] == MARKED

    def shown() -> list[Any]:
        fields = api.get("/issue/NIM-2", fields="description,customfield_10053")["fields"]
        return [*fields.values(), api.get(f"/issue/NIM-2/comment/{comment['id']}")["body"]]

    assert shown() == [MARKED] * 3
    assert old.get("/issue/NIM-2", fields="description")["fields"]["description"].endswith("@Bob Example waits")
    api.service.load_state(json.loads(json.dumps(api.service.dump_state())))
    assert shown() == [MARKED] * 3
    stamp = api.get("/issue/NIM-2", fields="updated")["fields"]["updated"]
    api("PUT", "/issue/NIM-2", {"fields": written})
    assert api.get("/issue/NIM-2", fields="updated")["fields"]["updated"] == stamp
    plain = {"type": "doc", "version": 1, "content": [*MARKED["content"][:1], {**MARKED["content"][1], "attrs": {}}]}
    api("PUT", "/issue/NIM-2", {"fields": {"description": plain}})  # the same words, otherwise laid out
    assert api.get("/issue/NIM-2", fields="description")["fields"]["description"] == plain
    old("PUT", "/issue/NIM-2", {"fields": {"description": "wiki"}})
    text = [{"type": "paragraph", "content": [{"type": "text", "text": "wiki"}]}]
    assert api.get("/issue/NIM-2", fields="description")["fields"]["description"]["content"] == text


@pytest.mark.parametrize("node", [{}, {"type": "nonsense"}, {"type": "paragraph", "content": [{"type": "text"}]}, "x"])
def test_a_document_of_other_nodes_is_refused(connect: Connect, node: Any) -> None:
    document = {"type": "doc", "version": 1, "content": [node]}
    told = errors(connect(version=3), "PUT", "/issue/NIM-2", {"fields": {"description": document}})
    assert "INVALID_INPUT" in told["description"]
