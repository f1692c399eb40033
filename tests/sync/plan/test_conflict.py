from dataclasses import replace

import pytest

from sync.plan.conflict import NEVER_WRITTEN, Sides, Verdict, judge
from sync.plan.types import BrakeKind, Policy

RECORD = "salesforce:engagements:NIM-01"
ANCHOR = "jira:issues:NIM1"
COLOUR, TEXT, AS_OF = "Syncline_Status__c", "Syncline_Status_Text__c", "Syncline_As_Of__c"

E, W, K, O = Verdict.EQUAL, Verdict.WRITE, Verdict.KEEP, Verdict.OVERWRITE  # noqa: E741 - the table below is read at a glance


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "hold", "ours_wins", "theirs_wins"),
    [
        (NEVER_WRITTEN, None, "a", W, W, W),
        (NEVER_WRITTEN, "", "a", W, W, W),
        (NEVER_WRITTEN, "a", "a", E, E, E),
        (NEVER_WRITTEN, "p", "a", K, O, K),
        (None, None, "a", W, W, W),  # we emptied it
        (None, "p", None, K, O, K),
        ("a", "a", "a", E, E, E),
        ("a", "a", "b", W, W, W),
        ("a", "b", "b", E, E, E),  # a person did what we would
        ("a", "p", "a", K, O, K),  # edited, and we have nothing new to say
        ("a", "p", "b", K, O, O),  # edited, and our value changed
        ("a", None, "a", K, O, K),  # emptied by a person
        ("a", None, "b", K, O, O),
    ],
)
def test_three_ways(base, theirs, ours, hold, ours_wins, theirs_wins):
    sides = Sides(base=base, theirs=theirs, ours=ours)
    same = lambda a, b: (a or "") == (b or "")  # noqa: E731 - two uses
    assert judge(sides, Policy.HOLD, same) is hold
    assert judge(sides, Policy.OURS, same) is ours_wins
    assert judge(sides, Policy.THEIRS, same) is theirs_wins


def rules_of(plan):
    return sorted({p.rule for p in plan.writes})


def converged(worlds, policy=Policy.HOLD):
    world = worlds.world()
    world.settings = replace(world.settings, policy=policy)
    world.converge()
    return world


def test_a_held_edit_stays_is_reported_and_everything_else_flows(worlds):
    world = converged(worlds)
    world.edit(RECORD, Syncline_Status__c="Green")
    plan = world.plan()
    assert plan.writes == ()
    (conflict,) = plan.conflicts
    assert (conflict.field, conflict.base, conflict.theirs, conflict.ours) == ("Syncline Status", "Red", "Green", "Red")
    assert conflict.policy is Policy.HOLD
    world.view(deliverables=())
    plan = world.plan()
    (write,) = [p.write for p in plan.writes if p.rule == "engagement.status"]
    assert COLOUR not in write.values
    assert TEXT in write.values
    assert len(plan.conflicts) == 1


def test_our_policy_writes_over_an_edit_and_keeps_it_in_the_conflict(worlds):
    world = converged(worlds, Policy.OURS)
    world.edit(RECORD, Syncline_Status__c="Green")
    plan = world.converge()
    assert [p.write.values for p in plan.writes] == [{COLOUR: "Red"}]
    assert [p.write.before for p in plan.writes] == [{COLOUR: "Green"}]
    assert [(c.theirs, c.policy) for c in plan.conflicts] == [("Green", Policy.OURS)]
    again = world.plan()
    assert (again.writes, again.conflicts) == ((), ())


def test_their_policy_leaves_an_edit_until_our_value_changes(worlds, build):
    world = converged(worlds, Policy.THEIRS)
    world.edit(RECORD, Syncline_Status__c="Green")
    assert world.plan().writes == ()
    world.view(sources=build.stale("issues"))  # now ours is Unknown
    (write,) = [p.write for p in world.converge().writes if p.rule == "engagement.status"]
    assert write.values[COLOUR] == "Unknown"


@pytest.mark.parametrize("policy", [Policy.HOLD, Policy.THEIRS])
def test_an_edited_text_stays_day_after_day_and_its_instant_is_not_moved_under_it(worlds, policy):
    world = converged(worlds, policy)
    world.edit(RECORD, **{TEXT: "the manager's own words"})
    for _ in range(4):
        world.now += 13 * worlds.HOURS
        world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))
        plan = world.converge()
        assert "engagement.status" not in rules_of(plan)
        assert [c.field for c in plan.conflicts] == ["Syncline Status Text"]
    assert world.shown(RECORD, TEXT) == "the manager's own words"
    assert world.shown(RECORD, AS_OF) == "2026-11-24T10:00:00.000+0000"


def test_what_stood_in_an_owned_field_before_our_first_write_is_a_conflict(worlds):
    world = worlds.world()
    world.edit(RECORD, **{TEXT: "written by hand"})
    plan = world.plan()
    assert [(c.field_id, c.base) for c in plan.conflicts] == [(TEXT, None)]
    (write,) = [p.write for p in plan.writes if p.rule == "engagement.status"]
    assert set(write.values) == {COLOUR, "Syncline_Marker__c"}


@pytest.mark.parametrize(
    "spelling",
    [lambda t: t.replace("\n", "\r\n"), lambda t: t + "\n", lambda t: t.replace("\n", "  \n")],
)
def test_how_a_tool_spells_line_ends_is_no_edit(worlds, spelling):
    world = converged(worlds)
    world.edit(RECORD, **{TEXT: spelling(world.shown(RECORD, TEXT)), AS_OF: "2026-11-24T10:00:00Z"})
    world.edit(ANCHOR, **{worlds.COLOUR: {"self": "x", "id": "7", "value": "Red"}})
    plan = world.plan()
    assert (plan.writes, plan.conflicts) == ((), ())


