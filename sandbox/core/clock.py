"""The time a stand-in lives in: real time plus an offset that a test may move."""

import time
from datetime import UTC, datetime


class Clock:
    """Real time plus an adjustable offset, in seconds.

    Every stamp that a stand-in makes comes from here. Reading is safe from any thread; the offset is one float,
    set whole.
    """

    def __init__(self, *, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    @classmethod
    def starting_at(cls, instant: datetime) -> "Clock":
        """Make a clock that reads `instant` (aware) now and runs on from there."""
        return cls(offset_seconds=instant.timestamp() - time.time())

    def seconds(self) -> float:
        """Give seconds since the epoch."""
        return time.time() + self.offset_seconds

    def now(self) -> datetime:
        """Give the instant, aware, UTC, microseconds."""
        return datetime.fromtimestamp(self.seconds(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` (negative moves it back)."""
        self.offset_seconds += seconds
