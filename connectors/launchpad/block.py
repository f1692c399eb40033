"""Finds, puts and removes one delimited block in a long text; what lies around it stays as it is, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.core.port import Json

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
_EDGE = re.compile(
    r"^--- (?P<kind>begin|end) (?P<name>\S+)(?: (?:\(.*\)|(?P<marker>\{.*\})))? ---[ \t]*\r?$", re.MULTILINE
)
_HINT = "(kept up to date by syncline; what is written between these lines is lost)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Where a block lies: its lines from ``start`` to ``end``, its text from ``inner`` to ``outer``."""

    name: str
    marker: str
    start: int
    inner: int
    outer: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as it stands.

    Attributes:
        external_id: What it is known by.
        text: Its text, with plain line ends.
        marker: What its last line carries beside the id, or None.
    """

    external_id: str
    text: str
    marker: Mapping[str, Json] | None


def refusal(name: str, text: str) -> str:
    """Why a block cannot be written; empty when it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} cannot name a block: letters, digits and . _ : / @ + - only"
    if _EDGE.search(_plain(text)):
        return "the text holds a line that looks like the edge of a block"
    return ""


def blocks(whole: str | None) -> dict[str, Block]:
    """All blocks by what they are known by, in their order.

    A block that a person copied stands there several times: then its text is all of them one after the other, which is
    none that syncline wrote, so that it is put in order.
    """
    whole = whole or ""
    found: dict[str, Block] = {}
    for span in _spans(whole):
        text = _plain(whole[span.inner : span.outer].removesuffix("\r"))
        before = found.get(span.name)
        found[span.name] = Block(
            external_id=span.name,
            text=text if before is None else f"{before.text}\n{text}",
            marker=_marker(span.marker) if before is None else before.marker,
        )
    return found


def read_block(whole: str | None, name: str) -> str | None:
    """Text of the block ``name``; None: there is none."""
    found = blocks(whole).get(name)
    return None if found is None else found.text


def prose(whole: str | None) -> str | None:
    """What people wrote: the text without any block."""
    for span in reversed(_spans(whole or "")):
        whole = _without(whole or "", span)
    return whole


def put_block(whole: str | None, name: str, text: str, marker: Mapping[str, Json] | None = None) -> str:
    """``whole`` with the block ``name`` holding ``text``: replaced where it stands, else added at the end.

    Copies of the block further down are taken out. A begin without an end is no block: it is left as a person's text.
    """
    whole = whole or ""
    borne = "" if marker is None else f" {json.dumps(dict(marker), sort_keys=True)}"
    lines = f"--- begin {name} {_HINT} ---\n{_plain(text)}\n--- end {name}{borne} ---"
    spans = _spans(whole, name)
    if not spans:
        between = "" if not whole else "\n" if whole.endswith("\n") else "\n\n"
        return f"{whole}{between}{lines}"
    for span in reversed(spans[1:]):
        whole = _without(whole, span)
    first = spans[0]
    return f"{whole[: first.start]}{lines}{whole[first.end :]}"


def remove_block(whole: str | None, name: str) -> str | None:
    """``whole`` without the lines of the block ``name``."""
    for span in reversed(_spans(whole or "", name)):
        whole = _without(whole or "", span)
    return whole


def _spans(whole: str, name: str | None = None) -> list[_Span]:
    """Each begin that is followed by its own end before any other edge: nothing of another block is ever inside."""
    spans: list[_Span] = []
    begin: re.Match[str] | None = None
    for edge in _EDGE.finditer(whole):
        if edge["kind"] == "begin":
            begin = edge
            continue
        if begin is not None and begin["name"] == edge["name"]:
            inner = begin.end() + 1
            spans.append(
                _Span(
                    name=edge["name"],
                    marker=edge["marker"] or "",
                    start=begin.start(),
                    inner=inner,
                    outer=max(inner, edge.start() - 1),
                    end=edge.end() - (1 if edge[0].endswith("\r") else 0),
                )
            )
        begin = None
    return [span for span in spans if name is None or span.name == name]


def _marker(text: str) -> Mapping[str, Json] | None:
    try:
        marker = json.loads(text) if text else None
    except ValueError:
        return None
    return marker if isinstance(marker, dict) else None


def _without(whole: str, span: _Span) -> str:
    rest = whole[span.end :]
    rest = rest.removeprefix("\r").removeprefix("\n")
    return whole[: span.start] + rest


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
