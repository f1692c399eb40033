"""The outbox: intents to write, committed before anything is sent, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from connectors.core.port import Json, Write, WriteKind
from sync.plan.bases import bases_of
from sync.plan.types import PlannedWrite
from sync.store.codec import decode, encode
from sync.store.records import Stamp, chunks
from sync.store.tables import BaseRow, OutboxRow


class State(StrEnum):
    """Where an intent stands."""

    PLANNED = "planned"  # committed, certainly not sent
    SENDING = "sending"  # sent, or about to be: whether it had effect is not known until it is looked up
    AMBIGUOUS = "ambiguous"  # sent, and no answer could be had: the same, but told by the connector
    DONE = "done"  # it has effect
    STALE = "stale"  # the record changed since the plan; nothing written
    REFUSED = "refused"  # the tool refused what it holds
    FAILED = "failed"  # no effect; a later plan may hold it again
    WAITING = "waiting"  # not sent, because an earlier write of the same record did not end well
    DROPPED = "dropped"  # not sent, because the run ended before its turn; a later plan holds it again if still wanted


UNKNOWN_STATES = (State.SENDING.value, State.AMBIGUOUS.value)
"""States of which only the tool knows whether the write had effect."""


def planned(row: OutboxRow) -> PlannedWrite:
    """The planned write of a row."""
    return decode(PlannedWrite, row.data)


def identity_of(write: Write) -> str:
    """The record that a write is about, for order: two writes with equal identities are never in flight together."""
    if write.kind in (WriteKind.CREATE, WriteKind.UPSERT):
        return f"{write.connection}:{write.stream}:+{write.external_id}"
    return f"{write.connection}:{write.stream}:{write.target}"


def put(session: Session, writes: Sequence[PlannedWrite], plan: str, stamp: Stamp) -> list[OutboxRow]:
    """Commit nothing yet, but lay the intents of a plan into the outbox, in order."""
    rows = [
        OutboxRow(
            write=p.write.id,
            run=stamp.run,
            plan=plan,
            connection=p.write.connection,
            engagement=p.engagement,
            stream=p.write.stream,
            kind=p.write.kind.value,
            target=identity_of(p.write),
            identity=p.write.external_id,
            state=State.PLANNED.value,
            attempts=0,
            record_id="",
            record_key="",
            message="",
            fetched=False,
            created=stamp.now,
            data=encode(p),
        )
        for p in writes
    ]
    session.add_all(rows)
    session.flush()
    return rows


def mark_sending(session: Session, seqs: Iterable[int], now: datetime) -> None:
    """Note that these are about to be sent. Must be committed before the request leaves."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.seq.in_(list(seqs)))
        .values(state=State.SENDING.value, sent=now, attempts=OutboxRow.attempts + 1)
    )


def end(
    session: Session,
    seq: int,
    state: State,
    now: datetime,
    *,
    record_id: str = "",
    key: str = "",
    message: str = "",
) -> None:
    """Note how an intent ended; for DONE also the bases of what was written. One transaction: the caller's."""
    row = session.get_one(OutboxRow, seq)
    row.state, row.ended, row.message = state.value, now, message
    write = planned(row).write
    row.record_id, row.record_key = record_id or ("" if row.kind == WriteKind.CREATE.value else write.target), key
    if state is not State.DONE:
        return
    for field, value in bases_of(write).items():
        session.merge(
            BaseRow(
                connection=write.connection,
                stream=write.stream,
                id=row.record_id,
                field=field,
                value=value,
                write=write.id,
                at=now,
            )
        )


def of_unknown_effect(session: Session, connection: str) -> list[OutboxRow]:
    """Intents of which only the tool knows whether they had effect, oldest first."""
    query = select(OutboxRow).where(OutboxRow.state.in_(UNKNOWN_STATES), OutboxRow.connection == connection)
    return list(session.scalars(query.order_by(OutboxRow.seq)))


def unsettled_connections(session: Session) -> frozenset[str]:
    """Connections with intents of unknown effect."""
    query = select(OutboxRow.connection).where(OutboxRow.state.in_(UNKNOWN_STATES)).distinct()
    return frozenset(session.scalars(query))


