"""What `--json` prints is what docs/json.md says: key by key, both ways, with its form."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from benchmarks.product import planted
from sync.cli.main import cli

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
Shape = dict[str, str]  # key -> form


def shapes() -> dict[str, Shape]:
    """Each table of the page by the shape, or by each of the commands, that its heading names."""
    own: dict[str, Shape] = {}
    extends: dict[str, str] = {}
    for part in re.split(r"^##+ ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading = part.partition("\n")[0]
        shape = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", part, flags=re.MULTILINE))
        names = re.findall(r"`(\w+)`", heading) or [heading]
        own.update(dict.fromkeys(names, shape) if shape else {})
        if found := re.search(r"^All of (\w+), and:", part, flags=re.MULTILINE):
            extends[heading] = found[1]
    return {name: {**own.get(extends.get(name, ""), {}), **shape} for name, shape in own.items()}


SHAPES = shapes()
LOOKING = {"status", "scope", "deliverables", "risks", "requests", "findings", "explain"}
COMMANDS = {name for name in SHAPES if name.islower()}


class Page:
    """Compares objects with the page, and notes which shapes were seen."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def hold(self, data: Any, form: str, at: str) -> None:
        """Assert that ``data`` has the form."""
        if " or " in form:
            choices = form.split(" or ")
            if data is None:
                assert "null" in choices, at
                return
            rest = [one for one in choices if one != "null"]
            if len(rest) > 1:
                rest = [f"EXPLAINED_{data['what'].upper()}"]
                assert rest[0] in choices, at
            self.hold(data, rest[0], at)
        elif found := re.fullmatch(r"map of (.+) by \w+", form):
            assert isinstance(data, dict), at
            for key, value in data.items():
                self.hold(value, found[1], f"{at}.{key}")
        elif form.startswith("list of "):
            assert isinstance(data, list), at
            for value in data:
                self.hold(value, form.removeprefix("list of "), f"{at}[]")
        elif form in SHAPES:
            self.object(data, form, at)
        else:
            assert plain(data, form), f"{at}: {data!r} is no {form}"

    def object(self, data: Any, name: str, at: str) -> None:
        """Assert that an object has the keys of a shape, and no others, each with its form."""
        self.seen.add(name)
        assert isinstance(data, Mapping), at
        shape = SHAPES[name]
        always = {key for key in shape if not key.endswith("?")}
        known = {key.removesuffix("?"): form for key, form in shape.items()}
        assert always <= data.keys() <= known.keys(), (at, always ^ data.keys())
        for key, value in data.items():
            self.hold(value, known[key], f"{at}.{key}")


def plain(data: Any, form: str) -> bool:
    match form:
        case "text":
            return isinstance(data, str)
        case "number":
            return isinstance(data, int) and not isinstance(data, bool)
        case "seconds":
            return isinstance(data, int | float) and not isinstance(data, bool) and data >= 0
        case "yes/no":
            return isinstance(data, bool)
        case "date":
            return date.fromisoformat(data).isoformat() == data
        case "instant":
            return datetime.fromisoformat(data).utcoffset() is not None
        case "decimal":
            return isinstance(data, str) and Decimal(data).is_finite()
        case "value":
            return data is not None
        case _:
            raise AssertionError(f"the page names an unknown form {form!r}")


def here(world, *words: str) -> dict[str, Any]:
    """What a command prints that asks no tool, run in this process."""
    ran = CliRunner().invoke(cli, ["-c", str(world.config), *words, "--json"], standalone_mode=False)
    assert ran.exception is None, ran.exception
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def takes_json(command: click.Command) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_command_that_takes_json_is_on_the_page_and_no_other() -> None:
    explained = {"explain"}
    assert COMMANDS | explained == {name for name, command in cli.commands.items() if takes_json(command)}


@pytest.mark.loopback
@pytest.mark.timeout(400)  # nine commands against five tools
def test_what_is_printed_is_what_the_page_says(world) -> None:
    page = Page()

    def run(command: str, *words: str, code: int | None = None, shape: str = "") -> dict[str, Any]:
        data = here(world, command, *words) if command in LOOKING else world.json(command, *words, code=code)
        page.object(data, shape or command, command)
        assert data["version"] == 1
        return data

    red = next(row for row, held in world.rows("Engagement__c").items() if held.get("Syncline_Status__c") == "Red")
    world.steering.change_rows("Engagement__c", {red: {"Syncline_Status__c": "Green"}})
    late = sorted(subject.split(":")[2] for _, kind, subject in planted(world.box.truth) if kind == "deliverable.late")
    world.steering.change_rows("Deliverable__c", {row: {"Name": "Reworded"} for row in late[:2]})
    assert run("pull", code=3)["failed"]
    world.configure(("max_writes = 100000", "max_writes = 1"))
    planned = run("plan", code=4)
    assert planned["writes"]
    assert planned["conflicts"]
    assert planned["held"]
    assert run("sync", code=4)["conflicts"]
    world.configure(("max_writes = 1\n", "max_writes = 100000\n"))
    sent = run("sync", code=3)
    assert sum(sent["writes"].values()) > 1
    plan = world.folder / "plan.json"
    world.run("plan", "--out", str(plan))
    run("apply", str(plan))
    run("backfill", "salesforce")
    assert run("adopt", code=3)["adopted"] > 100
    (status, *_rest) = [s for s in run("status")["engagements"] if s["status"] == "red"]
    assert run("status", "--true-at", "2000-01-01")["unsure"]["unknown"]
    run("scope")
    run("deliverables")
    run("risks", "--all")
    run("requests")
    findings = run("findings")["findings"]
    run("check", "--mapping", shape="CHECKED_MAPPING")
    run("check", "--offline")
    run("check")
    run("fields", "jira")
    run("explain", status["engagement"], shape="EXPLAINED_STATUS")
    run("explain", findings[0]["id"], shape="EXPLAINED_FINDING")
    run("explain", run("risks")["risks"][0]["id"], shape="EXPLAINED_RISK")
    run("explain", next(f["subject"] for f in findings if ":issues:" in f["subject"]), shape="EXPLAINED_RECORD")
    run("explain", _written(world), shape="EXPLAINED_WRITE")
    plain = world.config.read_text(encoding="utf-8")
    world.map_otherwise()
    assert here(world, "remap", "--yes")["records"]
    assert run("remap", "--read")["read"]
    world.config.write_text(plain, encoding="utf-8")
    assert run("remap")["connections"]
    assert run("pull")["remapped"]
    world.map_otherwise()
    run("remap")
    assert SHAPES.keys() - page.seen == set()


def _written(world) -> str:
    """Id of a write that was sent."""
    with sqlite3.connect(world.folder / "syncline.sqlite3") as connection:
        return str(connection.execute("SELECT write FROM outbox ORDER BY seq DESC LIMIT 1").fetchone()[0])
