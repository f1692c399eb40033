"""The pace: below GitHub's limits by the minute, and off a door that it has closed."""

import pytest

from connectors.core.errors import RetriableError
from connectors.github.pace import READ_POINTS, WRITE_POINTS, Pace


class VirtualClock:
    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def limit(status: int | None, wait_s: float | None) -> RetriableError:
    return RetriableError("limited", status=status, retry_after_s=wait_s)


def test_no_minute_holds_more_points_than_allowed(clock) -> None:
    pace = Pace("github", clock, 100)
    taken = []
    for n in range(300):
        points = WRITE_POINTS if n % 3 == 0 else READ_POINTS
        pace.take(points, "GET /")
        taken.append((clock.at, points))
        clock.at += 0.1
    for start, _ in taken:
        assert sum(p for t, p in taken if start <= t < start + 60) <= 100
    assert clock.slept


def test_slow_requests_never_wait(clock) -> None:
    pace = Pace("github", clock, 100)
    for _ in range(100):
        pace.take(WRITE_POINTS, "GET /")
        clock.at += 3.1
    assert clock.slept == []


def test_without_a_bound_nothing_waits(clock) -> None:
    pace = Pace("github", clock, None)
    for _ in range(5000):
        pace.take(WRITE_POINTS, "GET /")
    assert clock.slept == []


def test_a_closed_door_is_waited_for_when_it_opens_soon(clock) -> None:
    pace = Pace("github", clock, 100)
    pace.closed(limit(403, 60.0))
    pace.take(WRITE_POINTS, "POST /")
    pace.take(WRITE_POINTS, "POST /")
    assert clock.slept == [60.0]


def test_a_door_that_stays_closed_is_not_knocked_at(clock) -> None:
    pace = Pace("github", clock, 100)
    pace.closed(limit(429, 3000.0))
    with pytest.raises(RetriableError, match="not sent") as caught:
        pace.take(WRITE_POINTS, "POST /")
    assert caught.value.retry_after_s == 3000.0
    assert clock.slept == []
    clock.at += 2900
    pace.take(WRITE_POINTS, "POST /")
    assert clock.slept == [100.0]


@pytest.mark.parametrize("error", [limit(503, 60.0), limit(None, 60.0), limit(403, None)])
def test_other_troubles_close_no_door(clock, error) -> None:
    pace = Pace("github", clock, 100)
    pace.closed(error)
    pace.take(WRITE_POINTS, "POST /")
    assert clock.slept == []
