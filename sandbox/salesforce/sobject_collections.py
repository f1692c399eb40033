"""The collections endpoints: up to 200 records in one call, each with its own result, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce import dml
from sandbox.salesforce.errors import Fault, SalesforceError, not_found, refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.room import DATA, Room, actor, flag, json_object
from sandbox.salesforce.rows import chosen_fields, show_record
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import Record
from sandbox.salesforce.values import refuse

MAX_RECORDS = 200
MAX_RETRIEVED = 2_000
"""Ids in one retrieve by POST (documentation of the resource)."""

Result = dict[str, Any]
Save = Callable[[dict[str, Any]], Result]

_ROLLED_BACK = Fault(
    code="ALL_OR_NONE_OPERATION_ROLLED_BACK",
    message="Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class Collections:
    """Endpoints under /composite/sobjects."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        base = DATA + "/composite/sobjects"
        table = (
            ("POST", base, self.create),
            ("PATCH", base, self.update),
            ("DELETE", base, self.delete),
            ("GET", base + "/<name>", self.retrieve),
            ("POST", base + "/<name>", self.retrieve),
            ("PATCH", base + "/<name>/<key>", self.upsert),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def create(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Create records."""

        def save(values: dict[str, Any]) -> Result:
            record = dml.create(self._room.state, actor(call), self._object_of(call, values), values)
            return _success(record["Id"])

        return self._each(call, save, {})

    def update(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see create
        """Change records by `id`; one that is named twice is refused each time."""

        def save(values: dict[str, Any]) -> Result:
            sobject = self._object_of(call, values)
            record = self._find(call, sobject, _id_of(values))
            dml.update(self._room.state, actor(call), sobject, record, values)
            return _success(record["Id"])

        def key(values: dict[str, Any]) -> str:
            return to_18(str(_value(values, "id") or "")) or ""

        return self._each(call, save, {"Duplicate id in list: ": key})

    def upsert(self, call: Call, version: str, name: str, key: str) -> Json:  # noqa: ARG002 - see create
        """Create or change records by external id; an id that is named twice is refused each time."""
        sobject = self._room.sobject(call, name)
        field = sobject.by_name.get(key.lower())
        if field is None or not (field.external_id or field.name == "Id"):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {key}")

        def save(values: dict[str, Any]) -> Result:
            if self._object_of(call, values) is not sobject:
                raise refuse("INVALID_TYPE", f"records must be of type {sobject.name}")
            return self._upsert_one(call, sobject, field, values)

        def value(values: dict[str, Any]) -> str:
            return str(_value(values, field.name) or "").casefold()

        return self._each(call, save, {"Duplicate external id specified: ": value})

    def delete(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see create
        """Delete the records of `ids`."""
        ids = _texts(call.args.get("ids", ""))
        if not ids:
            raise refused("INVALID_ID_FIELD", "The ids parameter is required")

        def save(values: dict[str, Any]) -> Result:
            record_id = to_18(values["id"])
            sobject = self._room.state.schema.of_id(record_id) if record_id else None
            if record_id is None or sobject is None:
                raise refuse("MALFORMED_ID", f"malformed id {values['id']}")
            dml.delete(self._room.state, actor(call), sobject, self._find(call, sobject, record_id))
            return _success(record_id)

        rows = [{"id": text} for text in ids]
        return self._run(rows, save, all_or_none=flag(call.args.get("allOrNone")))

    def retrieve(self, call: Call, version: str, name: str) -> Json:
        """Answer records by id, null where there is none."""
        sobject = self._room.sobject(call, name)
        body = json_object(call) if call.method == "POST" else {}
        ids = _texts(body.get("ids", call.args.get("ids", "")))
        fields = ",".join(_texts(body.get("fields", call.args.get("fields", ""))))
        if not ids or not fields:
            raise refused("MISSING_ARGUMENT", "The ids and fields parameters are required")
        _few(ids, MAX_RETRIEVED)
        names = chosen_fields(call, sobject, fields)
        found = [self._room.seen(call, sobject, text) for text in ids]
        return [
            show_record(sobject, row, names, version) if row and not row.get("IsDeleted") else None for row in found
        ]

    def _upsert_one(self, call: Call, sobject: SObject, field: Field, values: dict[str, Any]) -> Result:
        wanted = _value(values, field.name)
        rest = {name: value for name, value in values.items() if name.lower() not in (field.name.lower(), "id")}
        state, who = self._room.state, actor(call)
        if field.name == "Id":
            if wanted is None:
                return {**_success(dml.create(state, who, sobject, rest)["Id"]), "created": True}
            record = self._find(call, sobject, str(wanted))
            dml.update(state, who, sobject, record, rest)
            return {**_success(record["Id"]), "created": False}
        if wanted is None:
            raise refuse("MISSING_ARGUMENT", f"{field.name} not specified")
        found = [row for row in state.by_external_id(sobject, field, wanted) if self._room.visible(call, row)]
        if len(found) > 1:
            message = f"{field.name}: more than one record found for external id field: {found}"
            raise refuse("DUPLICATE_EXTERNAL_ID", message)
        if found:
            dml.update(state, who, sobject, found[0], rest)
            return {**_success(found[0]["Id"]), "created": False}
        return {**_success(dml.create(state, who, sobject, {**rest, field.name: wanted})["Id"]), "created": True}

    def _each(self, call: Call, save: Save, keys: dict[str, Callable[[dict[str, Any]], str]]) -> Json:
        """Save the records of the body; `keys` gives what must not occur twice, by the words of its refusal."""
        body = json_object(call)
        rows = body.get("records")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise refused("JSON_PARSER_ERROR", "The records parameter must be a list of records")
        _few(rows, MAX_RECORDS)
        twice: dict[int, str] = {}
        for words, key in keys.items():
            found = [key(row) for row in rows]
            counts = Counter(found)
            twice |= {i: words + value for i, value in enumerate(found) if value and counts[value] > 1}

        def guarded(values: dict[str, Any], place: int) -> Result:
            if place in twice:
                raise refuse("DUPLICATE_VALUE", twice[place])
            return save(values)

        return self._run(rows, guarded, all_or_none=flag(body.get("allOrNone")), counted=True)

    def _run(
        self, rows: Sequence[dict[str, Any]], save: Callable[..., Result], *, all_or_none: bool, counted: bool = False
    ) -> Json:
        snapshot = self._room.state.snapshot() if all_or_none else None
        results: list[Result] = []
        for place, values in enumerate(rows):
            try:
                results.append(save(values, place) if counted else save(values))
            except SalesforceError as error:
                results.append(_failure(values, error.faults))
        if snapshot is None or all(result["success"] for result in results):
            return results
        self._room.state.restore(snapshot)
        return [
            _failure(values, [_ROLLED_BACK]) if result["success"] else result
            for values, result in zip(rows, results, strict=True)
        ]

    def _object_of(self, call: Call, values: dict[str, Any]) -> SObject:
        attributes = values.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        found = self._room.state.schema.get(str(name)) if name else None
        if found is None or not actor(call).access.sees(found):
            message = f"sObject type '{name}' is not supported." if name else "Every record needs attributes.type"
            raise refuse("INVALID_TYPE", message)
        return found

    def _find(self, call: Call, sobject: SObject, text: str) -> Record:
        record_id = to_18(text)
        if record_id is None:
            raise refuse("MALFORMED_ID", f"malformed id {text}")
        found = self._room.seen(call, sobject, record_id)
        if found is None:
            raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return found


def _few(rows: Sequence[Any], most: int) -> None:
    if len(rows) > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise refused("EXCEEDED_ID_LIMIT", message)


def _texts(value: Any) -> list[str]:
    """Return the parts of a comma-separated argument, or the texts of a list in a body."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise refused("JSON_PARSER_ERROR", "A list of strings was expected")
    return [part.strip() for part in parts if part.strip()]


def _value(values: dict[str, Any], name: str) -> Any:
    return next((value for key, value in values.items() if key.lower() == name.lower()), None)


def _id_of(values: dict[str, Any]) -> str:
    found = _value(values, "id")
    if not found:
        raise refuse("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
    return str(found)


def _success(record_id: str) -> Result:
    return {"id": record_id, "success": True, "errors": []}


def _failure(values: dict[str, Any], faults: Iterable[Fault]) -> Result:
    failed: Result = {"success": False, "errors": [fault.as_save_error() for fault in faults]}
    given = _value(values, "id")
    return {"id": given, **failed} if isinstance(given, str) else failed
