"""By which mapping the model rows of the stored records were made, and which of them another one made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from sync.store.records import chunks
from sync.store.tables import HeadRow


def set_mapped(session: Session, refs: Iterable[str], mapping: str) -> None:
    """Note the mapping that the records' model rows are made with."""
    for part in chunks(set(refs)):
        session.execute(update(HeadRow).where(HeadRow.ref.in_(part)).values(mapped=mapping))


def count_mapped_otherwise(session: Session, connection: str, mapping: str) -> int:
    """How many live records of a connection have model rows that another mapping than ``mapping`` made."""
    others = other_mappings(session, connection, mapping)
    if not others:
        return 0
    query = select(func.count()).where(
        HeadRow.connection == connection, HeadRow.mapped.in_(others), HeadRow.gone.is_(False)
    )
    return session.scalar(query) or 0


def other_mappings(session: Session, connection: str, mapping: str) -> tuple[str, ...]:
    """The mappings other than ``mapping`` that records of a connection were mapped with, gone ones too, sorted.

    Steps from one to the next by the index, so that it costs the same however many records there are.
    """
    return tuple(one for one in _mappings(session, connection) if one != mapping)


def refs_mapped_by(session: Session, connection: str, mapping: str, after: str, limit: int) -> tuple[str, ...]:
    """Up to ``limit`` live records of a connection that ``mapping`` mapped, by reference, those beyond ``after``."""
    query = (
        select(HeadRow.ref)
        .where(
            HeadRow.connection == connection, HeadRow.mapped == mapping, HeadRow.gone.is_(False), HeadRow.ref > after
        )
        .order_by(HeadRow.ref)
        .limit(limit)
    )
    return tuple(session.scalars(query))


def _mappings(session: Session, connection: str) -> Iterator[str]:
    query = select(func.min(HeadRow.mapped)).where(HeadRow.connection == connection)
    found = session.scalar(query)
    while found is not None:
        yield found
        found = session.scalar(query.where(HeadRow.mapped > found))
