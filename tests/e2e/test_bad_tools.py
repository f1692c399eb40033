"""A tool that is down, slow or answers nonsense fails its own part and is named; nothing turns green by it."""

from __future__ import annotations

import socket
import time

import pytest

from benchmarks.product import findings

pytestmark = pytest.mark.loopback

ALL = {"route": ".*"}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def places(summary: dict) -> set[str]:
    return {note["place"].split(":")[0] for note in summary["failed"]}


def statuses(world) -> dict[str, str]:
    return {one["engagement"]: one["status"] for one in world.json("status")["engagements"]}


def test_a_tool_that_refuses_connections_is_named_and_the_rest_goes_on(world) -> None:
    before = findings(world.config)
    world.configure((world.box.urls["salesforce"], f"https://localhost:{closed_port()}"))
    world.steering.change_issues("jira", {next(iter(world.issues("jira"))): {"summary": "Changed by a person"}})
    summary = world.json("sync", code=3, before=world.IMPATIENT)
    assert "salesforce" in places(summary)
    assert summary["reads"]["jira"]["records"] > 0
    assert summary["reads"]["salesforce"]["records"] == 0
    assert sorted(findings(world.config)) == sorted(before)


def test_when_what_was_read_is_too_old_no_status_is_green_or_anything_else_but_unknown(world) -> None:
    assert {"red", "green"} & set(statuses(world).values())
    world.configure((world.box.urls["salesforce"], f"https://localhost:{closed_port()}"), ('"2h"', '"3s"'))
    time.sleep(3.1)
    world.json("pull", code=3, before=world.IMPATIENT)
    assert set(statuses(world).values()) == {"unknown", "draft", "closed"}
    stale = [f for f in world.json("findings")["findings"] if f["kind"] == "source.stale"]
    assert any(f["subject"].startswith("salesforce:") for f in stale)


def test_a_first_sync_without_salesforce_shows_everything_as_unknown_and_writes_nothing(untouched) -> None:
    untouched.configure((untouched.box.urls["salesforce"], f"https://localhost:{closed_port()}"))
    summary = untouched.json("sync", code=3, before=untouched.IMPATIENT)
    assert set(statuses(untouched).values()) == {"unknown"}
    assert sum(summary["writes"].values()) == 0
    assert summary["reads"]["jira"]["records"] > 0


def test_html_in_place_of_json_is_named_as_such(world) -> None:
    before = findings(world.config)
    world.steering.fault("jira", {**ALL, "action": {"kind": "html"}})
    summary = world.json("sync", code=3, before=world.IMPATIENT)
    assert "jira" in places(summary)
    assert any("HTML" in note["message"] for note in summary["failed"])
    assert sorted(findings(world.config)) == sorted(before)


def test_a_tool_that_hangs_is_given_up_after_the_timeout(world) -> None:
    world.configure(('deployment = "cloud"', 'deployment = "cloud"\ntimeout_s = 1'))
    world.steering.fault("jira", {**ALL, "action": {"kind": "hold_before"}})
    began = time.monotonic()
    summary = world.json("sync", code=3, before=world.IMPATIENT)
    assert time.monotonic() - began < 40
    assert "jira" in places(summary)
    assert any("1 s" in note["message"] or "time" in note["message"].casefold() for note in summary["failed"])
    assert summary["reads"]["salesforce"]["records"] > 0


@pytest.mark.parametrize("action", [{"kind": "drop_before"}, {"kind": "drip", "seconds": 60}])
def test_a_tool_that_gives_no_whole_answer_is_given_up_after_its_patience_and_the_others_flow(world, action) -> None:
    quiet = world.json("sync")["duration_s"]
    world.configure(('deployment = "cloud"', 'deployment = "cloud"\ntimeout_s = 2\npatience_s = 6'))
    world.steering.fault("jira", {**ALL, "action": action})
    world.steering.change_rows("Engagement__c", {next(iter(world.rows("Engagement__c"))): {"Name": "Renamed"}})
    summary = world.json("sync", code=3)
    assert summary["duration_s"] < quiet * 3 + 6 + 5  # its patience, and room for a machine that does other things too
    assert "jira" in places(summary)
    assert "salesforce" not in places(summary)
    assert summary["reads"]["salesforce"]["records"] > 0
    assert 0 < summary["reads"]["jira"]["requests"] < 10
    world.steering.clear_faults("jira")
    after = world.json("sync")  # asked again in the next run
    assert after["reads"]["jira"]["records"] > 0
    assert all("may not see it" in note["message"] for note in after["failed"])


def test_one_500_of_salesforce_costs_a_repeat_and_nothing_else(world) -> None:
    told = world.json("sync")["failed"]
    fault = {"route": "/services/data", "times": 1, "action": {"kind": "status", "status": 500}}
    world.steering.fault("salesforce", fault)
    assert world.json("sync")["failed"] == told
    assert [e["status"] for e in world.steering.log("salesforce")].count(500) == 1


def test_when_every_tool_is_down_the_run_failed(world) -> None:
    gone = closed_port()
    hosts = [(url, f"{url.split(':')[0]}://localhost:{gone}") for url in world.box.urls.values()]
    world.configure(*hosts)
    summary = world.json("sync", code=1, before=world.IMPATIENT)
    assert places(summary) >= {"jira", "jira-dc", "salesforce"}
    assert len(findings(world.config)) > 50


def test_one_bad_record_is_held_and_the_rest_flows(untouched) -> None:
    state = untouched.steering.call("GET", "jira", "state").json()
    field = next(f for f in state["fields"] if f["name"] == "Scope item")
    field["type"] = "any"  # an administrator changed what the field holds
    bad = next(issue for issue in state["issues"] if issue["fields"].get(field["id"]))
    bad["fields"][field["id"]] = {"rows": [1, 2]}
    untouched.steering.call("PUT", "jira", "state", state)
    summary = untouched.json("sync", code=3)
    (held,) = [note for note in summary["held"] if note["place"].startswith("jira:issues:")]
    assert held["place"] == f"jira:issues:{bad['id']}"
    assert "Scope item" in held["message"]
    assert summary["reads"]["jira"]["records"] > 200
    assert sum(summary["writes"].values()) > 100
    assert len(findings(untouched.config)) > 50
