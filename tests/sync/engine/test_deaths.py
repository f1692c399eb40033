"""Dying at every instant at which the engine writes: nothing is lost, nothing is made twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.core.faults import KilledError
from sync.store.database import Store


class Reaper:
    """Counts the instants of a run, and kills at one of them."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.count = 0
        self.names: list[str] = []

    def step(self, name: str) -> None:
        self.names.append(name)
        self.count += 1
        if self.count == self.at:
            raise KilledError(name)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*args: Any, **kwargs: Any) -> Any:
            self.step(f"before {name}")
            answer = call(*args, **kwargs)
            self.step(f"after {name}")
            return answer

        return mortal

    def live(self, live: Any) -> Any:
        writer, reader = live.connector.writer, live.connector.reader
        mortal_writer = SimpleNamespace(
            batches=writer.batches,
            send=self.around("send", writer.send),
            find=self.around("find", writer.find),
            shown=self.around("shown", writer.shown),
        )
        mortal_reader = SimpleNamespace(pull=reader.pull, fetch=self.around("fetch", reader.fetch))
        connector = SimpleNamespace(writer=mortal_writer, reader=mortal_reader, catalog=live.connector.catalog)
        return replace(live, connector=connector)

    @contextmanager
    def commits(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        whole = Store.unit_of_work
        reaper = self

        @contextmanager
        def mortal(store: Store) -> Iterator[Any]:
            with whole(store) as session:
                session.commit = reaper.around("commit", session.commit)  # type: ignore[method-assign]  # a mortal one
                yield session

        with monkeypatch.context() as patch:
            patch.setattr(Store, "unit_of_work", mortal)
            yield


@pytest.fixture
def template(scribe: Any, tmp_path: Path) -> Path:
    """A store that has pulled, to start each life from."""
    scribe.world.pull()
    scribe.world.store.close()
    path = Path(scribe.world.store.path)
    copy = tmp_path / "template.sqlite3"
    shutil.copy(path, copy)
    return copy


@pytest.fixture
def fresh(template: Path, scribe: Any, tmp_path: Path) -> Callable[[], Any]:
    """Makes a new scribe whose tools and store are as ``template`` was."""
    numbers = iter(range(10_000))
    world_class, scribe_class = type(scribe.world), type(scribe)

    def make() -> Any:
        path = tmp_path / f"life-{next(numbers)}.sqlite3"
        shutil.copy(template, path)
        world = world_class(f"sqlite:///{path}")
        world.seed()
        world.runs = 10
        return scribe_class(world)

    return make


def live_one_run(scribe: Any, reaper: Reaper, monkeypatch: pytest.MonkeyPatch) -> bool:
    """One run under the reaper; True when it was killed, and the store is then opened again as a new process would."""
    scribe.wrap = reaper.live
    try:
        with reaper.commits(monkeypatch):
            scribe.run()
    except KilledError:
        scribe.world.reopen()
        return True
    finally:
        scribe.wrap = lambda live: live
    return False


def finish(scribe: Any) -> None:
    """Undisturbed runs until one writes nothing; the second must be that one."""
    scribe.world.clock.sleep(60)
    assert scribe.run().failed == ()
    scribe.world.clock.sleep(60)
    quiet = scribe.run()
    assert (quiet.writes, quiet.failed, quiet.held) == ({}, (), ())


def creates(scribe: Any) -> int:
    tracker, crm = scribe.world.tracker, scribe.world.crm
    return sum(1 for tool in (tracker, crm) for row in tool.rows.values() if row.external_id)


def test_dying_at_every_instant_ends_in_the_undisturbed_state(
    fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fresh()
    counting = Reaper(None)
    assert not live_one_run(whole, counting, monkeypatch)
    finish(whole)
    expected = whole.state()
    whole.world.store.close()
    assert {"before send", "after send", "before commit", "after commit", "after fetch"} <= set(counting.names)
    assert counting.count > 50
    for instant in range(1, counting.count + 1):
        scribe = fresh()
        assert live_one_run(scribe, Reaper(instant), monkeypatch), instant
        finish(scribe)
        assert scribe.state() == expected, (instant, counting.names[instant - 1])
        assert creates(scribe) == 4
        scribe.world.store.close()


def test_dying_again_during_recovery_ends_in_the_same_state(
    fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fresh()
    counting = Reaper(None)
    live_one_run(whole, counting, monkeypatch)
    finish(whole)
    expected = whole.state()
    whole.world.store.close()
    sends = [n for n, name in enumerate(counting.names, start=1) if name in ("before send", "after send")]
    for first in sends[:: max(1, len(sends) // 6)]:
        second = 1
        while True:
            scribe = fresh()
            assert live_one_run(scribe, Reaper(first), monkeypatch)
            killed = live_one_run(scribe, Reaper(second), monkeypatch)
            finish(scribe)
            assert scribe.state() == expected, (first, second)
            assert creates(scribe) == 4
            scribe.world.store.close()
            if not killed or second > 40:
                break
            second += 3
