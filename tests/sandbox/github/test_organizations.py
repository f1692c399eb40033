"""Teams, memberships, issue types, repositories made and deleted, branches: what an organization is made of."""

from __future__ import annotations

import base64
from typing import Any

import pytest

ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"
T = f"/orgs/{ORG}/teams"


def test_a_team_brings_its_members_a_role_and_those_of_teams_below_it(hub: Any) -> None:
    hub.ask("PATCH", f"/orgs/{ORG}", {"default_repository_permission": "none"})
    role = f"{R}/collaborators/bob/permission"
    assert hub.get(role)["role_name"] == "maintain"
    hub.ask("DELETE", f"{T}/core-team/repos/{ORG}/sizing")
    assert hub.get(role)["role_name"] == "none"
    hub.ask("PUT", f"{T}/helpers/repos/{ORG}/sizing", {"permission": "triage"})
    assert hub.get(role)["role_name"] == "triage"
    assert [each["slug"] for each in hub.get(f"{R}/teams")] == ["helpers"]


def test_members_of_teams_below_are_members(hub: Any) -> None:
    assert [each["login"] for each in hub.get(f"{T}/core-team/members")] == ["ada", "bob"]
    assert hub.get(f"{T}/core-team/memberships/bob")["role"] == "member"
    assert hub.ask("GET", f"{T}/helpers/memberships/ada")[0] == 404


def test_a_team_is_made_renamed_and_deleted(hub: Any) -> None:
    status, made = hub.ask("POST", T, {"name": "Night Watch", "parent_team_id": 100001})
    assert (status, made["slug"], made["parent"]["slug"]) == (201, "night-watch", "core-team")
    assert hub.ask("POST", T, {"name": "Night watch"})[0] == 422
    assert hub.ask("PATCH", f"{T}/night-watch", {"name": "Day Watch"})[1]["slug"] == "day-watch"
    assert hub.ask("GET", f"{T}/night-watch")[0] == 404
    assert hub.ask("PATCH", f"{T}/core-team", {"parent_team_id": made["id"]})[0] == 422
    assert hub.ask("DELETE", f"{T}/core-team")[0] == 204
    assert hub.get(T) == []


def test_a_renamed_repository_stays_with_its_team(hub: Any) -> None:
    hub.ask("PATCH", R, {"name": "measuring"})
    assert [each["name"] for each in hub.get(f"{T}/core-team/repos")] == ["measuring"]


def test_a_secret_team_is_seen_by_its_members(hub: Any) -> None:
    hub.ask("PATCH", f"{T}/helpers", {"privacy": "secret"})
    answer = hub.ask("POST", "/_sandbox/as", {"login": "bob", "path": T})[1]
    assert [each["slug"] for each in answer["body"]] == ["core-team", "helpers"]
    hub.ask("POST", "/_sandbox/as", {"login": "ada", "method": "DELETE", "path": f"{T}/helpers/memberships/bob"})
    answer = hub.ask("POST", "/_sandbox/as", {"login": "bob", "path": T})[1]
    assert [each["slug"] for each in answer["body"]] == ["core-team"]


@pytest.mark.parametrize("token", ["token-of-bob", "token-of-stranger"])
def test_teams_need_their_permission(hub: Any, token: str) -> None:
    assert hub.ask("GET", T, token=token)[0] == 404
    assert hub.ask("POST", T, {"name": "x"}, token=token)[0] == 403


def test_who_leaves_the_organization_leaves_its_teams(hub: Any) -> None:
    assert hub.ask("DELETE", f"/orgs/{ORG}/members/bob")[0] == 204
    assert [each["login"] for each in hub.get(f"{T}/core-team/members")] == ["ada"]
    assert hub.ask("PUT", f"/orgs/{ORG}/memberships/bob", {"role": "admin"})[1]["role"] == "admin"


