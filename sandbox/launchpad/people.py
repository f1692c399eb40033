"""People, teams, memberships and addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sandbox.launchpad.code import DEFAULT_STATES
from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record, Step
from sandbox.launchpad.search import search

REDACTED = "tag:launchpad.net:2008:redacted"


class EmailAddress(Record):
    """One confirmed address of a person."""

    entry = "email_address"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.person.path}/+email/{self.email}"

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Nobody: an address is confirmed by letter, on the pages for people."""
        return False


class TeamMembership(Record):
    """One person's membership of one team; changed by the team's owner and administrators."""

    entry = "team_membership"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.team.path}/+member/{self.member.name}"

    def set_status(self, *, status: str, comment: str | None = None, silent: bool | None = False) -> None:  # noqa: ARG002
        """Move it to another status: approve a proposal, deactivate a member, make an administrator."""
        self.team.check("setStatus")
        self.move_to(status, comment)

    def set_expiration_date(self, *, date: datetime | None = None) -> None:
        """Set the instant at which it ends; null lets it last.

        Raises:
            ApiError: 400, an instant that has passed.
        """
        self.team.check("setExpirationDate")
        if date is not None and date <= self.store.session.now:
            raise ApiError(f"Invalid expiration date: {date.isoformat()}")
        self.put("date_expires", date)

    def move_to(self, status: str, comment: str | None) -> None:
        """Change the status unchecked, and note who did it."""
        self.put("status", status)
        self.put("last_change_comment", comment)
        self.put("last_changed_by", self.store.session.user)


