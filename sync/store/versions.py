"""The stored versions of one record, and the records that people call by a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import Record
from sync.store.heads import head_states
from sync.store.records import record_of
from sync.store.tables import HeadRow, RecordRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a tool said of a record at one time.

    Attributes:
        record: The record as it was then, in the place where it was then.
        stored: When we learned it; None: an earlier release did not note when a tool went back to it.
        run: Id of the run that learned it; empty where ``stored`` is None.
        again: It is an earlier version that held again, or was back: its change in the tool is not that of the return.
    """

    record: Record
    stored: datetime | None
    run: str
    again: bool


def versions_of(session: Session, ref: str) -> Iterator[Version]:
    """The versions of a record, the one that holds now first; none when it is not known. Loaded as they are asked for.

    A version to which a tool went back comes twice.
    """
    for state in reversed(head_states(session, [ref]).get(ref, [])):
        if state.again and state.gone:
            continue  # it went: that is no version
        row = session.get_one(RecordRow, state.record_seq)
        yield Version(
            record=record_of(row, state.partition),
            stored=state.at if state.run else None,
            run=state.run,
            again=state.again,
        )


def refs_called(session: Session, connections: Iterable[str], key: str) -> tuple[str, ...]:
    """References of the live records of these connections that bear ``key``, as it is or in capitals, sorted."""
    query = select(HeadRow.ref).where(
        HeadRow.connection.in_(list(connections)), HeadRow.key.in_({key, key.upper()}), HeadRow.gone.is_(False)
    )
    return tuple(sorted(session.scalars(query)))
