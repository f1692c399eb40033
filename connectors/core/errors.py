"""Errors of the connectors, sorted by what to do next.

A connector raises nothing else across the port. Messages are written for people and name the place, what was found,
what was expected and what to do; they never hold a credential or a whole response body.
"""

from __future__ import annotations

from collections.abc import Mapping


class ConnectorError(Exception):
    """Base of all errors that cross the port.

    Attributes:
        connection: Name of the connection, or empty while it is not known.
        place: What was being asked (method and path without query, a partition, or a record).
        status: HTTP status, or None when no answer came.
    """

    def __init__(self, message: str, *, connection: str = "", place: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.connection = connection
        self.place = place
        self.status = status


class FatalError(ConnectorError):
    """Nothing on this connection can work until a person acts (credentials, permission, wrong address)."""


class RetriableError(ConnectorError):
    """The same call may succeed later; it had no effect, or repeating it is safe.

    Attributes:
        retry_after_s: Seconds that the tool asked us to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        connection: str = "",
        place: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, connection=connection, place=place, status=status)
        self.retry_after_s = retry_after_s


class AmbiguousError(ConnectorError):
    """A write was sent, and whether it took effect is not known (timeout, reset, 5xx). Read back before repeating."""


class SkippableError(ConnectorError):
    """This one record or write cannot be handled; everything else may go on."""


class NotFoundError(SkippableError):
    """The record is gone or hidden; the tool does not say which."""


class StaleVersionError(SkippableError):
    """The record changed since it was read (HTTP 412, or a guard of ours); nothing was written."""


class RefusedError(SkippableError):
    """The tool refused the write for what it holds (validation, workflow, permission on this record).

    Attributes:
        fields: The tool's message for each field it named.
    """

    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        connection: str = "",
        place: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, connection=connection, place=place, status=status)
        self.fields = dict(fields or {})


class PartitionError(SkippableError):
    """One partition cannot be read (project hidden, object without permission); the others can."""


class InterruptedRunError(ConnectorError):
    """The budget of requests is spent or the run was told to stop; resume from the cursors."""
