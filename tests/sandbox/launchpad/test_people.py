"""Memberships of teams, and subscriptions to whole projects, series, milestones and packages."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.launchpad.record import Record
from sandbox.launchpad.targets import HasBugs, Target

pytestmark = pytest.mark.loopback


def names(served: Any, path: str) -> list[str]:
    return [one["name"] for one in served.get(path)["entries"]]


def make_team(served: Any, name: str, policy: str, who: str = "ann") -> str:
    made = served.post("/people", who, op="newTeam", name=name, display_name=name, membership_policy=policy)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


@pytest.mark.parametrize(
    ("policy", "member", "proposed"),
    [("Open Team", True, False), ("Moderated Team", False, True), ("Restricted Team", False, False)],
)
def test_joining_follows_the_policy(served: Any, policy: str, member: bool, proposed: bool) -> None:
    team = make_team(served, "crew", policy)
    assert served.post("/~cid", "cid", op="join", team=team).status_code == (200 if member or proposed else 400)
    assert ("cid" in names(served, "/~crew/members"), "cid" in names(served, "/~crew/proposed_members")) == (
        member,
        proposed,
    )


def test_a_membership_is_approved_ends_and_is_seen_in_each_state(served: Any) -> None:
    team = make_team(served, "crew", "Moderated Team")
    served.post("/~cid", "cid", op="join", team=team)
    path = "/~crew/+member/cid"
    assert served.post(path, "cid", op="setStatus", status="Approved").status_code == 401
    assert served.post(path, op="setStatus", status="Approved", comment="welcome").status_code == 200
    membership = served.get(path)
    assert (membership["status"], membership["last_change_comment"]) == ("Approved", "welcome")
    assert names(served, "/~cid/super_teams") == ["crew"]
    assert served.post(path, op="setExpirationDate", date="2020-01-01T00:00:00+00:00").status_code == 400
    assert served.post(path, op="setExpirationDate", date="2027-01-01T00:00:00+00:00").status_code == 200
    assert served.get(path)["date_expires"] == "2027-01-01T00:00:00+00:00"
    served.post(path, op="setStatus", status="Deactivated")
    assert (names(served, "/~crew/members"), names(served, "/~crew/deactivated_members")) == (["ann"], ["cid"])


@pytest.mark.parametrize(("answer", "members"), [("accept", ["ann", "guests"]), ("decline", ["ann"])])
def test_a_team_is_invited_and_answers(served: Any, answer: str, members: list[str]) -> None:
    crew = make_team(served, "crew", "Restricted Team")
    guests = make_team(served, "guests", "Restricted Team", "cid")
    assert served.post("/~crew", op="addMember", person=guests).json() == [True, "Invited"]
    assert len(served.get("/~guests/open_membership_invitations")["entries"]) == 1
    operation = f"{answer}InvitationToBeMemberOf"
    assert served.post("/~guests", "bot", op=operation, team=crew, comment="c").status_code == 401
    assert served.post("/~guests", "cid", op=operation, team=crew, comment="c").status_code == 200
    assert names(served, "/~crew/members") == members
    assert served.post("/~guests", "cid", op=operation, team=crew, comment="c").status_code == 400
    left = served.post("/~guests", "cid", op="retractTeamMembership", team=crew)
    assert (left.status_code, names(served, "/~crew/members")) == (200 if "guests" in members else 400, ["ann"])


def test_only_administrators_change_an_account(served: Any) -> None:
    given = {"op": "setAccountStatus", "status": "Suspended", "comment": "spam"}
    assert served.post("/~cid", **given).status_code == 401
    served.service.store.person("ann").__dict__["admin"] = True
    assert served.post("/~cid", **given).status_code == 200
    assert served.get("/~cid")["account_status"] == "Suspended"


@pytest.mark.parametrize(
    "path",
    ["/nimbus", "/nimbus/2.0", "/nimbus/+milestone/2.0.1", "/nimbus-all", "/nimbuntu/+source/linux", "/nimbuntu/noble"],
)
def test_everything_with_bugs_can_be_subscribed_to(served: Any, path: str) -> None:
    ann = f"{served.url}/devel/~ann"
    made = served.post(path, op="addBugSubscription")
    assert (made.status_code, made.headers["Location"]) == (201, f"{served.url}/devel{path}/+subscription/ann")
    assert served.get(f"{path}/+subscription/ann")["subscriber_link"] == ann
    assert served.get(path, "ann", params={"ws.op": "userHasBugSubscriptions"}) is True
    assert served.get(path, "bot", params={"ws.op": "userHasBugSubscriptions"}) is False
    assert served.post(path, "bot", op="addBugSubscription", subscriber=ann).status_code == 401
    assert served.post(path, op="removeBugSubscription").status_code == 200
    assert served.get(path, params={"ws.op": "getSubscriptions"})["entries"] == []


def test_a_blueprint_is_proposed_for_a_series_and_accepted(served: Any) -> None:
    goal = f"{served.url}/devel/nimbus/2.0"
    path = "/nimbus/+spec/fast-boot"
    assert served.post(path, "cid", op="proposeGoal", goal=goal).status_code == 200
    assert (served.get(path)["has_accepted_goal"], names(served, "/nimbus/2.0/all_specifications")) == (False, [])
    assert served.post(path, "cid", op="acceptGoal").status_code == 401
    assert served.post(path, op="acceptGoal").status_code == 200
    assert names(served, "/nimbus/2.0/all_specifications") == ["fast-boot"]
    assert served.post(path, op="declineGoal").status_code == 200
    assert served.get(path)["has_accepted_goal"] is False
    assert served.post(path, op="proposeGoal", goal=f"{served.url}/devel/cumulus/trunk").status_code == 400
    served.post(path, op="proposeGoal", goal=goal)
    assert served.get(path)["has_accepted_goal"] is True  # proposed by who drives it


@pytest.mark.parametrize("kind", [Record, HasBugs, Target])
def test_what_is_only_a_base_cannot_be_made(served: Any, kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        kind(served.service.store)


def test_a_token_follows_a_person_to_a_new_name(served: Any) -> None:
    assert served.patch("/~cid", {"name": "sid"}, who="cid").status_code == 301
    assert served.call("GET", "/people/+me", who="cid").headers["Location"] == f"{served.url}/devel/~sid"


@pytest.mark.parametrize("operation", ["join", "leave"])
def test_a_person_is_no_team(served: Any, operation: str) -> None:
    answer = served.post("/~cid", "cid", op=operation, team=f"{served.url}/devel/~bot")
    assert (answer.status_code, answer.text) == (400, "team: Sync Bot is not a team.")
