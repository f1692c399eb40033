"""The rates of the stand-ins: what is read is counted, and what is too slow is told."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from benchmarks import __main__ as measurements
from benchmarks.figures import TELL
from benchmarks.stand_ins import runner
from benchmarks.stand_ins.rates import Rate, StandIn

pytestmark = pytest.mark.loopback


def three_people() -> dict[str, Any]:
    return {"people": [{"name": name} for name in ("ann", "bot", "cid")]}


def people(session: requests.Session, url: str) -> int:
    return len(session.get(f"{url}/devel/people", timeout=30).json()["entries"])


def test_every_measurement_has_a_line_in_the_readme() -> None:
    assert set(measurements.MEASUREMENTS) <= set(TELL)


def test_every_file_of_the_folder_is_a_service_of_its_own_name() -> None:
    assert all(one.module == f"sandbox.{name.partition('-')[0]}" for name, one in runner.services().items())


@pytest.mark.parametrize(("expected", "problem"), [(3, None), (4, "read 3, expected 4")])
def test_only_what_was_read_whole_is_a_figure(expected: int, problem: str | None) -> None:
    rate = Rate(name="people", count=expected, at_least=1, read=people)
    one = StandIn(name="small", module="sandbox.launchpad", document=three_people, rates=(rate,))
    if problem:
        with pytest.raises(RuntimeError, match=problem):
            runner.measured(one, rounds=1)
    else:
        found = runner.measured(one, rounds=1)["people"]
        assert (found["count"], found["per_s"] > 0, found["at_least_per_s"]) == (3, True, 1)


def test_a_stand_in_that_does_not_start_is_told() -> None:
    one = StandIn(name="small", module="sandbox.launchpad", document=lambda: {"nonsense": 1}, rates=())
    with pytest.raises(RuntimeError, match="did not start"):
        runner.measured(one)


def test_a_rate_below_what_is_demanded_is_told() -> None:
    rates = {"bugs": {"per_s": 249, "at_least_per_s": 250}, "tasks": {"per_s": 600, "at_least_per_s": 600}}
    assert runner.too_slow({"launchpad": rates}) == ["launchpad: bugs: 249 a second, 250 demanded"]
