"""A whole tool in a dict, and a connector to it: what the engine is tested on.

The tool outlives its connectors, as a real one does: kill a run, make a new connector to the same tool, and look.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.core.errors import (
    ConnectorError,
    FatalError,
    InterruptedRunError,
    PartitionError,
    RetriableError,
)
from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.keyset import Position
from connectors.core.memory_writer import MemoryWriter
from connectors.core.port import (
    Capabilities,
    Catalog,
    CheckResult,
    Clock,
    ConnectorContext,
    ConnectorSpec,
    FieldInfo,
    Json,
    Page,
    Partition,
    PartitionFailure,
    Record,
    StreamSpec,
    Visibility,
    Wanted,
    Write,
    WriteKind,
)
from connectors.core.settings import ConnectionSettings

_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(slots=True, kw_only=True)
class MemoryRow:
    """One record as the tool holds it.

    Attributes:
        stream: Its stream.
        id: Its immutable id.
        partition: Its partition.
        key: What people call it.
        fields: Field values by API id.
        updated: Stamp of its last change.
        visible_from: From when a pull sees that change (search-index lag, a transaction that commits late).
        version: Counts its changes.
        visibility: How widely it may be seen.
        deleted: Deleted in the tool.
        hidden: Our login may not see it (any more).
        labels: Its labels, in order.
        links: Its links by global id.
        external_id: External id, or empty.
        marker: What a CREATE or SET_FIELDS left on it, or None.
        parent: Id of the record it was created under, or empty.
    """

    stream: str
    id: str
    partition: str
    key: str
    fields: dict[str, Json]
    updated: datetime
    visible_from: datetime
    version: int = 1
    visibility: Visibility = Visibility.INTERNAL
    deleted: bool = False
    hidden: bool = False
    labels: list[str] = field(default_factory=list)
    links: dict[str, dict[str, Json]] = field(default_factory=dict)
    external_id: str = ""
    marker: Mapping[str, Json] | None = None
    parent: str = ""


def plain_payload(row: MemoryRow) -> dict[str, Json]:
    """The default form of a record's payload: its fields, with ``labels`` and ``links`` when it has any."""
    payload: dict[str, Json] = dict(row.fields)
    if row.labels:
        payload["labels"] = list(row.labels)
    if row.links:
        payload["links"] = {key: dict(value) for key, value in row.links.items()}
    return payload


