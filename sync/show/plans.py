"""A plan for people, record by record, and as data for scripts, one line a field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sync.plan.codec import to_json
from sync.plan.types import Plan, PlannedWrite
from sync.show.text import one_line

_WIDTH = 60  # characters of a value on a terminal


def plan_json(plan: Plan, failed: Iterable[Any] = (), remapped: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """``syncline plan --json``: every field of every write, in the order in which they will be made.

    Args:
        plan: The plan.
        failed: What could not be planned for, as objects with ``place`` and ``message``.
        remapped: Connection -> what became of stored records that had to be mapped again for it.
    """
    whole = to_json(plan)
    return {
        "version": 1,
        "plan": plan.id,
        "made": plan.made.isoformat(),
        "count": len(plan.writes),
        "writes": [line for planned in plan.writes for line in _fields_json(planned)],
        **{part: whole[part] for part in ("conflicts", "held", "brakes")},
        "failed": [{"place": note.place, "message": note.message} for note in failed],
        "remapped": dict(remapped or {}),
    }


def _fields_json(planned: PlannedWrite) -> Iterator[dict[str, Any]]:
    write = planned.write
    for line in planned.lines:
        yield {
            "connection": write.connection,
            "target": f"{write.connection}:{write.stream}:" + (write.external_id or write.target),
            "target_key": planned.target_key,
            "target_url": planned.target_url,
            "field": line.field,
            "before": line.before,
            "after": line.after,
            "reason": write.reason,
            "id": write.id,
            "kind": write.kind.value,
            "rule": planned.rule,
            "engagement": planned.engagement,
            "cause": planned.cause,
        }


def plan_lines(plan: Plan) -> Iterator[str]:
    """Lines for a person: each record once, below it each reason once, below that the fields.

    Records come in the order in which they are first written.
    """
    records: dict[tuple[str, str], dict[str, list[PlannedWrite]]] = {}
    for planned in plan.writes:
        reasons = records.setdefault((planned.write.connection, planned.target_key), {})
        reasons.setdefault(planned.write.reason, []).append(planned)
    for (connection, key), reasons in records.items():
        yield f"{connection}  {key}"
        for reason, writes in reasons.items():
            yield f"  {one_line(reason)}"
            for line in (line for planned in writes for line in planned.lines):
                yield f"    {line.field}: {short(line.before)} → {short(line.after)}"


def short(value: Any) -> str:
    """A value of a tool on one short line."""
    match value:
        case None | "" | []:
            return "(empty)"
        case {"value": inner}:
            return short(inner)
        case str():
            return one_line(value, _WIDTH)
        case _:
            return one_line(json.dumps(value, ensure_ascii=False, default=str), _WIDTH)
