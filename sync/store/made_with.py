"""What results were made with beside records, and since when: mappings, thresholds, engagements; a digest of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.store.history_tables import MadeWithRow


def note_made_with(session: Session, now: Mapping[str, str], *, at: datetime, run: str) -> None:
    """Keep what differs from the last time: what it is, for a person, and its digest. May be repeated."""
    known = _latest(session, None)
    session.add_all(
        MadeWithRow(what=what, digest=digest, at=at, run=run)
        for what, digest in now.items()
        if known.get(what) != digest
    )
    session.flush()


def made_with_at(session: Session, instant: datetime) -> dict[str, str]:
    """What -> its digest at ``instant``; what was not noted by then is missing."""
    return _latest(session, instant)


def _latest(session: Session, until: datetime | None) -> dict[str, str]:
    query = select(MadeWithRow.what, MadeWithRow.digest).order_by(MadeWithRow.seq)
    if until is not None:
        query = query.where(MadeWithRow.at <= until)
    return {row.what: row.digest for row in session.execute(query)}
