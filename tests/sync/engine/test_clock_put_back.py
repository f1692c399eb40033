"""A tool's clock that ran ahead for a while and was put right loses no change."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest

from connectors.core.faults import Fault, FaultKind, KilledError, Op
from mapping.model import WorkItem
from sync.store.model import entities
from sync.store.partitions import partition_rows


class Ahead:
    """The clock of a tool, set otherwise than everybody else's."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.offset = timedelta(0)

    def now(self) -> Any:
        return self.real.now() + self.offset

    def monotonic(self) -> float:
        return float(self.real.monotonic())

    def sleep(self, seconds: float) -> None:
        self.real.sleep(seconds)


@pytest.fixture
def world(world: Any) -> Any:
    world.tracker.clock = Ahead(world.clock)
    world.seed()
    return world


def titles(world: Any) -> dict[str, str]:
    with world.store.unit_of_work() as session:
        return {item.key: item.title for item in entities(session, WorkItem)}


def rows(world: Any) -> dict[str, Any]:
    with world.store.unit_of_work() as session:
        return {p.key: row for (name, p), row in partition_rows(session).items() if name == "tracker"}


def step(world: Any, offset: timedelta, seconds: float = 300) -> Any:
    world.clock.sleep(seconds)
    world.tracker.clock.offset = offset
    return world.pull()


def test_what_changes_before_the_time_that_was_once_reached_is_read(world: Any) -> None:
    step(world, timedelta(days=1))
    world.tracker.change("issues", "1002", {"title": "Under the wrong clock"})
    step(world, timedelta(days=1))
    assert titles(world)["ONE-2"] == "Under the wrong clock"

    step(world, timedelta(0))
    assert all(row.complete_at == world.clock.now() and not row.error for row in rows(world).values())
    world.clock.sleep(60)
    world.tracker.change("issues", "1002", {"title": "Afterwards"})
    world.tracker.change("issues", "1003", {"title": "Afterwards too"})
    step(world, timedelta(0))
    assert (titles(world)["ONE-2"], titles(world)["ONE-3"]) == ("Afterwards", "Afterwards too")


def test_it_is_read_again_in_the_same_run_and_then_no_more(world: Any) -> None:
    step(world, timedelta(days=1))
    assert step(world, timedelta(0), seconds=3600).records["tracker"] == 8
    assert step(world, timedelta(0), seconds=3600).records["tracker"] == 0


def test_servers_a_few_seconds_apart_are_no_clock_put_back(world: Any) -> None:
    step(world, timedelta(seconds=25))
    world.clock.sleep(3600)
    step(world, timedelta(seconds=25))
    assert step(world, timedelta(0), seconds=5).records["tracker"] == 0


def test_a_record_that_went_while_the_clock_was_wrong_is_gone_after_the_reading(world: Any) -> None:
    step(world, timedelta(days=1))
    del world.tracker.rows["issues", "1003"]
    step(world, timedelta(0))
    assert "ONE-3" not in titles(world)


@pytest.mark.parametrize("pages", range(5))
def test_killed_while_it_is_read_again_it_is_still_read_again(world: Any, pages: int) -> None:
    step(world, timedelta(days=1))
    world.tracker.faults.append(Fault(kind=FaultKind.KILL_AFTER, op=Op.PULL, after=pages))
    with contextlib.suppress(KilledError):
        step(world, timedelta(0))
    world.tracker.faults.clear()
    world.reopen()
    world.tracker.change("issues", "1002", {"title": "Afterwards"})
    step(world, timedelta(0))
    assert titles(world)["ONE-2"] == "Afterwards"
    assert all(row.complete_at == world.clock.now() and not row.error for row in rows(world).values())
