"""Views hold what is linked to their work, and a change touches the engagements at both ends of a link."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.core.port import StreamSpec
from mapping.model import (
    Access,
    Engagement,
    Entity,
    Milestone,
    Reference,
    ReferenceKind,
    Stage,
    WorkClass,
    WorkItem,
    WorkState,
)
from sync.selection import PlaceRef, Selected
from sync.store.database import Store
from sync.store.mentions import called, linked_work
from sync.store.model import save_entities
from sync.store.touching import touched_engagements
from sync.store.views import build_view, surroundings

ENGAGEMENTS = tuple(
    Selected(
        key=key,
        record_connection="sales",
        record_key=key,
        places=(PlaceRef(connection=connection, place=place, anchor=anchor),),
    )
    for key, connection, place, anchor in (
        ("NIM-01", "issues", "NIM", None),
        ("ORB-01", "code", "example/images", "example/images#9"),
        ("LEN-01", "bugs", "lens", None),
    )
)
PLACE = (StreamSpec(name="issues", title="Issues", per_place=True),)
STREAMS = {"issues": PLACE, "code": PLACE, "bugs": PLACE, "sales": (StreamSpec(name="e", title="E", per_place=False),)}


def engagement(key: str) -> Engagement:
    return Engagement(
        ref=f"sales:engagements:{key}",
        key=key,
        url="",
        access=Access.INTERNAL,
        name=key,
        account_ref=None,
        contract=None,
        stage=Stage.ACTIVE,
        start=None,
        end=None,
        budget=None,
        manager_ref=None,
    )


def work(connection: str, place: str, key: str, *names: str, **changes: Any) -> WorkItem:
    said: dict[str, Any] = {
        "ref": f"{connection}:issues:{key}",
        "key": key,
        "url": f"https://{connection}.example/{key}",
        "access": Access.INTERNAL,
        "connection": connection,
        "place": place,
        "title": key,
        "work_class": WorkClass.WORK,
        "type": "",
        "status": "",
        "state": WorkState.OPEN,
        "references": tuple(
            Reference(kind=ReferenceKind.WORK, value=name, host=None, field="title", text=name) for name in names
        ),
    }
    empty = ("parent_ref", "parent_key", "assignee", "due", "billable", "estimate_s", "spent_s")
    several = ("engagement_keys", "claims", "milestone_refs", "labels")
    said |= dict.fromkeys(empty) | dict.fromkeys(several, ()) | {"out_of_contract": False}
    return WorkItem(**{**said, **changes})


VERSION = Milestone(
    ref="code:milestones:5",
    key="1.0",
    url="",
    access=Access.INTERNAL,
    connection="code",
    place="example/images",
    due=None,
    released=True,
    names=("example/images 1",),
)
STORED: tuple[Entity, ...] = (
    *(engagement(e.key) for e in ENGAGEMENTS),
    work("issues", "NIM", "NIM-1", "example/images#2"),
    work("issues", "NIM", "NIM-2", milestone_refs=(VERSION.ref,)),
    work("code", "example/images", "example/images#2"),
    work("code", "example/images", "example/images#3", "LP: #7"),
    work("code", "example/images", "example/images#9", may_be_anchor=True),
    work("bugs", "lens", "LP: #7 (lens)", names=("LP: #7",)),
    work("bugs", "lens", "LP: #8 (lens)", "nim-1"),
    VERSION,
)


@pytest.fixture
def stored(store: Store) -> Store:
    with store.unit_of_work() as session:
        places = {e.ref: (e.ref.split(":")[0], getattr(e, "place", "")) for e in STORED}
        save_entities(session, {e.ref: (e,) for e in STORED}, places, "m")
        session.commit()
    return store


def view_of(store: Store, number: int) -> Any:
    with store.unit_of_work() as session:
        return build_view(session, ENGAGEMENTS[number], surroundings(session, ENGAGEMENTS, STREAMS))


def test_a_name_finds_entities_by_key_and_by_further_names_in_any_case(stored: Store) -> None:
    with stored.unit_of_work() as session:
        assert called(session, "work_item", ["nim-1", "lp: #7"]) == {"issues:issues:NIM-1", "bugs:issues:LP: #7 (lens)"}
        assert called(session, "milestone", ["example/images 1", "nim-1"]) == {VERSION.ref}


def test_links_are_followed_from_both_ends(stored: Store) -> None:
    with stored.unit_of_work() as session:
        assert linked_work(session, ["issues:issues:NIM-1"]) == {
            "code:issues:example/images#2",
            "bugs:issues:LP: #8 (lens)",
        }
        assert linked_work(session, ["bugs:issues:LP: #7 (lens)"]) == {"code:issues:example/images#3"}


def test_a_view_holds_the_partners_of_its_work_and_the_milestones_it_is_tied_to(stored: Store) -> None:
    view = view_of(stored, 0)
    assert {item.key for item in view.work} == {"NIM-1", "NIM-2", "example/images#2", "LP: #8 (lens)"}
    assert view.milestones == (VERSION,)
    assert set(view.shared) == {("issues", "NIM"), ("code", "example/images"), ("bugs", "lens")}


def test_what_the_configuration_names_is_an_anchor_in_every_view(stored: Store) -> None:
    anchors = [item.key for item in view_of(stored, 1).work if item.work_class is WorkClass.ANCHOR]
    assert anchors == ["example/images#9"]


@pytest.mark.parametrize(
    ("ref", "touched"),
    [
        ("issues:issues:NIM-1", {"nim-01", "orb-01", "len-01"}),
        ("code:issues:example/images#2", {"nim-01", "orb-01", "len-01"}),
        ("code:issues:example/images#9", {"orb-01"}),
        ("bugs:issues:LP: #7 (lens)", {"len-01", "orb-01"}),
        (VERSION.ref, {"orb-01", "nim-01"}),
    ],
)
def test_a_change_touches_the_engagements_at_both_ends(stored: Store, ref: str, touched: set[str]) -> None:
    with stored.unit_of_work() as session:
        shared = surroundings(session, ENGAGEMENTS, STREAMS).shared
        assert touched_engagements(session, [ref], shared) == touched