class MemoryTool:
    """The tool: its records, its clock, its faults, and a log of what was asked of it.

    Attributes:
        rows: All records by (stream, id), deleted ones too.
        faults: What shall go wrong; append ``Fault`` objects.
        log: Every request as (operation, detail), in order: one entry is one request.
        effects: Every write that took effect, in order; a duplicate shows here.
        flaky_versions: True: the version token differs at every read though nothing changed.
        statuses: Names that TRANSITION may reach; empty: any.
        status_field: Field that TRANSITION sets.
        payload: Makes a record's payload.
        index_lag_s: Seconds until a pull sees a change; ``fetch`` and ``shown`` see it at once.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        streams: Sequence[StreamSpec] = (StreamSpec(name="items", title="Items", per_place=True),),
        fields: Sequence[FieldInfo] = (),
        record_types: Mapping[str, tuple[str, ...]] | None = None,
        payload: Callable[[MemoryRow], Mapping[str, Json]] = plain_payload,
        url: str = "https://memory.example",
        page_size: int = 100,
        batch_size: int = 200,
        overlap_s: float = 600.0,
        index_lag_s: float = 0.0,
        guarded: bool = True,
        tombstones: bool = True,
        status_field: str = "status",
        statuses: Sequence[str] = (),
    ) -> None:
        self.clock = clock
        self.streams = tuple(streams)
        self.catalog = Catalog(fields=tuple(fields), record_types=dict(record_types or {}))
        self.payload = payload
        self.url = url
        self.page_size = page_size
        self.batch_size = batch_size
        self.overlap = timedelta(seconds=overlap_s)
        self.index_lag_s = index_lag_s
        self.guarded = guarded
        self.tombstones = tombstones
        self.status_field = status_field
        self.statuses = tuple(statuses)
        self.rows: dict[tuple[str, str], MemoryRow] = {}
        self.faults: list[Fault] = []
        self.log: list[tuple[Op, str]] = []
        self.effects: list[Write] = []
        self.flaky_versions = False
        self._numbers = itertools.count(1)
        self._reads = itertools.count(1)

    # What people do in the tool ---------------------------------------------------------------------------------

    def add(
        self,
        stream: str,
        partition: str,
        fields: Mapping[str, Json],
        *,
        id: str = "",  # noqa: A002 - the port's word
        key: str = "",
        updated: datetime | None = None,
        visible_from: datetime | None = None,
        external_id: str = "",
        visibility: Visibility = Visibility.INTERNAL,
    ) -> MemoryRow:
        """Make a record. ``updated`` and ``visible_from``: see ``change``."""
        number = next(self._numbers)
        now = self.clock.now()
        row = MemoryRow(
            stream=stream,
            id=id or str(10_000 + number),
            partition=partition,
            key=key or f"{partition}-{number}",
            fields=dict(fields),
            updated=updated or now,
            visible_from=visible_from or now + timedelta(seconds=self.index_lag_s),
            external_id=external_id,
            visibility=visibility,
        )
        self.rows[stream, row.id] = row
        return row

    def change(
        self,
        stream: str,
        record_id: str,
        fields: Mapping[str, Json],
        *,
        updated: datetime | None = None,
        visible_from: datetime | None = None,
    ) -> MemoryRow:
        """A person changes a record. With ``updated`` before ``visible_from`` it commits late, under an old stamp."""
        row = self.rows[stream, record_id]
        row.fields.update(fields)
        self.touch(row, updated=updated, visible_from=visible_from)
        return row

    def delete(self, stream: str, record_id: str) -> None:
        """Delete a record: a tombstone follows if the tool gives any."""
        row = self.rows[stream, record_id]
        row.deleted = True
        self.touch(row)

    def touch(self, row: MemoryRow, *, updated: datetime | None = None, visible_from: datetime | None = None) -> None:
        """Stamp a change of ``row`` that was just made."""
        now = self.clock.now()
        row.updated = updated or now
        row.visible_from = visible_from or now + timedelta(seconds=self.index_lag_s)
        row.version += 1

    def get(self, stream: str, record_id: str) -> MemoryRow | None:
        """The record as a read-after-write consistent look-up sees it: None if deleted, hidden or never made."""
        row = self.rows.get((stream, record_id))
        return None if row is None or row.deleted or row.hidden else row

    # Faults and the log -----------------------------------------------------------------------------------------

    def asked(self, op: Op, detail: str) -> None:
        """Log one request."""
        self.log.append((op, detail))

    def requests(self, op: Op) -> int:
        """How many requests of one operation were made."""
        return sum(1 for made, _ in self.log if made is op)

    def strike(
        self,
        op: Op,
        *,
        stream: str = "",
        partition: str = "",
        target: tuple[str, ...] = (),
        write_kind: WriteKind | None = None,
    ) -> Fault | None:
        """The fault that hits this occasion, if any."""
        for fault in self.faults:
            if fault.strikes(op, stream=stream, partition=partition, target=target, write_kind=write_kind):
                return fault
        return None

    # As records -------------------------------------------------------------------------------------------------

    def record(self, connection: str, row: MemoryRow, fields: Sequence[str] = ()) -> Record:
        """A row as the port's record; ``fields``: what was asked for (empty: all)."""
        payload = dict(self.payload(row))
        if fields:
            known = {i.id for i in self.catalog.fields if i.stream == row.stream}
            asked = {i.id for name in fields for i in self.catalog.find(row.stream, name)}
            payload = {key: value for key, value in payload.items() if key not in known or key in asked}
        version = f"{row.version}.{next(self._reads)}" if self.flaky_versions else str(row.version)
        return Record(
            connection=connection,
            stream=row.stream,
            id=row.id,
            partition=row.partition,
            key=row.key,
            url=f"{self.url}/{row.stream}/{row.id}",
            version=version,
            updated=row.updated,
            visibility=row.visibility,
            payload=payload,
            deleted=row.deleted,
        )


