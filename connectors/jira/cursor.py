"""Where reading stands (cursors), and how that is said in JQL.

Promise: a bound is always there, and never lies later than ``at`` minus the overlap, whatever the login's time zone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.core.cursor_text import instant as read_instant, load

_FORMAT = 1
_WIDE_EVERY = timedelta(hours=24)
"""Once a day reading reaches back a whole day, for issues that the index took longer than the overlap to show."""
_EVER = '"1970/01/02 00:00"'  # before any issue in every time zone; Cloud wants a bound in every search
_WEST_MOST = timedelta(hours=12)  # the zone furthest behind UTC
_ZONES_SPAN = timedelta(hours=27)  # between the zones furthest apart (14 hours ahead, 12 behind), and one more
_SHIFT = timedelta(hours=1)


class BoundForm(StrEnum):
    """The two ways in which JQL takes an instant."""

    EPOCH = "epoch"
    """Milliseconds since 1970: exact, and means the same in every time zone."""
    LOCAL = "local"
    """Minutes, in the time zone of the login's profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesCursor:
    """How far the issues of one project have been read.

    Attributes:
        at: Everything that the tool's search showed as updated up to this server instant has been delivered.
        wide: Server instant of the last read that reached back a whole day.
    """

    at: datetime
    wide: datetime

    def since(self, overlap: timedelta) -> datetime:
        """From which instant the next read must ask."""
        start = self.wide if self.at - self.wide >= _WIDE_EVERY else self.at
        return start - overlap

    def advanced(self, at: datetime) -> IssuesCursor:
        """Further within one read; never back."""
        return IssuesCursor(at=max(self.at, at), wide=self.wide)

    def finished(self, as_of: datetime) -> IssuesCursor:
        """After a whole read that was true of ``as_of``."""
        wide = as_of if self.at - self.wide >= _WIDE_EVERY else self.wide
        return IssuesCursor(at=max(self.at, as_of), wide=wide)

    def text(self) -> str:
        """As opaque text."""
        return json.dumps({"v": _FORMAT, "at": self.at.isoformat(), "wide": self.wide.isoformat()})


def issues_cursor(text: str | None) -> IssuesCursor | None:
    """The cursor that ``text`` holds; None (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    at, wide = read_instant(data.get("at")), read_instant(data.get("wide"))
    if at is None or wide is None:
        return None
    return IssuesCursor(at=at, wide=wide)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsCursor:
    """What was last seen of a project's versions.

    Attributes:
        read: Server instant of the last read.
        hashes: Version token by version id.
    """

    read: datetime
    hashes: Mapping[str, str]

    def text(self) -> str:
        """As opaque text."""
        return json.dumps({"v": _FORMAT, "read": self.read.isoformat(), "hashes": dict(self.hashes)}, sort_keys=True)


def versions_cursor(text: str | None) -> VersionsCursor | None:
    """The cursor that ``text`` holds; None (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    read, hashes = read_instant(data.get("read")), data.get("hashes")
    if read is None or not isinstance(hashes, Mapping):
        return None
    return VersionsCursor(read=read, hashes={str(k): str(v) for k, v in hashes.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between which instants issues are wanted: ``since`` at or after, ``until`` before; None: no such bound."""

    since: datetime | None = None
    until: datetime | None = None

    def start(self, cursor: IssuesCursor | None, overlap: timedelta) -> datetime | None:
        """From which instant the next read must ask; None: from the beginning.

        Between bounds nothing is reached back for: what changes late, or is indexed late, comes with the next read
        without bounds.
        """
        if self.since is None and self.until is None:
            return cursor.since(overlap) if cursor else None
        return max((i for i in (self.since, cursor.at if cursor else None) if i is not None), default=None)


def search(
    since: Mapping[str, datetime | None],
    form: BoundForm,
    zone: str | None,
    order: str,
    until: datetime | None = None,
) -> str:
    """One JQL search for several projects, each with its own bound (None: everything there is), all up to ``until``."""
    end = "" if until is None else f" AND updated < {upper_bound(until, form, zone)}"
    groups: dict[str, list[str]] = {}
    for project, instant in since.items():
        groups.setdefault(bound(instant, form, zone), []).append(project)
    clauses = [f"project in ({_quoted(projects)}) AND updated >= {start}{end}" for start, projects in groups.items()]
    if len(clauses) > 1:
        clauses = [f"({clause})" for clause in clauses]
    return f"{' OR '.join(clauses)} ORDER BY {order}"


def bound(instant: datetime | None, form: BoundForm, zone: str | None) -> str:
    """An instant as a JQL value that never means anything later.

    Args:
        instant: Aware; None: before any issue.
        form: Which way.
        zone: Time zone of the login, for ``BoundForm.LOCAL``; an unknown one is allowed for.
    """
    if instant is None:
        return _EVER
    if form is BoundForm.EPOCH:
        return str(int(instant.timestamp() * 1000))
    return f'"{_local(instant, zone).strftime("%Y/%m/%d %H:%M")}"'


def upper_bound(instant: datetime, form: BoundForm, zone: str | None) -> str:
    """An instant as a JQL value that never means anything earlier (see ``bound``)."""
    if form is BoundForm.EPOCH:
        return str(math.ceil(instant.timestamp() * 1000))
    slack = _ZONES_SPAN if _zone(zone) is None else 3 * _SHIFT  # an hour may come twice; minutes are cut off
    return f'"{_local(instant + slack, zone).strftime("%Y/%m/%d %H:%M")}"'


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _local(instant: datetime, zone: str | None) -> datetime:
    tz = _zone(zone)
    if tz is None:
        return instant.astimezone(UTC) - _WEST_MOST
    local = instant.astimezone(tz)
    while local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        # An hour that comes twice when summer time ends may be read as the later one: start before it.
        instant -= _SHIFT
        local = instant.astimezone(tz)
    return local


def _quoted(projects: Sequence[str]) -> str:
    return ", ".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in projects)


def settled(updates: Iterable[datetime | None], before: datetime) -> datetime | None:
    """The latest update of a page that the index surely sorted by, so that all earlier ones have been delivered.

    Updates since ``before`` are left out: the index may have sorted such an issue by an older update than it shows.
    """
    return max((u for u in updates if u is not None and u < before), default=None)
