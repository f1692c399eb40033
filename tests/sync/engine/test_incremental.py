"""Reconciling only what a change touches gives what reconciling everything from the beginning gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync.store.results import load_findings, load_status

_PLACES = ("ONE", "TWO", "FAR")
_ISSUES = ("1002", "1003", "1004", "2002", "2003", "3001", "3002")
_CLAIMS = ("SI-1", "SI-9", "E-1/SI-1", "E-2/SI-2", "E-2/SI-9", "711", "722")
_KEYS = ("ONE-2", "ONE-3", "TWO-2", "FAR-1")

_issue = st.sampled_from(_ISSUES)
_change = st.one_of(
    st.tuples(st.just("claims"), _issue, st.lists(st.sampled_from(_CLAIMS), max_size=2)),
    st.tuples(st.just("parent"), _issue, st.sampled_from([None, *_ISSUES])),
    st.tuples(st.just("parent_key"), _issue, st.sampled_from([None, *_KEYS])),
    st.tuples(st.just("engagements"), _issue, st.lists(st.sampled_from(["E-1", "e-2"]), max_size=1)),
    st.tuples(st.just("class"), _issue, st.sampled_from(["work", "epic", "sub_task"])),
    st.tuples(st.just("due"), _issue, st.sampled_from([None, "2026-12-01", "2027-03-01"])),
    st.tuples(st.just("move"), _issue, st.sampled_from(_PLACES)),
    st.tuples(st.just("delete"), _issue, st.none()),
    st.tuples(st.just("item"), st.sampled_from(["711", "722", "799"]), st.sampled_from(["SI-1", "SI-2", "SI-9"])),
    st.tuples(st.just("rebase"), st.sampled_from(["711", "722"]), st.sampled_from(["81", "82"])),
    st.tuples(st.just("tracks"), st.sampled_from(["601", "602"]), st.sampled_from(_KEYS)),
    st.tuples(st.just("carries"), st.sampled_from(["601", "602"]), st.sampled_from(["501", "502"])),
    st.tuples(st.just("released"), st.sampled_from(["501", "502"]), st.sampled_from(["2026-12-01", "2027-03-01"])),
    st.tuples(st.just("stage"), st.sampled_from(["91", "92"]), st.sampled_from(["active", "closed"])),
)


def make(world: Any, what: str, which: str, value: Any) -> None:
    tracker, crm = world.tracker, world.crm
    match what:
        case "move":
            row = tracker.rows["issues", which]
            row.partition = value
            tracker.touch(row)
        case "delete":
            tracker.delete("issues", which)
        case "item" if ("scope_items", which) not in crm.rows:
            crm.add("scope_items", "scope_items", {"key": value, "baseline": "82"}, id=which)
        case "item" | "rebase":
            crm.change("scope_items", which, {"key" if what == "item" else "baseline": value})
        case "tracks" | "carries":
            crm.change("deliverables", which, {"issue" if what == "tracks" else "version": value})
        case "released":
            tracker.change("versions", which, {"due": value})
        case "stage":
            crm.change("engagements", which, {"stage": value})
        case _:
            tracker.change("issues", which, {what: value})


def conclusions(world: Any) -> dict[str, Any]:
    found = {}
    with world.store.unit_of_work() as session:
        for selected in world.engagements:
            status = load_status(session, selected.key)
            findings = {(f.kind.value, f.subject, f.summary) for f in load_findings(session, selected.key)}
            found[selected.key] = (None if status is None else (status.colour, status.reasons), findings)
    return found


def portfolio(world: Any) -> None:
    """The usual two engagements, a place that neither has but E-2 watches, deliverables, and versions."""
    world.seed()
    for n in (1, 2):
        world.tracker.add("issues", "FAR", {"title": f"Far {n}"}, id=f"300{n}", key=f"FAR-{n}")
        world.tracker.add("versions", ("ONE", "TWO")[n - 1], {"due": "2026-12-01"}, id=f"50{n}")
        told = {"engagement": f"9{n}", "key": f"D-{n}", "promised": "2026-12-01", "needed": "2026-12-15"}
        world.crm.add("deliverables", "deliverables", told, id=f"60{n}")


@pytest.fixture
def started(world: Any, tmp_path: Path) -> Callable[[], Any]:
    """Makes a world that has been pulled once; FAR is a third place, of E-2 beside TWO."""
    from dataclasses import replace

    from sync.selection import PlaceRef

    numbers = iter(range(100_000))
    cls = type(world)

    def new(path: Path) -> Any:
        made = cls(f"sqlite:///{path}")
        first, second = made.engagements
        far = PlaceRef(connection="tracker", place="FAR")
        made.engagements = (first, replace(second, places=(*second.places, far)))
        return made

    template = tmp_path / "started.sqlite3"
    one = new(template)
    portfolio(one)
    one.engine().pull()
    one.store.close()

    def make_world() -> Any:
        path = tmp_path / f"w{next(numbers)}.sqlite3"
        shutil.copy(template, path)
        made = new(path)
        portfolio(made)
        return made

    make_world.fresh = lambda: new(tmp_path / f"w{next(numbers)}.sqlite3")  # type: ignore[attr-defined]  # both go together
    return make_world


@pytest.mark.parametrize("examples", [pytest.param(25, id="few"), pytest.param(1500, marks=pytest.mark.soak)])
def test_incremental_equals_from_the_beginning(started: Any, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples < 100,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.lists(_change, min_size=1, max_size=3), min_size=1, max_size=4))
    def equal(rounds: list[list[tuple[str, str, Any]]]) -> None:
        world = started()
        for changes in rounds:
            world.clock.sleep(1200)
            for change in changes:
                make(world, *change)
            world.engine().pull()
        again = started.fresh()
        again.clock, again.crm, again.tracker = world.clock, world.crm, world.tracker
        again.engine().pull()
        assert conclusions(world) == conclusions(again)
        world.store.close()
        again.store.close()

    equal()