def test_issue_types_are_made_renamed_and_deleted(hub: Any) -> None:
    at = f"/orgs/{ORG}/issue-types"
    status, made = hub.ask("POST", at, {"name": "Epic", "is_enabled": True, "color": "blue"})
    assert (status, made["color"]) == (200, "blue")
    assert hub.ask("POST", at, {"name": "epic", "is_enabled": True})[0] == 422
    assert hub.ask("POST", at, {"name": "Other"})[0] == 422
    hub.ask("PATCH", f"{R}/issues/3", {"type": "Epic"})
    assert hub.ask("PUT", f"{at}/{made['id']}", {"name": "Saga", "is_enabled": False})[0] == 200
    assert hub.get(f"{R}/issues/3")["type"]["name"] == "Saga"
    assert hub.ask("PATCH", f"{R}/issues/1", {"type": "Saga"})[0] == 422
    assert hub.ask("DELETE", f"{at}/{made['id']}")[0] == 204
    assert hub.get(f"{R}/issues/3")["type"] is None
    assert hub.ask("POST", at, {"name": "x", "is_enabled": True}, token="token-of-bob")[0] == 403


def test_a_repository_is_made_and_deleted_with_all_that_is_in_it(hub: Any) -> None:
    assert hub.ask("POST", f"/orgs/{ORG}/repos", {"name": "fresh", "private": True})[0] == 201
    assert hub.ask("POST", f"/orgs/{ORG}/repos", {"name": "Fresh"})[0] == 422
    blocked = hub.ask("POST", f"/repos/{ORG}/fresh/issues", {"title": "waits"})[1]
    hub.ask("POST", f"/repos/{ORG}/fresh/issues/1/dependencies/blocked_by", {"issue_id": 100001})
    hub.ask("POST", f"{R}/issues/2/comments", {"body": f"see {ORG}/fresh#1"})
    assert hub.ask("DELETE", R)[0] == 204
    assert hub.ask("GET", f"{R}/issues")[0] == 404
    assert hub.ask("GET", "/repositories/5001")[0] == 404
    assert hub.get(f"/repos/{ORG}/fresh/issues/1/dependencies/blocked_by") == []
    assert hub.get(f"/repos/{ORG}/fresh/issues/1")["id"] == blocked["id"]
    assert hub.get(f"/repos/{ORG}/fresh/issues/1/timeline") == []
    assert [each["content_type"] for each in hub.get(f"/orgs/{ORG}/projectsV2/1/items")] == ["DraftIssue"]
    dumped = hub.ask("GET", "/_sandbox/state")[1]
    assert hub.ask("PUT", "/_sandbox/state", dumped)[0] == 204


def test_deleting_needs_its_right(hub: Any) -> None:
    assert hub.ask("DELETE", R, token="classic-token-of-ada")[0] == 403
    assert hub.ask("DELETE", R, token="token-of-bob")[0] == 403
    hub.get(R)


def test_a_branch_is_made_moved_and_deleted(hub: Any) -> None:
    heads = {each["name"]: each["commit"]["sha"] for each in hub.get(f"{R}/branches")}
    assert set(heads) == {"main", "stable", "fix"}
    body = {"ref": "refs/heads/new", "sha": heads["main"]}
    assert hub.ask("POST", f"{R}/git/refs", body)[0] == 201
    assert hub.ask("POST", f"{R}/git/refs", body)[0] == 422
    assert hub.get(f"{R}/commits/new")["sha"] == heads["main"]
    assert hub.ask("PATCH", f"{R}/git/refs/heads/new", {"sha": heads["stable"]})[0] == 200
    assert hub.get(f"{R}/git/ref/heads/new")["object"]["sha"] == heads["stable"]
    assert hub.ask("DELETE", f"{R}/git/refs/heads/new")[0] == 204
    assert hub.ask("GET", f"{R}/branches/new")[0] == 404
    assert hub.ask("GET", "/repos/ada/own/commits")[0] == 409


