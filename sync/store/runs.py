"""Runs, what was held, and conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.plan.types import Conflict, Held
from sync.store.codec import decode, encode
from sync.store.records import chunks
from sync.store.tables import ConflictRow, HeldRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """That a run's plan wrote nothing.

    Attributes:
        basis: What the plan depended on beside the records.
        at: When it was last really made.
        plan: The plan, as JSON; None: noted by a release that did not keep it.
    """

    basis: str
    at: datetime
    plan: Any


def start_run(session: Session, run: str, command: str, now: datetime) -> None:
    """Note that a run began."""
    session.add(RunRow(id=run, command=command, started=now, settled=""))


def finish_run(session: Session, run: str, summary: Mapping[str, Any], now: datetime) -> None:
    """Note that a run ended, and how."""
    row = session.scalars(select(RunRow).where(RunRow.id == run)).one()
    row.finished, row.summary = now, dict(summary)


def knows_run(session: Session, run: str) -> bool:
    """Whether a run with this id ever began on this store."""
    return session.scalar(select(RunRow.seq).where(RunRow.id == run)) is not None


def last_run(session: Session, command: str | None = None) -> RunRow | None:
    """The run that began last, of whatever command or of one; ``finished`` None: it is under way, or was killed."""
    query = select(RunRow).order_by(RunRow.seq.desc()).limit(1)
    return session.scalar(query if command is None else query.where(RunRow.command == command))


def settled_before(session: Session, run: str) -> Settled | None:
    """What the run just before ``run`` noted; None: it noted nothing, or was killed."""
    row = session.scalar(select(RunRow).where(RunRow.id != run).order_by(RunRow.seq.desc()).limit(1))
    if row is None or not row.settled or row.settled_at is None:
        return None
    return Settled(basis=row.settled, at=row.settled_at, plan=row.settled_plan)


def note_settled(session: Session, run: str, settled: Settled) -> None:
    """Note that nothing is left to be written as long as nothing changes."""
    row = session.scalars(select(RunRow).where(RunRow.id == run)).one()
    row.settled, row.settled_at, row.settled_plan = settled.basis, settled.at, settled.plan


def hold_record(session: Session, ref: str, connection: str, message: str, now: datetime) -> None:
    """Note that a record cannot be mapped. Its last good model rows stay."""
    _hold(session, f"record:{ref}", "record", connection, "", ref, message, now)


def release_records(session: Session, refs: Iterable[str], now: datetime) -> None:
    """Records that can be mapped (again), or are gone, are no longer held."""
    for row in _held_rows(session, refs):
        row.closed = row.changed = now


def held_among(session: Session, refs: Iterable[str]) -> frozenset[str]:
    """Those of the records that are held."""
    return frozenset(row.place for row in _held_rows(session, refs))


def _held_rows(session: Session, refs: Iterable[str]) -> Iterator[HeldRow]:
    for part in chunks({f"record:{ref}" for ref in refs}):
        yield from session.scalars(select(HeldRow).where(HeldRow.id.in_(part), HeldRow.closed.is_(None)))


def save_held_writes(session: Session, held: Sequence[Held], now: datetime) -> None:
    """Make ``held`` the wanted writes that were not planned."""
    present = set()
    for one in held:
        id_ = f"write:{one.engagement}|{one.connection}|{one.rule}|{one.target}"
        present.add(id_)
        _hold(session, id_, "write", one.connection, one.engagement, one.target, one.reason, now)
    for row in session.scalars(select(HeldRow).where(HeldRow.kind == "write", HeldRow.closed.is_(None))):
        if row.id not in present:
            row.closed = row.changed = now


def held(session: Session, kind: str | None = None) -> list[HeldRow]:
    """What is held now: records that cannot be mapped (``record``), writes not planned (``write``), or both."""
    query = select(HeldRow).where(HeldRow.closed.is_(None)).order_by(HeldRow.id)
    return list(session.scalars(query if kind is None else query.where(HeldRow.kind == kind)))


def save_conflicts(session: Session, conflicts: Sequence[Conflict], now: datetime) -> None:
    """Make ``conflicts`` the open ones; both values of each are kept, also after it is settled."""
    known = {(r.connection, r.target, r.field): r for r in session.scalars(select(ConflictRow))}
    present = set()
    for one in conflicts:
        key = (one.connection, one.target, one.field_id)
        present.add(key)
        data = encode(one)
        row = known.get(key)
        if row is None:
            row = ConflictRow(connection=one.connection, target=one.target, field=one.field_id, first_seen=now)
            session.add(row)
            known[key] = row
        elif row.closed is None and row.data == data:
            continue
        row.engagement, row.data, row.changed, row.closed = one.engagement, data, now, None
    for key, row in known.items():
        if key not in present and row.closed is None:
            row.closed = row.changed = now


def conflicts(session: Session) -> tuple[Conflict, ...]:
    """The open conflicts."""
    query = select(ConflictRow).where(ConflictRow.closed.is_(None))
    rows = session.scalars(query.order_by(ConflictRow.connection, ConflictRow.target, ConflictRow.field))
    return tuple(decode(Conflict, row.data) for row in rows)


def _hold(
    session: Session, id_: str, kind: str, connection: str, engagement: str, place: str, message: str, now: datetime
) -> None:
    row = session.get(HeldRow, id_)
    if row is None:
        row = HeldRow(id=id_, kind=kind, connection=connection, engagement=engagement, place=place, first_seen=now)
        session.add(row)
    elif row.closed is None and row.message == message:
        return
    row.message, row.changed, row.closed = message, now, None
