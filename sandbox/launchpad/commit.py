"""What follows a request that succeeded: activity of bugs, and deliveries of webhooks."""

from __future__ import annotations

from typing import Any

from sandbox.launchpad import reviews, webhooks
from sandbox.launchpad.bug_parts import BugWatch, Message
from sandbox.launchpad.bugs import Bug, webhook_view
from sandbox.launchpad.distributions import DistributionSourcePackage
from sandbox.launchpad.people import Person
from sandbox.launchpad.record import Record
from sandbox.launchpad.session import Change
from sandbox.launchpad.store import Store
from sandbox.launchpad.tasks import BugTask

_ACTIVITY = {
    "title": "summary",
    "duplicate_of": "marked as duplicate",
    "private": "information type",
    "security_related": "information type",
}
"""Attributes that activity calls by another name."""

_SILENT = frozenset({"duplicate_of", "target", "lock_reason", "name"})
"""Changes that no webhook tells of (measured for the first two)."""


def commit(store: Store) -> None:
    """Settle the changes of the running request."""
    changes = list(store.session.changes)
    told: list[tuple[Bug, str, Any, Any]] = []
    for change in changes:
        match change.record:
            case Message() as message:
                _comment(message)
            case Bug() as bug if change.attribute == "created":
                for task in bug.bug_tasks:
                    _send(task, "bug:0.1", {"action": "created", **_place(task), "new": webhook_view(task)})
            case Bug() as bug:
                told.append((bug, _ACTIVITY.get(change.attribute, change.attribute), *_values(change)))
                _tell(store, change, bug.bug_tasks)
            case BugTask() as task:
                prefix = "affects" if change.attribute == "target" else f"{task.bug_target_name}: {change.attribute}"
                told.append((task.bug, prefix, *_values(change)))
                _tell(store, change, [task])
            case _:
                continue
    reviews.tell(changes)
    for bug, what, old, new in sorted(told, key=lambda one: (one[0].id, one[1])):
        bug.log(what, old=old, new=new)


def _tell(store: Store, change: Change, tasks: list[BugTask]) -> None:
    """Make one delivery for a changed field and each task, all with the same `old` and `new`."""
    if change.attribute in _SILENT:
        return
    for task in tasks:
        if old := store.session.before.get(task):
            action = {"action": f"{change.attribute}-changed", **_place(task)}
            _send(task, "bug:0.1", {**action, "new": webhook_view(task), "old": old})


def _comment(message: Message) -> None:
    for task in message.bug.bug_tasks:
        payload = {
            "action": "created",
            **_place(task),
            "bug_comment": f"/{message.path}",
            "new": {"commenter": f"/{message.owner.path}", "content": message.content},
        }
        _send(task, "bug:comment:0.1", payload)


def _place(task: BugTask) -> dict[str, Any]:
    return {"target": f"/{task.target.path}", "bug": f"/{task.bug.path}"}


def _send(task: BugTask, event_type: str, payload: dict[str, Any]) -> None:
    """Tell the webhooks of the task's pillar, and of its package; owners of either see the bug, private or not."""
    target: Any = task.target
    webhooks.tell(target.pillar, event_type, payload)
    if isinstance(target, DistributionSourcePackage):
        webhooks.tell(target, event_type, payload)


def _values(change: Change) -> tuple[str | None, str | None]:
    if change.attribute in ("private", "security_related"):
        bug: Any = change.record
        before = {"private": ("Public", "Private"), "security_related": ("Public", "Public Security")}
        return before[change.attribute][bool(change.old)], bug.information_type
    return _shown(change.old), _shown(change.new)


def _shown(value: Any) -> str | None:
    """Write a value as activity does."""
    match value:
        case None:
            return None
        case Person():
            return value.label
        case Bug():
            return str(value.id)
        case list():
            return " ".join(value)
        case BugWatch():
            return str(value.title)
        case Record():
            return str(getattr(value, "target_name", None) or value.name)
        case _:
            return str(value)
