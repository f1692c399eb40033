"""Raw records: versions appended, one head a record, and the way from a head back to the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from connectors.core.port import Held, Partition, Record, Visibility
from sync.store.heads import note_heads
from sync.store.tables import HeadRow, PartitionRow, RecordRow
from sync.store.types import digest

T = TypeVar("T")
_CLOCK_AHEAD = timedelta(
    hours=1
)  # a pull's as_of lies no further behind what was stored before, save under a wrong clock
_CHUNK = 500  # well under SQLite's limit of 32,766 and PostgreSQL's of 65,535 parameters a statement


def chunks(items: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """``items`` in lists of at most ``size``."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When and by which run something is stored."""

    now: datetime
    run: str


def save_records(
    session: Session,
    records: Sequence[Record],
    stamp: Stamp,
    generations: Mapping[Partition, int] | None = None,
    as_of: datetime | None = None,
) -> tuple[Record, ...]:
    """Store what is new of ``records`` and return it: those whose content or state differs from their head.

    A record that equals its head leaves no row, nor does one that is older (a lagging index or a shifted page
    brought it).

    Args:
        session: In whose transaction.
        records: Of one connection; a record may occur more than once, the later occurrence being the newer.
        stamp: When, by which run.
        generations: Partitions under a full read -> its number, which is noted on the heads of the records it brings.
        as_of: Server instant that the records are true of, if known. A head that claims a change well after it was
            stamped by a clock that ran ahead and has been put right since: it is not newer than what comes now.
    """
    heads = _heads(session, {r.ref for r in records})
    contents = [digest(r.payload) for r in records]
    known = _versions(session, records, contents, heads)
    changed: dict[str, Record] = {}
    rows: dict[tuple[str, str, str], RecordRow] = {}
    pending: list[tuple[HeadRow, RecordRow]] = []
    for record in records:
        generation = (generations or {}).get(Partition(stream=record.stream, key=record.partition))
        head = heads.get(record.ref)
        content = digest(record.payload)
        if head is None:
            head = heads[record.ref] = _new_head(record, generation)
        elif not _is_news(record, head, content, generation, as_of):
            continue
        _point(head, record, content)
        changed[record.ref] = record
        token = (record.ref, record.version, content)
        if token in known:
            head.record_seq = known[token]
            continue
        row = rows.get(token) or _row(record, content, stamp)
        rows[token] = row
        pending.append((head, row))
    session.add_all(rows.values())
    session.flush()
    for head, row in pending:
        head.record_seq = row.seq
        session.add(head)
    session.flush()
    note_heads(session, (heads[ref] for ref in changed), rows.values(), at=stamp.now, run=stamp.run)
    return tuple(changed.values())


def load_records(session: Session, refs: Iterable[str]) -> dict[str, Record]:
    """The latest records by reference; those that are not known, or are gone, are left out."""
    found: dict[str, Record] = {}
    for part in chunks(set(refs)):
        query = (
            select(RecordRow, HeadRow.partition)
            .join(HeadRow, HeadRow.record_seq == RecordRow.seq)
            .where(HeadRow.ref.in_(part), HeadRow.gone.is_(False))
        )
        for row, partition in session.execute(query):
            record = record_of(row, partition)
            found[record.ref] = record
    return found


def keys_of_gone(session: Session, refs: Iterable[str]) -> dict[str, str]:
    """Reference -> key of those that are gone from a place that could be read the last time.

    Of a place that cannot be read nobody knows what is gone: left out, as what was never read is.
    """
    return dict(_placed(session, refs, HeadRow.gone.is_(True), PartitionRow.error == ""))


def live_and_read(session: Session, refs: Iterable[str]) -> frozenset[str]:
    """Those of the records that are there, in places that could be read the last time."""
    return frozenset(ref for ref, _ in _placed(session, refs, HeadRow.gone.is_(False), PartitionRow.error == ""))


def in_unread_places(session: Session, refs: Iterable[str]) -> frozenset[str]:
    """Those of the records whose places could not be read the last time."""
    return frozenset(ref for ref, _ in _placed(session, refs, PartitionRow.error != ""))


