"""All kinds of entity."""

from __future__ import annotations

from mapping.model import (
    Account,
    Deliverable,
    Engagement,
    Entity,
    Milestone,
    Person,
    ScopeBaseline,
    ScopeItem,
    WorkItem,
)
from mapping.registers import DeliverableDependency, EngineeringRequest, Mitigation, Risk

AnyEntity = (
    Account
    | Person
    | Engagement
    | ScopeBaseline
    | ScopeItem
    | Deliverable
    | DeliverableDependency
    | WorkItem
    | Milestone
    | EngineeringRequest
    | Risk
    | Mitigation
)

ENTITY_TYPES: tuple[type[Entity], ...] = (
    Account,
    Person,
    Engagement,
    ScopeBaseline,
    ScopeItem,
    Deliverable,
    DeliverableDependency,
    WorkItem,
    Milestone,
    EngineeringRequest,
    Risk,
    Mitigation,
)
