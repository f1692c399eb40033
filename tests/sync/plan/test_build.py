from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import connectors
from connectors.core.port import Visibility, WriteKind
from mapping.model import Access, Stage, WorkClass, WorkState
from mapping.rules import compile_rules
from sync.plan.build import build_plan
from sync.plan.codec import dumps, loads
from sync.plan.types import BrakeKind, Policy

ANCHOR = "jira:issues:NIM1"
RECORD = "salesforce:engagements:NIM-01"


def told(plan):
    return [(p.rule, p.write.kind.value, p.target_key) for p in plan.writes]


def by_rule(plan, rule):
    return [p for p in plan.writes if p.rule == rule]


def test_the_first_plan_brings_everything_in_order(worlds):
    plan = worlds.world().plan()
    risks = [p.write.external_id for p in by_rule(plan, "risk.record")]
    assert len(risks) == 3
    assert told(plan) == [
        ("engagement.status", "set_fields", "NIM-01"),
        ("anchor.status", "set_fields", "NIM-1"),
        ("anchor.link", "put_link", "NIM-1"),
        *(("risk.record", "upsert", risk) for risk in sorted(risks)),
        *(("risk.issue", "create", "new Risk below NIM-1"),) * 3,
        ("work.label", "add_label", "NIM-2"),
    ]
    assert (plan.conflicts, plan.held, plan.brakes) == ((), (), ())


def test_the_status_is_written_with_its_reasons_instant_and_marker(worlds):
    plan = worlds.world().plan()
    (sales,) = by_rule(plan, "engagement.status")
    assert sales.write.values["Syncline_Status__c"] == "Red"
    assert sales.write.values["Syncline_As_Of__c"] == "2026-11-24T10:00:00.000+0000"
    assert sales.write.values["Syncline_Status_Text__c"].startswith("RED as of 2026-11-24 10:00 UTC\n- D-1 is late by")
    assert sales.write.values["Syncline_Marker__c"] == "inst1/NIM-01"
    assert sales.write.before == dict.fromkeys(sales.write.values)
    assert sales.cause == "status"
    assert {line.field for line in sales.lines} == {
        "Syncline Status",
        "Syncline Status Text",
        "Syncline As Of",
        "Syncline Marker",
    }
    (anchor,) = by_rule(plan, "anchor.status")
    assert anchor.write.values[worlds.COLOUR] == {"value": "Red"}
    assert anchor.write.values[worlds.TEXT] == sales.write.values["Syncline_Status_Text__c"]
    assert anchor.write.marker == {"instance": "inst1", "engagement": "NIM-01"}


def test_the_link_goes_to_the_engagements_record(worlds, build):
    (link,) = by_rule(worlds.world().plan(), "anchor.link")
    assert link.write.values == {"url": build.engagement().url, "title": "NIM-01 Nimbus"}
    assert link.write.before == {"url": None, "title": None}
    assert link.write.external_id == "syncline:engagement:NIM-01"


def test_risks_are_the_same_in_both_tools(worlds):
    plan = worlds.world().plan()
    records = {p.cause: p.write.values for p in by_rule(plan, "risk.record")}
    issues = {p.cause: p.write for p in by_rule(plan, "risk.issue")}
    assert set(records) == set(issues)
    for risk, values in records.items():
        issue = issues[risk]
        assert values["Risk_Key__c"] == issue.external_id == risk
        assert values["Name"] == issue.values["summary"]
        assert values["Description__c"] == issue.values["description"]
        assert values["Lifecycle__c"] == "Open"
        assert values["Engagement__c"] == "NIM-01"
        assert values["Raised_On__c"] == "2026-11-24"
        assert issue.values["issuetype"] == {"name": "Risk"}
        assert issue.values["labels"] == [f"syncline-{risk}"]
        assert issue.target == "NIM1"
        assert issue.partition == "NIM"
        assert issue.marker == {"instance": "inst1", "risk": risk}
    assert all(p.write.partition == "Syncline_Risk__c" for p in by_rule(plan, "risk.record"))


@pytest.mark.parametrize("hours", [0, 1, 23])
def test_a_converged_world_is_quiet(worlds, hours):
    world = worlds.world()
    world.converge()
    world.now += hours * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))
    plan = world.plan()
    assert (told(plan), plan.conflicts, plan.held, plan.brakes) == ([], (), (), ())


