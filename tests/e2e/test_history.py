"""An earlier instant is shown as it was shown then, from real records by the real mapping."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from benchmarks.product import planted
from sync.cli.main import cli

pytestmark = pytest.mark.loopback

FINDINGS = ("findings",)


def printed(world, *words: str) -> str:
    """What a command prints that asks no tool, run in this process; it has nothing to say beside it."""
    ran = CliRunner().invoke(cli, ["-c", str(world.config), *words, "--json"], standalone_mode=False)
    assert ran.exception is None, ran.exception
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.timeout(400)  # ten looks at a portfolio of four tools, and a sync
def test_what_was_shown_last_week_is_shown_again_byte_for_byte(world) -> None:
    late = sorted(subject.split(":")[2] for _, kind, subject in planted(world.box.truth) if kind == "deliverable.late")
    then = datetime.now(UTC).isoformat()
    explained = ("explain", f"salesforce:deliverables:{late[0]}")
    before = {words: printed(world, *words) for words in (("status",), ("risks",), FINDINGS, explained)}

    world.steering.change_rows(
        "Deliverable__c", {late[0]: {"Needed_By__c": "2031-01-01"}, late[1]: {"Name": "Reworded"}}
    )
    world.json("sync", code=3)
    now = {words: printed(world, *words) for words in (FINDINGS, explained)}
    assert all(now[words] != before[words] for words in now)

    assert {words: printed(world, *words, "--as-of", then) for words in before} == before
    # What stands only because a source could not be read again is no part of what was true.
    true_then = printed(world, "findings", "--true-at", then)
    true_now = printed(world, "findings", "--true-at", datetime.now(UTC).isoformat())
    assert ("Reworded" in true_then, "Reworded" in true_now) == (False, True)
    assert 100 < len(ids(true_then)) <= len(ids(before[FINDINGS]))
    assert ids(true_now) <= ids(now[FINDINGS])


def ids(findings: str) -> set[str]:
    return {finding["id"] for finding in json.loads(findings)["findings"]}
