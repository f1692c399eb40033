"""Bug tasks: one bug on one target, with its permissions and the dates that a change of status moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad.errors import ApiError, NotPermittedError, forbidden
from sandbox.launchpad.record import Record, Step
from sandbox.launchpad.search import RESOLVED, STATUS_RANK

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.launchpad.people import Person

SUPERVISOR_STATUSES = frozenset({"Won't Fix", "Deferred", "Expired", "Triaged", "Does Not Exist"})
"""Statuses that only bug supervisors may set (measured)."""

_REACHED = {
    "date_confirmed": "Confirmed",
    "date_triaged": "Triaged",
    "date_in_progress": "In Progress",
    "date_fix_committed": "Fix Committed",
    "date_fix_released": "Fix Released",
}
"""The date that a task gets when its status reaches the rank of this one, and loses when it falls below."""

_LEFT_RANK = {"Incomplete": 15}
"""The rank of a status that is left, where it is another than when it is entered (seen in recorded dates)."""

_ASSIGN = (
    "Regular users can assign and unassign only themselves and their teams. Only project owners, bug supervisors, "
    "drivers and release managers can assign others."
)


class BugTask(Record):
    """One bug on one target. `number` is its place in the order of making; it is in no representation."""

    entry = "bug_task"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.target.path}/+bug/{self.bug.id}"

    @property
    def bug_target_name(self) -> str:
        """The name of the target, as people write it."""
        return self.target.target_name  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def bug_target_display_name(self) -> str:
        """The name of the target, as people read it."""
        return self.target.target_display_name  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def title(self) -> str:
        """Number, target and title of the bug."""
        return f'Bug #{self.bug.id} in {self.bug_target_display_name}: "{self.bug.title}"'

    @property
    def is_complete(self) -> bool:
        """Whether the status is one of those that end the work."""
        return self.status in RESOLVED

    @property
    def related_tasks(self) -> list[BugTask]:
        """The other tasks of the bug."""
        return [one for one in self.bug.bug_tasks if one is not self]

    @property
    def privileged(self) -> bool:
        """Whether the caller has a bug supervisor's rights here."""
        writer = self.store.session.writer
        return writer is not None and self.target.pillar.grants_supervision(writer)

    def child(self, name: str) -> object:
        """Comments, subscriptions and the like lie below the task's address."""
        if name == "comments":
            return Step(self.store, self.bug.message)
        return self.bug.child(name)

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Anyone who may write, unless the bug is locked; finer rules are in `__setattr__`."""
        writer = self.store.session.writer
        if writer is None or not self.bug.is_visible:
            return False
        return self.bug.lock_status == "Unlocked" or self.privileged

    def __setattr__(self, name: str, value: Any) -> None:
        self.check(name)
        if not self.store.session.loading:
            self._permit(name, value)
        if name == "target":
            self._retarget(value)
            return
        old = getattr(self, name)
        self.bug.about_to_change()
        self.put(name, value)
        self._stamp(name, old, value)
        if old != value:
            self.bug.touch()
            self.note(name, old, value)

    def _permit(self, name: str, value: Any) -> None:
        """Apply the rules of the one field.

        Raises:
            NotPermittedError: 401.
            ApiError: 400, a milestone of another target or an inactive one.
        """
        pillar = self.target.pillar
        if name == "status" and not self.privileged:
            reopening = self.status == "Fix Released" and self.store.session.writer is not self.bug.owner
            if value in SUPERVISOR_STATUSES or (reopening and pillar.bug_supervisor is not None):
                raise NotPermittedError(f"Only Bug Supervisors may change status to {value}.")
        elif name in ("importance", "milestone") and value != getattr(self, name) and not self.privileged:
            raise NotPermittedError(f"User does not have sufficient permissions to edit the bug task {name}.")
        elif name == "assignee" and pillar.bug_supervisor is not None and not self.privileged:
            writer = self.store.session.writer
            for one in (value, self.assignee):
                if one is not None and writer is not None and not writer.is_in(one):
                    raise NotPermittedError(_ASSIGN)
        if name == "milestone" and value is not None and (value.target is not pillar or not value.is_active):
            raise ApiError("milestone_link: Constraint not satisfied.")
        if name == "bug_watch" and value is not None and value.bug is not self.bug:
            raise ApiError("bug_watch_link: Constraint not satisfied.")

    def _stamp(self, name: str, old: Any, new: Any) -> None:
        """Set the dates that go with a change."""
        now = self.store.session.now
        if name == "assignee" and old is not new:
            self.put("date_assigned", now if new is not None else None)
        if name == "status" and old != new:
            self._stamp_status(old, new, now)

    def fill_dates(self, moment: datetime) -> None:
        """Set the dates that the present status and assignee imply, as if both had been set at one moment."""
        if self.assignee is not None:
            self.put("date_assigned", moment)
        if self.status != "New":
            self._stamp_status("New", self.status, moment)

    def _stamp_status(self, old: str, new: str, now: datetime) -> None:
        before, after = _LEFT_RANK.get(old, STATUS_RANK[old]), STATUS_RANK[new]
        for stamp, status in _REACHED.items():
            rank = STATUS_RANK[status]
            if before < rank <= after:
                self.put(stamp, now)
            elif after < rank:
                self.put(stamp, None)
        if old == "New":
            self.put("date_left_new", now)
        self.put("date_incomplete", now if new == "Incomplete" else None)
        self.put("date_deferred", now if new == "Deferred" else None)
        if new in RESOLVED and old not in RESOLVED:
            self.put("date_closed", now)
        if old in RESOLVED and new not in RESOLVED:
            self.put("date_left_closed", now)
            self.put("date_closed", None)

    def _retarget(self, target: Any) -> None:
        """Move the task; a milestone of the old target is lost.

        Raises:
            ApiError: 400, the bug has a task there, or the target is one of another kind.
        """
        if target is self.target:
            return
        if any(one.target is target for one in self.bug.bug_tasks):
            raise ApiError(f"A fix for this bug has already been requested for {target.target_display_name}")
        if self.target.is_series or target.is_series:
            raise ApiError("Series tasks may only be created by approving nominations.")
        old = self.target
        self.bug.about_to_change()
        self.put("target", target)
        if old.pillar is not target.pillar:
            self.put("milestone", None)
        self.bug.touch()
        self.note("target", old, target)

    def transition_to_status(self, *, new_status: str) -> None:
        """Set the status, as PATCH does."""
        self.status = new_status

    def transition_to_importance(self, *, new_importance: str) -> None:
        """Set the importance, as PATCH does."""
        self.importance = new_importance

    def transition_to_assignee(self, *, assignee: Person | None = None) -> None:
        """Set the assignee, as PATCH does."""
        self.assignee = assignee

    def transition_to_milestone(self, *, new_milestone: Record | None = None) -> None:
        """Set the milestone, as PATCH does."""
        self.milestone = new_milestone

    def transition_to_target(self, *, target: Record) -> None:
        """Move the task to another target; its address changes."""
        self.target = target

    def find_similar_bugs(self) -> list[Any]:
        """Find open bugs of the same target that share a long word of the title."""
        words = {word for word in self.bug.title.lower().split() if len(word) > 3}
        return [
            task.bug
            for task in self.target.own_tasks()
            if task is not self and task.bug.is_visible and words & set(task.bug.title.lower().split())
        ]

    def get_contributor_info(self, *, person: Person | None = None) -> dict[str, Any]:
        """Say whether someone is new to the project and how it is shown."""
        who = person or self.store.session.user
        known = any(task.bug.owner is who or task.assignee is who for task in self.target.pillar.own_tasks())
        return {
            "is_contributor": known,
            "person_name": who.name if who else None,
            "pillar_name": self.target.pillar.name,
        }

    def delete(self) -> None:
        """Take the task away.

        Raises:
            NotPermittedError: 401, for all but supervisors, the task's owner and the bug's.
            ApiError: 400, the last task.
        """
        writer = self.store.session.writer
        if writer is None or not (self.privileged or writer in (self.owner, self.bug.owner)):
            raise forbidden(self, "delete", "launchpad.Delete")
        if len(self.bug.bug_tasks) == 1:
            raise ApiError(f"Cannot delete only bugtask affecting: {self.bug_target_display_name}.")
        self.bug.put("bug_tasks", [one for one in self.bug.bug_tasks if one is not self])
        self.bug.log("bug task deleted", old=self.bug_target_name)
