import re
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.core.port import Visibility, WriteKind
from mapping.model import Access
from sync.plan.types import BrakeKind, Policy

RISK = re.compile(r"(R-[0-9a-z]{10}) (low|medium|high|critical) (open) (\S.*)")
EXTERNAL = "syncline:engagement:NIM-01"


def blocks(plan):
    return {p.write.connection: p.write for p in plan.writes if p.rule == "anchor.block"}


def risks_in(text):
    return {m[1]: m[2] for line in text.splitlines() if (m := RISK.fullmatch(line))}


def test_every_anchor_that_owns_it_bears_the_status_and_all_open_risks(worlds):
    plan = worlds.wide_world().plan()
    written = blocks(plan)
    assert set(written) == {"github", "launchpad"}
    write = written["github"]
    assert (write.kind, write.stream, write.target, write.external_id) == (
        WriteKind.PUT_BLOCK,
        "issues",
        "901",
        EXTERNAL,
    )
    assert write.before == {"text": None}
    assert write.marker == {"instance": "inst1", "engagement": "NIM-01"}
    status, _, risks = write.values["text"].partition("\n\n")
    (sales,) = [p.write for p in plan.writes if p.rule == "engagement.status"]
    assert status == sales.values["Syncline_Status_Text__c"]
    records = {p.write.external_id: p.write.values["Severity__c"] for p in plan.writes if p.rule == "risk.record"}
    assert risks_in(risks) == records
    assert len(risks.splitlines()) == len(records) == 3
    assert [line.split()[1] for line in risks.splitlines()] == ["high", "medium", "medium"]
    assert "Late: Title of D-1" in risks


def test_a_public_anchor_shows_the_same_risks_without_a_word_of_what_is_internal(worlds):
    plan = worlds.wide_world(code=Visibility.PUBLIC).plan()
    for write in blocks(plan).values():
        text = write.values["text"]
        assert risks_in(text).keys() == {p.write.external_id for p in plan.writes if p.rule == "risk.record"}
        assert text.startswith("RED as of 2026-11-24 10:00 UTC\n- 1 deliverable.late\n")
        for word in ("Title", "NIM-", "D-1", "SI-0", "working days", "sales.example"):
            assert word not in text


def test_links_come_before_blocks_and_blocks_before_risks(worlds):
    rules = [p.rule for p in worlds.wide_world().plan().writes]
    assert rules.index("anchor.link") < rules.index("anchor.block") < rules.index("risk.record")


@pytest.mark.parametrize("told", [True, False])
def test_a_converged_world_is_quiet_whether_or_not_the_tool_tells_the_block(worlds, told):
    world = worlds.wide_world()
    world.converge()
    if not told:
        for ref in (worlds.CODE_ANCHOR, worlds.PLAN_ANCHOR):
            payload = {k: v for k, v in world.records[ref].payload.items() if not k.startswith("syncline_block")}
            world.records[ref] = replace(world.records[ref], payload=payload)
    world.now += timedelta(hours=1)
    assert world.plan().writes == ()


def test_a_risk_that_is_closed_leaves_the_block(worlds, build):
    world = worlds.wide_world()
    before = risks_in(blocks(world.converge())["github"].values["text"])
    world.view(deliverables=())
    after = blocks(world.plan())["github"]
    assert len(risks_in(after.values["text"])) == len(before) - 1
    assert risks_in(after.before["text"]) == before


def test_without_risks_the_block_says_so(worlds):
    world = worlds.wide_world()
    world.view(deliverables=(), items=(), work=tuple(i for i in world.views["NIM-01"].work if i.key != "NIM-2"))
    world.view(work=tuple(i for i in world.views["NIM-01"].work if i.key != "NIM-3"))
    assert blocks(world.plan())["github"].values["text"].endswith("\n\nNo open risks")


def test_a_persons_edit_of_the_block_is_a_conflict_and_settled_by_policy(worlds):
    world = worlds.wide_world()
    world.converge()
    world._block(worlds.CODE_ANCHOR, "we know")
    plan = world.plan()
    assert blocks(plan) == {}
    assert [(c.target, c.field, c.theirs) for c in plan.conflicts] == [("901", "block", "we know")]
    world.settings = replace(world.settings, policy=Policy.OURS)
    assert blocks(world.plan())["github"].before == {"text": "we know"}


def test_a_block_that_a_person_took_away_is_a_conflict_too(worlds):
    world = worlds.wide_world()
    world.converge()
    record = world.records[worlds.CODE_ANCHOR]
    world.records[record.ref] = replace(record, payload={**record.payload, "syncline_block": None})
    assert [(c.target, c.theirs) for c in world.plan().conflicts] == [("901", None)]


