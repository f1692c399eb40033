"""How far each partition has been read, and the catalogs of the connections."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import Catalog, Partition
from sync.store.codec import decode, encode
from sync.store.history_tables import CatalogVersionRow, ReadRow
from sync.store.tables import CatalogRow, PartitionRow
from sync.store.types import digest

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def partition_row(session: Session, connection: str, partition: Partition) -> PartitionRow:
    """The row of a partition, made when there is none."""
    row = session.get(PartitionRow, (connection, partition.stream, partition.key))
    if row is None:
        row = PartitionRow(connection=connection, stream=partition.stream, key=partition.key)
        row.cursor, row.fields, row.error = None, [], ""
        row.full_read, row.generation, row.formerly_live = False, 0, 0
        session.add(row)
    return row


def partition_rows(session: Session, connection: str | None = None) -> dict[tuple[str, Partition], PartitionRow]:
    """All partitions ever read or tried, of one connection or of all."""
    query = select(PartitionRow)
    if connection is not None:
        query = query.where(PartitionRow.connection == connection)
    return {(r.connection, Partition(stream=r.stream, key=r.key)): r for r in session.scalars(query)}


def note_error(
    session: Session, connection: str, partitions: Iterable[Partition], message: str, now: datetime
) -> tuple[Partition, ...]:
    """Note why partitions could not be read; return those of which that is new. Everything else about them stays."""
    new = []
    for partition in partitions:
        row = partition_row(session, connection, partition)
        if row.error != message:
            new.append(partition)
        row.error, row.error_at = message, now
    return tuple(new)


def note_read(
    session: Session, connection: str, rows: Mapping[Partition, PartitionRow], *, at: datetime, run: str
) -> None:
    """Keep how far these partitions are read now, beside what was kept of the others; one row a run and connection.

    In the transaction that changed them. May be repeated; the last word of a run stays.
    """
    last = session.scalars(
        select(ReadRow).where(ReadRow.connection == connection).order_by(ReadRow.seq.desc()).limit(1)
    ).first()
    data = {} if last is None else {stream: dict(keys) for stream, keys in last.data.items()}
    for partition, row in rows.items():
        told = None if row.complete_at is None else row.complete_at.isoformat()
        data.setdefault(partition.stream, {})[partition.key] = [told, row.error]
    if last is None or last.run != run:
        last = ReadRow(connection=connection, run=run, at=at)
        session.add(last)
    last.data = data
    session.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCatalog:
    """A catalog as stored.

    Attributes:
        catalog: The catalog.
        taken: When it was taken; long ago when it is doubted.
        places: Places that it was asked for.
        anchored: Those of them that it was asked for as places in which records may be created.
    """

    catalog: Catalog
    taken: datetime
    places: frozenset[str]
    anchored: frozenset[str]

    def covers(self, places: Iterable[str], anchored: Iterable[str]) -> bool:
        """Whether it was asked for all of these."""
        return self.places.issuperset(places) and self.anchored.issuperset(anchored)


def load_catalog(session: Session, connection: str) -> StoredCatalog | None:
    """The catalog last stored."""
    row = session.get(CatalogRow, connection)
    if row is None:
        return None
    # A list is of an earlier release, which asked for all places alike.
    asked = row.places if isinstance(row.places, dict) else {"read": row.places, "create": row.places}
    return StoredCatalog(
        catalog=decode(Catalog, row.data),
        taken=row.taken,
        places=frozenset(asked["read"]),
        anchored=frozenset(asked["create"]),
    )


def known_catalog(session: Session, connection: str) -> Catalog:
    """The catalog last stored; one without fields when there is none."""
    stored = load_catalog(session, connection)
    return Catalog(fields=()) if stored is None else stored.catalog


def save_catalog(
    session: Session, connection: str, catalog: Catalog, places: Sequence[str], anchored: Sequence[str], now: datetime
) -> None:
    """Keep a catalog in place of the last one; see ``StoredCatalog``. One that differs from it makes history."""
    asked = {"read": sorted(places), "create": sorted(anchored)}
    data = encode(catalog)
    session.merge(CatalogRow(connection=connection, taken=now, places=asked, data=data))
    last = select(CatalogVersionRow.digest).where(CatalogVersionRow.connection == connection)
    if session.scalar(last.order_by(CatalogVersionRow.seq.desc()).limit(1)) != (told := digest(data)):
        session.add(CatalogVersionRow(connection=connection, at=now, digest=told, data=data))


def doubt_catalog(session: Session, connection: str) -> None:
    """Make the next run ask for a catalog again, however young it is. It serves until then."""
    row = session.get(CatalogRow, connection)
    if row is not None:
        row.taken = _LONG_AGO


def freshness(
    session: Session, partitions: Mapping[str, Collection[Partition]]
) -> dict[str, tuple[datetime | None, int]]:
    """Connection -> the instant up to which all these partitions that can be read are read, and how many cannot.

    None: of none of them everything was ever read. A connection of which nothing was ever tried is left out.
    """
    found: dict[str, tuple[datetime | None, int]] = {}
    for row in session.scalars(select(PartitionRow)):
        if Partition(stream=row.stream, key=row.key) not in partitions.get(row.connection, ()):
            continue
        oldest, failing = found.get(row.connection, (None, 0))
        if row.error:
            failing += 1
        elif row.complete_at is not None:
            oldest = row.complete_at if oldest is None else min(oldest, row.complete_at)
        found[row.connection] = (oldest, failing)
    return found
