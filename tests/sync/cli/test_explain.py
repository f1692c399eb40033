"""``explain`` of a record: where each attribute comes from, when it changed in the tool, and when we learned it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.core.port import Record, Visibility
from sync.cli.exits import StoppedError
from sync.cli.main import cli
from sync.store.database import Store
from sync.store.records import Stamp, save_records

JIRA = """\
[connections.{name}]
kind = "jira"
url = "https://{name}.example"
deployment = "data-center"
token = {{ env = "NOT_SET_IN_THESE_TESTS" }}
"""
CONFIG = 'version = 1\n[store]\nurl = "sqlite:///s.sqlite3"\n' + JIRA.format(name="jira") + JIRA.format(name="other")
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def shown(hours: int) -> str:
    return at(hours).isoformat().replace("+00:00", "Z")


def issue(hours: int, *, connection: str = "jira", **fields: Any) -> Record:
    """NIM-7 as it was changed some hours after the start."""
    status = {"name": "Open", "statusCategory": {"key": "new"}}
    base = {"summary": "Rotate the keys", "issuetype": {"name": "Task", "subtask": False}, "status": status}
    return Record(
        connection=connection,
        stream="issues",
        id="7",
        partition="NIM",
        key="NIM-7",
        url="https://jira.example/browse/NIM-7",
        version=at(hours).isoformat(),
        updated=at(hours),
        visibility=Visibility.INTERNAL,
        payload={"id": "7", "key": "NIM-7", "fields": {**base, **fields}},
    )


def keep(folder: Path, *records: Record) -> None:
    """Store the versions one after another, each half an hour after its change, by a run of its own."""
    store = Store(f"sqlite:///{folder / 's.sqlite3'}", now=START)
    for number, record in enumerate(records):
        assert record.updated is not None
        with store.unit_of_work() as session:
            learned = record.updated + timedelta(minutes=30)
            save_records(session, [record], Stamp(now=learned, run=f"run-{number}"))
            session.commit()
    store.close()


def run(folder: Path, *words: str) -> Result:
    path = folder / "syncline.toml"
    path.write_text(CONFIG)
    return CliRunner().invoke(cli, ["-c", str(path), "explain", *words], standalone_mode=False)


def attributes(folder: Path, name: str = "NIM-7") -> dict[str, Any]:
    ran = run(folder, name, "--json")
    assert ran.exception is None, ran.exception
    (entity,) = json.loads(ran.stdout)["provenance"]
    assert (entity["kind"], entity["rule"]) == ("work_item", "inbound.work_item")
    return {one["name"]: one for one in entity["attributes"]}


def times(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["changed_after"], one["changed_by"], one["learned"], one["run"]


def learned(hours: int) -> str:
    return (at(hours) + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")


def test_each_attribute_tells_its_source_and_both_of_its_clocks(tmp_path: Path) -> None:
    keep(
        tmp_path,
        issue(0, duedate="2026-12-01"),
        issue(5, duedate="2026-12-08"),
        issue(9, duedate="2026-12-08", summary="Rotate all keys"),
    )
    found = attributes(tmp_path)
    assert (found["due"]["value"], found["due"]["because"][0]["raw"]) == ("2026-12-08", "2026-12-08")
    assert found["due"]["because"][0]["rule"].startswith("inbound.work_item.attributes.due")
    assert times(found["due"]) == (shown(0), shown(5), learned(5), "run-1")
    assert times(found["title"]) == (shown(5), shown(9), learned(9), "run-2")
    assert times(found["state"]) == (None, shown(0), learned(0), "run-0")
    assert attributes(tmp_path, "jira:issues:7") == attributes(tmp_path, "nim-7") == found


def test_a_value_that_came_back_counts_from_its_return(tmp_path: Path) -> None:
    keep(tmp_path, issue(0, duedate="2026-12-01"), issue(5, duedate="2026-12-08"), issue(9, duedate="2026-12-01"))
    assert times(attributes(tmp_path)["due"]) == (shown(5), shown(9), learned(9), "run-2")


def test_a_version_that_the_mapping_refused_said_nothing(tmp_path: Path) -> None:
    keep(tmp_path, issue(0), issue(5, duedate="soon"), issue(9))
    assert times(attributes(tmp_path)["state"]) == (shown(5), shown(9), learned(9), "run-2")


def test_of_a_return_at_one_instant_of_the_tool_that_instant_is_told_and_when_we_learned_it(tmp_path: Path) -> None:
    first = issue(5, duedate="2026-12-01")
    keep(tmp_path, first, issue(5, duedate="2026-12-08"), first)
    found = attributes(tmp_path)
    assert found["due"]["value"] == "2026-12-01"
    assert times(found["due"]) == (shown(5), shown(5), learned(5), "run-2")
    assert times(found["state"]) == (None, shown(5), learned(5), "run-0")


def test_people_are_shown_the_same(tmp_path: Path) -> None:
    keep(tmp_path, issue(0, duedate="2026-12-01"), issue(5, duedate="2026-12-08"))
    told = run(tmp_path, "NIM-7").stdout
    assert "work_item, by inbound.work_item" in told
    assert "2026-12-08" in told
    assert "run-1" in told


def test_a_key_that_several_records_bear_is_not_guessed(tmp_path: Path) -> None:
    keep(tmp_path, issue(0), issue(0, connection="other"))
    error = run(tmp_path, "NIM-7").exception
    assert isinstance(error, StoppedError)
    assert "jira:issues:7, other:issues:7" in str(error)


@pytest.mark.parametrize("name", ["NIM-8", "jira:issues:8"])
def test_what_is_not_known_is_said(tmp_path: Path, name: str) -> None:
    keep(tmp_path, issue(0))
    error = run(tmp_path, name).exception
    assert isinstance(error, StoppedError)
    assert f"nothing is known by the id {name!r}" in str(error)
