"""The thresholds that reconciliation is given; nothing in it reads a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings:
    """Thresholds of the rules and of the status (``docs/findings.md``).

    Attributes:
        max_age: A source not completely read within this time is stale. Exactly this old is still fresh.
        tolerance_working_days: Dates of one deliverable may lie this many working days apart; more is a disagreement.
        uncovered_soon_days: An uncovered item due within this many calendar days is of high severity.
        late_critical_working_days: A deliverable later than this is of critical severity.
        late_red_working_days: A deliverable later than this makes its dimension red; less makes it amber.
        scope_red_percent: A larger share of uncovered value, or of orphan work, makes the scope red; less makes it
            amber.
    """

    max_age: timedelta = timedelta(hours=2)
    tolerance_working_days: int = 5
    uncovered_soon_days: int = 30
    late_critical_working_days: int = 20
    late_red_working_days: int = 5
    scope_red_percent: int = 5
