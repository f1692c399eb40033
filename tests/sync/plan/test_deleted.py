"""What a person deleted in a tool, while its risk stands and after."""

from dataclasses import replace

import pytest

from connectors.core.port import WriteKind


def test_a_risk_issue_that_a_person_deleted_is_not_made_again(worlds):
    world = worlds.world()
    world.converge()
    issue = next(r for r in world.records.values() if r.key.startswith("NIM-90"))
    del world.records[issue.ref]
    plan = world.plan()
    assert worlds.told(plan) == []
    assert [rule for rule, _ in worlds.held(plan)] == ["risk.issue"]
    world.records[issue.ref] = replace(issue, deleted=True)
    assert [(h.rule, h.reason) for h in world.plan().held] == [("risk.issue", "its record was deleted in the tool")]


@pytest.mark.parametrize(("connection", "kind"), [("jira", "create"), ("salesforce", "upsert")])
def test_what_was_deleted_while_its_risk_stands_is_made_again_once(worlds, connection, kind):
    world = worlds.world()
    world.converge()
    risk = min(id_ for of, id_ in world.created if of == connection)
    old = world.delete(connection, risk)
    plan = world.plan()
    (write,) = plan.writes
    assert (write.write.kind.value, write.write.connection, write.write.external_id) == (kind, connection, risk)
    assert write.write.reason.startswith(f"{old.key} was deleted, and risk {risk} stands: ")
    assert plan.held == ()
    world.apply(plan)
    assert worlds.told(world.plan()) == []


def test_what_was_deleted_for_a_closed_risk_stays_deleted(worlds):
    world = worlds.world()
    world.converge()
    world.view(deliverables=())
    closed = {s.risk.id for s in world.given().risks["NIM-01"] if s.lifecycle.value == "closed"}
    assert closed
    for connection, risk in list(world.created):
        if risk in closed:
            world.delete(connection, risk)
    assert not [p for p in world.plan().writes if p.cause in closed]
    assert world.plan().held == ()


def test_another_record_of_the_same_risk_takes_the_place_of_the_deleted_one(worlds):
    world = worlds.world()
    world.converge()
    risk = min(id_ for of, id_ in world.created if of == "jira")
    old = world.delete("jira", risk)
    again = replace(old, id="9999", key="NIM-9999")
    world.records[again.ref] = again
    assert not [p for p in world.plan().writes if p.write.kind is WriteKind.CREATE]
