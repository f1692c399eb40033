"""The stand-in's records, found by name or number, and what follows when a request has succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sandbox.core.checked import changed
from sandbox.launchpad.auth import RequestToken, Token
from sandbox.launchpad.bug_parts import BugSubscription, BugTracker, Cve, Message
from sandbox.launchpad.bugs import Bug
from sandbox.launchpad.code import GitRef, GitRepository
from sandbox.launchpad.distributions import Distribution, DistributionSourcePackage, DistroSeries, SourcePackage
from sandbox.launchpad.errors import ApiError, NotPermittedError, forbidden
from sandbox.launchpad.people import Person, Team
from sandbox.launchpad.pillars import (
    Milestone,
    Project,
    ProjectGroup,
)
from sandbox.launchpad.record import Moved, Record, Step
from sandbox.launchpad.reviews import BranchMergeProposal
from sandbox.launchpad.session import Change, Session
from sandbox.launchpad.specifications import Specification
from sandbox.launchpad.switches import Switches
from sandbox.launchpad.targets import Pillar, Target
from sandbox.launchpad.tasks import BugTask
from sandbox.launchpad.webhooks import Webhook, WebhookDelivery, check_event_types


class Store(Record):
    """All records. It is a record itself only so that a failed request takes back what was added to its lists."""

    def __init__(self, session: Session) -> None:
        super().__init__(self)
        values = self.__dict__
        values["session"] = session
        values["switches"] = Switches()
        values["host"] = "launchpad.example"
        values["tokens"] = list[Token]()
        values["request_tokens"] = dict[str, RequestToken]()
        for name in ("people", "teams", "projects", "project_groups", "distributions", "bugs", "bug_trackers", "cves"):
            values[name] = []
        values["repositories"] = []
        values["pending"] = list[WebhookDelivery]()
        values["numbers"] = Counter[str]()
        self.reindex()

    def change_switches(self, changes: Any) -> None:
        """Set some switches anew; ValueError names what is wrong."""
        self.__dict__["switches"] = changed(self.switches, changes, place="switches")

    @property
    def path(self) -> str:
        """None: it is no part of the web service."""
        return ""

    session: Session
    switches: Switches
    host: str
    tokens: list[Token]
    request_tokens: dict[str, RequestToken]
    people: list[Person]
    teams: list[Team]
    projects: list[Project]
    project_groups: list[ProjectGroup]
    distributions: list[Distribution]
    bugs: list[Bug]
    bug_trackers: list[BugTracker]
    cves: list[Cve]
    repositories: list[GitRepository]
    pending: list[WebhookDelivery]
    numbers: Counter[str]

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def next_number(self, kind: str) -> int:
        """Count up; a number that a failed request took stays unused, as in a database."""
        self.numbers[kind] += 1
        return self.numbers[kind]

    def rename_tokens(self, old: str, new: str) -> None:
        """Let the tokens of a person follow a new name; replaced, so that a failed request takes it back."""
        self.put("tokens", [replace(one, person=new) if one.person == old else one for one in self.tokens])

    def reindex(self) -> None:
        """Find by name anew."""
        values = self.__dict__
        values["_persons"] = {one.name: one for one in (*self.people, *self.teams)}
        values["_pillars"] = {one.name: one for one in (*self.projects, *self.distributions, *self.project_groups)}
        values["_bugs"] = {one.id: one for one in self.bugs}
        values["_duplicates"] = None

    def add(self, kind: str, record: Any) -> None:
        """Add to one of the lists."""
        self.put(kind, [*self.__dict__[kind], record])
        self.reindex()

    def person(self, name: str) -> Person | None:
        """Find a person or team."""
        return self.__dict__["_persons"].get(name)  # type: ignore[no-any-return]  # filled by reindex

    def pillar(self, name: str) -> Any:
        """Find a project, distribution or project group that the caller may see."""
        found = self.__dict__["_pillars"].get(name)
        return found if found is not None and getattr(found, "is_visible", True) else None

    def refuse_taken(self, pillar: Record, name: str) -> None:
        """Refuse a name that another pillar has, hidden ones too.

        Raises:
            ApiError: 400.
        """
        if self.__dict__["_pillars"].get(name) not in (None, pillar):
            raise ApiError(f"name: {name} is already used by another project")

    def bug(self, number: str) -> Bug | None:
        """Find a bug by number or nickname, hidden ones too."""
        if number.isdigit():
            return self.__dict__["_bugs"].get(int(number))  # type: ignore[no-any-return]  # filled by reindex
        return next((one for one in self.bugs if one.name == number), None)

    def target(self, name: str) -> Target | None:
        """Find a target by the name that the state's tasks have."""
        record: Any = self.__dict__["_pillars"].get(name.split("/")[0])
        for part in name.replace("/+source/", "/+source ").split("/")[1:]:
            if record is None:
                return None
            record = (
                record.get_source_package(name=part.removeprefix("+source "))
                if part.startswith("+source ")
                else record.child(part)
            )
        return record if isinstance(record, Target) else None

    def tasks(self) -> Iterator[BugTask]:
        """List all tasks, by number of the bug."""
        return (task for bug in self.bugs for task in bug.bug_tasks)

    def duplicates_of(self, bug: Record) -> list[Bug]:
        """List the bugs that are marked as duplicates of one."""
        known = self.__dict__["_duplicates"]
        if known is None:
            known = self.__dict__["_duplicates"] = {}
            for one in self.bugs:
                if one.duplicate_of is not None:
                    known.setdefault(one.duplicate_of, []).append(one)
        return known.get(bug, [])  # type: ignore[no-any-return]  # made above

    def forget_duplicates(self) -> None:
        """Look for duplicates anew."""
        self.__dict__["_duplicates"] = None

    def specifications(self) -> Iterable[Specification]:
        """List the blueprints that the caller may see."""
        pillars: tuple[Pillar, ...] = (*self.projects, *self.distributions)
        return (one for pillar in pillars for one in pillar.all_specifications)

    def merge_proposals(self, status: list[str] | None, fits: Callable[[Any], bool]) -> list[BranchMergeProposal]:
        """List proposals in the given states, or in all."""
        return [
            one
            for repository in self.repositories
            for one in repository.proposals
            if (not status or one.queue_status in status) and fits(one)
        ]

    def repository(self, owner: Person | None, target: Any, name: str) -> GitRepository | None:
        """Find a repository by owner, target and name; without an owner the target's of that name."""
        wanted = owner if target is None else target
        for one in self.repositories:
            if one.name == name and (owner is None or one.owner is owner) and (one.target or one.owner) is wanted:
                return one
        return None

    def step(self, find: Callable[[str], object]) -> Step:
        """Make a path step with no resource of its own."""
        return Step(self, find)

    def moved(self, record: Record) -> Moved:
        """Make a redirect."""
        return Moved(record)

    def source_package(self, series: DistroSeries, package: DistributionSourcePackage) -> SourcePackage:
        """Give the package in one series; always the same object."""
        known = self.__dict__.setdefault("_source_packages", {})
        key = (series, package)
        if key not in known:
            known[key] = SourcePackage(self, distroseries=series, distribution=series.distribution, name=package.name)
        return known[key]  # type: ignore[no-any-return]  # made above

    def packages_in_series(self, package: DistributionSourcePackage) -> dict[str, SourcePackage]:
        """Give a package in each series in which it was looked at, by the name of the series."""
        known: dict[tuple[DistroSeries, Any], SourcePackage] = self.__dict__.get("_source_packages", {})
        return {series.name: one for (series, its), one in known.items() if its is package}

    def new_milestone(
        self,
        series: Any,
        *,
        name: str,
        date_targeted: date | None = None,
        summary: str | None = None,
        code_name: str | None = None,
    ) -> Milestone:
        """Add a milestone to a series, unchecked."""
        made = Milestone(
            self,
            series_target=series,
            name=name,
            date_targeted=date_targeted,
            summary=summary,
            code_name=code_name,
        )
        series.put("_milestones", [*series.milestones, made])
        return made

    def new_proposal(self, *, source: GitRef, target: GitRef, **values: Any) -> BranchMergeProposal:
        """Add a merge proposal, unchecked."""
        now = self.session.now
        made = BranchMergeProposal(
            self,
            **{
                "id": self.next_number("proposal"),
                "date_created": now,
                "date_review_requested": now if values.get("queue_status") == "Needs review" else None,
                **values,
            },
            source_git_repository=source.repository,
            source_git_path=source.full_path,
            target_git_repository=target.repository,
            target_git_path=target.full_path,
        )
        source.repository.put("_proposals", [*source.repository.proposals, made])
        return made

    def new_repository(
        self, owner: Person, target: Any, name: str, information_type: str | None = None
    ) -> GitRepository:
        """Add a repository without branches.

        Raises:
            NotPermittedError: 401, the caller is not in the owner.
            ApiError: 400, the owner has one of that name there.
        """
        writer = self.session.writer
        if writer is None or not (writer.is_admin or writer.is_in(owner)):
            raise forbidden(owner, "new", "launchpad.AnyPerson")
        if self.repository(owner, target, name) is not None:
            raise ApiError(f"name: {owner.display_name} already has a Git repository named {name} there.")
        now = self.session.now
        made = GitRepository(
            self,
            id=self.next_number("repository"),
            owner=owner,
            registrant=writer,
            target=target,
            name=name,
            information_type=information_type or "Public",
            date_created=now,
            date_last_modified=now,
        )
        self.put("repositories", [*self.repositories, made])
        return made

    def new_webhook(
        self, target: Any, delivery_url: str, event_types: list[str], *, active: bool, secret: str | None
    ) -> Webhook:
        """Add a webhook.

        Raises:
            NotPermittedError: 401, webhooks are switched off.
            ApiError: 400, an event that the target does not know.
        """
        if not self.switches.webhooks_enabled:
            raise NotPermittedError("This webhook feature is not available yet.")
        check_event_types(target, event_types)
        made = Webhook(
            self,
            number=self.next_number("webhook"),
            target=target,
            registrant=self.session.user,
            delivery_url=delivery_url,
            event_types=event_types,
            active=active,
            secret=secret,
            date_created=self.session.now,
            date_last_modified=self.session.now,
        )
        target.put("webhooks", [*target.webhooks, made])
        return made

    def webhook(self, target: Record, number: str) -> Webhook | None:
        """Find a webhook of a target, for who may edit the target; 401 for all others."""
        target.check("webhooks")
        return next((one for one in target.webhooks if str(one.number) == number), None)

    def new_bug(self, *, target: Any, owner: Person, title: str, description: str, **values: Any) -> Bug:
        """File a bug with its first task, description and activity."""
        now = self.session.now
        highest = max((bug.id for bug in self.bugs), default=0)
        made = Bug(
            self,
            id=max(highest + 1, self.next_number("bug")),
            owner=owner,
            title=title,
            description=description,
            date_created=now,
            date_last_updated=now,
            users_affected=[owner],
            nominations=[],
            **values,
        )
        self.numbers["bug"] = made.id
        self.add("bugs", made)
        made.make_task(target, owner)
        first = Message(
            self, bug=made, index=0, owner=owner, content=description, subject=title, date_created=now, visible=True
        )
        made.put("messages", [first])
        subscription = BugSubscription(self, bug=made, person=owner, subscribed_by=owner, date_created=now)
        made.put("subscriptions", [subscription])
        made.log("bug", message="added bug")
        self.session.changes.append(Change(record=made, attribute="created", old=None, new=None))
        return made

    def comment_made(self, message: Message) -> Change:
        """Note a comment for webhooks."""
        return Change(record=message, attribute="comment", old=None, new=None)

    def expirable(self, bug: Any, days: int | None = None) -> list[BugTask]:
        """List the tasks of a bug that the janitor would expire: Incomplete, unassigned, untouched for long."""
        limit = self.session.now - timedelta(days=self.switches.expiry_days if days is None else days)
        if bug.date_last_updated > limit or bug.duplicate_of is not None:
            return []
        return [one for one in bug.bug_tasks if one.status == "Incomplete" and not one.assignee and not one.milestone]

    def own(self, kind: str, name: str) -> Any:
        """Find by name in one of the lists.

        Raises:
            ApiError: 400, there is none.
        """
        found = next((one for one in self.__dict__[kind] if one.name == name), None)
        if found is None:
            raise ApiError(f"No such {kind}: {name}")
        return found
