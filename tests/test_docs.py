"""Commands, settings, connectors, links and documentation agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from connectors.core.registry import load_connectors
from sync.cli.main import cli
from sync.config.settings import TopLevel

ROOT = Path(__file__).parents[1]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / "config.example.toml").read_text()


def test_the_readme_names_every_command_and_no_other() -> None:
    table = README.partition("| command | does |")[2].partition("\n\n")[0]
    named = {
        word
        for row in table.splitlines()
        for word in re.findall(r"`(\w+)[^`]*`", row.split("|")[1] if "|" in row else "")
    }
    assert named == set(cli.commands)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_teaches(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert command.epilog, "an example"
    assert f"syncline {name}" in command.epilog or f" {name}" in command.epilog


def test_every_command_that_shows_something_takes_json() -> None:
    without = {name for name, c in cli.commands.items() if not any("--json" in p.opts for p in c.params)}
    assert without == {"demo", "sandbox", "init", "daemon", "config"}  # config schema prints a JSON Schema always


def test_every_connector_has_its_page_and_its_tests() -> None:
    for kind in load_connectors(plugins=()).specs:
        assert (ROOT / "docs" / "connectors" / f"{kind}.md").is_file()
        assert (ROOT / "tests" / "connectors" / kind).is_dir()


def test_the_example_shows_every_section() -> None:
    assert set(tomllib.loads(EXAMPLE)) | {"mapping"} == set(TopLevel.model_fields)


@pytest.mark.parametrize("section", ["store", "freshness", "reconcile", "write", "daemon"])
def test_the_example_shows_every_setting_of_a_section(section: str) -> None:
    model = TopLevel.model_fields[section].annotation
    assert set(tomllib.loads(EXAMPLE)[section]) == set(model.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("option", ["--as-of", "--true-at"])
def test_the_page_of_history_names_the_commands_that_look_back(option: str) -> None:
    page = (ROOT / "docs" / "history.md").read_text()
    named = re.search(rf"\| `{option} INSTANT` of ([^|]+) \|", page)
    assert named is not None
    takes = {name for name, c in cli.commands.items() if any(option in p.opts for p in c.params)}
    assert set(re.findall(r"`(\w+)`", named[1])) == takes


def test_the_architecture_names_every_room() -> None:
    picture = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = [
        p.parent.name for top in ("connectors", "mapping", "sync", "sandbox") for p in ROOT.glob(f"{top}/*/__init__.py")
    ]
    for room in [*rooms, "connectors", "mapping", "sync", "sandbox", "benchmarks", "docs", "deploy", "tests"]:
        assert f"{room}/" in picture or room in {"github", "launchpad", "portfolio"}, room
