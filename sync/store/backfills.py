"""How far the history of each stream has been read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from sync.store.tables import BackfillRow


def backfill_row(session: Session, connection: str, stream: str) -> BackfillRow | None:
    """The row of a stream's backfill, under way or finished."""
    return session.get(BackfillRow, (connection, stream))


def begin_backfill(
    session: Session,
    connection: str,
    stream: str,
    *,
    asked: tuple[datetime | None, datetime | None],
    fields: Sequence[str],
    partitions: Sequence[str],
    span_s: int,
    now: datetime,
) -> BackfillRow:
    """The row of an unfinished backfill of just this, to go on with, else a new one in place of what was there.

    Args:
        session: In whose transaction.
        connection: Its name.
        stream: Its name.
        asked: Since and until when; None: without such a bound.
        fields: What is to be asked for.
        partitions: Keys of the partitions to be read.
        span_s: Length of the first slice in seconds.
        now: The instant.
    """
    row = backfill_row(session, connection, stream)
    same = (
        row is not None
        and row.finished is None
        and (row.asked_since, row.asked_until) == asked
        and set(fields) <= set(row.fields)
        and set(row.partitions) <= set(partitions)
    )
    if row is not None and same:
        return row
    if row is None:
        row = BackfillRow(connection=connection, stream=stream)
        session.add(row)
    row.asked_since, row.asked_until = asked
    row.fields, row.partitions = list(fields), list(partitions)
    row.until = row.reached = asked[1] or now
    row.slice_since, row.cursors = None, {}
    row.span_s, row.records = span_s, 0
    row.started, row.finished = now, None
    return row
