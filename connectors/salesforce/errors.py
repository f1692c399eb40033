"""Turns what Salesforce says no with into the errors of the port, in words for a project manager."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.errors import (
    ConnectorError,
    FatalError,
    NotFoundError,
    PartitionError,
    RefusedError,
    RetriableError,
    StaleVersionError,
)
from connectors.core.port import Json, Outcome

QUOTA_WAIT_S = 3600.0
"""After REQUEST_LIMIT_EXCEEDED: the allocation is a rolling 24 hours, so only the passing of hours frees requests."""

_MOST_CHARS = 300  # of a message that Salesforce wrote

_QUOTA = "REQUEST_LIMIT_EXCEEDED"
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_CONFLICT = 409
_PRECONDITION_FAILED = 412
_SERVER_ERROR = 500

_RETRIABLE = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "CONCURRENT_REQUEST_LIMIT_EXCEEDED",
        "TXN_SECURITY_METERING_ERROR",
    }
)
_FATAL = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INVALID_SESSION_ID", "ORG_LOCKED"})
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})
_PARTITION = frozenset({"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "OBJECT_NOT_FOUND"})

_CORE = re.compile(r"No such column '[^']*' on entity '[^']*'|sObject type '[^']*' is not supported")

_PLAIN: Mapping[str, str] = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org refused it",
    "REQUIRED_FIELD_MISSING": "a required field is empty",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the value is not in the picklist; add it there, or change the mapping",
    "STRING_TOO_LONG": "the text is longer than the field",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the field may not be written by this user; assign the permission set",
    "INSUFFICIENT_ACCESS_OR_READONLY": "this user may not change the record; assign the permission set, or share it",
    "INSUFFICIENT_ACCESS": "this user may not do that; assign the permission set",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "this user may not see a record that it refers to",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "an automation of the org failed on it",
    "ENTITY_IS_LOCKED": "the record is locked by an approval process",
    "ENTITY_IS_DELETED": "the record is deleted",
    "NOT_FOUND": "the record or object is not there, or this user may not see it",
    "DUPLICATE_VALUE": "another record has the same unique value",
    "DUPLICATES_DETECTED": "a duplicate rule of the org refused it",
    "UNABLE_TO_LOCK_ROW": "someone else was writing the same record",
    "INVALID_FIELD": "a field is missing, or this user may not read it; install deploy/salesforce or correct the"
    " mapping, and assign the permission set",
    "INVALID_TYPE": "the object is missing, or this user may not read it; install deploy/salesforce or correct"
    " objects, and assign the permission set",
    "REQUEST_LIMIT_EXCEEDED": "the org's API requests of the last 24 hours are used up",
    "API_DISABLED_FOR_ORG": "the org or this user has no API access; give the user the permission API Enabled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One error as Salesforce states it.

    Attributes:
        code: Its error code, or empty.
        message: Its message, cut, on one line.
        fields: Fields that it names.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def sentence(self) -> str:
        """For a person: what it means, and what Salesforce wrote."""
        plain = _PLAIN.get(self.code, "Salesforce refused it")
        named = f" ({', '.join(self.fields)})" if self.fields else ""
        said = f": {self.message}" if self.message else ""
        return f"{plain}{named}{said} [{self.code or 'no error code'}]"


def complaint(content: Json) -> Complaint:
    """What Salesforce complains of, from the body of an error answer (its forms vary); never the whole body."""
    first: Any = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return Complaint(code="", message="")
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or ""
    message = first.get("message") or first.get("error_description") or ""
    fields = first.get("fields") or ()
    told = " ".join(str(message).split())
    core = _CORE.search(told)  # the rest repeats the query, and tells developers about WSDL
    return Complaint(
        code=str(code),
        message=(core[0] if core is not None else told)[:_MOST_CHARS],
        fields=tuple(str(f) for f in fields) if isinstance(fields, (list, tuple)) else (),
    )


def port_error(status: int, found: Complaint, *, connection: str, place: str) -> ConnectorError:
    """The port's error for a refused request."""
    text = f"{connection}: {place}: {found.sentence()}"
    kind = _kind(status, found.code)
    if kind is RetriableError:
        wait_s = QUOTA_WAIT_S if found.code == _QUOTA else None
        return RetriableError(text, retry_after_s=wait_s, connection=connection, place=place, status=status)
    if kind is RefusedError:
        fields = dict.fromkeys(found.fields, found.message)
        return RefusedError(text, fields=fields, connection=connection, place=place, status=status)
    if kind is StaleVersionError:
        text = f"{connection}: {place}: changed since it was read; nothing was written"
    return kind(text, connection=connection, place=place, status=status)


def _kind(status: int, code: str) -> type[ConnectorError]:
    if status == _PRECONDITION_FAILED:
        return StaleVersionError
    if code == _QUOTA or code in _RETRIABLE or status == _CONFLICT or status >= _SERVER_ERROR:
        return RetriableError
    if code in _FATAL or status == _UNAUTHORIZED:
        return FatalError
    if code in _GONE or status == _NOT_FOUND:
        return NotFoundError
    return PartitionError if code in _PARTITION else RefusedError


def outcome_of(error: ConnectorError) -> Outcome:
    """How one write ended that met ``error``; FatalError and InterruptedRunError are not for receipts."""
    match error:
        case StaleVersionError():
            return Outcome.STALE
        case RetriableError():
            return Outcome.FAILED
        case _:
            return Outcome.REFUSED
