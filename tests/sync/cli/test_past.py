"""``--as-of`` and ``--true-at``: which instant is meant, and what is said where it cannot be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from connectors.core.port import Record, Visibility
from sync.cli.exits import StoppedError
from sync.cli.main import cli
from sync.cli.past import _Instant
from sync.store.database import Store
from sync.store.records import Stamp, save_records

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine two hours and a half east of Greenwich, without summer time."""
    import time

    monkeypatch.setenv("TZ", "<+0230>-02:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-11-24", "2026-11-24T21:29:59.999999+00:00"),
        ("20261124", "2026-11-24T21:29:59.999999+00:00"),
        ("2026-W48-2", "2026-11-24T21:29:59.999999+00:00"),
        ("2026-11-24T09:30", "2026-11-24T07:00:00+00:00"),
        ("2026-11-24T09:30:00Z", "2026-11-24T09:30:00+00:00"),
        ("2026-11-24T09:30:00+01:00", "2026-11-24T08:30:00+00:00"),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_date_means_its_end_and_a_time_without_an_offset_that_of_the_machine(told: str, meant: str) -> None:
    assert _Instant().convert(told, None, None).isoformat() == meant


@pytest.mark.parametrize("told", ["yesterday", "2026-13-01", "24.11.2026", "9999-12-31", ""])
def test_what_is_no_instant_is_refused_with_what_is_expected(told: str) -> None:
    with pytest.raises(click.UsageError, match=r"expected a date such as 2026-11-24"):
        _Instant().convert(told, None, None)


def issue(hours: int, title: str) -> Record:
    at = START + timedelta(hours=hours)
    fields = {
        "summary": title,
        "issuetype": {"name": "Task"},
        "status": {"name": "Open", "statusCategory": {"key": "new"}},
    }
    return Record(
        connection="jira",
        stream="issues",
        id="7",
        partition="NIM",
        key="NIM-7",
        url="https://jira.example/browse/NIM-7",
        version=at.isoformat(),
        updated=at,
        visibility=Visibility.INTERNAL,
        payload={"id": "7", "key": "NIM-7", "fields": fields},
    )


@pytest.fixture
def kept(folder: Path) -> Path:
    """An issue that was read twice, some hours apart."""
    store = Store(f"sqlite:///{folder / 's.sqlite3'}", now=START)
    for hours, title in ((1, "Rotate a key"), (5, "Rotate all keys")):
        with store.unit_of_work() as session:
            save_records(session, [issue(hours, title)], Stamp(now=START + timedelta(hours=hours + 1), run=f"r{hours}"))
            session.commit()
    store.close()
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(folder / "syncline.toml"), *words], standalone_mode=False)


def test_a_record_is_explained_as_it_was_known(kept: Path) -> None:
    told = json.loads(run(kept, "explain", "NIM-7", "--json", "--as-of", "2026-11-20T12:00Z").stdout)
    (title,) = [a for e in told["provenance"] for a in e["attributes"] if a["name"] == "title"]
    assert (title["value"], title["learned"], title["run"]) == ("Rotate a key", "2026-11-20T10:00:00Z", "r1")
    assert told["updated"] == "2026-11-20T09:00:00Z"
    told = json.loads(run(kept, "explain", "NIM-7", "--json").stdout)
    assert told["updated"] == "2026-11-20T13:00:00Z"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("status", "--as-of", "2026-11-20T09:00Z"),
            "known yet at 2026-11-20 09:00:00 UTC: the first record",
        ),
        (("risks", "--as-of", "2099-01-01"), "lies in the future"),
        (("findings", "--true-at", "2099-01-01"), "lies in the future"),
        (("scope", "--as-of", "2026-11-21", "--true-at", "2026-11-21"), "expected one of them"),
    ],
)
def test_what_cannot_be_shown_is_said(kept: Path, words: tuple[str, ...], says: str) -> None:
    error = run(kept, *words).exception
    assert isinstance(error, StoppedError)
    assert says in str(error)
    assert error.code == 2


def test_what_is_unsure_is_told_beside_what_is_shown(kept: Path) -> None:
    ran = run(kept, "status", "--json", "--true-at", "2026-11-20T08:30Z")
    assert json.loads(ran.stdout)["unsure"] == {
        "exact_since": None,
        "changed": [],
        "unknown": {"jira:issues": 1},
        "undated": 0,
    }
    assert "left out, since no version is known from then or earlier" in ran.stderr
    assert "jira:issues 1" in ran.stderr
