"""Which rules there are, and what they conclude together for one engagement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mapping.model import Stage
from sync.reconcile import contradictions, deliverables, freshness, scope, unmapped
from sync.reconcile.freshness import concluded
from sync.reconcile.result import Finding, FindingKind, Risk, Status
from sync.reconcile.risks import raise_risks
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.status import status_of
from sync.reconcile.view import EngagementView

SEMANTICS = 3
"""Raised when equal views begin to give other findings, risks or texts, so that everything is reconciled again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        kind: The kind of finding it raises, which is its name.
        find: Finds it in one active engagement; pure.
    """

    kind: FindingKind
    find: Callable[[EngagementView, datetime, ReconcileSettings], Iterable[Finding]]


RULES: tuple[Rule, ...] = (
    Rule(kind=FindingKind.SCOPE_UNCOVERED, find=scope.uncovered),
    Rule(kind=FindingKind.SCOPE_ORPHAN_WORK, find=scope.orphan_work),
    Rule(kind=FindingKind.SCOPE_CLAIMED_TWICE, find=scope.claimed_twice),
    Rule(kind=FindingKind.DELIVERABLE_DATES_DISAGREE, find=deliverables.dates_disagree),
    Rule(kind=FindingKind.DELIVERABLE_LATE, find=deliverables.late),
    Rule(kind=FindingKind.WORK_CONTRADICTION, find=contradictions.contradiction),
    Rule(kind=FindingKind.MILESTONE_CLOSED_WITH_OPEN_WORK, find=contradictions.closed_milestones),
    Rule(kind=FindingKind.DATA_UNMAPPED_VALUE, find=unmapped.unmapped_value),
    Rule(kind=FindingKind.SOURCE_STALE, find=freshness.source_stale),
)
"""Every rule of this release, one for each kind of finding (``docs/findings.md``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What reconciliation concludes for one engagement.

    Attributes:
        engagement: Engagement key.
        findings: Sorted by kind, then subject; one for each (kind, subject). An engagement whose stage is not
            understood has that finding alone.
        risks: The risks that are raised now; their lifecycle is ``sync.reconcile.risks.lifecycle``.
        status: The status; None for an engagement that is at rest (not active).
        concluded: Kinds whose absence can be believed. A finding or risk of another kind that is missing here must be
            neither closed nor forgotten: the sources that it rests on are stale. Empty for an engagement at rest.
    """

    engagement: str
    findings: tuple[Finding, ...]
    risks: tuple[Risk, ...]
    status: Status | None
    concluded: frozenset[FindingKind]


def reconcile(
    view: EngagementView, now: datetime, settings: ReconcileSettings, rules: Sequence[Rule] = RULES
) -> Result:
    """Apply every rule to one engagement.

    Depends on nothing but its arguments; the order of the view's tuples changes nothing.

    Args:
        view: The engagement.
        now: The instant of the run (aware). Today is its date in UTC.
        settings: Thresholds.
        rules: The rules to apply.
    """
    if view.engagement.stage is not Stage.ACTIVE:
        found_in_stage = unmapped.of_the_engagement_itself(view) if view.engagement.stage is Stage.UNMAPPED else ()
        at_rest = frozenset[FindingKind]()
        return Result(engagement=view.engagement.key, findings=found_in_stage, risks=(), status=None, concluded=at_rest)
    instant = now.astimezone(UTC)
    found = {(f.kind, f.subject): f for rule in rules for f in rule.find(view, instant, settings)}
    findings = tuple(found[key] for key in sorted(found))
    return Result(
        engagement=view.engagement.key,
        findings=findings,
        risks=raise_risks(view, findings),
        status=status_of(view, findings, instant, settings),
        concluded=concluded(view, instant, settings) - _undecided(view, instant),
    )


def _undecided(view: EngagementView, instant: datetime) -> frozenset[FindingKind]:
    """What cannot be concluded while nothing says which of several sources of scope counts."""
    rivals = scope.rival_sources(view, instant.date())
    return frozenset({FindingKind.SCOPE_UNCOVERED} if rivals else ())
