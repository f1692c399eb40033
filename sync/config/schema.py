"""The configuration as a JSON Schema (draft 2020-12), for editors that check and complete while one writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from connectors.core.port import ConnectorSpec
from mapping.json_schema import conditions_schema, definitions, mapping_schema, part_schema
from sync.config.settings import TopLevel

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IN_DEFS = "#/$defs/{model}"


def config_schema(specs: Mapping[str, ConnectorSpec]) -> dict[str, Any]:
    """The schema of a configuration for the installed connectors; equal arguments give equal schemas.

    Whatever ``sync.config.load`` takes fits it. What only the whole can tell (a connection that is not there, a step
    that is never asked) is left to ``syncline check``.
    """
    top = _plain(TopLevel.model_json_schema(ref_template=_IN_DEFS))
    shared = {**top.pop("$defs", {}), **definitions()}
    tables = []
    for kind, spec in sorted(specs.items()):
        table = _settings(spec.settings, shared)
        table["properties"] = {"kind": {"const": kind, "description": spec.title}, **table["properties"]}
        table["required"] = ["kind", *table.get("required", [])]
        tables.append(
            {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": {"$ref": f"#/$defs/{kind}"}}
        )
        shared[kind] = table
    connection = {"type": "object", "properties": {"kind": {"enum": sorted(specs)}}, "required": ["kind"]}
    shared["connection"] = {**connection, "allOf": tables}
    _discoveries(shared["DiscoverSettings"]["properties"])
    properties = top["properties"]
    properties["connections"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"$ref": "#/$defs/connection"},
    }
    properties["mapping"] = {
        "type": "object",
        "properties": {kind: mapping_schema(kind, spec.mapping()) for kind, spec in sorted(specs.items())},
        "additionalProperties": False,
    }
    top["required"] = sorted({*top.get("required", []), "connections"})
    return {"$schema": _DIALECT, **top, "title": "syncline configuration", "$defs": shared}


def _discoveries(properties: dict[str, Any]) -> None:
    """What a discovery says in the words of the mapping language."""
    properties["only"] = {**conditions_schema(), "description": "Conditions on the record"}
    properties["parts"] = {"type": "object", "additionalProperties": part_schema()}


def _settings(model: type[BaseModel], shared: dict[str, Any]) -> dict[str, Any]:
    """The schema of one connector's table; what it refers to goes among what all share."""
    schema: dict[str, Any] = _plain(model.model_json_schema(ref_template=_IN_DEFS))
    shared.update(schema.pop("$defs", {}))
    return schema


def _plain(node: Any) -> Any:
    """Without nulls, which TOML does not have, and without the defaults that pydantic spells in its own way."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node and {"type": "null"} in node["anyOf"]:
        left = [each for each in node["anyOf"] if each != {"type": "null"}]
        rest = {k: v for k, v in node.items() if k not in ("anyOf", "default")}
        return _plain({**rest, **left[0]} if len(left) == 1 else {**rest, "anyOf": left})
    return {k: _plain(v) for k, v in node.items() if k != "default" or isinstance(v, (str, int, float, bool))}
