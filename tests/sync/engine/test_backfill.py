"""History comes in slices, newest first, from where it stood, and beside other runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.port import Partition, Wanted
from sync.engine.backfill import Backfill, BackfillSettings
from sync.engine.lock import AlreadyRunningError, single_run
from sync.engine.summary import Ending, Summary
from sync.selection import shared_places
from sync.store.partitions import partition_rows
from sync.store.tables import BackfillRow, HeadRow

ISSUES = (Partition(stream="issues", key="ONE"), Partition(stream="issues", key="TWO"))
SMALL = BackfillSettings(target=10)


class History:
    """A tracker with issues over five years, and what was asked of it."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.wanted: list[Wanted] = []
        for place in ("ONE", "TWO"):
            for i in range(60):
                self.add(place, i, world.clock.now() - timedelta(days=i * 30, hours=1))

    def add(self, place: str, number: int, at: datetime) -> None:
        row = self.world.tracker.add("issues", place, {"title": f"{number}"}, key=f"{place}-{number}", updated=at)
        row.visible_from = at

    def run(
        self,
        partitions: tuple[Partition, ...] = ISSUES,
        settings: BackfillSettings = SMALL,
        *,
        bounded: frozenset[str] = frozenset({"issues"}),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Summary:
        live = self.world.lives()["tracker"]
        reader = live.connector.reader

        def pull(wanted: Any, catalog: Any) -> Any:
            self.wanted += wanted
            return reader.pull(wanted, catalog)

        connector = SimpleNamespace(reader=SimpleNamespace(pull=pull), catalog=live.connector.catalog)
        live = replace(live, connector=connector)
        shared = shared_places(self.world.engagements)
        backfill = Backfill(self.world.store, live, shared, bounded, self.world.clock, self.world.progress, settings)
        return backfill.run(partitions, since, until)

    def stored(self) -> int:
        with self.world.store.unit_of_work() as session:
            return session.scalar(select(func.count()).select_from(HeadRow)) or 0

    def row(self) -> BackfillRow:
        with self.world.store.unit_of_work() as session:
            return session.scalars(select(BackfillRow)).one()

    def windows(self) -> list[tuple[datetime | None, datetime | None]]:
        return list(dict.fromkeys((w.since, w.until) for w in self.wanted))


@pytest.fixture
def history(world: Any) -> History:
    return History(world)


def test_history_comes_newest_first_without_gaps_to_its_beginning(history: History) -> None:
    summary = history.run()
    assert (summary.ending, summary.reads["tracker"].records) == (Ending.DONE, 120)
    assert history.stored() == 120
    windows = history.windows()
    assert len(windows) > 5
    assert [later for later, _ in windows[:-1]] == [until for _, until in windows[1:]]
    assert windows[-1][0] is None
    assert history.row().finished is not None


def test_only_what_changed_between_two_days_is_read(history: History) -> None:
    now = history.world.clock.now()
    history.run(since=now - timedelta(days=100), until=now - timedelta(days=40))
    assert history.stored() == 4
    assert history.windows()[-1][0] == now - timedelta(days=100)


@pytest.mark.parametrize("page", [2, 9])
def test_killed_at_a_page_it_goes_on_where_it_was(history: History, page: int) -> None:
    world = history.world
    world.tracker.faults.append(Fault(op=Op.PULL, kind=FaultKind.KILL_BEFORE, after=page, times=1))
    with pytest.raises(KilledError):
        history.run()
    reached, before = history.row().reached, len(world.tracker.log)
    world.reopen()
    history.wanted.clear()
    assert history.run().ending is Ending.DONE
    assert history.stored() == 120
    assert history.windows()[0][1] == reached
    world.tracker.faults.clear()
    asked = len(world.tracker.log) - before
    history.run()
    assert asked <= len(world.tracker.log) - before - asked
    assert page < 5 or asked < len(world.tracker.log) - before - asked


def test_other_runs_get_the_store_between_slices(history: History) -> None:
    world = history.world
    taken: list[float] = []
    sleep = world.clock.sleep
    slow(history, 2.0)

    def and_look(seconds: float) -> None:
        with single_run(world.store):
            taken.append(seconds)
        sleep(seconds)

    world.clock.sleep = and_look
    history.run()
    assert set(taken) == {SMALL.pause_s}
    assert len(taken) >= 2.0 * len(world.tracker.log) / (SMALL.turn_s + SMALL.hold_s)


def test_a_slice_that_takes_long_gives_the_store_up_in_between(history: History) -> None:
    world = history.world
    slow(history, 15.0)
    history.run(settings=replace(SMALL, first=timedelta(days=4000), target=10_000))
    assert history.stored() == 120
    assert any(w.cursor for w in history.wanted)
    assert world.clock.now() - history.row().started < timedelta(hours=1)


def slow(history: History, seconds: float) -> None:
    """Every request takes ``seconds``."""
    tool = history.world.tracker
    asked: Callable[..., None] = tool.asked

    def and_wait(op: Op, detail: str) -> None:
        asked(op, detail)
        history.world.clock.at += timedelta(seconds=seconds)

    tool.asked = and_wait


def test_a_store_in_use_is_waited_for_but_not_for_ever(history: History) -> None:
    world = history.world
    with single_run(world.store), pytest.raises(AlreadyRunningError):
        history.run()
    assert world.clock.now() - history.world.clock.at <= timedelta(0)
    assert history.stored() == 0


def test_a_partition_that_cannot_be_read_is_named_and_the_others_go_on(history: History) -> None:
    history.world.tracker.faults.append(Fault(op=Op.PULL, kind=FaultKind.PARTITION, partition="ONE", message="hidden"))
    summary = history.run()
    assert [(n.place, n.message) for n in summary.failed] == [("tracker:issues:ONE", "hidden")]
    assert (summary.ending, history.stored()) == (Ending.PARTLY, 60)


def test_a_tool_that_is_down_is_named_and_it_goes_on_later(history: History) -> None:
    history.world.tracker.faults.append(Fault(op=Op.PULL, kind=FaultKind.FAIL, after=4, times=1, message="down"))
    summary = history.run()
    assert (summary.ending, "goes on" in summary.failed[0].message) == (Ending.PARTLY, True)
    assert history.row().finished is None
    assert history.run().ending is Ending.DONE
    assert history.stored() == 120


def test_all_of_a_stream_is_read_where_the_tool_knows_no_bounds(history: History) -> None:
    summary = history.run(bounded=frozenset(), since=history.world.clock.now())
    assert (summary.reads["tracker"].records, history.stored()) == (120, 120)
    assert {(w.since, w.until) for w in history.wanted} == {(None, None)}


def test_the_cursors_of_the_service_stay_as_they_are(history: History) -> None:
    world = history.world
    world.pull()

    def cursors() -> list[Any]:
        with world.store.unit_of_work() as session:
            return sorted((c, p, r.cursor, r.complete_at, r.full_read) for (c, p), r in partition_rows(session).items())

    before = cursors()
    history.run()
    assert cursors() == before


def test_a_slice_that_would_bring_far_too_much_is_made_shorter(history: History) -> None:
    now = history.world.clock.now()
    for i in range(100):
        history.add("ONE", 1000 + i, now - timedelta(hours=i + 1))
    history.run()
    assert history.stored() == 220
    assert all(until - since <= timedelta(days=15) for since, until in history.windows()[1:3] if since and until)


def test_what_was_asked_for_otherwise_begins_anew(history: History) -> None:
    history.world.tracker.faults.append(Fault(op=Op.PULL, kind=FaultKind.FAIL, after=6, times=1))
    history.run()
    history.wanted.clear()
    now = history.world.clock.now()
    history.run(since=now - timedelta(days=365))
    assert history.windows()[0][1] == now
