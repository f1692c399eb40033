"""Compares what a tool shows with what a write found and with what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from connectors.core.port import Json, Write, WriteKind
from sync.engine.live import Mapper
from sync.plan.types import PlannedWrite


class Shown(StrEnum):
    """How what a tool shows relates to a write."""

    AS_BEFORE = "as_before"  # as when the plan was made: the write may be sent
    AS_WANTED = "as_wanted"  # as the write wants it: there is nothing to do (any more)
    DRIFTED = "drifted"  # neither
    GONE = "gone"  # the record is gone or hidden


def judge(planned: PlannedWrite, shown: Mapping[str, Json] | None, mapper: Mapper) -> Shown:
    """How ``shown`` (from ``Writer.shown``) relates to a write; values are compared as a person would."""
    if shown is None:
        return Shown.GONE
    wanted = _wanted(planned.write)
    if all(mapper.same(planned.rule, name, shown.get(name), value) for name, value in wanted.items()):
        return Shown.AS_WANTED
    before = planned.write.before
    if all(mapper.same(planned.rule, name, shown.get(name), before.get(name)) for name in wanted):
        return Shown.AS_BEFORE
    return Shown.DRIFTED


def _wanted(write: Write) -> Mapping[str, Json]:
    """What ``shown`` will answer when the write has effect."""
    if write.kind is WriteKind.REMOVE_LABEL:
        return dict.fromkeys(write.values)
    return write.values
