"""Where scope comes from: records of the engagement, what names it by its key, and what stands in its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.core.port import Catalog, Record
from mapping.model import Access, Engagement, Entity, ScopeBaseline, ScopeItem, ScopeState
from sync.reconcile.claims import work_facts
from sync.reconcile.result import Colour, Dimension
from sync.reconcile.scope import billable_work, current_baseline, current_items
from sync.reconcile.view import EngagementView
from sync.selection import PlaceRef, ScopeRef, Selected
from sync.store.results import load_findings, load_status
from sync.store.views import build_view, surroundings


class _Mapper:
    """Maps as ``mapper`` does, and the issues of class epic to scope items too."""

    def __init__(self, mapper: Any) -> None:
        self._mapper = mapper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mapper, name)

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        made: tuple[Entity, ...] = self._mapper.map(record, catalog)
        told: Mapping[str, Any] = record.payload
        if told.get("class") != "epic":
            return made
        item = ScopeItem(
            ref=record.ref,
            key=record.key,
            url=record.url,
            access=Access.INTERNAL,
            baseline_ref=None,
            title=told["title"],
            text="",
            due=None,
            budget=None,
            acceptance="",
            state=ScopeState.ACTIVE,
            engagement_key=told.get("of"),
        )
        return (*made, item)


@pytest.fixture
def epics(world: Any) -> Any:
    """Two epics in the place of E-1: one with a child elsewhere, one without; E-1 has a signed baseline beside them."""
    world.seed()
    world.mappers["tracker"] = _Mapper(world.mappers["tracker"])
    for number in (50, 60):
        epic = {"title": f"Epic {number}", "class": "epic"}
        world.tracker.add("issues", "ONE", epic, key=f"ONE-{number}", id=f"10{number}")
    world.tracker.add("issues", "TWO", {"title": "Child", "parent": "1050"}, key="TWO-9", id="2009")
    return world


def _chosen(world: Any, *scope: ScopeRef, key: str = "E-1") -> None:
    world.engagements = tuple(replace(e, scope=scope) if e.key == key else e for e in world.engagements)


def _view(world: Any, key: str = "E-1") -> EngagementView:
    with world.store.unit_of_work() as session:
        around = surroundings(session, world.engagements, world.engine()._streams)
        selected: Selected = next(e for e in world.engagements if e.key == key)
        view = build_view(session, selected, around)
    assert view is not None
    return view


def _current(world: Any, key: str = "E-1") -> tuple[str | None, list[str]]:
    view, today = _view(world, key), world.clock.now().date()
    baseline = current_baseline(view, today)
    return baseline.ref if baseline else None, [item.key for item in current_items(view, today)]


def _findings(world: Any, key: str = "E-1") -> set[tuple[str, str]]:
    with world.store.unit_of_work() as session:
        return {(f.kind.value, f.subject) for f in load_findings(session, key)}


def _scope_colour(world: Any, key: str = "E-1") -> Colour | None:
    with world.store.unit_of_work() as session:
        status = load_status(session, key)
    assert status is not None
    return next(d.colour for d in status.dimensions if d.dimension is Dimension.SCOPE)


def test_two_sources_without_a_word_are_told_and_neither_counts(epics: Any) -> None:
    report = epics.engine().pull()
    (note,) = [n for n in report.failed if n.place == "engagement:E-1"]
    assert "crm baselines, tracker issues" in note.message
    assert "[engagements.E-1]" in note.message
    assert _current(epics) == (None, [])
    assert _scope_colour(epics) is Colour.UNKNOWN
    assert _current(epics, "E-2") == ("crm:baselines:82", ["SI-1", "SI-2"])


def test_what_stands_in_a_place_is_scope_and_its_descendants_are_the_work_on_it(epics: Any) -> None:
    _chosen(epics, ScopeRef(connection="tracker"))
    epics.engine().pull()
    assert _current(epics) == ("tracker:issues:E-1", ["ONE-50", "ONE-60"])
    found = _findings(epics)
    assert ("scope.uncovered", "tracker:issues:1060") in found  # nothing below it: an epic is no work on itself
    assert ("scope.uncovered", "tracker:issues:1050") not in found  # its child lies in another engagement's place
    assert not any(
        subject in {"tracker:issues:1050", "tracker:issues:1060"} for kind, subject in found if "orphan" in kind
    )
    assert ("scope.orphan_work", "tracker:issues:1002") in found  # it claims an item of a source that does not count


def test_an_item_that_is_work_by_its_class_is_not_billable_beside_the_scope_that_it_is(epics: Any) -> None:
    _chosen(epics, ScopeRef(connection="tracker"))
    maker = epics.mappers["tracker"]
    plain = maker._mapper.map
    maker._mapper.map = lambda record, catalog: plain(  # the same records, by a mapping that knows no epics
        replace(record, payload={**record.payload, "class": "work"}), catalog
    )
    epics.engine().pull()
    view = _view(epics)
    billable = {fact.item.key for fact in billable_work(view, work_facts(view))}
    assert "ONE-2" in billable
    assert not {"ONE-50", "ONE-60"} & billable


def test_of_several_sources_the_first_that_has_a_baseline_in_force_counts(epics: Any) -> None:
    _chosen(epics, ScopeRef(connection="crm"), ScopeRef(connection="tracker", stream="issues"))
    assert not [n for n in epics.engine().pull().failed if n.place == "engagement:E-1"]
    assert _current(epics) == ("crm:baselines:81", ["SI-1", "SI-2"])
    _chosen(epics, ScopeRef(connection="tracker", stream="issues"), ScopeRef(connection="crm"))
    assert "E-1" in epics.engine().pull().reconciled
    assert _current(epics) == ("tracker:issues:E-1", ["ONE-50", "ONE-60"])


def test_a_change_of_what_stands_touches_the_engagement_of_its_place(epics: Any) -> None:
    _chosen(epics, ScopeRef(connection="tracker"))
    epics.engine().pull()
    epics.clock.sleep(60)
    epics.tracker.add("issues", "ONE", {"title": "New", "class": "epic"}, key="ONE-70", id="1070")
    assert epics.engine().pull().reconciled == ("E-1",)
    assert ("scope.uncovered", "tracker:issues:1070") in _findings(epics)
    epics.clock.sleep(60)
    epics.tracker.change("issues", "2009", {"parent": "1070"})
    assert set(epics.engine().pull().reconciled) == {"E-1", "E-2"}
    found = {s for k, s in _findings(epics) if k == "scope.uncovered"}
    assert found == {"tracker:issues:1050", "tracker:issues:1060"}


def test_in_a_place_of_several_engagements_only_what_names_its_own_counts(epics: Any) -> None:
    both = (PlaceRef(connection="tracker", place="ONE"), PlaceRef(connection="tracker", place="TWO"))
    epics.engagements = tuple(
        replace(e, places=both, scope=(ScopeRef(connection="tracker"),)) for e in epics.engagements
    )
    named = {"title": "Named", "class": "epic", "of": "e-2"}
    epics.tracker.add("issues", "ONE", named, key="ONE-80", id="1080")
    epics.engine().pull()
    assert _current(epics) == (None, [])
    assert _current(epics, "E-2") == ("tracker:issues:E-2", ["ONE-80"])


def test_another_source_of_one_is_looked_at_wherever_its_items_are_claimed(epics: Any) -> None:
    epics.tracker.change("issues", "2002", {"claims": ["E-1/SI-1"]})
    _chosen(epics, ScopeRef(connection="crm"))
    epics.engine().pull()
    assert ("scope.orphan_work", "tracker:issues:2002") not in _findings(epics, "E-2")
    _chosen(epics, ScopeRef(connection="tracker"))
    epics.engine().pull()
    assert ("scope.orphan_work", "tracker:issues:2002") in _findings(epics, "E-2")


class _Named:
    """Maps as ``mapper`` does; engagements name their baselines, which name nobody."""

    def __init__(self, mapper: Any) -> None:
        self._mapper = mapper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mapper, name)

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        told = {"engagement": "", **record.payload}
        (made,) = self._mapper.map(replace(record, payload=told), catalog) or (None,)
        match made:
            case ScopeBaseline():
                return (replace(made, engagement_ref=None),)
            case Engagement():
                return (replace(made, baseline_refs=tuple(f"crm:baselines:{n}" for n in told.get("names", ()))),)
            case _:
                return () if made is None else (made,)


def test_a_baseline_that_an_engagement_names_is_its_own(world: Any) -> None:
    world.seed()
    world.mappers["crm"] = _Named(world.mappers["crm"])
    world.engine().pull()
    assert _current(world) == (None, [])
    assert ("scope.orphan_work", "tracker:issues:1002") in _findings(world)
    world.clock.sleep(60)
    world.crm.change("engagements", "91", {"names": ["81"]})
    assert "E-1" in world.engine().pull().reconciled
    assert _current(world) == ("crm:baselines:81", ["SI-1", "SI-2"])
    assert ("scope.orphan_work", "tracker:issues:1002") not in _findings(world)
    world.clock.sleep(60)
    world.crm.add("scope_items", "scope_items", {"key": "SI-3", "baseline": "81"}, id="713")
    assert world.engine().pull().reconciled == ("E-1",)
    assert _current(world)[1] == ["SI-1", "SI-2", "SI-3"]
