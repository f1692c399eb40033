"""What people wrote: the text of it, and the addresses in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from mapping.rich import is_html, lines_of

# A URL ends at white space, at the brackets and bars of wiki markup, and at quotes and angle brackets of HTML. Markup
# characters may be escaped with a backslash, where a tool turned a document into wiki markup.
_AFTER_SCHEME = re.compile(r"(?:\\[_*+~-]|[^\s|\[\]<>\"'{}\\^`])+")
_SCHEMES = ("http", "https")
# An address in its commonest form, of which nothing is to be put right but the case of its host.
_PLAIN_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)((?:/[^?#\s]*)?(?:\?[^#\s]+)?(?:#\S+)?)", re.ASCII)
_TRAILING = ".,;:!?*_~)"  # punctuation of the sentence or of markup around a URL, not part of it
_BLOCKS = frozenset(  # nodes of the document format that stand on lines of their own
    {"paragraph", "heading", "listItem", "tableCell", "tableHeader", "tableRow", "codeBlock", "blockquote", "panel"}
    | {"taskItem", "decisionItem", "expand", "rule", "hardBreak", "mediaSingle"}
)
_UNSEEN = frozenset(
    {"Cc", "Cf", "Cs"}
)  # controls; format characters: bidi overrides, zero-width ones, tags; surrogates
_BREAKS = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\x85": "\n"})
_ESCAPED = re.compile(r"\\(?=[^\w\s])")
_LISTED = re.compile(r"^[-*•] ")
_PORTS = {"https": 443, "http": 80}


def content(raw: Any) -> tuple[str, tuple[str, ...]]:
    """The text of what people wrote, and all URLs in it, each once in the order of appearance.

    Args:
        raw: Plain text, wiki markup or Markdown; a tree of a document format (nodes with ``type``, ``text``,
            ``content``, ``marks``); or a list of these. Anything else holds no text.
    """
    if isinstance(raw, str):
        return raw, tuple(urls_in(raw)) if "://" in raw else ()
    if not isinstance(raw, (dict, list)):
        return "", ()
    pieces: list[str] = []
    urls: dict[str, None] = {}
    stack: list[Any] = [raw]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, list):
            stack.extend(reversed(node if node is not raw else [part for each in node for part in (each, "\n")]))
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
    return text, tuple(dict.fromkeys((*urls_in(text), *urls)))


def _addresses(node: dict[str, Any]) -> Iterator[str]:
    marks = node.get("marks")
    holders = [node, *(m for m in marks if isinstance(m, dict))] if isinstance(marks, list) else [node]
    for holder in holders:
        attrs = holder.get("attrs")
        if isinstance(attrs, dict):
            yield from (attrs[k] for k in ("href", "url") if isinstance(attrs.get(k), str))


def neutral(text: str) -> str:
    """``text`` without anything that a reader does not see: what hides, reorders or controls is taken out.

    Line ends become plain ones; tabs stay.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BREAKS)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


def lines_as_read(text: str) -> tuple[str, ...]:
    """The lines of a text as a person reads them, whatever a tool made of its form.

    A tool that turns wiki text into a document gives it back with other marks before the points of a list, other empty
    lines, and a backslash before signs that would act: none of that is seen, nor are the tags of a text that is HTML.
    """
    text = "\n".join(lines_of(text)) if is_html(text) else text
    lines = (line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return tuple(_LISTED.sub("- ", _ESCAPED.sub("", line)) for line in lines if line)


def urls_in(text: str) -> Iterator[str]:
    """The URLs of a text, each once."""
    yield from dict.fromkeys(text[start:end].replace("\\", "").rstrip(_TRAILING) for start, end in _spans(text))


def without_urls(text: str) -> str:
    """A text with a blank in the place of each URL, with the punctuation that follows it."""
    pieces, done = [], 0
    for start, end in _spans(text):
        pieces.append(text[done:start])
        done = end
    pieces.append(text[done:])
    return " ".join(pieces)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the URLs of a text begin and end: looked for by what is rare in a text, and so found fast."""
    done, at = 0, text.find("://")
    while at >= 0:
        start = next((at - len(s) for s in _SCHEMES if text[max(at - len(s), done) : at].casefold() == s), -1)
        match = _AFTER_SCHEME.match(text, at + 3) if start >= 0 else None
        if match is not None:
            done = match.end()
            yield start, done
        at = text.find("://", max(done, at + 3))


def host_of(url: str) -> str:
    """Host of a URL in small letters, with its port unless that is the scheme's default; empty when there is none."""
    return address(url)[0]


def address(url: str) -> tuple[str, str]:
    """A URL as (host as ``host_of``; path, query and fragment); two empty texts when it has no host."""
    plain = _PLAIN_ADDRESS.fullmatch(url)
    if plain is not None:
        return plain[1].lower(), plain[2]
    parts = _split(url)
    if parts is None:
        return "", ""
    port = "" if parts.port is None or parts.port == _PORTS.get(parts.scheme) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.hostname}{port}", f"{parts.path}{query}{fragment}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # refuses a port that is no number
    except ValueError:
        return None
    return parts if parts.hostname else None
