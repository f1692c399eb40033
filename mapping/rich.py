"""Our own prose as HTML for the fields that a tool reads as such, and HTML as the lines that a person reads."""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import groupby

_OPENS = re.compile(r"\s*<(?:p|ul|ol|div|h[1-6])(?:\s[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_BREAKS = frozenset(
    {"p", "div", "br", "ul", "ol", "li", "table", "tr", "pre", "blockquote", *(f"h{n}" for n in range(1, 7))}
)
_POINT = "- "


def is_html(text: str) -> bool:
    """Whether a text is HTML from its beginning to its end: it opens a block, and ends with a tag."""
    return text.rstrip().endswith(">") and _OPENS.match(text) is not None


def to_html(text: str) -> str:
    """Lines as HTML: those that begin with a hyphen and a blank as the points of a list, others as paragraphs.

    Empty lines are left out. ``lines_of`` gives the same lines back; HTML of its own stays as it is.
    """
    lines = lines_of(text) if is_html(text) else text.split("\n")
    kept = [line.strip() for line in lines if line.strip()]
    made = []
    for listed, several in groupby(kept, key=lambda line: line.startswith(_POINT)):
        if listed:
            points = "".join(f"<li>{escape(line[len(_POINT) :].strip(), quote=False)}</li>" for line in several)
            made.append(f"<ul>{points}</ul>")
        else:
            made += [f"<p>{escape(line, quote=False)}</p>" for line in several]
    return "".join(made)


def lines_of(text: str) -> list[str]:
    """The lines of HTML as a person reads them: a line for each block, a hyphen before each point of a list.

    Takes time in proportion to the text, whatever it holds. What is no tag stays as it is written.
    """
    flat = _TAG.sub(_break, " ".join(text.split()))
    lines = (" ".join(unescape(line).split()) for line in flat.split("\n"))
    return [line for line in lines if line and line != _POINT.strip()]


def _break(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name not in _BREAKS:
        return ""
    return f"\n{_POINT}" if name == "li" and not tag[1] else "\n"
