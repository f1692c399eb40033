"""The org's allocation of API calls: how many were made in the last 24 hours, counted by the hour."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.core.clock import Clock

HOUR_SECONDS = 3_600
WINDOW_HOURS = 24


class Quota:
    """Counts calls over a window that rolls on by the hour."""

    def __init__(self, *, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._hours: dict[int, int] = {}

    @property
    def used(self) -> int:
        """Calls of the last 24 hours."""
        now = self._hour()
        self._hours = {hour: n for hour, n in self._hours.items() if now - WINDOW_HOURS < hour <= now}
        return sum(self._hours.values())

    @property
    def left(self) -> int:
        """Calls that may still be made."""
        return max(0, self.limit - self.used)

    def count(self, calls: int = 1) -> None:
        """Count calls made now."""
        self._hours[self._hour()] = self._hours.get(self._hour(), 0) + calls

    def put(self, used: int) -> None:
        """Say how many calls were made, as if all of them now."""
        self._hours = {self._hour(): used}

    def by_hour(self) -> dict[str, int]:
        """Return the calls by hour since the epoch, as `load` takes them."""
        return {str(hour): n for hour, n in self._hours.items()}

    def load(self, by_hour: Mapping[str, int]) -> None:
        """Take what `by_hour` gave."""
        self._hours = {int(hour): int(n) for hour, n in by_hour.items()}

    def _hour(self) -> int:
        return int(self._clock.seconds() // HOUR_SECONDS)
