from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from connectors.core.port import Partition, Record, Visibility
from sync.store.database import Store
from sync.store.records import (
    Stamp,
    live_count,
    load_records,
    mark_gone,
    mark_unseen_gone,
    refs_of_keys,
    save_records,
    stream_records,
)
from sync.store.tables import RecordRow

PLACE = Partition(stream="issues", key="ABC")


def record(number: int, now: datetime, **changes: object) -> Record:
    made = Record(
        connection="jira",
        stream="issues",
        id=str(number),
        partition="ABC",
        key=f"ABC-{number}",
        url=f"https://jira.example/browse/ABC-{number}",
        version="1",
        updated=now,
        visibility=Visibility.RESTRICTED,
        payload={"fields": {"summary": "Grüße \u2028", "n": 1.5}},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the tests name real attributes


def save(store: Store, now: datetime, *records: Record, generation: int | None = None) -> list[str]:
    with store.unit_of_work() as session:
        generations = None if generation is None else {PLACE: generation}
        changed = save_records(session, records, Stamp(now=now, run="r"), generations)
        session.commit()
        return [r.id for r in changed]


def rows(store: Store) -> int:
    with store.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(RecordRow)) or 0


def test_a_record_comes_back_as_it_was(store: Store, now: datetime) -> None:
    one = record(1, now)
    save(store, now, one)
    with store.unit_of_work() as session:
        assert load_records(session, [one.ref, "jira:issues:nowhere"]) == {one.ref: one}


def test_an_equal_version_leaves_no_row(store: Store, now: datetime) -> None:
    assert save(store, now, record(1, now), record(2, now)) == ["1", "2"]
    assert save(store, now, record(1, now), record(2, now)) == []
    assert rows(store) == 2


def test_a_record_that_was_gone_and_is_back_unchanged_is_there_again(store: Store, now: datetime) -> None:
    one = record(1, now)
    save(store, now, one)
    with store.unit_of_work() as session:
        mark_gone(session, [one.ref], Stamp(now=now, run="r"))
        assert load_records(session, [one.ref]) == {}
        session.commit()
    assert save(store, now, one) == ["1"]
    with store.unit_of_work() as session:
        assert load_records(session, [one.ref]) == {one.ref: one}
    assert rows(store) == 1


def test_every_new_version_is_appended_and_the_head_moves(store: Store, now: datetime) -> None:
    save(store, now, record(1, now))
    later = record(1, now + timedelta(minutes=1), version="2", payload={"fields": {}})
    assert save(store, now, later) == ["1"]
    assert rows(store) == 2
    with store.unit_of_work() as session:
        assert load_records(session, [later.ref])[later.ref] == later


def test_an_edit_within_the_resolution_of_the_version_token_is_not_lost(store: Store, now: datetime) -> None:
    save(store, now, record(1, now))
    assert save(store, now, record(1, now, payload={"fields": {"summary": "edited in the same second"}})) == ["1"]


def test_an_older_version_that_comes_late_does_not_replace_the_newer(store: Store, now: datetime) -> None:
    newer = record(1, now, version="2")
    save(store, now, newer)
    assert save(store, now, record(1, now - timedelta(seconds=1), version="1")) == []
    with store.unit_of_work() as session:
        assert load_records(session, [newer.ref])[newer.ref].version == "2"


def test_a_tool_that_goes_back_to_an_earlier_version_is_followed(store: Store, now: datetime) -> None:
    first, second = record(1, None, version="a"), record(1, None, version="b")  # type: ignore[arg-type]  # no stamp
    save(store, now, first)
    save(store, now, second)
    assert save(store, now, first) == ["1"]
    assert rows(store) == 2
    with store.unit_of_work() as session:
        assert load_records(session, [first.ref])[first.ref].version == "a"


