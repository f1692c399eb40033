"""How a status is put into words in the tools, and how such words are recognised again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sync.reconcile.freshness import instant_text
from sync.reconcile.result import Status
from sync.reconcile.view import SourceState

MOST_REASONS = 5
"""Reasons that a status text names; it says how many more there are."""

_HEAD = re.compile(r"(?P<colour>GREEN|AMBER|RED|UNKNOWN) as of (?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_SOURCES = "Sources: "


def status_text(status: Status, sources: Sequence[SourceState], stamp: datetime) -> str:
    """The status as plain text: colour and instant, the foremost reasons, the age of the sources.

    Holds no text of a restricted record, since no reason of a status does.

    Args:
        status: The status.
        sources: The sources it rests on.
        stamp: The instant it was concluded (aware UTC).
    """
    lines = [f"{status.colour.value.upper()} as of {instant_text(stamp)}"]
    lines += [f"- {' '.join(reason.text.split())}" for reason in status.reasons[:MOST_REASONS]]
    more = len(status.reasons) - MOST_REASONS
    if more > 0:
        lines.append(f"- and {more} more")
    return "\n".join([*lines, _sources_line(sources)])


def _sources_line(sources: Sequence[SourceState]) -> str:
    read = [source.read_at for source in sources if source.read_at is not None]
    never = len(sources) - len(read)
    oldest = f"oldest of {len(sources)} read {instant_text(min(read))}" if read else "none was ever read"
    return f"{_SOURCES}{oldest}" + (f", {never} never read" if read and never else "")


def stamp_of(text: str) -> datetime | None:
    """The instant that a status text says it was concluded at; None when it is not a status text of ours."""
    found = _HEAD.fullmatch(_lines(text)[0])
    if found is None:
        return None
    try:
        return datetime.strptime(found["stamp"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def same_message(a: str, b: str) -> bool:
    """Whether two status texts say the same, whatever their instant and the age of their sources."""
    return _message(a) == _message(b)


def _message(text: str) -> tuple[str, ...]:
    lines = _lines(text)
    head = _HEAD.fullmatch(lines[0])
    first = head["colour"] if head is not None else lines[0]
    return (first, *(line for line in lines[1:] if not line.startswith(_SOURCES)))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
