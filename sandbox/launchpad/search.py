"""searchTasks: which bug tasks a search finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

from sandbox.launchpad.errors import ApiError
from sandbox.launchpad.table import table

if TYPE_CHECKING:
    from sandbox.launchpad.tasks import BugTask

UNRESOLVED = frozenset({"New", "Incomplete", "Confirmed", "Triaged", "In Progress", "Deferred", "Fix Committed"})
"""The statuses that a search without `status` finds (measured)."""

RESOLVED = frozenset({"Fix Released", "Opinion", "Invalid", "Won't Fix", "Expired", "Does Not Exist"})
"""The statuses in which a task is complete."""

_WITH = "Incomplete (with response)"
_WITHOUT = "Incomplete (without response)"
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_IMPORTANCE_RANK = {"Undecided": 5, "Wishlist": 10, "Low": 20, "Medium": 30, "High": 40, "Critical": 50, "Unknown": 999}
"""The database's own values, by which the original sorts."""

STATUS_RANK = {
    "New": 10,
    "Does Not Exist": 14,
    "Opinion": 16,
    "Invalid": 17,
    "Won't Fix": 18,
    "Expired": 19,
    "Confirmed": 20,
    "Triaged": 21,
    "In Progress": 22,
    "Deferred": 23,
    "Fix Committed": 25,
    "Fix Released": 30,
    "Incomplete": 35,
    "Unknown": 999,
}
"""How statuses compare in the original: Incomplete lies above Fix Released (seen in the dates that it sets)."""

Check: TypeAlias = "Callable[[BugTask], bool]"


def search(tasks: Iterable[BugTask], parameters: dict[str, Any]) -> list[BugTask]:
    """Give the tasks that the caller may see and that fit, in order.

    Raises:
        ApiError: 400, an unknown key in `order_by`.
    """
    checks = [
        *_plain_checks(parameters),
        *_link_checks(parameters),
        *_date_checks(parameters),
        *_people_checks(parameters),
    ]
    found = [
        task for task in tasks if task.bug.is_visible and task.bug.is_indexed and all(check(task) for check in checks)
    ]
    store = found[0].store if found else None
    salt = store.next_number("search") if store is not None and store.switches.unstable_ties else 0
    return _ordered(found, parameters.get("order_by") or ["-importance"], salt)


def _plain_checks(given: dict[str, Any]) -> Iterable[Check]:
    statuses = given.get("status")
    yield lambda task: _has_status(task, statuses)
    if given.get("omit_duplicates") in (None, True):
        yield lambda task: task.bug.duplicate_of is None
    if importance := given.get("importance"):
        yield lambda task: task.importance in importance
    if kinds := given.get("information_type"):
        yield lambda task: task.bug.information_type in kinds
    if tags := given.get("tags"):
        every = given.get("tags_combinator") == "All"
        yield lambda task: _has_tags(task.bug.tags, tags, every=every)
    if milestone := given.get("milestone"):
        wanted = milestone.parts
        yield lambda task: task.milestone in wanted
    if words := (given.get("search_text") or "").lower().split():
        yield lambda task: all(word in task.bug.haystack for word in words)


def _link_checks(given: dict[str, Any]) -> Iterable[Check]:
    if given.get("has_patch"):
        yield lambda task: any(one.type == "Patch" for one in task.bug.attachments)
    if given.get("has_cve"):
        yield lambda task: bool(task.bug.cves)
    if given.get("omit_targeted"):
        yield lambda task: not task.target.is_series
    if nominated := given.get("nominated_for"):
        yield lambda task: any(one.target is nominated for one in task.bug.nominations)
    if upstream := given.get("status_upstream"):
        yield lambda task: _fits_upstream(task, upstream)
    if blueprints := given.get("linked_blueprints"):
        yield lambda task: _links_fit(blueprints, linked=bool(task.bug.specifications))
    if branches := given.get("linked_branches"):
        yield lambda task: _links_fit(branches, linked=bool(task.bug.linked_merge_proposals))


def _date_checks(given: dict[str, Any]) -> Iterable[Check]:
    """Check dates; all three are strict."""
    if modified := given.get("modified_since"):
        yield lambda task: task.bug.found_by_date > modified
    if since := given.get("created_since"):
        yield lambda task: task.date_created > since
    if before := given.get("created_before"):
        yield lambda task: task.date_created < before


