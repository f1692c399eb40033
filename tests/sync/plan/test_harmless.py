"""What leaves for a tool is harmless there, and is recognised when the tool gives it back in another form."""

# ruff: noqa: RUF001 - characters that look alike are what is written

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from connectors.core.port import Catalog
from connectors.core.registry import load_connectors

ANCHOR = "jira:issues:NIM1"
NASTY = "[~admin] {code}x{code} !a.png! @octocat LP: #1 \u202eevil\u202c zero\u200bwidth \x1b[31mred\x9b"


@pytest.fixture
def nasty(worlds, monkeypatch):
    """Four tools, a deliverable with a nasty title and key, and texts made harmless as the product does."""
    made = worlds.wide_world()
    view = made.views["NIM-01"]
    made.view(deliverables=tuple(replace(d, title=NASTY, key="D-1 {x} evil") for d in view.deliverables))
    given = made.given

    def harmless():
        found = given()
        sinks = {name: replace(sink, inert=load_connectors().specs[name].inert) for name, sink in found.sinks.items()}
        return replace(found, sinks=sinks)

    made.given = harmless
    return made


def texts(plan):
    return [
        (p.write.connection, p.rule, value)
        for p in plan.writes
        for value in p.write.values.values()
        if isinstance(value, str)
    ]


def test_no_control_or_hidden_character_leaves(nasty):
    written = [text for _, _, text in texts(nasty.plan()) if "[~admin" in text or "~admin］" in text]
    assert len(written) >= 5
    for text in written:
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"}, text
        assert "octocat" in text


def test_each_tool_is_given_a_title_that_does_nothing_there(nasty):
    plan = nasty.plan()
    long_texts = [t for connection, _, t in texts(plan) if connection == "jira" and "evil" in t and t.count("\n") > 1]
    assert len(long_texts) >= 2
    for text in long_texts:
        assert not set("[]{}\\") & set(text), text
        assert "evil" in text
    titles = [p.write.values["Name"] for p in plan.writes if p.rule == "risk.record"]
    assert any("[~admin] {code}x" in title for title in titles)
    (block,) = [
        p.write.values["text"] for p in plan.writes if (p.rule, p.write.connection) == ("anchor.block", "github")
    ]
    assert "@octocat" in block


def test_the_second_plan_is_quiet(nasty):
    assert nasty.converge().writes
    again = nasty.plan()
    assert (again.writes, again.conflicts) == ((), ())


def as_a_document_tool_gives_it_back(text: str) -> str:
    """With empty lines between blocks, another mark of a list, and a backslash before what would act."""
    lines = [f"* {line[2:]}" if line.startswith("- ") else line for line in text.split("\n")]
    return "\r\n\r\n".join(lines).replace("-", "\\-").replace("!", "\\!")


def test_a_text_that_the_tool_gives_back_in_another_form_is_no_edit(nasty, worlds):
    nasty.converge()
    for ref, record in list(nasty.records.items()):
        fields = record.payload.get("fields", {})
        for name in ("description", worlds.TEXT):
            if isinstance(fields.get(name), str):
                nasty.edit(ref, **{name: as_a_document_tool_gives_it_back(fields[name])})
    nasty.now += worlds.HOURS
    again = nasty.plan()
    assert (again.writes, again.conflicts) == ((), ())


def test_an_edit_by_a_person_is_still_seen(nasty, worlds):
    nasty.converge()
    nasty.edit(ANCHOR, **{worlds.TEXT: nasty.shown(ANCHOR, worlds.TEXT) + "\n- all is well"})
    (conflict,) = nasty.plan().conflicts
    assert conflict.field_id == worlds.TEXT


def test_what_was_written_before_texts_were_made_harmless_is_written_once_more(nasty):
    careful = nasty.given
    del nasty.given  # the class's own: as an earlier release
    nasty.converge()
    nasty.given = careful
    once = nasty.converge()
    assert {p.rule for p in once.writes} == {"anchor.status", "risk.issue"}
    assert once.conflicts == ()
    again = nasty.plan()
    assert (again.writes, again.conflicts) == ((), ())


def test_a_status_text_that_had_to_be_cut_is_not_written_again_and_again(worlds):
    made = worlds.world()
    short = tuple(replace(f, max_length=100) if f.id == worlds.TEXT else f for f in worlds.JIRA_CATALOG.fields)
    made.catalogs["jira"] = Catalog(fields=short, record_types=worlds.JIRA_CATALOG.record_types)
    made.converge()
    assert made.shown(ANCHOR, worlds.TEXT).endswith("…")
    made.now += worlds.HOURS
    assert made.plan().writes == ()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a b", "//evil.example"])
def test_an_address_that_a_browser_would_run_is_not_written(worlds, url):
    made = worlds.world()
    made.view(engagement=replace(made.views["NIM-01"].engagement, url=url))
    plan = made.plan()
    assert [p for p in plan.writes if p.rule == "anchor.link"] == []
    assert any("https://" in held.reason for held in plan.held)


def test_a_status_text_in_html_is_written_once_and_renewed_with_the_status(worlds):
    world = worlds.world()
    known = world.catalogs["salesforce"]
    fields = tuple(replace(f, rich=f.id == "Syncline_Status_Text__c") for f in known.fields)
    world.catalogs["salesforce"] = replace(known, fields=fields)
    (first,) = worlds.by_rule(world.converge(), "engagement.status")
    assert first.write.values["Syncline_Status_Text__c"].startswith("<p>RED as of 2026-11-24 10:00 UTC</p><ul><li>")
    world.now += worlds.HOURS
    assert world.plan().writes == (), "an hour later it says the same"
    tidy = first.write.values["Syncline_Status_Text__c"].replace("<p>", "<p dir='ltr'>")
    world.edit(worlds.RECORD, Syncline_Status_Text__c=tidy)
    assert (world.plan().writes, world.plan().conflicts) == ((), ()), "the tool put attributes to the tags"
    world.edit(worlds.RECORD, Syncline_Status_Text__c="<p>all is well</p>")
    assert [c.theirs for c in world.plan().conflicts] == ["<p>all is well</p>"]
