"""The service's loop: run, rest, run again; nothing that goes wrong in a run ends it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors.core.port import Clock
from sync.engine.lock import AlreadyRunningError
from sync.engine.summary import Ending, Summary
from sync.service.health import answering
from sync.service.heart import Heart, StopRequested
from sync.service.notify import Notifier
from sync.service.pace import delay_s
from sync.service.state import Board, Freshness, failed

_LOG = logging.getLogger(__name__)
_BUSY_S = 1.0  # another run holds the store, such as one slice of a backfill, which then leaves it free for longer

_LEAST_REST_S = 1.5  # also when runs take longer than the interval: others that wait for the store try more often


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service works.

    Attributes:
        interval: From the beginning of one run to the beginning of the next.
        hang: Longest silence of a run that does not hang.
        health: Where the state is told, or None.
    """

    interval: timedelta
    hang: timedelta
    health: str | None


class Work(Protocol):
    """The program on one configuration: an open store and live connections."""

    def sync(self) -> Summary:
        """One whole run.

        Raises:
            AlreadyRunningError: Another run is under way on the store.
        """
        ...

    def freshness(self) -> Mapping[str, Freshness]:
        """How well each connection is read."""
        ...


class Configured(Protocol):
    """A valid configuration."""

    @property
    def settings(self) -> Settings:
        """How the service works by it."""
        ...

    def open(self) -> AbstractContextManager[Work]:
        """The program on it. Raises what the store or a credential has against it."""
        ...


class Daemon:
    """Runs until ``heart`` is asked to stop.

    Args:
        load: Reads the configuration; raises for one that is not valid.
        heart: Signs of life, and the wishes to stop and to reload.
        notifier: Who is told.
        board: Where the state is kept for those who ask.
        clock: Time.
        chance: For the jitter.
    """

    def __init__(
        self,
        load: Callable[[], Configured],
        heart: Heart,
        notifier: Notifier,
        board: Board,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._load = load
        self._heart = heart
        self._notifier = notifier
        self._board = board
        self._clock = clock
        self._chance = chance
        self._failures = 0

    def run(self) -> None:
        """Serve until asked to stop.

        Raises:
            Exception: What the first reading of the configuration, or the first opening, has against it. Later ones are
                logged, and tried again.
        """
        configured = self._load()
        opened = False
        while not self._heart.stopping:
            self._board.change(interval=configured.settings.interval, hang=configured.settings.hang)
            with answering(configured.settings.health, self._told):
                try:
                    with configured.open() as work:
                        opened = True
                        self._notifier.ready()
                        self._serve(work, configured.settings)
                except StopRequested:
                    break
                except Exception:
                    if not opened:
                        raise
                    _LOG.exception("the service could not be opened; it is tried again")
                    self._note(None, self._clock.now())
                    self._rest(self._clock.monotonic(), configured.settings)
            if self._heart.take_reload():
                configured = self._reloaded(configured)
        self._notifier.stopping()

    def _serve(self, work: Work, settings: Settings) -> None:
        """Run again and again; return when the configuration or the connections shall be made anew, or to stop."""
        while True:
            started = self._clock.monotonic()
            summary = self._once(work)
            well = not failed(summary)
            if not self._rest(started, settings) or not well:
                return

    def _once(self, work: Work) -> Summary | None:
        """One run and one log line; None: it broke off with an error."""
        self._board.change(due=None)
        self._notifier.status(f"running; {self._last()}")
        try:
            summary = self._undisturbed(work)
            freshness = work.freshness()
        except Exception:  # noqa: BLE001 - the service outlives whatever goes wrong in a run
            _LOG.exception("a run broke off")
            self._note(None, self._clock.now())
            return None
        self._note(summary, self._clock.now(), freshness)
        return summary

    def _undisturbed(self, work: Work) -> Summary:
        """The run, as soon as no other holds the store."""
        told = False
        while True:
            try:
                return work.sync()
            except AlreadyRunningError as error:
                if not told:
                    _LOG.info("waiting: %s", error)
                    told = True
            self._heart.rest(_BUSY_S)
            self._heart.check()

    def _note(self, summary: Summary | None, now: datetime, freshness: Mapping[str, Freshness] | None = None) -> None:
        self._failures = self._failures + 1 if failed(summary) else 0
        state = self._board.state
        self._board.change(failures=self._failures)
        if summary is None:
            return
        self._board.change(runs=state.runs + 1, last=summary, ended=now, connections=freshness or state.connections)
        quiet = summary.ending is Ending.DONE
        _LOG.log(logging.INFO if quiet else logging.WARNING, "run %s", summary.ending.value, extra=_fields(summary))

    def _rest(self, started: float, settings: Settings) -> bool:
        """Rest until the next run is due; return whether it is, and not a wish to stop or reload."""
        delay = delay_s(settings.interval.total_seconds(), self._failures, self._chance)
        left = max(_LEAST_REST_S, started + delay - self._clock.monotonic())
        due = self._clock.now() + timedelta(seconds=left)
        self._board.change(due=due)
        self._notifier.status(f"{self._last()}; next run at {due:%H:%M:%S} UTC")
        return self._heart.rest(left)

    def _last(self) -> str:
        last = self._board.state.last
        ended = f"last run {last.ending.value}" if last else "no run has ended yet"
        return ended + (f", {self._failures} failed in a row" if self._failures else "")

    def _reloaded(self, before: Configured) -> Configured:
        self._notifier.reloading()
        try:
            configured = self._load()
        except Exception as error:  # noqa: BLE001 - the service goes on as it was, whatever is wrong with the file
            _LOG.error("the configuration stays as it was: %s", error)
            configured = before
        else:
            _LOG.info("the configuration was read again")
        self._notifier.ready()
        return configured

    def _told(self) -> Mapping[str, object]:
        return self._board.state.told(self._clock.now(), self._heart.silent_s())


def _fields(summary: Summary) -> dict[str, object]:
    """What the one line of a run says, beside how it ended."""
    fields: dict[str, object] = {
        "run": summary.run,
        "duration_s": round(summary.duration_s, 1),
        "records": sum(r.records for r in summary.reads.values()),
        "requests": sum(r.requests for r in summary.reads.values()),
        "writes": sum(summary.writes.values()),
    }
    counts = {
        "held": len(summary.held),
        "failed": len(summary.failed),
        "conflicts": len(summary.conflicts),
        "brakes": len(summary.brakes),
        "mapped_again": sum(found.records for found in summary.remapped.values()),
    }
    return fields | {name: count for name, count in counts.items() if count}
