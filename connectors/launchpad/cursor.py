"""Where reading stands: cursors as opaque text."""

from __future__ import annotations

import json
import zlib
from base64 import b85decode, b85encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.core.cursor_text import instant as read_instant, load

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A read under way.

    Attributes:
        began: Server instant at which it began.
        since: Its lower bound; None: everything.
        start: How many rows of the search have been delivered.
        last: Ids of the rows delivered last, by which the place is found again.
    """

    began: datetime
    since: datetime | None
    start: int = 0
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksCursor:
    """How far the bug tasks of one project have been read.

    Attributes:
        at: Everything changed up to this server instant has been delivered; None: the first read is not finished.
        census: Server instant of the last whole look at which tasks there are; None: none yet.
        public: Ids of the delivered tasks of public bugs.
        restricted: Ids of the delivered tasks of all other bugs.
        owed: Ids of tasks that Launchpad failed to give; to be asked for again.
        unsure: Ids of tasks that the last read showed and did not read: they may have changed a second time.
        going: A read under way, or None.
    """

    at: datetime | None = None
    census: datetime | None = None
    public: frozenset[str] = field(default_factory=frozenset)
    restricted: frozenset[str] = field(default_factory=frozenset)
    owed: frozenset[str] = field(default_factory=frozenset)
    unsure: frozenset[str] = field(default_factory=frozenset)
    going: Going | None = None

    @property
    def known(self) -> frozenset[str]:
        """Ids of all delivered tasks."""
        return self.public | self.restricted

    def with_tasks(self, *, public: Iterable[str], restricted: Iterable[str], gone: Iterable[str]) -> TasksCursor:
        """After some more tasks were delivered, or found gone."""
        more_public, more_restricted, less = frozenset(public), frozenset(restricted), frozenset(gone)
        return replace(
            self,
            public=(self.public - more_restricted - less) | more_public,
            restricted=(self.restricted - more_public - less) | more_restricted,
        )

    def text(self, project: str) -> str:
        """As opaque text; ids of tasks in ``project`` itself are kept short."""
        data: dict[str, object] = {
            "v": _FORMAT,
            "at": _say(self.at),
            "census": _say(self.census),
            "public": _pack(self.public, project),
            "restricted": _pack(self.restricted, project),
        }
        if self.owed:
            data["owed"] = sorted(self.owed)
        if self.unsure:
            data["unsure"] = sorted(self.unsure)
        if self.going is not None:
            data["going"] = {
                "began": _say(self.going.began),
                "since": _say(self.going.since),
                "start": self.going.start,
                "last": list(self.going.last),
            }
        return json.dumps(data, separators=(",", ":"))


def tasks_cursor(text: str | None, project: str) -> TasksCursor:
    """The cursor that ``text`` holds; a new one (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    try:
        public, restricted = _unpack(data.get("public"), project), _unpack(data.get("restricted"), project)
    except (ValueError, zlib.error):
        return TasksCursor()
    at = read_instant(data.get("at"))
    going = _going(data.get("going"))
    if at is None and going is None:
        return TasksCursor()
    owed, unsure = data.get("owed"), data.get("unsure")
    return TasksCursor(
        at=at,
        census=read_instant(data.get("census")),
        public=public,
        restricted=restricted,
        owed=frozenset(str(i) for i in owed) if isinstance(owed, list) else frozenset(),
        unsure=frozenset(str(i) for i in unsure) if isinstance(unsure, list) else frozenset(),
        going=going,
    )


def _going(data: object) -> Going | None:
    if not isinstance(data, Mapping):
        return None
    began, start, last = read_instant(data.get("began")), data.get("start"), data.get("last")
    if began is None or not isinstance(start, int) or not isinstance(last, list):
        return None
    return Going(began=began, since=read_instant(data.get("since")), start=start, last=tuple(str(i) for i in last))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCursor:
    """What was last seen of a project's blueprints or milestones.

    Attributes:
        read: Server instant of the last read.
        hashes: Version token by id.
    """

    read: datetime
    hashes: Mapping[str, str]

    def text(self) -> str:
        """As opaque text."""
        return json.dumps({"v": _FORMAT, "read": _say(self.read), "hashes": dict(self.hashes)}, sort_keys=True)


def list_cursor(text: str | None) -> ListCursor | None:
    """The cursor that ``text`` holds; None (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    read, hashes = read_instant(data.get("read")), data.get("hashes")
    if read is None or not isinstance(hashes, Mapping):
        return None
    return ListCursor(read=read, hashes={str(k): str(v) for k, v in hashes.items()})


def _pack(ids: frozenset[str], project: str) -> str:
    short = sorted(i.removesuffix(f"/{project}") for i in ids)
    return b85encode(zlib.compress(" ".join(short).encode())).decode() if short else ""


def _unpack(text: object, project: str) -> frozenset[str]:
    if not isinstance(text, str) or not text:
        return frozenset()
    short = zlib.decompress(b85decode(text)).decode().split()
    return frozenset(i if "/" in i else f"{i}/{project}" for i in short)


def _say(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None
