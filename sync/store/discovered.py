"""Which engagements were discovered, as they were taken up last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.selection import Selected
from sync.store.codec import decode, encode
from sync.store.model import fold
from sync.store.records import Stamp
from sync.store.results import HistoryKind
from sync.store.tables import DiscoveredRow, HistoryRow


def load_discovered(session: Session) -> dict[str, dict[str, Selected]]:
    """Name of a discovery -> what it discovered, by folded key."""
    found: dict[str, dict[str, Selected]] = {}
    for row in session.scalars(select(DiscoveredRow).order_by(DiscoveredRow.discovery, DiscoveredRow.key)):
        found.setdefault(row.discovery, {})[row.key] = decode(Selected, row.data)
    return found


def save_discovered(session: Session, discovery: str, engagements: Iterable[Selected], stamp: Stamp) -> None:
    """Let these be what a discovery discovered. May be repeated; what has not changed is not written."""
    wanted = {fold(one.key): encode(one) for one in engagements}
    _remember(session, discovery, wanted, stamp)
    for row in session.scalars(select(DiscoveredRow).where(DiscoveredRow.discovery == discovery)):
        data = wanted.pop(row.key, None)
        if data is None:
            session.delete(row)
        elif row.data != data:
            row.data = data
    session.add_all(DiscoveredRow(discovery=discovery, key=key, data=data) for key, data in wanted.items())


def forget_other_discoveries(session: Session, names: Collection[str], stamp: Stamp) -> None:
    """Forget what was discovered by any discovery but these. Its history stays."""
    for row in session.scalars(select(DiscoveredRow).where(DiscoveredRow.discovery.not_in(list(names)))):
        _remember(session, row.discovery, {}, stamp)
        session.delete(row)


def _remember(session: Session, discovery: str, now: Mapping[str, Any], stamp: Stamp) -> None:
    """Note what a discovery has taken up where that is not what was noted last."""
    of_it = (HistoryRow.kind == HistoryKind.DISCOVERED.value, HistoryRow.subject == discovery)
    last = session.scalars(select(HistoryRow).where(*of_it).order_by(HistoryRow.seq.desc()).limit(1)).first()
    if now != (last.data if last is not None else {}):
        noted = {"kind": HistoryKind.DISCOVERED.value, "subject": discovery, "engagement": "", "data": dict(now)}
        session.add(HistoryRow(at=stamp.now, run=stamp.run, mapping="", **noted))
        session.flush()