# -------------------------------------------------------------------------------------------- words on risks


def risk_record(world, rule):
    risk = next(s.risk.id for s in world.risks["NIM-01"] if s.risk.rule == rule)
    return next(r.ref for r in world.records.values() if r.payload.get("Risk_Key__c") == risk)


def risk_issue(world, rule):
    risk = next(s.risk.id for s in world.risks["NIM-01"] if s.risk.rule == rule)
    return f"jira:issues:{world.created['jira', risk]}"


LATE = "deliverable.late"


@pytest.mark.parametrize("word", ["Mitigating", "Accepted"])
def test_a_word_of_progress_on_an_open_risk_is_respected(worlds, word):
    world = converged(worlds)
    world.edit(risk_record(world, LATE), Lifecycle__c=word)
    world.edit(risk_issue(world, LATE), status={"name": "In Progress"})
    plan = world.plan()
    assert (plan.writes, plan.conflicts) == ((), ())
    deliverables = world.views["NIM-01"].deliverables
    world.view(deliverables=())
    world.converge()
    assert world.shown(risk_record(world, LATE), "Lifecycle__c") == "Closed"
    assert world.shown(risk_issue(world, LATE), "status") == {"name": "Done"}
    world.view(deliverables=deliverables)
    plan = world.converge()
    assert plan.conflicts == ()
    assert world.shown(risk_record(world, LATE), "Lifecycle__c") == "Open"
    assert world.shown(risk_record(world, LATE), "Closed_Reason__c") is None
    assert world.shown(risk_issue(world, LATE), "status") == {"name": "To Do"}
    assert world.plan().writes == ()


def test_a_risk_that_a_person_closed_though_it_lasts_is_a_conflict(worlds):
    world = converged(worlds)
    world.edit(risk_record(world, LATE), Lifecycle__c="Closed")
    world.edit(risk_issue(world, LATE), status={"name": "Done"})
    plan = world.plan()
    assert plan.writes == ()
    assert sorted((c.connection, c.theirs, c.ours) for c in plan.conflicts) == [
        ("jira", "Done", "To Do"),
        ("salesforce", "Closed", "Open"),
    ]
    world.settings = replace(world.settings, policy=Policy.OURS)
    assert rules_of(world.converge()) == ["risk.issue", "risk.record"]
    assert world.plan().writes == ()


def test_a_severity_that_a_person_set_survives_a_hundred_runs(worlds):
    world = converged(worlds)
    ref = risk_record(world, LATE)
    world.edit(ref, Severity__c="low")
    for _ in range(100):
        assert world.converge().writes == ()
    assert world.shown(ref, "Severity__c") == "low"


def test_a_person_who_closes_the_issue_of_a_risk_that_is_gone_did_what_we_would(worlds):
    world = converged(worlds)
    world.edit(risk_issue(world, LATE), status={"name": "Done"})
    world.view(deliverables=())
    plan = world.converge()
    assert "transition" not in {p.write.kind.value for p in plan.writes}
    assert plan.conflicts == ()


def test_a_conflict_that_lasts_is_told_in_the_same_words(worlds):
    world = converged(worlds)
    world.edit(RECORD, **{TEXT: "the manager's own words"})
    first = world.plan().conflicts
    world.now += worlds.HOURS
    assert world.plan().conflicts == first


# --------------------------------------------------------------------------------------------------- agreement


def test_a_person_who_wrote_what_we_want_is_no_conflict_later(worlds, build):
    world = converged(worlds)
    fresh = world.views["NIM-01"].sources
    world.edit(RECORD, **{COLOUR: "Unknown"})
    world.view(sources=build.stale("issues"))  # now ours is Unknown, too
    plan = world.converge()
    assert [(a.field_id, a.value) for a in plan.agreed] == [(COLOUR, "Unknown")]
    assert plan.conflicts == ()
    world.view(sources=fresh)
    plan = world.converge()
    assert plan.conflicts == ()
    assert world.shown(RECORD, COLOUR) == "Red"
    assert world.plan().agreed == ()


def test_a_risk_that_returns_after_a_person_closed_its_issue_is_opened_again(worlds):
    world = converged(worlds)
    deliverables = world.views["NIM-01"].deliverables
    world.edit(risk_issue(world, LATE), status={"name": "Done"})
    world.view(deliverables=())
    assert [(a.field_id, a.value) for a in world.converge().agreed] == [("status", "Done")]
    world.view(deliverables=deliverables)
    plan = world.converge()
    assert plan.conflicts == ()
    assert world.shown(risk_issue(world, LATE), "status") == {"name": "To Do"}


def test_what_was_lost_from_the_store_is_adopted_where_the_tool_shows_it_still(worlds):
    world = converged(worlds)
    links = {key: value for key, value in world.bases.items() if key[3].startswith("link:")}
    world.bases = dict(links)
    assert {brake.kind for brake in world.plan().brakes} == {BrakeKind.OLDER_STORE}
    world.adopt()
    assert {field for _, _, _, field in world.bases} >= {COLOUR, TEXT, AS_OF, "Lifecycle__c", "summary"}
    plan = world.converge()
    assert (plan.writes, plan.conflicts, plan.brakes) == ((), (), ())
    world.view(deliverables=())
    plan = world.converge()
    assert plan.conflicts == ()
    assert world.shown(risk_record(world, LATE), "Lifecycle__c") == "Closed"
