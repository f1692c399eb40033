from __future__ import annotations

import random

import pytest

from sync.service.pace import delay_s


@pytest.mark.parametrize(
    ("interval", "failures", "base"),
    [(300, 0, 300), (300, 1, 600), (300, 3, 2400), (300, 4, 3600), (300, 5000, 3600), (86400, 9, 86400)],
)
def test_the_delay_doubles_with_failures_up_to_an_hour_and_is_jittered(
    interval: float, failures: int, base: float
) -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    delays = [delay_s(interval, failures, chance) for _ in range(200)]
    assert base * 0.9 <= min(delays) < base * 0.92
    assert base * 1.08 < max(delays) <= base * 1.1
