"""Tricks around `data.unmapped_value`: values that no table of a usual mapping knows, and where they do not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.contradictions import spots
from sandbox.portfolio.model import CLOUD, DATA_CENTER, GITHUB, Issue, Kind, Project, Security
from sandbox.portfolio.sites import ODD_BILLABLE, ODD_RESOLUTION

KIND = "data.unmapped_value"

ODD_CLAIM = "scope:one/two/three"
"""A label that claims nothing that anybody could mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trick:
    """One issue: its site, type and state, and what is odd about it."""

    name: str
    why: str
    site: str
    kind: Kind
    state: str
    odd: dict[str, Any] = field(default_factory=dict)


_SHELVED = {"resolution": ODD_RESOLUTION}
_ASK = {"billable": ODD_BILLABLE}
_CLAIM = {"labels": [ODD_CLAIM]}

POSITIVE: tuple[Trick, ...] = (
    Trick(
        name="done-with-odd-resolution",
        why="done, by a resolution that does not say whether anything was done",
        site=CLOUD,
        kind=Kind.TASK,
        state="done",
        odd=_SHELVED,
    ),
    Trick(
        name="odd-resolution-data-center",
        why="the same on Data Center",
        site=DATA_CENTER,
        kind=Kind.BUG,
        state="done",
        odd=_SHELVED,
    ),
    Trick(
        name="odd-billable",
        why="its field Billable says neither yes nor no",
        site=DATA_CENTER,
        kind=Kind.STORY,
        state="progress",
        odd=_ASK,
    ),
    Trick(
        name="odd-claim",
        why="a label claims a scope item in a form that has no meaning",
        site=CLOUD,
        kind=Kind.STORY,
        state="open",
        odd=_CLAIM,
    ),
    Trick(
        name="odd-and-restricted",
        why="a restricted issue counts too, but its value is not told",
        site=CLOUD,
        kind=Kind.STORY,
        state="progress",
        odd={**_ASK, "security": Security.SEEN},
    ),
    Trick(
        name="odd-claim-github",
        why="the same in a repository",
        site=GITHUB,
        kind=Kind.STORY,
        state="open",
        odd=_CLAIM,
    ),
)

NEAR: tuple[Trick, ...] = (
    Trick(
        name="odd-resolution-left-over",
        why="open again: what it was resolved as before is not asked",
        site=CLOUD,
        kind=Kind.TASK,
        state="progress",
        odd=_SHELVED,
    ),
    Trick(
        name="odd-resolution-of-what-was-cancelled",
        why="its status itself says that nothing was done",
        site=DATA_CENTER,
        kind=Kind.STORY,
        state="cancelled",
        odd=_SHELVED,
    ),
    Trick(
        name="hidden",
        why="it is not seen",
        site=CLOUD,
        kind=Kind.STORY,
        state="done",
        odd={**_SHELVED, "security": Security.HIDDEN},
    ),
    Trick(
        name="billable-in-words",
        why="its field Billable says no",
        site=DATA_CENTER,
        kind=Kind.TASK,
        state="open",
        odd={"billable": "No"},
    ),
    Trick(
        name="another-label",
        why="a label with slashes that is no claim",
        site=CLOUD,
        kind=Kind.STORY,
        state="open",
        odd={"labels": ["area:one/two/three"]},
    ),
)


def plant(b: Builder) -> None:
    """Plant every trick that the tools of the portfolio can have, once a block, and some in engagements at rest."""
    size = len(b.desks) // b.truth.scale
    for block in range(b.truth.scale):
        desks = b.desks[block * size : (block + 1) * size]
        for tricks, note, calm in ((POSITIVE, b.plant, False), (NEAR, b.near, True)):
            for trick in tricks:
                _once(b, [each for each in desks if each.active and (calm or not each.calm)], trick, note)
        for d in [each for each in desks if not each.active and spots(each, CLOUD)]:
            at_rest = _issue(b, d, b.pick(spots(d, CLOUD)), POSITIVE[0])
            b.near(d, KIND, at_rest, "at-rest", "the engagement is at rest")


def _once(b: Builder, desks: list[Desk], trick: Trick, note: Callable[..., None]) -> None:
    fitting = [each for each in desks if spots(each, trick.site)]
    if fitting:
        d = b.pick(fitting)
        note(d, KIND, _issue(b, d, b.pick(spots(d, trick.site)), trick), trick.name, trick.why)


def _issue(b: Builder, d: Desk, place: Project, trick: Trick) -> Issue:
    """An issue that is in order but for what is odd; it claims an item of the pool, so that no other rule minds it."""
    odd = {name: list(value) if isinstance(value, list) else value for name, value in trick.odd.items()}
    state = "dropped" if trick.state == "cancelled" else trick.state
    issue = b.issue(place, trick.kind, state, **b.owned(d, place, **odd))
    if trick.state == "cancelled":
        issue.status = "Cancelled"
    return b.claim(issue, d, b.pick(d.pool), "label" if place.site == GITHUB else "field")
