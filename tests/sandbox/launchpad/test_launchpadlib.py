"""The unmodified client library of Launchpad against the stand-in."""

from __future__ import annotations

import gc
import re
import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from launchpadlib.credentials import AccessToken, Credentials
from launchpadlib.launchpad import Launchpad
from lazr.restfulclient.errors import HTTPError, PreconditionFailed, Unauthorized

pytestmark = pytest.mark.loopback


Login = Callable[..., Any]


@pytest.fixture
def login(served: Any, tmp_path: Path) -> Iterator[Login]:
    opened: list[Any] = []

    def make(key: str = "ann") -> Any:
        credentials = Credentials("syncline", access_token=AccessToken(key, f"sec-{key}"))
        cache = tmp_path / f"cache-{len(opened)}"
        lp = Launchpad(credentials, None, None, service_root=f"{served.url}/", cache=str(cache), version="devel")
        opened.append(lp)
        return lp

    yield make
    for lp in opened:
        lp._browser._connection.close()  # the library leaves its sockets to the collector, which warns of them


def test_reads_projects_milestones_blueprints_and_people(login: Login) -> None:
    lp = login()
    assert lp.me.name == "ann"
    project = lp.projects["nimbus"]
    assert project.owner.display_name == "Ann Example"
    assert [one.name for one in project.all_milestones] == ["2.0.1", "1.9"]
    assert [one.name for one in project.active_milestones] == ["2.0.1"]
    assert project.getMilestone(name="2.0.1").date_targeted == datetime(2026, 4, 1)  # noqa: DTZ001 - the library's reading
    assert sorted(one.name for one in project.all_specifications) == ["boot-plan", "fast-boot"]
    assert [one.name for one in project.valid_specifications] == ["fast-boot"]
    spec = project.getSpecification(name="fast-boot")
    assert (spec.lifecycle_status, [one.name for one in spec.dependencies]) == ("Started", ["boot-plan"])
    assert lp.people["bot"].super_teams[0].name == "nimbus-qa"
    assert [one.name for one in lp.project_groups["nimbus-all"].projects] == ["nimbus", "cumulus"]
    assert lp.distributions["nimbuntu"].getSourcePackage(name="linux").title == "linux package in Nimbuntu"


def test_searches_tasks_and_reads_their_bugs(login: Login) -> None:
    lp = login()
    tasks = lp.projects["nimbus"].searchTasks(
        status=["Triaged", "Fix Released", "New"],
        omit_duplicates=False,
        order_by=["id"],
        modified_since=datetime(2026, 1, 1),  # noqa: DTZ001 - as callers do
    )
    assert [task.bug.id for task in tasks] == [1]
    bug = lp.bugs[1]
    assert [message.content for message in bug.messages] == ["Boot hangs", "seen"]
    assert [watch.url for watch in bug.bug_watches] == ["https://jira.nimbus.example/browse/NIM-7"]
    assert [one.whatchanged for one in bug.activity] == ["bug"]
    assert [task.bug_target_name for task in bug.bug_tasks] == ["nimbus", "linux (Nimbuntu)"]


def test_writes_tags_status_and_a_comment(login: Login) -> None:
    lp = login()
    bug = lp.bugs[1]
    bug.tags = [*bug.tags, "syncline-risk"]
    bug.lp_save()
    assert bug.tags == ["api", "syncline-risk"]
    task = bug.bug_tasks[0]
    task.status = "In Progress"
    task.assignee = lp.people["bot"]
    task.lp_save()
    message = bug.newMessage(subject="Re", content="hello", send_notifications=False)
    assert message.self_link.endswith("/nimbus/+bug/1/comments/2")
    assert message.owner.name == "ann"


def test_a_stale_entry_is_refused(login: Login) -> None:
    one, other = login().bugs[1], login("bot").bugs[1]
    one.title = "first"
    one.lp_save()
    other.title = "second"
    with pytest.raises(PreconditionFailed):
        other.lp_save()


def test_blueprints_and_milestones_are_written(login: Login) -> None:
    lp = login()
    spec = lp.projects["nimbus"].getSpecification(name="fast-boot")
    spec.whiteboard = "-- syncline --"
    spec.implementation_status = "Implemented"
    spec.lp_save()
    assert (spec.lifecycle_status, spec.completer.name) == ("Complete", "ann")
    made = (
        lp.projects["nimbus"].getSeries(name="2.0").newMilestone(name="2.1", date_targeted=date(2026, 9, 1).isoformat())
    )
    assert made.title == "Nimbus 2.1"


def test_merge_proposals_are_read_and_made(login: Login) -> None:
    lp = login()
    [proposal] = lp.projects["nimbus"].getMergeProposals(status=["Needs review"])
    assert (proposal.source_git_path, [bug.id for bug in proposal.bugs]) == ("refs/heads/fix", [1])
    repository = lp.git_repositories.getByPath(path="nimbus")
    assert [ref.path for ref in repository.branches] == ["refs/heads/main", "refs/heads/fix"]
    proposal.createComment(content="fine", vote="Approve")
    proposal.setStatus(status="Approved")
    assert [vote.reviewer.name for vote in proposal.votes] == ["ann"]
    assert lp.load(proposal.self_link).queue_status == "Approved"


