"""Keeps requests below GitHub's limits by the minute, and off a door that GitHub has closed."""

from __future__ import annotations

from collections import deque

from connectors.core.errors import RetriableError
from connectors.core.port import Clock

READ_POINTS, WRITE_POINTS = 1, 5
"""What a request of the REST API, or a document of GraphQL, counts (GitHub's documentation of secondary limits)."""
LIMITED = frozenset({200, 403, 429})
"""Statuses with which GitHub says that a limit is reached; 200 in GraphQL."""

_WINDOW_S = 60.0
_LONGEST_WAIT_S = 120.0  # as long as the transport waits; what takes longer is left to a later run


class Pace:
    """The points that one connection spends in any 60 seconds.

    Args:
        connection: Its name.
        clock: Time.
        per_minute: Most points; None: no bound of our own.
    """

    def __init__(self, connection: str, clock: Clock, per_minute: int | None) -> None:
        self._connection = connection
        self._clock = clock
        self._per_minute = per_minute
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0
        self._closed_until_s = 0.0

    def take(self, points: int, place: str) -> None:
        """Spend points before a request; waits until there are some, and until a closed door opens.

        Raises:
            RetriableError: GitHub asked to wait longer than we do; nothing was sent.
        """
        closed_s = self._closed_until_s - self._clock.monotonic()
        if closed_s > _LONGEST_WAIT_S:
            raise RetriableError(
                f"{self._connection}: {place}: not sent, since GitHub asked to wait {closed_s:.0f} s more",
                retry_after_s=closed_s,
                connection=self._connection,
                place=place,
            )
        if closed_s > 0:
            self._clock.sleep(closed_s)
        self._forget()
        while self._per_minute is not None and self._spent and self._total + points > self._per_minute:
            self._clock.sleep(max(0.01, self._spent[0][0] + _WINDOW_S - self._clock.monotonic()))
            self._forget()
        self._spent.append((self._clock.monotonic(), points))
        self._total += points

    def closed(self, error: RetriableError) -> None:
        """GitHub refused a request: if for a limit, nothing is sent before the time that it named."""
        if error.status in LIMITED and error.retry_after_s is not None:
            self._closed_until_s = max(self._closed_until_s, self._clock.monotonic() + error.retry_after_s)

    def _forget(self) -> None:
        limit = self._clock.monotonic() - _WINDOW_S
        while self._spent and self._spent[0][0] <= limit:
            self._total -= self._spent.popleft()[1]
