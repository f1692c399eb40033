"""The example configuration has every key there is, and every key in it is right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.core.registry import load_connectors
from connectors.core.settings import ConnectionSettings
from sync.config.load import load
from sync.config.settings import EngagementSettings, TopLevel

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
SPECS = load_connectors(plugins=()).specs
KEY = re.compile(r"^#?([a-z_]+) = ", re.MULTILINE)
WITHHELD = re.compile(r"^#(?=\[|\"|[a-z_]+ = )")


def tables() -> dict[str, str]:
    """The text below each header of the example, as far as the next one."""
    parts = re.split(r"^#?\[([^\]]+)\]$", TEXT, flags=re.MULTILINE)
    return {name.strip('"'): body for name, body in zip(parts[1::2], parts[2::2], strict=True)}


TABLES = tables()


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_every_setting_of_a_connector_is_there(kind: str) -> None:
    bodies = [body for name, body in TABLES.items() if name.startswith("connections.") and f'kind = "{kind}"' in body]
    common = set(KEY.findall(TABLES["connections.jira"])) & set(ConnectionSettings.model_fields)  # told once
    assert set(SPECS[kind].settings.model_fields) <= {key for body in bodies for key in KEY.findall(body)} | common


def test_every_key_of_the_document_is_there() -> None:
    for name, field in TopLevel.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            assert set(section.model_fields) <= set(KEY.findall(TABLES[name])), name
        else:
            assert name in tomllib.loads(TEXT), name
    assert set(EngagementSettings.model_fields) <= set(KEY.findall(TABLES["engagements.NIM-01"]))


def runs() -> Iterator[tuple[int, list[int]]]:
    """Runs of lines that are withheld by a # at their beginning."""
    run: list[int] = []
    for at, line in enumerate([*TEXT.splitlines(), ""]):
        if WITHHELD.match(line):
            run.append(at)
        elif run:
            yield run[0] + 1, run
            run = []


@pytest.mark.parametrize(
    ("line", "run"), list(runs()), ids=lambda each: f"line {each}" if isinstance(each, int) else ""
)
def test_every_withheld_key_may_be_there(tmp_path: Path, line: int, run: list[int]) -> None:
    lines = TEXT.splitlines()
    for at in run:
        lines[at] = lines[at].removeprefix("#")
    if any(text.startswith("app_id") for text in lines):
        lines = [text for text in lines if not text.startswith('token = { credential = "github-token" }')]
    file = tmp_path / "syncline.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert load(file, SPECS).connections.keys() == load(EXAMPLE, SPECS).connections.keys()
