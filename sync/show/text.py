"""Makes text from tools safe and readable on a terminal."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from rich.text import Text

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, format (bidi overrides), surrogates, line separators
_KEPT = {"\n", "\t", "\u200d"}  # the joiner is part of many emoji

COLOURS = {
    "green": ("●", "green"),
    "amber": ("▲", "yellow"),
    "red": ("■", "bold red"),
    "unknown": ("◌", "magenta"),
    "closed": ("·", "dim"),
    "draft": ("·", "dim"),
}
"""Word -> shape and style: a colour is never told by colour alone (WCAG 1.4.1)."""

_SEVERITIES = {"low": "dim", "medium": "yellow", "high": "red", "critical": "bold red"}


def clean(text: str) -> str:
    """``text`` without anything that could move the cursor, hide or reorder text; untrusted text passes here."""
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _UNSAFE)


def cleaned(text: Text) -> Text:
    """A copy of ``text`` with all that ``clean`` takes away shown as a replacement sign, its styles where they were."""
    safe = text.copy()
    safe.plain = "".join(c if clean(c) else "\ufffd" for c in text.plain)
    return safe


def one_line(text: str, width: int = 200) -> str:
    """``clean(text)`` on one line of at most ``width`` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def light(colour: str) -> Text:
    """A status colour as shape and word."""
    shape, style = COLOURS.get(colour, ("?", ""))
    return Text(f"{shape} {colour.upper()}", style=style)


def severity(word: str) -> Text:
    """A severity in its style."""
    return Text(word, style=_SEVERITIES.get(word, ""))


def age(then: datetime | None, now: datetime) -> str:
    """How long ago ``then`` was, in words of one unit."""
    if then is None:
        return "never"
    return span(now - then) + " ago"


def span(delta: timedelta) -> str:
    """A length of time in one unit, rounded down."""
    seconds = max(0, int(delta.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
