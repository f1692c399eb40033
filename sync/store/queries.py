"""What the commands that look ask of the store, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import Record
from sync.plan.types import PlannedWrite
from sync.reconcile.result import Finding, RiskState, Status
from sync.store.codec import decode
from sync.store.model import fold
from sync.store.outbox import planned
from sync.store.records import load_records
from sync.store.results import HistoryKind
from sync.store.tables import FindingRow, HistoryRow, OutboxRow, RiskRow, StatusRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNow:
    """The status of an engagement, and since when it has been so."""

    status: Status
    first_seen: datetime
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastStatus:
    """The status that an engagement had until it came to rest."""

    status: Status
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingNow:
    """A finding, and since when it has been seen; ``closed`` None: it is open."""

    finding: Finding
    first_seen: datetime
    changed: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskNow:
    """A risk with its state, and since when it has been so."""

    state: RiskState
    first_seen: datetime
    changed: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of history: what it became (None: closed), when, by which run and under which mapping."""

    at: datetime
    run: str
    mapping: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Something with an id, back to the records that it rests on.

    Attributes:
        id: Its id.
        engagement: Engagement key.
        subject: The thing: a status, a finding, a risk, or a write with what became of it.
        findings: The findings that it rests on (of a finding: itself), the closed ones too.
        risks: The risks that rest on these findings, or that caused the write.
        writes: The outbox rows that it caused (of a write: all rows with its id), newest first.
        records: The evidence: reference -> the record as last read. What is gone or hidden is missing.
        history: Its changes, oldest first (none for a write).
    """

    id: str
    engagement: str
    subject: StatusNow | FindingNow | RiskNow | PlannedWrite
    findings: tuple[FindingNow, ...] = ()
    risks: tuple[RiskNow, ...] = ()
    writes: tuple[OutboxRow, ...] = ()
    records: Mapping[str, Record]
    history: tuple[Change, ...] = ()


def latest_statuses(session: Session) -> dict[str, StatusNow]:
    """Engagement key -> its latest status. Engagements at rest, or never read, are missing."""
    return {row.engagement: _status(row) for row in session.scalars(select(StatusRow).order_by(StatusRow.engagement))}


def last_status(session: Session, engagement: str) -> LastStatus | None:
    """The status that an engagement at rest had before; None: it never had one, or is not at rest."""
    query = select(HistoryRow).where(HistoryRow.kind == HistoryKind.STATUS.value, HistoryRow.subject == engagement)
    rows = session.scalars(query.order_by(HistoryRow.seq.desc()).limit(2)).all()
    if len(rows) < 2 or rows[0].data is not None:
        return None
    return LastStatus(status=decode(Status, rows[1].data), until=rows[0].at)


def open_findings(session: Session, engagement: str | None = None) -> tuple[FindingNow, ...]:
    """The open findings of one engagement or of all, by engagement, kind and subject."""
    query = select(FindingRow).where(FindingRow.closed.is_(None))
    if engagement is not None:
        query = query.where(FindingRow.engagement == engagement)
    rows = session.scalars(query.order_by(FindingRow.engagement, FindingRow.kind, FindingRow.subject))
    return tuple(_finding(row) for row in rows)


def risks(session: Session, engagement: str | None = None) -> tuple[RiskNow, ...]:
    """All risks ever raised of one engagement or of all, by engagement and id."""
    query = select(RiskRow).order_by(RiskRow.engagement, RiskRow.id)
    rows = session.scalars(query if engagement is None else query.where(RiskRow.engagement == engagement))
    return tuple(_risk(row) for row in rows)


def outbox_rows(session: Session, write: str) -> tuple[OutboxRow, ...]:
    """What became of the intents with this write id, newest first: an equal intent of a later run has the same id."""
    return tuple(session.scalars(select(OutboxRow).where(OutboxRow.write == write).order_by(OutboxRow.seq.desc())))


def writes_for(session: Session, engagement: str, causes: Iterable[str]) -> tuple[OutboxRow, ...]:
    """The outbox rows of an engagement that these causes (risk ids, ``status``) led to, newest first."""
    wanted = set(causes)
    query = select(OutboxRow).where(OutboxRow.engagement == engagement).order_by(OutboxRow.seq.desc())
    return tuple(row for row in session.scalars(query) if planned(row).cause in wanted)


def history_of(session: Session, subject: str) -> tuple[Change, ...]:
    """The changes of a finding, risk (by id) or status (by engagement key), oldest first."""
    query = select(HistoryRow).where(HistoryRow.subject == subject).order_by(HistoryRow.seq)
    return tuple(Change(at=r.at, run=r.run, mapping=r.mapping, data=r.data) for r in session.scalars(query))


def trace(session: Session, id_: str) -> Trace | None:
    """What has this id (finding, risk, write, or the key of an engagement for its status), with all it rests on."""
    finding = session.get(FindingRow, id_)
    if finding is not None:
        return _trace(session, id_, finding.engagement, _finding(finding), [id_])
    risk = session.get(RiskRow, id_)
    if risk is not None:
        state = _risk(risk)
        return _trace(session, id_, risk.engagement, state, state.state.risk.findings, causes=[id_])
    rows = outbox_rows(session, id_)
    if rows:
        return _trace_write(session, id_, rows)
    return _trace_status(session, id_)


def _trace_write(session: Session, id_: str, rows: tuple[OutboxRow, ...]) -> Trace | None:
    write = planned(rows[0])
    cause = session.get(RiskRow, write.cause)
    if cause is not None:
        found = _risk(cause).state.risk.findings
    else:
        status = session.get(StatusRow, write.engagement)
        found = () if status is None else _findings_of(_status(status).status)
    made = _trace(session, id_, write.engagement, write, found)
    return replace(made, writes=rows, risks=() if cause is None else (_risk(cause),))


def _trace_status(session: Session, key: str) -> Trace | None:
    rows = [row for row in session.scalars(select(StatusRow)) if fold(row.engagement) == fold(key)]
    if not rows:
        return None
    now = _status(rows[0])
    return _trace(session, rows[0].engagement, rows[0].engagement, now, _findings_of(now.status), causes=["status"])


def _trace(
    session: Session,
    id_: str,
    engagement: str,
    subject: StatusNow | FindingNow | RiskNow | PlannedWrite,
    findings: Sequence[str],
    causes: Sequence[str] = (),
) -> Trace:
    query = select(FindingRow).where(FindingRow.id.in_(list(findings)))
    by_id = {row.id: _finding(row) for row in session.scalars(query)}
    found = tuple(by_id[one] for one in dict.fromkeys(findings) if one in by_id)
    refs = {e.ref for one in found for e in one.finding.evidence} | {one.finding.subject for one in found}
    resting = tuple(r for r in risks(session, engagement) if set(r.state.risk.findings) & set(findings))
    causing = [*causes, *(r.state.risk.id for r in resting)]
    return Trace(
        id=id_,
        engagement=engagement,
        subject=subject,
        findings=found,
        risks=resting,
        writes=writes_for(session, engagement, causing),
        records=load_records(session, refs),
        history=history_of(session, id_),
    )


def _findings_of(status: Status) -> tuple[str, ...]:
    reasons = [*status.reasons, *(r for d in status.dimensions for r in d.reasons)]
    return tuple(dict.fromkeys(finding for reason in reasons for finding in reason.findings))


def _status(row: StatusRow) -> StatusNow:
    status = replace(decode(Status, row.data), true_of=row.true_of)
    return StatusNow(status=status, first_seen=row.first_seen, changed=row.changed)


def _finding(row: FindingRow) -> FindingNow:
    finding = decode(Finding, row.data)
    return FindingNow(finding=finding, first_seen=row.first_seen, changed=row.changed, closed=row.closed)


def _risk(row: RiskRow) -> RiskNow:
    state = decode(RiskState, row.data)
    return RiskNow(state=state, first_seen=row.first_seen, changed=row.changed, closed=row.closed)
