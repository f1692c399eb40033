"""Errors end as sentences and exit codes, never as tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def _run(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from sync.cli.main import main; main()", *args]
    return subprocess.run(
        command, cwd=cwd, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_missing_configuration_is_a_usage_error(tmp_path: Path) -> None:
    ran = _run("status", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "SYNCLINE_CONFIG" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_wrong_configuration_names_all_lines(folder: Path) -> None:
    file = folder / "syncline.toml"
    file.write_text(file.read_text().replace('"data-center"', '"server"').replace('"jira", place', '"jra", place'))
    ran = _run("status", cwd=folder)
    assert ran.returncode == 2
    assert "syncline.toml:7: connections.jira.deployment" in ran.stderr
    assert "syncline.toml:17: engagements.NIM-01.places.0.connection" in ran.stderr


def test_a_missing_secret_is_a_usage_error(folder: Path) -> None:
    ran = _run("pull", cwd=folder)
    assert ran.returncode == 2
    assert "environment variable CANARY_TOKEN" in ran.stderr


def test_before_the_first_pull_everything_is_unknown(folder: Path) -> None:
    ran = _run("status", cwd=folder)
    assert ran.returncode == 0
    assert "UNKNOWN" in ran.stdout
    assert "syncline pull" in ran.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("explain", "F-none"),
        ("status", "NOPE-1"),
        ("fields", "nope"),
        ("findings", "--kind", "scope.nope"),
        ("apply", "none.json"),
        ("nope",),
    ],
)
def test_what_is_not_known_is_a_usage_error_with_a_way_on(folder: Path, args: tuple[str, ...]) -> None:
    ran = _run(*args, cwd=folder, CANARY_TOKEN="canary-secret-value")
    assert ran.returncode == 2
    assert ran.stderr.strip()
    assert "Traceback" not in ran.stderr


def test_a_damaged_plan_file_is_refused(folder: Path) -> None:
    (folder / "plan.json").write_text("{}")
    ran = _run("apply", "plan.json", cwd=folder, CANARY_TOKEN="canary-secret-value")
    assert ran.returncode == 2
    assert "plan.json" in ran.stderr


def test_a_foreign_file_as_store_is_refused(folder: Path) -> None:
    (folder / "s.sqlite3").write_text("this is no database " * 100)
    ran = _run("status", cwd=folder)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr


def test_looking_at_the_configuration_makes_no_store_and_outlives_a_broken_one(folder: Path) -> None:
    ran = _run("check", "--offline", cwd=folder)
    assert (ran.returncode, sorted(path.name for path in folder.iterdir())) == (0, ["syncline.toml"])
    (folder / "s.sqlite3").write_text("this is no database " * 100)
    ran = _run("check", "--offline", cwd=folder)
    assert ran.returncode == 0
    assert "the store could not be looked into" in ran.stdout


def test_before_the_first_pull_there_is_nothing_to_map_again(folder: Path) -> None:
    ran = _run("remap", "--yes", cwd=folder, CANARY_TOKEN="x" * 20)
    assert ran.returncode == 1
    assert "run syncline pull" in ran.stderr


def test_help_needs_no_configuration(tmp_path: Path) -> None:
    ran = _run("--help", cwd=tmp_path)
    assert ran.returncode == 0
    assert "First steps" in ran.stdout


def test_an_emptied_source_is_accepted_by_its_whole_name(folder: Path) -> None:
    ran = _run("sync", "--accept-emptied", "jira:issues", cwd=folder, CANARY_TOKEN="x" * 20)
    assert ran.returncode == 2
    assert "expected connection:stream:KEY" in ran.stderr


def test_a_daemon_of_a_wrong_configuration_ends_at_once(folder: Path) -> None:
    with (folder / "syncline.toml").open("a") as file:
        file.write("\n[daemon]\ninterval = 5\n")
    ran = _run("daemon", cwd=folder, CANARY_TOKEN="x" * 20)
    assert ran.returncode == 2
    assert "daemon.interval" in ran.stderr


def test_the_schema_of_the_configuration_needs_no_configuration(tmp_path: Path) -> None:
    ran = _run("config", "schema", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    schema = json.loads(ran.stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"connections", "engagements", "mapping"} <= set(schema["properties"])
