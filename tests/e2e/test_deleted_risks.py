"""What a person deleted in a tool while its risk stands is made again, once; what is only hidden is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.portrait import duplicates
from benchmarks.steering import project_manager_edits
from sync import bootstrap
from sync.store.looks import note_look

pytestmark = pytest.mark.loopback
RISKS = "Syncline_Risk__c"


def risk_issues(world, name: str) -> dict[str, dict[str, Any]]:
    """Risk -> its issue, of those that are open."""
    found = {}
    for issue in world.issues(name).values():
        marker = (issue.get("properties") or {}).get("syncline") or {}
        marker = json.loads(marker) if isinstance(marker, str) else marker
        if marker.get("risk"):
            found[marker["risk"]] = issue
    return found


def put_away(world, name: str, issues: list[str]) -> list[dict[str, Any]]:
    """Delete issues as an administrator would; they are given back."""
    state = world.steering.call("GET", name, "state").json()
    gone = [issue for issue in state["issues"] if issue["id"] in issues]
    state["issues"] = [issue for issue in state["issues"] if issue["id"] not in issues]
    world.steering.call("PUT", name, "state", state)
    return gone


def a_day_passes(world) -> None:
    """Let what syncline made have been looked for a day ago."""
    store = bootstrap.open_store(bootstrap.load_config(world.config))
    with store.unit_of_work() as session:
        for name in world.steering.names:
            note_look(session, name, datetime.now(tz=UTC) - timedelta(hours=25))
        session.commit()
    store.close()


def permit(world, name: str, project: str, *, browse: bool) -> None:
    state = world.steering.call("GET", name, "state").json()
    row = next(p for p in state["projects"] if p["key"] == project)
    row["browse"] = None if browse else []
    if browse:
        del row["browse"]
    world.steering.call("PUT", name, "state", state)


def test_a_deleted_salesforce_risk_is_made_again_once_and_told(world) -> None:
    old, row = next((i, r) for i, r in world.rows(RISKS).items() if r["Lifecycle__c"] == "Open")
    key = row["Risk_Key__c"]
    world.steering.call("POST", "salesforce", "records", [{"op": "delete", "object": RISKS, "id": old}])
    summary = world.json("sync", code=3)
    assert summary["writes"]["salesforce"] == 1
    ((new, made),) = [(i, r) for i, r in world.rows(RISKS).items() if r["Risk_Key__c"] == key and not r["IsDeleted"]]
    assert new != old
    same = ("Name", "Severity__c", "Lifecycle__c", "Description__c", "Raised_On__c")
    assert [made[f] for f in same] == [row[f] for f in same]
    (note,) = summary["remade"]
    assert note["place"] == f"salesforce:risks:{new}"
    assert note["message"] == f"{key} was made again, since its record was deleted in the tool"
    again = world.json("sync", code=3)
    assert (sum(again["writes"].values()), again["remade"]) == (0, [])


@pytest.mark.parametrize("name", ["jira", "jira-dc"])
def test_a_deleted_jira_risk_is_noticed_within_a_day_and_made_again_once(world, name: str) -> None:
    before = risk_issues(world, name)
    risk = min(before)
    old = before[risk]
    put_away(world, name, [old["id"]])
    world.steering.call("DELETE", name, "log")
    assert not any(world.json("sync", code=3)["writes"].values())
    assert not [e for e in world.steering.log(name) if "bulkfetch" in e["path"] or f"issue/{old['id']}" in e["path"]]
    a_day_passes(world)
    summary = world.json("sync", code=3)
    after = risk_issues(world, name)
    assert after.keys() == before.keys()
    assert {r for r in after if after[r]["id"] != before[r]["id"]} == {risk}
    assert summary["writes"] == {**dict.fromkeys(summary["writes"], 0), name: 1}
    (note,) = summary["remade"]
    new = after[risk]
    assert note["place"] == f"{name}:issues:{new['id']}"
    assert note["message"] == f"{risk} was made again as {new['key']}, since {old['key']} was deleted in the tool"
    again = world.json("sync", code=3)
    assert (sum(again["writes"].values()), again["remade"]) == (0, [])
    assert duplicates(world.steering.states()) == []


def test_what_lies_in_a_hidden_project_keeps_its_state_and_is_never_made_again(world) -> None:
    issues = risk_issues(world, "jira")
    project = min(issue["key"].partition("-")[0] for issue in issues.values())
    permit(world, "jira", project, browse=False)
    project_manager_edits(world.steering, world.box.truth)  # so that writes are due there
    a_day_passes(world)
    first = world.json("sync", code=3)
    assert any(note["message"].endswith("the record is gone or hidden") for note in first["failed"])
    for browse in (False, True):
        permit(world, "jira", project, browse=browse)
        summary = world.json("sync", code=3)
        assert not summary["remade"]
        assert not [n for n in summary["held"] if n["place"].startswith("jira:")]  # the anchor is not taken for gone
    assert {r: i["id"] for r, i in risk_issues(world, "jira").items()}.items() >= {
        r: i["id"] for r, i in issues.items()
    }.items()
    assert not any(world.json("sync", code=3)["writes"].values())
    assert duplicates(world.steering.states()) == []


def test_a_salesforce_row_that_our_login_cannot_see_is_not_made_twice(world) -> None:
    row = next(i for i, r in world.rows(RISKS).items() if r["Lifecycle__c"] == "Open")
    state = world.steering.call("GET", "salesforce", "state").json()
    state["org"]["sharing"] = {"defaults": {RISKS: "private"}, "rules": []}
    somebody = next(u["Id"] for u in state["records"]["User"] if u["Username"] != "syncline@partner.example")
    next(r for r in state["records"][RISKS] if r["Id"] == row)["OwnerId"] = somebody
    world.steering.call("PUT", "salesforce", "state", state)
    before = world.rows(RISKS)
    a_day_passes(world)
    summary = world.json("sync", code=3)
    assert not summary["remade"]
    assert world.rows(RISKS).keys() == before.keys()
    key = before[row]["Risk_Key__c"]
    assert [n["message"] for n in summary["failed"] if key in n["message"]], summary["failed"]


def test_much_that_is_gone_at_once_is_asked_about_and_nothing_is_made(world) -> None:
    before = risk_issues(world, "jira")
    assert len(before) > 20
    lost = sorted(before)[: len(before) * 3 // 4]
    put_away(world, "jira", [before[risk]["id"] for risk in lost])
    a_day_passes(world)
    summary = world.json("sync", code=4)
    (brake,) = summary["brakes"]
    assert (brake["kind"], brake["place"]) == ("source_emptied", "jira")
    assert f"{len(lost)} of {len(before)} records" in brake["message"]
    assert not any(summary["writes"].values())
    accepted = world.json("sync", "--accept-emptied", "jira:issues:made", code=3)
    assert len(accepted["remade"]) == accepted["writes"]["jira"] == len(lost)
    assert risk_issues(world, "jira").keys() == before.keys()
    assert duplicates(world.steering.states()) == []


def test_an_archived_risk_issue_is_not_made_again(world) -> None:
    before = risk_issues(world, "jira")
    world.steering.call("POST", "jira", "archive", {"issue": before[min(before)]["key"]})
    a_day_passes(world)
    world.steering.call("DELETE", "jira", "log")
    summary = world.json("sync", code=3)
    looks = [e for e in world.steering.log("jira") if e["path"].endswith("issue/bulkfetch")]
    assert len(looks) == -(-len(before) // 100)
    assert (sum(summary["writes"].values()), summary["remade"]) == (0, [])
    assert risk_issues(world, "jira").keys() == before.keys()


def test_a_deleted_risk_issue_that_is_to_be_written_is_made_again_by_the_next_sync(world) -> None:
    before = risk_issues(world, "jira")
    put_away(world, "jira", [issue["id"] for issue in before.values()])
    project_manager_edits(world.steering, world.box.truth)
    first = world.json("sync", code=3)
    lost = [n for n in first["failed"] if n["message"].endswith("the record is gone or hidden")]
    assert lost
    second = world.json("sync", code=3)
    remade = [note for note in second["remade"] if note["place"].startswith("jira:")]
    assert 0 < len(remade) <= len(lost)
    third = world.json("sync", code=3)
    assert (sum(third["writes"].values()), third["remade"]) == (0, [])
    assert duplicates(world.steering.states()) == []
