"""What the rules are given for one engagement: everything they need, frozen, and nothing to ask further."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from mapping.model import (
    Account,
    Deliverable,
    Engagement,
    Milestone,
    Person,
    ScopeBaseline,
    ScopeItem,
    WorkClass,
    WorkItem,
)


def fold(key: str) -> str:
    """A key in the form in which keys are compared: without regard to case or surrounding space."""
    return key.strip().casefold()


def with_anchors(work: Iterable[WorkItem], anchors: Collection[tuple[str, str]]) -> tuple[WorkItem, ...]:
    """The work items, those that are anchors because the configuration names them (connection, folded key) as such."""
    return tuple(
        replace(item, work_class=WorkClass.ANCHOR)
        if item.may_be_anchor and (item.connection, fold(item.key)) in anchors
        else item
        for item in work
    )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SourceState:
    """How well one partition that the engagement needs was read.

    Attributes:
        connection: Name of the connection.
        stream: Stream.
        partition: Key of the partition (a project, an object).
        read_at: Instant (aware UTC) up to which the partition is completely read; None: never completely read.
        error: Why the last read failed, for a person; empty when it did not.
    """

    connection: str
    stream: str
    partition: str
    read_at: datetime | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of the engagement, as configured.

    Attributes:
        connection: Name of the connection.
        place: Its partition key (a project, a repository).
        anchor_key: Key of the issue that stands for the engagement there, or None: nothing is written on an anchor
            there.
    """

    connection: str
    place: str
    anchor_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimIndex:
    """Which scope items exist, in baselines of whatever state, over all engagements: what a claim may resolve to.

    Keys may be in any case; they are compared folded.

    Attributes:
        items: Engagement key -> item keys of any of its baselines.
        records: Id of a scope item's record (18 characters, where ids have two forms) -> (engagement key, item key).
        work: Reference of a work item whose record is itself a scope item -> the same.
    """

    items: Mapping[str, frozenset[str]] = field(default_factory=dict)
    records: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    work: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def folded_items(self) -> Mapping[str, frozenset[str]]:
        """``items`` with all keys folded; made once, since all engagements share the index."""
        return {fold(key): frozenset(map(fold, items)) for key, items in self.items.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSource:
    """Where baselines of one engagement come from.

    Attributes:
        name: What a person calls it (``sow NIM-01.csv``).
        baselines: References of the baselines that it gives.
    """

    name: str
    baselines: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementView:
    """Everything that the rules need for one engagement.

    The order within the tuples carries no meaning, save in ``places``.

    Attributes:
        engagement: The engagement.
        account: Its account, if known.
        baselines: All its baselines, signed or not.
        items: The scope items of all of these.
        deliverables: Its deliverables, in any state.
        work: Work items in its places; those elsewhere that claim one of its items; the issues that track its
            deliverables wherever they lie; what refers to one of these or is referred to by one, and the same of that;
            and all ancestors of these. No item twice. Those that the configuration names as anchors are of that class.
        milestones: Those of its places, those that its deliverables refer to, and those that its work is tied to,
            wherever they lie.
        people: Logins that appear in ``work`` and in the engagement.
        sources: State of every partition that it needs (``sync.selection.needed``).
        places: Its places in the order of the configuration; the first with an anchor is where its risk issues are
            made.
        shared: (connection, place) -> keys of all configured engagements that have the place. Holds every configured
            place in which an item of ``work`` lies.
        known: What claims may resolve to.
        scope: The sources of its scope, those first that count first; empty: all baselines are of one.
        scope_chosen: The configuration says which of several sources counts; else none of them does.
    """

    engagement: Engagement
    account: Account | None
    baselines: tuple[ScopeBaseline, ...]
    items: tuple[ScopeItem, ...]
    deliverables: tuple[Deliverable, ...]
    work: tuple[WorkItem, ...]
    milestones: tuple[Milestone, ...]
    people: tuple[Person, ...]
    sources: tuple[SourceState, ...]
    places: tuple[Place, ...]
    shared: Mapping[tuple[str, str], tuple[str, ...]]
    known: ClaimIndex
    scope: tuple[ScopeSource, ...] = ()
    scope_chosen: bool = False
