"""The engagements in order: one green in every dimension, one with a single small disagreement; near misses in both."""

from __future__ import annotations

from sandbox.portfolio import covered, orphans, owed, owed_table, twice
from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.owed_table import Owed, w

HEALTHY = "healthy"
WORRYING = "worrying"
"""Forms of baselines that only these engagements have; Desk.calm knows them."""

COLOURS = {HEALTHY: "green", WORRYING: "amber"}

GENTLE_COVERED = ("bug", "done-work", "epic-only", "inherited", "label-only", "not-billable", "reopened", "url-15")
GENTLE_ORPHANS = (
    "deferred-item",
    "deliverable",
    "dropped",
    "dropped-by-status",
    "inherited",
    "invisible",
    "not-billable",
)
GENTLE_TWICE = (
    "agree",
    "deliverable",
    "different-case",
    "dropped",
    "one-resolves",
    "qualified-and-not",
    "repeated-key",
)
GENTLE_OWED = (
    "cancelled",
    "cancelled-late",
    "delivered",
    "delivered-late",
    "five-working-days",
    "not-needed-by",
    "on-the-day",
    "past-promise",
    "tracking-dropped",
    "tracking-in-time",
    "tracking-undated",
)
"""Near misses that raise nothing beside, and that nobody would call trouble."""

COVERED_EACH, OTHERS_EACH = 3, 4
"""How many near misses of each group one of these engagements has."""

SMALL = Owed(
    name="only-trouble",
    why="6 working days apart, and all else is in order",
    promised=w(0),
    due=w(6),
    tracking="progress",
)


def deal(b: Builder) -> list[tuple[Desk, Variant]]:
    """Choose the covered near misses of each calm engagement; each uses up a key of its baseline."""
    dealt = []
    gentle = [each for each in covered.NEAR if each.name in GENTLE_COVERED]
    for desk in b.desks:
        if desk.calm:
            chosen = b.rng.sample(gentle, COVERED_EACH)
            desk.wanted += len(chosen)
            dealt += [(desk, each) for each in chosen]
    return dealt


def plant(b: Builder) -> None:
    """Plant the other near misses, and what makes the one engagement amber."""
    for desk in b.desks:
        if not desk.calm:
            continue
        for variants, names in ((orphans.NEAR, GENTLE_ORPHANS), (twice.NEAR, GENTLE_TWICE)):
            for variant in b.rng.sample([each for each in variants if each.name in names], OTHERS_EACH):
                variant.build(b, desk, variant)
        rows = [row for row in owed_table.table() if not row[1] and row[0].name in GENTLE_OWED]
        for row, _, near in b.rng.sample(rows, OTHERS_EACH):
            owed.plant(b, desk, row, (), near)
        if desk.scenario == WORRYING:
            owed.plant(b, desk, SMALL, (owed_table.DISAGREE,), ())


def expected_status(b: Builder) -> dict[str, str]:
    """Return the colour of each engagement where it is beyond doubt.

    An active engagement with a place that cannot be read is unknown in every dimension, since each rests on all places.
    """
    known = {}
    for desk in b.desks:
        if desk.calm:
            known[desk.engagement.key] = COLOURS[desk.scenario]
        elif desk.active and desk.stale:
            known[desk.engagement.key] = "unknown"
    return dict(sorted(known.items()))