def test_attachments_are_sent_and_read_back(login: Login) -> None:
    lp = login()
    made = lp.bugs[1].addAttachment(data=b"line 1\n\x00\xff", comment="the log", filename="boot.log", is_patch=False)
    with made.data.open() as source:
        assert source.read() == b"line 1\n\x00\xff"


def test_without_the_right_it_is_unauthorized(login: Login) -> None:
    task = login("cid").bugs[1].bug_tasks[0]
    task.importance = "Low"
    with pytest.raises(Unauthorized):
        task.lp_save()


def test_a_bug_is_filed(login: Login) -> None:
    lp = login()
    before = datetime.now(UTC)
    bug = lp.bugs.createBug(target=lp.projects["nimbus"], title="New one", description="text", tags=["ui"])
    assert (bug.id, bug.tags, bug.owner.name) == (7, ["ui"], "ann")
    assert bug.date_created < before


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_token_is_handed_out_in_three_steps(served: Any) -> None:
    credentials = Credentials("syncline")
    credentials.get_request_token(web_root=f"{served.url}/")
    with pytest.raises(HTTPError, match="has not yet been reviewed"):
        credentials.exchange_request_token_for_access_token(web_root=f"{served.url}/")
    key = credentials._request_token.key
    word = {"token": key, "person": "bot", "level": "WRITE_PUBLIC"}
    assert requests.post(f"{served.url}/_sandbox/authorize", json=word, timeout=30).status_code == 200
    credentials.exchange_request_token_for_access_token(web_root=f"{served.url}/")
    token = credentials.access_token
    assert served.service.store.tokens[-1].secret == token.secret
    assert served.call("GET", "/people/+me", who=token.key).headers["Location"].endswith("/~bot")
    gc.collect()  # the library opens a connection a step and never closes it; the warnings are to come here


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_login_with_opens_a_page_on_which_a_person_allows_it(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the library's documentation begins: no token at hand, a browser opens, the library waits."""

    def browse(address: str, *_more: object) -> bool:
        page = requests.get(address, timeout=30).text
        assert "syncline wants to act for you" in page
        assert set(re.findall(r'name="level" value="(\w+)"', page)) == {"WRITE_PRIVATE", "UNAUTHORIZED"}
        [token] = re.findall(r'name="oauth_token" value="([^"]+)"', page)
        form = {"oauth_token": token, "person": "bot", "level": "WRITE_PRIVATE"}
        assert requests.post(f"{served.url}/+authorize-token", data=form, timeout=30).status_code == 200
        return True

    monkeypatch.setattr(webbrowser, "get", object)  # there is a browser
    monkeypatch.setattr(webbrowser, "open", browse)
    kept = tmp_path / "credentials"
    given = {"credentials_file": str(kept), "allow_access_levels": ["WRITE_PRIVATE"], "version": "devel"}
    lp = Launchpad.login_with(
        consumer_name="syncline",
        service_root=f"{served.url}/",
        launchpadlib_dir=str(tmp_path),
        **given,
    )
    assert lp.me.name == "bot"
    lp.bugs[1].newMessage(content="hello")
    lp._browser._connection.close()
    again = Launchpad(Credentials.load_from_path(str(kept)), None, None, service_root=f"{served.url}/", version="devel")
    assert again.me.name == "bot"
    again._browser._connection.close()
    gc.collect()


def test_who_knows_nobody_reads_what_is_public(served: Any, tmp_path: Path) -> None:
    lp = Launchpad.login_anonymously("just testing", f"{served.url}/", str(tmp_path), version="devel")
    assert lp.bugs[1].title == "Boot hangs"
    assert [one.name for one in lp.people.find(text="ann")] == ["ann"]
    assert sorted(lp.bugs[1].lp_operations)[:2] == ["addAttachment", "addNomination"]
    with pytest.raises(Unauthorized):
        assert lp.me.name
    with pytest.raises(KeyError):
        lp.bugs[2]
    lp._browser._connection.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_pictures_are_written_read_and_taken_away(login: Login) -> None:
    lp = login()
    picture = b"\x89PNG\r\n\x1a\n and more"
    with lp.me.mugshot.open("w", "image/png", "me.png") as sink:
        sink.write(picture)
    with lp.people["ann"].mugshot.open() as source:
        assert (source.read(), source.content_type) == (picture, "image/png")
    lp.me.mugshot.delete()
    with pytest.raises(HTTPError, match="404"):
        lp.people["ann"].mugshot.open()
    for who, text in (("ann", b"no picture"), ("bot", picture)):
        handle = login(who).people["ann"].mugshot.open("w", "image/png", "me.png")
        handle.write(text)
        with pytest.raises(HTTPError, match="recognized as an image" if who == "ann" else "401"):
            handle.close()
    gc.collect()  # the library leaves the sockets of files to the collector; the warnings are to come here
