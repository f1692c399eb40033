"""The model: entities as last mapped, the links that they draw, and the marks of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from mapping.entities import ENTITY_TYPES
from mapping.model import (
    Deliverable,
    Engagement,
    Entity,
    Milestone,
    Reference,
    ReferenceKind,
    ScopeBaseline,
    ScopeItem,
    WorkItem,
)
from mapping.registers import DeliverableDependency, EngineeringRequest, Mitigation, Risk
from sync.store.codec import decode, encode
from sync.store.records import chunks
from sync.store.tables import DirtyRow, EntityRow, LinkRow

E = TypeVar("E", bound=Entity)

_NO_SYNC: Mapping[str, Any] = {"synchronize_session": False}
_KINDS: Mapping[type[Entity], str] = {
    cls: "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_") for cls in ENTITY_TYPES
}
_TYPES: Mapping[str, type[Entity]] = {kind: cls for cls, kind in _KINDS.items()}


def kind_of(cls: type[Entity]) -> str:
    """Name of an entity type in the store (``scope_item``)."""
    return _KINDS[cls]


def fold(key: str) -> str:
    """A key in the form in which keys are compared: without regard to case or surrounding space."""
    return key.strip().casefold()


def save_entities(
    session: Session,
    mapped: Mapping[str, tuple[Entity, ...]],
    places: Mapping[str, tuple[str, str]],
    mapping: str,
) -> None:
    """Replace the model rows and links of the records ``mapped`` (reference -> entities).

    Args:
        session: In whose transaction.
        mapped: What the records now say; an empty tuple takes their rows away.
        places: Reference -> (connection, partition key) of each record.
        mapping: Hash of the mapping that made the entities.
    """
    forget_entities(session, mapped)
    rows = [
        entity_row(source, ordinal, entity, places[source], mapping)
        for source, found in mapped.items()
        for ordinal, entity in enumerate(found)
    ]
    links = [row for source, found in mapped.items() for row in link_rows(source, found)]
    for table, values in ((EntityRow, rows), (LinkRow, links)):
        if values:
            session.execute(insert(table), values)
    session.flush()


def forget_entities(session: Session, sources: Iterable[str]) -> None:
    """Take away the model rows and links of records."""
    for part in chunks(sources):
        session.execute(delete(EntityRow).where(EntityRow.source.in_(part)), execution_options=_NO_SYNC)
        session.execute(delete(LinkRow).where(LinkRow.source.in_(part)), execution_options=_NO_SYNC)


def entities(session: Session, cls: type[E], *criteria: Any) -> tuple[E, ...]:
    """Entities of one type that match ``criteria`` on ``EntityRow``, in a stable order."""
    query = (
        select(EntityRow.data)
        .where(EntityRow.kind == kind_of(cls), *criteria)
        .order_by(EntityRow.ref, EntityRow.source)
    )
    return tuple(decode(cls, data) for data in session.scalars(query))


def entities_in(session: Session, cls: type[E], column: Any, values: Iterable[Any], *criteria: Any) -> tuple[E, ...]:
    """Entities of one type whose ``column`` of ``EntityRow`` is one of ``values``; each reference once."""
    found: dict[str, E] = {}
    for part in chunks(sorted(set(values))):
        for entity in entities(session, cls, column.in_(part), *criteria):
            found.setdefault(entity.ref, entity)
    return tuple(found.values())


def entities_of(session: Session, sources: Iterable[str]) -> dict[str, tuple[Entity, ...]]:
    """Record reference -> its entities, whatever their type."""
    found: dict[str, list[Entity]] = {}
    for part in chunks(set(sources)):
        query = select(EntityRow).where(EntityRow.source.in_(part)).order_by(EntityRow.source, EntityRow.ordinal)
        for row in session.scalars(query):
            found.setdefault(row.source, []).append(decode(_TYPES[row.kind], row.data))
    return {source: tuple(items) for source, items in found.items()}


def sources_linking(session: Session, kind: str, values: Iterable[str]) -> set[str]:
    """References of the records that have a link of ``kind`` to one of ``values``."""
    found: set[str] = set()
    for part in chunks(set(values)):
        found.update(session.scalars(select(LinkRow.source).where(LinkRow.kind == kind, LinkRow.value.in_(part))))
    return found


def link_values(session: Session, kind: str, sources: Iterable[str]) -> set[str]:
    """What the records' links of ``kind`` point at."""
    found: set[str] = set()
    for part in chunks(set(sources)):
        found.update(session.scalars(select(LinkRow.value).where(LinkRow.kind == kind, LinkRow.source.in_(part))))
    return found


