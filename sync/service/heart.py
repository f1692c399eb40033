"""Signs of life, and the wish to stop: both reach a run through the clock, the budget and the progress it is given."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from connectors.core.port import Clock
from connectors.core.transport import Budget

_BREATH_S = 1.0  # a longer wait gives a sign of life this often


class StopRequested(BaseException):
    """The service shall stop: nothing new is begun.

    Raised only before a request leaves or while waiting, so that what a sent request did has been stored. What had
    begun is found in the outbox by the next run, as after a kill.
    """


class Heart:
    """Beats whenever the service does something, and knows whether it shall stop or read its configuration again.

    May be used by several threads. Signal handlers must not call it; the thread that waits for signals may.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stop = False
        self._reload = False
        self._last = time.monotonic()

    @property
    def stopping(self) -> bool:
        """Whether it shall stop."""
        return self._stop

    def beat(self) -> None:
        """Give a sign of life."""
        self._last = time.monotonic()

    def silent_s(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - self._last

    def stop(self) -> None:
        """Ask to stop; may be repeated."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()

    def reload(self) -> None:
        """Ask for the configuration to be read again; may be repeated."""
        with self._changed:
            self._reload = True
            self._changed.notify_all()

    def take_reload(self) -> bool:
        """Whether the configuration is to be read again; asked for no longer then."""
        with self._changed:
            asked, self._reload = self._reload, False
            return asked

    def check(self) -> None:
        """Give a sign of life.

        Raises:
            StopRequested: The service shall stop.
        """
        self.beat()
        if self._stop:
            raise StopRequested

    def rest(self, seconds: float) -> bool:
        """Wait between runs, alive; return whether it was to the end, and not for a wish to stop or reload."""
        end = time.monotonic() + seconds
        with self._changed:
            while not (self._stop or self._reload):
                self.beat()
                left = end - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(min(left, _BREATH_S))
        return False


class LivingClock:
    """A clock that gives signs of life while it waits, and does not wait for the end of a service that shall stop."""

    def __init__(self, clock: Clock, heart: Heart) -> None:
        self._clock = clock
        self._heart = heart

    def now(self) -> datetime:
        """The instant, aware UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            StopRequested: The service shall stop.
        """
        end = self._clock.monotonic() + seconds
        self._heart.check()
        while (left := end - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _BREATH_S))
            self._heart.check()


class LivingBudget:
    """A budget of which each request is a sign of life, and which gives none to a service that shall stop."""

    def __init__(self, budget: Budget, heart: Heart) -> None:
        self._budget = budget
        self._heart = heart

    def take(self, connection: str) -> None:
        """Take one request.

        Raises:
            StopRequested: The service shall stop.
        """
        self._heart.check()
        self._budget.take(connection)


class LivingProgress:
    """Progress as a sign of life; shows nothing."""

    def __init__(self, heart: Heart) -> None:
        self._heart = heart

    def start(self, task: str, total: int | None) -> None:  # noqa: ARG002 - the engine's signature
        """Work begins."""
        self._heart.beat()

    def advance(self, task: str, done: int, total: int | None = None) -> None:  # noqa: ARG002 - the engine's signature
        """Work goes on."""
        self._heart.beat()

    def done(self, task: str) -> None:  # noqa: ARG002 - the engine's signature
        """Work is over."""
        self._heart.beat()