def test_after_a_day_the_instant_is_renewed_and_nothing_else(worlds, build):
    world = worlds.world()
    # late by a promise that passed long ago would count up daily; here nothing depends on today
    world.converge()
    world.now += 25 * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))
    plan = world.converge()
    assert told(plan) == [("engagement.status", "set_fields", "NIM-01"), ("anchor.status", "set_fields", "NIM-1")]
    assert set(by_rule(plan, "engagement.status")[0].write.values) == {"Syncline_Status_Text__c", "Syncline_As_Of__c"}
    assert told(world.plan()) == []


def test_a_changed_reason_is_written_at_once(worlds, build):
    world = worlds.world()
    world.converge()
    world.now += worlds.HOURS
    world.view(deliverables=())
    plan = world.converge()
    late = next(s.risk.id for s in world.risks["NIM-01"] if s.risk.rule == "deliverable.late")
    issue = next(
        r.key for r in world.records.values() if r.payload.get("properties", {}).get("syncline", {}).get("risk") == late
    )
    assert told(plan) == [
        ("engagement.status", "set_fields", "NIM-01"),
        ("anchor.status", "set_fields", "NIM-1"),
        ("risk.record", "upsert", late),
        ("risk.issue", "transition", issue),
    ]
    (record,) = by_rule(plan, "risk.record")
    assert record.write.values == {
        "Lifecycle__c": "Closed",
        "Closed_Reason__c": "The condition no longer holds",
    }
    assert by_rule(plan, "risk.issue")[0].write.values == {"status": "Done"}
    assert told(world.plan()) == []


def test_a_flapping_risk_stays_one_record_and_one_issue(worlds, build):
    world = worlds.world()
    deliverables = world.views["NIM-01"].deliverables
    world.converge()
    count = len(world.records)
    for number in range(6):
        world.view(deliverables=() if number % 2 == 0 else deliverables)
        world.converge()
        assert told(world.plan()) == []
        assert len(world.records) == count


def test_labels_follow_the_risk(worlds, build):
    world = worlds.world()
    world.converge()
    assert world.labels("NIM-2") == ("syncline-orphan-work",)
    work = tuple(
        replace(i, billable=False, labels=(*i.labels, "person")) if i.key == "NIM-2" else i
        for i in world.views["NIM-01"].work
    )
    world.view(work=work)
    plan = world.converge()
    assert ("work.label", "remove_label", "NIM-2") in told(plan)
    assert world.labels("NIM-2") == ("person",)
    assert told(world.plan()) == []


def test_labels_of_ours_that_nobody_asks_for_go_and_those_of_people_stay(worlds, build):
    world = worlds.world()
    odd = build.work("NIM-4", "SI-02", labels=("syncline-old", "Syncline-theirs", "x"))
    risk = build.work("NIM-5", labels=("syncline-R-0000000000",), work_class=WorkClass.RISK)
    world.view(work=(*world.views["NIM-01"].work, odd, risk))
    labels = [(p.target_key, p.write.kind, p.write.values["label"]) for p in by_rule(world.plan(), "work.label")]
    assert labels == [
        ("NIM-2", WriteKind.ADD_LABEL, "syncline-orphan-work"),
        ("NIM-4", WriteKind.REMOVE_LABEL, "syncline-old"),
    ]


def test_while_a_source_is_stale_nothing_is_closed_and_no_label_is_taken_away(worlds, build):
    world = worlds.world()
    world.converge()
    world.view(sources=build.stale("issues"), deliverables=())
    work = tuple(replace(i, state=WorkState.DROPPED) if i.key == "NIM-2" else i for i in world.views["NIM-01"].work)
    world.view(work=work)
    plan = world.plan()
    assert {p.rule for p in plan.writes} == {"engagement.status", "anchor.status"}
    assert by_rule(plan, "engagement.status")[0].write.values["Syncline_Status__c"] == "Unknown"


# ------------------------------------------------------------------------------------------------- what is owned


@pytest.mark.parametrize("rule", sorted({"anchor.status", "anchor.link", "risk.issue", "work.label"}))
def test_only_owned_rules_are_written(worlds, rule):
    world = worlds.world()
    world.owned["jira"] = worlds.JIRA_RULES - {rule}
    plan = world.plan()
    assert {p.rule for p in plan.writes} == (worlds.JIRA_RULES | worlds.SALES_RULES) - {rule}
    assert plan.held == ()


