"""The clocks of all tools ran a day ahead for one sync and were put right: what people change afterwards is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sync.store.database import Store
from sync.store.tables import RecordRow

pytestmark = pytest.mark.loopback


def clocks(world, seconds: int) -> None:
    for name in world.steering.names:
        world.steering.call("POST", name, "clock", {"offset_seconds": seconds})


def people_change_something(world, word: str) -> dict[str, str]:
    """Connection -> a text that its records hold from now on."""
    issues = {
        name: next(id_ for id_, issue in world.issues(name).items() if "SEC-" not in issue["key"])  # hidden projects
        for name in ("jira", "jira-dc")
    }
    for name, issue in issues.items():
        world.steering.change_issues(name, {issue: {"summary": f"{word} {name}"}})
    row = next(iter(world.rows("Scope_Item__c")))
    world.steering.change_rows("Scope_Item__c", {row: {"Text__c": f"{word} salesforce"}})
    repositories = world.steering.call("GET", "github", "state").json()["repositories"]
    issue = next(str(issue["id"]) for repository in repositories for issue in repository["issues"])
    assert world.steering.label_github({issue}, f"{word}-github") == 1
    bug = world.steering.call("GET", "launchpad", "state").json()["bugs"][0]["id"]
    assert world.steering.tag_launchpad({str(bug)}, f"{word}-launchpad") == 1
    return {
        **{name: f"{word} {name}" for name in (*issues, "salesforce")},
        **{name: f"{word}-{name}" for name in ("github", "launchpad")},
    }


def missing(world, texts: dict[str, str]) -> set[str]:
    """Connections of which no stored record holds the text."""
    store = Store(f"sqlite:///{world.folder / 'syncline.sqlite3'}", now=datetime.now(tz=UTC))
    try:
        with store.unit_of_work() as session:
            rows = session.execute(select(RecordRow.connection, RecordRow.payload)).all()
    finally:
        store.close()
    found = {name for name, payload in rows if name in texts and texts[name] in json.dumps(payload, ensure_ascii=False)}
    return set(texts) - found


def test_a_day_of_wrong_clocks_hides_no_later_change(world) -> None:
    clocks(world, 86_400)
    try:
        early = people_change_something(world, "early")
        world.json("pull")
    finally:
        clocks(world, 0)
    assert missing(world, early) == set()
    world.json("pull")
    late = people_change_something(world, "late")
    assert missing(world, late) == set(late)
    world.json("pull")
    assert missing(world, late) == set()