class Person(Record):
    """A person; the base of a team."""

    entry = "person"
    is_team: ClassVar[bool] = False

    @property
    def path(self) -> str:
        """See Record."""
        return f"~{self.name}"

    @property
    def id(self) -> int | str:
        """The number, or what production shows in its place."""
        return REDACTED if self.store.switches.redact_person_ids else self.__dict__["number"]

    @property
    def label(self) -> str:
        """How activity names a person."""
        return f"{self.display_name} ({self.name})"

    @property
    def confirmed_email_addresses(self) -> list[EmailAddress]:
        """The addresses but the preferred one."""
        return list(self.__dict__.get("addresses", ()))[1:]

    @property
    def preferred_email_address(self) -> EmailAddress | None:
        """The first address."""
        addresses = self.__dict__.get("addresses", ())
        return addresses[0] if addresses else None

    @property
    def private(self) -> bool:
        """Whether a team is private."""
        return bool(self.visibility != "Public")

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator of Launchpad."""
        return bool(self.__dict__.get("admin"))

    @property
    def teams(self) -> list[Team]:
        """The teams this person or team is directly in."""
        return [team for team in self.store.teams if self in team.direct_members]

    @property
    def super_teams(self) -> list[Team]:
        """The teams this one is in, through others too."""
        found: list[Team] = []
        waiting = self.teams
        while waiting:
            team = waiting.pop(0)
            if team not in found:
                found.append(team)
                waiting.extend(team.teams)
        return found

    @property
    def memberships_details(self) -> list[TeamMembership]:
        """The memberships of this person."""
        return [one for team in self.teams for one in team.members_details if one.member is self]

    def is_in(self, other: Person | None) -> bool:
        """Say whether this person is the other, or in the team that the other is."""
        return other is not None and (self is other or (other.is_team and other in self.super_teams))

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Only oneself and administrators."""
        writer = self.store.session.writer
        return writer is not None and (writer is self or writer.is_admin)

    def written(self, name: str, old: Any, new: Any) -> None:
        """Find by the new name, if nobody else has it; tokens follow."""
        if name == "name":
            if self.store.person(new) not in (None, self):
                raise ApiError(f"name: {new} is already in use by another person or team.")
            self.store.rename_tokens(old, new)
            self.store.reindex()

    @property
    def all_specifications(self) -> list[Record]:
        """The blueprints this person has to do with."""
        return [
            one for one in self.store.specifications() if self in (one.owner, one.assignee, one.drafter, one.approver)
        ]

    @property
    def valid_specifications(self) -> list[Record]:
        """Those that are neither superseded nor obsolete."""
        return [one for one in self.all_specifications if one.is_valid]

    def child(self, name: str) -> object:
        """Addresses, git repositories, or `PROJECT` on the way to one."""
        if name == "+email":
            return Step(self.store, lambda one: _by(self.__dict__.get("addresses", ()), "email", one))
        if name == "+git":
            return Step(self.store, lambda one: self.store.repository(self, None, one))
        target = self.store.pillar(name)
        if target is not None:
            below = Step(self.store, lambda one: self.store.repository(self, target, one))
            return Step(self.store, lambda one: below if one == "+git" else None)
        return None

    def search_tasks(self, **parameters: Any) -> list[Any]:
        """Search the tasks this person has to do with: assigned, reported, or subscribed to.

        Which those are can be narrowed by `assignee`, `owner`, `bug_reporter`, `bug_subscriber` and `bug_commenter`.
        """
        narrowing = ("assignee", "owner", "bug_reporter", "bug_subscriber", "bug_commenter")
        own = [
            task
            for task in self.store.tasks()
            if any(parameters.get(one) for one in narrowing)
            or self in (task.assignee, task.owner, task.bug.owner)
            or self in task.bug.direct_subscribers
            or any(message.owner is self for message in task.bug.messages)
        ]
        return search(own, parameters)

    def get_merge_proposals(self, *, status: list[str] | None = None) -> list[Any]:
        """List the proposals that this person registered."""
        return self.store.merge_proposals(status or list(DEFAULT_STATES), lambda one: one.registrant is self)

    def get_requested_reviews(self, *, status: list[str] | None = None) -> list[Any]:
        """List the proposals that this person is asked to review."""
        wanted = status or ["Needs review"]
        return self.store.merge_proposals(wanted, lambda one: any(vote.reviewer is self for vote in one.votes))

    def get_bug_subscriber_packages(self) -> list[Any]:
        """List packages with a structural subscription of this person."""
        packages = (package for pillar in self.store.distributions for package in pillar.packages)
        return [one for one in packages if one.get_subscription(person=self)]

    def get_owned_projects(self) -> list[Any]:
        """List the projects this person or team owns."""
        return [one for one in self.store.projects if one.owner is self]

    def get_owned_teams(self) -> list[Any]:
        """List the teams this person or team owns."""
        return [one for one in self.store.teams if one.team_owner is self]

    def get_members_by_status(self, *, status: str) -> list[Any]:
        """List the members of a team in one status; none for a person."""
        return [one.member for one in self.__dict__.get("_memberships", ()) if one.status == status]

    def accept_invitation_to_be_member_of(self, *, team: Team, comment: str) -> None:
        """Accept, for a team that was invited; by who may edit that team."""
        self._answer(team, "Approved", comment)

    def decline_invitation_to_be_member_of(self, *, team: Team, comment: str) -> None:
        """Decline, for a team that was invited; by who may edit that team."""
        self._answer(team, "Invitation declined", comment)

    def _answer(self, team: Team, status: str, comment: str) -> None:
        self.check("acceptInvitationToBeMemberOf")
        found = next((one for one in team.memberships if one.member is self and one.status == "Invited"), None)
        if found is None:
            raise ApiError(f"{self.display_name} has not been invited to {team.display_name}.")
        found.move_to(status, comment)

    def retract_team_membership(self, *, team: Team, comment: str | None = None) -> None:
        """Leave a team, for a team that is a member of it; by who may edit the leaving team."""
        self.check("retractTeamMembership")
        found = next((one for one in team.members_details if one.member is self), None)
        if found is None:
            raise ApiError(f"{self.display_name} is not a member of {team.display_name}.")
        found.move_to("Deactivated", comment)

    def set_account_status(self, *, status: str, comment: str) -> None:
        """Change the account's status; by Launchpad's administrators."""
        writer = self.store.session.writer
        if writer is None or not writer.is_admin:
            raise forbidden(self, "setAccountStatus", "launchpad.Moderate")
        line = f"{self.store.session.now:%Y-%m-%d %H:%M:%S}: {self.account_status} -> {status}: {comment}"
        self.put("account_status_history", "\n".join(filter(None, (self.account_status_history, line))))
        self.put("account_status", status)

    @property
    def open_membership_invitations(self) -> list[TeamMembership]:
        """The invitations of this one that are not answered."""
        every = (one for team in self.store.teams for one in team.memberships)
        return [one for one in every if one.member is self and one.status == "Invited"]

    def join(self, *, team: Team) -> None:
        """Join an open team; to a moderated one it is a proposal."""
        user = self.store.session.writer
        if user is None or user is not self:
            raise forbidden(self, "join")
        _needs_team(team)
        if team.membership_policy == "Restricted Team":
            raise ApiError("This is a restricted team")
        team.admit(self, status="Approved" if team.membership_policy == "Open Team" else "Proposed")

    def leave(self, *, team: Team) -> None:
        """Leave a team."""
        if self.store.session.writer is not self:
            raise forbidden(self, "leave")
        _needs_team(team)
        team.dismiss(self)

    def add_member(self, *, person: Person, status: str | None = None, comment: str | None = None) -> list[Any]:
        """Add to a team; by its owner or administrators."""
        if not isinstance(self, Team):
            raise ApiError(f"{self.display_name} is not a team")
        self.check("addMember")
        if person.is_team and not person.may_edit("addMember"):
            status = "Invited"  # which the other team's people answer
        self.admit(person, status=status or "Approved", comment=comment)
        return [True, status or "Approved"]


