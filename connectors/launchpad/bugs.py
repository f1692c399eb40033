"""Reads what a bug task lacks: its bug, and the bug watches where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.core.errors import NotFoundError
from connectors.core.port import Record
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.records import BUG_TASKS, Gone, bug_of, path_of_record, task_id, task_record
from connectors.launchpad.settings import Watches

_MOST_WATCHES = "300"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A bug as it was read.

    Attributes:
        asked_at: Server instant that it is true of.
        bug: The entry; None: hidden.
        watches: Its watches, or None while they were not asked for.
    """

    asked_at: datetime
    bug: Entry | None
    watches: tuple[Entry, ...] | None = None


class Bugs:
    """Reads bugs by their number, one request each (no search gives their fields)."""

    def __init__(self, client: LaunchpadClient) -> None:
        self._client = client
        self._all_watches = client.settings.watches is Watches.ALL
        self._lately = timedelta(minutes=client.settings.overlap_minutes) / 2
        self._read: dict[str, _Read] = {}

    def forget(self) -> None:
        """Begin anew: what was read before is not used again."""
        self._read.clear()

    def record(self, task: Entry, partition: str, began: datetime) -> Record | None:
        """The record of a task with its bug. None: the bug is hidden from this login.

        A bug with tasks in several projects is read once: what was read for one serves another whose read began soon
        afterwards, since that one's next read reaches back further than this.

        Args:
            task: The task's entry.
            partition: Project that was asked.
            began: Server instant at which the partition's read began.
        """
        number = bug_of(task_id(self._client, task))
        read = self._read.get(number)
        if read is None or read.asked_at < began - self._lately:
            read = self._bug(number)
        if read.bug is not None and read.watches is None and (self._all_watches or task.get("bug_watch_link")):
            read = _Read(asked_at=read.asked_at, bug=read.bug, watches=self._watches(number))
        self._read[number] = read
        if read.bug is None:
            return None
        wanted = self._all_watches or bool(task.get("bug_watch_link"))
        return task_record(self._client, task, read.bug, (read.watches or ()) if wanted else (), partition)

    def by_id(self, record_id: str) -> Record | Gone:
        """A task by its id, as it is now."""
        path = path_of_record(BUG_TASKS, record_id)
        try:
            task = self._client.entry(path)
        except NotFoundError:
            return Gone.HIDDEN  # a deleted or retargeted task's address leads to another task; a bug is never deleted
        if self._client.path_of(task.get("self_link")) != path:
            return Gone.MOVED
        self._read.pop(bug_of(record_id), None)
        found = self.record(task, "", self._client.asked_at())
        return Gone.HIDDEN if found is None else found

    def _bug(self, number: str) -> _Read:
        bug = self._client.entry_or_none(f"bugs/{number}")
        return _Read(asked_at=self._client.asked_at(), bug=bug)

    def _watches(self, number: str) -> tuple[Entry, ...]:
        path = f"bugs/{number}/bug_watches"
        try:
            answer = self._client.get(path, [("ws.size", _MOST_WATCHES)])
        except NotFoundError:
            return ()
        entries = answer.get("entries")
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise self._client.nonsense(f"GET {path}", "no list of entries")
        return tuple(sorted(entries, key=lambda e: str(e.get("self_link"))))
