"""Tells which of the tasks that a search shows need not be read again, because they are held as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.core.port import Held
from connectors.launchpad.client import Entry
from connectors.launchpad.pages import Rows
from connectors.launchpad.records import bug_of, digest

Ask = Callable[[datetime], Iterable[Rows]]
"""Searches the project for tasks whose bug changed after an instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What is to be done with the tasks of a search.

    Attributes:
        read: Tasks that are to be read.
        left: Ids of those left as they are held.
        since: Server instant that what is held of those left is surely true of; None: none is left.
    """

    read: Sequence[Entry]
    left: frozenset[str] = frozenset()
    since: datetime | None = None


def sift(tasks: Mapping[str, Entry], held: Mapping[str, Held], began: datetime, overlap: timedelta, ask: Ask) -> Sifted:
    """Which of the tasks that a search shows are to be read.

    A search shows every bug that changed within the overlap, also those that were read since, and not when they
    changed. A task is left when it is as it is held and no change of its bug after the latest one held is known; one
    more search tells that for all of them. A second change of a bug that was stamped before another bug's latest one
    and becomes visible only now is not told: a task is left only until its held change is older than the overlap, and
    then it is read.

    Args:
        tasks: What the search shows, by id.
        held: What is held.
        began: Server instant at which the search began.
        overlap: How long after its stamp a change may become visible.
        ask: Searches again.
    """
    known = {number: held[number] for number, task in tasks.items() if _as_held(task, held.get(number))}
    fresh = {number: one.updated for number, one in known.items() if began - overlap < one.updated <= began}
    if _requests(tasks[number] for number in fresh) < 2:
        return Sifted(read=list(tasks.values()))  # reading the one bug costs no more than asking
    changed = set(_ids(ask(max(fresh.values()))))
    left = frozenset(number for number in fresh if bug_of(number) not in changed)
    read = [task for number, task in tasks.items() if number not in left]
    return Sifted(read=read, left=left, since=min((fresh[n] for n in left), default=None))


def _as_held(task: Entry, held: Held | None) -> bool:
    """Whether the task itself is as it is held; the first part of a version is its hash."""
    return held is not None and held.version.split("-")[0] == digest(dict(task))


def _requests(tasks: Iterable[Entry]) -> int:
    """How many requests reading the bugs of these tasks takes."""
    links = {str(task.get("bug_link")): bool(task.get("bug_watch_link")) for task in tasks}
    return len(links) + sum(links.values())


def _ids(pages: Iterable[Rows]) -> Iterator[str]:
    for rows in pages:
        for task in rows.entries:
            yield str(task.get("bug_link") or "").rpartition("/")[2]
