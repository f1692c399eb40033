"""What people keep beside scope and work for one engagement: requests, risks with mitigations, dependencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from mapping.model import Deliverable, Engagement, Person
from mapping.registers import DeliverableDependency, EngineeringRequest, Mitigation, Risk
from sync.selection import Selected
from sync.store.model import E, entities, entities_in, fold
from sync.store.tables import EntityRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The registers of one engagement.

    Attributes:
        requests: Its engineering requests.
        risks: Its risks as the tools keep them.
        mitigations: Those of these risks.
        dependencies: Those of its deliverables.
        depended_on: The deliverables that these wait for, of whatever engagement, as far as they were read.
        people: Who owns a risk or a mitigation.
    """

    requests: tuple[EngineeringRequest, ...] = ()
    risks: tuple[Risk, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    dependencies: tuple[DeliverableDependency, ...] = ()
    depended_on: tuple[Deliverable, ...] = ()
    people: tuple[Person, ...] = ()


def load_registers(
    session: Session, selected: Selected, engagement: Engagement, deliverables: Iterable[Deliverable]
) -> Registers:
    """Read the registers of a configured engagement."""
    risks = _belonging(session, Risk, selected, engagement)
    mitigations = entities_in(session, Mitigation, EntityRow.parent, (risk.ref for risk in risks))
    dependencies = entities_in(session, DeliverableDependency, EntityRow.parent, (d.ref for d in deliverables))
    waited_for = {d.depends_on_ref for d in dependencies if d.depends_on_ref}
    owners = {r.owner_ref for r in risks if r.owner_ref} | {m.owner_ref for m in mitigations if m.owner_ref}
    return Registers(
        requests=_belonging(session, EngineeringRequest, selected, engagement),
        risks=risks,
        mitigations=mitigations,
        dependencies=dependencies,
        depended_on=entities_in(session, Deliverable, EntityRow.ref, waited_for),
        people=entities_in(session, Person, EntityRow.ref, owners),
    )


def _belonging(session: Session, cls: type[E], selected: Selected, engagement: Engagement) -> tuple[E, ...]:
    """By the engagement's record, else by the key that it names, else by the places in which it lies."""
    keys = {fold(engagement.key), fold(selected.key)}
    in_places = [
        and_(EntityRow.parent_key == "", EntityRow.connection == p.connection, EntityRow.place == p.place)
        for p in selected.places
    ]
    free = and_(EntityRow.parent == "", or_(EntityRow.parent_key.in_(keys), *in_places))
    return entities(session, cls, or_(EntityRow.parent == engagement.ref, free))
