"""How a status is put into words in the tools, and how such words are recognised again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mapping.prose import lines_as_read
from sync.reconcile.freshness import instant_text
from sync.reconcile.result import Finding, Risk, Severity, Status
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


def public_status_text(
    status: Status, findings: Iterable[Finding], sources: Sequence[SourceState], stamp: datetime
) -> str:
    """The status for where anybody reads it: colour and instant, how many findings there are of each kind.

    Names no record and tells nothing of one. Otherwise as ``status_text``.
    """
    counts = Counter(finding.kind.value for finding in findings)
    lines = [f"{status.colour.value.upper()} as of {instant_text(stamp)}"]
    return "\n".join([*lines, *(f"- {counts[kind]} {kind}" for kind in sorted(counts)), _sources_line(sources)])


_SEVERITIES = tuple(Severity)  # from low to critical


def risk_lines(risks: Iterable[Risk], *, public: bool) -> tuple[str, ...]:
    """One line an open risk, ``R-xxxxxxxxxx severity state title``: the worst first, then by id.

    Args:
        risks: Open risks.
        public: Anybody reads it: the name of the rule stands for the title.
    """
    ordered = sorted(risks, key=lambda risk: (-_SEVERITIES.index(risk.severity), risk.id))
    return tuple(
        f"{risk.id} {risk.severity.value} open {risk.rule if public else ' '.join(risk.title.split())}"
        for risk in ordered
    ) or ("No open risks",)


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


def _lines(text: str) -> tuple[str, ...]:
    return lines_as_read(text) or ("",)