def test_commits_of_a_pull_request(hub: Any) -> None:
    (commit,) = hub.get(f"{R}/pulls/4/commits")
    assert commit["sha"] == hub.get(f"{R}/pulls/4")["head"]["sha"]
    assert [each["number"] for each in hub.get(f"{R}/commits/{commit['sha']}/pulls")] == [4]
    shas = [each["sha"] for each in hub.get(f"{R}/commits?sha=fix")]
    assert shas[0] == commit["sha"]
    assert len(shas) == 2


def test_a_file_of_a_release_comes_back_as_it_went(hub: Any) -> None:
    release = hub.get(f"{R}/releases/100001")
    at = release["upload_url"].partition("{")[0]
    status, made = hub.ask("POST", f"{at}?name=b.bin", raw=b"\x00\xff", headers={"Content-Type": "image/png"})
    assert (status, made["size"], made["content_type"]) == (201, 2, "image/png")
    assert hub.ask("POST", f"{at}?name=b.bin", raw=b"")[0] == 422
    hub.service.faults.clear()
    headers = {"Accept": "application/vnd.github+json"}
    assert hub.get(f"{R}/releases/assets/{made['id']}", headers=headers)["digest"].startswith("sha256:")


def test_a_draft_is_published(hub: Any) -> None:
    assert hub.ask("GET", f"{R}/releases/100002", token="token-of-bob")[0] in (403, 404)
    published = hub.ask("PATCH", f"{R}/releases/100002", {"draft": False})[1]
    assert (published["draft"], published["published_at"]) == (False, "2026-11-24T10:00:00Z")
    assert hub.ask("DELETE", f"{R}/releases/100002")[0] == 204
    assert hub.ask("GET", f"{R}/releases/tags/v0.2")[0] == 404


def test_a_team_is_reached_where_its_url_points(hub: Any) -> None:
    team = hub.get(f"{T}/core-team")
    at = team["url"].partition("/organizations")[2]
    assert hub.get(f"/organizations{at}") == team
    assert hub.get(f"/organizations{at}/members") == hub.get(f"{T}/core-team/members")
    assert [each["name"] for each in hub.get(f"/teams/{team['id']}/repos")] == ["sizing"]
    assert hub.ask("GET", f"/organizations/1002/team/{team['id']}")[0] == 404


def test_what_a_repository_has_none_of(hub: Any) -> None:
    for path in ("stargazers", "subscribers", "forks", "deployments"):
        assert hub.get(f"{R}/{path}") == []
    assert hub.get(f"{R}/commits/fix/statuses") == []
    assert [(each["login"], each["contributions"]) for each in hub.get(f"{R}/contributors")] == [("ada", 1)]
    sha = hub.get(f"{R}/branches/main")["commit"]["sha"]
    assert hub.get(f"{R}/git/commits/{sha}")["sha"] == sha
    assert hub.ask("GET", f"{R}/commits/main/nonsense")[0] == 404


def test_files_are_read(hub: Any) -> None:
    found = hub.get(f"{R}/contents/.github/sync.yaml")
    assert base64.b64decode(found["content"]) == b"labels: [bug]\n"
    assert found["sha"] == hub.get(f"{R}/contents/.github")[0]["sha"]
    assert [(each["name"], each["type"]) for each in hub.get(f"{R}/contents")] == [
        (".github", "dir"),
        ("README.md", "file"),
    ]
    assert hub.get(f"{R}/readme?ref=stable")["path"] == "README.md"
    for path in ("contents/none", "contents/README.md?ref=none", "contents/README.md/x"):
        assert hub.ask("GET", f"{R}/{path}")[0] == 404


@pytest.mark.parametrize(
    ("basehead", "state", "ahead"),
    [("main...main", "identical", 0), ("main...fix", "diverged", 2), ("main...none", "", 0)],
)
def test_branches_are_compared(hub: Any, basehead: str, state: str, ahead: int) -> None:
    status, found = hub.ask("GET", f"{R}/compare/{basehead}")
    assert status == (200 if state else 404)
    if state:
        assert (found["status"], found["ahead_by"], len(found["commits"])) == (state, ahead, ahead)
