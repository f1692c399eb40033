"""Builds people, projects and distributions from the state document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.launchpad.auth import RequestToken, Token
from sandbox.launchpad.bug_parts import BugTracker
from sandbox.launchpad.distributions import Distribution, DistributionSourcePackage, DistroSeries, SourcePackage
from sandbox.launchpad.loading_hooks import HookLoader
from sandbox.launchpad.people import EmailAddress, Person, Team, TeamMembership
from sandbox.launchpad.pillars import (
    Milestone,
    Project,
    ProjectGroup,
    ProjectRelease,
    ProjectSeries,
)
from sandbox.launchpad.reading import Reader
from sandbox.launchpad.session import Level
from sandbox.launchpad.specifications import Specification
from sandbox.launchpad.store import Store
from sandbox.launchpad.targets import Pillar

Row = Mapping[str, Any]


class PillarLoader:
    """Loads all but bugs and code; `reader` gathers what is wrong."""

    def __init__(self, reader: Reader, created: datetime) -> None:
        self.reader = reader
        self.store: Store = reader.store
        self.created = created
        self.hooks = HookLoader(reader, created)

    def load(self, document: Row) -> None:
        """Load in the order in which things point at each other."""
        reader = self.reader
        for where, row in reader.rows(document, "people"):
            self._person(row, where)
        for where, row in reader.rows(document, "teams"):
            self._team(row, where)
        for where, row in reader.rows(document, "teams"):
            self._membership(row, where)
        for where, row in reader.rows(document, "tokens"):
            self._token(row, where)
        for where, row in reader.rows(document, "request_tokens"):
            self._request_token(row, where)
        for where, row in reader.rows(document, "bug_trackers"):
            if reader.needed(row, "name base_url", where):
                values = {"title": row["name"], **reader.values(BugTracker, row, where)}
                self.store.bug_trackers.append(BugTracker(self.store, **values))
        for where, row in reader.rows(document, "project_groups"):
            if reader.needed(row, "name owner", where):
                values = {"display_name": row["name"], **reader.values(ProjectGroup, row, where, apart="subscriptions")}
                values = {"registrant": values["owner"], "date_created": self.created, **values}
                made = ProjectGroup(self.store, **values)
                self.hooks.subscriptions(made, row, where)
                self.store.project_groups.append(made)
        for where, row in reader.rows(document, "projects"):
            self._project(row, where)
        for where, row in reader.rows(document, "distributions"):
            self._distribution(row, where)
        self.store.reindex()

    def _person(self, row: Row, where: str) -> None:
        if not self.reader.needed(row, "name", where) or self._taken(row, where):
            return
        values = self.reader.values(Person, row, where, apart="emails admin id team_owner")
        made = Person(self.store, **self._named(values), admin=bool(row.get("admin")), number=self._number(row))
        made.__dict__["addresses"] = [
            EmailAddress(self.store, person=made, email=one) for one in row.get("emails") or ()
        ]
        self.store.people.append(made)
        if row.get("team_owner") is not None:  # who may be a team, and those come later
            owner = f"{where}.team_owner"
            self.reader.later.append(
                lambda: made.__dict__.update(team_owner=self.reader.person(row["team_owner"], owner))
            )
        self.store.reindex()

    def _team(self, row: Row, where: str) -> None:
        if not self.reader.needed(row, "name owner", where) or self._taken(row, where):
            return
        values = self.reader.values(Team, row, where, apart="owner members admins memberships id")
        made = Team(self.store, **self._named(values), number=self._number(row))
        self.store.teams.append(made)
        self.store.reindex()

    def _membership(self, row: Row, where: str) -> None:
        team = self.store.person(row.get("name") or "")
        if not isinstance(team, Team):
            return
        team.__dict__["team_owner"] = self.reader.person(row.get("owner"), f"{where}.owner")
        admins = self.reader.people(row, "admins", where)
        others = [one for one in self.reader.people(row, "members", where) if one not in admins]
        told = [self._told_membership(team, one, place) for place, one in self.reader.rows(row, "memberships", where)]
        known = {one.member for one in told}
        team.__dict__["_memberships"] = told + [
            TeamMembership(self.store, team=team, member=one, status=status, date_joined=self.created)
            for status, group in (("Administrator", admins), ("Approved", others))
            for one in group
            if one not in known
        ]

    def _told_membership(self, team: Team, row: Row, where: str) -> TeamMembership:
        """Read a membership of which more is told than that it is one."""
        self.reader.needed(row, "member", where)
        values = self.reader.values(TeamMembership, row, where)
        return TeamMembership(self.store, team=team, **{"date_joined": self.created, **values})

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"display_name": values.get("name"), "date_created": self.created, **values}

    def _number(self, row: Row) -> int:
        given = row.get("id")
        number = given if isinstance(given, int) else self.store.next_number("person")
        self.store.numbers["person"] = max(self.store.numbers["person"], number)
        return number

    def _taken(self, row: Row, where: str) -> bool:
        if self.store.person(row["name"]) is None:
            return False
        self.reader.wrong(where, f"the name {row['name']!r} is taken")
        return True

    def _token(self, row: Row, where: str) -> None:
        if not self.reader.needed(row, "key secret person", where):
            return
        if unknown := set(row) - {"key", "secret", "person", "consumer", "level", "expires"}:
            self.reader.wrong(where, f"unknown key {', '.join(sorted(unknown))}")
        self.reader.person(row["person"], f"{where}.person")
        level = row.get("level") or Level.WRITE_PRIVATE
        if level not in list(Level):
            self.reader.wrong(f"{where}.level", f"expected one of {', '.join(Level)}; found {level!r}")
            return
        self.store.tokens.append(
            Token(
                key=row["key"],
                secret=row["secret"],
                person=row["person"],
                level=Level(level),
                consumer=row.get("consumer"),
                expires=self.reader.instant(row.get("expires"), f"{where}.expires"),
            )
        )

    def _request_token(self, row: Row, where: str) -> None:
        if not self.reader.needed(row, "key secret consumer", where):
            return
        if unknown := set(row) - {"key", "secret", "person", "consumer", "level"}:
            self.reader.wrong(where, f"unknown key {', '.join(sorted(unknown))}")
        level = row.get("level")
        if level is not None:
            self.reader.person(row.get("person"), f"{where}.person")
            if level not in list(Level):
                self.reader.wrong(f"{where}.level", f"expected one of {', '.join(Level)}; found {level!r}")
                return
        self.store.request_tokens[row["key"]] = RequestToken(
            key=row["key"],
            secret=row["secret"],
            consumer=row["consumer"],
            person=row.get("person") or "",
            level=None if level is None else Level(level),
        )

    def _project(self, row: Row, where: str) -> None:
        apart = "series specifications webhooks subscriptions development_focus translation_focus project_group members"
        if not self.reader.needed(row, "name owner", where):
            return
        values = self._pillar_values(Project, row, where, apart)
        made = Project(self.store, **values)
        group = row.get("project_group")
        made.__dict__["project_group"] = self._group(group, where) if group else None
        series = [
            self._series(ProjectSeries, made, one, place) for place, one in self.reader.rows(row, "series", where)
        ]
        listed = [one for one in series if one is not None]
        focus = row.get("development_focus") or "trunk"
        if all(one.name != focus for one in listed):
            if focus != "trunk":
                self.reader.wrong(f"{where}.development_focus", f"no such series: {focus!r}")
            trunk = {"name": "trunk", "summary": 'The "trunk" series represents the primary line of development.'}
            listed.insert(0, self._series(ProjectSeries, made, trunk, where))
        made.__dict__["series"] = listed
        made.__dict__["development_focus"] = next((one for one in listed if one.name == focus), listed[0])
        if translated := row.get("translation_focus"):
            made.__dict__["translation_focus"] = next((one for one in listed if one.name == translated), None)
            if made.translation_focus is None:
                self.reader.wrong(f"{where}.translation_focus", f"no such series: {translated!r}")
        self.store.projects.append(made)
        self._hangings(made, row, where)

    def _group(self, name: str, where: str) -> ProjectGroup | None:
        found = next((one for one in self.store.project_groups if one.name == name), None)
        if found is None:
            self.reader.wrong(f"{where}.project_group", f"no such project group: {name!r}")
        return found

    def _distribution(self, row: Row, where: str) -> None:
        if not self.reader.needed(row, "name owner", where):
            return
        apart = "series specifications webhooks subscriptions source_packages members members_team"
        made = Distribution(self.store, **self._pillar_values(Distribution, row, where, apart))
        made.__dict__["members"] = self.reader.person(row.get("members_team"), f"{where}.members_team")
        series = [self._series(DistroSeries, made, one, place) for place, one in self.reader.rows(row, "series", where)]
        made.__dict__["series"] = [one for one in series if one is not None]
        made.__dict__["_packages"] = [
            self._package(made, one if isinstance(one, Mapping) else {"name": one}, f"{where}.source_packages[{index}]")
            for index, one in enumerate(row.get("source_packages") or ())
        ]
        self.store.distributions.append(made)
        self._hangings(made, row, where)

    def _package(self, distribution: Distribution, row: Row, where: str) -> DistributionSourcePackage:
        """Read a package: its name alone, or an object when it has webhooks or subscriptions."""
        self.reader.needed(row, "name", where)
        values = self.reader.values(DistributionSourcePackage, row, where, apart="webhooks subscriptions in_series")
        made = DistributionSourcePackage(self.store, distribution=distribution, **values)
        for name, texts in (row.get("in_series") or {}).items():
            series = next((one for one in distribution.series if one.name == name), None)
            if series is None:
                self.reader.wrong(f"{where}.in_series", f"no such series: {name!r}")
                continue
            own = self.reader.values(SourcePackage, texts, f"{where}.in_series.{name}", apart="name")
            self.store.source_package(series, made).__dict__.update(own)
        self.hooks.load(made, row, where)
        self.hooks.subscriptions(made, row, where)
        return made

    def _pillar_values(self, kind: type[Pillar], row: Row, where: str, apart: str) -> dict[str, Any]:
        self.store.reindex()
        if self.store.pillar(row["name"]) is not None:
            self.reader.wrong(where, f"the name {row['name']!r} is taken")
        values = self.reader.values(kind, row, where, apart=apart)
        common = {"display_name": row["name"], "summary": "", "date_created": self.created}
        return {
            **common,
            "registrant": values.get("owner"),
            **values,
            "sharing": self.reader.people(row, "members", where),
            "specifications": [],
            "webhooks": [],
        }

    def _series(self, kind: Any, pillar: Pillar, row: Row, where: str) -> Any:
        if not self.reader.needed(row, "name", where):
            return None
        values = {
            "summary": "",
            **self.reader.values(kind, row, where, apart="milestones subscriptions"),
        }
        made = kind(
            self.store,
            **{"owner": pillar.owner, "registrant": pillar.owner, "date_created": self.created, **values},
            **{"project" if kind is ProjectSeries else "distribution": pillar},
        )
        self.hooks.subscriptions(made, row, where)
        for place, one in self.reader.rows(row, "milestones", where):
            self._milestone(made, one, place)
        return made

    def _milestone(self, series: Any, row: Row, where: str) -> None:
        if not self.reader.needed(row, "name", where):
            return
        values = self.reader.values(Milestone, row, where, apart="released release tags subscriptions")
        made = self.store.new_milestone(series, name=values.pop("name"))
        made.__dict__.update(values)
        made.__dict__["tags"] = sorted(row.get("tags") or ())
        self.hooks.subscriptions(made, row, where)
        released = self.reader.instant(row.get("released"), f"{where}.released")
        more = self.reader.values(ProjectRelease, row.get("release") or {}, f"{where}.release")
        if released or more:
            common = {"owner": series.owner, "date_created": released, "date_released": released}
            made.__dict__["release"] = ProjectRelease(self.store, milestone=made, **{**common, **more})

    def _hangings(self, pillar: Pillar, row: Row, where: str) -> None:
        for place, one in self.reader.rows(row, "specifications", where):
            self._specification(pillar, one, place)
        self.hooks.load(pillar, row, where)
        self.hooks.subscriptions(pillar, row, where)

    def _specification(self, pillar: Pillar, row: Row, where: str) -> None:
        if not self.reader.needed(row, "name", where):
            return
        values = self.reader.values(
            Specification, row, where, apart="milestone dependencies bugs goal proposed_goal subscribers"
        )
        common = {"title": row["name"], "summary": "", "owner": pillar.owner, "workitems_text": ""}
        made = Specification(self.store, target=pillar, **{**common, "date_created": self.created, **values})
        if milestone := row.get("milestone"):
            made.__dict__["milestone"] = next((one for one in pillar.all_milestones if one.name == milestone), None)
            if made.milestone is None:
                self.reader.wrong(f"{where}.milestone", f"no such milestone: {milestone!r}")
        for key in ("goal", "proposed_goal"):
            if row.get(key):
                made.__dict__[key] = next((one for one in pillar.series if one.name == row[key]), None)
                if made.__dict__[key] is None:
                    self.reader.wrong(f"{where}.{key}", f"no such series: {row[key]!r}")
        made.__dict__["subscribers"] = self.reader.people(row, "subscribers", where)
        pillar.__dict__["specifications"].append(made)
        self.reader.later.append(lambda: self._tie(made, pillar, row, where))

    def _tie(self, made: Specification, pillar: Pillar, row: Row, where: str) -> None:
        siblings = {one.name: one for one in pillar.__dict__["specifications"]}
        made.__dict__["dependencies"] = [siblings[one] for one in row.get("dependencies") or () if one in siblings]
        for one in row.get("dependencies") or ():
            if one not in siblings:
                self.reader.wrong(f"{where}.dependencies", f"no such blueprint: {one!r}")
        bugs = [(one, self.store.bug(str(one))) for one in row.get("bugs") or ()]
        made.__dict__["bugs"] = [bug for _number, bug in bugs if bug is not None]
        for number, bug in bugs:
            if bug is None:
                self.reader.wrong(f"{where}.bugs", f"no such bug: {number!r}")
