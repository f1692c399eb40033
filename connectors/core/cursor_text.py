"""What the cursors of all connectors are written in: a JSON object with the number of its form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.core.port import Json


def load(text: str | None, form: int) -> Mapping[str, Json]:
    """The object of a cursor; empty when there is none, or it is of another form and so has to be begun anew."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) and data.get("v") == form else {}


def instant(value: Json) -> datetime | None:
    """An instant of a cursor (aware UTC); None when it holds none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
