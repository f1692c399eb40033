"""The records that syncline made in the tools, and when they were last looked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import WriteKind
from sync.store.outbox import State
from sync.store.records import live_and_read
from sync.store.tables import LookRow, OutboxRow


def last_look(session: Session, connection: str) -> datetime | None:
    """When the records that were made on a connection were last looked for; None: never."""
    row = session.get(LookRow, connection)
    return None if row is None else row.at


def note_look(session: Session, connection: str, now: datetime) -> None:
    """Note that they were looked for now."""
    session.merge(LookRow(connection=connection, at=now))


def made_and_live(session: Session, connection: str) -> dict[str, list[str]]:
    """Stream -> ids of the records made on a connection that are taken to be there, in places that can be read."""
    query = select(OutboxRow.stream, OutboxRow.record_id).where(
        OutboxRow.connection == connection,
        OutboxRow.state == State.DONE.value,
        OutboxRow.kind.in_((WriteKind.CREATE.value, WriteKind.UPSERT.value)),
        OutboxRow.record_id != "",
    )
    refs = {f"{connection}:{stream}:{id_}": (stream, id_) for stream, id_ in session.execute(query.distinct())}
    found: dict[str, list[str]] = {}
    for ref in sorted(live_and_read(session, refs)):
        stream, id_ = refs[ref]
        found.setdefault(stream, []).append(id_)
    return found
