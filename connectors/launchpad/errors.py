"""Turns Launchpad's refusals into the port's errors, in Launchpad's own words."""

from __future__ import annotations

import re
from collections.abc import Callable

from lazr.restfulclient.errors import HTTPError

from connectors.core.errors import (
    AmbiguousError,
    ConnectorError,
    FatalError,
    NotFoundError,
    RefusedError,
    RetriableError,
    StaleVersionError,
)

_BAD_LOGIN = re.compile(
    r"(expired|invalid|unknown|unauthorized|missing|no such)\b.*\b(token|signature|consumer|nonce|timestamp)"
    r"|need to be logged in",
    re.IGNORECASE,
)
"""How Launchpad words a 401 that means the login; any other 401 means that this login may not (it has no 403)."""
_FIELD = re.compile(r"([a-z_]+): (.*)", re.DOTALL)
_CHOICES = re.compile(r"([a-z_]+): Invalid value .*? Acceptable values are: (.*)", re.DOTALL)
_LARGEST_PAGE = re.compile(r'Maximum for "ws\.size" parameter is (\d+)')
_MOST_WORDS = 500  # characters of one message of Launchpad's that are kept: enough to act on, never a whole page
_MOST_CHOICES = 2000  # a list of choices is kept longer, it is read again


def said(content: bytes | str | None, *, most: int = _MOST_WORDS) -> str:
    """Launchpad's words in an error answer (plain text), without a traceback."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content or ""
    return text.partition("\n\nTraceback")[0].strip()[:most]


def choices_named(message: str) -> tuple[str, tuple[str, ...]] | None:
    """Parameter and its acceptable values, when a message names them."""
    found = _CHOICES.search(message)
    if found is None:
        return None
    return found[1], tuple(value.strip() for value in found[2].split(",") if value.strip())


def largest_page(message: str) -> int | None:
    """The largest page that the server gives, when a message names it."""
    found = _LARGEST_PAGE.search(message)
    return int(found[1]) if found else None


def translate(
    exc: HTTPError, *, connection: str, place: str, write: bool, redact: Callable[[str], str]
) -> ConnectorError:
    """The port's error for a refusal that the library raised.

    Args:
        exc: What the library raised; its own text holds the whole answer and must not be shown.
        connection: Name of the connection.
        place: What was being asked.
        write: Whether the request was a write.
        redact: Blanks secrets: Launchpad echoes an unknown token.
    """
    status = int(exc.response.status)
    words = redact(said(exc.content, most=_MOST_CHOICES if b"Acceptable values" in exc.content else _MOST_WORDS))
    tail = f": {words}" if words else ""
    where = f"{connection}: {place}"
    if status in (401, 403):
        if _BAD_LOGIN.search(words) or (not words and not write):
            message = (
                f"{where}: Launchpad refused the login ({status}){tail}; make a new credential for the account that"
                " syncline uses"
            )
            return FatalError(message, connection=connection, place=place, status=status)
        if not write:
            message = f"{where}: this login may not see it ({status})"
            return NotFoundError(message, connection=connection, place=place, status=status)
    if status in (404, 410):
        return NotFoundError(f"{where}: gone or hidden ({status})", connection=connection, place=place, status=status)
    if status == 412:
        message = f"{where}: changed since it was read (412)"
        return StaleVersionError(message, connection=connection, place=place, status=status)
    if 400 <= status < 500:
        named = _FIELD.fullmatch(words)
        fields = {named[1]: named[2]} if named else {}
        message = f"{where}: refused ({status}){tail}"
        return RefusedError(message, fields=fields, connection=connection, place=place, status=status)
    message = f"{where}: Launchpad answered {status}{tail}"
    if write:
        return AmbiguousError(message, connection=connection, place=place, status=status)
    return RetriableError(message, connection=connection, place=place, status=status)