def _people_checks(given: dict[str, Any]) -> Iterable[Check]:
    if assignee := given.get("assignee"):
        yield lambda task: task.assignee is assignee
    if reporter := given.get("bug_reporter"):
        yield lambda task: task.bug.owner is reporter
    if owner := given.get("owner"):
        yield lambda task: task.owner is owner
    if commenter := given.get("bug_commenter"):
        yield lambda task: any(message.owner is commenter for message in task.bug.messages[1:])
    if subscriber := given.get("bug_subscriber"):
        yield lambda task: any(subscriber.is_in(one) for one in task.bug.direct_subscribers)
    if supervisor := given.get("bug_supervisor"):
        yield lambda task: task.target.pillar.bug_supervisor is supervisor
    if affected := given.get("affected_user"):
        yield lambda task: affected in task.bug.users_affected
    if structural := given.get("structural_subscriber"):
        yield lambda task: task.target.get_subscription(person=structural) is not None


def _has_status(task: BugTask, wanted: list[str] | None) -> bool:
    if not wanted:
        return task.status in UNRESOLVED
    if task.status in wanted:
        return True
    if task.status == "Incomplete":
        answered = task.bug.has_response_since(task.date_incomplete)
        return (_WITH if answered else _WITHOUT) in wanted
    return False


def _has_tags(tags: list[str], wanted: list[str], *, every: bool) -> bool:
    """Fit tags: `-x` means without x, `*` any tag at all, `-*` none."""
    hits = []
    for one in wanted:
        bare = one.removeprefix("-")
        there = bool(tags) if bare == "*" else bare in tags
        hits.append(there != one.startswith("-"))
    return all(hits) if every else any(hits)


def _fits_upstream(task: BugTask, wanted: list[str]) -> bool:
    others = [one for one in task.bug.bug_tasks if one is not task and one.target.is_upstream]
    answers = {
        "pending_bugwatch": any(one.bug_watch is None for one in others),
        "hide_upstream": not others,
        "resolved_upstream": any(one.status in RESOLVED for one in others),
        "open_upstream": any(one.status in UNRESOLVED for one in others),
    }
    return any(answers.get(one, False) for one in wanted)


def _links_fit(wanted: str, *, linked: bool) -> bool:
    return {"Show only Bugs with linked": linked, "Show only Bugs without linked": not linked}.get(
        wanted.rsplit(" ", 1)[0], True
    )


def _ordered(tasks: list[BugTask], keys: list[str], salt: int) -> list[BugTask]:
    """Order by the keys; ties by age, or (with a salt) by what looks like chance and is the same in every run."""
    known = _keys()
    for key in keys:
        if key.removeprefix("-") not in known:
            raise ApiError(f"Unrecognized order_by: {key!r}")
    tasks.sort(key=lambda task: crc32(f"{salt} {task.number}".encode()) if salt else task.number)
    for key in reversed(keys):
        tasks.sort(key=known[key.removeprefix("-")], reverse=key.startswith("-"))
    return tasks


def _keys() -> dict[str, Callable[[BugTask], Any]]:
    kinds = {title: rank for rank, title in enumerate(table().enums["InformationType"])}
    return {
        "task": lambda task: task.number,
        "id": lambda task: task.bug.id,
        "importance": lambda task: _IMPORTANCE_RANK[task.importance],
        "assignee": lambda task: task.assignee.name if task.assignee else "~",
        "targetname": lambda task: task.bug_target_name,
        "status": lambda task: STATUS_RANK[task.status],
        "information_type": lambda task: kinds[task.bug.information_type],
        "title": lambda task: task.bug.title,
        "milestone": lambda task: task.milestone.name if task.milestone else "~",
        "milestone_name": lambda task: task.milestone.name if task.milestone else "~",
        "dateassigned": lambda task: task.date_assigned or _EPOCH,
        "datecreated": lambda task: task.date_created,
        "date_last_updated": lambda task: task.bug.found_by_date,
        "date_closed": lambda task: task.date_closed or _EPOCH,
        "number_of_duplicates": lambda task: task.bug.number_of_duplicates,
        "message_count": lambda task: task.bug.message_count,
        "users_affected_count": lambda task: task.bug.users_affected_count,
        "heat": lambda task: task.bug.heat,
        "latest_patch_uploaded": lambda task: task.bug.latest_patch_uploaded or _EPOCH,
        "reporter": lambda task: task.bug.owner.name,
        "tag": lambda task: task.bug.tags[0] if task.bug.tags else "~",
    }
