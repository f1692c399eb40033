"""A login that may not create: the write is told with its reason, all else flows, and once it may, it is made once."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import pytest

from benchmarks.portrait import duplicates

pytestmark = pytest.mark.loopback
LOGIN = "syncline@partner.example"
RISKS = "Syncline_Risk__c"


def alone(world) -> list[str]:
    """Jira projects that one engagement alone uses, with an anchor, below which its risks are raised."""
    config = tomllib.loads(world.config.read_text(encoding="utf-8"))
    places = [p for e in config["engagements"].values() for p in e["places"] if p["connection"] == "jira"]
    names = [p["place"] for p in places]
    seen = {row["key"]: row for row in world.steering.call("GET", "jira", "state").json()["projects"]}
    visible = {key for key, row in seen.items() if row.get("browse") is None or row["browse"]}
    return [p["place"] for p in places if "anchor" in p and names.count(p["place"]) == 1 and p["place"] in visible]


def allow(world, project: str, entry: str, value: Any) -> Any:
    """Set what a Jira project allows (``edit``: who may edit, ``issuetypes``); what it was, None: it was left out."""
    state = world.steering.call("GET", "jira", "state").json()
    row = next(p for p in state["projects"] if p["key"] == project)
    before = row.get(entry)
    row[entry] = value
    if value is None:
        del row[entry]
    world.steering.call("PUT", "jira", "state", state)
    return before


def may(world, **access: list[str]) -> None:
    """What syncline's login may do in Salesforce: ``hidden`` and ``read_only`` objects and fields."""
    state = world.steering.call("GET", "salesforce", "state").json()
    state["org"]["users"] = [{"username": LOGIN, **access}] if access else []
    world.steering.call("PUT", "salesforce", "state", state)


def held(summary: dict[str, Any], connection: str) -> set[str]:
    """Why writes to a connection were not planned."""
    return {n["message"] for n in summary["held"] if n["place"].startswith(f"{connection}:")}


def clear(world) -> None:
    for name in world.steering.names:
        world.steering.call("DELETE", name, "log")


def asked(world) -> dict[str, int]:
    """How often each connection was asked for its catalog since the logs were cleared."""
    jira = {n: sum(e["route"].endswith("/field") for e in world.steering.log(n)) for n in ("jira", "jira-dc")}
    return {**jira, "salesforce": sum("describe" in str(e["request_body"]) for e in world.steering.log("salesforce"))}


def below(world) -> Counter[str]:
    """How many risk issues each Jira project has."""
    issues = world.issues("jira").values()
    return Counter(
        i["key"].partition("-")[0] for i in issues if (i.get("properties") or {}).get("syncline", {}).get("risk")
    )


def test_what_may_not_be_created_is_told_and_made_once_when_it_may(untouched) -> None:
    forbidden, typeless = alone(untouched)[:2]
    editors = allow(untouched, forbidden, "edit", [])
    types = allow(untouched, typeless, "issuetypes", ["Engagement", "Epic", "Story", "Bug", "Task", "Sub-task"])
    may(untouched, read_only=[RISKS])

    first = untouched.json("sync", code=3)
    assert first["writes"]["salesforce"] > 0  # statuses
    raised = below(untouched)
    assert raised.total() > 0
    people = untouched.rows(RISKS).keys()
    assert (raised[forbidden], raised[typeless]) == (0, 0)
    assert not any(row["Syncline_Marker__c"] for row in untouched.rows(RISKS).values())
    lacking = "risk.issue: {} has no issue type Risk, or this login may not create it there"
    lack = {lacking.format(place) for place in (forbidden, typeless)}
    assert held(first, "jira") == lack
    (message,) = held(first, "salesforce")
    assert message.endswith("found a field that this login may not write, expected the permission to edit it")

    clear(untouched)
    second = untouched.json("sync", code=3)
    assert not any(second["writes"].values())
    assert [held(second, name) for name in ("jira", "salesforce")] == [lack, {message}]
    assert asked(untouched) == {"jira": 1, "jira-dc": 0, "salesforce": 1}

    allow(untouched, forbidden, "edit", editors)
    allow(untouched, typeless, "issuetypes", types)
    may(untouched)
    third = untouched.json("sync", code=3)
    made = below(untouched)
    assert min(made[forbidden], made[typeless], len(untouched.rows(RISKS)) - len(people)) > 0
    assert made - raised == Counter({forbidden: made[forbidden], typeless: made[typeless]})
    assert not held(third, "jira") | held(third, "salesforce")

    clear(untouched)
    assert not any(untouched.json("sync", code=3)["writes"].values())
    assert asked(untouched) == {"jira": 0, "jira-dc": 0, "salesforce": 0}
    assert duplicates(untouched.steering.states()) == []