def anything_read(session: Session) -> bool:
    """Whether any record was ever read."""
    return session.scalars(select(HeadRow.ref).limit(1)).first() is not None


def find_refs(
    session: Session, connection: str, stream: str, limit: int, *, place: str | None = None, names: Sequence[str] = ()
) -> tuple[str, ...]:
    """References of up to ``limit`` live records of a stream, sorted.

    Args:
        session: Of the store.
        connection: Their connection.
        stream: Their stream.
        limit: How many at most.
        place: Only those of this partition; None: of any.
        names: Only those with one of these references or keys, without regard to case; empty: any.
    """
    query = select(HeadRow.ref).where(
        HeadRow.connection == connection, HeadRow.stream == stream, HeadRow.gone.is_(False)
    )
    if place is not None:
        query = query.where(HeadRow.partition == place)
    if names:
        folded = [name.lower() for name in names]
        query = query.where(or_(func.lower(HeadRow.ref).in_(folded), func.lower(HeadRow.key).in_(folded)))
    return tuple(session.scalars(query.order_by(HeadRow.ref).limit(limit)))


def stream_records(session: Session, connection: str, stream: str) -> dict[str, Record]:
    """All latest live records of one stream, by reference. For streams that stay small (risk records)."""
    query = select(HeadRow.ref).where(
        HeadRow.connection == connection, HeadRow.stream == stream, HeadRow.gone.is_(False)
    )
    return load_records(session, session.scalars(query).all())


def refs_of_keys(session: Session, connection: str, stream: str, keys: Iterable[str]) -> dict[str, str]:
    """Key -> reference of the live records that bear these keys now."""
    found: dict[str, str] = {}
    for part in chunks(set(keys)):
        query = select(HeadRow.key, HeadRow.ref).where(
            HeadRow.connection == connection,
            HeadRow.key.in_(part),
            HeadRow.stream == stream,
            HeadRow.gone.is_(False),
        )
        found.update((key, ref) for key, ref in session.execute(query))
    return found


def live_count(session: Session, connection: str, partition: Partition, *, generation: int | None = None) -> int:
    """How many live records a partition has; with ``generation``: how many of them that full read brought."""
    query = select(func.count()).where(_of(connection, partition), HeadRow.gone.is_(False))
    if generation is not None:
        query = query.where(HeadRow.generation == generation)
    return session.scalar(query) or 0


def held_since(session: Session, connection: str, partition: Partition, since: datetime) -> dict[str, Held]:
    """The live records of a partition whose last change was after ``since``, by id."""
    query = select(HeadRow.id, HeadRow.version, HeadRow.updated).where(
        _of(connection, partition), HeadRow.gone.is_(False), HeadRow.updated > since
    )
    return {id_: Held(version=version, updated=updated) for id_, version, updated in session.execute(query) if updated}


def mark_unseen_gone(
    session: Session, connection: str, partition: Partition, generation: int, stamp: Stamp
) -> tuple[str, ...]:
    """Mark the live records that the full read ``generation`` did not bring as gone; return their references."""
    unseen = (_of(connection, partition), HeadRow.gone.is_(False), HeadRow.generation != generation)
    refs = tuple(session.scalars(select(HeadRow.ref).where(*unseen)))
    mark_gone(session, refs, stamp)
    return refs


def mark_gone(session: Session, refs: Iterable[str], stamp: Stamp) -> None:
    """Mark records as gone: the tool was asked for them by id and has them no longer (or hides them)."""
    for part in chunks(set(refs)):
        heads = session.scalars(select(HeadRow).where(HeadRow.ref.in_(part), HeadRow.gone.is_(False))).all()
        for head in heads:
            head.gone = True
        session.flush()
        note_heads(session, heads, (), at=stamp.now, run=stamp.run)


def _of(connection: str, partition: Partition) -> ColumnElement[bool]:
    return and_(
        HeadRow.connection == connection, HeadRow.stream == partition.stream, HeadRow.partition == partition.key
    )


