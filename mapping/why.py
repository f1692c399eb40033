"""Why a record becomes what it becomes: of every attribute the rule, the step, the field and what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.port import Catalog, Record
from mapping.entities import AnyEntity
from mapping.get import Asked, Said
from mapping.inbound import InboundError, Maker, bind
from mapping.rules import Rules
from mapping.spec import EntityRule, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why an attribute has its value, or a part of it.

    Attributes:
        rule: Keys from the mapping's root to the step that answered (``inbound.work_item.attributes.due.steps.due``).
            Empty: no step did, and the record itself or nothing is the answer.
        field: The field that the step read; empty for a fixed answer.
        raw: What stands there.
    """

    rule: str = ""
    field: str = ""
    raw: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One entity with its reasons.

    Attributes:
        kind: Kind of entity (``work_item``).
        rule: Name of the rule that made it.
        entity: The entity, the same as ``map_record`` makes; None when the record was refused.
        because: The reasons by attribute, for every attribute that can be mapped. Several where several steps answered
            together.
        refused: Why the record was refused, or empty.
    """

    kind: str
    rule: str
    entity: AnyEntity | None
    because: Mapping[str, tuple[Because, ...]]
    refused: str = ""


def explain_record(rules: Rules, record: Record, catalog: Catalog) -> tuple[Made, ...]:
    """What a record becomes by ``map_record``, with the reasons; nothing when no rule takes it. Never raises."""
    found: dict[str, Made] = {}
    if record.deleted:
        return ()
    for maker in rules.bound("why", catalog, _bind_watched).get(record.stream, ()):
        if maker.kind.name in found:
            continue
        made = _made(maker, record)
        if made is not None:
            found[maker.kind.name] = made
    return tuple(found.values())


def steps_of(rules: Rules) -> Iterator[str]:
    """The keys of every step of the inward rules, as ``Because.rule`` names them."""
    for rule in rules.entities:
        for attribute, steps in rule.attributes.items():
            yield from (_keys(rule, attribute, step) for step in steps)


def _bind_watched(rules: Rules, catalog: Catalog) -> dict[str, tuple[Maker, ...]]:
    return bind(rules, catalog, watch=True)


def _made(maker: Maker, record: Record) -> Made | None:
    said: list[Said] = []
    try:
        entity, refused = maker.make(record, said), ""
    except InboundError as error:
        entity, refused = None, f"{error.field}: found {error.found}, expected {error.expected}"
    if entity is None and not refused:
        return None
    reasons: dict[str, tuple[Because, ...]] = dict.fromkeys(maker.kind.attributes, ())
    for one in said:
        if one.answer is not Asked.NOTHING and one.answer != ():
            reasons[one.attribute] = (*reasons[one.attribute], _because(maker.rule, one))
    return Made(kind=maker.kind.name, rule=maker.rule.name, entity=entity, because=reasons, refused=refused)


def _because(rule: EntityRule, said: Said) -> Because:
    source = said.step.source
    keys = _keys(rule, said.attribute, said.step)
    return Because(rule=keys, field="" if source is None else source.label, raw=said.raw)


def _keys(rule: EntityRule, attribute: str, step: Step) -> str:
    last = f".steps.{step.name}" if step.name else ""
    return f"inbound.{rule.name}.attributes.{attribute}{last}"
