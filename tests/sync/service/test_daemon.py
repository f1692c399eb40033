from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.clock import RealClock
from sync.engine.difference import Difference
from sync.engine.lock import AlreadyRunningError
from sync.engine.summary import Reads, Summary
from sync.service.daemon import Daemon, Settings
from sync.service.heart import Heart
from sync.service.notify import Notifier
from sync.service.state import Board, Freshness, State

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Step = Callable[[], Summary]


def ran(*, down: bool = False) -> Summary:
    return Summary(
        run="r1",
        command="sync",
        started=NOW,
        duration_s=1.0,
        reads={"jira": Reads(records=2, requests=1)},
        down=frozenset({"jira"}) if down else frozenset(),
    )


def error(raised: Exception) -> Step:
    def step() -> Summary:
        raise raised

    return step


class Impatient(Heart):
    """Rests not at all, and notes how long it was to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float] = []

    def rest(self, seconds: float) -> bool:
        self.rests.append(seconds)
        return not (self.stopping or self._reload)


@dataclass
class World:
    """A configuration whose runs are ``steps``; after the last the service is asked to stop."""

    steps: list[Step]
    heart: Impatient = field(default_factory=Impatient)
    opened: int = 0
    loaded: int = 0
    refuse: Exception | None = None
    cannot_open: list[Exception] = field(default_factory=list)
    settings: Settings = field(
        default_factory=lambda: Settings(interval=timedelta(minutes=5), hang=timedelta(minutes=10), health=None)
    )

    def load(self) -> World:
        self.loaded += 1
        if self.refuse is not None:
            raise self.refuse
        return self

    @contextmanager
    def open(self) -> Iterator[World]:
        self.opened += 1
        if self.cannot_open:
            raise self.cannot_open.pop()
        yield self

    def sync(self) -> Summary:
        step = self.steps.pop(0)
        if not self.steps:
            self.heart.stop()
        return step()

    def freshness(self) -> Mapping[str, Freshness]:
        return {"jira": Freshness(read_at=NOW, failing=0)}

    def serve(self) -> Board:
        board = Board(State(began=NOW))
        chance = random.Random(1)  # noqa: S311 - no secret
        Daemon(self.load, self.heart, Notifier({}), board, RealClock(), chance).run()
        return board


def test_the_line_of_a_run_says_how_many_stored_records_were_mapped_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    remapped = {"jira": Difference(records=5), "github": Difference(records=2)}
    World([lambda: replace(ran(), remapped=remapped)]).serve()
    assert [r.mapped_again for r in caplog.records if r.name == "sync.service.daemon"] == [7]  # type: ignore[attr-defined]


def test_it_runs_until_it_is_asked_to_stop_and_logs_one_line_a_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = World([ran, ran, ran])
    state = world.serve().state
    assert (state.runs, state.failures, world.opened) == (3, 0, 1)
    assert [r.getMessage() for r in caplog.records if r.name == "sync.service.daemon"] == ["run done"] * 3
    assert all(250 < rest <= 330 for rest in world.heart.rests)


def test_a_run_that_breaks_off_is_logged_with_its_traceback_and_the_next_comes_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World([error(ZeroDivisionError("odd")), error(ZeroDivisionError("odd")), ran])
    state = world.serve().state
    assert (state.runs, state.failures, world.opened) == (1, 0, 3)
    assert caplog.text.count("Traceback") == 2
    assert 500 < world.heart.rests[0] <= 660
    assert 1000 < world.heart.rests[1] <= 1320


def test_a_run_of_which_every_connection_failed_gets_new_connections() -> None:
    world = World([lambda: ran(down=True), ran])
    assert world.serve().state.failures == 0
    assert world.opened == 2


def test_a_store_in_use_is_waited_for_and_is_no_failure() -> None:
    busy = error(AlreadyRunningError("another run"))
    world = World([busy, busy, ran])
    state = world.serve().state
    assert (state.runs, state.failures) == (1, 0)
    assert world.heart.rests[:2] == [1.0, 1.0]


def test_a_configuration_is_read_again_and_kept_when_the_new_one_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = World([])

    def reload(refuse: Exception | None) -> Step:
        def step() -> Summary:
            world.refuse = refuse
            world.heart.reload()
            return ran()

        return step

    world.steps = [reload(None), reload(ValueError("line 3: wrong")), ran]
    world.serve()
    assert (world.loaded, world.opened) == (3, 3)
    assert "was read again" in caplog.text
    assert "stays as it was: line 3: wrong" in caplog.text


def test_what_is_wrong_at_the_start_ends_it() -> None:
    with pytest.raises(ValueError, match="wrong"):
        World([ran], refuse=ValueError("wrong")).serve()
    with pytest.raises(OSError, match="no store"):
        World([ran], cannot_open=[OSError("no store")]).serve()


def test_a_store_that_is_away_later_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World([lambda: ran(down=True), ran])
    first = world.sync

    def and_lose_the_store() -> Summary:
        world.cannot_open = [OSError("no store")] if len(world.steps) == 2 else []
        return first()

    world.sync = and_lose_the_store  # type: ignore[method-assign]  # one world, one story
    state = world.serve().state
    assert (state.runs, state.failures, world.opened) == (2, 0, 3)
    assert "no store" in caplog.text