def test_a_record_twice_in_a_page_ends_at_the_later(store: Store, now: datetime) -> None:
    later = record(1, now + timedelta(seconds=5), version="2")
    assert save(store, now, record(1, now), later, record(1, now)) == ["1"]
    with store.unit_of_work() as session:
        assert load_records(session, [later.ref])[later.ref].version == "2"


def test_a_tombstone_hides_the_record_and_a_return_shows_it_again(store: Store, now: datetime) -> None:
    save(store, now, record(1, now))
    save(store, now, record(1, now, deleted=True, version="2"))
    with store.unit_of_work() as session:
        assert load_records(session, ["jira:issues:1"]) == {}
        assert live_count(session, "jira", PLACE) == 0
    save(store, now, record(1, now, version="3"))
    with store.unit_of_work() as session:
        assert set(stream_records(session, "jira", "issues")) == {"jira:issues:1"}


def test_what_a_full_read_does_not_bring_is_gone(store: Store, now: datetime) -> None:
    save(store, now, record(1, now), record(2, now), record(3, now))
    assert save(store, now, record(1, now), record(3, now), generation=1) == []
    with store.unit_of_work() as session:
        assert live_count(session, "jira", PLACE) == 3
        assert live_count(session, "jira", PLACE, generation=1) == 2
        assert mark_unseen_gone(session, "jira", PLACE, 1, Stamp(now=now, run="r")) == ("jira:issues:2",)
        assert live_count(session, "jira", PLACE) == 2


def test_a_moved_record_keeps_its_identity(store: Store, now: datetime) -> None:
    save(store, now, record(1, now))
    moved = record(1, now, key="XYZ-9", partition="XYZ", version="2")
    save(store, now, moved)
    with store.unit_of_work() as session:
        assert refs_of_keys(session, "jira", "issues", ["ABC-1", "XYZ-9"]) == {"XYZ-9": moved.ref}
        assert live_count(session, "jira", PLACE) == 0


@pytest.mark.parametrize("count", [1200])
def test_more_records_than_one_statement_can_name(store: Store, now: datetime, count: int) -> None:
    many = [record(n, now) for n in range(count)]
    save(store, now, *many)
    assert save(store, now, *many) == []
    with store.unit_of_work() as session:
        assert len(load_records(session, [r.ref for r in many])) == count


def test_an_older_version_in_a_full_read_proves_that_the_record_is_there(store: Store, now: datetime) -> None:
    save(store, now, record(1, now, version="2"), record(2, now), generation=1)
    save(store, now, record(1, now - timedelta(minutes=1)), generation=2)
    with store.unit_of_work() as session:
        assert mark_unseen_gone(session, "jira", PLACE, 2, Stamp(now=now, run="r")) == ("jira:issues:2",)
        assert load_records(session, ["jira:issues:1"])["jira:issues:1"].version == "2"


def test_an_older_version_in_the_place_that_a_record_left_counts_for_nothing(store: Store, now: datetime) -> None:
    save(store, now, record(1, now, version="2", partition="XYZ"))
    save(store, now, record(1, now - timedelta(minutes=1)), generation=1)
    with store.unit_of_work() as session:
        assert live_count(session, "jira", PLACE) == 0
        assert load_records(session, ["jira:issues:1"])["jira:issues:1"].partition == "XYZ"


@pytest.mark.parametrize(("ahead", "title"), [(timedelta(hours=2), "now"), (timedelta(minutes=50), "future")])
def test_a_stamp_from_a_clock_that_ran_ahead_does_not_hide_later_changes(
    store: Store, now: datetime, ahead: timedelta, title: str
) -> None:
    stamp = Stamp(now=now, run="r")
    with store.unit_of_work() as session:
        save_records(session, [record(1, now + ahead, version="2", payload={"title": "future"})], stamp)
        save_records(session, [record(1, now, version="3", payload={"title": "now"})], stamp, as_of=now)
        session.commit()
        assert load_records(session, ["jira:issues:1"])["jira:issues:1"].payload == {"title": title}