def _placed(session: Session, refs: Iterable[str], *conditions: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
    """(reference, key) of the records for which the conditions hold, on them and on their partitions."""
    in_partition = and_(
        PartitionRow.connection == HeadRow.connection,
        PartitionRow.stream == HeadRow.stream,
        PartitionRow.key == HeadRow.partition,
    )
    for part in chunks(set(refs)):
        query = select(HeadRow.ref, HeadRow.key).join(PartitionRow, in_partition).where(HeadRow.ref.in_(part))
        yield from ((ref, key) for ref, key in session.execute(query.where(*conditions)))


def _heads(session: Session, refs: set[str]) -> dict[str, HeadRow]:
    found: dict[str, HeadRow] = {}
    for part in chunks(refs):
        found.update((h.ref, h) for h in session.scalars(select(HeadRow).where(HeadRow.ref.in_(part))))
    return found


def _versions(
    session: Session, records: Sequence[Record], contents: Sequence[str], heads: Mapping[str, HeadRow]
) -> dict[tuple[str, str, str], int]:
    """Stored versions of the changed records: a tool may go back to an earlier version of a record."""
    found: dict[tuple[str, str, str], int] = {}
    by_stream: dict[tuple[str, str], set[str]] = {}
    for record, content in zip(records, contents, strict=True):
        head = heads.get(record.ref)
        if head is None:
            continue
        if (head.version, head.digest) == (record.version, content):  # it was gone or elsewhere, and is back unchanged
            found[record.ref, record.version, content] = head.record_seq
        else:
            by_stream.setdefault((record.connection, record.stream), set()).add(record.id)
    for (connection, stream), ids in by_stream.items():
        for part in chunks(ids):
            query = select(RecordRow.id, RecordRow.version, RecordRow.digest, RecordRow.seq).where(
                RecordRow.connection == connection, RecordRow.stream == stream, RecordRow.id.in_(part)
            )
            for id_, version, content, seq in session.execute(query):
                found[f"{connection}:{stream}:{id_}", version, content] = seq
    return found


def _new_head(record: Record, generation: int | None) -> HeadRow:
    head = HeadRow(ref=record.ref, connection=record.connection, stream=record.stream, id=record.id)
    head.generation = generation or 0
    return head


def _is_news(record: Record, head: HeadRow, content: str, generation: int | None, as_of: datetime | None) -> bool:
    """Whether the record is newer than its head and differs from it; that a full read brought it is noted there."""
    older = _is_older(record, head, as_of)
    if generation is not None and (not older or head.partition == record.partition):
        head.generation = generation  # even an older version, of a lagging index, proves that it is still there
    return not (older or _is_same(record, head, content))


def _is_same(record: Record, head: HeadRow, content: str) -> bool:
    return (
        head.version == record.version
        and head.digest == content
        and head.gone == record.deleted
        and head.partition == record.partition
        and head.key == record.key
    )


def _is_older(record: Record, head: HeadRow, as_of: datetime | None) -> bool:
    if record.updated is None or head.updated is None or record.updated >= head.updated:
        return False
    return as_of is None or head.updated <= as_of + _CLOCK_AHEAD


def _point(head: HeadRow, record: Record, content: str) -> None:
    head.partition = record.partition
    head.key = record.key
    head.version = record.version
    head.digest = content
    head.updated = record.updated
    head.gone = record.deleted
    head.mapped = ""


def _row(record: Record, content: str, stamp: Stamp) -> RecordRow:
    return RecordRow(
        connection=record.connection,
        stream=record.stream,
        id=record.id,
        version=record.version,
        digest=content,
        partition=record.partition,
        key=record.key,
        url=record.url,
        updated=record.updated,
        visibility=record.visibility.value,
        deleted=record.deleted,
        payload=dict(record.payload),
        stored=stamp.now,
        run=stamp.run,
    )


def record_of(row: RecordRow, partition: str) -> Record:
    """The record of a stored version, in the place where it is now."""
    return Record(
        connection=row.connection,
        stream=row.stream,
        id=row.id,
        partition=partition,
        key=row.key,
        url=row.url,
        version=row.version,
        updated=row.updated,
        visibility=Visibility(row.visibility),
        payload=row.payload,
        deleted=row.deleted,
    )
