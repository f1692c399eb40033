"""Many records at once: trees of parents with their children, and graphs of subrequests, each all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.core.http import Call, Json, Route, json_response
from sandbox.salesforce import dml
from sandbox.salesforce.composite import Composite
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.room import DATA, Room, actor, json_object
from sandbox.salesforce.schema import SObject

MAX_RECORDS = 200
MAX_DEPTH = 5
MAX_NODES = 500
MAX_GRAPHS = 75
"""Bounds of one call (documentation of the tree and graph resources)."""

Branch = tuple[SObject, dict[str, Any], str | None, str | None]
"""An object, the record's own values, the reference field to its parent, and the parent's referenceId."""


class Trees:
    """Endpoints /composite/tree/X and /composite/graph."""

    def __init__(self, room: Room, composite: Composite) -> None:
        self._room = room
        self._composite = composite

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        yield Route(method="POST", path=DATA + "/composite/tree/<name>", handler=self.tree)
        yield Route(method="POST", path=DATA + "/composite/graph", handler=self.graph)

    def tree(self, call: Call, version: str, name: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Create records with their children: 201, or 400 with what is wrong and nothing created."""
        sobject = self._room.sobject(call, name)
        records = json_object(call).get("records")
        branches = list(self._branches(sobject, records, None, None, 1))
        if not branches or len(branches) > MAX_RECORDS:
            raise refused("EXCEEDED_ID_LIMIT", f"a tree holds 1 to {MAX_RECORDS} records")
        names = [_reference(values) for _, values, _, _ in branches]
        if len(set(names)) < len(names):
            raise refused("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
        snapshot, ids = self._room.state.snapshot(), dict[str, str]()
        failed: list[dict[str, Any]] = []
        for each, values, field, parent in branches:
            if parent is not None and parent not in ids:
                continue  # its parent failed
            given = {**values, **({field: ids[parent]} if field and parent else {})}
            try:
                ids[_reference(values)] = dml.create(self._room.state, actor(call), each, given)["Id"]
            except SalesforceError as error:
                errors = [fault.as_save_error() for fault in error.faults]
                failed.append({"referenceId": _reference(values), "errors": errors})
        if failed:
            self._room.state.restore(snapshot)
            return json_response({"hasErrors": True, "results": failed}, status=400)
        results = [{"referenceId": reference, "id": record_id} for reference, record_id in ids.items()]
        return json_response({"hasErrors": False, "results": results}, status=201)

    def graph(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see tree
        """Run graphs of subrequests; each graph succeeds whole or changes nothing."""
        graphs = json_object(call).get("graphs")
        if not isinstance(graphs, list) or not graphs or not all(isinstance(each, dict) for each in graphs):
            raise refused("JSON_PARSER_ERROR", "graphs must be a list of graphs")
        names = [each.get("graphId") for each in graphs]
        if len(set(map(str, names))) < len(names) or not all(names):
            raise refused("INVALID_BATCH_REQUEST", "Every graph needs a graphId of its own")
        nodes = sum(len(each.get("compositeRequest") or ()) for each in graphs)
        if len(graphs) > MAX_GRAPHS or nodes > MAX_NODES:
            raise refused("LIMIT_EXCEEDED", f"At most {MAX_GRAPHS} graphs of {MAX_NODES} nodes in all are taken")
        return {"graphs": [self._one(call, each) for each in graphs]}

    def _one(self, call: Call, graph: dict[str, Any]) -> dict[str, Any]:
        answers, whole = self._composite.run(call, graph.get("compositeRequest"), most=MAX_NODES, all_or_none=True)
        return {"graphId": graph["graphId"], "graphResponse": {"compositeResponse": answers}, "isSuccessful": whole}

    def _branches(
        self, sobject: SObject, records: Any, field: str | None, parent: str | None, depth: int
    ) -> Iterator[Branch]:
        """Yield records in an order in which parents come first."""
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            raise refused("JSON_PARSER_ERROR", "records must be a list of records")
        if depth > MAX_DEPTH:
            raise refused("INVALID_INPUT", f"a tree is at most {MAX_DEPTH} levels deep")
        for record in records:
            reference = _reference(record)
            kind = record["attributes"].get("type")
            if not isinstance(kind, str) or kind.lower() != sobject.name.lower():
                raise refused("INVALID_INPUT", f"Record {reference} is not of the type {sobject.name}")
            children = {name: value for name, value in record.items() if isinstance(value, dict) and "records" in value}
            own = {name: value for name, value in record.items() if name not in children}
            yield sobject, own, field, parent
            for name, value in children.items():
                child = sobject.children_by_name.get(name.lower())
                if child is None:
                    raise refused("INVALID_FIELD", f"No such relationship '{name}' on sobject of type {sobject.name}")
                owner = self._room.state.schema.objects[child.object_name]
                yield from self._branches(owner, value["records"], child.field_name, reference, depth + 1)


def _reference(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
    if not isinstance(reference, str) or not reference:
        raise refused("INVALID_INPUT", "Include a reference ID for each record in the request.")
    return reference
