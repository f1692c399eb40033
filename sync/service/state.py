"""What the service knows of itself: the last run, how fresh each connection is, when it goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sync.engine.summary import Ending, Summary

_MISSED = 3  # so many intervals without a finished run are no hiccup


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How well one connection is read.

    Attributes:
        read_at: All its partitions that can be read are completely read up to this instant, or None: none ever was.
        failing: How many of its partitions could not be read the last time.
    """

    read_at: datetime | None
    failing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The service at one instant.

    Attributes:
        began: When the service started.
        runs: How many runs it has finished.
        failures: How many of them, the last ones, failed as a whole in a row.
        last: The last finished run.
        ended: When that was.
        due: When the next run begins; None: one is under way.
        interval: The configured interval.
        hang: Longest silence of a run that does not hang.
        connections: How fresh each is.
    """

    began: datetime
    runs: int = 0
    failures: int = 0
    last: Summary | None = None
    ended: datetime | None = None
    due: datetime | None = None
    interval: timedelta = timedelta(minutes=5)
    hang: timedelta = timedelta(minutes=10)
    connections: Mapping[str, Freshness] = field(default_factory=dict)

    def is_well(self, now: datetime, silent_s: float) -> bool:
        """Whether runs end, and end well enough, and nothing hangs."""
        if self.failures or silent_s > self.hang.total_seconds():
            return False
        return now - (self.ended or self.began) <= self.interval * _MISSED + self.hang

    def told(self, now: datetime, silent_s: float) -> dict[str, Any]:
        """The documented form of the health answer: counts and names of connections, nothing that a tool holds."""
        return {
            "ok": self.is_well(now, silent_s),
            "at": now.isoformat(),
            "since": self.began.isoformat(),
            "runs": self.runs,
            "failures": self.failures,
            "silent_s": round(silent_s, 1),
            "due": self.due.isoformat() if self.due else None,
            "last_run": None if self.last is None or self.ended is None else _told_run(self.last, self.ended, now),
            "connections": {name: _told_freshness(one, now) for name, one in self.connections.items()},
        }


class Board:
    """Holds the state for those who ask, on whatever thread."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """The state now."""
        with self._lock:
            return self._state

    def change(self, **changes: Any) -> None:
        """Replace attributes of the state."""
        with self._lock:
            self._state = replace(self._state, **changes)


def failed(summary: Summary | None) -> bool:
    """Whether a run (None: it broke off with an error) failed as a whole."""
    return summary is None or summary.ending is Ending.FAILED


def _told_run(last: Summary, ended: datetime, now: datetime) -> dict[str, Any]:
    return {
        "run": last.run,
        "ending": last.ending.value,
        "ended": ended.isoformat(),
        "age_s": round((now - ended).total_seconds(), 1),
        "duration_s": round(last.duration_s, 3),
        "held": len(last.held),
        "failed": len(last.failed),
        "conflicts": len(last.conflicts),
        "brakes": len(last.brakes),
    }


def _told_freshness(one: Freshness, now: datetime) -> dict[str, Any]:
    return {
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "age_s": round((now - one.read_at).total_seconds(), 1) if one.read_at else None,
        "failing": one.failing,
    }