def links_of(entity: Entity) -> set[tuple[str, str]]:
    """The links that an entity draws (``LinkRow``), as (kind, value)."""
    match entity:
        case Engagement():
            baselines = {("baseline", ref) for ref in entity.baseline_refs}
            return baselines | _present(("account", entity.account_ref), ("person", entity.manager_ref))
        case Deliverable():
            return _references(entity.tracking) | _present(("account", entity.third_party_ref))
        case WorkItem():
            ties = {("name", fold(name)) for name in entity.names} | {("tied", ref) for ref in entity.milestone_refs}
            keys = {*entity.engagement_keys, *(c.engagement_key for c in entity.claims if c.engagement_key)}
            claims = {("engagement", fold(k)) for k in keys} | {("scope_item", c.record_id) for c in entity.claims}
            return _references(entity.references) | ties | _present(*claims)
        case Milestone():
            return {("name", fold(name)) for name in entity.names}
        case _:
            return set()


def mark_dirty(session: Session, kind: str, values: Iterable[str]) -> None:
    """Remember that something changed which reconciliation has not looked at (``DirtyRow``). May be repeated."""
    for part in chunks(set(values)):
        known = set(session.scalars(select(DirtyRow.value).where(DirtyRow.kind == kind, DirtyRow.value.in_(part))))
        session.add_all(DirtyRow(kind=kind, value=value) for value in part if value not in known)
        session.flush()


def dirty(session: Session) -> dict[str, frozenset[str]]:
    """Kind -> values of everything that reconciliation has not looked at."""
    found: dict[str, set[str]] = {}
    for kind, value in session.execute(select(DirtyRow.kind, DirtyRow.value)):
        found.setdefault(kind, set()).add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def clear_dirty(session: Session, marks: Mapping[str, Iterable[str]]) -> None:
    """Forget the marks that have been looked at."""
    for kind, values in marks.items():
        for part in chunks(values):
            session.execute(
                delete(DirtyRow).where(DirtyRow.kind == kind, DirtyRow.value.in_(part)), execution_options=_NO_SYNC
            )


def _references(references: Iterable[Reference]) -> set[tuple[str, str]]:
    kinds = (ReferenceKind.WORK, ReferenceKind.MILESTONE)
    return {(r.kind.value, fold(r.value)) for r in references if r.kind in kinds}


def _present(*links: tuple[str, str | None]) -> set[tuple[str, str]]:
    return {(kind, value) for kind, value in links if value}


def entity_row(source: str, ordinal: int, entity: Entity, place: tuple[str, str], mapping: str) -> dict[str, Any]:
    """The model row of the entity ``ordinal`` of a record, which lies at ``place`` (connection, partition key)."""
    parent, parent_key = _parent(entity)
    return {
        "source": source,
        "ordinal": ordinal,
        "kind": kind_of(type(entity)),
        "ref": entity.ref,
        "key": entity.key,
        "key_folded": fold(entity.key),
        "connection": place[0],
        "place": place[1],
        "parent": parent,
        "parent_key": fold(parent_key),
        "mapping": mapping,
        "data": encode(entity),
    }


def link_rows(source: str, found: Iterable[Entity]) -> list[dict[str, Any]]:
    """The links that the entities of a record draw, none twice."""
    links = sorted({link for entity in found for link in links_of(entity)})
    return [{"source": source, "kind": kind, "value": value} for kind, value in links]


def _parent(entity: Entity) -> tuple[str, str]:
    match entity:
        case ScopeBaseline():
            return entity.engagement_ref or "", "" if entity.engagement_ref else entity.engagement_key or ""
        case Deliverable():
            return entity.engagement_ref, ""
        case ScopeItem():
            return entity.baseline_ref or "", "" if entity.baseline_ref else entity.engagement_key or ""
        case WorkItem():
            return entity.parent_ref or "", entity.parent_key or ""
        case EngineeringRequest() | Risk():
            return entity.engagement_ref or "", "" if entity.engagement_ref else entity.engagement_key or ""
        case Mitigation():
            return entity.risk_ref or "", ""
        case DeliverableDependency():
            return entity.deliverable_ref or "", ""
        case _:
            return "", ""
