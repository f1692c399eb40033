"""The one project model that all tools are mapped into.

A reference (``…_ref``) is ``connection:stream:id`` of a record. Attributes that a tool does not say are None, never a
guess; a value that the mapping does not know is kept raw in ``unmapped`` and the attribute is None (or ``UNMAPPED``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from mapping.ties import Link


class Access(StrEnum):
    """How widely an entity may be seen, from its record. Same words as the port's visibility."""

    PUBLIC = "public"
    INTERNAL = "internal"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount with its currency (ISO 4217), exactly as the tool says it: nothing is rounded."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """A value that the mapping's table does not know.

    Attributes:
        attribute: The model attribute it was for.
        field: The tool's field.
        value: What the tool said.
    """

    attribute: str
    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What all entities of the model have.

    Attributes:
        ref: Reference of the record it was mapped from.
        key: What people call it.
        url: Where a person can open it.
        access: How widely it may be seen.
        updated: Last change in the tool (aware UTC), if known.
        unmapped: Values that were not understood.
    """

    ref: str
    key: str
    url: str
    access: Access
    updated: datetime | None = None
    unmapped: tuple[Unmapped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Entity):
    """The customer or partner organisation."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Entity):
    """One login of a human in one tool; ``mapping.people`` joins logins to persons."""

    display_name: str
    email: str | None
    active: bool | None


class Stage(StrEnum):
    """Where an engagement stands. Only ACTIVE ones are reconciled."""

    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement(Entity):
    """One project under one contract for one account: the unit that a PM manages.

    ``key`` is the engagement key (``NIM-01``).

    Attributes:
        name: What people call it.
        account_ref: Its account, or None.
        contract: Number of its contract, or None.
        stage: Where it stands.
        start: First day of the contract.
        end: Last day of the contract.
        budget: What the contract is worth.
        manager_ref: Its project manager, or None.
        rate: What one hour of work is billed at, or None when it is not billed by the hour.
        baseline_refs: Baselines that its record names; others name it.
    """

    name: str
    account_ref: str | None
    contract: str | None
    stage: Stage
    start: date | None
    end: date | None
    budget: Money | None
    manager_ref: str | None
    rate: Money | None = None
    baseline_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeBaseline(Entity):
    """A dated version of the SoW.

    It belongs to the engagement of ``engagement_ref``, else to the one that names it or that ``engagement_key`` names,
    else to the one whose place it lies in.

    Attributes:
        engagement_ref: Its engagement's record, or None.
        version: Its number; the highest that is in force counts.
        signed_on: When it was signed or approved; None: it is a draft, and never in force.
        engagement_key: Key of its engagement, or None.
        effective_on: It is in force from this day on, and not before it is signed; None: from the day it was signed.
        edits: How often what it says was changed after it was signed, under the same version; None: its source does
            not tell.
        standing: It has no versions: it is what stands in a place now, and always in force.
    """

    engagement_ref: str | None
    version: int
    signed_on: date | None
    engagement_key: str | None = None
    effective_on: date | None = None
    edits: int | None = None
    standing: bool = False


class ScopeState(StrEnum):
    """State of a scope item in its baseline."""

    ACTIVE = "active"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeItem(Entity):
    """One line of the SoW in one baseline.

    ``key`` is the item key (``SI-03``), stable across the baselines of one engagement. An item without a baseline is
    scope as it stands: of the engagement that ``engagement_key`` names, else of the one whose place it lies in.
    """

    baseline_ref: str | None
    title: str
    text: str
    due: date | None
    budget: Money | None
    acceptance: str
    state: ScopeState
    engagement_key: str | None = None
    effort_s: int | None = None  # effort sold, in seconds of work


class OwedBy(StrEnum):
    """Who owes a deliverable."""

    US = "us"
    THIRD_PARTY = "third_party"
    UNMAPPED = "unmapped"


class DeliverableState(StrEnum):
    """State of a deliverable."""

    OPEN = "open"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    UNMAPPED = "unmapped"


class ReferenceKind(StrEnum):
    """What a cross-tool reference found in a record points at, whatever the tool."""

    WORK = "work"
    MILESTONE = "milestone"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A cross-tool reference as written by a person, with its evidence.

    Attributes:
        kind: What it points at.
        value: What the record is called (``WorkItem.names``), or its id.
        host: Host of the URL it was written as, or None when it was a bare key.
        field: The field it was found in.
        text: The very text that was found.
    """

    kind: ReferenceKind
    value: str
    host: str | None
    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverable(Entity):
    """Something owed by a date, by us or by a third party."""

    engagement_ref: str
    title: str
    owed_by: OwedBy
    third_party_ref: str | None
    promised_for: date | None
    needed_by: date | None
    delivered_on: date | None
    state: DeliverableState
    scope_item_keys: tuple[str, ...]
    tracking: tuple[Reference, ...]


