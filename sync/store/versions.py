"""The stored versions of one record, and the records that people call by a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import Record
from sync.store.records import record_of
from sync.store.tables import HeadRow, RecordRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a tool said of a record at one time.

    Attributes:
        record: The record as it was then, in the place where it is now.
        stored: When we learned it; None: a tool went back to an earlier version, and when is not kept.
        run: Id of the run that stored it; empty where ``stored`` is None.
    """

    record: Record
    stored: datetime | None
    run: str


def versions_of(session: Session, ref: str) -> Iterator[Version]:
    """The versions of a record, the one that holds now first; none when it is not known. Loaded as they are asked for.

    A tool may go back to an earlier version: that one then comes twice, first as what holds now.
    """
    head = session.get(HeadRow, ref)
    if head is None:
        return
    last = session.scalars(
        select(RecordRow.seq)
        .where(RecordRow.connection == head.connection, RecordRow.stream == head.stream, RecordRow.id == head.id)
        .order_by(RecordRow.seq.desc())
    ).all()
    if last[0] != head.record_seq:
        row = session.get_one(RecordRow, head.record_seq)
        yield Version(record=record_of(row, head.partition), stored=None, run="")
    for seq in last:
        row = session.get_one(RecordRow, seq)
        yield Version(record=record_of(row, head.partition), stored=row.stored, run=row.run)


def refs_called(session: Session, connections: Iterable[str], key: str) -> tuple[str, ...]:
    """References of the live records of these connections that bear ``key``, as it is or in capitals, sorted."""
    query = select(HeadRow.ref).where(
        HeadRow.connection.in_(list(connections)), HeadRow.key.in_({key, key.upper()}), HeadRow.gone.is_(False)
    )
    return tuple(sorted(session.scalars(query)))
