"""What cannot be read is told once, and what only closed engagements have is not asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.core.faults import Fault, FaultKind, Op
from sync.engine.reading import read_of
from sync.engine.summary import Ending
from sync.store.partitions import freshness, partition_rows
from sync.store.queries import last_status
from sync.store.records import load_records
from sync.store.results import load_status

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # when the worlds of this folder begin


def hide(world: Any, place: str) -> None:
    for stream in ("issues", "versions"):
        world.tracker.faults.append(
            Fault(kind=FaultKind.PARTITION, op=Op.PULL, partition=place, stream=stream, times=100)
        )


@pytest.fixture
def closed(world: Any) -> Any:
    """E-1 is closed, and its place can be read no more."""
    world.seed()
    world.crm.change("engagements", "91", {"stage": "closed"})
    hide(world, "ONE")
    return world


def asked(world: Any) -> bool:
    """Whether a sync asks for the place of E-1."""
    before = [fault.times for fault in world.tracker.faults]
    world.engine().sync()
    return [fault.times for fault in world.tracker.faults] != before


def test_a_hidden_place_is_told_once_and_not_once_a_stream(world: Any) -> None:
    world.seed()
    hide(world, "ONE")
    summary = world.engine().sync()
    assert [note.place for note in summary.failed] == ["tracker:issues:ONE"]
    assert summary.ending is Ending.PARTLY


def test_a_closed_engagements_unreadable_place_is_no_failure(closed: Any) -> None:
    summary = closed.engine().sync()
    assert summary.failed == ()
    assert summary.ending is Ending.DONE


def test_nor_is_it_asked_for(closed: Any) -> None:
    assert not asked(closed)
    closed.clock.sleep(timedelta(days=2).total_seconds())
    assert not asked(closed)


def test_a_closed_engagement_rests_and_what_it_missed_is_read_when_it_is_opened_again(world: Any) -> None:
    world.seed()
    world.engine().sync()
    world.crm.change("engagements", "91", {"stage": "closed"})
    world.clock.sleep(700)
    world.engine().sync()
    world.tracker.add("issues", "ONE", {"title": "Late"}, key="ONE-9", id="1009")
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.engine().sync()
    with world.store.unit_of_work() as session:
        rows = {p.key: row.complete_at for (_, p), row in partition_rows(session, "tracker").items()}
        last = last_status(session, "E-1")
        assert load_status(session, "E-1") is None
        assert load_records(session, ["tracker:issues:1009"]) == {}
        streams = {name: live.streams for name, live in world.lives().items()}
        told = freshness(session, read_of(session, world.engagements, (), streams))
    assert rows["TWO"] - rows["ONE"] > timedelta(days=2)
    assert told["tracker"] == (rows["TWO"], 0)  # what rests makes no connection look stale
    assert last is not None
    assert NOW < last.until < NOW + timedelta(hours=1)
    world.crm.change("engagements", "91", {"stage": "active"})
    world.clock.sleep(700)
    world.engine().sync()
    with world.store.unit_of_work() as session:
        status = load_status(session, "E-1")
        assert load_records(session, ["tracker:issues:1009"])
        assert last_status(session, "E-1") is None
    assert status is not None
    assert status.true_of is not None
    assert world.clock.now() - status.true_of < timedelta(minutes=5)


def test_when_it_is_opened_again_its_place_is_asked_for_and_told(closed: Any) -> None:
    closed.engine().sync()
    closed.crm.change("engagements", "91", {"stage": "active"})
    closed.clock.sleep(700)
    summary = closed.engine().sync()
    assert [note.place for note in summary.failed] == ["tracker:issues:ONE"]


def test_a_place_that_an_active_engagement_has_too_is_told(closed: Any) -> None:
    one, two = closed.engagements
    closed.engagements = (one, replace(two, places=(*two.places, *one.places)))
    assert [note.place for note in closed.engine().sync().failed] == ["tracker:issues:ONE"]


def test_that_a_whole_tool_is_down_is_told_of_what_open_engagements_have(closed: Any) -> None:
    closed.tracker.faults[:] = [Fault(kind=FaultKind.FAIL, op=Op.PULL, times=None)]
    assert {note.place for note in closed.engine().sync().failed} == {"tracker:issues:TWO", "tracker:versions:TWO"}