def drop_left_planned(session: Session, now: datetime) -> int:
    """End the intents that were committed and never sent: the next plan holds them again if they are still wanted."""
    query = select(OutboxRow).where(OutboxRow.state == State.PLANNED.value)
    rows = list(session.scalars(query))
    for row in rows:
        row.state, row.ended, row.message = State.DROPPED.value, now, "the run ended before its turn"
    return len(rows)


def of_run(session: Session, run: str) -> list[OutboxRow]:
    """All intents of a run, in order."""
    return list(session.scalars(select(OutboxRow).where(OutboxRow.run == run).order_by(OutboxRow.seq)))


def note(session: Session, seq: int, message: str) -> None:
    """Say something about an intent that has ended."""
    session.get_one(OutboxRow, seq).message = message


def not_fetched(session: Session, connection: str) -> list[OutboxRow]:
    """Writes whose records must be read back and were not: they had effect, or the record had changed before."""
    query = (
        select(OutboxRow)
        .where(
            OutboxRow.fetched.is_(False),
            OutboxRow.state.in_((State.DONE.value, State.STALE.value)),
            OutboxRow.connection == connection,
            OutboxRow.record_id != "",
        )
        .order_by(OutboxRow.seq)
    )
    return list(session.scalars(query))


def mark_fetched(session: Session, seqs: Iterable[int]) -> None:
    """Note that the written records have been read back."""
    session.execute(update(OutboxRow).where(OutboxRow.seq.in_(list(seqs))).values(fetched=True))


def was_sent_before(session: Session, write: Write, before_seq: int) -> bool:
    """Whether a CREATE of the same identity was ever sent: then it must be looked for before it is sent again."""
    query = select(OutboxRow.seq).where(
        OutboxRow.connection == write.connection,
        OutboxRow.identity == write.external_id,
        OutboxRow.kind == WriteKind.CREATE.value,
        OutboxRow.attempts > 0,
        OutboxRow.seq <= before_seq,
    )
    return session.scalar(query.limit(1)) is not None


def created(session: Session) -> dict[tuple[str, str], str]:
    """(connection, identity) -> id of the record that is known to bear it, by the latest CREATE or UPSERT."""
    query = (
        select(OutboxRow.connection, OutboxRow.identity, OutboxRow.record_id)
        .where(
            OutboxRow.state.in_((State.DONE.value, State.STALE.value)),
            OutboxRow.kind.in_((WriteKind.CREATE.value, WriteKind.UPSERT.value)),
            OutboxRow.record_id != "",
        )
        .order_by(OutboxRow.seq)
    )
    return {(connection, identity): id_ for connection, identity, id_ in session.execute(query)}


def made_again(session: Session, run: str) -> list[tuple[OutboxRow, str]]:
    """What a run made in place of a record that was made earlier, with the key of the earlier one, in order."""
    done = (
        OutboxRow.kind.in_((WriteKind.CREATE.value, WriteKind.UPSERT.value)),
        OutboxRow.state == State.DONE.value,
        OutboxRow.record_id != "",
    )
    own = session.scalars(select(OutboxRow).where(OutboxRow.run == run, *done).order_by(OutboxRow.seq)).all()
    before: dict[tuple[str, str], OutboxRow] = {}
    for part in chunks({row.identity for row in own}):
        last = (
            select(func.max(OutboxRow.seq))
            .where(OutboxRow.identity.in_(part), OutboxRow.seq < own[0].seq, *done)
            .group_by(OutboxRow.connection, OutboxRow.identity)
        )
        before.update(
            ((r.connection, r.identity), r) for r in session.scalars(select(OutboxRow).where(OutboxRow.seq.in_(last)))
        )
    found = []
    for row in own:
        earlier = before.get((row.connection, row.identity))
        if earlier is not None and earlier.record_id != row.record_id:
            found.append((row, earlier.record_key or earlier.record_id))
    return found


def written_connections(session: Session) -> frozenset[str]:
    """Connections that this store has ever written to."""
    query = select(OutboxRow.connection).where(OutboxRow.state == State.DONE.value).distinct()
    return frozenset(session.scalars(query))


def bases(session: Session) -> dict[tuple[str, str, str, str], Json]:
    """(connection, stream, record id, field id) -> what we last wrote there."""
    return {(r.connection, r.stream, r.id, r.field): r.value for r in session.scalars(select(BaseRow))}
