"""What records become by the mapping, and why: for ``syncline check --mapping`` and ``explain``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.port import Catalog, Record
from mapping.fitting import fitting
from mapping.rules import Rules
from mapping.shown import read_back
from mapping.why import Because, Made, explain_record, steps_of
from sync.show.text import one_line
from sync.store.codec import encode

_MOST_NAMED = 5  # keys of records that are told beside a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Records of one connection, and what they are mapped by.

    Attributes:
        connection: Its name.
        origin: Where they are from, for a person (``the store``).
        rules: The connection's rules.
        catalog: What its tool can hold; empty when that is not known.
        records: The records.
    """

    connection: str
    origin: str
    rules: Rules
    catalog: Catalog
    records: tuple[Record, ...]


def mapped_json(source: Source) -> dict[str, Any]:
    """Each record with what it becomes and why; then, over all of them, what was not understood and what is not used.

    Depends on nothing but its argument; the order of the records is kept.
    """
    read = {rule.stream for rule in source.rules.entities}  # other streams are there to be written
    made = [(record, explain_record(source.rules, record, source.catalog)) for record in source.records]
    return {
        "connection": source.connection,
        "origin": source.origin,
        "catalog_known": bool(source.catalog.fields),
        "records": [
            {
                "ref": record.ref,
                "key": record.key,
                "url": record.url,
                "stream": record.stream,
                "place": record.partition,
                "entities": [entity_json(one) for one in several],
                "shows": _shows(source, record),
            }
            for record, several in made
        ],
        "taken_by_no_rule": [record.ref for record, several in made if not several and record.stream in read],
        "refused": [record.ref for record, several in made if any(one.refused for one in several)],
        "not_understood": _not_understood(made),
        "steps_without_an_answer": _unused(source.rules, made),
    }


def _shows(source: Source, record: Record) -> list[dict[str, Any]]:
    """What the record says in fields that syncline may write, by outward rule, where it says anything."""
    found = []
    for name in source.rules.out_names():
        rule = source.rules.out(name)
        if rule is None or rule.stream != record.stream:
            continue
        rule = fitting(rule, record, source.catalog)
        if rule is None:
            continue
        said = read_back(rule, record, source.catalog)
        attributes = {key: encode(value) for key, value in said.attributes.items() if value}
        if attributes or said.not_understood:
            found.append({"rule": name, "attributes": attributes, "not_understood": dict(said.not_understood)})
    return found


def entity_json(made: Made) -> dict[str, Any]:
    """One entity attribute by attribute, with its reasons."""
    return {
        "kind": made.kind,
        "rule": f"inbound.{made.rule}",
        "refused": made.refused,
        "attributes": [
            {
                "name": name,
                "value": None if made.entity is None else encode(getattr(made.entity, name)),
                "because": [_because(each) for each in reasons],
            }
            for name, reasons in made.because.items()
        ],
        "not_understood": [] if made.entity is None else encode(made.entity.unmapped),
    }


def _because(because: Because) -> dict[str, Any]:
    return {"rule": because.rule, "field": because.field, "raw": because.raw}


def _not_understood(made: Iterable[tuple[Record, tuple[Made, ...]]]) -> list[dict[str, Any]]:
    """Values that stand in no value table, the commonest first, each with the table that it could be added to."""
    counts: Counter[tuple[str, str, str]] = Counter()
    named: dict[tuple[str, str, str], list[str]] = {}
    rules: dict[tuple[str, str, str], str] = {}
    for record, several in made:
        for one in several:
            for unmapped in _entity_of(one):
                at = (unmapped.attribute, unmapped.field, unmapped.value)
                counts[at] += 1
                named.setdefault(at, []).append(record.key)
                reasons = [b.rule for b in one.because[unmapped.attribute] if b.field == unmapped.field]
                rules.setdefault(at, next(iter(reasons), f"inbound.{one.rule}.attributes.{unmapped.attribute}"))
    return [
        {
            "attribute": at[0],
            "field": at[1],
            "value": at[2],
            "records": count,
            "for_example": named[at][:_MOST_NAMED],
            "rule": rules[at],
        }
        for at, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]


def _entity_of(made: Made) -> tuple[Any, ...]:
    return () if made.entity is None else made.entity.unmapped


def _unused(rules: Rules, made: Iterable[tuple[Record, tuple[Made, ...]]]) -> list[str]:
    """Steps of the rules that took a record, which answered for none of them."""
    several = [one for _, each in made for one in each]
    took = {one.rule for one in several}
    answered = {b.rule for one in several for reasons in one.because.values() for b in reasons}
    return [keys for keys in steps_of(rules) if keys.split(".")[1] in took and keys not in answered]


def because_rows(entity: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Each attribute of which something is said, with a row for each step: name, value, field, what stands there, step.

    Name and value stand in the first row of an attribute alone.
    """
    for attribute in entity["attributes"]:
        if is_silent(attribute):
            continue
        for n, because in enumerate(attribute["because"] or [{"rule": "", "field": "", "raw": None}]):
            value = brief(attribute["value"]) if n == 0 else ""
            name = attribute["name"] if n == 0 else ""
            step = because["rule"].removeprefix(f"{entity['rule']}.attributes.")
            yield attribute, (name, value, because["field"], brief(because["raw"]), step)


def is_silent(attribute: Mapping[str, Any]) -> bool:
    """Whether nothing is said of an attribute: no step answered, and it is empty."""
    return not attribute["because"] and attribute["value"] in (None, "", [])


def brief(value: Any) -> str:
    """A value of a tool or of the model on one short line; nothing for what is empty."""
    if value is None or value in ([], ""):
        return ""
    return one_line(value if isinstance(value, str) else _plain(value), 60)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, dict) and {"type", "text", "value"} <= value.keys():  # a link: what it says, and of what
        return f"{value['text'] if value['type'] == 'unmapped' else value['type'].replace('_', ' ')} {value['value']}"
    if isinstance(value, dict) and {"amount", "currency"} <= value.keys():
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, dict):
        return next((str(value[k]) for k in ("value", "name", "text", "id") if value.get(k) is not None), "…")
    return "true" if value is True else "false" if value is False else str(value)
