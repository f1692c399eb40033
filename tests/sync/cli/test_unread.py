"""Before the first pull there is nothing to show, and each command says so and what to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync.cli.exits import StoppedError
from sync.cli.main import cli

CONFIG = """\
version = 1
[store]
url = "sqlite:///s.sqlite3"
[connections.crm]
kind = "salesforce"
url = "https://sf.example"
flow = "client_credentials"
client_id = "x"
client_secret = { env = "NOT_SET_IN_THESE_TESTS" }
"""
ENGAGEMENT = '[engagements.NIM-01]\nrecord = { connection = "crm", key = "NIM-01" }\n'


def _run(folder: Path, *words: str, config: str = CONFIG + ENGAGEMENT) -> Result:
    path = folder / "syncline.toml"
    path.write_text(config)
    return CliRunner().invoke(cli, ["-c", str(path), *words], standalone_mode=False)


def test_before_anything_is_discovered_status_says_what_to_run(tmp_path: Path) -> None:
    discovery = '[discover.contracts]\nconnection = "crm"\n'
    said = _run(tmp_path, "status", config=CONFIG + discovery)
    assert "no engagement was discovered yet: run syncline pull" in said.stderr
    with pytest.raises(StoppedError, match="nothing was read yet"):
        raise _run(tmp_path, "findings", config=CONFIG + discovery).exception or AssertionError("it did not stop")


@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["plan", "--json"],
        ["findings"],
        ["findings", "--json"],
        ["risks"],
        ["requests"],
        ["scope", "NIM-01"],
        ["deliverables"],
    ],
)
def test_before_the_first_pull_a_command_says_what_to_run_and_asks_no_tool(tmp_path: Path, words: list[str]) -> None:
    ran = _run(tmp_path, *words)
    assert isinstance(ran.exception, StoppedError)
    assert ran.exception.code == 1
    assert "nothing was read yet" in str(ran.exception)
    assert "syncline pull" in str(ran.exception)
    assert ran.stdout == ""


def test_without_an_engagement_it_is_the_configuration_that_lacks_something(tmp_path: Path) -> None:
    ran = _run(tmp_path, "findings", config=CONFIG)
    assert isinstance(ran.exception, StoppedError)
    assert ran.exception.code == 2
    assert "[engagements.KEY]" in str(ran.exception)


def test_the_status_is_unknown_and_says_why(tmp_path: Path) -> None:
    ran = _run(tmp_path, "status")
    assert ran.exception is None
    assert "UNKNOWN" in ran.stdout
    assert "run syncline pull" in ran.stdout
