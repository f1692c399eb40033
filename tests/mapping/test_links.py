from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from mapping.links import Finder, Standing, meant, names_of
from mapping.model import Reference, ReferenceKind
from mapping.prose import address, content, host_of, urls_in, without_urls
from mapping.spellings import spellings_of
from mapping.values import checked_id

WORK, MILESTONE, ROW = ReferenceKind.WORK, ReferenceKind.MILESTONE, ReferenceKind.RECORD
ANYWHERE = Standing(owner="")
REPOSITORY = Standing(owner="github", place="example/images", host="github.example")


@pytest.fixture
def finder(jira):
    return Finder(jira.spellings)


@pytest.fixture
def only(jira):
    def only(*kinds):
        return Finder(jira.spellings, kinds)

    return only


def test_a_short_id_gets_its_checksum_and_a_folded_one_its_case():
    assert checked_id("0015800000I0y9g") == "0015800000I0y9gAAB"
    assert checked_id("0015800000I0y9gAAB") == "0015800000I0y9gAAB"
    assert checked_id("0015800000i0y9gaab") == "0015800000I0y9gAAB"
    assert checked_id("0015800000I0y9gAAC") is None
    assert checked_id("0015800000i0Y9gAAB") is None  # neither right nor evenly folded: some other id
    assert checked_id("0015800000I0y9") is None
    assert checked_id("0015800000I0y9-") is None


@pytest.mark.parametrize(
    ("url", "kind", "value", "host"),
    [
        ("https://jira.example/browse/NIM-1", WORK, "NIM-1", "jira.example"),
        ("https://JIRA.example:443/ctx/browse/nim-1?focusedId=3", WORK, "NIM-1", "jira.example"),
        ("http://127.0.0.1:8081/browse/NIM-1", WORK, "NIM-1", "127.0.0.1:8081"),
        ("https://jira.example/projects/NIM/issues/NIM-1?filter=all", WORK, "NIM-1", "jira.example"),
        ("https://jira.example/jira/projects/NIM/boards/1?selectedIssue=NIM-4", WORK, "NIM-4", "jira.example"),
        ("https://jira.example/projects/NIM/versions/77", MILESTONE, "77", "jira.example"),
        ("https://jira.example/browse/NIM/fixforversion/77/", MILESTONE, "77", "jira.example"),
        ("https://sf.example/lightning/r/Account/0015800000I0y9g/view", ROW, "0015800000I0y9gAAB", "sf.example"),
        ("https://sf.example/one/one.app#/sObject/0015800000I0y9g/view", ROW, "0015800000I0y9gAAB", "sf.example"),
        ("https://sf.example/0015800000I0y9gAAB", ROW, "0015800000I0y9gAAB", "sf.example"),
        ("https://github.example/Example/images/issues/12#issuecomment-5", WORK, "Example/images#12", "github.example"),
        ("https://github.example/example/images/pull/12/files", WORK, "example/images#12", "github.example"),
        ("https://github.example/example/images/milestone/3", MILESTONE, "example/images 3", "github.example"),
        ("https://bugs.lp.example/nimbus/+bug/12", WORK, "LP: #12 (nimbus)", "lp.example"),
        (
            "https://bugs.lp.example/nimbus/+source/linux/+bug/12/+index",
            WORK,
            "LP: #12 (nimbus/+source/linux)",
            "lp.example",
        ),
        ("https://bugs.lp.example/bugs/12", WORK, "LP: #12", "lp.example"),
        ("https://lp.example/bugs/12", WORK, "LP: #12", "lp.example"),
        ("https://lp.example/+bug/12", WORK, "LP: #12", "lp.example"),
        ("https://blueprints.lp.example/nimbus/+spec/fast-boot", WORK, "nimbus/fast-boot", "lp.example"),
        ("https://lp.example/nimbus/+milestone/1.0", MILESTONE, "nimbus/1.0", "lp.example"),
    ],
)
def test_urls(finder, url, kind, value, host):
    assert list(finder.of_url(url, "f")) == [Reference(kind=kind, value=value, host=host, field="f", text=url)]


