"""Takes records in: stored, mapped, linked and marked, with the cursors, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from connectors.core.port import Catalog, Page, Partition, Record, StreamSpec
from mapping.model import Entity
from sync.engine.difference import Difference
from sync.engine.live import Live, Mapper, Progress, RunContext
from sync.engine.unfetched import doubt_completeness
from sync.plan.types import Brake, BrakeKind
from sync.store.codec import encode
from sync.store.database import Store
from sync.store.mapped import count_mapped_otherwise, other_mappings, refs_mapped_by, set_mapped
from sync.store.model import entities_of, forget_entities, mark_dirty, save_entities
from sync.store.partitions import note_read, partition_row, partition_rows
from sync.store.records import (
    Stamp,
    chunks,
    in_unread_places,
    live_count,
    load_records,
    mark_gone,
    mark_unseen_gone,
    save_records,
)
from sync.store.runs import held_among, hold_record, release_records
from sync.store.tables import PartitionRow
from sync.store.touching import Shared, touched_engagements
from sync.store.types import digest

_LOG = logging.getLogger(__name__)
REMAP_BATCH = 500
"""Records that are mapped again in one transaction: each end of one waits for the disk."""
REMAP_AT_A_TIME = 50
"""Records that are in memory at a time, however many are stored: of some tools one may have a megabyte."""
_MANY = 200  # changed records of one page: asking which engagements each touches would cost more than it saves
_CLOCK_SLACK = timedelta(seconds=30)  # several servers of one tool may differ so; every reader's overlap is longer
_SMALL = 10  # what never held more than this may empty without anybody being asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one page brought.

    Attributes:
        changed: How many records were new or changed.
        brakes: Partitions that look emptied.
        again: Partitions to be read anew from the beginning, since the tool's clock was put back.
    """

    changed: int
    brakes: tuple[Brake, ...] = ()
    again: frozenset[Partition] = frozenset()


def mapping_hash(mapper: Mapper, streams: Iterable[StreamSpec], catalog: Catalog) -> str:
    """Changes whenever the mapping, or what the catalog says of the fields that it names, changes."""
    names = {(s.name, name) for s in streams for name in mapper.fields(s.name)}
    fields = [encode(f) for f in catalog.fields if (f.stream, f.name) in names or (f.stream, f.id) in names]
    return f"{mapper.hash}:{digest(sorted(fields, key=lambda f: (f['stream'], f['id'])))[:16]}"