def test_a_read_only_connection_gets_nothing(worlds):
    world = worlds.world(owned={})
    assert world.plan().writes == ()


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.CLOSED])
def test_an_engagement_at_rest_is_left_as_it_is(worlds, build, stage):
    world = worlds.world()
    world.converge()
    world.view(engagement=build.engagement(stage=stage), deliverables=())
    assert told(world.plan()) == []


def test_a_result_that_is_missing_leaves_the_engagement_as_it_is(worlds):
    given = worlds.world().given()
    assert build_plan(replace(given, results={})).writes == ()


# ------------------------------------------------------------------------------------------------- what is held


def held(plan):
    return [(h.rule, h.reason) for h in plan.held]


def test_an_anchor_that_was_not_found_is_held_and_everything_else_flows(worlds):
    world = worlds.world()
    world.view(work=tuple(i for i in world.views["NIM-01"].work if i.key != "NIM-1"))
    plan = world.plan()
    assert {p.rule for p in plan.writes} == {"engagement.status", "risk.record", "work.label"}
    assert {rule for rule, _ in held(plan)} == {"anchor.status", "anchor.link", "risk.issue"}
    assert all("NIM-1 was not found" in reason for _, reason in held(plan))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"work_class": WorkClass.WORK, "type": "Story"}, "NIM-1 is of type Story, not an anchor"),
        ({"engagement_keys": ("ORB-01",)}, "NIM-1 stands for another engagement (ORB-01)"),
    ],
)
def test_what_is_no_anchor_of_this_engagement_is_not_written_on(worlds, changes, reason):
    world = worlds.world()
    work = tuple(replace(i, **changes) if i.key == "NIM-1" else i for i in world.views["NIM-01"].work)
    world.view(work=work)
    assert ("anchor.status", reason) in held(world.plan())


def test_a_project_without_the_issue_type_is_held(worlds):
    world = worlds.world()
    world.catalogs["jira"] = replace(worlds.JIRA_CATALOG, record_types={"NIM": ("Story",)})
    assert {r for rule, r in held(world.plan()) if rule == "risk.issue"} == {
        "NIM has no issue type Risk, or this login may not create it there"
    }


def test_a_missing_field_holds_its_rule_alone(worlds):
    world = worlds.world()
    fields = tuple(f for f in worlds.JIRA_CATALOG.fields if f.id != worlds.TEXT)
    world.catalogs["jira"] = replace(worlds.JIRA_CATALOG, fields=fields)
    plan = world.plan()
    assert [rule for rule, _ in held(plan)] == ["anchor.status"]
    assert "Syncline status text" in held(plan)[0][1]
    assert "risk.issue" in {p.rule for p in plan.writes}


def test_an_unread_engagement_record_is_held(worlds):
    world = worlds.world()
    del world.records[RECORD]
    assert ("engagement.status", "its record was not read") in held(world.plan())


def test_nothing_is_written_on_a_deleted_record(worlds):
    world = worlds.world()
    for ref in (ANCHOR, RECORD):
        world.records[ref] = replace(world.records[ref], deleted=True)
    plan = world.plan()
    assert not {p.rule for p in plan.writes} & {"engagement.status", "anchor.status", "anchor.link", "risk.issue"}
    assert {"engagement.status", "anchor.status"} <= {rule for rule, _ in held(plan)}


def test_on_a_public_record_stand_only_the_colour_and_what_kinds_there_are(worlds):
    world = worlds.world()
    for ref in (ANCHOR, RECORD):
        world.records[ref] = replace(world.records[ref], visibility=Visibility.PUBLIC)
    plan = world.plan()
    assert not {p.rule for p in plan.writes} & {"engagement.status", "anchor.link", "risk.issue"}
    assert {"engagement.status", "anchor.link", "risk.issue"} <= {rule for rule, _ in held(plan)}
    (anchor,) = by_rule(plan, "anchor.status")
    assert anchor.write.values[worlds.TEXT].splitlines() == [
        "RED as of 2026-11-24 10:00 UTC",
        "- 1 deliverable.late",
        "- 1 scope.orphan_work",
        "- 1 scope.uncovered",
        "Sources: oldest of 6 read 2026-11-24 09:50 UTC",
    ]


def test_a_risk_issue_that_a_person_deleted_is_not_made_again(worlds):
    world = worlds.world()
    world.converge()
    issue = next(r for r in world.records.values() if r.key.startswith("NIM-90"))
    del world.records[issue.ref]
    plan = world.plan()
    assert told(plan) == []
    assert [rule for rule, _ in held(plan)] == ["risk.issue"]
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
    assert told(world.plan()) == []


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


