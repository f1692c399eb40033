"""What people keep in registers beside scope and work: engineering requests, risks, mitigations, dependencies.

No rule rests on these kinds; they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mapping.model import Entity, Money, Reference


class RequestState(StrEnum):
    """Where an engineering request stands. Declined and billed ones are settled."""

    REQUESTED = "requested"
    TRIAGED = "triaged"
    APPROVED = "approved"
    DECLINED = "declined"
    BILLED = "billed"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineeringRequest(Entity):
    """Work asked for that no contract covers.

    It belongs to the engagement of ``engagement_ref``, else to the one that ``engagement_key`` names, else to those
    whose place it lies in.

    Attributes:
        title: What is asked for, in one line.
        state: Where it stands.
        engagement_ref: Its engagement's record, or None.
        engagement_key: Key of its engagement, or None.
        text: What is asked for, in full.
        requested_on: When it was asked for.
        requested_by: Who asked, as the tool says it; empty: it does not.
        decided_on: When it was approved or declined.
        effort_s: Work that it is estimated to take, in seconds.
        amount: What is asked for it, or billed.
        tracking: The work items that it is done in.
    """

    title: str
    state: RequestState
    engagement_ref: str | None = None
    engagement_key: str | None = None
    text: str = ""
    requested_on: date | None = None
    requested_by: str = ""
    decided_on: date | None = None
    effort_s: int | None = None
    amount: Money | None = None
    tracking: tuple[Reference, ...] = ()


class Lifecycle(StrEnum):
    """Where a risk stands in the tool that keeps it."""

    OPEN = "open"
    MITIGATING = "mitigating"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk(Entity):
    """Something that threatens an engagement, as a tool keeps it: one that syncline wrote, or one of people alone.

    ``key`` is the id of the risk that syncline wrote there; of one that people keep, what its tool calls it. It belongs
    to an engagement as an ``EngineeringRequest`` does.

    Attributes:
        title: What threatens, in one line.
        lifecycle: Where it stands.
        engagement_ref: Its engagement's record, or None.
        engagement_key: Key of its engagement, or None.
        text: What threatens, in full.
        category: What it threatens, in the tool's own word; empty: it does not say.
        severity: How bad it is, in the tool's own word; empty: it does not say.
        owner_ref: Who sees to it, or None.
        owner: Who sees to it, as the tool says it where that names no record; else empty.
        raised_on: When it was raised.
        closed_reason: Why it was closed, or empty.
    """

    title: str
    lifecycle: Lifecycle
    engagement_ref: str | None = None
    engagement_key: str | None = None
    text: str = ""
    category: str = ""
    severity: str = ""
    owner_ref: str | None = None
    owner: str = ""
    raised_on: date | None = None
    closed_reason: str = ""


class MitigationState(StrEnum):
    """State of a mitigation."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation(Entity):
    """One thing that somebody does so that a risk does not strike, or strikes less.

    Attributes:
        title: What is done, in one line.
        state: Where it stands.
        risk_ref: The record of its risk; None: it belongs to none (any more).
        text: What is done, in full.
        owner_ref: Who does it (who need not be the risk's owner), or None.
        owner: Who does it, as the tool says it where that names no record; else empty.
        due: When it is to be done.
    """

    title: str
    state: MitigationState
    risk_ref: str | None = None
    text: str = ""
    owner_ref: str | None = None
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverableDependency(Entity):
    """One deliverable cannot be delivered before another one is.

    Attributes:
        deliverable_ref: The deliverable that waits; None: it is gone.
        depends_on_ref: The deliverable that it waits for, of whatever engagement; None: it is gone.
        text: Why, or empty.
    """

    deliverable_ref: str | None = None
    depends_on_ref: str | None = None
    text: str = ""