class Team(Person):
    """A team of people and teams."""

    entry = "team"
    aliases: ClassVar[dict[str, str]] = {"team_description": "description", "subscription_policy": "membership_policy"}
    is_team = True
    default_membership_period: ClassVar[int | None] = None  # not 0, as seen in production
    default_renewal_period: ClassVar[int | None] = None

    @property
    def direct_members(self) -> list[Person]:
        """The active members, administrators included."""
        return [one.member for one in self.members_details]

    @property
    def members_details(self) -> list[TeamMembership]:
        """The active memberships."""
        return [one for one in self.memberships if one.status in ("Approved", "Administrator")]

    @property
    def memberships(self) -> list[TeamMembership]:
        """All memberships."""
        return list(self.__dict__.get("_memberships", ()))

    @property
    def members(self) -> list[Person]:
        """The active members."""
        return self.direct_members

    @property
    def participants(self) -> list[Person]:
        """Members, through teams too."""
        return [one for one in [*self.store.people, *self.store.teams] if one is not self and one.is_in(self)]

    @property
    def admins(self) -> list[Person]:
        """The administrators of the team."""
        return [one.member for one in self.memberships if one.status == "Administrator"]

    @property
    def proposed_members(self) -> list[Person]:
        """Those who asked to be let in."""
        return self.get_members_by_status(status="Proposed")

    @property
    def invited_members(self) -> list[Person]:
        """The teams that were asked and have not answered."""
        return self.get_members_by_status(status="Invited")

    @property
    def deactivated_members(self) -> list[Person]:
        """Those who are members no more."""
        return self.get_members_by_status(status="Deactivated")

    @property
    def expired_members(self) -> list[Person]:
        """Those whose membership ran out."""
        return self.get_members_by_status(status="Expired")

    @property
    def sub_teams(self) -> list[Person]:
        """The teams in this one."""
        return [one for one in self.direct_members if one.is_team]

    def written(self, name: str, old: Any, new: Any) -> None:
        """As of a person; a team keeps an owner, though the field that it shares with persons may be null there."""
        super().written(name, old, new)
        if name == "team_owner" and new is None:
            raise ApiError("team_owner_link: Missing required value.")

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """The owner, the administrators of the team and of Launchpad."""
        writer = self.store.session.writer
        return writer is not None and (
            writer.is_admin or writer.is_in(self.team_owner) or any(writer is one for one in self.admins)
        )

    def admit(self, person: Person, *, status: str, comment: str | None = None) -> None:
        """Make someone a member, or change the status of one."""
        self.dismiss(person)
        made = TeamMembership(
            self.store,
            team=self,
            member=person,
            status=status,
            date_joined=self.store.session.now,
            last_change_comment=comment,
            last_changed_by=self.store.session.user,
        )
        self.put("_memberships", [*self.memberships, made])

    def dismiss(self, person: Person) -> None:
        """Take someone out."""
        self.put("_memberships", [one for one in self.memberships if one.member is not person])

    def child(self, name: str) -> object:
        """Members, beside what a person has."""
        if name == "+member":
            return Step(
                self.store, lambda one: next((each for each in self.memberships if each.member.name == one), None)
            )
        return super().child(name)


def _needs_team(team: Any) -> None:
    """Refuse a person where a team belongs: the description calls both a person."""
    if not team.is_team:
        raise ApiError(f"team: {team.display_name} is not a team.")


def _by(records: Any, attribute: str, value: str) -> Any:
    return next((one for one in records if getattr(one, attribute) == value), None)
