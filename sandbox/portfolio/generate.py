"""From a seed, a scale and a date to the truth of a portfolio; the same arguments give the same truth."""

from __future__ import annotations

from datetime import date

from sandbox.portfolio import baselines, calm, filler, later, layout, resting
from sandbox.portfolio.builder import Builder
from sandbox.portfolio.checker import Checker, check
from sandbox.portfolio.model import Portfolio


def generate(*, seed: int, scale: int = 1, today: date) -> Portfolio:
    """Write the truth of a portfolio.

    Args:
        seed: any whole number; another one gives other names, places and dates for the same tricks.
        scale: about how many times fourteen engagements; 1 or more.
        today: the date (UTC) on which the findings are true. Every planted date keeps two days away from any boundary
            that depends on it.

    Raises:
        ValueError: scale is less than 1.
        AssertionError: what was planted is not what the rules say of the data: a slip of this generator.
    """
    if scale < 1:
        raise ValueError(f"scale is {scale}; it must be 1 or more")
    b = Builder(seed=seed, scale=scale, today=today)
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
    filler.ballast(b)
    later.note(b)
    filler.number(b)
    b.truth.expected_status = calm.expected_status(b)
    check(b.truth, Checker(b.truth))
    return b.truth
