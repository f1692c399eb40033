"""A title that somebody wrote in one tool does nothing in another: how each connector keeps texts from acting."""

# ruff: noqa: RUF001 - characters that look alike are what is written

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, strategies as st

from connectors.core.port import FieldInfo, FieldType
from connectors.core.registry import load_connectors
from connectors.github.blocks import Block, body_of

SPECS = load_connectors().specs
WIKI = FieldInfo(stream="issues", name="Description", id="description", type=FieldType.LONG_TEXT)
WIKI_LINE = FieldInfo(stream="issues", name="Note", id="customfield_1", type=FieldType.TEXT)
SUMMARY = FieldInfo(stream="issues", name="Summary", id="summary", type=FieldType.TEXT)
PROJECT = FieldInfo(stream="issues", name="Syncline status text", id="F_1", type=FieldType.TEXT)
BLOCK = FieldInfo(stream="blueprints", name="text", id="text", type=FieldType.LONG_TEXT)
PLAIN = FieldInfo(stream="risks", name="Description", id="Description__c", type=FieldType.LONG_TEXT)
RICH = FieldInfo(stream="risks", name="Description", id="Description__c", type=FieldType.LONG_TEXT, rich=True)

NASTY = [
    ("jira", WIKI, "Ask [~accountid:5b10a2844c20165700ede21g] now", "Ask ［~accountid:5b10a2844c20165700ede21g］ now"),
    ("jira", WIKI, "Ask [~admin]", "Ask ［~admin］"),
    ("jira", WIKI, "{code}rm -rf{code} {color:red}x", "｛code｝rm -rf｛code｝ ｛color:red｝x"),
    ("jira", WIKI, "see [here|https://evil.example/x]", "see ［here｜https：//evil.example/x］"),
    ("jira", WIKI, "!logo.png! and !https://evil.example/p.gif|width=1!", None),
    ("jira", WIKI, "Done! Really!", "Done! Really!"),
    ("jira", WIKI, "!!now!!", None),
    ("jira", WIKI, "mailto:a@b.example", "mailto：a@b.example"),
    ("jira", WIKI, "[^secret.txt] [#anchor]", "［^secret.txt］ ［#anchor］"),
    ("jira", WIKI, r"C:\\share \[x]", "C:＼＼share ＼［x］"),
    ("jira", WIKI, "h1. Big", "h1． Big"),
    ("jira", WIKI, "bq. quoted", "bq． quoted"),
    ("jira", WIKI, "* point\n# second\n----\n||a||b||", "＊ point\n＃ second\n－－--\n｜｜a｜｜b｜｜"),
    ("jira", WIKI, "- a name\n- another", "- a name\n- another"),
    ("jira", WIKI, "a *bold* _it_ -out- ??who??", "a ＊bold* ＿it_ －out- ？？who??"),
    ("jira", WIKI, "snake_case 5*3*2 a-b-c 2026-11-24", "snake_case 5*3*2 a-b-c 2026-11-24"),
    ("jira", WIKI, "(x) (!) :) (see below)", "（x) （!) ：) (see below)"),
    ("jira", WIKI, "now -- or never --- ever", "now \N{EN DASH} or never \N{EM DASH} ever"),
    ("jira", WIKI_LINE, "[~admin]", "［~admin］"),
    ("jira", SUMMARY, "[~admin] {code} !x!", "[~admin] {code} !x!"),
    ("github", PROJECT, "@octocat fixes #12, closes o/r#3 and GH-4", "＠octocat fixes ＃12, closes o/r＃3 and GH－4"),
    ("github", PROJECT, "<img src=x> https://github.com/o/r/issues/1", "＜img src=x> https：//github.com/o/r/issues/1"),
    ("github", PROJECT, "C# and a @ b", "C# and a @ b"),
    ("launchpad", BLOCK, "LP: #1234, #5 and lp:~me/x", "LP： #1234, #5 and lp：~me/x"),
    ("launchpad", BLOCK, "bug 12, Bug #13, bug-14, bug15, FAQ #3", "bug: 12, Bug: #13, bug: 14, bug: 15, FAQ: #3"),
    ("launchpad", BLOCK, "bug no. 7 at http://evil.example", "bug: no. 7 at http：//evil.example"),
    ("launchpad", BLOCK, "- a bug\n- 3 more debugging", "- a bug\n- 3 more debugging"),
    ("launchpad", BLOCK, "OOPS-123abc", "OOPS \N{EN DASH}123abc"),
    ("salesforce", PLAIN, "<b>a & b</b> @user", "<b>a & b</b> @user"),
    ("salesforce", RICH, "<img src=x onerror=alert(1)> &lt;", "＜img src=x onerror=alert(1)＞ ＆lt;"),
]

