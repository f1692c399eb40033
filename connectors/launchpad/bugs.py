"""Reads what a bug task lacks: its bug, and the bug watches where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.core.errors import NotFoundError
from connectors.core.port import Record
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.records import BUG_TASKS, Gone, bug_of, path_of_record, task_id, task_record
from connectors.launchpad.settings import Watches

_MOST_WATCHES = "300"


class Bugs:
    """Reads bugs by their number, one request each (no search gives their fields).

    Attributes:
        oldest: Server instant of the oldest bug used again since ``begin_project``; None: all were read for it.
    """

    def __init__(self, client: LaunchpadClient) -> None:
        self.oldest: datetime | None = None
        self._client = client
        self._all_watches = client.settings.watches is Watches.ALL
        self._lately = timedelta(minutes=client.settings.overlap_minutes) / 2
        self._read: set[str] = set()

    def begin_pull(self) -> None:
        """From now on nothing that was read before is used again."""
        self._read.clear()

    def begin_project(self) -> None:
        """From now on ``oldest`` is about another project."""
        self.oldest = None

    def record(self, task: Entry, partition: str, began: datetime) -> Record | None:
        """The record of a task with its bug. None: the bug is hidden from this login.

        A bug with tasks in several projects is read once a pull: what was read for one serves another whose read began
        soon afterwards, since that one's next read reaches back further than this.

        Args:
            task: The task's entry.
            partition: Project that was asked.
            began: Server instant at which the project's read began.
        """
        path = f"bugs/{bug_of(task_id(self._client, task))}"
        known = self._client.remembered(path) if path in self._read else None
        if known is not None and known[1] >= began - self._lately:
            self.oldest = known[1] if self.oldest is None else min(self.oldest, known[1])
            return self._with(task, known[0], partition)
        self._read.add(path)
        return self._with(task, self._client.entry_or_none(path), partition)

    def by_id(self, record_id: str) -> Record | Gone:
        """A task by its id, as it is now."""
        path = path_of_record(BUG_TASKS, record_id)
        try:
            task = self._client.entry(path)
        except NotFoundError:
            return Gone.HIDDEN  # a deleted or retargeted task's address leads to another task; a bug is never deleted
        if self._client.path_of(task.get("self_link")) != path:
            return Gone.MOVED
        found = self._with(task, self._client.entry_or_none(f"bugs/{bug_of(record_id)}"), "")
        return Gone.HIDDEN if found is None else found

    def _with(self, task: Entry, bug: Entry | None, partition: str) -> Record | None:
        if bug is None:
            return None
        wanted = self._all_watches or bool(task.get("bug_watch_link"))
        watches = self._watches(bug_of(task_id(self._client, task))) if wanted else ()
        return task_record(self._client, task, bug, watches, partition)

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
