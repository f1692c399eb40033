"""Findings, risks and statuses: as they are, and every change that they went through."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.reconcile.result import Finding, FindingKind, RiskLifecycle, RiskState, Status
from sync.store.codec import decode, encode
from sync.store.records import Stamp
from sync.store.tables import FindingRow, HistoryRow, ReconciledRow, RiskRow, StatusRow


class HistoryKind(StrEnum):
    """What a row of history is about."""

    FINDING = "finding"
    RISK = "risk"
    STATUS = "status"
    DISCOVERED = "discovered"
    """What a discovery, by its name, has taken up: folded key -> engagement."""


def save_findings(
    session: Session,
    engagement: str,
    findings: Sequence[Finding],
    concluded: Collection[FindingKind],
    stamp: Stamp,
    mapping: str,
) -> None:
    """Make ``findings`` the open ones of an engagement.

    An open finding that is missing is closed only if its kind is ``concluded``; else it stays as it was, since its
    absence cannot be believed. May be repeated.
    """
    known = {row.id: row for row in session.scalars(select(FindingRow).where(FindingRow.engagement == engagement))}
    for finding in findings:
        data = encode(finding)
        row = known.get(finding.id)
        if row is None:
            row = FindingRow(
                id=finding.id,
                engagement=engagement,
                kind=finding.kind.value,
                subject=finding.subject,
                first_seen=stamp.now,
                closed=None,
            )
            session.add(row)
        elif row.closed is None and row.data == data:
            continue
        row.data, row.changed, row.closed, row.mapping = data, stamp.now, None, mapping
        _remember(session, HistoryKind.FINDING, row.id, engagement, data, stamp, mapping)
    present = {finding.id for finding in findings}
    for row in known.values():
        if row.id not in present and row.closed is None and row.kind in set(concluded):
            row.closed = row.changed = stamp.now
            row.mapping = mapping
            _remember(session, HistoryKind.FINDING, row.id, engagement, None, stamp, mapping)
    session.flush()


def close_findings(session: Session, engagement: str, stamp: Stamp, mapping: str) -> None:
    """Close all findings of an engagement that is at rest."""
    save_findings(session, engagement, (), tuple(FindingKind), stamp, mapping)


def load_findings(session: Session, engagement: str) -> tuple[Finding, ...]:
    """The open findings of an engagement, sorted by kind and subject."""
    query = (
        select(FindingRow.data)
        .where(FindingRow.engagement == engagement, FindingRow.closed.is_(None))
        .order_by(FindingRow.kind, FindingRow.subject)
    )
    return tuple(decode(Finding, data) for data in session.scalars(query))


def save_risks(session: Session, engagement: str, states: Sequence[RiskState], stamp: Stamp, mapping: str) -> None:
    """Keep the states of an engagement's risks. No risk is ever forgotten. May be repeated."""
    known = {row.id: row for row in session.scalars(select(RiskRow).where(RiskRow.engagement == engagement))}
    for state in states:
        data = encode(state)
        row = known.get(state.risk.id)
        if row is None:
            row = RiskRow(id=state.risk.id, engagement=engagement, rule=state.risk.rule, first_seen=stamp.now)
            session.add(row)
        elif row.data == data:
            continue
        row.data, row.lifecycle, row.changed, row.mapping = data, state.lifecycle.value, stamp.now, mapping
        row.closed = stamp.now if state.lifecycle is RiskLifecycle.CLOSED else None
        _remember(session, HistoryKind.RISK, row.id, engagement, data, stamp, mapping)
    session.flush()


def load_risks(session: Session, engagement: str | None = None) -> dict[str, tuple[RiskState, ...]]:
    """Engagement key -> the states of its risks, open and closed, sorted by the risk's id."""
    query = select(RiskRow).order_by(RiskRow.engagement, RiskRow.id)
    if engagement is not None:
        query = query.where(RiskRow.engagement == engagement)
    found: dict[str, list[RiskState]] = {}
    for row in session.scalars(query):
        found.setdefault(row.engagement, []).append(decode(RiskState, row.data))
    return {key: tuple(states) for key, states in found.items()}


def save_status(session: Session, status: Status, stamp: Stamp, mapping: str) -> None:
    """Keep the status of an engagement. Only a change other than of ``true_of`` makes history. May be repeated."""
    data = encode(replace(status, true_of=None))
    row = session.get(StatusRow, status.engagement)
    if row is None:
        row = StatusRow(engagement=status.engagement, first_seen=stamp.now)
        session.add(row)
    row.true_of = status.true_of
    if row.data == data:
        return
    row.data, row.colour, row.changed, row.mapping = data, status.colour.value, stamp.now, mapping
    _remember(session, HistoryKind.STATUS, status.engagement, status.engagement, data, stamp, mapping)
    session.flush()


def set_true_of(session: Session, engagement: str, true_of: datetime | None) -> None:
    """A status that has not changed is true of a later instant now. Makes no history."""
    row = session.get(StatusRow, engagement)
    if row is not None and row.true_of != true_of:
        row.true_of = true_of


def load_status(session: Session, engagement: str) -> Status | None:
    """The latest status of an engagement; None: it never had one, or is at rest."""
    row = session.get(StatusRow, engagement)
    return None if row is None else replace(decode(Status, row.data), true_of=row.true_of)


def forget_status(session: Session, engagement: str, stamp: Stamp, mapping: str) -> None:
    """Take the status of an engagement away: it is at rest. Its history stays."""
    row = session.get(StatusRow, engagement)
    if row is not None:
        session.delete(row)
        _remember(session, HistoryKind.STATUS, engagement, engagement, None, stamp, mapping)
        session.flush()


def bases_of_reconciliation(session: Session) -> Mapping[str, str]:
    """Engagement key -> what its last reconciliation rested on, as one text."""
    return {row.engagement: row.basis for row in session.scalars(select(ReconciledRow))}


def forget_engagement(session: Session, engagement: str, stamp: Stamp) -> None:
    """Close what is open for an engagement that is no longer configured. Its risks and history stay."""
    close_findings(session, engagement, stamp, "")
    forget_status(session, engagement, stamp, "")
    row = session.get(ReconciledRow, engagement)
    if row is not None:
        session.delete(row)


def save_reconciled(session: Session, engagement: str, basis: str, now: datetime) -> None:
    """Note what the reconciliation just made rests on."""
    session.merge(ReconciledRow(engagement=engagement, basis=basis, at=now))


def _remember(
    session: Session, kind: HistoryKind, subject: str, engagement: str, data: Any, stamp: Stamp, mapping: str
) -> None:
    session.add(
        HistoryRow(
            kind=kind.value,
            subject=subject,
            engagement=engagement,
            at=stamp.now,
            run=stamp.run,
            mapping=mapping,
            data=data,
        )
    )
