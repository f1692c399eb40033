"""The top-level collections: bugs, people, projects and the like."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sandbox.launchpad.bug_parts import BugTracker
from sandbox.launchpad.bugs import PRIVATE_TYPES, SECURITY_TYPES
from sandbox.launchpad.errors import ApiError, BrokenError, NotPermittedError, forbidden
from sandbox.launchpad.people import Team
from sandbox.launchpad.pillars import Project, ProjectSeries
from sandbox.launchpad.record import Moved, Record
from sandbox.launchpad.specifications import Specification
from sandbox.launchpad.targets import HasBugs


class Collection(Record):
    """A top-level collection. `holds` is the entry it is of, `place` its address."""

    holds_entry: ClassVar[str]
    place: ClassVar[str]

    @property
    def path(self) -> str:
        """See Record."""
        return self.place

    @abstractmethod
    def everything(self) -> Iterable[Any]:
        """List what a plain GET shows."""


class Bugs(Collection, HasBugs):
    """`/bugs`."""

    holds_entry = "bug"
    place = "bugs"

    def everything(self) -> Iterable[Any]:
        """Nothing: bugs are searched, not listed; unless the switch says otherwise."""
        if not self.store.switches.list_bugs:
            return []
        return [one for one in reversed(self.store.bugs) if one.is_visible]

    def own_tasks(self) -> list[Any]:
        """See HasBugs."""
        return list(self.store.tasks())

    def child(self, name: str) -> object:
        """Bugs, trackers and CVEs."""
        if name == "bugtrackers":
            return BugTrackers(self.store)
        if name == "cve":
            return Cves(self.store)
        found = self.store.bug(name)
        if found is None or found.is_visible:
            return found
        if self.store.switches.hidden_status == 401:
            raise NotPermittedError("(<Bug object>, 'id', 'launchpad.View')")
        return None

    def create_bug(self, *, target: Any, title: str, description: str, **given: Any) -> Any:
        """File a bug; even a token that only reads may, as measured. Anonymous callers get 500, as measured."""
        owner = self.store.session.user
        if owner is None:
            raise BrokenError("AttributeError")
        kind = given.get("information_type") or "Public"
        private = given.get("private") or kind in PRIVATE_TYPES
        if given.get("security_related") or kind in SECURITY_TYPES:
            kind = "Private Security" if private else "Public Security"
        elif private and kind not in PRIVATE_TYPES:
            kind = "Private"
        tags = sorted(set(given.get("tags") or ()))
        return self.store.new_bug(
            target=target, owner=owner, title=title, description=description, tags=tags, information_type=kind
        )

    def get_bug_data(self, *, bug_id: int, related_bug: Any = None) -> list[dict[str, Any]]:  # noqa: ARG002
        """Give a short form of one bug."""
        bug = self.store.bug(str(bug_id))
        if bug is None or not bug.is_visible:
            return []
        task = bug.default_task
        return [
            {
                "id": bug.id,
                "information_type": bug.information_type,
                "is_private": bug.private,
                "importance": task.importance,
                "status": task.status,
                "bug_summary": bug.title,
                "description": bug.description,
                "bug_url": bug.web_url,
                "duplicates": [one.id for one in bug.duplicates],
                "different_pillars": False,
            }
        ]


class BugTrackers(Collection):
    """`/bugs/bugtrackers`."""

    holds_entry = "bug_tracker"
    place = "bugs/bugtrackers"

    def everything(self) -> Iterable[Any]:
        """All trackers."""
        return self.store.bug_trackers

    def child(self, name: str) -> object:
        """One by name."""
        return self.get_by_name(name=name)

    def get_by_name(self, *, name: str) -> Any:
        """Give one by name; null when there is none."""
        return next((one for one in self.store.bug_trackers if one.name == name), None)

    def query_by_base_url(self, *, base_url: str) -> Any:
        """Give one by its address; null when there is none."""
        wanted = base_url.rstrip("/")
        return next((one for one in self.store.bug_trackers if one.base_url.rstrip("/") == wanted), None)

    def ensure_bug_tracker(self, *, base_url: str, bug_tracker_type: str | None = None, **given: Any) -> Any:
        """Give the tracker of that address, made when it is missing."""
        user = self.store.session.writer
        if user is None:
            raise forbidden(self, "ensureBugTracker", "launchpad.AnyPerson")
        found = self.query_by_base_url(base_url=base_url)
        if found is not None:
            return found
        name = given.get("name") or base_url.split("//")[-1].strip("/").replace("/", "-").lower()
        made = BugTracker(
            self.store,
            name=name,
            title=given.get("title") or name,
            base_url=base_url,
            bug_tracker_type=bug_tracker_type or "Bugzilla",
            summary=given.get("summary"),
            contact_details=given.get("contact_details"),
            registrant=user,
        )
        self.store.add("bug_trackers", made)
        return made


class Cves(Collection):
    """`/bugs/cve`."""

    holds_entry = "cve"
    place = "bugs/cve"

    def everything(self) -> Iterable[Any]:
        """All known."""
        return self.store.cves

    def child(self, name: str) -> object:
        """One by number."""
        return next((one for one in self.store.cves if one.sequence == name.removeprefix("CVE-")), None)


class People(Collection):
    """`/people`."""

    holds_entry = "person"
    place = "people"

    def everything(self) -> Iterable[Any]:
        """All people and teams."""
        return [*self.store.people, *self.store.teams]

    def child(self, name: str) -> object:
        """The caller, as `+me`."""
        if name != "+me":
            return None
        if self.store.session.user is None:
            raise NotPermittedError("You need to be logged in to view this URL.")
        return Moved(self.store.session.user, status=303)

    def find(self, *, text: str) -> list[Any]:
        """Find people and teams by a part of a name."""
        wanted = text.lower()
        return [one for one in self.everything() if wanted in one.name or wanted in one.display_name.lower()]

    def find_person(
        self, *, text: str, created_after: datetime | None = None, created_before: datetime | None = None
    ) -> list[Any]:
        """Find people."""
        return [
            one
            for one in self.find(text=text)
            if not one.is_team
            and (created_after is None or one.date_created > created_after)
            and (created_before is None or one.date_created < created_before)
        ]

    def find_team(self, *, text: str) -> list[Any]:
        """Find teams."""
        return [one for one in self.find(text=text) if one.is_team]

    def get_by_email(self, *, email: str) -> Any:
        """Give the person with an address; null when there is none."""
        wanted = email.lower()
        for one in self.store.people:
            if any(address.email.lower() == wanted for address in one.__dict__.get("addresses", ())):
                return one
        return None

    def new_team(self, *, name: str, display_name: str, **given: Any) -> Team:
        """Make a team, owned and administered by the caller."""
        owner = self.store.session.writer
        if owner is None:
            raise forbidden(self, "newTeam", "launchpad.AnyPerson")
        if self.store.person(name) is not None:
            raise ApiError(f"name: {name} is already in use by another person or team.")
        made = Team(
            self.store,
            name=name,
            display_name=display_name,
            number=self.store.next_number("person"),
            description=given.get("team_description"),
            team_owner=owner,
            membership_policy=given.get("membership_policy") or given.get("subscription_policy") or "Moderated Team",
            date_created=self.store.session.now,
        )
        made.admit(owner, status="Administrator")
        self.store.add("teams", made)
        return made


class Projects(Collection):
    """`/projects`."""

    holds_entry = "project"
    place = "projects"

    def everything(self) -> Iterable[Any]:
        """The visible ones."""
        return [one for one in self.store.projects if one.is_visible and one.active]

    def child(self, name: str) -> object:
        """One by name."""
        return next((one for one in self.store.projects if one.name == name and one.is_visible), None)

    def search(self, *, text: str | None = None) -> list[Any]:
        """Find by a part of name, display name or summary."""
        wanted = (text or "").lower()
        return [one for one in self.everything() if wanted in f"{one.name} {one.display_name} {one.summary}".lower()]

    def latest(self) -> list[Any]:
        """List the five newest."""
        return sorted(self.everything(), key=lambda one: one.date_created, reverse=True)[:5]

    def new_project(self, *, name: str, display_name: str, title: str, summary: str, **given: Any) -> Project:  # noqa: ARG002
        """Register a project, owned by the caller."""
        owner = self.store.session.writer
        if owner is None:
            raise forbidden(self, "new_project", "launchpad.AnyPerson")
        if self.store.pillar(name) is not None:
            raise ApiError(f"name: {name} is already used by another project")
        now = self.store.session.now
        made = Project(
            self.store,
            name=name,
            display_name=display_name,
            summary=summary,
            owner=owner,
            registrant=owner,
            date_created=now,
            **{
                key: value
                for key, value in given.items()
                if key
                in ("description", "project_group", "wiki_url", "download_url", "licenses", "driver", "bug_supervisor")
                and value is not None
            },
        )
        trunk = ProjectSeries(self.store, project=made, name="trunk", summary="", owner=owner, date_created=now)
        made.put("series", [trunk])
        made.put("development_focus", trunk)
        self.store.add("projects", made)
        return made


class ProjectGroups(Collection):
    """`/projectgroups`."""

    holds_entry = "project_group"
    place = "projectgroups"

    def everything(self) -> Iterable[Any]:
        """All groups."""
        return self.store.project_groups

    def child(self, name: str) -> object:
        """One by name."""
        return next((one for one in self.store.project_groups if one.name == name), None)

    def search(self, *, text: str | None = None) -> list[Any]:
        """Find by a part of name or display name."""
        wanted = (text or "").lower()
        return [one for one in self.store.project_groups if wanted in f"{one.name} {one.display_name}".lower()]


class Distributions(Collection):
    """`/distros`."""

    holds_entry = "distribution"
    place = "distros"

    def everything(self) -> Iterable[Any]:
        """All distributions."""
        return self.store.distributions

    def child(self, name: str) -> object:
        """One by name."""
        return next((one for one in self.store.distributions if one.name == name), None)


class Specifications(Collection):
    """`/specs`: blueprints are made here, and listed with their targets."""

    holds_entry = "specification"
    place = "specs"

    def everything(self) -> Iterable[Any]:
        """Nothing, as measured."""
        return []

    def create_specification(self, *, name: str, title: str, summary: str, target: Any, **given: Any) -> Specification:
        """Register a blueprint, by anyone who may write.

        Raises:
            ApiError: 400, the name is taken.
        """
        owner = self.store.session.writer
        if owner is None:
            raise forbidden(self, "createSpecification", "launchpad.AnyPerson")
        if target.pillar.get_specification(name=name) is not None:
            raise ApiError(f"name: {name} is already in use by another blueprint.")
        made = Specification(
            self.store,
            target=target.pillar,
            name=name,
            title=title,
            summary=summary,
            owner=owner,
            date_created=self.store.session.now,
            specification_url=given.get("specurl"),
            definition_status=given.get("definition_status") or "New",
            assignee=given.get("assignee"),
            drafter=given.get("drafter"),
            whiteboard=given.get("whiteboard"),
            workitems_text="",
        )
        target.pillar.put("specifications", [*target.pillar.__dict__.get("specifications", ()), made])
        return made