def test_a_restricted_engagement_is_not_linked_from_an_open_anchor(worlds, build):
    world = worlds.world()
    world.view(engagement=build.engagement(access=Access.RESTRICTED))
    assert "anchor.link" not in {p.rule for p in world.plan().writes}


# ------------------------------------------------------------------------------------------ knowing our own again


def test_a_risk_issue_is_known_by_its_marker_without_any_receipt(worlds):
    world = worlds.world()
    world.converge()
    world.created.clear()
    assert told(world.plan()) == []


def test_a_risk_issue_is_known_by_its_label_where_no_property_is_read(worlds, build):
    world = worlds.world()
    world.converge()
    world.created.clear()
    for ref, record in list(world.records.items()):
        risk = record.payload.get("properties", {}).get("syncline", {}).get("risk")
        if risk:
            world.records[ref] = replace(record, payload={"fields": record.payload["fields"]})
            item = build.work(record.key, ref=ref, work_class=WorkClass.RISK, labels=(f"syncline-{risk}",))
            world.view(work=(*world.views["NIM-01"].work, item))
    assert told(world.plan()) == []


def test_a_closed_risk_that_no_tool_ever_saw_is_not_brought_there(worlds):
    world = worlds.world()
    world.given()
    world.view(deliverables=())
    rules = {s.risk.rule for s in world.given().risks["NIM-01"] if s.lifecycle.value == "closed"}
    assert rules == {"deliverable.late"}
    assert all("Late" not in str(p.write.values) for p in world.plan().writes if p.rule.startswith("risk."))


# --------------------------------------------------------------------------------------------------------- brakes


def kinds(plan):
    return [(brake.kind, brake.connection) for brake in plan.brakes]


def test_the_first_write_to_a_connection_asks(worlds):
    world = worlds.world(written=False)
    plan = world.plan()
    assert kinds(plan) == [(BrakeKind.FIRST_WRITE, "jira"), (BrakeKind.FIRST_WRITE, "salesforce")]
    assert plan.writes
    assert worlds.world(written=False, approved=True).plan().brakes == ()
    assert worlds.world(written=False, owned={}).plan().brakes == ()


def test_a_large_plan_asks(worlds):
    world = worlds.world()
    size = len(world.plan().writes)
    world.settings = replace(world.settings, max_writes=size)
    assert kinds(world.plan()) == []
    world.settings = replace(world.settings, max_writes=size - 1)
    assert kinds(world.plan()) == [(BrakeKind.LARGE_PLAN, "")]


def test_the_marker_of_another_instance_stops(worlds):
    world = worlds.world()
    world.converge()
    world.instance = "inst2"
    world.now += timedelta(hours=30)
    plan = world.plan()
    assert {kind for kind, _ in kinds(plan)} == {BrakeKind.OTHER_INSTANCE}
    assert sorted(connection for _, connection in kinds(plan)) == ["jira", "salesforce"]  # one each, not one a record
    assert [b.message.rpartition(", ")[2] for b in plan.brakes] == ["and 3 more such"] * 2
    assert not [p for p in plan.writes if p.rule != "work.label"]
    assert any("another instance" in reason for _, reason in held(plan))


# ---------------------------------------------------------------------------------------------------- determinism


def test_the_same_input_in_any_order_is_the_same_plan(worlds):
    world = worlds.world()
    given = world.given()
    turned = replace(
        given,
        records=dict(reversed(given.records.items())),
        sinks=dict(reversed(given.sinks.items())),
        risks={key: states[::-1] for key, states in given.risks.items()},
        views={k: replace(v, work=v.work[::-1], sources=v.sources[::-1]) for k, v in given.views.items()},
    )
    assert build_plan(turned) == build_plan(given)


def test_ids_depend_on_what_is_written_and_where(worlds):
    one, two = worlds.world().plan(), worlds.world().plan()
    assert one.id == two.id
    assert len({p.write.id for p in one.writes}) == len(one.writes)
    world = worlds.world()
    world.edit(RECORD, Syncline_Status__c="Red")
    other = world.plan()
    assert other.id != one.id
    assert {p.write.id for p in by_rule(other, "risk.record")} == {p.write.id for p in by_rule(one, "risk.record")}


