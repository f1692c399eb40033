"""A budget of requests for each connection."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping

from connectors.core.errors import InterruptedRunError
from connectors.core.port import Clock

_HOUR_S = 3600.0


class HourlyBudget:
    """At most so many requests in any 60 minutes, counted in this process.

    A spent budget interrupts the run, which goes on from its cursors next time, rather than holding it for up to an
    hour.
    """

    def __init__(self, limits: Mapping[str, int], clock: Clock) -> None:
        self._limits = dict(limits)
        self._clock = clock
        self._sent: dict[str, deque[float]] = {name: deque() for name in limits}
        self._lock = threading.Lock()

    def take(self, connection: str) -> None:
        """Take one request.

        Raises:
            InterruptedRunError: The connection's requests of this hour are spent.
        """
        limit = self._limits.get(connection)
        if limit is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            sent = self._sent[connection]
            while sent and sent[0] <= now - _HOUR_S:
                sent.popleft()
            if len(sent) >= limit:
                wait = int(sent[0] + _HOUR_S - now) if sent else int(_HOUR_S)
                raise InterruptedRunError(
                    f"the budget of {limit} requests an hour (requests_per_hour) is spent;"
                    f" the next is free in {wait} s",
                    connection=connection,
                )
            sent.append(now)
