"""Reconciling only what a change touches gives what reconciling everything from the beginning gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sync.selection import PlaceRef
from sync.store.model import mark_dirty
from sync.store.results import load_findings, load_status

_PLACES = ("ONE", "TWO", "FAR")
_ISSUES = ("1002", "1003", "1004", "2002", "2003", "3001", "3002")
_CLAIMS = ("SI-1", "SI-9", "E-1/SI-1", "E-2/SI-2", "E-2/SI-9", "711", "722")
_KEYS = ("ONE-2", "ONE-3", "TWO-2", "FAR-1")

_CHANGES: tuple[tuple[str, Sequence[str], Sequence[Any]], ...] = (
    ("claims", ("3001", "3001", *_ISSUES), ([], *([claim] for claim in _CLAIMS))),
    ("parent", _ISSUES, (None, *_ISSUES)),
    ("parent_key", _ISSUES, (None, *_KEYS)),
    ("engagements", _ISSUES, ([], ["E-1"], ["e-2"])),
    ("class", _ISSUES, ("work", "epic", "sub_task")),
    ("due", _ISSUES, (None, "2026-12-01", "2027-03-01")),
    ("move", _ISSUES, _PLACES),
    ("item", ("711", "722", "799", "799"), ("SI-1", "SI-2", "SI-9", "SI-9")),
    ("rebase", ("711", "722"), ("81", "82")),
    ("tracks", ("601", "602"), _KEYS),
    ("carries", ("601", "602"), ("501", "502")),
    ("released", ("501", "502"), ("2026-12-01", "2027-03-01")),
    ("stage", ("91", "92"), ("active", "active", "closed")),
)


def make(world: Any, what: str, which: str, value: Any) -> None:
    tracker, crm = world.tracker, world.crm
    match what:
        case "move":
            row = tracker.rows["issues", which]
            row.partition = value
            tracker.touch(row)
        case "item" if ("scope_items", which) not in crm.rows:
            crm.add("scope_items", "scope_items", {"key": value, "baseline": "81"}, id=which)
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


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 40))])
def test_incremental_equals_everything(world: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a walk that can be repeated
    first, second = world.engagements
    far = PlaceRef(connection="tracker", place="FAR")
    world.engagements = (first, replace(second, places=(*second.places, far)))
    portfolio(world)
    world.engine().pull()
    left_alone = 0
    walk = []
    world.tracker.change("issues", "1004", {"claims": [], "parent": "3001"})  # inherits from another's place
    world.tracker.change("issues", "2003", {"claims": ["E-1/SI-9"]})  # claims what may come into being
    for _ in range(60):
        world.clock.sleep(60)
        kind, ids, values = chance.choice(_CHANGES)
        walk.append((kind, chance.choice(ids), chance.choice(values)))
        make(world, *walk[-1])
        left_alone += len(world.engine().pull().reconciled) < 2
        incremental = conclusions(world)
        with world.store.unit_of_work() as session:
            mark_dirty(session, "all", [""])
            session.commit()
        assert len(world.engine().plan()[1].reconciled) == 2
        assert incremental == conclusions(world), walk
    assert left_alone > 10  # else the proof would be empty
