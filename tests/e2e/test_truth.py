"""Samples of the long proofs `truth` and `rules`, and what must not matter."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import rules, truth
from benchmarks.portrait import duplicates
from benchmarks.product import findings, planted
from benchmarks.steering import project_manager_edits, shuffled

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(("seed", "services"), [(2, None), (11, ("jira", "jira-dc", "salesforce"))])
def test_one_sync_finds_what_was_planted_and_the_next_runs_write_nothing(seed: int, services) -> None:
    result = truth.one(seed, 1, services=services, permuted=services is None)
    assert truth.good(result), result
    assert len(result["requests"]) == (3 if services else 5)
    assert (result["other_order"] is None) == bool(services)


def test_without_a_rule_its_findings_are_missing_and_no_others(untouched) -> None:
    kind = "scope.orphan_work"
    before = rules.WITHOUT.format(kind=kind)
    untouched.json("pull", code=3, before=before)
    missing = Counter(planted(untouched.box.truth)) - Counter(findings(untouched.config, before=before))
    assert len(missing) > 10
    assert {found for _, found, _ in missing} == {kind}


def test_another_order_of_records_is_another_order() -> None:
    """What `truth.one` relies on when it reads everything anew."""
    state = {"salesforce": {"records": {"A": [{"Id": str(n)} for n in range(9)]}}}
    for name in ("jira", "jira-dc"):
        state[name] = {"issues": [{"id": n, "fields": {"labels": list("abcdef")}} for n in range(9)], "projects": []}
    other = shuffled(state, 5)
    assert other != state
    assert min(issue["id"] for issue in other["jira"]["issues"]) == 0
    assert other["salesforce"]["records"]["A"] != state["salesforce"]["records"]["A"]


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
