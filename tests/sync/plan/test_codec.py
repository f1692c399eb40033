import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from connectors.core.port import Write, WriteKind
from sync.plan.codec import PlanFormatError, dumps, loads, to_json
from sync.plan.ids import plan_id, write_id
from sync.plan.types import Agreed, Brake, BrakeKind, Conflict, FieldLine, Held, Plan, PlannedWrite, Policy

TEXT = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(TEXT, JSON, max_size=3)


@st.composite
def writes(draw):
    where = {name: draw(TEXT) for name in ("connection", "stream", "target", "partition", "external_id")}
    kind, values = draw(st.sampled_from(WriteKind)), draw(FIELDS)
    write = Write(
        id=write_id(kind=kind, values=values, **where),
        kind=kind,
        values=values,
        before=draw(FIELDS),
        version=draw(TEXT),
        marker=draw(st.none() | FIELDS),
        reason=draw(TEXT),
        **where,
    )
    return PlannedWrite(
        write=write,
        engagement=draw(TEXT),
        rule=draw(TEXT),
        cause=draw(TEXT),
        target_key=draw(TEXT),
        target_url=draw(TEXT),
        lines=tuple(draw(st.lists(st.builds(FieldLine, field=TEXT, before=JSON, after=JSON), max_size=2))),
    )


CONFLICTS = st.builds(
    Conflict,
    engagement=TEXT,
    connection=TEXT,
    target=TEXT,
    target_key=TEXT,
    field=TEXT,
    field_id=TEXT,
    base=JSON,
    theirs=JSON,
    ours=JSON,
    policy=st.sampled_from(Policy),
)
HELD = st.builds(Held, engagement=TEXT, connection=TEXT, rule=TEXT, target=TEXT, reason=TEXT, by_catalog=st.booleans())
AGREED = st.builds(Agreed, connection=TEXT, stream=TEXT, id=TEXT, field_id=TEXT, value=JSON)
BRAKES = st.builds(Brake, kind=st.sampled_from(BrakeKind), connection=TEXT, message=TEXT, mend=TEXT)


@st.composite
def plans(draw):
    planned = tuple(draw(st.lists(writes(), max_size=3)))
    return Plan(
        id=plan_id(p.write for p in planned),
        made=draw(st.datetimes(timezones=st.just(UTC))),
        writes=planned,
        conflicts=tuple(draw(st.lists(CONFLICTS, max_size=2))),
        held=tuple(draw(st.lists(HELD, max_size=2))),
        brakes=tuple(draw(st.lists(BRAKES, max_size=2))),
        agreed=tuple(draw(st.lists(AGREED, max_size=2))),
    )


@given(plans())
def test_a_plan_comes_back_without_loss(plan):
    text = dumps(plan)
    assert loads(text) == plan
    assert dumps(loads(text)) == text


def test_a_real_plan_comes_back_without_loss(worlds):
    world = worlds.world(written=False)
    world.edit("salesforce:engagements:NIM-01", Syncline_Status__c="Green")
    world.view(work=())
    plan = world.plan()
    assert plan.writes
    assert plan.conflicts
    assert plan.held
    assert plan.brakes
    assert loads(dumps(plan)) == plan


def document(worlds):
    return to_json(worlds.world().plan())


def refused(raw):
    with pytest.raises(PlanFormatError) as caught:
        loads(json.dumps(raw))
    return caught.value


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "{}"])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanFormatError):
        loads(text)


@pytest.mark.parametrize("change", [{"version": 2}, {"version": "1"}, {"format": "other"}])
def test_another_format_or_version_is_refused(worlds, change):
    assert "syncline-plan" in refused({**document(worlds), **change}).expected


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("target", "X"),
        ("values", {"Syncline_Status__c": "Green"}),
        ("kind", "transition"),
        ("connection", "elsewhere"),
        ("external_id", "R-0"),
        ("partition", "P"),
    ],
)
def test_a_write_that_was_changed_by_hand_is_refused(worlds, where, value):
    raw = document(worlds)
    raw["writes"][0][where] = value
    assert refused(raw).path == "writes[0].id"


def test_a_plan_with_writes_added_taken_away_or_made_over_something_else_is_refused(worlds):
    raw = document(worlds)
    assert refused({**raw, "writes": raw["writes"][1:]}).path == "id"
    assert refused({**raw, "writes": raw["writes"][::-1]}).path == "id"
    raw["writes"][0]["before"] = {}
    assert refused(raw).path == "id"


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("made", "yesterday", "made"),
        ("made", datetime(2026, 1, 1).isoformat(), "made"),  # noqa: DTZ001 - an instant without offset is the point
        ("writes", {}, "writes"),
        ("held", [1], "held[0]"),
        ("brakes", [{"kind": "other"}], "brakes[0].kind"),
        ("conflicts", [{}], "conflicts[0].engagement"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(worlds, key, value, path):
    assert refused({**document(worlds), key: value}).path == path
