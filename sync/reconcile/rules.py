"""Which rules there are, and what they conclude together for one engagement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.reconcile.result import Finding, FindingKind, Risk, Status
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What reconciliation concludes for one engagement.

    Attributes:
        engagement: Engagement key.
        findings: Sorted by kind, then subject; one for each (kind, subject).
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


def reconcile(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Result:
    """Apply every rule to one engagement. Depends on nothing but its arguments; the order of the view's tuples changes nothing.

    Args:
        view: The engagement.
        now: The instant of the run (aware UTC). Today is its date in UTC.
        settings: Thresholds.
    """
    raise NotImplementedError
