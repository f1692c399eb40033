"""What reconciliation yields: findings, risks and the status, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mapping.model import Access
from sync.reconcile.identity import short_id


class FindingKind(StrEnum):
    """Kinds of finding that this release reconciles (``docs/findings.md``)."""

    SCOPE_UNCOVERED = "scope.uncovered"
    SCOPE_ORPHAN_WORK = "scope.orphan_work"
    SCOPE_CLAIMED_TWICE = "scope.claimed_twice"
    DELIVERABLE_DATES_DISAGREE = "deliverable.dates_disagree"
    DELIVERABLE_LATE = "deliverable.late"
    WORK_CONTRADICTION = "work.contradiction"
    MILESTONE_CLOSED_WITH_OPEN_WORK = "milestone.closed_with_open_work"
    DATA_UNMAPPED_VALUE = "data.unmapped_value"
    SOURCE_STALE = "source.stale"


class Severity(StrEnum):
    """How bad it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that a conclusion rests on.

    Attributes:
        ref: Reference of the record (or the partition, for staleness).
        field: Field or attribute.
        value: What it says, as text for a person.
        url: Where to open it, or empty.
        key: What people call the record, or empty.
        access: How widely the fact may be shown.
    """

    ref: str
    field: str
    value: str
    url: str = ""
    key: str = ""
    access: Access = Access.INTERNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that reconciliation noticed. Identity: (engagement, kind, subject).

    Attributes:
        engagement: Engagement key.
        kind: Its kind.
        subject: ``connection:stream:id`` or ``engagement:KEY``.
        severity: How bad.
        summary: One sentence for a person; names keys, and titles only of records that are not restricted.
        evidence: The facts, the foremost first.
        access: The narrowest access of what the summary tells.
        value: Numbers that the status rules need (``days_late``, ``spread_working_days``, ``budget`` …), as text.
    """

    engagement: str
    kind: FindingKind
    subject: str
    severity: Severity
    summary: str
    evidence: tuple[Evidence, ...]
    access: Access = Access.INTERNAL
    value: Mapping[str, str]

    @property
    def id(self) -> str:
        """Stable short id, ``F-`` and ten characters, from engagement, kind and subject."""
        return short_id("F", self.engagement, self.kind.value, self.subject)


class RiskCategory(StrEnum):
    """What a risk threatens."""

    SCHEDULE = "schedule"
    SCOPE = "scope"
    COST = "cost"
    BUDGET = "budget"
    RESOURCES = "resources"


class RiskLifecycle(StrEnum):
    """Lifecycle of a risk that a rule raised.

    A closed risk whose condition returns is opened again with the same identity.
    """

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Something that threatens an engagement. Identity: (engagement, rule, subject).

    Attributes:
        engagement: Engagement key.
        rule: Name of the rule that raised it (``deliverable.late``).
        subject: As in findings; aggregated risks have ``engagement:KEY``.
        category: What it threatens.
        severity: How bad.
        title: Short sentence, at most 80 characters, without text of restricted records.
        description: What, why, and what to do, plain text of some lines, without text of restricted records.
        subject_url: Where to open the subject, or empty.
        findings: Ids of the findings it rests on.
        label_targets: References of work items that shall bear the label of this risk.
    """

    engagement: str
    rule: str
    subject: str
    category: RiskCategory
    severity: Severity
    title: str
    description: str
    subject_url: str
    findings: tuple[str, ...]
    label_targets: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Stable short id, ``R-`` and ten characters, from engagement, rule and subject."""
        return short_id("R", self.engagement, self.rule, self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskState:
    """A risk with its lifecycle, as the store remembers it.

    Attributes:
        risk: As last raised.
        lifecycle: Open or closed.
        raised_on: Date it was first raised.
        changed_on: Date of the last change of lifecycle.
        closed_reason: Why it was closed, or empty.
    """

    risk: Risk
    lifecycle: RiskLifecycle
    raised_on: date
    changed_on: date
    closed_reason: str = ""


class Colour(StrEnum):
    """A light. UNKNOWN is a colour of its own, never a shade of green."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


class Dimension(StrEnum):
    """What a status looks at. Dimensions without a rule in this release are reported as not assessed."""

    SCHEDULE = "schedule"
    SCOPE = "scope"
    THIRD_PARTIES = "third_parties"
    COST = "cost"
    FRESHNESS = "freshness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a dimension has its colour.

    Attributes:
        text: One sentence for a person, with the value, the threshold and the margin.
        findings: Ids of the findings it rests on.
    """

    text: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionStatus:
    """The light of one dimension; ``colour`` None: not assessed."""

    dimension: Dimension
    colour: Colour | None
    reasons: tuple[Reason, ...]
    to_green: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The status of an engagement.

    Attributes:
        engagement: Engagement key.
        colour: Overall.
        reasons: Foremost first, from the dimensions that made the colour.
        dimensions: All of them.
        true_of: The instant it is true of: the oldest ``as_of`` of the sources it rests on; None when a source was
            never read.
    """

    engagement: str
    colour: Colour
    reasons: tuple[Reason, ...]
    dimensions: tuple[DimensionStatus, ...]
    true_of: datetime | None
