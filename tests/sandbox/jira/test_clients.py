"""The unmodified `jira` library against the stand-in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jira import JIRA, JIRAError

pytestmark = pytest.mark.loopback


def cloud_client(api: Any) -> JIRA:
    return JIRA(server=api.url, basic_auth=api.session.auth, max_retries=0, timeout=10)


@pytest.fixture
def cloud(connect: Callable[..., Any]) -> Iterator[JIRA]:
    client = cloud_client(connect("cloud"))
    yield client
    client.close()


@pytest.fixture
def data_center(connect: Callable[..., Any]) -> Iterator[JIRA]:
    client = JIRA(server=connect("data-center").url, token_auth="ann-token", max_retries=0, timeout=10)
    yield client
    client.close()


def test_cloud_search_pages_to_the_end(cloud: JIRA) -> None:
    found = cloud.enhanced_search_issues("project in (NIM, SEC) ORDER BY key ASC", maxResults=0)
    assert [issue.key for issue in found] == ["NIM-1", "NIM-2", "NIM-3", "NIM-4", "SEC-1"]
    assert found[1].fields.parent.key == "NIM-1"
    assert found[1].fields.customfield_10051.value == "No"
    assert cloud.approximate_issue_count("project = NIM") == 4


def test_cloud_create_edit_link_and_comment(cloud: JIRA) -> None:
    issue = cloud.create_issue(
        project="NIM", issuetype={"name": "Sub-task"}, parent={"key": "NIM-2"}, summary="A risk", labels=["syncline-a"]
    )
    assert issue.key == "NIM-5"
    issue.update(fields={"summary": "A worse risk"}, notify=False)
    assert issue.fields.summary == "A worse risk"
    issue.update(update={"labels": [{"add": "more"}]})
    assert issue.fields.labels == ["syncline-a", "more"]
    cloud.add_simple_link(issue, {"url": "https://crm.example/1", "title": "Engagement"})
    assert [link.object.url for link in cloud.remote_links(issue)] == ["https://crm.example/1"]
    cloud.add_comment(issue, "seen")
    assert [comment.body for comment in cloud.comments(issue)] == ["seen"]
    cloud.add_issue_property(issue, "syncline", {"op": 1})
    assert cloud.issue_property(issue, "syncline").value.op == 1
    cloud.transition_issue(issue, "Start")
    assert cloud.issue(issue.key).fields.status.name == "In Progress"
    assert [sub.key for sub in cloud.issue("NIM-2").fields.subtasks] == ["NIM-3", "NIM-5"]
    issue.delete()
    with pytest.raises(JIRAError, match="Issue does not exist"):
        cloud.issue("NIM-5")


def test_cloud_tables(cloud: JIRA) -> None:
    assert [one.key for one in cloud.projects()] == ["NIM", "SEC"]
    assert [one.name for one in cloud.project_versions("NIM")] == ["1.0", "2.0"]
    assert {one["name"] for one in cloud.fields()} >= {"Billable", "Scope item"}
    assert cloud.myself()["accountId"] == "acc:ann"
    (project,) = cloud.createmeta(projectKeys="NIM", expand="projects.issuetypes.fields")["projects"]
    assert [one["name"] for one in project["issuetypes"]] == ["Story", "Epic", "Sub-task"]
    assert "customfield_10051" in project["issuetypes"][0]["fields"]
    assert [one.displayName for one in cloud.search_users(query="bob")] == ["Bob Example"]


def test_data_center_search_and_writes(data_center: JIRA) -> None:
    found = data_center.search_issues("project = NIM ORDER BY key ASC", maxResults=False)
    assert [issue.key for issue in found] == ["NIM-1", "NIM-2", "NIM-3", "NIM-4"]
    assert found[1].fields.customfield_10008 == "NIM-1"
    assert found[1].fields.assignee.name == "bob"
    issue = data_center.create_issue(project="NIM", issuetype={"name": "Story"}, summary="From the library")
    data_center.add_remote_link(issue, {"url": "https://crm.example/1", "title": "Engagement"}, globalId="g")
    issue.update(assignee={"name": "bob"})
    assert issue.fields.assignee.displayName == "Bob Example"
    assert [one.name for one in data_center.project_issue_types("NIM")] == ["Story", "Epic", "Sub-task"]
    assert "summary" in {one.fieldId for one in data_center.project_issue_fields("NIM", "1")}
    data_center.create_issue_link("Blocks", issue, "NIM-1")
    assert data_center.issue(issue.key).fields.issuelinks[0].outwardIssue.key == "NIM-1"
