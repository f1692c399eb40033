"""What the groups of endpoints share: the state, the parts of a request, and the checks that all of them make."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, empty_response
from sandbox.salesforce import sharing, stamps
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import SalesforceError, not_found, refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import Record, State

DATA = "/services/data/<version>"
"""Where every data endpoint begins."""


@dataclass(slots=True, kw_only=True)
class Room:
    """Holds the state, which a load replaces whole; every group of endpoints reads it from here at each request.

    Attributes:
        cursors: Open query cursors by id (`sandbox.salesforce.queries`).
        jobs: Bulk jobs by id (`sandbox.salesforce.bulk`).
        batch_jobs: Those of the older API (`sandbox.salesforce.bulk_batches`).
    """

    state: State
    cursors: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    batch_jobs: dict[str, Any] = field(default_factory=dict)

    def replace(self, state: State) -> None:
        """Take another state; cursors and jobs of the old one end."""
        self.state = state
        self.cursors.clear()
        self.jobs.clear()
        self.batch_jobs.clear()

    def sobject(self, call: Call, name: str) -> SObject:
        """Return the object of that name, when the caller sees it; else 404 NOT_FOUND."""
        found = self.state.schema.get(name)
        if found is None or not actor(call).access.sees(found):
            raise not_found()
        return found

    def visible(self, call: Call, record: Record) -> bool:
        """Say whether the caller sees a row."""
        return sharing.reads_id(self.state, actor(call).viewer, record)

    def seen(self, call: Call, sobject: SObject, text: str) -> Record | None:
        """Return the row of an id that the caller sees, deleted ones too, or None."""
        found = self.state.tables[sobject.name].get(to_18(text) or "")
        return found if found is not None and self.visible(call, found) else None


def actor(call: Call) -> Actor:
    """Return who calls; the service has seen to it that there is one."""
    found: Actor = call.user
    return found


def json_object(call: Call) -> dict[str, Any]:
    """Return the request's body as a JSON object.

    Raises:
        SalesforceError: 415 for another content type, 400 JSON_PARSER_ERROR for a body that is no JSON object.
    """
    kind = call.mimetype
    if kind and kind != "application/json":
        message = f"Content type '{kind}' is not supported"
        raise refused("UNSUPPORTED_MEDIA_TYPE", message, status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    raw = call.get_data()
    if not raw:
        message = "The HTTP entity body is required, but this request has no entity body."
        raise refused("JSON_PARSER_ERROR", message)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise refused("JSON_PARSER_ERROR", f"Unexpected character in the request body: {error}") from error
    if not isinstance(body, dict):
        raise refused(
            "JSON_PARSER_ERROR", "Can not deserialize the request body out of START_ARRAY token at [line:1, column:1]"
        )
    return body


def flag(value: Any) -> bool:
    """Return a query argument or body entry as a truth value."""
    return str(value).lower() == "true"


def header_instant(call: Call, name: str) -> datetime | None:
    """Return the instant of a conditional header, or None when it is absent.

    Raises:
        SalesforceError: 400 when it is no HTTP date.
    """
    text = call.headers.get(name)
    if text is None:
        return None
    try:
        return stamps.from_http(text)
    except ValueError as error:
        raise refused("ILLEGAL_QUERY_PARAMETER_VALUE", f"Bad value for {name} header: {text}") from error


def precondition_failed(state: State) -> SalesforceError:
    """Return the 412 of a conditional write whose condition does not hold."""
    message = "The record has been modified since the specified date"
    return refused(state.switches.precondition_code, message, status=HTTPStatus.PRECONDITION_FAILED)


def not_modified(modified: datetime) -> Response:
    """Return the 304 of a conditional read."""
    return empty_response(status=304, headers={"Last-Modified": stamps.to_http(modified)})
