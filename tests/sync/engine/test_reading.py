"""What cannot be read is told once, and not at all where it matters to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.core.faults import Fault, FaultKind, Op
from sync.engine.summary import Ending


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


def test_and_is_not_asked_for_again_before_a_day_has_passed(closed: Any) -> None:
    assert asked(closed)
    assert not asked(closed)
    closed.clock.sleep(timedelta(hours=23).total_seconds())
    assert not asked(closed)
    closed.clock.sleep(timedelta(hours=2).total_seconds())
    assert asked(closed)


def test_a_closed_engagements_readable_place_goes_on_being_read(closed: Any) -> None:
    closed.tracker.faults.clear()
    closed.engine().sync()
    closed.tracker.add("issues", "ONE", {"title": "Late"}, key="ONE-9", id="1009")
    closed.clock.sleep(700)
    assert closed.engine().sync().reads["tracker"].records >= 1


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


def test_that_a_whole_tool_is_down_is_told_for_closed_engagements_too(closed: Any) -> None:
    closed.tracker.faults[:] = [Fault(kind=FaultKind.FAIL, op=Op.PULL, times=None)]
    assert {note.place for note in closed.engine().sync().failed} >= {"tracker:issues:ONE", "tracker:issues:TWO"}
