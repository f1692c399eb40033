from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.clock import RealClock
from sync.service.heart import Heart, LivingBudget, LivingClock, StopRequested


class Counting:
    def __init__(self) -> None:
        self.taken = 0

    def take(self, connection: str) -> None:
        self.taken += 1


def test_a_service_that_shall_stop_gets_no_further_request() -> None:
    heart, inner = Heart(), Counting()
    budget = LivingBudget(inner, heart)
    budget.take("jira")
    heart.stop()
    with pytest.raises(StopRequested):
        budget.take("jira")
    assert inner.taken == 1


def test_no_boundary_of_one_record_takes_the_wish_to_stop_for_an_error() -> None:
    assert not issubclass(StopRequested, Exception)


class Jumping(RealClock):
    """Time that passes at once; ``at`` is called with each wait."""

    def __init__(self, at: Any) -> None:
        self.elapsed = 0.0
        self.at = at

    def monotonic(self) -> float:
        return self.elapsed

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds
        self.at(self.elapsed)


def test_a_long_wait_ends_when_the_service_shall_stop() -> None:
    heart = Heart()
    clock = Jumping(lambda elapsed: heart.stop() if elapsed >= 5 else None)
    with pytest.raises(StopRequested):
        LivingClock(clock, heart).sleep(3600)
    assert clock.elapsed == 5


def test_a_wait_takes_its_time_and_gives_signs_of_life() -> None:
    heart = Heart()
    silences = []
    clock = Jumping(lambda _elapsed: silences.append(heart.silent_s()))
    LivingClock(clock, heart).sleep(12.5)
    assert clock.elapsed == 12.5
    assert len(silences) == 13


def test_rest_is_ended_by_a_wish_to_reload_which_is_told_once() -> None:
    heart = Heart()
    threading.Timer(0.1, heart.reload).start()
    assert heart.rest(30) is False
    assert heart.take_reload() is True
    assert heart.take_reload() is False
    assert heart.rest(0.01) is True
