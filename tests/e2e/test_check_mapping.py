"""``check --mapping`` over what was pulled, and over what the tools say now."""

from __future__ import annotations


def test_stored_and_live_records_become_the_same(world) -> None:
    stored = world.json("check", "--mapping", "--connection", "jira", "--stream", "versions", code=0)["mapping"]
    live = world.json("check", "--mapping", "--connection", "jira", "--stream", "versions", "--live", code=0)["mapping"]
    told = [{r["ref"]: r["entities"] for r in one["records"]} for (one,) in (stored, live)]
    assert told[0] == told[1]
    assert len(told[0]) > 3


PLANTED = {"Shelved", "Ask first", "scope:one/two/three"}
"""Values that the portfolio holds because nobody can understand them."""


def test_every_record_of_every_tool_is_understood_but_for_what_was_planted(world) -> None:
    seen = set()
    for one in world.json("check", "--mapping", code=0)["mapping"]:
        assert one["records"], one["connection"]
        assert (one["refused"], one["taken_by_no_rule"]) == ([], [])
        seen |= {unknown["value"] for unknown in one["not_understood"]}
    assert seen == PLANTED
    shown = [r["shows"] for one in world.json("check", "--mapping")["mapping"] for r in one["records"] if r["shows"]]
    assert {s["rule"] for several in shown for s in several} >= {"anchor.status", "engagement.status", "risk.record"}
    unlike = [s["not_understood"] for several in shown for s in several if s["not_understood"]]
    assert all(one == {"Lifecycle__c": "Mitigating"} for one in unlike)  # people's own risks, which we do not write
