"""The mapping language as a JSON Schema, for editors: what a user's ``[mapping.KIND]`` table may hold.

It is made from the very tables by which the language is read, so that the two cannot differ. It says what may stand
where; what only the whole can tell (an unknown stream, a step that is never asked) is left to the reading.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from mapping.model import ReferenceKind
from mapping.parse_inbound import ALSO_READ_AS, ONLY_FOR, READS, STEP_KEYS
from mapping.parse_outbound import REQUIRED, RULE_KEYS, Outward, outward
from mapping.schema import Attribute, Kind, kinds
from mapping.spec import OfRecord, OutType, Shape, Target, Unknown
from mapping.spellings import SPELLING_KEYS
from mapping.transitions import LIFECYCLE, TRANSITION_KEYS
from mapping.values import UNITS_S

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_WORDS: Schema = {"type": ["string", "boolean", "integer"]}
_WORD_OR_WORDS: Schema = {"anyOf": [_WORDS, {"type": "array", "items": _WORDS}]}
_KEYS: Schema = {"type": "string", "pattern": r"^[^.]+(\.[^.]+)*$"}


def mapping_schema(kind: str, default_text: str) -> Schema:
    """What may stand under ``[mapping.kind]``, over the connector's default mapping.

    Args:
        kind: Kind of connector.
        default_text: TOML text of its default mapping.
    """
    default = tomllib.loads(default_text)
    rules = {name: _entity_rule(rule["makes"]) for name, rule in default.get("inbound", {}).items()}
    streams = sorted(default.get("streams", {}))
    return _table(
        {
            "kind": {"const": kind},
            "version": {"const": default["version"]},
            "streams": {"type": "object", "properties": {s: _or_false(_stream()) for s in streams}},
            "references": {"type": "object", "additionalProperties": _or_false(_spelling())},
            "inbound": {
                "type": "object",
                "properties": {name: _or_false(rule) for name, rule in rules.items()},
                "additionalProperties": _entity_rule(None),
            },
            "outbound": _table(
                {n: _or_false(_out_rule(o, n in default.get("outbound", {}))) for n, o in outward().items()}
            ),
        },
        title=f"How {kind} spells the model, where it differs from the default (docs/mapping.md)",
    )


def _table(properties: Mapping[str, Schema], required: Collection[str] = (), **more: Any) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}
    return {**schema, "required": sorted(required)} if required else schema


def _or_false(schema: Schema) -> Schema:
    """``false`` in the place of a table removes it."""
    return {"anyOf": [{"const": False}, schema]}


def _one_of(names: Collection[str]) -> Schema:
    return {"enum": sorted(names)}


def _stream() -> Schema:
    return _table({"fields_at": _KEYS, "options": _one_of(("objects", "texts")), "ids": _one_of(("checked", "plain"))})


def _spelling() -> Schema:
    known: dict[str, Schema] = {
        "to": _one_of([k.value for k in ReferenceKind]),
        "case": _one_of(("upper", "lower")),
        "ids": _one_of(("checked", "plain")),
        **dict.fromkeys(("value", "holds"), _TEXT),
    }
    return _table({key: known.get(key, _WORD_OR_WORDS) for key in SPELLING_KEYS})


def _entity_rule(makes: str | None) -> Schema:
    """A rule that the default has (and of which anything may be left out), or a new one."""
    known = kinds()
    rule = _table(
        {"stream": _TEXT, "makes": _one_of(known), "when": conditions_schema(), "attributes": {"type": "object"}},
        required=() if makes else ("makes", "stream"),
    )
    cases: list[Schema] = [
        {
            "if": {"required": ["makes"], "properties": {"makes": {"const": name}}},
            "then": {"properties": {"attributes": _attributes(kind)}},
        }
        for name, kind in known.items()
    ]
    if makes is not None:
        usual = {"properties": {"attributes": _attributes(known[makes])}}
        cases.append({"if": {"not": {"required": ["makes"]}}, "then": usual})
    return {**rule, "allOf": cases}


def _attributes(kind: Kind) -> Schema:
    return _table({name: {"$ref": f"#/$defs/{_def_of(a)}"} for name, a in kind.attributes.items()})


def _def_of(attribute: Attribute) -> str:
    return f"attribute.{attribute.choices.__name__ if attribute.choices is not None else attribute.shape.value}"


def definitions() -> Schema:
    """What the schemas of all mappings refer to under ``#/$defs/``: each kind of attribute, and the condition."""
    found = {_def_of(a): a for kind in kinds().values() for a in kind.attributes.values()}
    return {"condition": _condition(), **{name: _attribute(a) for name, a in sorted(found.items())}}


