"""Cross-tool references in what people wrote: found with the very text as evidence, and resolved to a connection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from mapping.model import Reference, ReferenceKind
from mapping.values import salesforce_id

# A URL ends at white space, at the brackets and bars of wiki markup, and at quotes and angle brackets of HTML. Jira
# escapes markup characters with a backslash when it turns its document format into wiki markup.
_URL = re.compile(r"https?://(?:\\[_*+~-]|[^\s|\[\]<>\"'{}\\^`])+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~)"  # punctuation of the sentence or of markup around a URL, not part of it
_KEY = r"[A-Z][A-Z0-9_]+-[1-9][0-9]*"  # Jira's default pattern of issue keys
_BARE_KEY = re.compile(rf"(?<![\w/.-]){_KEY}(?![\w-]|\.\d)")
_ONE_KEY = re.compile(rf"\s*({_KEY})\s*", re.IGNORECASE)
_ISSUE_PATH = re.compile(rf"/(?:browse|issues)/({_KEY})(?=/|$)", re.IGNORECASE)
_SELECTED = re.compile(rf"(?:^|&)selectedIssue=({_KEY})(?:&|$)", re.IGNORECASE)
_VERSION_PATH = re.compile(r"/(?:projects/[^/]+/versions|browse/[^/]+/fixforversion)/([0-9]+)(?=/|$)")
_ID = r"([0-9A-Za-z]{18}|[0-9A-Za-z]{15})"
_LIGHTNING_PATH = re.compile(rf"/(?:lightning/r|sObject)/(?:([A-Za-z][A-Za-z0-9_]*)/)?{_ID}(?:/.*)?$")
_CLASSIC_PATH = re.compile(rf"/{_ID}/?")
_BLOCKS = frozenset(  # nodes of the document format that stand on lines of their own
    {"paragraph", "heading", "listItem", "tableCell", "tableHeader", "tableRow", "codeBlock", "blockquote", "panel"}
    | {"taskItem", "decisionItem", "expand", "rule", "hardBreak", "mediaSingle"}
)
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """A Salesforce record URL.

    Attributes:
        record_id: The record's id, 18 characters.
        object: API name of the object that the URL names, or empty when it names none.
        host: Host (and port, unless it is the default one) of the URL.
        text: The URL as written.
    """

    record_id: str
    object: str
    host: str
    text: str


def content(raw: Any) -> tuple[str, tuple[str, ...]]:
    """The text of what people wrote, and all URLs in it, each once in the order of appearance.

    Args:
        raw: Plain text or wiki markup, or a tree of the Atlassian document format. Anything else holds no text.
    """
    if isinstance(raw, str):
        return raw, tuple(_urls(raw)) if "://" in raw else ()
    if not isinstance(raw, dict):
        return "", ()
    pieces: list[str] = []
    urls: dict[str, None] = {}
    stack: list[Any] = [raw]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            if node.get("type") in _BLOCKS:
                pieces.append("\n")
            if isinstance(node.get("text"), str):
                pieces.append(node["text"])
            for url in _addresses(node):
                urls.setdefault(url)
            if node.get("type") in _BLOCKS:
                stack.append("\n")
            stack.append(node.get("content"))
    text = "".join(pieces)
    return text, tuple(dict.fromkeys((*_urls(text), *urls)))


def _addresses(node: dict[str, Any]) -> Iterator[str]:
    marks = node.get("marks")
    holders = [node, *(m for m in marks if isinstance(m, dict))] if isinstance(marks, list) else [node]
    for holder in holders:
        attrs = holder.get("attrs")
        if isinstance(attrs, dict):
            yield from (attrs[k] for k in ("href", "url") if isinstance(attrs.get(k), str))


def _urls(text: str) -> Iterator[str]:
    seen = set()
    for match in _URL.finditer(text):
        url = match.group().replace("\\", "").rstrip(_TRAILING)
        if url not in seen:
            seen.add(url)
            yield url


def host_of(url: str) -> str:
    """Host of a URL in small letters, with its port unless that is the scheme's default; empty when there is none."""
    parts = _split(url)
    return "" if parts is None else _host(parts)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # refuses a port that is no number
    except ValueError:
        return None
    return parts if parts.hostname else None


def _host(parts: SplitResult) -> str:
    port = "" if parts.port is None or parts.port == _PORTS.get(parts.scheme) else f":{parts.port}"
    return f"{parts.hostname}{port}"


