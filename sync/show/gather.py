"""Gathers engagements from the store, as it is or as an earlier state is laid over it, and reconciles them anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import StreamSpec
from mapping.people import Human, Login, join
from sync.reconcile.result import Finding
from sync.reconcile.risks import lifecycle
from sync.reconcile.rules import reconcile
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView
from sync.selection import Selected
from sync.show.facts import CONFIGURATION, Facts
from sync.store.queries import last_status
from sync.store.registers import Registers, load_registers
from sync.store.results import load_findings, load_risks
from sync.store.tables import FindingRow, StatusRow
from sync.store.views import Surroundings, build_view, surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What there is to gather.

    Attributes:
        engagements: All of them, named or discovered.
        streams: Connection -> the streams of its connector.
        settings: Thresholds.
        people: ``[people]``: who has which logins.
        reckoned: Only what follows from the records: nothing of what was found, raised or kept at earlier times.
    """

    engagements: Sequence[Selected]
    streams: Mapping[str, Sequence[StreamSpec]]
    settings: ReconcileSettings
    people: Mapping[str, Sequence[str]]
    reckoned: bool = False


def gather(session: Session, given: Gathering, now: datetime, key: str | None = None) -> list[Facts]:
    """The engagements (or the one of ``key``) as they are at ``now``. Makes no request and writes nothing."""
    around = surroundings(session, given.engagements, given.streams)
    first_seen = {row.id: row.first_seen for row in session.scalars(select(FindingRow))}
    changed = {row.engagement: row.changed for row in session.scalars(select(StatusRow))}
    return [
        _facts(session, one, around, given, now, first_seen, changed.get(one.key))
        for one in given.engagements
        if key in {None, one.key}
    ]


def _facts(
    session: Session,
    one: Selected,
    around: Surroundings,
    given: Gathering,
    now: datetime,
    first_seen: Mapping[str, datetime],
    since: datetime | None,
) -> Facts:
    view = build_view(session, one, around)
    result = None if view is None else reconcile(view, now, given.settings)
    stored = () if given.reckoned else load_findings(session, one.key)
    risks = load_risks(session, one.key).get(one.key, ())
    if given.reckoned:
        risks = () if result is None else lifecycle((), result.risks, now.date(), result.concluded)
    return Facts(
        key=one.key,
        now=now,
        view=view,
        status=result.status if result else None,
        findings=stored if result is None else _standing(result.findings, stored, result.concluded),
        first_seen=first_seen,
        risks=risks,
        since=since,
        origin=one.origin or CONFIGURATION,
        left_out=one.left_out,
        last=None if result is None or result.status is not None else last_status(session, one.key),
        people=() if view is None else _people(view, given.people),
        registers=Registers() if view is None else load_registers(session, one, view.engagement, view.deliverables),
    )


def _people(view: EngagementView, aliases: Mapping[str, Sequence[str]]) -> tuple[Human, ...]:
    """The persons behind the logins of an engagement: joined as ``[people]`` says, and by e-mail address."""
    told = []
    for person in view.people:
        connection, _stream, number = person.ref.split(":", 2)
        told.append(Login(connection=connection, id=number, email=person.email, name=person.display_name))
    known = {(one.connection, one.id) for one in told}
    assigned = {(item.connection, item.assignee) for item in view.work if item.assignee}
    return join([*told, *(Login(connection=c, id=i) for c, i in sorted(assigned - known))], aliases)


def _standing(now: Iterable[Finding], stored: Iterable[Finding], concluded: Iterable[object]) -> tuple[Finding, ...]:
    """What is found now, and what was found before and cannot be concluded away."""
    kinds = set(concluded)
    findings = {f.id: f for f in stored if f.kind not in kinds} | {f.id: f for f in now}
    return tuple(sorted(findings.values(), key=lambda f: (f.kind.value, f.subject)))