@pytest.mark.parametrize(
    "url",
    [
        "https://jira.example/browse/NIM-12abc",
        "https://jira.example/browse/NIM-0",
        "https://jira.example/projects/NIM",
        "https://sf.example/lightning/o/Account/list",
        "https://sf.example/internationaliz",
        "https://sf.example:port/0015800000I0y9gAAB",
        "https://[bad/browse/NIM-1",
        "https:///browse/NIM-1",
        "https://github.example/example/images/issues/0",
        "https://github.example/example/images/issues/new",
        "https://github.example/example/images/milestones",
        "https://bugs.lp.example/nimbus/+bug/12x",
        "https://bugs.lp.example/nimbus/+bugs",
    ],
)
def test_urls_that_are_no_references(finder, url):
    assert list(finder.of_url(url, "f")) == []


def test_free_text_holds_bare_keys_and_urls_each_once(finder):
    text = (
        "NIM-1 blocks (NIM-2), see https://jira.example/browse/NIM-3. NIM-1! nim-4 X-1 A_B2-5 v1-NIM-6 NIM-7-8 NIM-9.5"
    )
    found = [(r.value, r.host) for r in finder.in_text(finder.read(text), "f", ANYWHERE)]
    assert found == [("NIM-3", "jira.example"), ("NIM-1", None), ("NIM-2", None), ("A_B2-5", None)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("LP: #12, LP:13, LP #14 and LP: 15", ["LP: #12", "LP: #13", "LP: #14", "LP: #15"]),
        ("HELP: #12, LP 13, LP:x, LP: #0, LP: #12a", []),
        ("fixes example/images#12 (not a/b/c#13, nor #14)", ["example/images#12"]),
        ("closes #12", []),
    ],
)
def test_bare_spellings_of_each_tool(finder, text, values):
    assert [r.value for r in finder.in_text(finder.read(text), "f", ANYWHERE)] == values


def test_a_local_spelling_means_the_records_own_place_and_host(finder):
    found = finder.in_text(finder.read("closes #12), GH-13; other/it#14 &#39; x#15"), "f", REPOSITORY)
    here = [(r.value, r.host) for r in found if r.host]
    assert here == [("example/images#12", "github.example"), ("example/images#13", "github.example")]
    assert [r.value for r in found if r.host is None] == ["GH-13", "other/it#14"]


def test_only_the_kinds_asked_for(only):
    text = "NIM-1 https://jira.example/browse/NIM-3 https://sf.example/0015800000I0y9gAAB"
    assert [r.kind for r in only(ROW).in_text(only(ROW).read(text), "f", ANYWHERE)] == [ROW]


def test_document_trees_keep_words_of_different_blocks_apart(finder):
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "NIM-"}, {"type": "text", "text": "1"}]}
    document = {"type": "doc", "content": [paragraph, paragraph, {"type": "text", "text": "2"}]}
    assert content(document) == ("\nNIM-1\n\nNIM-1\n2", ())
    assert [r.value for r in finder.in_text(finder.read(document), "f", ANYWHERE)] == ["NIM-1"]


def test_a_list_of_texts_is_read_text_by_text(finder):
    watches = ["https://jira.example/browse/NIM-1", "https://github.example/example/images/issues/2", "NIM-", "3"]
    found = finder.in_text(finder.read(watches), "watches", ANYWHERE)
    assert [r.value for r in found] == ["NIM-1", "example/images#2"]


def test_odd_documents_hold_nothing_and_deep_ones_do_not_break(finder):
    deep: dict[str, object] = {"type": "text", "text": "NIM-1"}
    for _ in range(5000):
        deep = {"type": "listItem", "content": [deep]}
    assert [r.value for r in finder.in_text(finder.read(deep), "f", ANYWHERE)] == ["NIM-1"]
    assert content({"type": "doc", "content": "x", "marks": 3, "attrs": []}) == ("x", ())
    assert content(12) == ("", ())


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (" nim-12 ", "NIM-12"),
        ("https://jira.example/browse/NIM-12", "NIM-12"),
        ("[NIM-12|https://jira.example/browse/NIM-12]", "NIM-12"),
        ("example/images#3", "example/images#3"),
        ("lp: #4", "LP: #4"),
        ("NIM-12, NIM-13", None),
        ("https://jira.example/browse/NIM-12 https://jira.example/browse/NIM-13", None),
        ("", None),
    ],
)
def test_a_field_that_holds_one_reference(only, raw, value):
    found = only(WORK).whole(raw, "f", ANYWHERE)
    assert (found and found.value) == value


