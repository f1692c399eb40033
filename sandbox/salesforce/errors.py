"""What the stand-in refuses, in Salesforce's form: a status and a list of {message, errorCode, fields}."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sandbox.core.http import HttpError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One reason for a refusal.

    `code` is an ExceptionCode or StatusCode of the API; `fields` are API names, None where REST sends no such key.
    """

    code: str
    message: str
    fields: tuple[str, ...] | None = None

    def as_rest(self) -> dict[str, Any]:
        """Return the element of an error response's list."""
        out: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            out["fields"] = list(self.fields)
        return out

    def as_save_error(self) -> dict[str, Any]:
        """Return the element of a save result's `errors` (statusCode in place of errorCode, fields always there)."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class SalesforceError(HttpError):
    """A whole request, or one record of a collection, is refused.

    Attributes:
        faults: Reasons, in order; at least one.
    """

    def __init__(self, status: int, *faults: Fault) -> None:
        message = "; ".join(f"{fault.code}: {fault.message}" for fault in faults)
        super().__init__(status, message, body=[fault.as_rest() for fault in faults])
        self.faults = faults


def refused(
    code: str, message: str, *, status: int = HTTPStatus.BAD_REQUEST, fields: tuple[str, ...] | None = None
) -> SalesforceError:
    """Return a refusal with one reason; the caller raises it."""
    return SalesforceError(int(status), Fault(code=code, message=message, fields=fields))


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """Return Salesforce's 404 for a path or a record that is not there."""
    return refused("NOT_FOUND", message, status=HTTPStatus.NOT_FOUND)
