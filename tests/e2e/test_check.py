"""``syncline check`` looks at every place that an engagement uses, on all tools, and says how to mend each failure."""

from __future__ import annotations

import tomllib

import pytest

pytestmark = pytest.mark.loopback

BOT = "syncline-bot"


def places(world, connection: str, *, anchored: bool) -> list[str]:
    """Places of a connection that only engagements with, or only engagements without, an anchor use there."""
    config = tomllib.loads(world.config.read_text(encoding="utf-8"))
    used = [p for e in config["engagements"].values() for p in e["places"] if p["connection"] == connection]
    with_anchor = {p["place"] for p in used if "anchor" in p}
    return sorted({p["place"] for p in used if (p["place"] in with_anchor) is anchored})


def failing(world) -> dict[str, list[str]]:
    found = world.json("check")["connections"]
    for results in found.values():
        assert all(r["mend"] for r in results if r["ok"] is False), results
    return {name: [r["found"] for r in results if r["ok"] is False] for name, results in found.items()}


def project(state, key: str):
    return next(row for row in state["projects"] if row.get("key") == key)


def test_all_places_are_looked_at_and_what_is_taken_away_is_named(untouched) -> None:
    before = failing(untouched)
    hidden = [f for found in before.values() for f in found]
    assert hidden, "the portfolio has places that the login may not see"
    assert all("may not see" in f for f in hidden)

    plain = next(p for p in places(untouched, "jira", anchored=False) if not any(p in f for f in before["jira"]))
    anchored = next(p for p in places(untouched, "jira", anchored=True) if not any(p in f for f in before["jira"]))
    state = untouched.steering.call("GET", "jira", "state").json()
    project(state, plain)["browse"] = []
    project(state, anchored)["edit"] = []
    untouched.steering.call("PUT", "jira", "state", state)

    state = untouched.steering.call("GET", "salesforce", "state").json()
    state["org"]["users"] = [
        {
            "username": "syncline@partner.example",
            "read_only": ["Syncline_Risk__c"],
            "hidden": ["Engagement__c.Stage__c"],
        }
    ]
    untouched.steering.call("PUT", "salesforce", "state", state)

    state = untouched.steering.call("GET", "github", "state").json()
    repository = next(r for r in state["repositories"] if r["collaborators"].get(BOT) and not r.get("private"))
    repository["collaborators"][BOT] = "read"
    untouched.steering.call("PUT", "github", "state", state)

    gone = next(
        p for p in places(untouched, "launchpad", anchored=True) if not any(p in f for f in before["launchpad"])
    )
    state = untouched.steering.call("GET", "launchpad", "state").json()
    next(p for p in state["projects"] if p["name"] == gone)["information_type"] = "Proprietary"
    untouched.steering.call("PUT", "launchpad", "state", state)

    after = {name: [f for f in found if f not in before[name]] for name, found in failing(untouched).items()}
    assert f"{plain} does not exist or this login may not see it" in after["jira"]
    assert f"{anchored}: this login lacks Edit Issues, Link Issues, Create Issues, Transition Issues" in after["jira"]
    assert after["jira-dc"] == []
    assert [f for f in after["salesforce"] if f.startswith("Syncline_Risk__c: this user cannot write")]
    assert [f for f in after["salesforce"] if f.endswith("may not read: Stage__c")]
    assert after["github"] == [f"{repository['full_name']}: public: this login may only read"]
    assert after["launchpad"] == [f"{gone} does not exist or this login may not see it"]