class Intake:
    """Takes in the records of one connection during one run.

    Args:
        live: The connection.
        catalog: What its tool can hold.
        run: The run.
        shared: (connection, place) -> keys of the configured engagements that have it.
    """

    def __init__(self, live: Live, catalog: Catalog, run: RunContext, shared: Shared) -> None:
        self.mapping = mapping_hash(live.mapper, live.streams, catalog)
        self._live = live
        self._catalog = catalog
        self._run = run
        self._shared = shared
        self._stamp = Stamp(now=run.now, run=run.id)

    def page(self, store: Store, page: Page, accept_emptied: Collection[str]) -> Taken:
        """Store one page with its cursors, in one transaction. May be repeated: equal versions leave no trace.

        Args:
            store: Where.
            page: The page.
            accept_emptied: Partitions (``connection:stream:KEY``) that may turn out to be nearly empty.
        """
        with store.unit_of_work() as session:
            rows = {p: partition_row(session, self._live.name, p) for p in {*page.cursors, *page.complete}}
            full = self._full_reads(session)
            changed = save_records(session, page.records, self._stamp, full, page.as_of)
            first_time = any(Partition(stream=r.stream, key=r.partition) in full for r in changed)
            self._map(session, changed, everything=first_time)
            for partition, cursor in page.cursors.items():
                rows[partition].cursor = cursor
            session.flush()
            again = frozenset(p for p in page.complete if _clock_was_put_back(rows[p], page))
            for partition in again:
                self._begin_anew(partition, rows[partition], page)
            done = sorted(page.complete - again)
            found = [self._complete(session, p, rows[p], page, accept_emptied) for p in done]
            if page.complete:
                read = {p: rows[p] for p in page.complete}
                note_read(session, self._live.name, read, at=self._run.now, run=self._run.id)
            session.commit()
        return Taken(changed=len(changed), brakes=tuple(b for b in found if b is not None), again=again)

    def history(self, session: Session, records: Sequence[Record]) -> int:
        """Store records that were read beside the cursors, in the caller's transaction; how many were new or changed.

        What is older than what is known of a record leaves no trace.
        """
        changed = save_records(session, records, self._stamp, self._full_reads(session))
        self._map(session, changed, everything=len(changed) > _MANY)
        return len(changed)

    def fetched(self, session: Session, stream: str, found: Mapping[str, Record | None]) -> None:
        """Store records that were asked for by id, in the caller's transaction. None: it is gone or hidden.

        Hidden, where its place cannot be read either: then its last good state stays, as that of its place does.
        """
        records = [record for record in found.values() if record is not None]
        changed = save_records(session, records, self._stamp, self._full_reads(session))
        self._map(session, changed)
        lost = [f"{self._live.name}:{stream}:{id_}" for id_, record in found.items() if record is None]
        unread = in_unread_places(session, lost)
        lost = [ref for ref in lost if ref not in unread]
        mark_gone(session, lost, self._stamp)
        self._drop(session, lost)

    def remap(self, store: Store, progress: Progress, *, save: bool = True) -> Difference:
        """Map the stored records again whose model rows another mapping made, without a request.

        One batch is one transaction, so that a record is mapped wholly by the one or by the other whatever happens;
        after a death the rest comes the next time. Where the mapping wants fields that the records were read without,
        their partitions no longer count as completely read.

        Args:
            store: Where they are.
            progress: Who shows how far it is.
            save: False: only look what would become of them.

        Returns:
            What they are now, or would be, beside what they were.
        """
        found = Difference()
        if save:
            with store.unit_of_work() as session:
                doubt_completeness(session, self._live, self._run)
                session.commit()
        with store.unit_of_work() as session:
            total = count_mapped_otherwise(session, self._live.name, self.mapping)
        if total:
            task = f"map again {self._live.name}"
            progress.start(task, total)
            try:
                for refs in self._mapped_otherwise(store):
                    self._again(store, refs, found, save=save)
                    progress.advance(task, len(refs))
            finally:
                progress.done(task)
        if save and found.records:
            _LOG.info("stored records were mapped again", extra={"connection": self._live.name, **found.counts()})
        return found

    def _mapped_otherwise(self, store: Store) -> Iterator[tuple[str, ...]]:
        """References of the records to be mapped again, in batches, each once."""
        with store.unit_of_work() as session:
            mappings = other_mappings(session, self._live.name, self.mapping)
        for mapping in mappings:
            after = ""
            while True:
                with store.unit_of_work() as session:
                    refs = refs_mapped_by(session, self._live.name, mapping, after, REMAP_BATCH)
                if not refs:
                    break
                yield refs
                after = refs[-1]

    def _again(self, store: Store, refs: Sequence[str], found: Difference, *, save: bool) -> None:
        """Map some records again, in one transaction, and tell what differs."""
        with store.unit_of_work() as session:
            for part in chunks(refs, REMAP_AT_A_TIME):
                self._part_again(session, part, found, save=save)
            if save:
                session.commit()

    def _part_again(self, session: Session, refs: Sequence[str], found: Difference, *, save: bool) -> None:
        loaded = load_records(session, refs)
        records = [loaded[ref] for ref in refs if ref in loaded]
        before, held = entities_of(session, refs), held_among(session, refs)
        mapped, refused = self._understood(records)
        found.add(records, before, held, mapped, {ref: _said(error) for ref, error in refused.items()})
        if save:
            self._keep(session, records, mapped, refused, everything=True)

    def _full_reads(self, session: Session) -> dict[Partition, int]:
        rows = partition_rows(session, self._live.name)
        return {partition: row.generation for (_, partition), row in rows.items() if row.full_read}

    def _map(self, session: Session, records: Sequence[Record], *, everything: bool = False) -> None:
        """Replace the model rows of records; one that cannot be mapped is held, and its last good rows stay.

        ``everything``: so much changes that all engagements are to be reconciled, whatever they have to do with it.
        """
        if not records:
            return
        mapped, refused = self._understood(records)
        self._keep(session, records, mapped, refused, everything=everything)

    def _understood(self, records: Sequence[Record]) -> tuple[dict[str, tuple[Entity, ...]], dict[str, Exception]]:
        """The entities of each record by reference, and why those cannot be mapped that cannot."""
        mapped: dict[str, tuple[Entity, ...]] = {}
        refused: dict[str, Exception] = {}
        for record in records:
            try:
                mapped[record.ref] = () if record.deleted else self._live.mapper.map(record, self._catalog)
            except Exception as error:  # noqa: BLE001 - the boundary of one record: it alone is held
                refused[record.ref] = error
        return mapped, refused

    def _keep(
        self,
        session: Session,
        records: Sequence[Record],
        mapped: Mapping[str, tuple[Entity, ...]],
        refused: Mapping[str, Exception],
        *,
        everything: bool,
    ) -> None:
        for ref, error in refused.items():
            _LOG.warning("a record is held", extra={"ref": ref}, exc_info=error)
            hold_record(session, ref, self._live.name, _said(error), self._run.now)
        if everything:
            mark_dirty(session, "all", [""])
        else:
            self._mark_before(session, mapped)
            mark_dirty(session, "ref", mapped)
        places = {record.ref: (record.connection, record.partition) for record in records}
        save_entities(session, mapped, places, self.mapping)
        set_mapped(session, (record.ref for record in records), self.mapping)
        release_records(session, mapped, self._run.now)

    def _mark_before(self, session: Session, refs: Collection[str]) -> None:
        """Mark the engagements that records touched so far: what they touch from now on is asked at reconciliation."""
        mark_dirty(session, "engagement", touched_engagements(session, refs, self._shared))

    def _drop(self, session: Session, refs: Collection[str]) -> None:
        self._mark_before(session, refs)
        forget_entities(session, refs)
        release_records(session, refs, self._run.now)

    def _begin_anew(self, partition: Partition, row: PartitionRow, page: Page) -> None:
        """Give up a cursor that lies in the tool's future: changes made until then would fall before it."""
        message = (
            f"the clock of {self._live.name} was put back: it says {page.as_of:%Y-%m-%d %H:%M} UTC, and said "
            f"{row.complete_at:%Y-%m-%d %H:%M} before; everything is read again"
        )
        _LOG.warning("%s: %s", f"{self._live.name}:{partition.stream}:{partition.key}", message)
        row.cursor = row.complete_at = None
        row.error, row.error_at = message, self._run.now

    def _complete(
        self, session: Session, partition: Partition, row: PartitionRow, page: Page, accept_emptied: Collection[str]
    ) -> Brake | None:
        """Note that a partition is completely read.

        A full read also tells what is no longer there, unless that is so much that a person must say if it is true.
        """
        name = self._live.name
        kept = any(s.kept for s in self._live.streams if s.name == partition.stream)
        if row.full_read and not kept:
            brought = live_count(session, name, partition, generation=row.generation)
            place = f"{name}:{partition.stream}:{partition.key}"
            if looks_emptied(brought, row.formerly_live) and place not in accept_emptied:
                brake = _emptied(name, place, brought, row.formerly_live)
                row.cursor, row.full_read = None, False
                row.error, row.error_at = brake.message, self._run.now
                return brake
            self._drop(session, mark_unseen_gone(session, name, partition, row.generation, self._stamp))
        row.full_read = False
        row.complete_at, row.read_at = page.as_of, self._run.now
        row.error, row.error_at = "", None
        return None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _clock_was_put_back(row: PartitionRow, page: Page) -> bool:
    return row.complete_at is not None and page.as_of < row.complete_at - _CLOCK_SLACK


def looks_emptied(shown: int, formerly: int) -> bool:
    """Whether so much is gone at once that a person must say if it is true: more than half, and not of a few."""
    return formerly > _SMALL and shown * 2 < formerly


def _emptied(connection: str, place: str, brought: int, formerly: int) -> Brake:
    return Brake(
        kind=BrakeKind.SOURCE_EMPTIED,
        connection=connection,
        message=f"{place} held {formerly} records and now shows {brought}; its last good state is kept",
        mend=f"look whether syncline's login still sees it all; if it really is that empty: --accept-emptied {place}",
    )
