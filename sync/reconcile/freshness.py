"""Which sources are too old, and what can therefore not be concluded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from mapping.model import Access
from sync.reconcile.result import Dimension, Evidence, Finding, FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, SourceState

_NOT_FOR_DELIVERABLES = frozenset({"baselines", "scope_items", "opportunities", "opportunity_products", "scope"})
_NOT_FOR_SCOPE = frozenset({"versions", "milestones", "deliverables"})
_NOT_FOR_MILESTONES = frozenset({"deliverables"})

_WITHOUT: dict[FindingKind | Dimension, frozenset[str]] = {
    FindingKind.SCOPE_UNCOVERED: frozenset(),  # by its rule: not concluded while any source of the engagement is stale
    FindingKind.SCOPE_ORPHAN_WORK: _NOT_FOR_SCOPE,
    FindingKind.SCOPE_CLAIMED_TWICE: _NOT_FOR_SCOPE,
    FindingKind.DELIVERABLE_DATES_DISAGREE: _NOT_FOR_DELIVERABLES,
    FindingKind.DELIVERABLE_LATE: _NOT_FOR_DELIVERABLES,
    FindingKind.WORK_CONTRADICTION: _NOT_FOR_SCOPE,
    FindingKind.MILESTONE_CLOSED_WITH_OPEN_WORK: _NOT_FOR_MILESTONES,
    FindingKind.DATA_UNMAPPED_VALUE: frozenset(),  # any of them may hold one
    Dimension.SCHEDULE: _NOT_FOR_DELIVERABLES,
    Dimension.THIRD_PARTIES: _NOT_FOR_DELIVERABLES,
    Dimension.SCOPE: _NOT_FOR_SCOPE,
    Dimension.FRESHNESS: frozenset(),
}
"""Streams that a kind of finding or a dimension does not rest on; it rests on every other source of the engagement."""


def is_stale(source: SourceState, now: datetime, settings: ReconcileSettings) -> bool:
    """Never completely read, or not within the maximum age.

    An instant further than that in the future is not believed either.
    """
    if source.read_at is None:
        return True
    return not -settings.max_age <= now - source.read_at <= settings.max_age


def stale_sources(view: EngagementView, now: datetime, settings: ReconcileSettings) -> tuple[SourceState, ...]:
    """The stale sources of the engagement, sorted."""
    return tuple(sorted({s for s in view.sources if is_stale(s, now, settings)}, key=_order))


def resting_on(what: FindingKind | Dimension, sources: Iterable[SourceState]) -> tuple[SourceState, ...]:
    """Those of ``sources`` that a kind of finding or a dimension rests on."""
    return tuple(source for source in sources if source.stream not in _WITHOUT[what])


def concluded(view: EngagementView, now: datetime, settings: ReconcileSettings) -> frozenset[FindingKind]:
    """Kinds of finding whose absence can be believed now."""
    stale = stale_sources(view, now, settings)
    return frozenset(k for k in FindingKind if k is FindingKind.SOURCE_STALE or not resting_on(k, stale))


def claims_can_resolve(view: EngagementView) -> bool:
    """False while the scope of the engagement was never completely read: then no claim could resolve."""
    return not any(s.read_at is None and s.stream in _NOT_FOR_DELIVERABLES for s in view.sources)


def source_stale(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:
    """``source.stale``: one finding a place or object, named by the first of its stale streams."""
    for source in one_a_place(stale_sources(view, now, settings)):
        yield _finding(view, source, settings)


def one_a_place(sources: Iterable[SourceState]) -> tuple[SourceState, ...]:
    """The first of the sources of each place or object, in the order of their streams' names."""
    first: dict[tuple[str, str], SourceState] = {}
    for source in sorted(sources, key=_order):
        first.setdefault((source.connection, source.partition), source)
    return tuple(first.values())


def _finding(view: EngagementView, source: SourceState, settings: ReconcileSettings) -> Finding:
    subject = f"{source.connection}:{source.stream}:{source.partition}"
    last = instant_text(source.read_at)
    evidence = [Evidence(ref=subject, field="completely read", value=last)]
    if source.error:
        evidence.append(Evidence(ref=subject, field="last error", value=source.error))
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.SOURCE_STALE,
        subject=subject,
        severity=Severity.HIGH,
        summary=stale_text(source, settings),
        evidence=tuple(evidence),
        access=Access.INTERNAL,
        value={"read_at": last, "max_age_minutes": str(int(settings.max_age.total_seconds() // 60))},
    )


def stale_text(source: SourceState, settings: ReconcileSettings) -> str:
    """One sentence on a stale source; holds no age, so that it stays the same while nothing is read."""
    name = f"{source.connection} {source.partition} ({source.stream})"
    if source.read_at is None:
        return f"{name} is not completely read"
    return (
        f"{name} was last completely read {instant_text(source.read_at)}, more than {span_text(settings.max_age)} ago"
    )


def instant_text(instant: datetime | None) -> str:
    """``2026-11-24 10:00 UTC``, or ``never``."""
    return "never" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span_text(span: timedelta) -> str:
    """``2 h`` or ``90 min``."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _order(source: SourceState) -> tuple[str, str, str, str, str]:
    return (source.connection, source.partition, source.stream, instant_text(source.read_at), source.error)