ACTS = {
    "jira": re.compile(r"\[|\{|\\|!\S[^!\n]*!|\b(?:https?|mailto|file|ftp):\S"),
    "github": re.compile(r"@\w|#\d|\bgh-\d|https?:\S", re.IGNORECASE),
    "launchpad": re.compile(
        r"\b(?:https?|mailto|apt):\S|\blp:\s*\S|\bbug[ \t=-]*(?:#|report|number|num\.?|no\.?)?[ \t=-]*\d", re.IGNORECASE
    ),
    "salesforce": re.compile(r"[<>&]"),
}
"""What each tool would act on, said independently of the connector's own patterns."""
FIELD = {"jira": WIKI, "github": PROJECT, "launchpad": BLOCK, "salesforce": RICH}
PIECES = ["[~", "]", "{", "}", "!", "\\", "*", "_", "-", "#", "@", "bug", "lp:", "https://", "GH-", "1", "x", " ", "\n"]


@pytest.mark.parametrize(("kind", "field", "title", "written"), NASTY)
def test_a_title_is_kept_from_acting_and_stays_readable(kind, field, title, written):
    found = SPECS[kind].inert(field, title)
    if written is not None:
        assert found == written
    if FIELD[kind] == field:
        assert not ACTS[kind].search(found), found
    assert re.sub(r"\W", "", unicodedata.normalize("NFKC", found)) == re.sub(r"\W", "", title)


@pytest.mark.parametrize("kind", sorted(ACTS))
@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_a_title_is_made_of_nothing_acts_and_what_was_written_stays(kind, text):
    found = SPECS[kind].inert(FIELD[kind], text)
    assert not ACTS[kind].search(found), (text, found)
    assert SPECS[kind].inert(FIELD[kind], found) == found


@pytest.mark.parametrize("kind", sorted(SPECS))
@pytest.mark.parametrize(
    "text",
    [
        "GREEN as of 2026-11-24 09:00 UTC\n- 2 late: NIM-7 Core rack\nSources: oldest of 3 read 2026-11-24 08:59 UTC",
        "R-0123456789 high open Late: SF-1 Image publishing",
        "syncline-orphan-work",
        "No open risks",
    ],
)
def test_our_own_words_are_written_as_they_are(kind, text):
    for field in (WIKI, SUMMARY, PROJECT, BLOCK, PLAIN, RICH):
        assert SPECS[kind].inert(field, text) == text


@pytest.mark.parametrize("title", ["```\n@octocat fixes #1\n```", "~~~ @octocat", "--> <!-- @octocat", "````text"])
def test_the_managed_comment_keeps_all_of_a_title_inside_its_fence(title):
    first, fence, *lines = body_of(Block(external_id="syncline:engagement:A", text=title, marker=None)).split("\n")
    assert first == "<!-- syncline:block=syncline:engagement:A -->"
    ticks = fence.removesuffix("text")
    assert fence == f"{ticks}text"
    assert set(ticks) == {"`"}
    assert lines[-1] == ticks
    assert "\n".join(lines[:-1]) == title
    assert not any(line.strip().startswith(ticks) for line in lines[:-1])
