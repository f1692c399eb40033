"""A whole tool in a dict: its records, its clock, its faults, and a log of what was asked of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.core.faults import Fault, Op
from connectors.core.port import (
    Catalog,
    Clock,
    FieldInfo,
    Json,
    Record,
    StreamSpec,
    Visibility,
    Write,
    WriteKind,
)


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