def test_a_block_of_a_later_instant_than_we_wrote_stops_the_run(worlds):
    world = worlds.wide_world()
    world.converge()
    world.bases.clear()
    world.view(deliverables=())
    brakes = world.plan().brakes
    assert ("github", BrakeKind.OLDER_STORE) in {(k.connection, k.kind) for k in brakes}


def test_a_block_of_another_instance_stops_the_run(worlds):
    world = worlds.wide_world()
    world.converge()
    world.instance = "other"
    plan = world.plan()
    assert blocks(plan) == {}
    assert {"github", "launchpad"} <= {k.connection for k in plan.brakes if k.kind is BrakeKind.OTHER_INSTANCE}


def test_blocks_of_other_engagements_on_the_same_record_are_left_alone(worlds):
    world = worlds.wide_world()
    ref = worlds.PLAN_ANCHOR
    other = {"external_id": "syncline:engagement:ORB-01", "text": "theirs", "marker": {"instance": "x"}}
    payload = {**world.records[ref].payload, "syncline_blocks": {other["external_id"]: other}}
    world.records[ref] = replace(world.records[ref], payload=payload)
    assert blocks(world.plan())["launchpad"].before == {"text": None}


def test_an_anchor_that_bears_no_block_is_named(worlds):
    world = worlds.wide_world()
    ref = worlds.PLAN_ANCHOR
    task = replace(world.records[ref], stream="bug_tasks")
    world.records[ref] = task
    held = [h for h in world.plan().held if h.rule == "anchor.block"]
    assert [(h.connection, h.reason) for h in held] == [
        ("launchpad", "it is none of the blueprints, which alone bear a block")
    ]


def test_project_fields_are_written_where_there_is_a_project(worlds):
    world = worlds.wide_world()
    plan = world.plan()
    assert [h.reason for h in plan.held if h.connection == "github"] == [
        "it does not say syncline_project: it is not where these fields are"
    ]
    record = world.records[worlds.CODE_ANCHOR]
    fields = {"PVT_1": {"name": "Syncline status", "value": None}}
    payload = {**record.payload, "syncline_project": {"item_id": None, "fields": fields}}
    world.records[record.ref] = replace(record, payload=payload)
    (write,) = [p.write for p in world.plan().writes if p.rule == "anchor.status" and p.write.connection == "github"]
    assert (write.kind, write.target) == (WriteKind.SET_FIELDS, "901")
    assert write.values["PVT_1"] == "Red"
    assert write.values["PVT_2"].startswith("RED as of")
    assert write.before == {"PVT_1": None, "PVT_2": None}
    world.converge()
    assert world.plan().writes == ()


def test_tasks_that_share_their_labels_are_labelled_once_and_never_in_turn(worlds, build):
    world = worlds.wide_world()
    tasks = [
        build.repo_issue(n, connection="launchpad", ref=f"launchpad:bug_tasks:7/{place}", key=f"LP: #7 ({place})")
        for n, place in ((3, "nimbus"), (4, "other"))
    ]
    tasks = [replace(task, place=task.key[8:-1], labels_with="7") for task in tasks]
    shared = {("jira", "NIM"): ("NIM-01",), ("launchpad", "other"): ("NIM-01",)}
    world.view(work=(*world.views["NIM-01"].work, *tasks), shared=shared)
    labels = [p.write for p in world.plan().writes if p.rule == "work.label" and p.write.connection == "launchpad"]
    assert [(w.kind, w.target, w.values["label"]) for w in labels] == [
        (WriteKind.ADD_LABEL, "7/nimbus", "syncline-orphan-work")
    ]
    tagged = [replace(task, labels=("syncline-orphan-work",)) for task in tasks]
    world.view(work=(*(i for i in world.views["NIM-01"].work if i.labels_with is None), *tagged))
    assert [p for p in world.plan().writes if p.write.connection == "launchpad" and p.rule == "work.label"] == []


def test_what_has_no_labels_is_asked_for_none(worlds, build):
    world = worlds.wide_world()
    plan = build.repo_issue(5, connection="launchpad", ref="launchpad:blueprints:nimbus/x", key="nimbus/x")
    shared = {("jira", "NIM"): ("NIM-01",), ("launchpad", "example/images"): ("NIM-01",)}
    world.view(work=(*world.views["NIM-01"].work, plan), shared=shared)
    assert any("nimbus/x" in r.risk.description for r in world.given().risks["NIM-01"])
    assert [p for p in world.plan().writes if p.write.connection == "launchpad" and p.rule == "work.label"] == []


def test_a_restricted_record_is_named_in_no_block(worlds, build):
    world = worlds.wide_world()
    secret = build.work("NIM-77", title="The canary sings", access=Access.RESTRICTED)
    world.view(work=(*world.views["NIM-01"].work, secret))
    for write in blocks(world.plan()).values():
        assert "canary" not in write.values["text"]
