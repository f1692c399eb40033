"""How fields of the state say what they hold beyond their type."""

from __future__ import annotations

from dataclasses import field
from typing import Any

INSTANT = {"kind": "instant"}
DAY = {"kind": "day"}
DERIVED = {"kind": "derived"}


def references(*keys: str) -> dict[str, Any]:
    """Say of a field that it holds these references as the document spells them, while it is read or written."""
    return {"kind": "references", "keys": keys}


def instant() -> Any:
    """Make a field that holds an instant, completed at load."""
    return field(default="", metadata=INSTANT)


def maybe_instant() -> Any:
    """Make a field that holds an instant or nothing."""
    return field(default=None, metadata=INSTANT)
