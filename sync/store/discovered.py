"""Which engagements were discovered, as they were taken up last."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.selection import Selected
from sync.store.codec import decode, encode
from sync.store.model import fold
from sync.store.tables import DiscoveredRow


def load_discovered(session: Session) -> dict[str, dict[str, Selected]]:
    """Name of a discovery -> what it discovered, by folded key."""
    found: dict[str, dict[str, Selected]] = {}
    for row in session.scalars(select(DiscoveredRow).order_by(DiscoveredRow.discovery, DiscoveredRow.key)):
        found.setdefault(row.discovery, {})[row.key] = decode(Selected, row.data)
    return found


def save_discovered(session: Session, discovery: str, engagements: Iterable[Selected]) -> None:
    """Let these be what a discovery discovered. May be repeated; what has not changed is not written."""
    wanted = {fold(one.key): encode(one) for one in engagements}
    for row in session.scalars(select(DiscoveredRow).where(DiscoveredRow.discovery == discovery)):
        data = wanted.pop(row.key, None)
        if data is None:
            session.delete(row)
        elif row.data != data:
            row.data = data
    session.add_all(DiscoveredRow(discovery=discovery, key=key, data=data) for key, data in wanted.items())


def forget_other_discoveries(session: Session, names: Collection[str]) -> None:
    """Forget what was discovered by any discovery but these."""
    for row in session.scalars(select(DiscoveredRow).where(DiscoveredRow.discovery.not_in(list(names)))):
        session.delete(row)
