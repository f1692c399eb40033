"""Turns GitHub's refusals into the port's errors, in GitHub's own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.core.errors import (
    AmbiguousError,
    ConnectorError,
    FatalError,
    NotFoundError,
    RefusedError,
    RetriableError,
)
from connectors.core.port import Json

_MOST_WORDS = 500  # characters of one message of GitHub's that are kept
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_GONE = (404, 410)
_SERVER_ERROR = 500
_BUSY = (409, 423)  # another change is under way: refused for now, without effect
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class MovedError(NotFoundError):
    """The record is no longer at this address.

    Attributes:
        location: Where GitHub says that it is, or empty.
    """

    def __init__(self, message: str, *, location: str, connection: str, place: str, status: int) -> None:
        super().__init__(message, connection=connection, place=place, status=status)
        self.location = location


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Instant of the ``Date`` header (aware UTC), or None."""
    said = headers.get("Date") or headers.get("date")
    try:
        date = parsedate_to_datetime(said) if said else None
    except ValueError:
        return None
    if date is None:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def instant(value: Json) -> datetime | None:
    """An instant as GitHub writes it (``2026-11-24T10:00:00Z``) as aware UTC; None: not one."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None


def decoded(text: str) -> Json:
    """The JSON value of an answer, or None when it holds none."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def words(text: str) -> str:
    """What an error answer says, ready to be put behind a sentence; empty when it says nothing."""
    body = decoded(text)
    if not isinstance(body, Mapping):
        return ""
    parts = [str(body.get("message") or "").rstrip("."), *_details(body)]
    said = "; ".join(part for part in parts if part)[:_MOST_WORDS]
    return f": {said}" if said else ""


def _details(body: Mapping[str, Json]) -> list[str]:
    errors = body.get("errors")
    found = []
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, Mapping):
            about = " ".join(str(error[k]) for k in ("field", "code") if error.get(k))
            found.append(str(error.get("message") or about))
        else:
            found.append(str(error))
    return found


def error_codes(text: str) -> frozenset[str]:
    """Codes of the errors of a 422 (``already_exists`` …)."""
    body = decoded(text)
    errors = body.get("errors") if isinstance(body, Mapping) else None
    return frozenset(str(e.get("code")) for e in errors or () if isinstance(e, Mapping))


def translate(
    status: int,
    headers: Mapping[str, str],
    text: str,
    *,
    connection: str,
    place: str,
    write: bool,
    redact: Callable[[str], str],
) -> ConnectorError:
    """The port's error for an answer that is no success.

    Args:
        status: HTTP status.
        headers: Headers, names in lower case.
        text: Body.
        connection: Name of the connection.
        place: What was being asked.
        write: Whether the request was a write.
        redact: Blanks secrets: a tool may echo what it was given.
    """
    if status in REDIRECTS:
        return MovedError(
            f"{connection}: {place}: moved to another address ({status})",
            location=headers.get("location", ""),
            connection=connection,
            place=place,
            status=status,
        )
    kind, sentence = _verdict(status, headers, write=write)
    message = f"{connection}: {place}: {sentence} ({status}){redact(words(text))}"
    if status == _UNAUTHORIZED:
        message = f"{message}; {_LOGIN}"
    return kind(message, connection=connection, place=place, status=status)


def _verdict(status: int, headers: Mapping[str, str], *, write: bool) -> tuple[type[ConnectorError], str]:
    if status == _UNAUTHORIZED:
        return FatalError, "GitHub refused the login"
    if status == _FORBIDDEN and "x-github-sso" in headers:
        return RefusedError, "refused, until the token is authorised for the organisation's single sign-on"
    if status in _GONE:
        return NotFoundError, "gone or hidden"
    if status in _BUSY:
        return RetriableError, "another change is under way"
    if status < _SERVER_ERROR:
        return RefusedError, "refused"
    return AmbiguousError if write else RetriableError, "GitHub failed"


_LOGIN = "make a new token for the login that syncline uses, and put it where token says"


def graphql_words(errors: Sequence[Mapping[str, Json]]) -> str:
    """What the errors of a GraphQL answer say, in one line."""
    said = dict.fromkeys(str(e.get("message") or e.get("type") or "no message").rstrip(".") for e in errors)
    return "; ".join(said)[:_MOST_WORDS]
