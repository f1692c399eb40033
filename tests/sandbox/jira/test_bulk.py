from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.loopback

Connect = Callable[..., Any]


def edit(*refs: str, selected: list[str] | None = None, **given: Any) -> dict[str, Any]:
    return {"selectedIssueIdsOrKeys": list(refs), "selectedActions": selected or [], "editedFieldsInput": given}


def submitted(api: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api("POST", f"/bulk/issues/{path}", body)
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = api.get(f"/bulk/queue/{answer.json()['taskId']}")
    return task


def test_every_sort_of_field_is_edited(connect: Connect) -> None:
    api = connect("cloud", version=3)
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "All"}]}
    sorts = {
        "labelsFields": [
            {
                "fieldId": "labels",
                "labels": [{"name": "web"}, {"name": "x"}],
                "bulkEditMultiSelectFieldOption": "REPLACE",
            }
        ],
        "multipleVersionPickerFields": [
            {
                "fieldId": "fixVersions",
                "versions": [{"versionId": "501"}],
                "bulkEditMultiSelectFieldOption": "ADD",
            }
        ],
        "multiselectComponents": {
            "fieldId": "components",
            "components": [],
            "bulkEditMultiSelectFieldOption": "REMOVE_ALL",
        },
        "datePickerFields": [{"fieldId": "duedate", "date": {"formattedDate": "2027-01-31"}}],
        "singleSelectFields": [{"fieldId": "customfield_10051", "option": {"optionId": 1}}],
        "singleSelectClearableUserPickerFields": [{"fieldId": "assignee", "user": None}],
        "richTextFields": [
            {"fieldId": "description", "richText": {"adfValue": {"type": "doc", "version": 1, "content": [paragraph]}}}
        ],
        "priority": {"priorityId": "3"},
        "originalEstimateField": {"originalEstimateField": "2h"},
    }
    selected = ["labels", "fixVersions", "components", "duedate", "customfield_10051", "assignee", "description"]
    body = edit("NIM-2", selected=[*selected, "priority", "timetracking"], **sorts)
    task = submitted(api, "fields", body)
    assert (task["status"], task["processedAccessibleIssues"]) == ("COMPLETE", [101]), task
    fields = api.get("/issue/NIM-2")["fields"]
    assert fields["labels"] == ["web", "x"]
    assert [one["id"] for one in fields["fixVersions"]] == ["500", "501"]
    assert (fields["components"], fields["assignee"], fields["duedate"]) == ([], None, "2027-01-31")
    assert (fields["customfield_10051"]["value"], fields["priority"]["name"]) == ("Yes", "Medium")
    assert fields["description"]["content"][0]["content"][0]["text"] == "All"
    assert fields["timetracking"]["originalEstimateSeconds"] == 7200


def test_what_is_not_selected_is_left_alone_and_what_is_selected_must_be_given(connect: Connect) -> None:
    api = connect("cloud")
    dates = [{"fieldId": "duedate", "date": {"formattedDate": "2027-01-31"}}]
    urls = [{"fieldId": "summary", "text": "No"}]
    body = edit("NIM-2", selected=["duedate"], datePickerFields=dates, singleLineTextFields=urls)
    submitted(api, "fields", body)
    fields = api.get("/issue/NIM-2")["fields"]
    assert (fields["duedate"], fields["summary"]) == ("2027-01-31", "Login page")
    for wrong in (
        edit("NIM-2", selected=["labels"], datePickerFields=dates),
        edit("NIM-2", selected=[], datePickerFields=dates),
        edit(selected=["duedate"], datePickerFields=dates),
        {**edit("NIM-2", selected=["duedate"]), "editedFieldsInput": []},
        edit("NIM-2", selected=["status"], status={"statusId": "3"}),
    ):
        answer = api("POST", "/bulk/issues/fields", wrong)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["message"]


def test_one_issue_fails_and_the_others_are_done(connect: Connect) -> None:
    ann, bob = connect("cloud"), connect("cloud", user="bob")
    text = [{"fieldId": "customfield_10052", "text": "SI-1"}]
    body = edit("NIM-2", "SEC-1", "NIM-4", "NOPE-9", selected=["customfield_10052"], singleLineTextFields=text)
    task = submitted(ann, "fields", body)
    assert task["processedAccessibleIssues"] == [101, 103]
    assert list(task["failedAccessibleIssues"]) == ["104"], "the field is on no screen there"
    assert (task["totalIssueCount"], task["invalidOrInaccessibleIssueCount"]) == (4, 1)
    assert bob("GET", f"/bulk/queue/{task['taskId']}").status_code == 400, "another one's task"
    task = submitted(bob, "fields", body)
    assert (task["processedAccessibleIssues"], task["invalidOrInaccessibleIssueCount"]) == ([101], 3)


def test_tasks_take_time_and_are_few_at_once(connect: Connect) -> None:
    api = connect("cloud")
    api.service.change_settings({"bulk_seconds": 60.0, "bulk_at_once": 1})
    way = {"bulkTransitionInputs": [{"selectedIssueIdsOrKeys": ["NIM-2"], "transitionId": "21"}]}
    task = submitted(api, "transition", way)
    assert (task["status"], task["processedAccessibleIssues"]) == ("RUNNING", [])
    assert task["progressPercent"] < 100
    assert api("POST", "/bulk/issues/transition", way).status_code == 400
    api.service.clock.advance(61)
    assert api.get(f"/bulk/queue/{task['taskId']}")["processedAccessibleIssues"] == [101]
    assert api.get("/issue/NIM-2")["fields"]["resolution"]["name"] == "Done"
    again = submitted(api, "transition", way)
    assert again["status"] == "RUNNING"
    api.service.clock.advance(61)
    failed = api.get(f"/bulk/queue/{again['taskId']}")["failedAccessibleIssues"]
    assert "not valid" in failed["101"][0]


def test_bulk_moves_and_deletes(connect: Connect) -> None:
    api = connect("cloud")
    task = submitted(api, "move", {"targetToSourcesMapping": {"SEC,1": {"issueIdsOrKeys": ["NIM-4"]}}})
    assert task["processedAccessibleIssues"] == [103]
    assert api.get("/issue/NIM-4")["key"] == "SEC-2"
    assert submitted(api, "delete", {"selectedIssueIdsOrKeys": ["NIM-2"]})["processedAccessibleIssues"] == [101]
    assert {api("GET", f"/issue/{one}").status_code for one in ("NIM-2", "NIM-3")} == {404}
    (group,) = api.get("/bulk/issues/transition", issueIdsOrKeys="NIM-1")["availableTransitions"]
    assert [one["transitionName"] for one in group["transitions"]] == ["Start"]
    ids = {one["id"] for one in api.get("/bulk/issues/fields", issueIdsOrKeys="NIM-1,SEC-1")["fields"]}
    assert "labels" in ids
    assert "customfield_10052" not in ids, "not on every screen"
