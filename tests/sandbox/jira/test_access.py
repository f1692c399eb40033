from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]


def test_wrong_credentials_on_cloud_are_anonymous_with_200(connect: Connect) -> None:
    api = connect(user=None)
    api.session.auth = ("ann@nimbus.example", "wrong")
    for jql in ("project = NIM", "updated > -1d"):
        answer = api("POST", "/search/jql", {"jql": jql})
        assert answer.status_code == 200
        assert answer.json() == {"issues": [], "isLast": True}
        assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert api("GET", "/myself").status_code == 401
    assert api("GET", "/issue/NIM-1").status_code == 404
    assert api("POST", "/issue", {"fields": {}}).status_code == 401


def test_wrong_token_on_data_center_is_refused(connect: Connect) -> None:
    api = connect("data-center", user=None)
    api.session.headers["Authorization"] = "Bearer wrong"
    assert api("GET", "/search", jql="project = NIM").status_code == 401
    del api.session.headers["Authorization"]
    assert api("GET", "/myself").status_code == 401
    assert api("GET", "/serverInfo").headers["X-AUSERNAME"] == "anonymous"


def test_an_api_token_is_not_a_bearer_token_on_cloud(connect: Connect) -> None:
    api = connect(user=None)
    api.session.headers["Authorization"] = "Bearer ann-token"
    assert api("GET", "/myself").status_code == 401


def test_headers_name_the_caller(connect: Connect) -> None:
    cloud = connect("cloud")("GET", "/myself")
    assert cloud.headers["X-AACCOUNTID"] == "acc:ann"
    assert cloud.json()["timeZone"] == "Europe/Berlin"
    assert "X-RateLimit-Remaining" in cloud.headers
    server = connect("data-center")("GET", "/myself")
    assert server.headers["X-AUSERNAME"] == "ann"
    assert "accountId" not in server.json()
    assert len({connect("cloud")("GET", "/field").headers["X-AREQUESTID"] for _ in range(3)}) == 3


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_a_project_that_the_caller_cannot_browse_does_not_exist(connect: Connect, deployment: str) -> None:
    api = connect(deployment, user="bob")
    path = "/search/jql" if deployment == "cloud" else "/search"
    answer = api("POST", path, {"jql": "project = SEC OR project = NIM"})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["The value 'SEC' does not exist for the field 'project'."]
    assert [one["key"] for one in api.get("/project")] == ["NIM"]
    assert api("GET", "/project/SEC").status_code == 404
    assert api("GET", "/issue/SEC-1").status_code == 404


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_an_issue_of_an_unseen_security_level_is_nowhere(connect: Connect, deployment: str) -> None:
    ann, bob = connect(deployment), connect(deployment, user="bob")
    assert ann.keys("project = NIM ORDER BY key ASC") == ["NIM-1", "NIM-2", "NIM-3", "NIM-4"]
    assert bob.keys("project = NIM ORDER BY key ASC") == ["NIM-1", "NIM-2", "NIM-3"]
    assert bob("GET", "/issue/NIM-4").status_code == 404
    assert bob("PUT", "/issue/NIM-4", {"fields": {"summary": "x"}}).status_code == 404
    assert [one["id"] for one in ann.get("/issue/NIM-2")["fields"]["issuelinks"]] == ["900"]
    assert bob.get("/issue/NIM-2")["fields"]["issuelinks"] == []
    assert ann.get("/issue/NIM-4")["fields"]["security"]["name"] == "Confidential"
    assert ann.get("/project/NIM/securitylevel")["levels"][0]["name"] == "Confidential"
    assert bob.get("/project/NIM/securitylevel")["levels"] == []


def test_silent_edits_need_administration_on_cloud_and_are_ignored_on_data_center(connect: Connect) -> None:
    body = {"fields": {"summary": "x"}}
    assert connect("cloud", user="bob")("PUT", "/issue/NIM-1", body, notifyUsers="false").status_code == 403
    assert connect("cloud")("PUT", "/issue/NIM-1", body, notifyUsers="false").status_code == 204
    assert connect("data-center", user="bob")("PUT", "/issue/NIM-1", body, notifyUsers="false").status_code == 204


def test_what_a_caller_cannot_see_it_cannot_name_in_a_write(connect: Connect) -> None:
    api = connect(user="bob")
    link = {"update": {"issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-4"}}}]}}
    assert set(api("PUT", "/issue/NIM-1", link).json()["errors"]) == {"issuelinks"}
    assert set(api("PUT", "/issue/NIM-2", {"fields": {"parent": {"key": "SEC-1"}}}).json()["errors"]) == {"parent"}
    level = {"fields": {"security": {"name": "Confidential"}}}
    assert set(api("PUT", "/issue/NIM-2", level).json()["errors"]) == {"security"}
    assert connect()("PUT", "/issue/NIM-2", level).status_code == 204
    assert api("GET", "/issue/NIM-2").status_code == 404


def test_permissions_are_told_for_a_project(connect: Connect) -> None:
    api = connect(user="bob")
    query = {"permissions": "EDIT_ISSUES,ADMINISTER_PROJECTS", "projectKey": "NIM"}
    found = api.get("/mypermissions", **query)["permissions"]
    assert {key: row["havePermission"] for key, row in found.items()} == {
        "EDIT_ISSUES": True,
        "ADMINISTER_PROJECTS": False,
    }