class WorkClass(StrEnum):
    """What kind of thing a work item is for the rules (``docs/findings.md``)."""

    WORK = "work"
    EPIC = "epic"
    SUB_TASK = "sub_task"
    ANCHOR = "anchor"
    RISK = "risk"
    DELIVERABLE = "deliverable"
    CHANGE = "change"  # a pull request or merge proposal: how work is done, not work by itself


class WorkState(StrEnum):
    """State of a work item."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of a work item on a scope item, as written.

    Attributes:
        engagement_key: Engagement that the claim is qualified with, or None.
        item_key: Scope item key, or empty when the claim is a record URL.
        record_id: Id (in its long form) of the scope item record, when written as a URL or as an id; else empty.
        field: The field it was found in.
        text: The very text that was found.
    """

    engagement_key: str | None
    item_key: str
    record_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem(Entity):
    """An issue, a pull request, a bug task, a blueprint: whatever a tool calls a piece of work.

    Attributes:
        connection: Connection it lies in.
        place: Partition key of its place (a project, a repository).
        work_class: For the rules.
        type: The tool's own type name.
        status: The tool's own status name.
        state: Mapped state.
        parent_ref: Its parent (sub-task's issue, issue's epic), or None.
        parent_key: Key of the parent when only the key is known (Data Center: Epic Link), else None.
        assignee: The tool's login id of the assignee, or None.
        due: Due date.
        billable: False when marked so; True when marked so; None when it is not said (counts as billable).
        out_of_contract: Marked as work outside any contract.
        engagement_keys: Engagements that its Engagement field names.
        claims: Own claims on scope items.
        milestone_refs: Versions it is to be fixed in.
        labels: All labels.
        references: Cross-tool references found in it.
        estimate_s: Original estimate in seconds.
        spent_s: Time logged in seconds.
        priority: The tool's own name of its priority, or empty.
        sprints: Names of the sprints that it is or was in.
        may_be_anchor: It is an anchor if the configuration names it as one, whatever its class.
        labels_with: Name of what its labels really lie on when several work items share them, else None.
        names: Names beside its key by which references mean it.
        host: Host by which references mean it, or empty: that of its URL.
        remaining_s: Time that is still estimated to be needed, in seconds.
        links: What the tool's own links say of it.
    """

    connection: str
    place: str
    title: str
    work_class: WorkClass
    type: str
    status: str
    state: WorkState
    parent_ref: str | None
    parent_key: str | None
    assignee: str | None
    due: date | None
    billable: bool | None
    out_of_contract: bool
    engagement_keys: tuple[str, ...]
    claims: tuple[Claim, ...]
    milestone_refs: tuple[str, ...]
    labels: tuple[str, ...]
    references: tuple[Reference, ...]
    estimate_s: int | None
    spent_s: int | None
    priority: str = ""
    sprints: tuple[str, ...] = ()
    may_be_anchor: bool = False
    labels_with: str | None = None
    names: tuple[str, ...] = ()
    host: str = ""
    remaining_s: int | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone(Entity):
    """A version or milestone. ``key`` is what people call it.

    Attributes:
        connection: Connection it lies in.
        place: Partition key of its place.
        due: Release or due date.
        released: It is over: released, closed or no longer active. None: the tool does not say.
        names: Names by which references mean it.
        host: Host by which references mean it, or empty: that of its URL.
    """

    connection: str
    place: str
    due: date | None
    released: bool | None
    names: tuple[str, ...] = ()
    host: str = ""
