"""Whether the dates of a deliverable agree, and whether it comes in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from mapping.model import (
    Access,
    Deliverable,
    DeliverableState,
    Entity,
    OwedBy,
    ReferenceKind,
    WorkState,
)
from sync.reconcile.calendar import working_days_between
from sync.reconcile.links import Lookup
from sync.reconcile.result import Evidence, Finding, FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import evidence_of, narrowest, titled


class DateSource(IntEnum):
    """Where a date of a deliverable comes from; the lowest that exists is effective."""

    ISSUE = 1
    VERSION = 2
    PROMISE = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Dated:
    """One date that one record gives a deliverable."""

    source: DateSource
    day: date
    ref: str
    field: str
    url: str
    key: str
    access: Access

    def evidence(self) -> Evidence:
        """As evidence."""
        return Evidence(
            ref=self.ref,
            field=self.field,
            value=self.day.isoformat(),
            url=self.url,
            key=self.key,
            access=self.access,
        )


def open_deliverables(view: EngagementView) -> tuple[Deliverable, ...]:
    """The deliverables in state Open, sorted by key."""
    found = [d for d in view.deliverables if d.state is DeliverableState.OPEN]
    return tuple(sorted(found, key=lambda d: (fold(d.key), d.ref)))


def dates_of(lookup: Lookup, deliverable: Deliverable) -> tuple[Dated, ...]:
    """The dates that the deliverable's sources give, the most telling first.

    What cannot be seen, has no date or is a dropped issue gives none.
    """
    found: set[Dated] = set()
    for reference in deliverable.tracking:
        if reference.kind is ReferenceKind.WORK:
            issue = lookup.work(reference)
            if issue is not None and issue.due is not None and issue.state is not WorkState.DROPPED:
                found.add(_dated(DateSource.ISSUE, issue.due, issue, "due date of the tracking issue"))
        elif reference.kind is ReferenceKind.MILESTONE:
            version = lookup.milestone(reference)
            if version is not None and version.due is not None:
                found.add(_dated(DateSource.VERSION, version.due, version, "release date of the version"))
    if deliverable.promised_for is not None:
        found.add(_dated(DateSource.PROMISE, deliverable.promised_for, deliverable, "promised for"))
    return tuple(sorted(found))


def _dated(source: DateSource, day: date, entity: Entity, field: str) -> Dated:
    return Dated(
        source=source, day=day, ref=entity.ref, field=field, url=entity.url, key=entity.key, access=entity.access
    )


def effective_date(dates: Sequence[Dated], today: date) -> date | None:
    """The first that exists of the issue's, the version's and the promised date, and never before today.

    If several issues track it, the latest of their dates. None: there is no date at all.
    """
    if not dates:
        return None
    first = dates[0].source
    return max(today, *(d.day for d in dates if d.source is first))


def dates_disagree(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``deliverable.dates_disagree``: the dates of an open deliverable lie further apart than the tolerance."""
    lookup = Lookup(view)
    for deliverable in open_deliverables(view):
        dates = dates_of(lookup, deliverable)
        if not dates:
            continue
        first, last = min(dates, key=_by_day), max(dates, key=_by_day)
        spread = working_days_between(first.day, last.day)
        if spread > settings.tolerance_working_days:
            yield _disagreement(view, deliverable, dates, spread, settings)


def _by_day(dated: Dated) -> date:
    return dated.day


def _disagreement(
    view: EngagementView, deliverable: Deliverable, dates: Sequence[Dated], spread: int, settings: ReconcileSettings
) -> Finding:
    said = "; ".join(f"{d.field} {d.day.isoformat()}" for d in dates)
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.DELIVERABLE_DATES_DISAGREE,
        subject=deliverable.ref,
        severity=Severity.MEDIUM,
        summary=f"Dates of {titled(deliverable, deliverable.title)} lie {spread} working days apart: {said}",
        evidence=(*(d.evidence() for d in dates), _state(deliverable)),
        access=narrowest([deliverable.access, *(d.access for d in dates)]),
        value={
            "spread_working_days": str(spread),
            "tolerance_working_days": str(settings.tolerance_working_days),
            "owed_by": deliverable.owed_by.value,
        },
    )


def late(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:
    """``deliverable.late``: the effective date of an open deliverable is after the date it is needed by.

    One without any date is late as soon as the needed-by date is past.
    """
    today, lookup = now.date(), Lookup(view)
    for deliverable in open_deliverables(view):
        if deliverable.needed_by is None:
            continue
        dates = dates_of(lookup, deliverable)
        effective = effective_date(dates, today) or today
        if effective > deliverable.needed_by:
            yield _late(view, deliverable, dates, effective, deliverable.needed_by, settings)


def _late(
    view: EngagementView,
    deliverable: Deliverable,
    dates: Sequence[Dated],
    effective: date,
    needed_by: date,
    settings: ReconcileSettings,
) -> Finding:
    days = working_days_between(needed_by, effective)
    deciding = [d for d in dates if d.source is dates[0].source]
    why = _why(deciding, effective)
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.DELIVERABLE_LATE,
        subject=deliverable.ref,
        severity=Severity.CRITICAL if days > settings.late_critical_working_days else Severity.HIGH,
        summary=f"{titled(deliverable, deliverable.title)} is late by {days} working days: "
        f"{why}, needed by {needed_by.isoformat()}",
        evidence=(
            evidence_of(deliverable, "needed by", needed_by.isoformat()),
            *(d.evidence() for d in deciding),
            _state(deliverable),
        ),
        access=narrowest([deliverable.access, *(d.access for d in deciding)]),
        value={
            "days_late": str(days),
            "needed_by": needed_by.isoformat(),
            "effective": effective.isoformat(),
            "because": why,
            "owed_by": deliverable.owed_by.value,
        },
    )


def _why(deciding: Sequence[Dated], effective: date) -> str:
    """Which date decides; holds no date that moves with today, so that it stays the same while nothing changes."""
    if not deciding:
        return "not delivered and without any date"
    last = max(deciding, key=_by_day)
    passed = " has passed and it is not delivered" if last.day < effective else ""
    return f"{last.field} {last.day.isoformat()}{passed}"


def _state(deliverable: Deliverable) -> Evidence:
    owed = {OwedBy.US: "open, owed by us", OwedBy.THIRD_PARTY: "open, owed by a third party"}
    return evidence_of(deliverable, "state", owed.get(deliverable.owed_by, "open"))
