"""Writing: what changes, what follows, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"


def codes(body: Any) -> list[tuple[str, str | None, str]]:
    return [(each["resource"], each.get("field"), each["code"]) for each in body["errors"]]


def test_a_write_leaves_events(hub: Any) -> None:
    made = hub.ask("POST", f"{R}/issues", {"title": "t", "labels": ["bug"], "milestone": 1, "assignees": ["bob"]})[1]
    path = f"{R}/issues/{made['number']}"
    hub.ask("PATCH", path, {"title": "u", "state": "closed", "state_reason": "not_planned", "labels": []})
    hub.ask("PATCH", path, {"state": "open", "milestone": None, "assignees": [], "type": "Bug"})
    found = [each["event"] for each in hub.get(f"{path}/events")]
    assert found == ["labeled", "milestoned", "assigned", "renamed", "closed", "unlabeled", "reopened", "unassigned",
                     "demilestoned", "issue_type_added"]  # fmt: skip
    issue = hub.get(path)
    assert (issue["state"], issue["state_reason"], issue["closed_at"], issue["type"]["name"]) == (
        "open",
        "reopened",
        None,
        "Bug",
    )


def test_what_is_so_already_is_no_change(hub: Any) -> None:
    before = hub.get(f"{R}/issues/1")
    hub.service.clock.advance(60)
    assert hub.ask("POST", f"{R}/issues/1/labels", ["BUG"])[0] == 200
    hub.ask("PATCH", f"{R}/issues/1", {"title": before["title"], "state": "open", "labels": ["bug"]})
    assert hub.get(f"{R}/issues/1") == before


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/issues", {"title": ""}, [("Issue", "title", "missing_field")]),
        ("/issues", {"title": "x" * 257}, [("Issue", "title", "custom")]),
        ("/issues", {"title": "t", "body": "x" * 65_537}, [("Issue", "body", "custom")]),
        ("/issues", {"title": "t", "milestone": 9}, [("Issue", "milestone", "invalid")]),
        ("/issues", {"title": "t", "assignees": ["stranger"]}, [("Issue", "assignees", "invalid")]),
        ("/issues", {"title": "t", "labels": ["x" * 51]}, [("Label", "name", "invalid")]),
        ("/issues/1/comments", {"body": "x" * 65_537}, [("IssueComment", "data", "unprocessable")]),
        ("/labels", {"name": "Bug"}, [("Label", "name", "already_exists")]),
        ("/labels", {"name": "n", "color": "red"}, [("Label", "color", "invalid")]),
        ("/labels", {"name": "x" * 51}, [("Label", "name", "custom")]),
        ("/milestones", {"title": "v1"}, [("Milestone", "title", "already_exists")]),
        ("/milestones", {"title": "n", "due_on": "soon"}, [("Milestone", "due_on", "invalid")]),
        ("/issues/2/sub_issues", {"sub_issue_id": 100001}, [("Issue", "sub_issue_id", "custom")]),
        ("/issues/3/sub_issues", {"sub_issue_id": 100002}, [("Issue", "sub_issue_id", "custom")]),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(hub: Any, path: str, body: Any, expected: Any) -> None:
    before = hub.service.dump_state()
    status, answer = hub.ask("POST", R + path, body)
    assert (status, answer["message"], codes(answer)) == (422, "Validation Failed", expected)
    assert hub.service.dump_state() == before


@pytest.mark.parametrize("body", [{}, {"title": 1.5}, {"title": "t", "labels": "bug"}, {"title": None}, [], "x"])
def test_wrong_shapes_are_refused(hub: Any, body: Any) -> None:
    status, answer = hub.ask("POST", f"{R}/issues", body)
    assert (status, "errors" in answer) == (422, False)


def test_what_is_no_json(hub: Any) -> None:
    assert hub.ask("POST", f"{R}/issues", raw=b"{")[0] == 400


def test_a_patch_is_whole_or_nothing(hub: Any) -> None:
    before = hub.get(f"{R}/issues/1")
    assert hub.ask("PATCH", f"{R}/issues/1", {"title": "changed", "milestone": 77})[0] == 422
    assert hub.get(f"{R}/issues/1") == before


def test_references_are_crossed(hub: Any) -> None:
    hub.ask("POST", f"/repos/{ORG}/open/issues", {"title": "t", "body": f"see {ORG}/sizing#3"})
    hub.ask("POST", f"{R}/issues/1/comments", {"body": "as in #3"})
    told = [each for each in hub.get(f"{R}/issues/3/timeline") if each["event"] == "cross-referenced"]
    assert [each["source"]["issue"]["repository"]["name"] for each in told] == ["open", "sizing"]


def test_a_label_is_renamed_everywhere(hub: Any) -> None:
    assert hub.ask("PATCH", f"{R}/labels/bug", {"new_name": "defect"})[0] == 200
    assert [each["name"] for each in hub.get(f"{R}/issues/1")["labels"]] == ["defect"]
    assert hub.ask("DELETE", f"{R}/labels/defect")[0] == 204
    assert hub.get(f"{R}/issues/1")["labels"] == []


def test_a_deleted_milestone_leaves_no_event(hub: Any) -> None:
    before = hub.get(f"{R}/issues/1/events")
    assert hub.ask("DELETE", f"{R}/milestones/1")[0] == 204
    assert (hub.get(f"{R}/issues/1")["milestone"], hub.get(f"{R}/issues/1/events")) == (None, before)


@pytest.mark.parametrize(
    ("what", "method", "path", "body"),
    [
        ("title", "PATCH", "/issues/1", {"title": "n"}),
        ("labels", "POST", "/issues/1/labels", ["new"]),
        ("comment_created", "POST", "/issues/1/comments", {"body": "n"}),
        ("comment_edited", "PATCH", "/issues/comments/100001", {"body": "n"}),
        ("milestone_edited", "PATCH", "/milestones/1", {"title": "n"}),
        ("label_edited", "PATCH", "/labels/bug", {"new_name": "n"}),
        ("sub_issue_parent", "DELETE", "/issues/1/sub_issue", {"sub_issue_id": 100002}),
        ("issue_type", "PATCH", "/issues/1", {"type": "Task"}),
        ("lock", "PUT", "/issues/1/lock", {}),
    ],
)
@pytest.mark.parametrize("moves", [True, False])
def test_what_moves_updated_at_is_a_switch(hub: Any, moves: bool, what: str, method: str, path: str, body: Any) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"moves_updated_at": [what] if moves else []}})
    assert hub.ask(method, R + path, body)[0] < 300
    assert hub.get(f"{R}/issues/1")["updated_at"] == ("2026-11-24T10:00:00Z" if moves else "2026-10-05T09:00:00Z")


@pytest.mark.parametrize("again", [True, False])
def test_adding_an_item_again(hub: Any, again: bool) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"add_project_item_idempotent": again}})
    query = "query($o:String!){organization(login:$o){projectV2(number:1){id items(first:1){"
    query += "nodes{id content{... on Issue{id}}}}}}}"
    project = hub.graph(query, {"o": ORG})["data"]["organization"]["projectV2"]
    item = project["items"]["nodes"][0]
    answer = hub.graph(
        "mutation($p:ID!,$c:ID!){addProjectV2ItemById(input:{projectId:$p,contentId:$c}){item{id}}}",
        {"p": project["id"], "c": item["content"]["id"]},
    )
    if again:
        assert answer["data"]["addProjectV2ItemById"]["item"]["id"] == item["id"]
    else:
        assert [each["type"] for each in answer["errors"]] == ["UNPROCESSABLE"]


def test_mutations_stand_for_themselves(hub: Any) -> None:
    issue = hub.get(f"{R}/issues/1")["node_id"]
    answer = hub.graph(
        'mutation($i:ID!){a:addComment(input:{subjectId:$i,body:"one"}){subject{id}} '
        'b:addComment(input:{subjectId:"I_x",body:"two"}){subject{id}} '
        'c:addComment(input:{subjectId:$i,body:"three"}){subject{id}}}',
        {"i": issue},
    )
    assert answer["data"]["b"] is None
    assert [(each["type"], each["path"]) for each in answer["errors"]] == [("NOT_FOUND", ["b"])]
    assert [each["body"] for each in hub.get(f"{R}/issues/1/comments")][-2:] == ["one", "three"]


def test_labels_by_graphql(hub: Any) -> None:
    issue = hub.get(f"{R}/issues/3")["node_id"]
    label = hub.get(f"{R}/labels/needs%20info")["node_id"]
    given = {"i": issue, "l": [label]}
    head = "mutation($i:ID!,$l:[ID!]!){"
    assert "errors" not in hub.graph(
        head + "addLabelsToLabelable(input:{labelableId:$i,labelIds:$l}){labelable{... on Issue{number}}}}", given
    )
    assert [each["name"] for each in hub.get(f"{R}/issues/3/labels")] == ["needs info"]
    assert "errors" not in hub.graph(
        head + "removeLabelsFromLabelable(input:{labelableId:$i,labelIds:$l}){labelable{__typename}}}", given
    )
    assert hub.get(f"{R}/issues/3/labels") == []


def test_others_act_by_the_stand_in(hub: Any) -> None:
    body = {"login": "bob", "method": "PATCH", "path": f"{R}/issues/1", "body": {"state": "closed"}}
    assert hub.ask("POST", "/_sandbox/as", body)[1]["status"] == 200
    assert hub.get(f"{R}/issues/1")["closed_by"]["login"] == "bob"
