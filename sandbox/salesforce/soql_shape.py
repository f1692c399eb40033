"""What a query's rows look like in an answer: columns, parents nested, children as sub-results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.names import is_polymorphic, name_value
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql_scope import Resolved, Scope
from sandbox.salesforce.state import Record

Render = Callable[[Record], Any]


@dataclass(slots=True, kw_only=True)
class Node:
    """The columns of one record of the answer, in the order in which they were selected."""

    columns: list[str] = field(default_factory=list)
    entries: dict[str, tuple[Field, Node] | Render | None] = field(default_factory=dict)
    """By key of the answer: None for a plain column, a reference and its node for a parent, a function for the rest."""
    of_name: bool = False
    """Whether the record is shown as the object `Name`."""

    def add(self, resolved: Resolved) -> bool:
        """Select a path; False when it was selected before."""
        node = self
        for hop in resolved.hops:
            key = hop.relationship or hop.name
            entry = node.entries.get(key)
            if not isinstance(entry, tuple):
                entry = node.entries[key] = (hop, Node(of_name=is_polymorphic(hop)))
            node = entry[1]
        if resolved.field.name in node.entries:
            return False
        node.entries[resolved.field.name] = None
        return True


class Shaper:
    """Renders records for one scope and API version."""

    def __init__(self, scope: Scope, version: str) -> None:
        self._scope = scope
        self._base = f"/services/data/{version}/sobjects/"

    def attributes(self, sobject: SObject, record: Record) -> dict[str, str]:
        """Return the `attributes` of a record."""
        return {"type": sobject.name, "url": f"{self._base}{sobject.name}/{record['Id']}"}

    def render(self, node: Node, sobject: SObject, record: Record) -> dict[str, Any]:
        """Return one record of an answer."""
        out: dict[str, Any] = {"attributes": self.attributes(sobject, record)}
        if node.of_name:
            out["attributes"]["type"] = "Name"
            return {**out, **{key: name_value(sobject, record, key) for key in node.entries}}
        get = record.get
        for key, entry in node.entries.items():
            if entry is None:
                out[key] = get(key)
            elif isinstance(entry, tuple):
                out[key] = self._parent(entry[0], entry[1], record)
            else:
                out[key] = entry(record)
        return out

    def _parent(self, hop: Field, node: Node, record: Record) -> dict[str, Any] | None:
        found = self._scope.parent(record, hop)
        owner = self._scope.state.schema.of_id(found["Id"]) if found else None
        return self.render(node, owner, found) if owner and found else None
