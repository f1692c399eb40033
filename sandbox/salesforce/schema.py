"""The org's objects as values: their fields and child relationships, read from the shipped tables.

Standard objects come from `standard.json`, reduced from describe results of real orgs (standard fields only); custom
objects and `User` from `objects.py`. Every field keeps the complete set of keys that `describe` shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `info` is its whole describe entry; the attributes are those that queries and writes ask for often."""

    name: str
    type: str
    label: str
    length: int
    nillable: bool
    createable: bool
    updateable: bool
    defaulted: bool
    filterable: bool
    sortable: bool
    unique: bool
    external_id: bool
    reference_to: tuple[str, ...]
    relationship: str | None
    restricted: frozenset[str] | None
    info: JsonObject

    @property
    def required(self) -> bool:
        """Say whether a create without a value is refused."""
        return self.createable and not self.nillable and not self.defaulted and self.type != "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child relationship: `name` is what a sub-query names in FROM."""

    name: str
    object_name: str
    field_name: str
    cascade_delete: bool = False
    restricted_delete: bool = False


@dataclass(frozen=True, kw_only=True)
class SObject:
    """One object: API name, describe's top-level entries, fields in describe's order, child relationships."""

    name: str
    top: JsonObject
    fields: tuple[Field, ...]
    children: tuple[Child, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by lower-case API name."""
        return {each.name.lower(): each for each in self.fields}

    @cached_property
    def by_relationship(self) -> Mapping[str, Field]:
        """Reference fields by lower-case relationship name."""
        return {each.relationship.lower(): each for each in self.fields if each.relationship}

    @cached_property
    def children_by_name(self) -> Mapping[str, Child]:
        """Child relationships by lower-case name."""
        return {each.name.lower(): each for each in self.children}

    @cached_property
    def unique_fields(self) -> tuple[Field, ...]:
        """Fields whose values may occur once."""
        return tuple(each for each in self.fields if each.unique)

    @cached_property
    def external_ids(self) -> tuple[Field, ...]:
        """Fields by whose values records can be found and upserted."""
        return tuple(each for each in self.fields if each.external_id)

    @property
    def key_prefix(self) -> str:
        """The first three characters of its records' ids."""
        return str(self.top["keyPrefix"])

    @property
    def deletable(self) -> bool:
        """Say whether its rows can be deleted (users cannot)."""
        return bool(self.top["deletable"])


class Schema:
    """All objects of an org, found by API name without regard to case, or by the prefix of an id."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        self.objects = {each.name: each for each in objects}
        self._lower = {name.lower(): each for name, each in self.objects.items()}
        self._prefix = {each.key_prefix: each for each in self.objects.values()}

    def prefix(self, name: str) -> str | None:
        """Return the key prefix of an object's ids, or None for what is no object of this org."""
        return self.objects[name].key_prefix if name in self.objects else None

    def get(self, name: str) -> SObject | None:
        """Return the object of that API name, or None."""
        return self._lower.get(name.lower())

    def of_id(self, record_id: str) -> SObject | None:
        """Return the object whose key prefix the id bears, or None."""
        return self._prefix.get(record_id[:3])


def tables() -> JsonObject:
    """Read the shipped tables of standard objects."""
    text = resources.files("sandbox.salesforce").joinpath("standard.json").read_text(encoding="utf-8")
    loaded: JsonObject = json.loads(text)
    return loaded


def picklist_entry(value: str | JsonObject) -> JsonObject:
    """Return describe's entry of one picklist value; a plain string is an active one whose label is its value."""
    if isinstance(value, dict):
        return value
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}


def make_field(bases: Mapping[str, JsonObject], spec: Mapping[str, Any]) -> Field:
    """Build a field from a table row: what the row says, over what is usual for its type."""
    kind = str(spec["type"])
    info: JsonObject = {**bases[kind], "referenceTo": [], "relationshipName": None, **spec}
    info["picklistValues"] = [picklist_entry(value) for value in spec.get("picklistValues", ())]
    if "length" in spec and "byteLength" not in spec:
        info["byteLength"] = spec["length"] * 3  # UTF-8 as describe counts it
    info = dict(sorted(info.items()))
    restricted = None
    if info["restrictedPicklist"]:
        restricted = frozenset(entry["value"] for entry in info["picklistValues"] if entry["active"])
    return Field(
        name=info["name"],
        type=kind,
        label=info["label"],
        length=info["length"],
        nillable=info["nillable"],
        createable=info["createable"],
        updateable=info["updateable"],
        defaulted=info["defaultedOnCreate"],
        filterable=info["filterable"],
        sortable=info["sortable"],
        unique=info["unique"],
        external_id=info["externalId"],
        reference_to=tuple(info["referenceTo"]),
        relationship=info["relationshipName"],
        restricted=restricted,
        info=info,
    )