def test_two_engagements_come_by_key_within_each_rule(worlds, build):
    world = worlds.world()
    second = build.view(key="ABC-01", places=(), works=(), shared={})
    world.views["ABC-01"] = second
    world.records["salesforce:engagements:ABC-01"] = worlds.sales_record("salesforce:engagements:ABC-01", "ABC-01")
    status = [p.engagement for p in by_rule(world.plan(), "engagement.status")]
    assert status == ["ABC-01", "NIM-01"]


def test_nothing_restricted_leaves(worlds, build):
    world = worlds.world()
    hidden = {"access": Access.RESTRICTED, "title": "SECRET"}
    works = (
        build.work("NIM-20", **hidden),
        build.work("NIM-21", "SI-01", "SI-02", **hidden),
        build.work("NIM-22", billable=False, due=build.day(43), **hidden),
    )
    late = build.deliverable("D-2", build.tracked_by("NIM-22"), promised=build.day(0), needed=build.day(1))
    world.view(work=(*world.views["NIM-01"].work, *works), deliverables=(late,))
    plan = world.plan()
    for planned in plan.writes:
        assert "SECRET" not in repr((planned.write.values, planned.lines, planned.write.reason))
        assert build.day(43).isoformat() not in repr((planned.write.values, planned.write.reason))
    assert {"NIM-20", "NIM-21"} <= {p.target_key for p in by_rule(plan, "work.label")}


def later(worlds, world) -> None:
    """Thirty hours pass, and everything is read again."""
    world.now += 30 * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))


def test_a_store_older_than_what_it_wrote_stops_whatever_it_would_write(worlds):
    world = worlds.world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases = old  # a restored backup
    both = [(BrakeKind.OLDER_STORE, "jira"), (BrakeKind.OLDER_STORE, "salesforce")]
    assert kinds(world.plan()) == both  # though what the tools show is what we want
    later(worlds, world)
    plan = world.plan()
    assert kinds(plan) == both
    assert plan.writes == ()
    assert all("restored backup" in brake.message and "`syncline adopt`" in brake.mend for brake in plan.brakes)
    world.settings = replace(world.settings, policy=Policy.OURS)
    assert kinds(world.plan()) == both  # no policy lifts it


def test_an_older_store_goes_on_after_it_adopted_what_the_tools_show(worlds):
    world = worlds.wide_world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases = old
    world.view(deliverables=())  # and now there is something else to say
    assert {kind for kind, _ in kinds(world.plan())} == {BrakeKind.OLDER_STORE}
    world.adopt()
    plan = world.converge()
    assert plan.writes
    assert (plan.brakes, plan.conflicts) == ((), ())
    assert not [p for p in plan.writes if p.write.kind is WriteKind.CREATE]
    again = world.plan()
    assert (again.writes, again.brakes, again.conflicts) == ((), (), ())


def test_records_of_another_instance_are_adopted_and_nothing_is_made_twice(worlds):
    world = worlds.wide_world()
    world.converge()
    records = len(world.records)
    world.instance, world.bases, world.created, world.risks = "inst2", {}, {}, {}
    assert {kind for kind, _ in kinds(world.plan())} >= {BrakeKind.OTHER_INSTANCE}
    world.adopt()
    assert world.adopted == {worlds.INSTANCE}
    later(worlds, world)
    plan = world.converge()
    assert (plan.brakes, plan.conflicts) == ((), ())
    assert not [p for p in plan.writes if p.write.kind is WriteKind.CREATE]
    assert len(world.records) == records
    assert world.plan().writes == ()


def test_what_a_person_wrote_into_an_unmarked_record_is_not_adopted(worlds):
    world = worlds.world()
    world.edit(RECORD, Syncline_Status__c="Green")
    world.adopt()
    assert not world.bases
    assert [c.theirs for c in world.plan().conflicts] == ["Green"]


def test_a_later_text_is_no_sign_of_an_older_store_while_our_own_write_is_unsettled(worlds):
    world = worlds.world()
    world.converge()
    old = dict(world.bases)
    later(worlds, world)
    world.converge()
    world.bases, world.unsettled = old, frozenset({"jira", "salesforce"})
    assert world.plan().brakes == ()


def test_a_persons_text_is_no_sign_of_an_older_store(worlds):
    world = worlds.world()
    world.converge()
    world.edit(RECORD, Syncline_Status_Text__c=world.shown(RECORD, "Syncline_Status_Text__c") + "\nand my own line")
    assert world.plan().brakes == ()


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
    assert any("none of the mapping's transitions leads from To Do to Done" in why for _, why in held(plan))
    assert "risk.record" in {p.rule for p in plan.writes}
