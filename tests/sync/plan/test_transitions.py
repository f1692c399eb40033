"""Risk issues are moved by the steps that the mapping names."""

from pathlib import Path

import connectors
from connectors.core.port import WriteKind
from mapping.rules import compile_rules
from sync.plan.codec import dumps, loads

STEPS = {
    "review": {"from": "To Do", "to": "In Review"},
    "close": {"from": "In Review", "to": "Done", "only_if": "closed", "fields": {"resolution": "Fixed"}},
}


def with_steps(world, steps):
    text = (Path(connectors.__file__).parent / "jira" / "mapping.toml").read_text(encoding="utf-8")
    world.mappings["jira"] = compile_rules("jira", text, {"outbound": {"risk.issue": {"transitions": steps}}})


def closing(worlds, steps):
    """A world with one risk issue to be closed, by these transitions; the planned transitions and what is held."""
    world = worlds.world()
    world.converge()
    world.now += worlds.HOURS
    world.view(deliverables=())
    with_steps(world, steps)
    plan = world.plan()
    return plan, [p for p in plan.writes if p.write.kind is WriteKind.TRANSITION]


def test_the_plan_shows_the_steps_that_the_mapping_names(worlds):
    plan, (moved,) = closing(worlds, STEPS)
    assert [(m.name, m.to, m.fields) for m in moved.write.moves] == [
        ("review", "In Review", {}),
        ("close", "Done", {"resolution": "Fixed"}),
    ]
    assert [(line.field, line.after) for line in moved.lines] == [
        ("status", "Done"),
        ("transition review", "In Review"),
        ("transition close", "Done (resolution: Fixed)"),
    ]
    assert loads(dumps(plan)) == plan
    (other,) = closing(worlds, {**STEPS, "close": {**STEPS["close"], "fields": {"resolution": "Done"}}})[1]
    assert other.write.id != moved.write.id


def test_what_no_named_step_leads_to_is_held_and_everything_else_flows(worlds):
    plan, moved = closing(worlds, {"close": {**STEPS["close"], "from": "In Progress"}})
    assert moved == []
    assert any("none of the mapping's transitions leads from To Do to Done" in why for _, why in worlds.held(plan))
    assert "risk.record" in {p.rule for p in plan.writes}
