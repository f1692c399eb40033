"""Bugs: fields, visibility, locks, duplicates, and the date that a sync polls by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.launchpad.bug_operations import BugOperations
from sandbox.launchpad.bug_parts import BugActivity, Message
from sandbox.launchpad.errors import ApiError
from sandbox.launchpad.record import Step
from sandbox.launchpad.tasks import BugTask

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person
    from sandbox.launchpad.record import Record

PRIVATE_TYPES = frozenset({"Private Security", "Private", "Proprietary", "Embargoed"})
_EARLIER = 100
"""How many earlier dates of change a bug remembers, for searches that lag behind."""

SECURITY_TYPES = frozenset({"Public Security", "Private Security"})
_TYPE_OF = {
    (False, False): "Public",
    (False, True): "Public Security",
    (True, False): "Private",
    (True, True): "Private Security",
}


class Bug(BugOperations):
    """A bug with all that hangs on it."""

    entry = "bug"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/{self.id}"

    @property
    def default_task(self) -> BugTask:
        """The task whose address comments and old addresses lead to: projects first, oldest first."""
        tasks = self.bug_tasks
        return next((one for one in tasks if one.target.is_upstream), tasks[0])  # type: ignore[no-any-return]  # as made

    @property
    def private(self) -> bool:
        """Whether the information type is a private one."""
        return self.information_type in PRIVATE_TYPES

    @property
    def security_related(self) -> bool:
        """Whether the information type is about security."""
        return self.information_type in SECURITY_TYPES

    @property
    def is_visible(self) -> bool:
        """Whether the caller may see it: private ones by subscription, or by a share in one of its projects."""
        if self.information_type not in PRIVATE_TYPES or self.store.session.loading:
            return True
        viewer = self.store.session.viewer
        return viewer is not None and (
            viewer.is_admin
            or any(viewer.is_in(one) for one in self.direct_subscribers)
            or any(task.target.pillar.shares_with(viewer) for task in self.bug_tasks)
        )

    @property
    def direct_subscribers(self) -> list[Person]:
        """Those subscribed to the bug itself."""
        return [one.person for one in self.subscriptions]

    @property
    def duplicates(self) -> list[Bug]:
        """The bugs marked as duplicates of this one."""
        return [one for one in self.store.duplicates_of(self) if one.is_visible]

    @property
    def number_of_duplicates(self) -> int:
        """How many duplicates there are, seen or not."""
        return len(self.store.duplicates_of(self))

    @property
    def message_count(self) -> int:
        """Comments with the description."""
        return len(self.messages)

    @property
    def date_last_message(self) -> datetime | None:
        """The date of the last comment."""
        return self.messages[-1].date_created if self.messages else None

    @property
    def latest_patch_uploaded(self) -> datetime | None:
        """The date of the last patch."""
        dates = [one.message.date_created for one in self.attachments if one.type == "Patch"]
        return max(dates, default=None)

    @property
    def users_affected_count(self) -> int:
        """How many said that it affects them."""
        return len(self.users_affected)

    @property
    def users_unaffected_count(self) -> int:
        """How many said that it does not."""
        return len(self.users_unaffected)

    @property
    def users_affected_with_dupes(self) -> list[Person]:
        """Those affected by this bug or a duplicate."""
        found = list(self.users_affected)
        for bug in self.store.duplicates_of(self):
            found.extend(one for one in bug.users_affected if one not in found)
        return found

    @property
    def users_affected_count_with_dupes(self) -> int:
        """How many are affected by this bug or a duplicate."""
        return len(self.users_affected_with_dupes)

    @property
    def other_users_affected_count_with_dupes(self) -> int:
        """The same, the caller not counted."""
        return sum(one is not self.store.session.user for one in self.users_affected_with_dupes)

    @property
    def heat(self) -> int:
        """Four for each one affected, two for each subscriber, six for each duplicate; more when private."""
        if "stored_heat" in self.__dict__:
            return int(self.__dict__["stored_heat"])
        extra = 150 * self.private + 250 * self.security_related
        persons = 4 * self.users_affected_count_with_dupes + 2 * max(1, len(self.subscriptions))
        return extra + persons + 6 * self.number_of_duplicates

    @property
    def specifications(self) -> list[Record]:
        """The blueprints that link this bug."""
        return [one for one in self.store.specifications() if self in one.bugs]

    @property
    def linked_merge_proposals(self) -> list[Any]:
        """The merge proposals that link this bug."""
        return self.store.merge_proposals(None, lambda one: self in one.bugs)

    @property
    def haystack(self) -> str:
        """What a text search looks into."""
        return f"{self.title}\n{self.description}".lower()

    def has_response_since(self, moment: datetime | None) -> bool:
        """Say whether anyone commented after a moment."""
        last = self.date_last_message
        return moment is not None and last is not None and last > moment

    def message(self, number: str) -> Message | None:
        """Give the comment of that number."""
        found = number.isdigit() and int(number) < len(self.messages)
        return self.messages[int(number)] if found else None

    def child(self, name: str) -> object:
        """Watches, attachments, subscriptions, nominations."""
        finders = {
            "+watch": ("bug_watches", "id"),
            "+attachment": ("attachments", "number"),
            "nominations": ("nominations", "number"),
            "comments": ("messages", "index"),
        }
        if name == "+subscription":
            return Step(self.store, lambda one: _first(self.subscriptions, lambda each: each.person.name == one))
        if name in finders:
            attribute, key = finders[name]
            return Step(
                self.store, lambda one: _first(getattr(self, attribute), lambda each: str(getattr(each, key)) == one)
            )
        return None

    def may_edit(self, name: str) -> bool:
        """Anyone who may write and sees it; a locked one only those with supervisor's rights."""
        writer = self.store.session.writer
        if writer is None or not self.is_visible:
            return False
        if name == "lock_reason":
            return self.supervised
        return self.lock_status == "Unlocked" or self.supervised

    @property
    def supervised(self) -> bool:
        """Whether the caller has supervisor's rights on one of its targets."""
        return any(task.privileged for task in self.bug_tasks)

    def about_to_change(self) -> None:
        """Keep what webhooks show as `old`."""
        before = self.store.session.before
        for task in self.bug_tasks:
            if task not in before:
                before[task] = webhook_view(task)

    def __setattr__(self, name: str, value: Any) -> None:
        self.check(name)
        self.about_to_change()
        old = getattr(self, name)
        if name in ("private", "security_related"):
            flags = {"private": self.private, "security_related": self.security_related, name: value}
            self.set_information_type(_TYPE_OF[flags["private"], flags["security_related"]])
        elif name == "duplicate_of":
            self._mark_duplicate(value)
        else:
            self.put(name, sorted(set(value or ())) if name == "tags" else value)
        new = getattr(self, name)
        if old != new:
            self.touch()
            self.note(name, old, new)

    def _mark_duplicate(self, other: Bug | None) -> None:
        """Point at the bug that this one duplicates; its own duplicates move along.

        Raises:
            ApiError: 400, of itself, or of one that is a duplicate.
        """
        if other is self:
            raise ApiError("duplicate_of_link: \nYou can&#x27;t mark a bug as a duplicate of itself.")
        if other is not None and other.duplicate_of is not None:
            raise ApiError(
                f"duplicate_of_link: \nBug {other.id} is already a duplicate of bug {other.duplicate_of.id}. "
                "You can only mark a bug report as duplicate of one that isn&#x27;t a duplicate itself."
            )
        if other is not None:
            for one in self.store.duplicates_of(self):
                one.put("duplicate_of", other)
        self.put("duplicate_of", other)
        self.store.forget_duplicates()

    def set_information_type(self, value: str) -> None:
        """Set the type, and who made it private when.

        Raises:
            ApiError: 400, a type that a project's sharing policy does not have.
        """
        for task in self.bug_tasks:
            if value in ("Proprietary", "Embargoed") and value not in task.target.pillar.bug_sharing_policy:
                raise ApiError(f"information_type: {value} is not allowed for {task.bug_target_display_name}.")
        private = value in PRIVATE_TYPES
        if private != self.private:
            self.put("who_made_private", self.store.session.user if private else None)
            self.put("date_made_private", self.store.session.now if private else None)
        self.put("information_type", value)

    def touch(self) -> None:
        """Move the date that `modified_since` looks at; searches that lag behind look at the earlier ones."""
        self.put("_earlier", [*self.__dict__.get("_earlier", ())[-_EARLIER:], self.date_last_updated])
        self.put("date_last_updated", self.store.session.now)

    @property
    def _indexed_until(self) -> datetime:
        return self.store.session.now - timedelta(seconds=self.store.switches.search_lag_seconds)

    @property
    def is_indexed(self) -> bool:
        """Whether searches that lag behind know the bug yet."""
        return not self.store.switches.search_lag_seconds or self.date_created <= self._indexed_until

    @property
    def found_by_date(self) -> datetime:
        """The date of the last change that searches know of."""
        if not self.store.switches.search_lag_seconds:
            return self.date_last_updated  # type: ignore[no-any-return]  # values are as the table has them
        dates: list[datetime] = [*self.__dict__.get("_earlier", ()), self.date_last_updated]
        return max((one for one in dates if one <= self._indexed_until), default=dates[0])

    def log(self, what: str, *, old: str | None = None, new: str | None = None, message: str | None = None) -> None:
        """Add a line to the activity."""
        session = self.store.session
        made = BugActivity(
            self.store,
            bug=self,
            datechanged=session.now,
            person=session.user or self.owner,
            whatchanged=what,
            oldvalue=old,
            newvalue=new,
            message=message,
        )
        self.put("activity", [*self.activity, made])

    def make_task(self, target: Any, owner: Person | None) -> BugTask:
        """Add a task without any check."""
        made = BugTask(
            self.store,
            bug=self,
            target=target,
            owner=owner,
            date_created=self.store.session.now,
            number=self.store.next_number("task"),
        )
        self.put("bug_tasks", [*self.bug_tasks, made])
        return made


def webhook_view(task: BugTask) -> dict[str, Any]:
    """Show a bug and one task as webhooks do."""
    bug = task.bug
    return {
        "title": bug.title,
        "description": bug.description,
        "reporter": f"/{bug.owner.path}",
        "tags": list(bug.tags),
        "status": task.status,
        "importance": task.importance,
        "assignee": f"/{task.assignee.path}" if task.assignee else None,
        "date_created": bug.date_created.isoformat(),
    }


def _first(records: Iterable[Any], fits: Any) -> Any:
    return next((one for one in records if fits(one)), None)
