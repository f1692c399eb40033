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
        self.asleep = False
        self.names: list[str] = []

    def step(self, name: str) -> None:
        if self.asleep:
            return
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
    pull = scribe.world.pull

    def spared() -> Any:  # deaths while pulling are proved by the tests of pulling
        reaper.asleep = True
        report = pull()
        reaper.asleep = False
        return report

    scribe.wrap = reaper.live
    try:
        with reaper.commits(monkeypatch), monkeypatch.context() as patch:
            patch.setattr(scribe.world, "pull", spared)
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


@pytest.mark.parametrize("wishes", [pytest.param("few", id="few"), pytest.param("all", marks=pytest.mark.soak)])
def test_dying_at_every_instant_ends_in_the_undisturbed_state(
    fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, wishes: str
) -> None:
    expected, names = undisturbed(fresh, monkeypatch, wishes)
    assert {"before send", "after send", "before commit", "after commit", "after fetch"} <= set(names)
    for instant, name in enumerate(names, start=1):
        scribe = choose(fresh(), wishes)
        assert live_one_run(scribe, Reaper(instant), monkeypatch), instant
        finish(scribe)
        assert scribe.state() == expected, (instant, name)
        scribe.world.store.close()


@pytest.mark.parametrize(
    ("wishes", "stride"), [pytest.param("few", 3, id="few"), pytest.param("all", 1, marks=pytest.mark.soak)]
)
def test_dying_again_during_recovery_ends_in_the_same_state(
    fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, wishes: str, stride: int
) -> None:
    expected, names = undisturbed(fresh, monkeypatch, wishes)
    created = [n for n, name in enumerate(names, start=1) if name == "after send"][-1:]
    sends = [n for n, name in enumerate(names, start=1) if name in ("before send", "after send")]
    for first in sends if stride == 1 else created:
        second, killed = 1, True
        while killed:  # until the second death would come after the end of its run
            scribe = choose(fresh(), wishes)
            assert live_one_run(scribe, Reaper(first), monkeypatch)
            killed = live_one_run(scribe, Reaper(second), monkeypatch)
            finish(scribe)
            assert scribe.state() == expected, (first, second)
            scribe.world.store.close()
            second += stride


def choose(scribe: Any, wishes: str) -> Any:
    """``few``: one write of each manner of delivery, the CREATE last."""
    if wishes == "few":
        scribe.wishes = [w for w in scribe.wishes if w.external_id != "R-2"][:5]
    return scribe


def undisturbed(fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, wishes: str) -> tuple[Any, list[str]]:
    """The end state of a run that nothing disturbs, and the names of its instants."""
    scribe = choose(fresh(), wishes)
    counting = Reaper(None)
    assert not live_one_run(scribe, counting, monkeypatch)
    finish(scribe)
    state = scribe.state()
    scribe.world.store.close()
    return state, counting.names
