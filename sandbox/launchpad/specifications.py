"""Blueprints, which the web service calls specifications."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person
    from sandbox.launchpad.targets import Pillar

_NOT_STARTED = frozenset({"Unknown", "Not started", "Deferred", "Informational"})
_WORK_ITEM = re.compile(r"(?:\[[^\]]*\]\s*)?.+:\s*(TODO|DONE|POSTPONED|INPROGRESS|BLOCKED)\s*", re.IGNORECASE)
_HEADING = re.compile(r"work items(?: for (?P<milestone>.+))?:\s*", re.IGNORECASE)


class Specification(Record):
    """A blueprint. It has no date of change, as in the original."""

    entry = "specification"
    web_host = "blueprints"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.target.path}/+spec/{self.name}"

    @property
    def is_visible(self) -> bool:
        """Whether the caller may see it."""
        if self.information_type in ("Public", "Public Security") or self.store.session.loading:
            return True
        viewer = self.store.session.viewer
        return viewer is not None and (
            self.target.pillar.shares_with(viewer) or viewer in (self.owner, self.assignee, self.drafter, self.approver)
        )

    @property
    def is_valid(self) -> bool:
        """Whether it is neither superseded nor obsolete."""
        return self.definition_status not in ("Superseded", "Obsolete")

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return (
            self.implementation_status == "Implemented"
            or not self.is_valid
            or (self.implementation_status == "Informational" and self.definition_status == "Approved")
        )

    @property
    def is_started(self) -> bool:
        """Whether work has begun."""
        return self.implementation_status not in _NOT_STARTED or (
            self.implementation_status == "Informational" and self.definition_status == "Approved"
        )

    @property
    def lifecycle_status(self) -> str:
        """Not started, Started or Complete."""
        return "Complete" if self.is_complete else "Started" if self.is_started else "Not started"

    @property
    def has_accepted_goal(self) -> bool:
        """Whether a series has it as its goal."""
        return self.__dict__.get("goal") is not None

    def may_edit(self, name: str) -> bool:
        """Its people, the target's owner and drivers; the whiteboard anyone, unless the switch says otherwise."""
        writer = self.store.session.writer
        if writer is None:
            return False
        if name == "whiteboard" and self.store.switches.whiteboard_for_all:
            return True
        pillar: Pillar = self.target.pillar
        if name in ("priority", "direction_approved"):
            return pillar.grants_driving(writer)
        own = (self.owner, self.assignee, self.drafter, self.approver)
        return pillar.grants_driving(writer) or any(writer.is_in(one) for one in own)

    def __setattr__(self, name: str, value: Any) -> None:
        self.check(name)
        if name == "workitems_text" and not self.store.session.loading:
            value = self._work_items(value)
        if name == "milestone" and value is not None and value.target is not self.target.pillar:
            raise ApiError("milestone_link: Constraint not satisfied.")
        if name == "target":
            self._move_to(value)
            return
        before = self.is_started, self.is_complete
        self.put(name, value)
        for now, was, date, who in (
            (self.is_started, before[0], "date_started", "starter"),
            (self.is_complete, before[1], "date_completed", "completer"),
        ):
            if now != was:
                self.put(date, self.store.session.now if now else None)
                self.put(who, self.store.session.user if now else None)

    def _move_to(self, target: Any) -> None:
        """Move it to another project or distribution; milestone, goal and dependencies stay behind.

        Raises:
            ApiError: 400, the name is taken there.
        """
        old, new = self.target, target.pillar
        if new is old:
            return
        kept = new.__dict__.get("specifications", ())
        if any(one.name == self.name for one in kept):
            raise ApiError(f"target_link: {new.display_name} already has a blueprint named {self.name}.")
        for one in old.__dict__["specifications"]:
            one.put("dependencies", [each for each in one.dependencies if self not in (one, each)])
        old.put("specifications", [one for one in old.__dict__["specifications"] if one is not self])
        new.put("specifications", [*kept, self])
        self.put("target", new)
        for name in ("milestone", "goal", "proposed_goal"):
            self.put(name, None)

    def _work_items(self, text: str | None) -> str:
        """Check and write work items as the original does: one a line, `[who] what: STATUS`.

        Raises:
            ApiError: 400, a line of another form, or a milestone that is none.
        """
        kept: list[str] = []
        for line in (text or "").splitlines():
            heading = _HEADING.fullmatch(line.strip())
            if heading:
                wanted = heading["milestone"]
                if wanted and self.target.pillar.get_milestone(name=wanted.strip()) is None:
                    raise ApiError(f'workitems_text: The milestone "{wanted.strip()}" is not valid for the target.')
            elif line.strip() and not _WORK_ITEM.fullmatch(line.strip()):
                raise ApiError(f'workitems_text: Invalid work item format: "{line.strip()}"')
            kept.append(line.rstrip())
        return "\n".join(kept).strip("\n")

    def propose_goal(self, *, goal: Any = None) -> None:
        """Propose a series as the goal; accepted at once where the caller drives it. Null takes the goal away.

        Raises:
            ApiError: 400, no series of the same pillar.
        """
        self._logged_in("proposeGoal")
        if goal is not None and not (goal.is_series and goal.pillar is self.target.pillar):
            raise ApiError(f"goal: {goal.target_display_name} is no series of {self.target.display_name}.")
        self.put("goal", None)
        self.put("proposed_goal", goal)
        if goal is not None and goal.pillar.grants_driving(self.store.session.writer):
            self.accept_goal()

    def accept_goal(self) -> None:
        """Accept the proposed goal; by the drivers of the series."""
        self.put("goal", self._driven_goal("acceptGoal"))

    def decline_goal(self) -> None:
        """Turn the goal down, proposed or accepted; by the drivers of the series."""
        self._driven_goal("declineGoal")
        self.put("goal", None)

    def _driven_goal(self, operation: str) -> Any:
        goal = self.__dict__.get("proposed_goal") or self.__dict__.get("goal")
        writer = self.store.session.writer
        if writer is None or not self.target.pillar.grants_driving(writer):
            raise forbidden(self, operation, "launchpad.Driver")
        if goal is None:
            raise ApiError("No goal was proposed.")
        return goal

    def link_bug(self, *, bug: Any) -> None:
        """Link a bug."""
        self._logged_in("linkBug")
        self.put("bugs", [*(one for one in self.bugs if one is not bug), bug])

    def unlink_bug(self, *, bug: Any) -> None:
        """Unlink a bug."""
        self._logged_in("unlinkBug")
        self.put("bugs", [one for one in self.bugs if one is not bug])

    def subscribe(self, *, person: Person, essential: bool | None = False) -> None:  # noqa: ARG002 - the operation's
        """Subscribe someone."""
        self._logged_in("subscribe")
        self.put("subscribers", [*(one for one in self.__dict__.get("subscribers", ()) if one is not person), person])

    def unsubscribe(self, *, person: Person | None = None) -> None:
        """Take a subscription away, the caller's unless told."""
        self._logged_in("unsubscribe")
        person = person or self.store.session.user
        self.put("subscribers", [one for one in self.__dict__.get("subscribers", ()) if one is not person])

    def _logged_in(self, operation: str) -> None:
        if self.store.session.writer is None:
            raise forbidden(self, operation, "launchpad.AnyPerson")
