"""What a record shows of what syncline writes, as our own values: ``mapping.outbound`` the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from connectors.core.port import Catalog, Json, Record
from mapping import outbound, values as reading
from mapping.spec import OutField, OutRule, OutType, Target

ShownValue = str | date | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the fields of one outward rule say in one record.

    Attributes:
        attributes: The values by attribute, None where the field is empty; only of fields that the tool has. Of a
            label: all labels that are ours.
        not_understood: Raw values by field that no value of ours could have become: a person wrote them.
    """

    attributes: Mapping[str, ShownValue]
    not_understood: Mapping[str, Json]


def read_back(rule: OutRule, record: Record, catalog: Catalog) -> Shown:
    """What ``record`` says in the fields of ``rule``; of what ``outbound.values`` wrote there, what was given to it.

    Texts come back as they were written: cut where they were cut, harmless where they were made harmless. What a
    template made is left out, since it cannot be taken apart. A link is no part of its record, and says nothing.
    """
    match rule.target:
        case Target.LINK:
            return Shown(attributes={}, not_understood={})
        case Target.LABEL:
            labels = outbound.owned_labels(rule, record)
            return Shown(attributes={field.attribute: labels for field in rule.fields}, not_understood={})
        case Target.BLOCK:
            block = outbound.shown_block(rule, record, "")
            text = block.text if block is not None and isinstance(block.text, str) else None
            return Shown(attributes={field.attribute: text for field in rule.fields}, not_understood={})
        case _:
            return _of_fields(rule, record, catalog)


def _of_fields(rule: OutRule, record: Record, catalog: Catalog) -> Shown:
    attributes: dict[str, ShownValue] = {}
    odd: dict[str, Json] = {}
    for field in rule.fields:
        ids = {info.id for info in catalog.find(rule.stream, field.name)}
        if len(ids) != 1 or field.on_create_only or field.template:
            continue
        raw = outbound.field_value(rule, field, record, ids.pop())
        try:
            attributes[field.attribute] = _value(field, raw)
        except reading.NotReadableError:
            odd[field.name] = raw
    return Shown(attributes=attributes, not_understood=odd)


def _value(field: OutField, raw: Json) -> ShownValue:
    plain = reading.plain(raw)
    if reading.empty(plain):
        return None
    if field.table is not None:
        ours = [name for name, spelled in field.table.items() if spelled == plain]
        if not ours:
            raise reading.NotReadableError(plain, "one of " + ", ".join(field.table.values()))
        return ours[0]
    match field.type:
        case OutType.DATE:
            return reading.day(plain)
        case OutType.DATETIME:
            return reading.instant(plain)
        case OutType.LABELS:
            return tuple(plain)
        case _:
            return reading.text(plain)
