"""Dates and instants as the API writes and reads them: whole seconds, UTC, `2026-11-24T10:00:00.000+0000`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime

_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")


def to_api(instant: datetime) -> str:
    """Return an aware instant as REST shows it; fractions of a second are cut off."""
    return instant.astimezone(UTC).isoformat()[:19] + ".000+0000"


def from_api(text: str) -> datetime:
    """Return the instant of a stamp that REST shows.

    Raises:
        ValueError: The text is no ISO 8601 instant with a zone.
    """
    match = _DATETIME.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not an instant with a zone")
    zone = match[2].replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(match[1] + (zone if ":" in zone else zone[:3] + ":" + zone[3:])).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from error


def normal_datetime(text: str) -> str:
    """Return any accepted spelling of an instant in the form REST shows, so that instants compare as text.

    Raises:
        ValueError: As `from_api`.
    """
    return to_api(from_api(text))


def normal_date(text: str) -> str:
    """Return a date as YYYY-MM-DD; an instant is cut to its UTC date, as the API does.

    Raises:
        ValueError: The text is neither.
    """
    if _DATE.match(text):
        return date.fromisoformat(text).isoformat()
    return from_api(text).date().isoformat()


def to_http(instant: datetime) -> str:
    """Return an instant as an HTTP date."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def from_http(text: str) -> datetime:
    """Return the instant of an HTTP date; one without a zone is UTC.

    Raises:
        ValueError: The text is no HTTP date.
    """
    found = parsedate_to_datetime(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
