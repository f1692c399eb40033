"""The outward half of the mapping language: ``[outbound.…]`` tables into outward rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapping.language import Checker, Path, one_of, show
from mapping.parse_inbound import Stream, read_conditions
from mapping.spec import Condition, OfRecord, OutField, OutRule, OutType, Target
from mapping.transitions import LIFECYCLE, read_transitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What the program offers under the name of an outward rule.

    Attributes:
        target: What the rule writes to.
        attributes: What it can show, by name, with the closed set of values where there is one.
    """

    target: Target
    attributes: Mapping[str, tuple[str, ...]]


_COLOURS = ("green", "amber", "red", "unknown")
_FREE: tuple[str, ...] = ()


def outward() -> dict[str, Outward]:
    """The outward rules of this release by name."""
    return {
        "engagement.status": Outward(
            target=Target.FIELDS, attributes={"status": _COLOURS, "text": _FREE, "as_of": _FREE, "marker": _FREE}
        ),
        "anchor.status": Outward(target=Target.FIELDS, attributes={"status": _COLOURS, "text": _FREE}),
        "anchor.block": Outward(target=Target.BLOCK, attributes={"text": _FREE}),
        "anchor.link": Outward(target=Target.LINK, attributes={"url": _FREE, "title": _FREE, "global_id": _FREE}),
        "risk.record": Outward(
            target=Target.RECORD,
            attributes={
                "key": _FREE,
                "title": _FREE,
                "engagement_id": _FREE,
                "category": ("schedule", "scope", "cost", "budget", "resources"),
                "severity": ("low", "medium", "high", "critical"),
                "lifecycle": ("open", "closed"),
                "description": _FREE,
                "subject_url": _FREE,
                "raised_on": _FREE,
                "closed_reason": _FREE,
                "marker": _FREE,
            },
        ),
        "risk.issue": Outward(target=Target.ISSUE, attributes={"title": _FREE, "description": _FREE, "label": _FREE}),
        "work.label": Outward(target=Target.LABEL, attributes={"label": _FREE}),
    }


FIELD_KEYS = ("attribute", "template", "type", "values", "too_long", "set", "only")
"""All keys of an outward field."""

_OF_ITS_OWN = frozenset({"text", "as_of", "marker", "label", "url", "global_id"})
"""Attributes that a field must hold alone: by them it is told whether what stands there is ours, and how old it is."""

_ONE_FIELD = frozenset({Target.LINK, Target.LABEL, Target.BLOCK})
"""Targets whose fields are written together."""
_KNOWN_BEFORE: Mapping[Target, frozenset[OfRecord]] = {
    Target.RECORD: frozenset({OfRecord.CONNECTION}),
    Target.ISSUE: frozenset({OfRecord.CONNECTION, OfRecord.PLACE}),
}
"""Of targets whose records syncline creates: what is known of one before it is there."""

RULE_KEYS: Mapping[Target, tuple[str, ...]] = {
    Target.FIELDS: ("stream", "fields", "only", "fields_at", "needs"),
    Target.RECORD: ("stream", "fields", "only", "external_id"),
    Target.ISSUE: ("stream", "fields", "only", "type", "statuses", "transitions", "marker_property", "prefix"),
    Target.LINK: ("stream", "fields", "only"),
    Target.LABEL: ("stream", "fields", "only", "prefix"),
    Target.BLOCK: ("stream", "fields", "only", "shown_at"),
}
"""All keys of an outward rule, by what it writes to."""

REQUIRED: Mapping[Target, tuple[str, ...]] = {
    Target.FIELDS: (),
    Target.RECORD: ("external_id",),
    Target.ISSUE: ("type", "marker_property"),
    Target.LINK: (),
    Target.LABEL: ("prefix",),
    Target.BLOCK: (),
}
"""Those of them that must be there."""


def read_outbound(check: Checker, raw: Any, streams: Mapping[str, Stream]) -> dict[str, OutRule]:
    """All outward rules of ``[outbound]`` by name."""
    offered, rules = outward(), {}
    for name, value in check.table(raw, ("outbound",)).items():
        path = ("outbound", name)
        if name not in offered:
            check.problem(path, "an unknown outward rule", one_of(offered))
            continue
        rule = _rule(check, name, offered[name], value, path, streams)
        if rule is not None:
            rules[name] = rule
    return rules


