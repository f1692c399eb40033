"""A plan as data for scripts: one line a field."""

from __future__ import annotations

from typing import Any

from sync.plan.types import Plan


def plan_json(plan: Plan) -> dict[str, Any]:
    """``syncline plan --json``: every field of every write, in the order in which they will be made."""
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
        "conflicts": [
            {
                "engagement": c.engagement,
                "connection": c.connection,
                "target": c.target,
                "target_key": c.target_key,
                "field": c.field,
                "base": c.base,
                "theirs": c.theirs,
                "ours": c.ours,
                "policy": c.policy.value,
            }
            for c in plan.conflicts
        ],
        "held": [
            {
                "engagement": h.engagement,
                "connection": h.connection,
                "rule": h.rule,
                "target": h.target,
                "reason": h.reason,
            }
            for h in plan.held
        ],
        "brakes": [
            {"kind": b.kind.value, "connection": b.connection, "message": b.message, "mend": b.mend}
            for b in plan.brakes
        ],
    }
