"""Which fields the mapping wants that stored records were read without, and what reading them again takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from connectors.core.port import Catalog, Partition
from sync.engine.live import Live, RunContext
from sync.store.partitions import known_catalog, note_read, partition_rows
from sync.store.records import live_count
from sync.store.tables import PartitionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfetched:
    """One partition whose records were read without fields that the mapping wants.

    Attributes:
        connection: Its connection.
        stream: Its stream.
        partition: Its key.
        fields: The fields, by visible name or API name, sorted.
        records: How many live records are stored of it.
    """

    connection: str
    stream: str
    partition: str
    fields: tuple[str, ...]
    records: int


def lacking(live: Live, partition: Partition, row: PartitionRow, catalog: Catalog) -> tuple[str, ...]:
    """Fields that the mapping wants and that the reading of a partition did not ask for, sorted.

    None where the tool brings its records whole, whatever is asked for.
    """
    if any(s.whole for s in live.streams if s.name == partition.stream):
        return ()
    return tuple(sorted(set(live.fields(partition.stream, catalog)) - set(row.fields)))


def unfetched(session: Session, live: Live, wanted: Collection[Partition]) -> tuple[Unfetched, ...]:
    """Of the partitions ``wanted``, in order: those whose records were read without fields that the mapping wants."""
    found = []
    catalog = known_catalog(session, live.name)
    rows = {partition: row for (_, partition), row in partition_rows(session, live.name).items()}
    for partition in sorted(rows.keys() & set(wanted)):
        fields = lacking(live, partition, rows[partition], catalog)
        records = live_count(session, live.name, partition) if fields else 0
        if records:
            at = {"stream": partition.stream, "partition": partition.key}
            found.append(Unfetched(connection=live.name, **at, fields=fields, records=records))
    return tuple(found)


def doubt_completeness(session: Session, live: Live, run: RunContext) -> None:
    """Let partitions whose records lack wanted fields no longer count as completely read.

    Their cursors stay: the next reading drops them if the fields are still wanted then.
    """
    catalog = known_catalog(session, live.name)
    doubted = {}
    for (_, partition), row in partition_rows(session, live.name).items():
        if row.complete_at is not None and lacking(live, partition, row, catalog):
            row.complete_at = None
            doubted[partition] = row
    if doubted:
        note_read(session, live.name, doubted, at=run.now, run=run.id)


def requests_to_read(live: Live, found: Iterable[Unfetched]) -> int | None:
    """About how many requests reading these partitions of the connection again takes; None: it does not say."""
    counts: dict[str, list[int]] = {}
    for one in found:
        counts.setdefault(one.stream, []).append(one.records)
    if live.requests_to_read is None:
        return None
    return sum(live.requests_to_read(stream, several) for stream, several in counts.items())
