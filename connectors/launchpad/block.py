"""Finds, puts and removes one delimited block in a long text; what lies around it stays as it is, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
_MARKER = re.compile(r"^--- (?P<kind>begin|end) (?P<name>\S+) (?:\(.*\) )?---[ \t]*\r?$", re.MULTILINE)
_HINT = "(kept up to date by syncline; what is written between these lines is lost)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Where a block lies: its lines from ``start`` to ``end``, its text from ``inner`` to ``outer``."""

    start: int
    inner: int
    outer: int
    end: int


def refusal(name: str, text: str) -> str:
    """Why a block cannot be written; empty when it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} cannot name a block: letters, digits and . _ : / @ + - only"
    if _MARKER.search(_plain(text)):
        return "the text holds a line that looks like the edge of a block"
    return ""


def read_block(whole: str | None, name: str) -> str | None:
    """Text of the block ``name``, with plain line ends; None: there is none.

    A block that a person copied stands there several times: then all its texts one after the other, which is none that
    syncline wrote, so that it is put in order.
    """
    spans = _spans(whole or "", name)
    if not spans:
        return None
    return "\n".join(_inner(whole or "", span) for span in spans)


def put_block(whole: str | None, name: str, text: str) -> str:
    """``whole`` with the block ``name`` holding ``text``: replaced where it stands, else added at the end.

    Copies of the block further down are taken out. A begin without an end is no block: it is left as a person's text.
    """
    whole = whole or ""
    lines = f"--- begin {name} {_HINT} ---\n{_plain(text)}\n--- end {name} ---"
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


def _spans(whole: str, name: str) -> list[_Span]:
    """Each begin that is followed by its own end before any other edge: nothing of another block is ever inside."""
    spans: list[_Span] = []
    begin: re.Match[str] | None = None
    for marker in _MARKER.finditer(whole):
        if marker["name"] != name:
            begin = None
        elif marker["kind"] == "begin":
            begin = marker
        elif begin is not None:
            inner = begin.end() + 1
            end = marker.end() - (1 if marker[0].endswith("\r") else 0)
            spans.append(_Span(start=begin.start(), inner=inner, outer=max(inner, marker.start() - 1), end=end))
            begin = None
    return spans


def _inner(whole: str, span: _Span) -> str:
    return _plain(whole[span.inner : span.outer].removesuffix("\r"))


def _without(whole: str, span: _Span) -> str:
    rest = whole[span.end :]
    rest = rest.removeprefix("\r").removeprefix("\n")
    return whole[: span.start] + rest


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
