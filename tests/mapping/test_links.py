from __future__ import annotations

import pytest

from mapping import links
from mapping.model import Reference, ReferenceKind
from mapping.values import salesforce_id

ALL = frozenset(ReferenceKind)
ISSUE, VERSION, ROW = ReferenceKind.JIRA_ISSUE, ReferenceKind.JIRA_VERSION, ReferenceKind.SALESFORCE_RECORD


def test_long_ids_by_checksum():
    # Pairs as published in Salesforce's own documentation and by its users.
    assert salesforce_id("0015800000I0y9g") == "0015800000I0y9gAAB"
    assert salesforce_id("0015800000I0y9gAAB") == "0015800000I0y9gAAB"
    assert salesforce_id("0015800000i0y9gaab") == "0015800000I0y9gAAB"
    assert salesforce_id("0015800000I0y9gAAC") is None
    assert salesforce_id("0015800000i0Y9gAAB") is None  # neither right nor evenly folded: some other id
    assert salesforce_id("0015800000I0y9") is None
    assert salesforce_id("0015800000I0y9-") is None


@pytest.mark.parametrize(
    ("url", "kind", "value", "host"),
    [
        ("https://jira.example/browse/NIM-1", ISSUE, "NIM-1", "jira.example"),
        ("https://JIRA.example:443/ctx/browse/nim-1?focusedId=3", ISSUE, "NIM-1", "jira.example"),
        ("http://127.0.0.1:8081/browse/NIM-1", ISSUE, "NIM-1", "127.0.0.1:8081"),
        ("https://jira.example/projects/NIM/issues/NIM-1?filter=all", ISSUE, "NIM-1", "jira.example"),
        (
            "https://jira.example/jira/software/projects/NIM/boards/1?selectedIssue=NIM-4",
            ISSUE,
            "NIM-4",
            "jira.example",
        ),
        ("https://jira.example/projects/NIM/versions/77", VERSION, "77", "jira.example"),
        ("https://jira.example/browse/NIM/fixforversion/77/", VERSION, "77", "jira.example"),
        ("https://sf.example/lightning/r/Account/0015800000I0y9g/view", ROW, "0015800000I0y9gAAB", "sf.example"),
        ("https://sf.example/one/one.app#/sObject/0015800000I0y9g/view", ROW, "0015800000I0y9gAAB", "sf.example"),
        ("https://sf.example/0015800000I0y9gAAB", ROW, "0015800000I0y9gAAB", "sf.example"),
    ],
)
def test_urls(url, kind, value, host):
    assert links.url_reference(url, "f") == Reference(kind=kind, value=value, host=host, field="f", text=url)


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
    ],
)
def test_urls_that_are_no_references(url):
    assert links.url_reference(url, "f") is None


def test_free_text_holds_bare_keys_and_urls_each_once():
    text = (
        "NIM-1 blocks (NIM-2), see https://jira.example/browse/NIM-3. NIM-1! nim-4 X-1 A_B2-5 v1-NIM-6 NIM-7-8 NIM-9.5"
    )
    found = [(r.value, r.host) for r in links.find(text, "f", ALL)]
    assert found == [("NIM-3", "jira.example"), ("NIM-1", None), ("NIM-2", None), ("A_B2-5", None)]


def test_only_the_kinds_asked_for():
    text = "NIM-1 https://jira.example/browse/NIM-3 https://sf.example/0015800000I0y9gAAB"
    assert [r.kind for r in links.find(text, "f", {ROW})] == [ROW]


def test_document_trees_keep_words_of_different_blocks_apart():
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "NIM-"}, {"type": "text", "text": "1"}]}
    document = {"type": "doc", "content": [paragraph, paragraph, {"type": "text", "text": "2"}]}
    assert links.content(document) == ("\nNIM-1\n\nNIM-1\n2", ())
    assert [r.value for r in links.find(document, "f", ALL)] == ["NIM-1"]


def test_odd_documents_hold_nothing_and_deep_ones_do_not_break():
    deep: dict[str, object] = {"type": "text", "text": "NIM-1"}
    for _ in range(5000):
        deep = {"type": "listItem", "content": [deep]}
    assert [r.value for r in links.find(deep, "f", ALL)] == ["NIM-1"]
    assert links.content({"type": "doc", "content": "x", "marks": 3, "attrs": []}) == ("x", ())
    assert links.content(12) == ("", ())


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (" nim-12 ", "NIM-12"),
        ("https://jira.example/browse/NIM-12", "NIM-12"),
        ("[NIM-12|https://jira.example/browse/NIM-12]", "NIM-12"),
        ("NIM-12, NIM-13", None),
        ("https://jira.example/browse/NIM-12 https://jira.example/browse/NIM-13", None),
        ("", None),
    ],
)
def test_a_field_that_holds_one_reference(raw, value):
    found = links.read_one(raw, "f", {ISSUE})
    assert (found and found.value) == value


def reference(value: str, host: str | None, kind: ReferenceKind = ISSUE) -> Reference:
    return Reference(kind=kind, value=value, host=host, field="f", text=value)


def test_a_url_resolves_by_host_and_a_bare_key_by_project():
    jira = frozenset({ISSUE, VERSION})
    sites = (
        links.Site(connection="a", kinds=jira, hosts=frozenset({"a.example"}), places=frozenset({"NIM"})),
        links.Site(connection="b", kinds=jira, hosts=frozenset({"b.example"}), places=frozenset({"NIM", "ORB"})),
        links.Site(connection="sf", kinds=frozenset({ROW}), hosts=frozenset({"a.example"})),
    )
    assert links.resolve(reference("NIM-1", "b.example"), sites) == ("b",)
    assert links.resolve(reference("ORB-1", None), sites) == ("b",)
    assert links.resolve(reference("NIM-1", None), sites) == ("a", "b")  # ambiguous, and said so
    assert links.resolve(reference("UTF-8", None), sites) == ()
    assert links.resolve(reference("NIM-1", "elsewhere.example"), sites) == ()
    assert links.resolve(reference("77", None, VERSION), sites) == ()


def test_sites_know_all_their_hosts():
    (site,) = links.sites_of({"a": ["https://A.example/", "https://gate.example:8443/x"]}, {"a": [ISSUE]})
    assert site.hosts == {"a.example", "gate.example:8443"}
