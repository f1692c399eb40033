from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.core.port import Visibility, WriteKind
from mapping.model import Access, Stage, WorkClass, WorkState
from sync.plan.build import build_plan
from sync.plan.types import BrakeKind


def test_the_first_plan_brings_everything_in_order(worlds):
    plan = worlds.world().plan()
    risks = [p.write.external_id for p in worlds.by_rule(plan, "risk.record")]
    assert len(risks) == 3
    assert worlds.told(plan) == [
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
    (sales,) = worlds.by_rule(plan, "engagement.status")
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
    (anchor,) = worlds.by_rule(plan, "anchor.status")
    assert anchor.write.values[worlds.COLOUR] == {"value": "Red"}
    assert anchor.write.values[worlds.TEXT] == sales.write.values["Syncline_Status_Text__c"]
    assert anchor.write.marker == {"instance": "inst1", "engagement": "NIM-01"}


def test_the_link_goes_to_the_engagements_record(worlds, build):
    (link,) = worlds.by_rule(worlds.world().plan(), "anchor.link")
    assert link.write.values == {"url": build.engagement().url, "title": "NIM-01 Nimbus"}
    assert link.write.before == {"url": None, "title": None}
    assert link.write.external_id == "syncline:engagement:NIM-01"


def test_risks_are_the_same_in_both_tools(worlds):
    plan = worlds.world().plan()
    records = {p.cause: p.write.values for p in worlds.by_rule(plan, "risk.record")}
    issues = {p.cause: p.write for p in worlds.by_rule(plan, "risk.issue")}
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
    assert all(p.write.partition == "Syncline_Risk__c" for p in worlds.by_rule(plan, "risk.record"))


@pytest.mark.parametrize("hours", [0, 1, 23])
def test_a_converged_world_is_quiet(worlds, hours):
    world = worlds.world()
    world.converge()
    world.now += hours * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))
    plan = world.plan()
    assert (worlds.told(plan), plan.conflicts, plan.held, plan.brakes) == ([], (), (), ())


def test_after_a_day_the_instant_is_renewed_and_nothing_else(worlds, build):
    world = worlds.world()
    # late by a promise that passed long ago would count up daily; here nothing depends on today
    world.converge()
    world.now += 25 * worlds.HOURS
    world.view(sources=tuple(replace(s, read_at=world.now) for s in world.views["NIM-01"].sources))
    plan = world.converge()
    assert worlds.told(plan) == [
        ("engagement.status", "set_fields", "NIM-01"),
        ("anchor.status", "set_fields", "NIM-1"),
    ]
    assert set(worlds.by_rule(plan, "engagement.status")[0].write.values) == {
        "Syncline_Status_Text__c",
        "Syncline_As_Of__c",
    }
    assert worlds.told(world.plan()) == []


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
    assert worlds.told(plan) == [
        ("engagement.status", "set_fields", "NIM-01"),
        ("anchor.status", "set_fields", "NIM-1"),
        ("risk.record", "upsert", late),
        ("risk.issue", "transition", issue),
    ]
    (record,) = worlds.by_rule(plan, "risk.record")
    assert record.write.values == {
        "Lifecycle__c": "Closed",
        "Closed_Reason__c": "The condition no longer holds",
    }
    assert worlds.by_rule(plan, "risk.issue")[0].write.values == {"status": "Done"}
    assert worlds.told(world.plan()) == []


def test_a_flapping_risk_stays_one_record_and_one_issue(worlds, build):
    world = worlds.world()
    deliverables = world.views["NIM-01"].deliverables
    world.converge()
    count = len(world.records)
    for number in range(6):
        world.view(deliverables=() if number % 2 == 0 else deliverables)
        world.converge()
        assert worlds.told(world.plan()) == []
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
    assert ("work.label", "remove_label", "NIM-2") in worlds.told(plan)
    assert world.labels("NIM-2") == ("person",)
    assert worlds.told(world.plan()) == []


def test_labels_of_ours_that_nobody_asks_for_go_and_those_of_people_stay(worlds, build):
    world = worlds.world()
    odd = build.work("NIM-4", "SI-02", labels=("syncline-old", "Syncline-theirs", "x"))
    risk = build.work("NIM-5", labels=("syncline-R-0000000000",), work_class=WorkClass.RISK)
    world.view(work=(*world.views["NIM-01"].work, odd, risk))
    labels = [(p.target_key, p.write.kind, p.write.values["label"]) for p in worlds.by_rule(world.plan(), "work.label")]
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
    assert worlds.by_rule(plan, "engagement.status")[0].write.values["Syncline_Status__c"] == "Unknown"


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
    assert worlds.told(world.plan()) == []


def test_a_result_that_is_missing_leaves_the_engagement_as_it_is(worlds):
    given = worlds.world().given()
    assert build_plan(replace(given, results={})).writes == ()


# ------------------------------------------------------------------------------------------------- what is held


def test_an_anchor_that_was_not_found_is_held_and_everything_else_flows(worlds):
    world = worlds.world()
    world.view(work=tuple(i for i in world.views["NIM-01"].work if i.key != "NIM-1"))
    plan = world.plan()
    assert {p.rule for p in plan.writes} == {"engagement.status", "risk.record", "work.label"}
    assert {rule for rule, _ in worlds.held(plan)} == {"anchor.status", "anchor.link", "risk.issue"}
    assert all("NIM-1 was not found" in reason for _, reason in worlds.held(plan))


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
    assert ("anchor.status", reason) in worlds.held(world.plan())


def test_a_project_without_the_issue_type_is_held(worlds):
    world = worlds.world()
    world.catalogs["jira"] = replace(worlds.JIRA_CATALOG, record_types={"NIM": ("Story",)})
    assert {r for rule, r in worlds.held(world.plan()) if rule == "risk.issue"} == {
        "NIM has no issue type Risk, or this login may not create it there"
    }


