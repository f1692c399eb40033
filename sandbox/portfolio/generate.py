"""From a seed, a scale and a date to the truth of a portfolio; the same arguments give the same truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sandbox.portfolio import (
    baselines,
    calm,
    contradictions,
    crossings,
    filler,
    later,
    layout,
    milestones,
    resting,
    unmapped,
)
from sandbox.portfolio.builder import Builder
from sandbox.portfolio.checker import Checker, check
from sandbox.portfolio.model import BASE_TOOLS, GITHUB, LAUNCHPAD, TOOLS, Portfolio


def generate(*, seed: int, scale: int = 1, today: date, tools: Sequence[str] = BASE_TOOLS) -> Portfolio:
    """Write the truth of a portfolio.

    Args:
        seed: any whole number; another one gives other names, places and dates for the same tricks.
        scale: about how many times fourteen engagements; 1 or more.
        today: the date (UTC) on which the findings are true. Every planted date keeps two days away from any boundary
            that depends on it.
        tools: the connections that run; the Jira sites and Salesforce always among them.

    Raises:
        ValueError: scale is less than 1, or a tool is missing or unknown.
        AssertionError: what was planted is not what the rules say of the data: a slip of this generator.
    """
    if scale < 1:
        raise ValueError(f"scale is {scale}; it must be 1 or more")
    if not set(BASE_TOOLS) <= set(tools) <= set(TOOLS):
        raise ValueError(f"tools are {sorted(tools)}; expected {BASE_TOOLS} and perhaps {GITHUB}, {LAUNCHPAD}")
    b = Builder(seed=seed, scale=scale, today=today, tools=[each for each in TOOLS if each in tools])
    layout.accounts(b)
    layout.people(b)
    layout.engagements(b)
    dealt = layout.deal_scope(b)
    for desk in b.desks:
        baselines.build(b, desk)
    filler.anchors(b)
    filler.versions(b)
    layout.plant_scope(b, dealt)
    layout.plant_owed(b)
    calm.plant(b)
    filler.plain_deliverables(b)
    resting.plant(b)
    filler.cover_pool(b)
    later.plant(b)
    contradictions.plant(b)
    milestones.plant(b)
    unmapped.plant(b)
    filler.ballast(b)
    crossings.plant(b)
    filler.labels(b)
    later.note(b)
    filler.number(b)
    b.truth.expected_status = calm.expected_status(b)
    check(b.truth, Checker(b.truth))
    return b.truth
