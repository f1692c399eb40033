"""An unmodified PyGithub works on the stand-in, with and without the base path of GHES."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import github
import pytest
from github import Auth, Github
from github.GithubObject import NotSet

pytestmark = pytest.mark.loopback
REPO = "fictive-partner/sizing"


def client(url: str, auth: Any, **more: Any) -> Github:
    return Github(
        auth=auth, base_url=url, retry=None, seconds_between_requests=None, seconds_between_writes=None, **more
    )


@pytest.fixture(params=["", "/api/v3"])
def base(url: str, request: pytest.FixtureRequest) -> str:
    return url + request.param


@pytest.fixture
def ada(base: str) -> Iterator[Github]:
    with client(base, Auth.Token("token-of-ada")) as made:
        yield made


def test_reads_issues_and_all_that_hangs_on_them(ada: Github) -> None:
    assert ada.get_user().login == "ada"
    repo = ada.get_repo(REPO)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = {each.number: each for each in repo.get_issues(state="all", since=since, sort="updated", direction="asc")}
    assert sorted(found) == [1, 2, 3, 4, 7]
    issue = found[1]
    assert (issue.title, issue.user.login, [each.name for each in issue.labels]) == ("Sizing is wrong", "ada", ["bug"])
    assert issue.milestone.title == "v1"
    assert issue.type.name == "Bug"
    assert [each.body for each in issue.get_comments()] == ["Agreed.", "Thanks."]
    assert "renamed" in [each.event for each in issue.get_timeline()]
    assert [each.number for each in issue.get_sub_issues()] == [2, 3]
    assert next(each.event for each in repo.get_issues_events()) == "renamed"
    assert {each.title for each in repo.get_milestones(state="all")} == {"v0", "v1"}
    assert [each.tag_name for each in repo.get_releases()] == ["v0.2", "v0.1"]


def test_reads_pull_requests(ada: Github) -> None:
    repo = ada.get_repo(REPO)
    pull = repo.get_pull(4)
    assert (pull.head.ref, pull.base.repo.full_name, pull.merged) == ("fix", REPO, False)
    assert [each.state for each in pull.get_reviews()] == ["APPROVED"]
    assert [each.path for each in pull.get_review_comments()] == ["a.py"]
    runs = repo.get_commit.__self__.requester.requestJsonAndCheck("GET", f"{repo.url}/commits/fix/check-runs")[1]
    assert [each["conclusion"] for each in runs["check_runs"]] == ["success", "failure"]
    assert [each.number for each in repo.get_pulls(state="closed")] == [7]


def test_writes(ada: Github) -> None:
    repo = ada.get_repo(REPO)
    issue = repo.create_issue("From a client", body="b", labels=["bug"], assignees=["bob"])
    comment = issue.create_comment("first")
    comment.edit("second")
    issue.add_to_labels("fresh")
    issue.remove_from_labels("bug")
    issue.edit(state="closed", state_reason="not_planned", milestone=repo.get_milestone(1))
    again = repo.get_issue(issue.number)
    assert [each.name for each in again.labels] == ["fresh"]
    assert (again.state, again.state_reason, again.milestone.number) == ("closed", "not_planned", 1)
    assert [each.body for each in again.get_comments()] == ["second"]
    repo.create_label("urgent", "ff0000").edit("urgent!", "00ff00")
    assert repo.get_label("urgent!").color == "00ff00"
    milestone = repo.create_milestone("v9", due_on=datetime(2027, 1, 2, tzinfo=UTC))
    milestone.edit("v9", state="closed", description=NotSet)
    assert repo.get_milestone(milestone.number).state == "closed"


def test_acts_as_an_app(base: str, hub: Any, key: Any) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    hub.service.clock.offset_seconds = datetime.now(tz=UTC).timestamp() - hub.service.clock.seconds()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    auth = Auth.AppAuth(7, pem).get_installation_auth(70)
    with client(base, auth, lazy=True) as gh:
        comment = gh.get_repo(REPO).get_issue(1).create_comment("by the app")
        assert comment.user.login == "sync-app[bot]"
        data = gh.requester.graphql_query("{viewer{login} rateLimit{cost}}", {})[1]["data"]
        assert data == {"viewer": {"login": "sync-app[bot]"}, "rateLimit": {"cost": 1}}


def test_tells_refusals_in_a_form_that_it_understands(ada: Github, base: str) -> None:
    with pytest.raises(github.UnknownObjectException):
        ada.get_repo("fictive-partner/none")
    with pytest.raises(github.GithubException) as refused:
        ada.get_repo(REPO).create_label("bug", "ff0000")
    assert refused.value.data["errors"][0]["code"] == "already_exists"
    with client(base, Auth.Token("wrong")) as stranger, pytest.raises(github.BadCredentialsException):
        stranger.get_user().login  # noqa: B018 - the request


def test_reads_conditionally(ada: Github) -> None:
    status, headers, _ = ada.requester.requestJson("GET", f"/repos/{REPO}/issues?state=all")
    assert status == 200
    again = ada.requester.requestJson(
        "GET", f"/repos/{REPO}/issues?state=all", headers={"If-None-Match": headers["etag"]}
    )
    assert (again[0], again[2]) == (304, "")
