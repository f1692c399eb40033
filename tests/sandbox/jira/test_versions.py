"""Versions and components are made, changed, merged and removed, with the issues that name them."""

from collections.abc import Callable
from typing import Any

import pytest
from jira import JIRA

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]
DEPLOYMENTS = pytest.mark.parametrize("deployment", ["cloud", "data-center"])


def names(api: Any, key: str, field: str = "fixVersions") -> list[str]:
    return [one["name"] for one in api.get(f"/issue/{key}")["fields"][field]]


@DEPLOYMENTS
def test_a_version_lives_from_its_creation_to_its_merger(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    body = {"name": "3.0", "project": "NIM", "releaseDate": "2027-01-31", "description": "The third"}
    made = api("POST", "/version", body)
    assert made.status_code == 201
    version = made.json()
    assert (version["projectId"], version["releaseDate"], version["released"]) == (10000, "2027-01-31", False)
    assert api("POST", "/version", body).json()["errors"] == {
        "name": "A version with this name already exists in this project."
    }
    assert api("POST", "/version", {"name": " ", "projectId": 10000}).status_code == 400
    assert api("POST", "/version", {"name": "x", "project": "NOPE"}).status_code == 404
    assert api("POST", "/version", {**body, "name": "x", "releaseDate": "soon"}).json()["errors"].keys() == {
        "releaseDate"
    }
    assert connect(deployment, user="bob")("POST", "/version", {**body, "name": "4.0"}).status_code == 403
    assert api.get("/version/500/relatedIssueCounts")["issuesFixedCount"] == 1
    assert api.get("/version/500/unresolvedIssueCount")["issuesUnresolvedCount"] == 1
    assert api("PUT", f"/version/500/mergeto/{version['id']}").status_code == 204
    assert names(api, "NIM-2") == ["3.0"]
    assert api("GET", "/version/500").status_code == 404
    item = api.get("/issue/NIM-2", expand="changelog")["changelog"]["histories"][0 if deployment == "cloud" else -1]
    assert {(one["fromString"], one["toString"]) for one in item["items"]} == {("1.0", None), (None, "3.0")}


@DEPLOYMENTS
def test_a_version_is_removed_with_or_without_another_in_its_place(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    assert api("POST", "/version/500/removeAndSwap", {"moveFixIssuesTo": "500"}).status_code == 400
    assert api("POST", "/version/500/removeAndSwap", {"moveFixIssuesTo": 501}).status_code == 204
    assert names(api, "NIM-2") == ["2.0"]
    assert api("DELETE", "/version/501").status_code == 204
    assert names(api, "NIM-2") == []
    assert api.get("/project/NIM/versions") == []


@DEPLOYMENTS
def test_unresolved_issues_move_on_when_a_version_is_released(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    body = {"released": True, "moveUnfixedIssuesTo": f"{api.url}/rest/api/2/version/501"}
    assert api("PUT", "/version/500", body).json()["released"] is True
    assert names(api, "NIM-2") == ["2.0"]


@DEPLOYMENTS
def test_versions_have_an_order_that_can_be_changed(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    api("POST", "/version", {"name": "3.0", "project": "NIM"})
    listed = lambda: [one["name"] for one in api.get("/project/NIM/versions")]  # noqa: E731 - read on the spot
    assert api("POST", "/version/500/move", {"position": "Last"}).status_code == 200
    assert listed() == ["2.0", "3.0", "1.0"]
    assert api("POST", "/version/500/move", {"after": f"{api.url}/rest/api/2/version/501"}).status_code == 200
    assert listed() == ["2.0", "1.0", "3.0"]
    assert api("POST", "/version/500/move", {"position": "Earlier"}).status_code == 200
    assert listed() == ["1.0", "2.0", "3.0"]
    assert api("POST", "/version/500/move", {"position": "Sideways"}).status_code == 400
    document = api.service.dump_state()
    api.service.load_state(document)
    assert listed() == ["1.0", "2.0", "3.0"]


def test_versions_come_in_pages_by_status_and_words(connect: Connect) -> None:
    api = connect("cloud")
    api("PUT", "/version/500", {"released": True})
    page = lambda **query: [one["name"] for one in api.get("/project/NIM/version", **query)["values"]]  # noqa: E731
    assert page(status="released") == ["1.0"]
    assert page(status="unreleased,archived") == ["2.0"]
    assert page(query="2") == ["2.0"]
    assert page(orderBy="-name") == ["2.0", "1.0"]
    assert api.get("/project/NIM/version", maxResults=1)["isLast"] is False


@DEPLOYMENTS
def test_a_component_lives_from_its_creation_to_its_removal(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    lead = {"leadAccountId": "acc:bob"} if deployment == "cloud" else {"leadUserName": "bob"}
    body = {"name": "UI", "project": "NIM", "description": "What is seen", "assigneeType": "COMPONENT_LEAD", **lead}
    made = api("POST", "/component", body)
    assert made.status_code == 201, made.text
    component = made.json()
    assert (component["lead"]["displayName"], component["assigneeType"]) == ("Bob Example", "COMPONENT_LEAD")
    assert api("POST", "/component", body).status_code == 400
    assert api("POST", "/component", {"name": "x"}).json()["errors"].keys() == {"project"}
    assert api("POST", "/component", {**body, "name": "x", "assigneeType": "ANYONE"}).status_code == 400
    assert api("PUT", "/component/600", {"name": "Interface"}).json()["name"] == "Interface"
    assert names(api, "NIM-2", "components") == ["Interface"]
    assert api.get("/component/600/relatedIssueCounts")["issueCount"] == 1
    assert api("DELETE", "/component/600", moveIssuesTo=component["id"]).status_code == 204
    assert names(api, "NIM-2", "components") == ["UI"]
    assert api.keys("component = UI") == ["NIM-2"]
    assert api("GET", "/component/600").status_code == 404
    listing = "/component" if deployment == "cloud" else "/component/page"
    assert [one["name"] for one in api.get(listing)["values"]] == ["UI"]


def test_the_library_makes_and_removes_versions_and_components(connect: Connect) -> None:
    api = connect("cloud")
    client = JIRA(server=api.url, basic_auth=api.session.auth, max_retries=0, timeout=10)
    version = client.create_version("9.0", "NIM", releaseDate="2027-05-01")
    version.update(released=True)
    assert client.get_project_version_by_name("NIM", "9.0").released is True
    assert client.version_count_unresolved_issues(version.id) == 0
    version.delete()
    component = client.create_component("Docs", "NIM", leadUserName=None)
    assert [one.name for one in client.project_components("NIM")] == ["API", "Docs"]
    component.delete()
    assert client.component_count_related_issues("600") == 1
    client.close()
