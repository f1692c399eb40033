"""Instants and durations as Jira writes them."""

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECONDS = {"w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60}
"""Jira's default time tracking: a week of five days, a day of eight hours."""


def zone(name: str | None) -> tzinfo:
    """Give the zone of that name; UTC when there is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def parse_instant(text: str) -> int:
    """Read an ISO instant with offset into milliseconds since the epoch.

    Raises:
        ValueError: it is none, or has no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return round(instant.timestamp() * 1000)


def render_instant(milliseconds: int, where: tzinfo) -> str:
    """Write milliseconds as Jira does: `2026-01-02T03:04:05.678+0000`, in the zone of who asks."""
    seconds, rest = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, tz=where).isoformat()
    return f"{text[:19]}.{rest:03d}{text[19:22]}{text[23:25]}"


def parse_date(text: str) -> str:
    """Check a plain date and give it back.

    Raises:
        ValueError: it is none.
    """
    return date.fromisoformat(text).isoformat()


def parse_duration(text: str) -> int:
    """Read `1w 2d 3h 4m` into seconds.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"\s*(\d+(\.\d+)?[wdhm]\s*)+", text):
        raise ValueError(f"not a duration: {text!r}")
    return round(sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([wdhm])", text)))


def render_duration(seconds: int) -> str:
    """Write seconds as `1w 2d 3h 4m`."""
    parts = []
    for unit, size in SECONDS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"