def _rule(
    check: Checker, name: str, offer: Outward, value: Any, path: Path, streams: Mapping[str, Stream]
) -> OutRule | None:
    before = len(check.problems)
    table = check.table(value, path, RULE_KEYS[offer.target])
    stream = check.choice(table, "stream", path, streams, required=True)
    said = {
        key: check.text(table, key, path, required=key in REQUIRED[offer.target]) or ""
        for key in ("type", "external_id", "marker_property", "prefix")
    }
    where = {key: check.keys(table, key, path) for key in ("fields_at", "needs", "shown_at")}
    statuses = check.table(table.get("statuses", {}), (*path, "statuses"), LIFECYCLE)
    for key in LIFECYCLE if offer.target is Target.ISSUE else ():
        check.text(statuses, key, (*path, "statuses"), required=True)
    steps = read_transitions(check, table.get("transitions", {}), statuses, (*path, "transitions"))
    fields = check.table(table.get("fields", {}), (*path, "fields"))
    if not fields:
        check.problem((*path, "fields"), "nothing", "at least one field")
    at = streams[stream].fields_at if stream is not None else ()
    read = tuple(_field(check, offer, key, field, (*path, "fields", key), at) for key, field in fields.items())
    if said["external_id"] and said["external_id"] not in fields:
        check.problem((*path, "external_id"), show(said["external_id"]), one_of(fields))
    only = _only(check, offer.target, table, path, at)
    for field in read:
        if field is not None and field.only and field.name == said["external_id"]:
            check.problem((*path, "fields", field.name, "only"), "a condition", "none, since by it records are found")
    if stream is None or len(check.problems) > before:
        return None
    return OutRule(
        name=name,
        stream=stream,
        target=offer.target,
        fields=tuple(f for f in read if f is not None),
        fields_at=where["fields_at"] or streams[stream].fields_at,
        option_objects=streams[stream].option_objects,
        record_type=said["type"],
        statuses=statuses,
        transitions=steps,
        external_id=said["external_id"],
        marker_property=said["marker_property"],
        prefix=said["prefix"],
        needs=where["needs"],
        shown_at=where["shown_at"],
        only=only,
        record_at=at,
    )


def _only(check: Checker, target: Target, table: Mapping[str, Any], path: Path, at: Path) -> tuple[Condition, ...]:
    """What ``only`` says; of a record that is yet to be created nothing is known but where it will lie."""
    found = read_conditions(check, table.get("only", []), (*path, "only"), at)
    known_before = _KNOWN_BEFORE.get(target)
    if known_before is not None and any(condition.source.record not in known_before for condition in found):
        known = one_of(sorted(word.value for word in known_before))
        check.problem((*path, "only"), "what only a record that is there can tell", f"record = {known}")
    return found


def _field(check: Checker, offer: Outward, name: str, raw: Any, path: Path, at: Path) -> OutField | None:
    table = check.table(raw, path, FIELD_KEYS)
    if "only" in table and offer.target in _ONE_FIELD:
        check.problem((*path, "only"), "a condition", "only at the rule itself, whose fields are written together")
    template = _template(check, offer, table, path) if "template" in table else ""
    attribute = check.choice(table, "attribute", path, offer.attributes, required="template" not in table)
    kind = check.choice(table, "type", path, [t.value for t in OutType]) or OutType.TEXT.value
    too_long = check.choice(table, "too_long", path, ("cut", "refuse"))
    moment = check.choice(table, "set", path, ("always", "on_create"))
    if moment == "on_create" and offer.target is not Target.ISSUE:
        check.problem((*path, "set"), show(moment), "no on_create, since this rule creates nothing by itself")
    if template:
        attribute, wants, closed = "", check.names_in(template, (*path, "template")), _FREE
    elif attribute is None:
        return None
    else:
        wants, closed = frozenset({attribute}), offer.attributes[attribute]
    return OutField(
        name=name,
        attribute=attribute,
        template=template,
        wants=wants,
        type=OutType(kind),
        table=_table(check, closed, table, path),
        cut=too_long == "cut",
        on_create_only=moment == "on_create",
        only=_only(check, offer.target, table, path, at),
    )


def _template(check: Checker, offer: Outward, table: Mapping[str, Any], path: Path) -> str:
    """A template that shows something; empty, with a problem, when it cannot."""
    before = len(check.problems)
    template, where = check.text(table, "template", path) or "", (*path, "template")
    if "attribute" in table:
        check.problem((*path, "attribute"), "an attribute beside a template", "only one of attribute, template")
    if table.get("type", OutType.TEXT) not in (OutType.TEXT, OutType.LONG_TEXT):
        check.problem((*path, "type"), show(table["type"]), "text or long_text, since a template makes a text")
    able = sorted(set(offer.attributes) - _OF_ITS_OWN)
    names = check.names_in(template, where)
    for name in sorted(names - set(able)):
        check.problem(where, f"{{{name}}}", one_of(able) + " in braces" if able else "no template for this rule")
    if not names and template:
        check.problem(where, show(template), "a text with names of attributes in braces")
    return template if len(check.problems) == before else ""


def _table(check: Checker, closed: tuple[str, ...], table: Mapping[str, Any], path: Path) -> dict[str, str] | None:
    if "values" not in table:
        return None
    where = (*path, "values")
    values = check.table(table["values"], where)
    for key, value in values.items():
        if closed and key not in closed:
            check.problem((*where, key), "a value that is never shown", one_of(closed))
        if not isinstance(value, str) or not value.strip():
            check.problem((*where, key), show(value), "a text")
    for key in closed:
        if key not in values:
            check.problem((*where, key), "nothing", "the tool's value for it")
    if not closed:
        check.problem(where, "a value table for a free text", "no values")
    shown = [v for v in values.values() if isinstance(v, str)]
    if len(set(shown)) < len(shown):
        check.problem(where, "one tool value for two of ours", "a tool value of its own for each")
    return dict(values)
