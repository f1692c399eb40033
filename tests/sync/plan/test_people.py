"""People and syncline write to the same tools for a while: whatever they do, some things hold."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from mapping.model import WorkState
from sync.plan.types import Policy

RECORD, ANCHOR = "salesforce:engagements:NIM-01", "jira:issues:NIM1"
OWNED = {
    RECORD: ["Syncline_Status__c", "Syncline_Status_Text__c", "Syncline_As_Of__c"],
    ANCHOR: ["customfield_10100", "customfield_10101"],
}
WORDS = {
    "Syncline_Status__c": ["Green", None],
    "Syncline_Status_Text__c": ["own words", None],
    "Syncline_As_Of__c": ["2020-01-01T00:00:00.000+0000"],
    "customfield_10100": [{"value": "Green"}, None],
    "customfield_10101": ["own words", ""],
}
EDITS = st.sampled_from([(ref, name, word) for ref, names in OWNED.items() for name in names for word in WORDS[name]])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), EDITS),
        st.tuples(st.just("unowned"), st.just(None)),
        st.tuples(st.just("hours"), st.sampled_from([1, 30])),
        st.tuples(st.just("late"), st.booleans()),
        st.tuples(st.just("drop"), st.booleans()),
        st.tuples(st.just("stale"), st.booleans()),
        st.tuples(st.just("run"), st.just(None)),
    ),
    max_size=14,
)


def step(world, worlds, build, kind, what, late):
    match kind:
        case "edit":
            ref, name, word = what
            world.edit(ref, **{name: word})
        case "unowned":
            world.edit(RECORD, Budget__c=123)
            world.edit(ANCHOR, assignee="somebody", labels=["own"])
        case "hours":
            world.now += what * worlds.HOURS
        case "late":
            world.view(deliverables=late if what else ())
        case "drop":
            state = WorkState.DROPPED if what else WorkState.OPEN
            work = tuple(replace(i, state=state) if i.key == "NIM-2" else i for i in world.views["NIM-01"].work)
            world.view(work=work)
        case "stale":
            age = build.NOW - worlds.HOURS * 99 if what else world.now
            world.view(sources=tuple(replace(s, read_at=age) for s in world.views["NIM-01"].sources))


@pytest.mark.parametrize("policy", Policy)
@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_whatever_people_do_runs_grow_quiet_and_only_owned_fields_are_written(worlds, build, policy, steps):
    world = worlds.world()
    world.settings = replace(world.settings, policy=policy)
    late = world.views["NIM-01"].deliverables
    for kind, what in steps:
        if kind == "run":
            world.converge()
        else:
            step(world, worlds, build, kind, what, late)
    before = world.plan()
    kept = {(c.target, c.field_id): c.theirs for c in before.conflicts if policy is Policy.HOLD}
    for planned in before.writes:
        if planned.rule in ("engagement.status", "anchor.status"):
            assert set(planned.write.values) <= {name for names in OWNED.values() for name in names} | {
                "Syncline_Marker__c"
            }
    world.apply(before)
    again = world.plan()
    assert again.writes == ()
    assert policy is not Policy.OURS or again.conflicts == ()
    for ref, names in OWNED.items():
        for name in names:
            if (world.records[ref].id, name) in kept:
                assert world.shown(ref, name) == kept[world.records[ref].id, name]
    made = [r for r in world.records.values() if "Risk_Key__c" in r.payload]
    assert len({r.payload["Risk_Key__c"] for r in made}) == len(made)
    if any(kind == "unowned" for kind, _ in steps):
        assert world.shown(RECORD, "Budget__c") == 123
        assert world.shown(ANCHOR, "assignee") == "somebody"
        assert "own" in world.shown(ANCHOR, "labels")
