"""Time as the program sees it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
