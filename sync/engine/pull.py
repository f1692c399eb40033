"""Reads what changed in the tools, maps it, and stores both with the cursors: one transaction a page."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from connectors.core.errors import ConnectorError, SkippableError
from connectors.core.port import Catalog, Clock, Held, Page, Partition, PartitionFailure, Wanted
from sync.engine.difference import Difference
from sync.engine.guard import guarded
from sync.engine.intake import Intake
from sync.engine.live import Live, Progress, RunContext
from sync.engine.summary import Note
from sync.engine.unfetched import lacking
from sync.plan.types import Brake
from sync.store.database import Store
from sync.store.partitions import load_catalog, note_error, note_read, partition_row, save_catalog
from sync.store.records import held_since, live_count
from sync.store.tables import PartitionRow
from sync.store.touching import Shared

_LOG = logging.getLogger(__name__)
_LATELY = timedelta(days=1)  # what a reader is told of: longer than any overlap of a search


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSettings:
    """How reading is done.

    Attributes:
        catalog_max_age: A catalog older than this is asked for again.
        accept_emptied: Partitions (``connection:stream:KEY``) of which a person said that they really are that empty.
    """

    catalog_max_age: timedelta = timedelta(hours=24)
    accept_emptied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """What one pull did.

    Attributes:
        records: Connection -> records that its pages brought, repeats included.
        changed: How many of them were new or changed.
        failed: Partitions and connections that could not be read.
        brakes: Partitions that look emptied.
        down: Connections of which nothing at all could be read.
        catalogs: Connection -> its catalog; a connection that never gave one is missing.
        mappings: Connection -> hash of the mapping that its model rows are made with.
        remapped: Connection -> what became of its stored records that were mapped again, where there were any.
    """

    records: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    failed: tuple[Note, ...] = ()
    brakes: tuple[Brake, ...] = ()
    down: frozenset[str] = frozenset()
    catalogs: Mapping[str, Catalog] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)
    remapped: Mapping[str, Difference] = field(default_factory=dict)


def pull(
    store: Store,
    connections: Mapping[str, Live],
    partitions: Mapping[str, Sequence[Partition]],
    shared: Shared,
    clock: Clock,
    run: RunContext,
    settings: PullSettings,
    progress: Progress,
) -> PullReport:
    """Read all partitions of all connections from where their cursors stand.

    A partition or connection that fails keeps its last good state and is named in the report; the others go on. A
    record that cannot be mapped is held, and everything else flows. Being killed loses no more than the page at hand,
    which is read again.

    Args:
        store: Where to.
        connections: The live connections by name.
        partitions: Connection -> what is to be read of it (``sync.selection.wanted``).
        shared: (connection, place) -> keys of the engagements that have it (``sync.selection.shared_places``).
        clock: Time.
        run: The run.
        settings: How.
        progress: Who shows how far it is.
    """
    reports = []
    for name, wanted in sorted(partitions.items()):
        progress.start(f"pull {name}", None)
        try:
            reports.append(_Connection(store, connections[name], shared, clock, run, settings, progress).read(wanted))
        finally:
            progress.done(f"pull {name}")
    return joined(reports)


def joined(reports: Sequence[PullReport]) -> PullReport:
    """The reports of several pulls as one."""
    records: Counter[str] = Counter()
    for report in reports:
        records.update(report.records)
    return PullReport(
        records=dict(records),
        changed=sum(r.changed for r in reports),
        failed=tuple(note for r in reports for note in r.failed),
        brakes=tuple(brake for r in reports for brake in r.brakes),
        down=frozenset().union(*(r.down for r in reports)),
        catalogs={name: c for r in reports for name, c in r.catalogs.items()},
        mappings={name: m for r in reports for name, m in r.mappings.items()},
        remapped={name: d for r in reports for name, d in r.remapped.items()},
    )


def get_catalog(
    store: Store, live: Live, places: Sequence[str], run: RunContext, max_age: timedelta
) -> tuple[Catalog, ConnectorError | None]:
    """The catalog of a connection: as stored if it is young and was asked for these places, else asked for again.

    What the tool says only of the places that records are created in is asked for those with an anchor alone.

    When asking fails, the stored one with the error, if there is one.

    Raises:
        ConnectorError: It was never had, and cannot be had now.
    """
    with store.unit_of_work() as session:
        stored = load_catalog(session, live.name)
    anchored = sorted(live.anchored & set(places))
    if stored is not None and run.now - stored.taken <= max_age and stored.covers(places, anchored):
        return stored.catalog, None
    try:
        with guarded(live.name, "asking for the catalog"):
            catalog = live.connector.catalog(places, anchored)
    except ConnectorError as error:
        if stored is None:
            raise
        return stored.catalog, error
    with store.unit_of_work() as session:
        save_catalog(session, live.name, catalog, places, anchored, run.now)
        session.commit()
    return catalog, None


class _Connection:
    """The reading of one connection in one run."""

    def __init__(
        self,
        store: Store,
        live: Live,
        shared: Shared,
        clock: Clock,
        run: RunContext,
        settings: PullSettings,
        progress: Progress,
    ) -> None:
        self._store = store
        self._live = live
        self._shared = shared
        self._clock = clock
        self._run = run
        self._settings = settings
        self._progress = progress
        self._records = 0
        self._changed = 0
        self._failed: list[Note] = []
        self._refused: set[str] = set()
        self._brakes: list[Brake] = []
        self._remapped = Difference()

    def read(self, partitions: Sequence[Partition]) -> PullReport:
        """Read the partitions; whatever fails is in the report."""
        per_place = {s.name for s in self._live.streams if s.per_place}
        places = sorted({p.key for p in partitions if p.stream in per_place})
        try:
            catalog, stale = get_catalog(self._store, self._live, places, self._run, self._settings.catalog_max_age)
        except ConnectorError as error:
            self._fail(partitions, error)
            return self._report({}, {}, down=True)
        if stale is not None:
            self._failed.append(Note(place=self._live.name, message=f"its catalog could not be refreshed: {stale}"))
        intake = Intake(self._live, catalog, self._run, self._shared)
        self._remapped = intake.remap(self._store, self._progress)
        down, again = self._read(partitions, catalog, intake)
        if again:  # once: a clock that goes back again meanwhile is met by the next run
            self._read(sorted(again), catalog, intake)
        return self._report({self._live.name: catalog}, {self._live.name: intake.mapping}, down=down)

    def _read(
        self, partitions: Sequence[Partition], catalog: Catalog, intake: Intake
    ) -> tuple[bool, frozenset[Partition]]:
        """Take all pages in; whether the connection gave nothing at all, and what is to be read anew."""
        unread = set(partitions)
        again: frozenset[Partition] = frozenset()
        answered = silent = False
        for page in self._pages(partitions, catalog):
            match page:
                case Page():
                    taken = intake.page(self._store, page, self._settings.accept_emptied)
                    self._records += len(page.records)
                    self._changed += taken.changed
                    self._brakes += taken.brakes
                    again |= taken.again
                    self._progress.advance(f"pull {self._live.name}", len(page.records), page.expected)
                    unread -= page.complete
                    answered = True
                case PartitionFailure():
                    self._fail(sorted(page.partitions), page.error)
                    unread -= page.partitions
                    refused = isinstance(page.error, SkippableError)  # the tool said why; else it said nothing
                    answered, silent = answered or refused, silent or not refused
                case ConnectorError():
                    self._fail(sorted(unread), page)
                    return not answered, again
        return silent and not answered, again

    def _pages(
        self, partitions: Sequence[Partition], catalog: Catalog
    ) -> Iterator[Page | PartitionFailure | ConnectorError]:
        """The reader's pages; an error that ends them comes as the last item, whatever the reader made of it."""
        wanted = self._wanted(partitions, catalog)

        def started() -> Iterator[Page | PartitionFailure]:  # so that what pull itself raises comes out of next() too
            yield from self._live.connector.reader.pull(wanted, catalog)

        pages = started()
        while True:
            try:
                with guarded(self._live.name, "reading"):
                    page = next(pages, None)
            except ConnectorError as error:
                yield error
                return
            if page is None:
                return
            yield page

    def _wanted(self, partitions: Sequence[Partition], catalog: Catalog) -> list[Wanted]:
        """From where, and with which fields, each partition is to be read."""
        wanted, lost = [], []
        with self._store.unit_of_work() as session:
            for partition in partitions:
                row = partition_row(session, self._live.name, partition)
                fields = self._live.fields(partition.stream, catalog)
                if lacking(self._live, partition, row, catalog):
                    lost += [partition] if row.complete_at is not None else []
                    row.cursor = row.complete_at = None  # complete with fewer fields is not complete
                if set(fields) != set(row.fields):
                    row.fields = list(fields)
                if row.cursor is None:
                    row.generation += 1
                    row.full_read = True
                    row.formerly_live = live_count(session, self._live.name, partition)
                held = self._held(session, partition, row)
                wanted.append(Wanted(partition=partition, cursor=row.cursor, fields=fields, held=held))
            self._note_read(session, lost)
            session.commit()
        return wanted

    def _note_read(self, session: Session, partitions: Sequence[Partition]) -> None:
        if partitions:
            session.flush()
            rows = {p: partition_row(session, self._live.name, p) for p in partitions}
            note_read(session, self._live.name, rows, at=self._run.now, run=self._run.id)

    def _held(self, session: Session, partition: Partition, row: PartitionRow) -> Mapping[str, Held]:
        """What the reader is told of records that are held, see ``Wanted.held``."""
        told = any(s.by_version for s in self._live.streams if s.name == partition.stream)
        if not told or row.cursor is None or row.complete_at is None:
            return {}
        return held_since(session, self._live.name, partition, row.complete_at - _LATELY)

    def _fail(self, partitions: Sequence[Partition], error: ConnectorError) -> None:
        with self._store.unit_of_work() as session:
            new = note_error(session, self._live.name, partitions, str(error), self._clock.now())
            self._note_read(session, new)
            session.commit()
        places = [f"{self._live.name}:{p.stream}:{p.key}" for p in partitions] or [self._live.name]
        told = self._to_tell(partitions) if isinstance(error, SkippableError) and partitions else places
        self._failed += [Note(place=place, message=str(error)) for place in told]
        level = logging.WARNING if new or not partitions else logging.DEBUG  # what lasts is told once, not every run
        _LOG.log(level, "%s could not be read: %s", ", ".join(places), error, extra={"connection": self._live.name})

    def _to_tell(self, partitions: Sequence[Partition]) -> list[str]:
        """Which of the partitions that the tool refuses to show are told.

        A place is told once and not once a stream.
        """
        told = []
        for partition in partitions:
            if partition.key not in self._refused:
                told.append(f"{self._live.name}:{partition.stream}:{partition.key}")
            self._refused.add(partition.key)
        return told

    def _report(self, catalogs: Mapping[str, Catalog], mappings: Mapping[str, str], *, down: bool) -> PullReport:
        return PullReport(
            records={self._live.name: self._records},
            changed=self._changed,
            failed=tuple(self._failed),
            brakes=tuple(self._brakes),
            down=frozenset({self._live.name} if down else ()),
            catalogs=catalogs,
            mappings=mappings,
            remapped={self._live.name: self._remapped} if self._remapped.records else {},
        )
