"""``syncline remap`` beside real tools: no request, the difference first, and the cost of what was never read."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync.cli import remap
from sync.cli.exits import Exit
from sync.cli.main import cli

pytestmark = pytest.mark.loopback
MAPPED_OTHERWISE = {"jira", "jira-dc", "launchpad"}
BESIDE_THE_PAGES = 4
"""Requests for the catalog, for who we are, and for which of the hidden and of the new projects can be seen."""


def test_the_difference_comes_first_then_the_mapping_and_then_the_reading(world: Any) -> None:
    world.map_otherwise()
    for name in world.steering.names:
        world.steering.call("DELETE", name, "log")
    warned = world.json("check", "--offline", code=0)["warnings"]
    assert {name for name in world.steering.names if any(f"records of {name} were" in one for one in warned)} == (
        MAPPED_OTHERWISE
    )
    looked = world.json("remap", code=Exit.PARTLY)  # a value is refused
    done = world.json("remap", "--yes", code=Exit.PARTLY)
    assert (looked["done"], done["done"]) == (False, True)
    assert looked["connections"].keys() == MAPPED_OTHERWISE
    assert done["connections"] == looked["connections"]
    assert world.json("check", "--offline", code=0)["warnings"] == []
    assert [e for name in world.steering.names for e in world.steering.log(name)] == []
    read = world.json("remap", "--read", code=Exit.PARTLY)  # as of any pull: some places are hidden
    assert read["reading"].keys() == {"jira", "jira-dc"}
    for name, told in read["reading"].items():
        made = read["read"]["reads"][name]
        assert made["records"] == told["records"]
        assert told["requests"] <= made["requests"] <= told["requests"] + BESIDE_THE_PAGES
    assert "launchpad" not in read["reading"]  # what comes whole is there already: only what overlaps is read again
    again = world.json("remap", code=0)
    assert (again["records"], again["never_read"]) == (0, [])


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("n\n", ["Map ", "Read without fields that the mapping wants", "nothing was changed"]),
        ("y\nn\n", ["Map ", "mapped again: ", "Read again what lacks fields, now?", "syncline plan"]),
    ],
)
def test_on_a_terminal_it_asks(world: Any, monkeypatch: pytest.MonkeyPatch, answers: str, told: list[str]) -> None:
    world.map_otherwise()
    monkeypatch.setattr(remap, "_on_a_terminal", lambda: True)
    ran = _here(world, answers)
    assert [part for part in told if part not in ran.output] == []
    assert ran.return_value == Exit.PARTLY
    left = world.json("remap")["records"]
    assert (left > 0) == (answers == "n\n")


def _here(world: Any, answers: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(world.config), "remap"], input=answers, standalone_mode=False)
