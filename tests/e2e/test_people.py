"""What people do in the tools survives."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.loopback


def test_an_edited_status_stays_and_is_named_with_both_values(world) -> None:
    row_id, row = next((i, r) for i, r in world.rows("Engagement__c").items() if r.get("Syncline_Status__c") == "Red")
    world.steering.change_rows("Engagement__c", {row_id: {"Syncline_Status__c": "Green"}})
    summary = world.json("sync", code=3)
    (conflict,) = [c for c in summary["conflicts"] if c["target"] == row_id]
    assert (conflict["theirs"], conflict["ours"]) == ("Green", "Red")
    assert conflict["field"] == "Syncline Status"
    assert world.rows("Engagement__c")[row_id]["Syncline_Status__c"] == "Green"
    assert row["Syncline_Status_Text__c"] == world.rows("Engagement__c")[row_id]["Syncline_Status_Text__c"]


def test_an_edited_text_in_jira_stays(world) -> None:
    issues = world.issues("jira")
    issue_id, field = next(
        (i, f)
        for i, issue in issues.items()
        for f, value in issue["fields"].items()
        if isinstance(value, str) and value.startswith("RED as of")
    )
    world.steering.change_issues("jira", {issue_id: {field: "All is well, says the PM."}})
    summary = world.json("sync", code=3)
    assert [c["theirs"] for c in summary["conflicts"]] == ["All is well, says the PM."]
    assert world.issues("jira")[issue_id]["fields"][field] == "All is well, says the PM."


def test_a_persons_label_survives_when_ours_comes_and_goes(untouched) -> None:
    subjects = {f["subject"] for f in _planted(untouched) if f["kind"] == "scope.orphan_work"}
    issue_id = min(s.split(":")[2] for s in subjects if s.startswith("jira:"))
    labels = untouched.issues("jira")[issue_id]["fields"].get("labels") or []
    untouched.steering.change_issues("jira", {issue_id: {"labels": [*labels, "ask-legal"]}})
    untouched.json("sync", code=3)
    shown = untouched.issues("jira")[issue_id]["fields"]["labels"]
    assert set(shown) > {*labels, "ask-legal"}
    ours = set(shown) - {*labels, "ask-legal"}
    assert all(label.startswith("syncline-") for label in ours)
    untouched.steering.change_issues("jira", {issue_id: {"labels": [*shown, "out-of-contract"]}})
    untouched.json("sync", code=3)
    assert set(untouched.issues("jira")[issue_id]["fields"]["labels"]) == {*labels, "ask-legal", "out-of-contract"}


def test_logins_that_the_configuration_joins_are_one_person_where_persons_are_shown(world) -> None:
    one = next(e for e in world.json("status")["engagements"] if e["manager"] and e["open_risks"])
    people = world.json("explain", one["engagement"])["people"]
    alone = next(p["person"] for p in people if p["person"].startswith("jira"))
    name = one["manager"]["person"]
    with world.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[people]\n"{name}" = ["{alone}"]\n')
    explained = world.json("explain", one["engagement"])
    assert explained["manager"]["logins"] == sorted([*one["manager"]["logins"], alone])
    assert alone not in {p["person"] for p in explained["people"]}
    risk = next(r for r in world.json("risks")["risks"] if r["engagement"] == one["engagement"])
    assert world.json("explain", risk["id"])["owner"] == explained["manager"]


def _planted(world):
    return json.loads(world.box.truth.read_text(encoding="utf-8"))["findings"]
