"""Who calls, when, and what the call has changed so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person
    from sandbox.launchpad.record import Record


class Level(StrEnum):
    """What a token allows, as Launchpad names it."""

    UNAUTHORIZED = "UNAUTHORIZED"
    READ_PUBLIC = "READ_PUBLIC"
    WRITE_PUBLIC = "WRITE_PUBLIC"
    READ_PRIVATE = "READ_PRIVATE"
    WRITE_PRIVATE = "WRITE_PRIVATE"
    DESKTOP_INTEGRATION = "DESKTOP_INTEGRATION"

    @property
    def writes(self) -> bool:
        """Whether changes are allowed."""
        return self in (Level.WRITE_PUBLIC, Level.WRITE_PRIVATE, Level.DESKTOP_INTEGRATION)

    @property
    def sees_private(self) -> bool:
        """Whether private things are shown, given that their owner may see them."""
        return self in (Level.READ_PRIVATE, Level.WRITE_PRIVATE, Level.DESKTOP_INTEGRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One attribute that a client changed, for activity and webhooks."""

    record: Record
    attribute: str
    old: Any
    new: Any


@dataclass(slots=True, kw_only=True)
class Session:
    """One request, or the loading of a state.

    Attributes:
        user: who calls; None is anonymous.
        now: the one instant of all stamps of this request, as in a database transaction.
        web_service_url: scheme and host that links bear, without a trailing slash.
        changes: what was changed, in order; `before` holds what bugs looked like first.
        failure: the traceback, when the framework met an error of the stand-in itself.
    """

    user: Person | None
    level: Level
    now: datetime
    web_service_url: str = ""
    changes: list[Change] = field(default_factory=list)
    before: dict[Any, Any] = field(default_factory=dict)
    failure: str | None = None
    loading: bool = False
    _journal: list[tuple[Record, str, bool, Any]] = field(default_factory=list)

    def remember(self, record: Record, name: str) -> None:
        """Note the value that is about to be overwritten."""
        if not self.loading:
            values = record.__dict__
            self._journal.append((record, name, name in values, values.get(name)))

    def roll_back(self) -> bool:
        """Take back every change of the request, latest first; says whether there was any."""
        changed = bool(self._journal)
        while self._journal:
            record, name, existed, value = self._journal.pop()
            if existed:
                record.__dict__[name] = value
            else:
                record.__dict__.pop(name, None)
        return changed

    @property
    def writer(self) -> Person | None:
        """Who calls, if the token may write."""
        return self.user if self.level.writes else None

    @property
    def viewer(self) -> Person | None:
        """Who calls, if the token shows private things."""
        return self.user if self.level.sees_private else None
