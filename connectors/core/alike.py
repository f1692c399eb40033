"""Characters that look like those of a syntax and mean nothing to it."""

from __future__ import annotations

import re

_SHIFT = 0xFEE0  # from an ASCII character to its full-width form (Unicode block Halfwidth and Fullwidth Forms)
_SCHEME = re.compile(
    r"((?<![A-Za-z])(?:about|apt|file|ftp|gopher|https?|irc|jabber|javascript|mailto|news|sftp)):(?=\S)|"
    r"([A-Za-z]):(?=//)",
    re.IGNORECASE,
)


def wide(text: str) -> str:
    """``text`` with each visible ASCII character in its full-width form, which no tool reads as mark-up."""
    return "".join(chr(ord(c) + _SHIFT) if "!" <= c <= "~" else c for c in text)


def without_addresses(text: str) -> str:
    """``text`` in which no address becomes a link: the colon after its scheme is the full-width one."""
    return _SCHEME.sub(lambda found: (found[1] or found[2]) + wide(":"), text)