def test_a_missing_field_holds_its_rule_alone(worlds):
    world = worlds.world()
    fields = tuple(f for f in worlds.JIRA_CATALOG.fields if f.id != worlds.TEXT)
    world.catalogs["jira"] = replace(worlds.JIRA_CATALOG, fields=fields)
    plan = world.plan()
    assert [rule for rule, _ in worlds.held(plan)] == ["anchor.status"]
    assert "Syncline status text" in worlds.held(plan)[0][1]
    assert "risk.issue" in {p.rule for p in plan.writes}


def test_an_unread_engagement_record_is_held(worlds):
    world = worlds.world()
    del world.records[worlds.RECORD]
    assert ("engagement.status", "its record was not read") in worlds.held(world.plan())


def test_nothing_is_written_on_a_deleted_record(worlds):
    world = worlds.world()
    for ref in (worlds.ANCHOR, worlds.RECORD):
        world.records[ref] = replace(world.records[ref], deleted=True)
    plan = world.plan()
    assert not {p.rule for p in plan.writes} & {"engagement.status", "anchor.status", "anchor.link", "risk.issue"}
    assert {"engagement.status", "anchor.status"} <= {rule for rule, _ in worlds.held(plan)}


def test_on_a_public_record_stand_only_the_colour_and_what_kinds_there_are(worlds):
    world = worlds.world()
    for ref in (worlds.ANCHOR, worlds.RECORD):
        world.records[ref] = replace(world.records[ref], visibility=Visibility.PUBLIC)
    plan = world.plan()
    assert not {p.rule for p in plan.writes} & {"engagement.status", "anchor.link", "risk.issue"}
    assert {"engagement.status", "anchor.link", "risk.issue"} <= {rule for rule, _ in worlds.held(plan)}
    (anchor,) = worlds.by_rule(plan, "anchor.status")
    assert anchor.write.values[worlds.TEXT].splitlines() == [
        "RED as of 2026-11-24 10:00 UTC",
        "- 1 deliverable.late",
        "- 1 scope.orphan_work",
        "- 1 scope.uncovered",
        "Sources: oldest of 6 read 2026-11-24 09:50 UTC",
    ]


def test_a_restricted_engagement_is_not_linked_from_an_open_anchor(worlds, build):
    world = worlds.world()
    world.view(engagement=build.engagement(access=Access.RESTRICTED))
    assert "anchor.link" not in {p.rule for p in world.plan().writes}


# ------------------------------------------------------------------------------------------ knowing our own again


def test_a_risk_issue_is_known_by_its_marker_without_any_receipt(worlds):
    world = worlds.world()
    world.converge()
    world.created.clear()
    assert worlds.told(world.plan()) == []


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
    assert worlds.told(world.plan()) == []


def test_a_closed_risk_that_no_tool_ever_saw_is_not_brought_there(worlds):
    world = worlds.world()
    world.given()
    world.view(deliverables=())
    rules = {s.risk.rule for s in world.given().risks["NIM-01"] if s.lifecycle.value == "closed"}
    assert rules == {"deliverable.late"}
    assert all("Late" not in str(p.write.values) for p in world.plan().writes if p.rule.startswith("risk."))


# --------------------------------------------------------------------------------------------------------- brakes


def test_the_first_write_to_a_connection_asks(worlds):
    world = worlds.world(written=False)
    plan = world.plan()
    assert worlds.kinds(plan) == [(BrakeKind.FIRST_WRITE, "jira"), (BrakeKind.FIRST_WRITE, "salesforce")]
    assert plan.writes
    assert worlds.world(written=False, approved=True).plan().brakes == ()
    assert worlds.world(written=False, owned={}).plan().brakes == ()


def test_a_large_plan_asks(worlds):
    world = worlds.world()
    size = len(world.plan().writes)
    world.settings = replace(world.settings, max_writes=size)
    assert worlds.kinds(world.plan()) == []
    world.settings = replace(world.settings, max_writes=size - 1)
    assert worlds.kinds(world.plan()) == [(BrakeKind.LARGE_PLAN, "")]


def test_the_marker_of_another_instance_stops(worlds):
    world = worlds.world()
    world.converge()
    world.instance = "inst2"
    world.now += timedelta(hours=30)
    plan = world.plan()
    assert {kind for kind, _ in worlds.kinds(plan)} == {BrakeKind.OTHER_INSTANCE}
    assert sorted(connection for _, connection in worlds.kinds(plan)) == [
        "jira",
        "salesforce",
    ]  # one each, not one a record
    assert [b.message.rpartition(", ")[2] for b in plan.brakes] == ["and 3 more such"] * 2
    assert not [p for p in plan.writes if p.rule != "work.label"]
    assert any("another instance" in reason for _, reason in worlds.held(plan))


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
    world.edit(worlds.RECORD, Syncline_Status__c="Red")
    other = world.plan()
    assert other.id != one.id
    assert {p.write.id for p in worlds.by_rule(other, "risk.record")} == {
        p.write.id for p in worlds.by_rule(one, "risk.record")
    }


def test_two_engagements_come_by_key_within_each_rule(worlds, build):
    world = worlds.world()
    second = build.view(key="ABC-01", places=(), works=(), shared={})
    world.views["ABC-01"] = second
    world.records["salesforce:engagements:ABC-01"] = worlds.sales_record("salesforce:engagements:ABC-01", "ABC-01")
    status = [p.engagement for p in worlds.by_rule(world.plan(), "engagement.status")]
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
    assert {"NIM-20", "NIM-21"} <= {p.target_key for p in worlds.by_rule(plan, "work.label")}
