"""A plan as data for scripts: one line a field."""

from __future__ import annotations

from typing import Any

from sync.plan.codec import to_json
from sync.plan.types import Plan


def plan_json(plan: Plan) -> dict[str, Any]:
    """``syncline plan --json``: every field of every write, in the order in which they will be made."""
    whole = to_json(plan)
    writes = [
        {
            "connection": planned.write.connection,
            "target": f"{planned.write.connection}:{planned.write.stream}:"
            + (planned.write.external_id or planned.write.target),
            "target_key": planned.target_key,
            "target_url": planned.target_url,
            "field": line.field,
            "before": line.before,
            "after": line.after,
            "reason": planned.write.reason,
            "id": planned.write.id,
            "kind": planned.write.kind.value,
            "rule": planned.rule,
            "engagement": planned.engagement,
            "cause": planned.cause,
        }
        for planned in plan.writes
        for line in planned.lines
    ]
    return {
        "version": 1,
        "plan": plan.id,
        "made": plan.made.isoformat(),
        "count": len(plan.writes),
        "writes": writes,
        **{part: whole[part] for part in ("conflicts", "held", "brakes")},
    }
