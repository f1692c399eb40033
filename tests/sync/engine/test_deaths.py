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
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.port import WriteKind
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


_FAULTS = [
    (kind, Op.SEND)
    for kind in (
        FaultKind.FAIL,
        FaultKind.LOSE_REQUEST,
        FaultKind.LOSE_ANSWER,
        FaultKind.REFUSE,
        FaultKind.STALE,
        FaultKind.FATAL,
        FaultKind.INTERRUPT,
    )
] + [(FaultKind.FAIL, op) for op in (Op.FETCH, Op.FIND, Op.SHOWN, Op.PULL, Op.CATALOG)]


class Machine(RuleBasedStateMachine):
    """People, faults, deaths and runs in any order on the two tools."""

    fresh: Callable[[], Any]
    patches: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.scribe = self.fresh()
        self.words: dict[str, str] = {}

    @rule(kind=st.sampled_from(_FAULTS), tool=st.sampled_from(["crm", "tracker"]), after=st.integers(0, 5))
    def goes_wrong(self, kind: tuple[FaultKind, Op], tool: str, after: int) -> None:
        getattr(self.scribe.world, tool).faults.append(Fault(kind=kind[0], op=kind[1], after=after))

    @rule(issue=st.sampled_from(["1001", "1002", "1003"]), word=st.text("abc", min_size=1, max_size=3))
    def a_person_writes_elsewhere(self, issue: str, word: str) -> None:
        self.scribe.world.tracker.change("issues", issue, {"remark": word})
        self.words[issue] = word

    @rule(word=st.text("abc", min_size=1, max_size=3))
    def a_person_writes_where_we_do(self, word: str) -> None:
        self.scribe.world.tracker.change("issues", "1001", {"text": word})

    @rule(word=st.sampled_from(["amber", "red"]))
    def we_want_something_else(self, word: str) -> None:
        self.scribe.wishes[0] = replace(self.scribe.wishes[0], values={"light": word})
        self.scribe.wishes[3] = replace(self.scribe.wishes[3], values={"title": word})

    @rule(seconds=st.sampled_from([1, 60, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.scribe.world.clock.sleep(seconds)

    @rule(instant=st.integers(1, 60))
    def a_run_is_killed(self, instant: int) -> None:
        live_one_run(self.scribe, Reaper(instant), self.patches)

    @rule()
    def a_run(self) -> None:
        self.scribe.run()

    @invariant()
    def nothing_is_made_twice_and_nobodys_words_are_lost(self) -> None:
        self.scribe.state()
        rows = self.scribe.world.tracker.rows
        assert {issue: rows["issues", issue].fields["remark"] for issue in self.words} == self.words

    def teardown(self) -> None:
        for tool in (self.scribe.world.crm, self.scribe.world.tracker):
            tool.faults.clear()
        for _ in range(3):  # one to learn of what drifted, one to write, one for what waited behind it
            self.scribe.world.clock.sleep(60)
            self.scribe.run()
        quiet = self.scribe.run()
        assert (quiet.writes, quiet.failed, quiet.held) == ({}, (), ())
        shown = self.scribe.state()
        for wish in self.scribe.wishes:
            key = f"{wish.connection}:{wish.stream}:{wish.target or wish.external_id}"
            if wish.kind in (WriteKind.SET_FIELDS, WriteKind.UPSERT):
                assert wish.values.items() <= shown[key][0].items()
        assert shown["tracker:issues:R-1"][0]["title"] == "late"
        self.scribe.world.store.close()


@pytest.mark.parametrize(
    ("examples", "steps"), [pytest.param(12, 10, id="few"), pytest.param(400, 25, marks=pytest.mark.soak)]
)
def test_whatever_happens_in_whatever_order_it_converges_without_a_duplicate(
    fresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, examples: int, steps: int
) -> None:
    run_state_machine_as_test(
        type("Bound", (Machine,), {"fresh": staticmethod(fresh), "patches": monkeypatch}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=examples < 100,
            database=None,
            phases=(Phase.explicit, Phase.generate),  # shrinking would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