def record_link(url: str) -> RecordLink | None:
    """The Salesforce record that a URL opens: Lightning's form with or without the object, or the classic ``/ID``.

    None when it has neither form, or its id cannot be one. A classic URL of any host is taken when its id has the
    form: whether such a record exists, and on that host, is for the caller to know.
    """
    parts = _split(url)
    if parts is None:
        return None
    match = _LIGHTNING_PATH.search(parts.path) or _LIGHTNING_PATH.search("/" + parts.fragment)
    name, raw = match.groups() if match else ("", "")
    if not match:
        classic = _CLASSIC_PATH.fullmatch(parts.path)
        if classic is None or not any(c.isdigit() for c in classic.group(1)):
            return None
        raw = classic.group(1)
    record_id = salesforce_id(raw)
    if record_id is None:
        return None
    return RecordLink(record_id=record_id, object=name or "", host=_host(parts), text=url)


def url_reference(url: str, field: str) -> Reference | None:
    """The issue, version or Salesforce record that a URL opens, or None."""
    parts = _split(url)
    if parts is None:
        return None
    found: tuple[ReferenceKind, str] | None = None
    if match := _VERSION_PATH.search(parts.path):
        found = ReferenceKind.JIRA_VERSION, match.group(1)
    elif match := _ISSUE_PATH.search(parts.path) or _SELECTED.search(parts.query):
        found = ReferenceKind.JIRA_ISSUE, match.group(1).upper()
    elif link := record_link(url):
        found = ReferenceKind.SALESFORCE_RECORD, link.record_id
    if found is None:
        return None
    return Reference(kind=found[0], value=found[1], host=_host(parts), field=field, text=url)


def find(raw: Any, field: str, kinds: Collection[str]) -> tuple[Reference, ...]:
    """All references in free text, each once. Bare keys count in capitals only; some will be no issue (``UTF-8``).

    Args:
        raw: Plain text, wiki markup or a document tree.
        field: What the field is called, for evidence.
        kinds: Kinds of reference looked for.
    """
    text, urls = content(raw)
    found = [r for u in urls if (r := url_reference(u, field)) is not None]
    if ReferenceKind.JIRA_ISSUE in kinds:
        rest = _URL.sub(" ", text) if urls else text
        found.extend(_bare(m.group(), field) for m in _BARE_KEY.finditer(rest))
    return tuple(dict.fromkeys(r for r in found if r.kind in kinds))


def read_one(raw: str, field: str, kinds: Collection[str]) -> Reference | None:
    """The one reference that a whole field holds: a URL, or an issue key in any case. None: it is neither."""
    if "://" in raw:
        urls = tuple(_urls(raw))
        reference = url_reference(urls[0], field) if len(urls) == 1 else None
    else:
        match = _ONE_KEY.fullmatch(raw)
        reference = _bare(match.group(1).upper(), field) if match else None
    return reference if reference is not None and reference.kind in kinds else None


def _bare(key: str, field: str) -> Reference:
    return Reference(kind=ReferenceKind.JIRA_ISSUE, value=key, host=None, field=field, text=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a connection's records can be opened.

    Attributes:
        connection: Name of the connection.
        kinds: Kinds of reference that its records can be the target of.
        hosts: Hosts as ``host_of`` gives them, of its address and of the addresses that its records show to people.
        places: Partition keys of the places that are read (Jira: project keys).
    """

    connection: str
    kinds: frozenset[ReferenceKind]
    hosts: frozenset[str]
    places: frozenset[str] = frozenset()


def resolve(reference: Reference, sites: Sequence[Site]) -> tuple[str, ...]:
    """Connections in which the reference's target lies or would lie, in the order of ``sites``.

    A URL counts only for connections with its host, a bare key only for those that read its project. More than one: the
    reference is ambiguous, and the caller says so instead of choosing.
    """
    able = [s for s in sites if reference.kind in s.kinds]
    if reference.host is not None:
        return tuple(s.connection for s in able if reference.host in s.hosts)
    project = reference.value.rpartition("-")[0]
    return tuple(s.connection for s in able if project in s.places)


def sites_of(urls: Mapping[str, Collection[str]], kinds: Mapping[str, Collection[ReferenceKind]]) -> tuple[Site, ...]:
    """Sites from the addresses of each connection and the kinds of reference that it can answer; without places."""
    return tuple(
        Site(connection=c, kinds=frozenset(kinds.get(c, ())), hosts=frozenset(h for u in urls[c] if (h := host_of(u))))
        for c in urls
    )
