"""Who may see and do what, by which token, and how refusals look."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

ORG = "fictive-partner"
R, OPEN, SHUT = f"/repos/{ORG}/sizing", f"/repos/{ORG}/open", f"/repos/{ORG}/shut"
ADA, BOB, STRANGER, CLASSIC = "token-of-ada", "token-of-bob", "token-of-stranger", "classic-token-of-ada"
NOW = int(datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp())
TOKENS = "/app/installations/70/access_tokens"


def steer(hub: Any, what: str, body: Any) -> Any:
    status, answer = hub.ask("POST", f"/_sandbox/{what}", body)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize(
    ("token", "path", "status"),
    [
        (ADA, R, 200),
        (BOB, R, 200),
        (STRANGER, R, 404),
        (None, R, 404),
        (CLASSIC, R, 200),
        (STRANGER, OPEN, 200),
        (None, OPEN, 200),
        (None, f"{OPEN}/issues", 200),
        (BOB, f"{R}/issues", 200),
        (BOB, f"{R}/pulls", 403),
        (BOB, f"{R}/releases", 403),
        (BOB, f"{R}/hooks", 403),
        (BOB, "/repos/ada/own", 404),
        (STRANGER, "/repos/ada/own/issues", 404),
        (None, "/user", 401),
        ("wrong", OPEN, 401),
    ],
)
def test_reading(hub: Any, token: str | None, path: str, status: int) -> None:
    assert hub.ask("GET", path, token=token)[0] == status


@pytest.mark.parametrize(
    ("token", "method", "path", "body", "status"),
    [
        (BOB, "POST", f"{R}/issues", {"title": "t"}, 403),
        (STRANGER, "POST", f"{R}/issues", {"title": "t"}, 404),
        (STRANGER, "POST", f"{OPEN}/issues", {"title": "t"}, 201),
        (None, "POST", f"{OPEN}/issues", {"title": "t"}, 401),
        (STRANGER, "PATCH", f"{OPEN}/issues/1", {"title": "mine"}, 200),
        (STRANGER, "POST", f"{OPEN}/issues/1/labels", ["bug"], 403),
        (STRANGER, "POST", f"{OPEN}/labels", {"name": "n"}, 403),
        (ADA, "POST", f"{SHUT}/issues", {"title": "t"}, 403),
        (CLASSIC, "POST", f"{R}/issues", {"title": "t"}, 201),
    ],
)
def test_writing(hub: Any, token: str | None, method: str, path: str, body: Any, status: int) -> None:
    assert hub.ask(method, path, body, token=token)[0] == status


def test_a_missing_permission_is_named(hub: Any) -> None:
    _, body = hub.ask("GET", f"{R}/pulls", token=BOB)
    assert body["message"] == "Resource not accessible by personal access token"
    assert hub.last.headers["X-Accepted-GitHub-Permissions"] == "pull_requests=read"


def test_strangers_cannot_set_what_needs_push_access(hub: Any) -> None:
    body = {"title": "t", "labels": ["bug"], "assignees": ["ada"]}
    made = hub.ask("POST", f"{OPEN}/issues", body, token=STRANGER)[1]
    assert (made["labels"], made["assignees"]) == ([], [])


def test_tokens_come_as_github_takes_them(hub: Any) -> None:
    basic = base64.b64encode(f"ada:{ADA}".encode()).decode()
    for header in (f"Bearer {ADA}", f"token {ADA}", f"bearer {ADA}", f"Basic {basic}"):
        assert hub.get("/user", token=None, headers={"Authorization": header})["login"] == "ada"
    assert hub.ask("GET", "/user", token=None, headers={"Authorization": "Digest x"})[0] == 401


def test_an_installation_token_acts_as_the_app_until_it_expires(hub: Any, app_jwt: Any) -> None:
    status, made = hub.ask("POST", TOKENS, token=app_jwt())
    assert (status, made["expires_at"]) == (201, "2026-11-24T11:00:00Z")
    assert len(made["token"]) > 40
    comment = hub.ask("POST", f"{R}/issues/1/comments", {"body": "x"}, token=made["token"])[1]
    assert comment["user"]["login"] == "sync-app[bot]"
    assert comment["performed_via_github_app"]["slug"] == "sync-app"
    assert hub.ask("GET", "/user", token=made["token"])[0] == 403
    hub.service.clock.advance(3601)
    status, body = hub.ask("GET", R, token=made["token"])
    assert (status, body["message"]) == (401, "Bad credentials")


def test_an_installation_token_can_be_narrowed(hub: Any, app_jwt: Any) -> None:
    asked = {"repositories": ["open"], "permissions": {"issues": "read"}}
    made = hub.ask("POST", TOKENS, asked, token=app_jwt())[1]
    assert made["repository_selection"] == "selected"
    assert hub.ask("GET", f"{R}/issues", token=made["token"])[0] == 404
    assert hub.ask("POST", f"{OPEN}/issues", {"title": "t"}, token=made["token"])[0] == 403
    assert hub.ask("POST", TOKENS, {"permissions": {"secrets": "write"}}, token=app_jwt())[0] == 422
    assert hub.ask("POST", TOKENS, {"repositories": ["none"]}, token=app_jwt())[0] == 422


@pytest.mark.parametrize(
    ("claims", "status", "told"),
    [
        ({"exp": NOW + 3600}, 401, "too far in the future"),
        ({"exp": NOW - 1}, 401, "Expiration time"),
        ({"iat": NOW + 300}, 401, "Issued at"),
        ({"exp": "soon"}, 401, "Expiration time"),
        ({"iss": "8"}, 404, "Integration not found"),
        ({"algorithm": "HS256"}, 401, "could not be decoded"),
    ],
)
def test_a_bad_jwt_is_refused(hub: Any, app_jwt: Any, claims: dict[str, Any], status: int, told: str) -> None:
    found, body = hub.ask("POST", TOKENS, token=app_jwt(**claims))
    assert found == status
    assert told in body["message"]


def test_a_jwt_signed_by_another_key_is_refused(hub: Any, app_jwt: Any) -> None:
    head, claims, mark = app_jwt().split(".")
    assert hub.ask("POST", TOKENS, token=f"{head}.{claims}.{mark[:-8]}AAAAAAAA")[0] == 401
    assert hub.ask("POST", TOKENS, token=f"{head}.{claims}.%%%")[0] == 401


def test_rights_can_be_lost_in_the_middle(hub: Any, app_jwt: Any) -> None:
    token = hub.ask("POST", TOKENS, token=app_jwt())[1]["token"]
    assert hub.ask("GET", f"{R}/issues", token=token)[0] == 200
    steer(hub, "access", {"installation": 70, "permissions": {"contents": "read"}})
    assert hub.ask("GET", f"{R}/issues", token=token)[0] == 403
    steer(hub, "access", {"installation": 70, "repositories": [f"{ORG}/open"]})
    assert hub.ask("GET", f"{R}/issues", token=token)[0] == 404
    assert steer(hub, "revoke", {"installation": 70}) == {"revoked": 1}
    assert hub.ask("GET", OPEN, token=token)[0] == 401


def test_members_are_for_members(hub: Any) -> None:
    assert [each["login"] for each in hub.get(f"/orgs/{ORG}/members")] == ["ada", "bob"]
    assert hub.get(f"/orgs/{ORG}/members", token=STRANGER) == []
    assert [each["name"] for each in hub.get(f"/orgs/{ORG}/issue-types")] == ["Bug", "Task"]


def test_a_user_agent_is_needed(hub: Any) -> None:
    assert hub.ask("GET", "/", headers={"User-Agent": ""})[0] == 403


def test_versions_of_the_api(hub: Any) -> None:
    assert hub.ask("GET", "/", headers={"X-GitHub-Api-Version": "2022-11-28"})[0] == 200
    assert hub.ask("GET", "/", headers={"X-GitHub-Api-Version": "1999-01-01"})[0] == 400
    hub.service.load_state({**hub.service.dump_state(), "deployment": "ghes"})
    assert hub.ask("GET", "/", headers={"X-GitHub-Api-Version": "2026-03-10"})[0] == 400
    assert hub.get("/api/v3/meta")["installed_version"] == hub.last.headers["X-GitHub-Enterprise-Version"]


def test_projects_need_their_permission(hub: Any) -> None:
    query = "query($o:String!){organization(login:$o){projectV2(number:1){title}}}"
    assert hub.graph(query, {"o": ORG})["data"]["organization"]["projectV2"]["title"] == "Roadmap"
    refused = hub.graph(query, {"o": ORG}, token=BOB)
    assert refused["data"] == {"organization": {"projectV2": None}}
    assert [each["type"] for each in refused["errors"]] == ["FORBIDDEN"]
    hidden = hub.graph(query, {"o": ORG}, token=STRANGER)
    assert [each["type"] for each in hidden["errors"]] == ["NOT_FOUND"]


def test_a_hidden_issue_is_redacted_in_a_project(hub: Any) -> None:
    steer(hub, "access", {"token": ADA, "repositories": [f"{ORG}/open"]})
    query = """query($o:String!){organization(login:$o){projectV2(number:1){items(first:5){nodes{type
    content{__typename}
    fieldValueByName(name:"Title"){__typename}}}}}}"""
    items = hub.graph(query, {"o": ORG})["data"]["organization"]["projectV2"]["items"]["nodes"]
    assert items[0] == {"type": "REDACTED", "content": None, "fieldValueByName": None}
    assert items[2]["type"] == "DRAFT_ISSUE"


def test_graphql_needs_a_token(hub: Any) -> None:
    assert hub.ask("POST", "/graphql", {"query": "{viewer{login}}"}, token=None)[0] == 401
