"""How records are named in sentences, so that nothing of a restricted record is told where others read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mapping import confidentiality
from mapping.model import Access, Entity
from sync.reconcile.result import Evidence


def narrowest(accesses: Iterable[Access]) -> Access:
    """The narrowest of them; INTERNAL at the widest, since no finding is meant for the public."""
    return confidentiality.narrowest((Access.INTERNAL, *accesses))


def titled(entity: Entity, title: str) -> str:
    """``NIM-7 Core rack``; the title alone when it names the key; the key alone when the record is restricted."""
    title = " ".join(title.split())
    if entity.access is Access.RESTRICTED or not title:
        return entity.key
    named = re.search(rf"(?<![\w-]){re.escape(entity.key)}(?![\w-])", title, re.IGNORECASE)
    return title if named else f"{entity.key} {title}"


def evidence_of(entity: Entity, field: str, value: str) -> Evidence:
    """What one attribute of an entity says, as evidence."""
    return Evidence(ref=entity.ref, field=field, value=value, url=entity.url, key=entity.key, access=entity.access)


def listed(words: Sequence[str], most: int) -> str:
    """``a, b, c and 4 more``: at most ``most`` of the words, in their order."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"


def counted(number: int, one: str, many: str) -> str:
    """``1 issue``, ``3 issues``."""
    return f"{number} {one if number == 1 else many}"


def cut(text: str, length: int) -> str:
    """The text on one line, at most ``length`` characters, ending in an ellipsis where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
