"""Samples of the long proofs `truth` and `rules`, and what must not matter."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from benchmarks import rules, truth
from benchmarks.portrait import duplicates
from benchmarks.product import findings, planted
from benchmarks.steering import project_manager_edits

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize("seed", [2, 11])
def test_one_sync_finds_what_was_planted_and_the_next_runs_write_nothing(seed: int) -> None:
    result = truth.one(seed, 1)
    assert truth.good(result), result


def test_without_a_rule_the_comparison_fails() -> None:
    results = rules.without_each(kinds=("scope.orphan_work",))
    assert results["none"]["missing"] == results["none"]["extra"] == 0
    assert results["scope.orphan_work"]["missing"] == results["scope.orphan_work"]["planted"] > 0


def test_the_order_of_records_changes_no_finding(untouched) -> None:
    shuffle = random.Random(5).shuffle  # noqa: S311 - reproducible on purpose
    for name in ("jira", "jira-dc"):
        state = untouched.steering.call("GET", name, "state").json()
        for issue in state["issues"]:
            shuffle(issue["fields"].get("labels") or [])
        shuffle(state["issues"])
        shuffle(state["projects"])
        untouched.steering.call("PUT", name, "state", state)
    state = untouched.steering.call("GET", "salesforce", "state").json()
    for rows in state["records"].values():
        shuffle(rows)
    untouched.steering.call("PUT", "salesforce", "state", state)
    untouched.json("pull", code=3)
    assert Counter(findings(untouched.config)) == Counter(planted(untouched.box.truth))


def test_a_day_of_edits_settles_and_the_run_after_it_writes_nothing(world) -> None:
    before = set(findings(world.config))
    project_manager_edits(world.steering, world.box.truth)
    first = world.json("sync")
    after = set(findings(world.config))
    assert before - after
    assert after - before
    assert sum(first["writes"].values()) > 20
    assert not [n for n in first["held"] if "was not found in what was read of" not in n["message"]]
    assert not first["conflicts"] + first["brakes"]
    assert not any(world.json("sync")["writes"].values())
    assert duplicates(world.steering.states()) == []
