"""A sample of the long proof `kills`: a write of every kind, each at one of the three instants."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.kills import good
from benchmarks.record import ROOT

pytestmark = pytest.mark.loopback


def sample(*words: str) -> dict[str, dict[str, Any]]:
    """In a process of its own: it forks, which a process with threads must not."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kills", *words], capture_output=True, text=True, cwd=ROOT, timeout=170
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_killed_at_a_write_of_any_kind_the_next_run_ends_it_without_a_trace() -> None:
    results = sample()
    kinds = " ".join(results)
    for kind in (
        "POST /rest/api/2/issue #",
        "/transitions #",
        "/remotelink #",
        "PATCH",
        "composite/sobjects",
        "jira-dc PUT",
    ):
        assert kind in kinds
    assert {case: result for case, result in results.items() if not good(result)} == {}
    assert all(result["sending"] for result in results.values())  # each was killed with a write of unknown effect


def test_a_product_that_never_looks_whether_a_record_was_made_is_found_out() -> None:
    (result,) = sample("forget").values()
    assert result["duplicates"]
    assert result["differences"]
