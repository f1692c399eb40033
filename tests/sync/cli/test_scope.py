"""How `syncline scope` says which baseline counts."""

from __future__ import annotations

from typing import Any

import pytest

from sync.cli.look import _current

BASE: dict[str, Any] = {
    "version": 2,
    "source": "sow NIM-01.csv",
    "signed_on": "2026-03-01",
    "effective_on": None,
    "current": True,
    "edits": 0,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "baseline v2 signed 2026-03-01, from sow NIM-01.csv"),
        ({"effective_on": "2026-04-01"}, "baseline v2 signed 2026-03-01, effective 2026-04-01, from sow NIM-01.csv"),
        (
            {"edits": 1},
            "baseline v2 signed 2026-03-01, from sow NIM-01.csv, changed once since without a new version",
        ),
        ({"version": None, "source": "jira issues"}, "scope as it stands in jira issues, without versions"),
        ({"current": False}, "no signed baseline"),
    ],
)
def test_the_baseline_that_counts_is_named_with_its_source(changes: dict[str, Any], said: str) -> None:
    assert _current({"undecided": [], "baselines": [{**BASE, **changes}]}) == said


def test_sources_of_which_none_counts_are_named() -> None:
    one = {"undecided": ["jira issues", "salesforce baselines"], "baselines": [BASE]}
    assert _current(one) == (
        "no baseline counts, since nothing says which source does: jira issues, salesforce baselines"
    )
