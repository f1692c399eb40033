"""A connector to the in-memory tool: what the engine is tested on.

The tool outlives its connectors, as a real one does: kill a run, make a new connector to the same tool, and look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.core.errors import ConnectorError, FatalError, InterruptedRunError, PartitionError, RetriableError
from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.keyset import Position
from connectors.core.memory_tool import MemoryRow, MemoryTool, plain_payload
from connectors.core.memory_writer import MemoryWriter
from connectors.core.port import (
    Capabilities,
    Catalog,
    CheckResult,
    Choice,
    ConnectorContext,
    ConnectorSpec,
    Page,
    Partition,
    PartitionFailure,
    Record,
    Survey,
    Wanted,
    WriteKind,
)
from connectors.core.settings import ConnectionSettings

__all__ = ["MemoryConnector", "MemoryReader", "MemoryRow", "MemoryTool", "MemoryWriter", "memory_spec", "plain_payload"]

_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


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
        rows = [row for row in self._visible(one.partition, position, as_of) if _is_within(row, one)]
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

    def catalog(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Catalog:  # noqa: ARG002 - it is the same for all places
        """The tool's fields and record types."""
        self._tool.asked(Op.CATALOG, ",".join(places))
        raise_fault(self._tool.strike(Op.CATALOG), self._connection, "catalog")
        return self._tool.catalog

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:  # noqa: ARG002 - nothing is forbidden here
        """Whether the places hold or could hold records."""
        yield CheckResult(name="reachability", ok=True, found=self._tool.url)
        known = {row.partition for row in self._tool.rows.values()} | set(self._tool.catalog.record_types)
        for place in places:
            there = place in known
            mend = "" if there else f"correct the place {place} in the configuration"
            yield CheckResult(name="place", ok=there, found=place if there else f"{place} is not there", mend=mend)

    def survey(self) -> Survey:
        """Its places; no values of its own."""
        return Survey(places=tuple(Choice(key=place) for place in sorted(self._tool.catalog.record_types)))


def memory_spec(tool: MemoryTool, *, kind: str = "memory", mapping: str = "") -> ConnectorSpec:
    """A connector spec whose connections all lead to ``tool``; ``mapping``: text of its default mapping."""

    def connect(context: ConnectorContext) -> MemoryConnector:
        return MemoryConnector(tool, context.connection)

    return ConnectorSpec(
        kind=kind,
        title="In memory",
        settings=ConnectionSettings,
        streams=tool.streams,
        capabilities=Capabilities(
            writes=frozenset(WriteKind),
            guarded=tool.guarded,
            tombstones=tool.tombstones,
            bounded=frozenset(s.name for s in tool.streams),
        ),
        mapping=lambda: mapping,
        connect=connect,
    )


def _is_within(row: MemoryRow, wanted: Wanted) -> bool:
    return (wanted.since is None or row.updated >= wanted.since) and (
        wanted.until is None or row.updated < wanted.until
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