def _attribute(attribute: Attribute) -> Schema:
    step = _step(attribute)
    named = _table({"steps": {"type": "object", "additionalProperties": _or_false(step)}})
    return {"anyOf": [{"const": False}, named, step]}


def _step(attribute: Attribute) -> Schema:
    shape = attribute.shape
    answer = _answer(attribute)
    known: dict[str, Schema] = {
        "path": _KEYS,
        "value": answer,
        "values": {"type": "object", "additionalProperties": answer},
        "unknown": {
            "anyOf": [
                _one_of([u.value for u in Unknown if u is not Unknown.USE]),
                _table({"use": answer}, required=("use",)),
            ]
        },
        "when": conditions_schema(),
        "type": _one_of([shape.value, *(s.value for s in ALSO_READ_AS.get(shape, ()))]),
        "record": _one_of([r.value for r in OfRecord]),
        "parts": {"type": "object", "additionalProperties": part_schema()},
        "unit": _one_of(UNITS_S),
        "day_h": {"type": "number", "exclusiveMinimum": 0, "maximum": 24},
        "week_d": {"type": "number", "exclusiveMinimum": 0, "maximum": 7},
        "currency": part_schema(),
        "means": answer,
        **dict.fromkeys(("said", "to", "called"), _KEYS),
        "read": _one_of(READS.get(shape, ())),
        "kinds": {
            "anyOf": [{"enum": [k.value for k in ReferenceKind]}, {"items": {"enum": [k.value for k in ReferenceKind]}}]
        },
    }
    allowed = [key for key in sorted(STEP_KEYS) if shape in ONLY_FOR.get(key, {shape})]
    return _table({key: known.get(key, _TEXT) for key in allowed})


def part_schema() -> Schema:
    """Where a part of a template, or a currency, stands."""
    return _table({"field": _TEXT, "path": _KEYS, "record": _one_of([r.value for r in OfRecord])})


def _answer(attribute: Attribute) -> Schema:
    if attribute.choices is not None:
        return _one_of([c.value for c in attribute.choices])
    return {"type": {Shape.BOOLEAN: "boolean", Shape.INTEGER: "integer"}.get(attribute.shape, "string")}


def conditions_schema() -> Schema:
    """One condition or a list of them; refers to ``definitions``."""
    condition = {"$ref": "#/$defs/condition"}
    return {"anyOf": [condition, {"type": "array", "items": condition}]}


def _condition() -> Schema:
    return _table(
        {
            "field": _TEXT,
            "path": _KEYS,
            "record": _one_of([r.value for r in OfRecord]),
            "is": _WORD_OR_WORDS,
            "is_not": _WORD_OR_WORDS,
            "at_least": {"type": "number"},
            "filled": {"type": "boolean"},
        },
        minProperties=2,
    )


def _out_rule(offer: Outward, is_known: bool) -> Schema:  # noqa: FBT001 - a private helper of one call
    known: dict[str, Schema] = {
        "fields": {"type": "object", "additionalProperties": _or_false(_out_field(offer))},
        "statuses": _table({"open": _TEXT, "closed": _TEXT}),
        "transitions": {"type": "object", "additionalProperties": _or_false(_transition())},
        "only": conditions_schema(),
        **dict.fromkeys(("fields_at", "needs", "shown_at"), _KEYS),
    }
    required = () if is_known else ("stream", "fields", *REQUIRED[offer.target])
    return _table({key: known.get(key, _TEXT) for key in RULE_KEYS[offer.target]}, required=required)


def _transition() -> Schema:
    known: dict[str, Schema] = {
        "from": _WORD_OR_WORDS,
        "only_if": _one_of(LIFECYCLE),
        "fields": {"type": "object", "additionalProperties": _TEXT},
    }
    return _table({key: known.get(key, _TEXT) for key in TRANSITION_KEYS}, required=("to",))


def _out_field(offer: Outward) -> Schema:
    moments = ("always", "on_create") if offer.target is Target.ISSUE else ("always",)
    return _table(
        {
            "attribute": _one_of(offer.attributes),
            "template": _TEXT,
            "type": _one_of([t.value for t in OutType]),
            "values": {"type": "object", "additionalProperties": _TEXT},
            "too_long": _one_of(("cut", "refuse")),
            "set": _one_of(moments),
            "only": conditions_schema(),
        }
    )