class MemoryReader:
    """The reading half; keyset pages by (updated, id), cursors held back by the tool's overlap."""

    def __init__(self, tool: MemoryTool, connection: str) -> None:
        self._tool = tool
        self._connection = connection

    def pull(
        self,
        wanted: Sequence[Wanted],
        catalog: Catalog,  # noqa: ARG002 - the port's signature; this tool needs no catalog
    ) -> Iterator[Page | PartitionFailure]:
        """Yield changed records; see the port."""
        for one in wanted:
            try:
                yield from self._partition(one)
            except PartitionError as exc:
                yield PartitionFailure(partitions=frozenset({one.partition}), error=exc)

    def fetch(
        self,
        stream: str,
        ids: Sequence[str],
        fields: Sequence[str],
        catalog: Catalog,  # noqa: ARG002 - the port's signature; this tool needs no catalog
    ) -> Mapping[str, Record | None]:
        """Read records by id; one request."""
        if not ids:
            return {}
        self._tool.asked(Op.FETCH, f"{stream} {','.join(ids)}")
        raise_fault(self._tool.strike(Op.FETCH, stream=stream, target=tuple(ids)), self._connection, stream)
        rows = {i: self._tool.get(stream, i) for i in ids}
        return {i: None if r is None else self._tool.record(self._connection, r, fields) for i, r in rows.items()}

    def _partition(self, one: Wanted) -> Iterator[Page]:
        tool = self._tool
        position = Position.decode(one.cursor) if one.cursor else Position(at=_BEGINNING)
        as_of = tool.clock.now()
        horizon = as_of - tool.overlap
        rows = self._visible(one.partition, position, as_of)
        pages = [rows[i : i + tool.page_size] for i in range(0, len(rows), tool.page_size)] or [[]]
        for number, page in enumerate(pages):
            self._ask(one.partition)
            for row in page:
                position = position.advance(at=row.updated, record_id=row.id, horizon=horizon)
            last = number == len(pages) - 1
            if last:
                position = max(position, Position(at=horizon))
            yield Page(
                records=tuple(tool.record(self._connection, row, one.fields) for row in page),
                cursors={one.partition: position.encode()},
                complete=frozenset({one.partition}) if last else frozenset(),
                as_of=as_of,
                expected=len(rows),
            )

    def _ask(self, partition: Partition) -> None:
        tool = self._tool
        fault = tool.strike(Op.PULL, stream=partition.stream, partition=partition.key)
        place = f"{partition.stream} {partition.key}"
        if fault is not None and fault.kind is FaultKind.KILL_BEFORE:
            raise KilledError
        tool.asked(Op.PULL, place)
        raise_fault(fault, self._connection, place)

    def _visible(self, partition: Partition, position: Position, as_of: datetime) -> list[MemoryRow]:
        found = [
            row
            for row in self._tool.rows.values()
            if (row.stream, row.partition) == (partition.stream, partition.key)
            and not row.hidden
            and (self._tool.tombstones or not row.deleted)
            and row.visible_from <= as_of
            and Position(at=row.updated, after_id=row.id) > position
        ]
        return sorted(found, key=lambda row: (row.updated, row.id))


class MemoryConnector:
    """One connection to a ``MemoryTool``."""

    def __init__(self, tool: MemoryTool, connection: str) -> None:
        self._tool = tool
        self._connection = connection
        self._reader = MemoryReader(tool, connection)
        self._writer = MemoryWriter(tool, connection)

    @property
    def reader(self) -> MemoryReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> MemoryWriter:
        """The writing half."""
        return self._writer

    def catalog(self, places: Sequence[str]) -> Catalog:
        """The tool's fields and record types."""
        self._tool.asked(Op.CATALOG, ",".join(places))
        raise_fault(self._tool.strike(Op.CATALOG), self._connection, "catalog")
        return self._tool.catalog

    def check(self, places: Sequence[str]) -> Iterator[CheckResult]:
        """Whether the places hold or could hold records."""
        yield CheckResult(name="reachability", ok=True, found=self._tool.url)
        known = {row.partition for row in self._tool.rows.values()} | set(self._tool.catalog.record_types)
        for place in places:
            there = place in known
            mend = "" if there else f"correct the place {place} in the configuration"
            yield CheckResult(name="place", ok=there, found=place if there else f"{place} is not there", mend=mend)


def memory_spec(tool: MemoryTool, *, kind: str = "memory", mapping: str = "") -> ConnectorSpec:
    """A connector spec whose connections all lead to ``tool``; ``mapping``: text of its default mapping."""

    def connect(context: ConnectorContext) -> MemoryConnector:
        return MemoryConnector(tool, context.connection)

    return ConnectorSpec(
        kind=kind,
        title="In memory",
        settings=ConnectionSettings,
        streams=tool.streams,
        capabilities=Capabilities(writes=frozenset(WriteKind), guarded=tool.guarded, tombstones=tool.tombstones),
        mapping=lambda: mapping,
        connect=connect,
    )


def raise_fault(fault: Fault | None, connection: str, place: str) -> None:
    """Raise what a fault means for a read, if there is one."""
    if fault is None:
        return
    error: ConnectorError
    match fault.kind:
        case FaultKind.KILL_BEFORE | FaultKind.KILL_AFTER:
            raise KilledError
        case FaultKind.FATAL:
            error = FatalError(fault.message, connection=connection, place=place)
        case FaultKind.INTERRUPT:
            error = InterruptedRunError(fault.message, connection=connection, place=place)
        case FaultKind.PARTITION:
            error = PartitionError(fault.message, connection=connection, place=place)
        case _:
            error = RetriableError(fault.message, retry_after_s=fault.retry_after_s, connection=connection, place=place)
    raise error
