"""When a record went, came back or fell back to an earlier version is kept; what an earlier release did not keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from connectors.core.port import Partition, Record, Visibility
from sync.store import database
from sync.store.database import Store
from sync.store.heads import head_states
from sync.store.partitions import partition_row
from sync.store.past import history_since, reads_at
from sync.store.records import Stamp, mark_gone, save_records
from sync.store.runs import start_run

REF = "jira:issues:1"
_RECORD = """
INSERT INTO records (seq, connection, stream, id, version, digest, partition, key, url, visibility, deleted, payload,
  stored, run)
VALUES (:seq, 'jira', 'issues', '1', :v, 'd', 'NIM', 'NIM-1', '', 'internal', :no, :payload, :stored, :run)
"""
_HEAD = """
INSERT INTO heads (ref, connection, stream, id, partition, key, version, digest, gone, generation, mapped, record_seq)
VALUES (:ref, 'jira', 'issues', '1', 'NIM', 'NIM-1', 'v1', 'd', :yes, 1, '', 1)
"""


def record(title: str, now: datetime, *, partition: str = "NIM", deleted: bool = False) -> Record:
    return Record(
        connection="jira",
        stream="issues",
        id="1",
        partition=partition,
        key="NIM-1",
        url="",
        version=title,
        updated=now,
        visibility=Visibility.INTERNAL,
        payload={"title": title},
        deleted=deleted,
    )


def save(store: Store, now: datetime, hours: int, *records: Record) -> None:
    with store.unit_of_work() as session:
        save_records(session, records, Stamp(now=now + timedelta(hours=hours), run=f"run-{hours}"))
        session.commit()


def states(store: Store, now: datetime) -> list[tuple[float, str, str, str, bool]]:
    with store.unit_of_work() as session:
        found = head_states(session, [REF])[REF]
    return [((s.at - now) / timedelta(hours=1), s.run, s.version, s.partition, s.gone) for s in found]


def test_all_that_a_record_ever_was_is_kept_in_order(store: Store, now: datetime) -> None:
    first, second = record("first", now), record("second", now)
    save(store, now, 1, first, second)
    save(store, now, 2, first)
    with store.unit_of_work() as session:
        mark_gone(session, [REF, "jira:issues:2"], Stamp(now=now + timedelta(hours=3), run="run-3"))
        mark_gone(session, [REF], Stamp(now=now + timedelta(hours=4), run="run-4"))  # it is gone already
        session.commit()
    save(store, now, 5, first)
    save(store, now, 6, first)
    save(store, now, 7, record("first", now, partition="OPS"))
    save(store, now, 8, record("third", now, partition="OPS"), second, record("fourth", now, deleted=True))
    assert states(store, now) == [
        (1, "run-1", "first", "NIM", False),
        (1, "run-1", "second", "NIM", False),
        (2, "run-2", "first", "NIM", False),
        (3, "run-3", "first", "NIM", True),
        (5, "run-5", "first", "NIM", False),
        (7, "run-7", "first", "OPS", False),
        (8, "run-8", "third", "OPS", False),
        (8, "run-8", "fourth", "NIM", True),
    ]


def test_a_version_that_was_only_read_with_other_fields_in_between_keeps_its_instant(
    store: Store, now: datetime
) -> None:
    for hours, title in enumerate(("first", "wider", "first"), start=1):
        save(store, now, hours, record(title, now))
    with store.unit_of_work() as session:
        found = head_states(session, [REF])[REF]
    assert [(s.version, s.again) for s in found] == [("first", False), ("wider", False), ("first", False)]
    save(store, now, 9, record("first", now, partition="OPS"))
    with store.unit_of_work() as session:
        assert head_states(session, [REF])[REF][-1].again, "when it moved is not told"


@pytest.fixture
def earlier(opened: Callable[..., Store], now: datetime, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of the release before: a record fell back, then went; one partition was read."""
    with monkeypatch.context() as patch:
        patch.setattr(database, "_migrate", lambda connection: command.upgrade(_config(connection), "0007"))
        store = opened("earlier")
    with store.unit_of_work() as session:
        start_run(session, "last", "sync", now + timedelta(hours=2))
        session.flush()
        for seq in (1, 2):
            stored = (now + timedelta(hours=seq - 1)).replace(tzinfo=None)
            told = {"seq": seq, "v": f"v{seq}", "payload": b"", "stored": stored, "run": f"run-{seq - 1}", "no": False}
            session.execute(text(_RECORD), told)
        session.execute(text(_HEAD), {"ref": REF, "yes": True})
        row = partition_row(session, "jira", Partition(stream="issues", key="NIM"))
        row.complete_at = now
        session.commit()
    return store


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def test_what_an_earlier_release_did_not_keep_is_dated_at_its_last_run_and_said_to_be(
    earlier: Store, opened: Callable[..., Store], now: datetime
) -> None:
    store = opened("earlier")
    assert states(store, now) == [
        (0, "run-0", "v1", "NIM", False),
        (1, "run-1", "v2", "NIM", False),
        (2, "", "v1", "NIM", True),
    ]
    last = now + timedelta(hours=2)
    with store.unit_of_work() as session:
        assert history_since(session) == last
        assert reads_at(session, last) == {("jira", "issues", "NIM"): (now, "")}
        assert reads_at(session, last - timedelta(seconds=1)) == {}