def reference(value: str, host: str | None) -> Reference:
    return Reference(kind=WORK, value=value, host=host, field="f", text=value)


def test_a_record_is_meant_by_its_names_and_by_the_host_of_its_address(launchpad, lp_task):
    task = lp_task(launchpad, url="https://bugs.lp.example/nimbus/+bug/12")
    assert (task.key, task.host) == ("LP: #12 (nimbus)", "lp.example")
    assert names_of(task) == {"lp: #12 (nimbus)", "lp: #12"}
    for value, host, found in [
        ("LP: #12", None, True),
        ("lp: #12 (NIMBUS)", "lp.example", True),
        ("LP: #12", "other.example", False),
        ("LP: #12 (other)", "lp.example", False),
    ]:
        assert bool(list(meant(reference(value, host), [task]))) is found


def test_hosts_are_compared_without_their_default_port():
    assert host_of("https://A.example:443/x") == "a.example"
    assert host_of("https://a.example:8443/x") == "a.example:8443"
    assert host_of("nothing") == ""


URL_AS_A_PATTERN = re.compile(r"https?://(?:\\[_*+~-]|[^\s|\[\]<>\"'{}\\^`])+", re.IGNORECASE)
PIECES = [
    "http",
    "https",
    "HTTP",
    "s",
    "://",
    ":",
    "/",
    "a",
    "\u017f",
    " ",
    "\\_",
    "\\",
    "?",
    "#",
    "x.Y",
    "]",
    ".",
    "\n",
    "@",
    "8:80",
]
BITS = st.lists(st.sampled_from([*PIECES, "%", "é", "\u2028"]), max_size=14).map("".join)


@given(BITS)
def test_urls_are_those_that_a_search_by_pattern_would_find(text):
    found = [m.group().replace("\\", "").rstrip(".,;:!?*_~)") for m in URL_AS_A_PATTERN.finditer(text)]
    assert list(urls_in(text)) == list(dict.fromkeys(found))
    assert without_urls(text) == URL_AS_A_PATTERN.sub(" ", text)


@given(BITS, st.sampled_from(["http://", "https://", "", "ftp://"]))
def test_an_address_is_what_a_url_parser_says(rest, scheme):
    url = scheme + rest
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        assert address(url) == ("", "")
        return
    if not parts.hostname:
        assert address(url) == ("", "")
        return
    usual = port is None or port == {"https": 443, "http": 80}.get(parts.scheme)
    query, fragment = parts.query and f"?{parts.query}", parts.fragment and f"#{parts.fragment}"
    host = parts.hostname if usual else f"{parts.hostname}:{port}"
    assert address(url) == (host, f"{parts.path}{query}{fragment}")


@pytest.mark.parametrize(
    ("holds", "word"),
    [
        ("#[1-9]", "#"),
        ("LP", "LP"),
        ("GH-", "GH-"),
        ("ab?c", "a"),
        ("ab{0}c", "a"),
        ("ab+", "ab"),
        ("a|b", ""),
        (r"\w", ""),
    ],
)
def test_a_text_is_searched_where_holds_finds_something(holds, word):
    table = f"[references.x]\nto = 'work'\nvalue = '{{n}}'\ntexts = ['(?P<n>c+)']\nholds = '{holds}'\n"
    (spelling,) = spellings_of("any", table)
    assert spelling.beginning == word
    for text in ("", "#1", "#", "LP", "GH-", "a", "ac", "abc", "abbb", "b", "xyz"):
        assert spelling.may_be_in(text) == (re.search(holds, text) is not None)
