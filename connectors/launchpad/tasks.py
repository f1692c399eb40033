"""Reads the bug tasks of projects: what changed since a server instant, and once a day which there are at all."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.core.errors import NotFoundError, PartitionError, RefusedError, RetriableError
from connectors.core.port import Held, Page, Partition, PartitionFailure, Record, Visibility, Wanted
from connectors.launchpad.bugs import Bugs
from connectors.launchpad.census import Census
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.cursor import Going, TasksCursor, tasks_cursor
from connectors.launchpad.pages import REMEMBERED_ROWS, Pager, Rows
from connectors.launchpad.records import BUG_TASKS, Gone, task_id, tombstone
from connectors.launchpad.search import Search
from connectors.launchpad.sifting import Sifted, sift

CHUNK = 100
"""Most tasks in one page given to the engine: each costs a request, and what was read is to be kept soon."""
_MOST_DOWN = 2  # projects in a row that could not be read for now: then the connection is down
_MOST_OWED = 3  # bugs of one pull that Launchpad fails on: more, and it is not the bugs
_FAILING = (500, 502, 503, 504)

_logger = logging.getLogger(__name__)


class TaskReading:
    """Reads bug tasks for one connection.

    Attributes:
        hidden: Projects that this pull found hidden.
    """

    def __init__(self, client: LaunchpadClient, pager: Pager) -> None:
        self.hidden: set[str] = set()
        self._client = client
        self._pager = pager
        self._search = Search(client)
        self._bugs = Bugs(client)
        self._census = Census(client, pager, self._search)
        self._overlap = timedelta(minutes=client.settings.overlap_minutes)
        self._failed = 0
        self._true_since: datetime | None = None  # of tasks of this project that are left as they are held

    def pull(self, wanted: Sequence[Wanted]) -> Iterator[Page | PartitionFailure]:
        """Pages of all projects, one after the other; a project that cannot be read stops no other.

        Raises:
            RetriableError: Several projects in a row could not be read for now.
        """
        self.hidden.clear()
        self._bugs.begin_pull()
        self._failed = 0
        down = 0
        for want in wanted:
            partition = want.partition
            try:
                yield from self._project(partition, tasks_cursor(want.cursor, partition.key), want.held)
            except NotFoundError as exc:
                self.hidden.add(partition.key)
                yield hidden_failure(self._client, partition, exc)
            except (RefusedError, PartitionError) as exc:
                yield PartitionFailure(partitions=frozenset({partition}), error=exc)
            except RetriableError as exc:
                down += 1
                if down >= _MOST_DOWN or len(wanted) == 1:
                    raise
                yield PartitionFailure(partitions=frozenset({partition}), error=exc)
            else:
                down = 0

    def fetch(self, ids: Sequence[str]) -> dict[str, Record | None]:
        """Tasks by id: one request for the task, and one for its bug."""
        found = {record_id: self._bugs.by_id(record_id) for record_id in ids}
        return {record_id: None if isinstance(record, Gone) else record for record_id, record in found.items()}

    def _project(self, partition: Partition, cursor: TasksCursor, held: Mapping[str, Held]) -> Iterator[Page]:
        self._bugs.begin_project()
        self._true_since = None
        if cursor.going is not None:  # a read that was broken off goes on; what changed meanwhile comes after it
            cursor = yield from self._changes(partition, cursor)
        cursor = yield from self._changes(partition, cursor, held)
        if self._census.due(cursor):
            yield from self._whole(partition, cursor)

    def _changes(
        self, partition: Partition, cursor: TasksCursor, held: Mapping[str, Held] | None = None
    ) -> Generator[Page, None, TasksCursor]:
        """What changed since the cursor, or what is left of a read under way.

        Args:
            partition: The project.
            cursor: Where reading stands.
            held: What is held of its tasks: those of one page that are as they are held are not read again.
        """
        going = cursor.going
        owed = cursor.owed | cursor.unsure
        left: frozenset[str] = frozenset()
        since = going.since if going is not None else cursor.at - self._overlap if cursor.at is not None else None
        delivered: set[str] = set()
        for rows in self._rows(partition.key, since, going):
            whole = going is None and rows.last
            if going is None:
                going = Going(began=rows.asked_at, since=since)
            fresh = [task for task in rows.entries if task_id(self._client, task) not in delivered]
            delivered.update(task_id(self._client, task) for task in fresh)
            if whole and held:
                sifted = self._sift(partition.key, fresh, _without(held, cursor.owed), going.began)
                fresh, left, self._true_since = list(sifted.read), sifted.left, sifted.since
            chunks = [fresh[n : n + CHUNK] for n in range(0, len(fresh), CHUNK)] or [[]]
            for number, chunk in enumerate(chunks):
                last = rows.last and number == len(chunks) - 1
                behind = sum(len(c) for c in chunks[number + 1 :])
                records, cursor = self._read(partition, cursor, chunk, going.began)
                if last:
                    again, cursor = self._owed(partition, cursor, owed - delivered)
                    records += again
                    cursor = replace(_finished(cursor, going), unsure=left)
                else:
                    ids = [task_id(self._client, task) for task in chunk]
                    tail = tuple([*going.last, *ids][-REMEMBERED_ROWS:])
                    going = replace(going, start=rows.start - behind, last=tail)
                    cursor = replace(cursor, going=going)
                yield _page(
                    partition, cursor, records, as_of=self._true_of(going.began), complete=last, expected=rows.total
                )
        return cursor

    def _sift(self, project: str, tasks: Sequence[Entry], held: Mapping[str, Held], began: datetime) -> Sifted:
        shown = {task_id(self._client, task): task for task in tasks}
        return sift(shown, held, began, self._overlap, lambda after: self._rows(project, after, None))

    def _rows(self, project: str, since: datetime | None, going: Going | None) -> Iterator[Rows]:
        start, last = (going.start, going.last) if going is not None else (0, ())
        for _ in range(2):
            pages = self._pager.rows(project, self._search.params(since=since), self._id, start=start, last=last)
            try:
                first = next(pages)
            except RefusedError as exc:  # a status that this Launchpad does not have: it says which there are
                if not self._search.learn(exc):
                    raise
                continue
            yield first
            yield from pages
            return
        raise self._client.nonsense(f"GET {project}", "it refuses the statuses that it names itself")

    def _id(self, task: Entry) -> str:
        return task_id(self._client, task)

    def _whole(self, partition: Partition, cursor: TasksCursor) -> Iterator[Page]:
        """The daily census: what came or changed quietly, and what is gone."""
        at = cursor.at
        if at is None:
            return
        seen = self._census.look(partition.key, at)
        missing = seen.missing(cursor)
        self._census.brake(partition.key, cursor, len(missing))
        news = seen.news(cursor)
        for start in range(0, len(news), CHUNK):
            records, cursor = self._read(partition, cursor, news[start : start + CHUNK], at)
            yield _page(partition, cursor, records, as_of=self._true_of(at))
        records, cursor = self._owed(partition, cursor, frozenset(missing))
        yield _page(partition, replace(cursor, census=at), records, as_of=self._true_of(at), complete=True)

    def _true_of(self, began: datetime) -> datetime:
        """What may be said of a read that began then: bugs read for another project, or left, may be a little older."""
        return min(filter(None, (began, self._bugs.oldest, self._true_since)))

    def _read(
        self, partition: Partition, cursor: TasksCursor, tasks: Sequence[Entry], began: datetime
    ) -> tuple[list[Record], TasksCursor]:
        """Records of tasks that a search showed. A bug that Launchpad fails on is owed, and stops no other."""
        records: list[Record] = []
        owed: list[str] = []
        for task in tasks:
            number = task_id(self._client, task)
            try:
                record = self._bugs.record(task, partition.key, began)
            except RetriableError as exc:
                self._fails(exc, number)
                owed.append(number)
                continue
            if record is not None:
                records.append(record)
            elif number in cursor.known:
                records.append(tombstone(self._client, BUG_TASKS, number, partition.key, Gone.HIDDEN))
        return records, _with(cursor, records, owed=owed)

    def _owed(self, partition: Partition, cursor: TasksCursor, ids: frozenset[str]) -> tuple[list[Record], TasksCursor]:
        """Records of tasks asked for by their id: those owed, and those that the project no longer shows."""
        records: list[Record] = []
        owed: list[str] = []
        for number in sorted(ids):
            try:
                found = self._bugs.by_id(number)
            except RetriableError as exc:
                self._fails(exc, number)
                owed.append(number)
                continue
            if isinstance(found, Record):
                records.append(replace(found, partition=partition.key))
            elif number in cursor.known:
                records.append(tombstone(self._client, BUG_TASKS, number, partition.key, found))
        settled = replace(cursor, owed=cursor.owed - ids)
        return records, _with(settled, records, owed=owed)

    def _fails(self, exc: RetriableError, number: str) -> None:
        """Go on without one bug that Launchpad fails on, unless too many fail.

        Raises:
            RetriableError: It is not about one bug.
        """
        self._failed += 1
        if exc.status not in _FAILING or self._failed > _MOST_OWED:
            raise exc
        _logger.warning(
            "bug task %s cannot be read for now (status %s); it is asked for again next time",
            number,
            exc.status,
            extra={"connection": self._client.connection, "stream": BUG_TASKS, "record": number},
        )


def hidden_failure(client: LaunchpadClient, partition: Partition, exc: NotFoundError | None) -> PartitionFailure:
    """The failure of a project that does not exist, or that this login may not see; Launchpad does not say which."""
    message = (
        f"{client.connection}: {partition.stream} of project {partition.key} cannot be read: it does not exist, was"
        " renamed, or this login may not see it"
    )
    place = exc.place if exc is not None else f"project {partition.key}"
    status = exc.status if exc is not None else None
    error = PartitionError(message, connection=client.connection, place=place, status=status)
    error.__cause__ = exc
    return PartitionFailure(partitions=frozenset({partition}), error=error)


def _without(held: Mapping[str, Held], ids: frozenset[str]) -> Mapping[str, Held]:
    return {number: one for number, one in held.items() if number not in ids}


def _finished(cursor: TasksCursor, going: Going) -> TasksCursor:
    """After a whole read; the first one is a census, too."""
    at = going.began if cursor.at is None else max(cursor.at, going.began)
    return replace(cursor, at=at, census=cursor.census or going.began, going=None)


def _with(cursor: TasksCursor, records: Sequence[Record], *, owed: Sequence[str]) -> TasksCursor:
    live = [r for r in records if not r.deleted]
    after = cursor.with_tasks(
        public=[r.id for r in live if r.visibility is Visibility.PUBLIC],
        restricted=[r.id for r in live if r.visibility is not Visibility.PUBLIC],
        gone=[r.id for r in records if r.deleted],
    )
    return replace(after, owed=(after.owed - {r.id for r in records}) | frozenset(owed))


def _page(
    partition: Partition,
    cursor: TasksCursor,
    records: Sequence[Record],
    *,
    as_of: datetime,
    complete: bool = False,
    expected: int | None = None,
) -> Page:
    return Page(
        records=tuple(records),
        cursors={partition: cursor.text(partition.key)},
        complete=frozenset({partition}) if complete else frozenset(),
        as_of=as_of,
        expected=expected,
    )
