"""Reads history beside the running service: in slices, newest first, giving the store up between them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.core.errors import ConnectorError, RetriableError
from connectors.core.port import Catalog, Clock, Page, Partition, PartitionFailure, Wanted
from sync.engine.guard import guarded
from sync.engine.intake import Intake
from sync.engine.live import Live, Progress, RunContext
from sync.engine.lock import AlreadyRunningError, single_run
from sync.engine.pull import get_catalog
from sync.engine.summary import Note, Reads, Summary
from sync.store import runs
from sync.store.backfills import backfill_row, begin_backfill
from sync.store.database import Store
from sync.store.touching import Shared

_EARLIEST = datetime(1999, 1, 1, tzinfo=UTC)
"""No tool that syncline reads is older; a slice that reaches it takes everything before it too."""
_ANY_AGE = timedelta.max
_SHORTEST = timedelta(hours=1)
_TRY_EVERY_S = 0.5  # more often than the service rests at the least between its runs
_LONGEST = timedelta(days=4000)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillSettings:
    """How history is read.

    Attributes:
        first: Length of the first slice; later ones become longer or shorter by what they bring.
        target: How many records a slice should bring.
        hold_s: A slice that takes longer gives the store up at its next page that can be gone on from.
        turn_s: When slices have had the store for so long in all, it is left to others
        pause_s: for so long; the service tries more often.
        patience_s: For so long another run is waited for.
    """

    first: timedelta = timedelta(days=30)
    target: int = 1000
    hold_s: float = 20.0
    turn_s: float = 5.0
    pause_s: float = 1.5
    patience_s: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """One slice as it stands in the store."""

    partitions: tuple[Partition, ...]
    cursors: Mapping[str, str]
    fields: tuple[str, ...]
    since: datetime | None
    until: datetime | None


class Backfill:
    """Reads the history of one connection. Not shared between threads.

    Args:
        store: Where to.
        live: The connection.
        shared: (connection, place) -> keys of the configured engagements that have it.
        bounded: Streams that the tool can read between two instants; of the others all is read.
        clock: Time.
        progress: Who shows how far it is: in days for streams that can be bounded, else in records.
        settings: How.
    """

    def __init__(
        self,
        store: Store,
        live: Live,
        shared: Shared,
        bounded: frozenset[str],
        clock: Clock,
        progress: Progress,
        settings: BackfillSettings,
    ) -> None:
        self._store = store
        self._live = live
        self._shared = shared
        self._bounded = bounded
        self._clock = clock
        self._progress = progress
        self._settings = settings
        self._run = uuid.uuid4().hex[:12]
        self._records = 0
        self._failed: list[Note] = []
        self._hold_s = settings.hold_s
        self._held_s = 0.0

    def run(self, partitions: Sequence[Partition], since: datetime | None, until: datetime | None) -> Summary:
        """Read what changed at or after ``since`` and before ``until``.

        Goes on where an unfinished one of just this stood.

        Killed at any instruction, it loses no more than the page at hand, which is read again. What fails is named, and
        what is unfinished then goes on when the same is asked for again.

        Raises:
            AlreadyRunningError: Another run held the store for longer than ``patience_s``.
            ConnectorError: The connection never gave a catalog, and gives none now.
        """
        started, began, requests = self._clock.now(), self._clock.monotonic(), self._live.requests()
        down = False
        with self._locked(), self._store.unit_of_work() as session:
            runs.start_run(session, self._run, "backfill", started)
            session.commit()
        try:
            catalog = self._catalog(partitions)
            for stream in dict.fromkeys(p.stream for p in partitions):
                self._stream(stream, [p.key for p in partitions if p.stream == stream], since, until, catalog)
        except ConnectorError as error:
            down = not self._records
            self._failed.append(Note(place=self._live.name, message=f"{error}; the same command goes on from here"))
        with self._locked(), self._store.unit_of_work() as session:
            held = [r for r in runs.held(session, "record") if r.connection == self._live.name]
            summary = Summary(
                run=self._run,
                command="backfill",
                started=started,
                duration_s=self._clock.monotonic() - began,
                reads={self._live.name: Reads(records=self._records, requests=self._live.requests() - requests)},
                held=tuple(Note(place=row.place, message=row.message) for row in held),
                failed=tuple(self._failed),
                down=frozenset({self._live.name} if down else ()),
            )
            runs.finish_run(session, self._run, summary.to_json(), self._clock.now())
            session.commit()
        return summary

    def _catalog(self, partitions: Sequence[Partition]) -> Catalog:
        per_place = {s.name for s in self._live.streams if s.per_place}
        places = sorted({p.key for p in partitions if p.stream in per_place})
        with self._locked():
            return get_catalog(self._store, self._live, places, self._context(), _ANY_AGE)[0]

    def _stream(
        self, stream: str, keys: Sequence[str], since: datetime | None, until: datetime | None, catalog: Catalog
    ) -> None:
        unit = "days" if stream in self._bounded else "records"
        task = f"backfill {self._live.name} {stream}, {unit}"
        asked = (since, until) if stream in self._bounded else (None, None)
        with self._locked(), self._store.unit_of_work() as session:
            fields, span_s = self._live.fields(stream, catalog), int(self._settings.first.total_seconds())
            row = begin_backfill(
                session,
                self._live.name,
                stream,
                asked=asked,
                fields=fields,
                partitions=keys,
                span_s=span_s,
                now=self._clock.now(),
            )
            session.commit()
            done, total = _days(row.reached, row.until), _days(since or _EARLIEST, row.until)
        self._progress.start(task, total if stream in self._bounded else None)
        try:
            if stream in self._bounded:
                self._progress.advance(task, done)
            while self._timed(stream, catalog, task):
                self._give_way()
        finally:
            self._progress.done(task)

    def _timed(self, stream: str, catalog: Catalog, task: str) -> bool:
        began = self._clock.monotonic()
        try:
            return self._slice(stream, catalog, task)
        finally:
            self._held_s += self._clock.monotonic() - began

    def _give_way(self) -> None:
        """Leave the store to others when slices have had it for long enough."""
        if self._held_s >= self._settings.turn_s:
            self._clock.sleep(self._settings.pause_s)
            self._held_s = 0.0

    def _slice(self, stream: str, catalog: Catalog, task: str) -> bool:
        """Read one slice, or what time allows of it; return whether there is more."""
        with self._locked():
            part = self._next(stream)
            if part is None:
                return False
            intake = Intake(self._live, catalog, self._context(), self._shared)
            ends = self._clock.monotonic() + self._hold_s
            unread, count = set(part.partitions), 0
            for page in self._pages(part, catalog):
                if isinstance(page, PartitionFailure):
                    self._lose(stream, page)
                    unread -= page.partitions
                    continue
                if not count and self._is_too_much(stream, page, part):
                    return True
                self._take(stream, page, intake)
                count += len(page.records)
                if stream not in self._bounded:
                    self._progress.advance(task, len(page.records))
                unread -= page.complete
                if unread and page.cursors and self._clock.monotonic() > ends:
                    self._hold_s *= 2  # so that one that must read again what it has read comes to its end
                    return True
            if unread:
                place = f"{self._live.name} {stream}"
                raise RetriableError(f"{place}: the tool ended before everything was read", connection=self._live.name)
            self._hold_s = self._settings.hold_s
            return self._end(stream, count, task)

    def _next(self, stream: str) -> _Slice | None:
        """The slice at hand, its lower end noted; None: nothing is left."""
        with self._store.unit_of_work() as session:
            row = backfill_row(session, self._live.name, stream)
            if row is None or row.finished is not None or not row.partitions:
                return None
            if stream in self._bounded and not row.cursors:
                lower = row.asked_since or _EARLIEST
                row.slice_since = max(lower, row.reached - timedelta(seconds=row.span_s))
                session.commit()
            open_below = row.asked_since is None and row.slice_since == _EARLIEST
            return _Slice(
                partitions=tuple(Partition(stream=stream, key=key) for key in row.partitions),
                cursors=dict(row.cursors),
                fields=tuple(row.fields),
                since=None if open_below else row.slice_since,
                until=row.reached if stream in self._bounded else None,
            )

    def _pages(self, part: _Slice, catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        wanted = [
            Wanted(partition=p, cursor=part.cursors.get(p.key), fields=part.fields, since=part.since, until=part.until)
            for p in part.partitions
        ]
        pages: Iterator[Page | PartitionFailure] | None = None
        while True:
            with guarded(self._live.name, "reading history"):
                pages = pages if pages is not None else iter(self._live.connector.reader.pull(wanted, catalog))
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _is_too_much(self, stream: str, page: Page, part: _Slice) -> bool:
        """Make a slice shorter that would bring far more than it should, and begin it again."""
        if stream not in self._bounded or part.cursors or (page.expected or 0) <= 5 * self._settings.target:
            return False
        with self._store.unit_of_work() as session:
            row = backfill_row(session, self._live.name, stream)
            if row is None or row.slice_since is None:
                return False
            span = row.reached - row.slice_since
            shorter = max(_SHORTEST, span * self._settings.target / (page.expected or 1))
            if shorter >= span:
                return False
            row.span_s = int(shorter.total_seconds())
            session.commit()
        return True

    def _take(self, stream: str, page: Page, intake: Intake) -> None:
        with self._store.unit_of_work() as session:
            intake.history(session, page.records)
            self._records += len(page.records)
            row = backfill_row(session, self._live.name, stream)
            if row is not None:
                row.cursors = {**row.cursors, **{p.key: cursor for p, cursor in page.cursors.items()}}
                row.records += len(page.records)
            session.commit()

    def _lose(self, stream: str, failure: PartitionFailure) -> None:
        """A partition that cannot be read is named and left out; the others go on."""
        with self._store.unit_of_work() as session:
            row = backfill_row(session, self._live.name, stream)
            if row is not None:
                row.partitions = [
                    key for key in row.partitions if Partition(stream=stream, key=key) not in failure.partitions
                ]
                row.finished = None if row.partitions else self._clock.now()
                session.commit()
        self._failed += [
            Note(place=f"{self._live.name}:{stream}:{p.key}", message=str(failure.error))
            for p in sorted(failure.partitions)
        ]

    def _end(self, stream: str, count: int, task: str) -> bool:
        """Note that a slice is read, and how long the next shall be; return whether there is more."""
        with self._store.unit_of_work() as session:
            row = backfill_row(session, self._live.name, stream)
            if row is None:
                return False
            lower = row.asked_since or _EARLIEST
            if stream in self._bounded and row.slice_since is not None:
                self._progress.advance(task, _days(row.slice_since, row.reached))
                row.reached = row.slice_since
                row.span_s = int(_next_span(row.span_s, count, self._settings.target).total_seconds())
            row.cursors = {}
            over = stream not in self._bounded or row.reached <= lower
            row.finished = self._clock.now() if over else None
            session.commit()
            return not over

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The store's lock, as soon as no other run has it."""
        ends = self._clock.monotonic() + self._settings.patience_s
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(single_run(self._store))
                    break
                except AlreadyRunningError:
                    if self._clock.monotonic() > ends:
                        raise
                self._clock.sleep(_TRY_EVERY_S)
            yield

    def _context(self) -> RunContext:
        return RunContext(id=self._run, now=self._clock.now())


def _next_span(span_s: int, count: int, target: int) -> timedelta:
    span = timedelta(seconds=span_s)
    if count < target // 4:
        return min(span * 2, _LONGEST)
    return max(span / 2, _SHORTEST) if count > target * 2 else span


def _days(since: datetime, until: datetime) -> int:
    return max(0, (until - since).days)
