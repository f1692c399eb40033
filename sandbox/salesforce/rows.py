"""The endpoints of single objects and records: describe, create, get, update, upsert, delete."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Json, Route, empty_response, json_response
from sandbox.salesforce import describe, dml, stamps
from sandbox.salesforce.errors import not_found, refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.room import (
    DATA,
    Room,
    actor,
    header_instant,
    json_object,
    not_modified,
    precondition_failed,
)
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import Record

UPSERT_BODY_SINCE = 46.0
"""From this API version on, an upsert that updates answers 200 with a body; before, 204 without."""


class Rows:
    """Endpoints under /sobjects."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        base = DATA + "/sobjects"
        table = (
            ("GET", base, self.global_describe),
            ("GET", base + "/<name>", self.basic),
            ("POST", base + "/<name>", self.create),
            ("POST", base + "/<name>/Id", self.create),
            ("GET", base + "/<name>/describe", self.describe),
            ("GET", base + "/<name>/<record_id>", self.get),
            ("PATCH", base + "/<name>/<record_id>", self.update),
            ("DELETE", base + "/<name>/<record_id>", self.delete),
            ("GET", base + "/<name>/<key>/<value>", self.get_by_key),
            ("PATCH", base + "/<name>/<key>/<value>", self.upsert),
            ("DELETE", base + "/<name>/<key>/<value>", self.delete_by_key),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def global_describe(self, call: Call, version: str) -> Json:
        """Answer the list of objects; 304 as `describe`."""
        return self._since(call, lambda: describe.global_describe(self._room.state, actor(call).access, version))

    def basic(self, call: Call, version: str, name: str) -> Json:
        """Answer an object's short describe and the records last made."""
        sobject = self._room.sobject(call, name)
        base = f"/services/data/{version}/sobjects/{sobject.name}/"
        recent = [
            {
                "attributes": {"type": sobject.name, "url": base + row["Id"]},
                "Id": row["Id"],
                "Name": row.get("Name") or row.get("CaseNumber") or row.get("Subject"),
            }
            for row in [r for r in self._room.state.rows(sobject, deleted=False) if self._room.visible(call, r)][-5:]
        ]
        return {"objectDescribe": describe.short(sobject, actor(call).access, version), "recentItems": recent}

    def describe(self, call: Call, version: str, name: str) -> Json:
        """Answer an object's describe; 304 when If-Modified-Since is not before the last change of metadata."""
        sobject = self._room.sobject(call, name)
        return self._since(call, lambda: describe.full(self._room.state, sobject, actor(call).access, version))

    def create(self, call: Call, version: str, name: str) -> Response:  # noqa: ARG002 - every data route has a version
        """Create a record: 201 and a save result."""
        sobject = self._room.sobject(call, name)
        record = dml.create(self._room.state, actor(call), sobject, json_object(call))
        return self._created(call, sobject, record, None)

    def get(self, call: Call, version: str, name: str, record_id: str) -> Json:
        """Answer a record, all visible fields or those of `fields`; 304 by If-Modified-Since."""
        sobject = self._room.sobject(call, name)
        return self._show(call, version, sobject, self._record(call, sobject, record_id))

    def update(self, call: Call, version: str, name: str, record_id: str) -> Response:  # noqa: ARG002 - see create
        """Change a record: 204; 412 when a condition of the headers does not hold."""
        sobject = self._room.sobject(call, name)
        record = self._record(call, sobject, record_id)
        self._precondition(call, sobject, record)
        body = json_object(call)
        if named := next((name for name in body if name.lower() == "id"), None):
            message = f"The {named} field should not be specified in the sobject data."
            raise refused("INVALID_FIELD", message, fields=(named,))
        dml.update(self._room.state, actor(call), sobject, record, body)
        return empty_response()

    def delete(self, call: Call, version: str, name: str, record_id: str) -> Response:  # noqa: ARG002 - see create
        """Put a record into the recycle bin: 204."""
        sobject = self._room.sobject(call, name)
        dml.delete(self._room.state, actor(call), sobject, self._record(call, sobject, record_id))
        return empty_response()

    def get_by_key(self, call: Call, version: str, name: str, key: str, value: str) -> Any:
        """Answer a record by external id, or one that a record's relationship leads to."""
        sobject = self._room.sobject(call, name)
        if to_18(key) is not None and key.lower() not in sobject.by_name:
            return self._related(call, version, sobject, key, value)
        found = self._by_key(call, sobject, key, value)
        if len(found) > 1:
            return self._several(version, sobject, found)
        if not found:
            raise not_found()
        return self._show(call, version, sobject, found[0])

    def upsert(self, call: Call, version: str, name: str, key: str, value: str) -> Response:
        """Create or change the record of an external id: 201, or 200 (204 before API 46), or 300 for several.

        `Id` stands for one whose records are never made.
        """
        sobject = self._room.sobject(call, name)
        field = sobject.by_name["id"] if key.lower() == "id" else self._key(call, sobject, key)
        body = json_object(call)
        if any(each.lower() in (field.name.lower(), "id") for each in body):
            message = f"The {field.name} field should not be specified in the sobject data."
            raise refused("INVALID_FIELD", message, fields=(field.name,))
        found = self._by_key(call, sobject, key, value)
        if len(found) > 1:
            return self._several(version, sobject, found)
        if not found:
            record = dml.create(self._room.state, actor(call), sobject, {**body, field.name: value})
            return self._created(call, sobject, record, "created")
        self._precondition(call, sobject, found[0])
        dml.update(self._room.state, actor(call), sobject, found[0], body)
        status: int = self._room.state.switches.upsert_status
        if status == HTTPStatus.NO_CONTENT or (not status and _number(version) < UPSERT_BODY_SINCE):
            return empty_response()
        return json_response({"id": found[0]["Id"], "success": True, "errors": [], "created": False})

    def delete_by_key(self, call: Call, version: str, name: str, key: str, value: str) -> Response:
        """Delete the record of an external id: 204."""
        sobject = self._room.sobject(call, name)
        found = self._by_key(call, sobject, key, value)
        if len(found) > 1:
            return self._several(version, sobject, found)
        if not found:
            raise not_found()
        dml.delete(self._room.state, actor(call), sobject, found[0])
        return empty_response()

    def _record(self, call: Call, sobject: SObject, text: str) -> Record:
        """Return a record that is not deleted, by the id in a path."""
        record_id = to_18(text)
        if record_id is None:
            raise not_found(f"Provided external ID field does not exist or is not accessible: {text}")
        found = self._room.seen(call, sobject, record_id)
        if found is None:
            raise not_found()
        if found.get("IsDeleted"):
            raise dml.deleted()
        return found

    def _key(self, call: Call, sobject: SObject, key: str) -> Field:
        field = sobject.by_name.get(key.lower())
        if field is None or not field.external_id or not actor(call).access.sees(sobject, field.name):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {key}")
        return field

    def _by_key(self, call: Call, sobject: SObject, key: str, value: str) -> list[Record]:
        if key.lower() == "id":
            return [self._record(call, sobject, value)]
        found = self._room.state.by_external_id(sobject, self._key(call, sobject, key), value)
        return [row for row in found if self._room.visible(call, row)]

    def _related(self, call: Call, version: str, sobject: SObject, record_id: str, relation: str) -> Any:
        record = self._record(call, sobject, record_id)
        field = sobject.by_relationship.get(relation.lower())
        if field is None or not actor(call).access.sees(sobject, field.name):
            raise not_found()
        found = self._room.state.find(record[field.name]) if record.get(field.name) else None
        owner = self._room.state.schema.of_id(found["Id"]) if found else None
        if found is None or owner is None or not self._room.visible(call, found):
            raise not_found("The relationship was NULL.")
        return self._show(call, version, owner, found)

    def _show(self, call: Call, version: str, sobject: SObject, record: Record) -> Response:
        modified = stamps.from_api(record["LastModifiedDate"])
        since = header_instant(call, "If-Modified-Since")
        if since is not None and modified <= since:
            return not_modified(modified)
        if sobject.name == "Account" and _names(call.headers.get("If-None-Match"), etag(record)):
            return not_modified(modified)
        shown = show_record(sobject, record, chosen_fields(call, sobject, call.args.get("fields")), version)
        headers = {"Last-Modified": stamps.to_http(modified)}
        if sobject.name == "Account":
            headers["ETag"] = etag(record)
        return json_response(shown, headers=headers)

    def _precondition(self, call: Call, sobject: SObject, record: Record) -> None:
        if sobject.top["custom"] and not self._room.state.switches.guards_on_custom_objects:
            return
        modified = stamps.from_api(record["LastModifiedDate"])
        unless = header_instant(call, "If-Unmodified-Since")
        if unless is not None and modified > unless:
            raise precondition_failed(self._room.state)
        since = header_instant(call, "If-Modified-Since")
        if since is not None and modified <= since:
            raise precondition_failed(self._room.state)
        if sobject.name != "Account":
            return
        wanted, unwanted = call.headers.get("If-Match"), call.headers.get("If-None-Match")
        if (wanted is not None and not _names(wanted, etag(record))) or _names(unwanted, etag(record)):
            raise precondition_failed(self._room.state)

    def _since(self, call: Call, make: Any) -> Response:
        changed = stamps.from_api(self._room.state.org.metadata_modified)
        since = header_instant(call, "If-Modified-Since")
        if since is not None and changed <= since:
            return not_modified(changed)
        return json_response(make(), headers={"Last-Modified": stamps.to_http(changed)})

    def _created(self, call: Call, sobject: SObject, record: Record, created: str | None) -> Response:
        result: dict[str, Any] = {"id": record["Id"], "success": True, "errors": []}
        if created is not None:
            result[created] = True
        base = "/".join(call.path.split("/")[:4])
        return json_response(result, status=201, headers={"Location": f"{base}/sobjects/{sobject.name}/{record['Id']}"})

    @staticmethod
    def _several(version: str, sobject: SObject, found: list[Record]) -> Response:
        urls = [f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}" for row in found]
        return json_response(urls, status=300)


def chosen_fields(call: Call, sobject: SObject, wanted: str | None) -> list[str]:
    """Return the names of the fields to show: those of a comma-separated list, or all that the caller sees.

    Raises:
        SalesforceError: 400 INVALID_FIELD for a name that is unknown or hidden.
    """
    access = actor(call).access
    if wanted is None:
        return [field.name for field in sobject.fields if access.sees(sobject, field.name)]
    names = []
    for text in filter(None, (part.strip() for part in wanted.split(","))):
        field = sobject.by_name.get(text.lower())
        if field is None or not access.sees(sobject, field.name):
            raise refused("INVALID_FIELD", f"No such column '{text}' on sobject of type {sobject.name}")
        names.append(field.name)
    return names if "Id" in names else [*names, "Id"]


def show_record(sobject: SObject, record: Record, names: list[str], version: str) -> dict[str, Any]:
    """Return a record as GET shows it."""
    url = f"/services/data/{version}/sobjects/{sobject.name}/{record['Id']}"
    return {"attributes": {"type": sobject.name, "url": url}, **{name: record.get(name) for name in names}}


def _names(header: str | None, tag: str) -> bool:
    """Say whether a conditional header names an entity tag."""
    return header is not None and (header.strip() == "*" or tag.strip('"') in header)


def etag(record: Record) -> str:
    """Return an account's entity tag; it changes with each of its values."""
    digest = hashlib.sha1(repr(sorted(record.items())).encode(), usedforsecurity=False).digest()
    return f'"{base64.b64encode(digest).decode()}"'


def _number(version: str) -> float:
    return float(version.removeprefix("v"))
