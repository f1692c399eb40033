"""What becomes of one owned field: what we wrote last, what the tool shows and what we want, three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from connectors.core.port import Json
from mapping.values import empty
from sync.plan.types import Policy


class _Never(Enum):
    NEVER = "never"


NEVER_WRITTEN: Final = _Never.NEVER
"""Base of a field that we never wrote: not the same as having written nothing (None)."""

Base = Json  # a value that we wrote, or NEVER_WRITTEN


class Verdict(StrEnum):
    """What to do with one field."""

    EQUAL = "equal"  # it shows what we want
    WRITE = "write"  # it shows what we last wrote, or nothing: ours is written
    KEEP = "keep"  # a person's edit stays, by policy
    OVERWRITE = "overwrite"  # a person's edit is overwritten, by policy; it is kept in the conflict

    @property
    def writes(self) -> bool:
        """Whether ours is written."""
        return self in (Verdict.WRITE, Verdict.OVERWRITE)

    @property
    def conflicts(self) -> bool:
        """Whether a person's edit stands against ours."""
        return self in (Verdict.KEEP, Verdict.OVERWRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One field from three sides.

    Attributes:
        base: What we last wrote, or ``NEVER_WRITTEN``.
        theirs: What the tool shows.
        ours: What we want.
    """

    base: Base
    theirs: Json
    ours: Json


def judge(
    sides: Sides,
    policy: Policy,
    same: Callable[[Json, Json], bool],
    unmoved: Callable[[Json, Json], bool] | None = None,
) -> Verdict:
    """What to do with a field.

    Args:
        sides: The three sides.
        policy: Who wins when a person edited it.
        same: Whether two values are equal for a person.
        unmoved: Whether two values of ours say the same (texts that differ only in their instant do); None: ``same``.
    """
    if same(sides.theirs, sides.ours):
        return Verdict.EQUAL
    written = sides.base is not NEVER_WRITTEN
    if same(sides.theirs, sides.base) if written else empty(sides.theirs):
        return Verdict.WRITE
    match policy:
        case Policy.HOLD:
            return Verdict.KEEP
        case Policy.OURS:
            return Verdict.OVERWRITE
        case Policy.THEIRS:
            moved = written and not (unmoved or same)(sides.ours, sides.base)
            return Verdict.OVERWRITE if moved else Verdict.KEEP
