"""What somebody wrote in one tool does nothing in another."""

from __future__ import annotations

import json
import unicodedata

import pytest

pytestmark = pytest.mark.loopback

NASTY = "[~accountid:5b10a28] {code}x{code} !a.png! @octocat fixes #1, LP: #12 \u202eevil\u200b"


def strings(value) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for one in value for text in strings(one)]
        case dict():
            return [text for one in value.values() for text in strings(one)]
    return []


def planted(world) -> list[dict[str, str]]:
    return json.loads(world.box.truth.read_text(encoding="utf-8"))["findings"]


def test_a_nasty_title_acts_in_no_tool_and_the_next_run_is_quiet(world) -> None:
    late = {f["subject"].split(":")[2] for f in planted(world) if f["kind"] == "deliverable.late"}
    world.steering.change_rows("Deliverable__c", {row: {"Name": NASTY} for row in sorted(late)})
    uncovered = {f["subject"].split(":")[2] for f in planted(world) if f["kind"] == "scope.uncovered"}
    world.steering.change_rows("Scope_Item__c", {row: {"Name": NASTY} for row in sorted(uncovered)})
    for name in world.steering.names:
        world.steering.call("DELETE", name, "log")
    summary = world.json("sync", code=3)
    assert summary["conflicts"] == []
    sent = [(name, exchange) for name, exchange in world.writes() if "octocat" in str(exchange.get("request_body"))]
    assert {name for name, _ in sent} >= {"jira", "jira-dc", "salesforce", "github"}
    for name, exchange in sent:
        body = exchange["request_body"]
        told = [text for text in strings(json.loads(body) if isinstance(body, str) else body) if "octocat" in text]
        for text in told:
            assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf")} - {"\n"}, (name, text)
    for name in ("jira", "jira-dc"):
        long_texts = [
            value
            for issue in world.issues(name).values()
            for value in strings(issue["fields"])
            if "octocat" in value and "\n" in value
        ]
        assert long_texts
        assert not [text for text in long_texts if set("[]{}") & set(text) or "!a.png!" in text]
    comments = [
        comment["body"]
        for repository in world.steering.call("GET", "github", "state").json()["repositories"]
        for issue in repository["issues"]
        for comment in issue.get("comments", ())
        if "octocat" in comment["body"]
    ]
    assert comments
    for body in comments:
        _marker, fence, *lines = body.split("\n")
        assert fence.startswith("```")
        assert lines[-1] == fence.removesuffix("text")
    again = world.json("sync", code=3)
    assert sum(again["writes"].values()) == 0
    assert again["conflicts"] == []
