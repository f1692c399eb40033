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


KINDS = {
    *(
        f"{jira} {kind}"
        for jira in ("jira", "jira-dc")
        for kind in ("create", "transition", "set_fields", "labels", "link")
    ),
    *(f"salesforce {kind}" for kind in ("set_fields", "upsert")),
    *(f"github {kind}" for kind in ("set_fields", "add_label", "remove_label", "label of a repository")),
    *(f"github put_block, {how}" for how in ("made", "edited")),
    *(f"launchpad {kind}" for kind in ("labels", "put_block")),
}


@pytest.mark.timeout(400)
def test_killed_at_a_write_of_any_kind_the_next_run_ends_it_without_a_trace() -> None:
    """In a process of its own: it forks, which a process with threads must not."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kills"], capture_output=True, text=True, cwd=ROOT, timeout=390, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results: dict[str, dict[str, Any]] = json.loads(done.stdout)
    broken = results.pop("sabotaged")
    kills = [kill for result in results.values() for kill in result.pop("kills")]
    assert [kill for kill in kills if "problem" in kill] == []
    assert {kill["at"] for kill in kills} == KINDS
    assert all(kill["sending"] for kill in kills)  # each was killed with a write of unknown effect
    assert {name: result for name, result in results.items() if not good(result)} == {}
    assert broken["duplicates"]  # a product that does not look whether a record was made is found out
    assert broken["differences"]
