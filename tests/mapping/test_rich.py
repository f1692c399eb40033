"""Our prose in fields that a tool reads as HTML: legible there, and told again from what the tool gives back."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from connectors.core.registry import load_connectors
from mapping import outbound
from mapping.prose import lines_as_read
from mapping.rich import is_html, lines_of, to_html

SAID = "AMBER as of 2026-11-24 10:00 UTC\n- SI-03 has no work & is <late>\n- and 2 more\nSources: oldest of 6"
HTML = (
    "<p>AMBER as of 2026-11-24 10:00 UTC</p><ul><li>SI-03 has no work &amp; is &lt;late&gt;</li>"
    "<li>and 2 more</li></ul><p>Sources: oldest of 6</p>"
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "- "]), st.from_regex(r"[A-Za-z<>&;#\"'/0-9]{1,9}( [a-z<>&-]{1,9}){0,3}", fullmatch=True)
    ),
    min_size=1,
    max_size=6,
).map(lambda pairs: [mark + text for mark, text in pairs])
TEXT = "Syncline_Status_Text__c"


def test_lines_become_paragraphs_and_lists() -> None:
    assert to_html(SAID) == HTML
    assert lines_of(HTML) == SAID.split("\n")


@given(LINES)
def test_html_says_the_same_lines_and_stays_as_it_is(lines) -> None:
    made = to_html("\n".join(lines))
    assert is_html(made)
    assert lines_of(made) == lines
    assert to_html(made) == made


@pytest.mark.parametrize(
    "given_back",
    [
        HTML.replace("<p>", '<p style="x: 1">').replace("</p>", "</p>\n"),
        HTML.replace("<ul><li>", "<div><br>- ").replace("</li><li>", "<br/>- ").replace("</li></ul>", "</div>"),
        HTML.replace("SI-03", "<b>SI&#45;03</b>").replace(" ", "&nbsp;", 3),
    ],
)
def test_what_a_tool_makes_of_the_tags_is_not_seen(given_back: str) -> None:
    assert lines_as_read(given_back) == lines_as_read(SAID)
    assert lines_as_read(given_back.replace("2 more", "3 more")) != lines_as_read(SAID)


@pytest.mark.parametrize("text", ["a < b\nc > d", "<late> by 3 days", "- <p>", "x <p>y</p>", ""])
def test_a_text_with_such_signs_is_no_html(text: str) -> None:
    assert not is_html(text)


def test_hostile_tags_take_no_time() -> None:
    began = time.monotonic()
    for piece in ("<", "<p", "&#", "<a <", "<p>"):
        lines_of("<p>" + piece * 60_000 + ">")
    assert time.monotonic() - began < 2


@pytest.fixture
def rich(salesforce_catalog):
    """The org keeps the status text in a rich text area."""
    fields = (
        replace(f, rich=f.id == TEXT, max_length=120 if f.id == TEXT else None) for f in salesforce_catalog.fields
    )
    return replace(salesforce_catalog, fields=tuple(fields))


def test_a_text_is_written_as_html_where_the_tool_reads_html(salesforce, salesforce_catalog, rich) -> None:
    rule, inert = salesforce.out("engagement.status"), load_connectors(plugins=()).specs["salesforce"].inert
    short = "RED as of 2026-11-24 10:00 UTC\n- <b>late</b>"
    written = outbound.values(rule, {"text": short}, rich, inert=inert)
    title = "\uff1cb\uff1elate\uff1c/b\uff1e"  # a title is no mark-up
    assert written == {TEXT: f"<p>RED as of 2026-11-24 10:00 UTC</p><ul><li>{title}</li></ul>"}
    assert outbound.values(rule, {"text": short}, salesforce_catalog, inert=inert) == {TEXT: short}
    assert outbound.values(rule, {"text": written[TEXT]}, rich, inert=inert) == written
    assert outbound.same(rule, TEXT, written[TEXT], f"RED as of 2026-11-24 10:00 UTC\n- {title}")


def test_a_text_that_is_cut_keeps_its_tags_whole(salesforce, rich) -> None:
    (html,) = outbound.values(salesforce.out("engagement.status"), {"text": SAID}, rich).values()
    assert len(html) <= 120
    assert html.startswith("<p>AMBER as of 2026-11-24 10:00 UTC</p><ul><li>SI-03 has no work &amp;")
    assert html.endswith("…</li></ul>")
