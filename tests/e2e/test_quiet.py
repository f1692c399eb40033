"""When nothing changed, each request is one that the connectors' pages say it is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sync import bootstrap
from sync.store.partitions import partition_rows

pytestmark = pytest.mark.loopback


def asked(world, name: str) -> Counter[tuple[str, int]]:
    """What was asked, without the version of the API, and how it was answered."""
    told = []
    for entry in world.steering.log(name):
        route = entry["route"].replace("/rest/api/2/", "").replace("/<version>/<pillar>", "<pillar>")
        operation = entry["query"].get("ws.op")
        told.append((f"{route} {operation}" if operation else route, entry["status"]))
    return Counter(told)


def places(world, name: str, summary: dict[str, Any]) -> tuple[int, int]:
    """How many places of a connection can be read, and how many are asked for in vain.

    A place that only closed engagements have is not asked for.
    """
    config = bootstrap.load_config(world.config)
    named = {p.place for e in config.engagements.values() for p in e.places if p.connection == name}
    store = bootstrap.open_store(config)
    with store.unit_of_work() as session:
        used = {p.key for p in bootstrap.read_now(config, session)[name]}
        unread = {p.key for (of, p), row in partition_rows(session, name).items() if row.error}
    store.close()
    asked_for = {n["place"].split(":", 2)[2] for n in summary["failed"] if n["place"].startswith(f"{name}:")}
    assert used < named or name == "github"  # one closed engagement has a place on Launchpad, and none on GitHub
    assert asked_for == unread < used
    return len(used - unread), len(asked_for)


def test_a_quiet_sync_makes_no_request_without_a_purpose(world) -> None:
    world.json("sync", code=3)
    for name in world.steering.names:
        world.steering.call("DELETE", name, "log")
    summary = world.json("sync", code=3)
    assert not any(summary["writes"].values())
    unseen = {("myself", 200): 1}  # the login is confirmed before a project is called hidden
    cloud = asked(world, "jira")
    assert cloud.pop(("search/jql", 200)) == max(1, -(-summary["reads"]["jira"]["records"] // 100))
    assert cloud == {("project/search", 200): 1, **unseen}
    assert asked(world, "jira-dc") == {("search", 200): 1, ("project", 200): 1, **unseen}
    assert asked(world, "salesforce") == {("/services/data/<version>/composite", 200): 2}

    seen, hidden = places(world, "github", summary)
    github = asked(world, "github")
    lists: Counter[str] = Counter()
    for route, status in list(github):
        if route.startswith("/repositories/<int:repo_id>/") and status in (200, 304):
            lists[route.rpartition("/")[2]] += github.pop((route, status))
    assert lists == {"issues": seen, "milestones": seen}
    assert github == Counter({("/api/graphql", 200): 1, ("/repos/<owner>/<repo_name>", 404): hidden})

    seen, hidden = places(world, "launchpad", summary)
    launchpad = asked(world, "launchpad")
    searches, failing = (launchpad.pop(("<pillar> searchTasks", status), 0) for status in (200, 404))
    assert failing == hidden
    assert searches + sum(launchpad.values()) <= 2 * seen  # one more where bugs changed of late, or the one bug read
    assert {route for route, _ in launchpad} <= {"/<version>/bugs/<bug>"}
