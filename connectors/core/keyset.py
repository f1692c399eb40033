"""A cursor by (instant of change, id): how far a partition ordered by both has been read, without gaps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """Everything changed before ``at`` was delivered, and of what changed at that instant every id up to ``after_id``.

    Attributes:
        at: Instant of change (aware UTC).
        after_id: Last id delivered at that instant; empty: none of that instant.
    """

    at: datetime
    after_id: str = ""

    def advance(self, *, at: datetime, record_id: str, horizon: datetime) -> Position:
        """The position after delivering one more record, in the order of (at, id).

        Never passes ``horizon``: rows that changed at or after it may still be committed or indexed behind what was
        delivered, so they are read again. Never goes back.
        """
        return max(self, min(Position(at=at, after_id=record_id), Position(at=horizon)))

    def encode(self) -> str:
        """The position as cursor text."""
        return json.dumps({"at": self.at.astimezone(UTC).isoformat(), "id": self.after_id}, separators=(",", ":"))

    @classmethod
    def decode(cls, cursor: str) -> Position:
        """The position that ``encode`` wrote.

        Raises:
            ValueError: Not such a text.
        """
        try:
            data = json.loads(cursor)
            at = datetime.fromisoformat(data["at"])
            after_id = data["id"]
        except (TypeError, KeyError, ValueError) as exc:
            raise ValueError(f"not a cursor of this connector: {cursor!r}") from exc
        if at.tzinfo is None or not isinstance(after_id, str):
            raise ValueError(f"not a cursor of this connector: {cursor!r}")
        return cls(at=at, after_id=after_id)
