from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.core.faults import Fault, FaultKind, Op
from sync.engine.lock import AlreadyRunningError, single_run
from sync.engine.summary import Ending
from sync.plan.types import Held
from sync.store.database import Store
from sync.store.runs import last_run
from sync.store.tables import RunRow


def test_a_run_says_what_it_did_and_the_store_keeps_it(world: Any) -> None:
    world.seed()
    summary = world.engine().sync()
    told = json.loads(json.dumps(summary.to_json()))
    assert told["reads"]["tracker"] == {"records": 8, "requests": len(world.tracker.log)}
    assert told["writes"] == {"crm": 0, "tracker": 0}
    assert (told["held"], told["failed"], told["conflicts"], told["brakes"]) == ([], [], [], [])
    assert told["started"] == "2026-11-24T10:00:00+00:00"
    assert summary.ending is Ending.DONE
    with world.store.unit_of_work() as session:
        row = last_run(session)
    assert row is not None
    assert row.summary == told
    assert row.finished is not None


def test_one_connection_down_is_partly_all_down_is_failed(world: Any) -> None:
    world.seed()
    world.tracker.faults.append(Fault(kind=FaultKind.FATAL, op=Op.PULL, times=None))
    summary = world.engine().sync()
    assert summary.ending is Ending.PARTLY
    assert summary.down == frozenset({"tracker"})
    world.crm.faults.append(Fault(kind=FaultKind.FATAL, op=Op.PULL, times=None))
    assert world.engine().sync().ending is Ending.FAILED


def test_what_is_held_stays_in_the_summary_until_it_is_mended(world: Any) -> None:
    world.seed()
    world.tracker.change("issues", "1003", {"broken": "x"})
    for _ in range(2):
        summary = world.engine().sync()
        assert [note.place for note in summary.held] == ["tracker:issues:1003"]
        assert summary.ending is Ending.PARTLY
        world.clock.sleep(60)


def test_an_emptied_source_brakes(world: Any) -> None:
    for n in range(12):
        world.tracker.add("issues", "ONE", {"title": f"T{n}"}, id=str(500 + n))
    world.engine().pull()
    for n in range(12):
        world.tracker.rows["issues", str(500 + n)].hidden = True
    world.mappers["tracker"].names["issues"] += ("extra",)
    summary = world.engine().sync()
    assert summary.ending is Ending.BRAKED
    assert summary.to_json()["brakes"][0]["place"] == "tracker"
    assert "held 12 records and now shows 0" in summary.to_json()["brakes"][0]["message"]


def test_progress_is_shown_for_every_part(world: Any) -> None:
    world.seed()
    world.engine().sync()
    seen = world.progress.seen
    tasks = {task for _, task, _ in seen}
    assert tasks == {"pull crm", "pull tracker", "reconcile", "apply"}
    for task in tasks:
        assert [kind for kind, name, _ in seen if name == task and kind != "advance"] == ["start", "done"]
    assert sum(done for kind, name, done in seen if (kind, name) == ("advance", "pull tracker")) == 8


def test_a_quiet_run_does_not_even_plan_but_any_change_and_every_hour_makes_it(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.engine import run as module

    made = []
    real = module.make_plan
    monkeypatch.setattr(module, "make_plan", lambda *args: made.append(args) or real(*args))

    def plans(seconds: int = 60) -> int:
        made.clear()
        world.clock.sleep(seconds)
        world.engine().sync()
        return len(made)

    world.seed()
    assert [plans(), plans(), plans()] == [1, 0, 0]
    world.crm.add("risks", "risks", {"title": "touched by a person"})  # a record that no engagement's result rests on
    assert [plans(), plans()] == [1, 0]
    world.tracker.change("issues", "1004", {"claims": ["SI-1"]})
    assert [plans(), plans()] == [1, 0]
    world.mappers["crm"].version = "2"
    assert [plans(), plans()] == [1, 0]
    world.engine().pull()
    assert [plans(), plans()] == [1, 0]
    assert [plans(1800), plans(1800), plans()] == [0, 1, 0]
    assert len(world.engine().plan()[0].writes) == 0
    assert len(made) == 1


def test_what_a_plan_holds_goes_on_being_told_by_quiet_runs_that_do_not_plan(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.engine import run as module

    held = Held(engagement="E-1", connection="tracker", rule="anchor.status", target="ONE-1", reason="not found")
    made = []
    real = module.make_plan
    monkeypatch.setattr(module, "make_plan", lambda *args: made.append(args) or replace(real(*args), held=(held,)))
    world.seed()
    for plans in (1, 1, 1):
        summary = world.engine().sync()
        assert [note.message for note in summary.held] == ["anchor.status: not found"]
        assert summary.ending is Ending.PARTLY
        assert len(made) == plans
    with world.store.unit_of_work() as session:
        for row in session.scalars(select(RunRow)):
            row.settled_plan = {"format": "of another release"}
        session.commit()
    world.engine().sync()
    assert len(made) == 2


def test_two_runs_cannot_interleave(world: Any) -> None:
    with single_run(world.store), pytest.raises(AlreadyRunningError, match=str(os.getpid())):
        world.engine().sync()
    world.engine().sync()


def test_a_killed_run_leaves_no_lock(world: Any, tmp_path: Path) -> None:
    code = (
        "import os, sys, datetime\n"
        "from sync.store.database import Store\n"
        "from sync.engine.lock import single_run\n"
        "store = Store(sys.argv[1], now=datetime.datetime.now(datetime.UTC))\n"
        "with single_run(store):\n"
        "    sys.stdout.write('held'); sys.stdout.flush(); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, world.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.read(4) == b"held"
        with pytest.raises(AlreadyRunningError, match=str(other.pid)):
            world.engine().sync()
        other.kill()
        other.wait()
    world.engine().sync()


def test_a_store_in_memory_needs_no_lock(now: Any) -> None:
    store = Store("sqlite://", now=now)
    with single_run(store):
        assert store.path is None
    store.close()
