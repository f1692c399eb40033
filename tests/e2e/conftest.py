"""One synced sandbox for the whole folder, put back before each test; the product runs as a command of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.product import Ran, syncline
from benchmarks.steering import State, Steering
from sandbox.launch import Sandbox, running

STORE = "syncline.sqlite3"


OTHER_MAPPING = """
[mapping.jira.inbound.work_item.attributes]
priority = { path = "fields.environment" }
billable = { unknown = "refuse" }
[mapping.jira.inbound.work_item.attributes.state.steps.resolution.values]
"Shelved" = "dropped"
[mapping.jira.inbound.milestone]
when = { path = "nothing.there", filled = true }
[mapping.launchpad.inbound.bug_task.attributes]
priority = { path = "date_incomplete" }
"""
"""It wants fields that were never read, understands a value more and one less, and makes no milestones of versions."""


class World:
    """A sandbox, and how it was before anything and after the first sync."""

    IMPATIENT = "import connectors.core.transport as t; t._MOST_ATTEMPTS = 2"
    """A tool that is down is asked eight times with growing waits; twice will do for a test."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.folder = box.directory
        self.config = box.config
        self.steering = Steering(box)
        self._text = box.config.read_text(encoding="utf-8")
        self._kept: dict[str, tuple[dict[str, State], dict[str, bytes]]] = {}

    def keep(self, name: str) -> None:
        files = {path.name: path.read_bytes() for path in self.folder.glob(f"{STORE}*")}
        self._kept[name] = (self.steering.states(), files)

    def restore(self, name: str) -> None:
        states, files = self._kept[name]
        self.steering.restore(states)
        for path in self.folder.glob(f"{STORE}*"):
            path.unlink()
        for file, content in files.items():
            (self.folder / file).write_bytes(content)
            (self.folder / file).chmod(0o600)
        self.config.write_text(self._text, encoding="utf-8")

    def configure(self, *changes: tuple[str, str]) -> None:
        """Replace texts of the configuration; each must be there."""
        text = self.config.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.config.write_text(text, encoding="utf-8")

    def map_otherwise(self) -> None:
        """From now on by another mapping."""
        self.config.write_text(self.config.read_text(encoding="utf-8") + OTHER_MAPPING, encoding="utf-8")

    def run(self, *words: str, before: str = "") -> Ran:
        return syncline(self.config, *words, before=before, timeout_s=150)

    def json(self, *words: str, code: int | None = None, before: str = "") -> dict[str, Any]:
        ran = self.run(*words, "--json", before=before)
        assert code in (None, ran.code), (ran.code, ran.err[-1000:], ran.out[-1000:])
        return ran.json

    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """(connection, exchange) of every request that may change something, since the logs were cleared."""
        return [(n, e) for n in self.steering.names for e in self.steering.log(n) if e["method"] != "GET"]

    def issues(self, name: str) -> dict[str, dict[str, Any]]:
        return {issue["id"]: issue for issue in self.steering.call("GET", name, "state").json()["issues"]}

    def rows_by_key(self) -> dict[str, dict[str, Any]]:
        """The rows of the active engagements by their key."""
        rows = self.rows("Engagement__c").values()
        return {row["Key__c"]: row for row in rows if row.get("Stage__c") == "Active"}

    def rows(self, object_name: str) -> dict[str, dict[str, Any]]:
        state = self.steering.call("GET", "salesforce", "state").json()
        return {row["Id"]: row for row in state["records"][object_name]}


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    memory = Path("/dev/shm")  # noqa: S108 - a disk that is slow to sync would take most of the time
    folder = tmp_path_factory.mktemp("e2e")
    if memory.is_dir():
        folder = memory / f"syncline-e2e-{folder.parent.name}-{folder.parent.parent.name}"
        shutil.rmtree(folder, ignore_errors=True)
    try:
        with running(seed=1, directory=folder, throttle=False) as box:
            world = World(box)
            world.keep("untouched")
            world.json("sync", code=3)
            world.keep("synced")
            yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(_served: World) -> World:
    """After the first sync."""
    _served.restore("synced")
    return _served


@pytest.fixture
def untouched(_served: World) -> World:
    """Before anything."""
    _served.restore("untouched")
    return _served
