"""Builds, from the store, what the rules are given for one engagement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import StreamSpec
from mapping.model import (
    Account,
    Deliverable,
    Engagement,
    Milestone,
    Person,
    ReferenceKind,
    ScopeItem,
    WorkItem,
)
from sync.reconcile.view import ClaimIndex, EngagementView, Place, SourceState, with_anchors
from sync.selection import Selected, named_anchors, needed, shared_places
from sync.store.family import ancestors, descendants, refs_of_ids
from sync.store.mentions import called, linked_work
from sync.store.model import entities, entities_in, fold, sources_linking
from sync.store.partitions import partition_rows
from sync.store.scope import Owners, claim_index, scope_of
from sync.store.tables import EntityRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is the same for the views of all engagements in one run.

    Attributes:
        streams: Connection -> the streams of its connector.
        shared: (connection, place) -> keys of the configured engagements that have it.
        anchors: (connection, folded key) of every record that the configuration names as an anchor.
        owners: Whose scope is that names no engagement's record.
        known: What claims may resolve to.
        states: (connection, stream, partition key) -> how well it was read.
    """

    streams: Mapping[str, Sequence[StreamSpec]]
    shared: Mapping[tuple[str, str], tuple[str, ...]]
    anchors: frozenset[tuple[str, str]]
    owners: Owners
    known: ClaimIndex
    states: Mapping[tuple[str, str, str], SourceState]


def surroundings(
    session: Session, engagements: Iterable[Selected], streams: Mapping[str, Sequence[StreamSpec]]
) -> Surroundings:
    """Read what the views of all engagements share."""
    states = {
        (connection, partition.stream, partition.key): SourceState(
            connection=connection,
            stream=partition.stream,
            partition=partition.key,
            read_at=row.complete_at,
            error=row.error,
        )
        for (connection, partition), row in partition_rows(session).items()
    }
    configured = tuple(engagements)
    shared = shared_places(configured)
    owners = Owners(configured, shared)
    return Surroundings(
        streams=streams,
        shared=shared,
        anchors=named_anchors(configured),
        owners=owners,
        known=claim_index(session, owners),
        states=states,
    )


def source_states(selected: Selected, around: Surroundings) -> tuple[SourceState, ...]:
    """The state of every partition that the rules rest on for one engagement."""
    return tuple(
        around.states.get(
            (connection, partition.stream, partition.key),
            SourceState(connection=connection, stream=partition.stream, partition=partition.key, read_at=None),
        )
        for connection, partition in needed(selected, around.streams)
    )


def find_engagement(session: Session, selected: Selected) -> Engagement | None:
    """The record of a configured engagement, by its key; None: it is not there (any more)."""
    found = entities(
        session,
        Engagement,
        EntityRow.key_folded == fold(selected.record_key),
        EntityRow.connection == selected.record_connection,
    )
    return found[0] if found else None


def build_view(session: Session, selected: Selected, around: Surroundings) -> EngagementView | None:
    """Everything that the rules need for one engagement; None when its record is not there."""
    engagement = find_engagement(session, selected)
    if engagement is None:
        return None
    scope = scope_of(session, selected, engagement, around.owners)
    deliverables = entities(session, Deliverable, EntityRow.parent == engagement.ref)
    work = with_anchors(_work(session, selected, engagement, scope.items, deliverables, around.known), around.anchors)
    return EngagementView(
        engagement=replace(engagement, key=selected.key),  # as everything else is kept under, also in its case
        account=_account(session, engagement),
        baselines=scope.baselines,
        items=scope.items,
        deliverables=deliverables,
        work=work,
        milestones=_milestones(session, selected, deliverables, work),
        people=_people(session, engagement, work),
        sources=source_states(selected, around),
        places=tuple(Place(connection=p.connection, place=p.place, anchor_key=p.anchor) for p in selected.places),
        shared=_shared(work, around),
        known=around.known,
        scope=scope.sources,
        scope_chosen=bool(selected.scope),
    )


def _account(session: Session, engagement: Engagement) -> Account | None:
    found = entities(session, Account, EntityRow.ref == engagement.account_ref) if engagement.account_ref else ()
    return found[0] if found else None


def _work(
    session: Session,
    selected: Selected,
    engagement: Engagement,
    items: Sequence[ScopeItem],
    deliverables: Sequence[Deliverable],
    known: ClaimIndex,
) -> tuple[WorkItem, ...]:
    refs: set[str] = set()
    for place in selected.places:
        in_place = select(EntityRow.ref).where(
            EntityRow.kind == "work_item", EntityRow.connection == place.connection, EntityRow.place == place.place
        )
        refs.update(session.scalars(in_place))
    claiming = sources_linking(session, "engagement", [fold(engagement.key), fold(selected.key)])
    claiming |= sources_linking(session, "scope_item", (item.ref.split(":", 2)[2] for item in items))
    claiming |= {item.ref for item in items if item.ref in known.work}
    refs |= descendants(session, claiming)
    refs |= linked_work(session, partners := linked_work(session, refs)) | partners
    names = [fold(r.value) for d in deliverables for r in d.tracking if r.kind is ReferenceKind.WORK]
    refs |= called(session, "work_item", names)
    return entities_in(session, WorkItem, EntityRow.ref, ancestors(session, refs))


def _milestones(
    session: Session, selected: Selected, deliverables: Sequence[Deliverable], work: Sequence[WorkItem]
) -> tuple[Milestone, ...]:
    found: dict[str, Milestone] = {}
    for place in selected.places:
        here = entities(session, Milestone, EntityRow.connection == place.connection, EntityRow.place == place.place)
        found.update((milestone.ref, milestone) for milestone in here)
    said = [r.value for d in deliverables for r in d.tracking if r.kind is ReferenceKind.MILESTONE]
    named = refs_of_ids(session, "milestone", said) | called(session, "milestone", map(fold, said))
    elsewhere = (named | {ref for item in work for ref in item.milestone_refs}) - set(found)
    found.update((m.ref, m) for m in entities_in(session, Milestone, EntityRow.ref, elsewhere))
    return tuple(found[ref] for ref in sorted(found))


def _people(session: Session, engagement: Engagement, work: Sequence[WorkItem]) -> tuple[Person, ...]:
    by_ref = entities_in(session, Person, EntityRow.ref, [engagement.manager_ref] if engagement.manager_ref else [])
    logins = {item.assignee for item in work if item.assignee}
    by_key = entities_in(session, Person, EntityRow.key, logins)
    found = {person.ref: person for person in (*by_ref, *by_key)}
    return tuple(found[ref] for ref in sorted(found))


def _shared(work: Sequence[WorkItem], around: Surroundings) -> dict[tuple[str, str], tuple[str, ...]]:
    places = {(item.connection, item.place) for item in work}
    return {place: keys for place, keys in around.shared.items() if place in places}
