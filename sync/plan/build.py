"""Turns what is known and what the tools show into the plan."""

from __future__ import annotations

from sync.plan.inputs import PlanInput
from sync.plan.types import Plan


def build_plan(given: PlanInput) -> Plan:
    """Every write that would be made now. Depends on nothing but ``given``; the order of its mappings changes nothing.

    A plan made again after its writes were done and read back holds no write.
    """
    raise NotImplementedError
