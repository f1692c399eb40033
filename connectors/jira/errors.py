"""Turns Jira's refusals into the port's errors, in Jira's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jira import JIRAError
from requests import Response

from connectors.core.errors import (
    AmbiguousError,
    ConnectorError,
    FatalError,
    NotFoundError,
    RefusedError,
    RetriableError,
)

_FAILED_LOGINS = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_BUSY = (409, 423)  # conflict and locked: refused for now, without effect
_MOST_WORDS = 500  # characters of one message of Jira's that are kept: enough to act on, never a whole page


def anonymous_reason(response: Response) -> str:
    """Why this answer was given to nobody instead of to our login; empty when it was not.

    Jira may answer 200 with what an anonymous visitor may see when credentials are wrong (header
    ``X-Seraph-LoginReason``); Data Center names the user of each answer in ``X-AUSERNAME``.
    """
    reason = response.headers.get("X-Seraph-LoginReason", "")
    if any(word in reason for word in _FAILED_LOGINS):
        return f"Jira says {reason}"
    if response.headers.get("X-AUSERNAME", "").lower() == "anonymous":
        return "Jira answered as to an anonymous visitor"
    return ""


def messages(response: Response | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """General messages, and messages by field id, of an error answer; empty when it holds no such thing."""
    if response is None:
        return (), {}
    try:
        body = response.json()
    except ValueError:
        return (), {}
    if not isinstance(body, Mapping):
        return (), {}
    general = body.get("errorMessages") or [body.get("errorMessage") or body.get("message")]
    if isinstance(general, str):
        general = [general]
    fields = body.get("errors")
    by_field = {str(k): str(v)[:_MOST_WORDS] for k, v in fields.items()} if isinstance(fields, Mapping) else {}
    words = tuple(str(m)[:_MOST_WORDS] for m in general if m) if isinstance(general, list) else ()
    return words, by_field


def said(general: tuple[str, ...], by_field: Mapping[str, str]) -> str:
    """All messages in one line."""
    parts = [m.rstrip(".") for m in general] + [f"{name}: {m.rstrip('.')}" for name, m in by_field.items()]
    return "; ".join(parts)


def translate(
    exc: JIRAError, *, connection: str, place: str, write: bool, redact: Callable[[str], str]
) -> ConnectorError:
    """The port's error for a refusal that the library raised.

    Args:
        exc: What the library raised.
        connection: Name of the connection.
        place: What was being asked.
        write: Whether the request was a write.
        redact: Blanks secrets: a tool may echo what it was given.
    """
    status = exc.status_code
    general, by_field = messages(exc.response)
    general = tuple(redact(m) for m in general)
    by_field = {name: redact(m) for name, m in by_field.items()}
    words = said(general, by_field)
    tail = f": {words}" if words else ""
    denied = exc.response.headers.get("X-Authentication-Denied-Reason", "") if exc.response is not None else ""
    where = f"{connection}: {place}"
    if status == 401 or denied:
        message = (
            f"{where}: Jira refused the login ({status}){tail}; check email and token, and whether the token expired"
        )
        if denied:
            message += f"; Jira asks first for a log-in in a browser ({denied[:_MOST_WORDS]})"
        return FatalError(message, connection=connection, place=place, status=status)
    if status == 410:
        message = f"{where}: this address was removed from Jira (410); check deployment (cloud or data-center)"
        return FatalError(message, connection=connection, place=place, status=status)
    if status == 404:
        return NotFoundError(f"{where}: gone or hidden (404){tail}", connection=connection, place=place, status=status)
    if status in _BUSY:
        message = f"{where}: another change to the same issue is under way ({status}){tail}"
        return RetriableError(message, connection=connection, place=place, status=status)
    if status is not None and 400 <= status < 500:
        message = f"{where}: refused ({status}){tail}"
        return RefusedError(message, fields=by_field, connection=connection, place=place, status=status)
    message = f"{where}: Jira answered {status}{tail}"
    if write:
        return AmbiguousError(message, connection=connection, place=place, status=status)
    return RetriableError(message, connection=connection, place=place, status=status)
