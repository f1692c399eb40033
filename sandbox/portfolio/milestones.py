"""Tricks around `milestone.closed_with_open_work`: milestones that are over, and what is still tied to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.contradictions import spots
from sandbox.portfolio.model import CLOUD, DATA_CENTER, GITHUB, LAUNCHPAD, Issue, Kind, Project, Security, Version

KIND = "milestone.closed_with_open_work"

PAST, AHEAD = -30, 45


@dataclass(frozen=True, slots=True)
class Tied:
    """One piece of work that is tied to the milestone."""

    kind: Kind
    state: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trick:
    """One milestone: where it lies, whether it is over, when it was due, and the work that is tied to it."""

    name: str
    why: str
    site: str
    tied: tuple[Tied, ...]
    over: bool = True
    due: int | None = PAST
    archived: bool = False


def _open(kind: Kind = Kind.TASK, **fields: Any) -> Tied:
    return Tied(kind, "open", fields)


_DONE = Tied(Kind.STORY, "done")

POSITIVE: tuple[Trick, ...] = (
    Trick(
        name="released-with-open-issue",
        why="released, and one of its issues is still under way",
        site=CLOUD,
        tied=(_DONE, Tied(Kind.TASK, "progress")),
    ),
    Trick(name="released-with-open-epic", why="an epic counts", site=DATA_CENTER, tied=(_DONE, _open(Kind.EPIC))),
    Trick(
        name="released-with-open-deliverable",
        why="a third-party deliverable counts",
        site=CLOUD,
        tied=(_open(Kind.DELIVERABLE), _DONE),
    ),
    Trick(
        name="released-ahead-of-time",
        why="its date lies ahead, which does not matter",
        site=DATA_CENTER,
        tied=(_open(Kind.STORY),),
        due=AHEAD,
    ),
    Trick(
        name="released-without-date",
        why="it has no date, which does not matter",
        site=CLOUD,
        tied=(_open(Kind.BUG), _DONE),
        due=None,
    ),
    Trick(
        name="released-with-restricted-work",
        why="restricted work counts, but is not named",
        site=CLOUD,
        tied=(_open(Kind.STORY, security=Security.SEEN), _DONE),
    ),
    Trick(
        name="closed-milestone-open-issue",
        why="a closed GitHub milestone with an open issue",
        site=GITHUB,
        tied=(_open(Kind.BUG), _DONE, Tied(Kind.CHANGE, "done")),
    ),
    Trick(
        name="inactive-milestone-open-bug",
        why="a Launchpad milestone that is no longer active, with a bug in progress",
        site=LAUNCHPAD,
        tied=(Tied(Kind.BUG, "progress"), _DONE),
    ),
    Trick(
        name="inactive-milestone-open-blueprint",
        why="a Launchpad milestone that is no longer active, with a blueprint that is not implemented",
        site=LAUNCHPAD,
        tied=(Tied(Kind.BLUEPRINT, "progress"),),
    ),
)

NEAR: tuple[Trick, ...] = (
    Trick(name="all-done", why="all of it is done", site=CLOUD, tied=(_DONE, Tied(Kind.BUG, "done"))),
    Trick(
        name="open-work-dropped",
        why="what is not done was dropped",
        site=DATA_CENTER,
        tied=(_DONE, Tied(Kind.STORY, "dropped")),
    ),
    Trick(
        name="past-but-not-released",
        why="its date is past, but it is not released",
        site=CLOUD,
        tied=(_open(), _DONE),
        over=False,
    ),
    Trick(
        name="archived-not-released",
        why="archived without a release is not over",
        site=DATA_CENTER,
        tied=(_open(),),
        over=False,
        archived=True,
    ),
    Trick(
        name="hidden-work",
        why="its open issue is not seen",
        site=CLOUD,
        tied=(_open(Kind.STORY, security=Security.HIDDEN), _DONE),
    ),
    Trick(name="nothing-tied", why="nothing is tied to it", site=DATA_CENTER, tied=()),
    Trick(
        name="open-change-alone",
        why="a pull request does not count",
        site=GITHUB,
        tied=(_DONE, Tied(Kind.CHANGE, "open")),
    ),
    Trick(
        name="milestone-past-and-open",
        why="its date is past, but it is open",
        site=GITHUB,
        tied=(_open(Kind.STORY),),
        over=False,
    ),
    Trick(
        name="not-planned-left",
        why="what is not done was closed as not planned",
        site=GITHUB,
        tied=(_DONE, Tied(Kind.TASK, "dropped")),
    ),
    Trick(
        name="inactive-all-released",
        why="no longer active, and every fix is released",
        site=LAUNCHPAD,
        tied=(_DONE, Tied(Kind.BUG, "dropped")),
    ),
    Trick(
        name="active-milestone-past",
        why="its date is past, but it is active",
        site=LAUNCHPAD,
        tied=(Tied(Kind.BUG, "progress"),),
        over=False,
    ),
)


def plant(b: Builder) -> None:
    """Plant every trick that the tools of the portfolio can have, once a block."""
    size = len(b.desks) // b.truth.scale
    for block in range(b.truth.scale):
        desks = b.desks[block * size : (block + 1) * size]
        for trick in POSITIVE:
            if chosen := _desks(desks, trick, calm=False):
                d = b.pick(chosen)
                b.plant(d, KIND, _version(b, d, trick), trick.name, trick.why)
        for trick in NEAR:
            if chosen := _desks(desks, trick, calm=True):
                d = b.pick(chosen)
                b.near(d, KIND, _version(b, d, trick), trick.name, trick.why)
        _of_two(b, desks)
        _at_rest(b, desks)


def _desks(desks: list[Desk], trick: Trick, *, calm: bool) -> list[Desk]:
    return [each for each in desks if each.active and (calm or not each.calm) and spots(each, trick.site)]


def _version(b: Builder, d: Desk, trick: Trick) -> Version:
    place = b.pick(spots(d, trick.site))
    made = b.version(place, None if trick.due is None else b.day(trick.due))
    made.released, made.archived = trick.over, trick.archived
    for tied in trick.tied:
        _work(b, d, place, tied).versions.append(made)
    return made


def _work(b: Builder, d: Desk, place: Project, tied: Tied) -> Issue:
    issue = b.issue(place, tied.kind, tied.state, **b.owned(d, place, **tied.fields))
    if tied.kind is not Kind.CHANGE:
        b.claim(issue, d, b.pick(d.pool), "field")
    return issue


def _of_two(b: Builder, desks: list[Desk]) -> None:
    """Let a milestone of a shared place have open work of both engagements."""
    first = next(each for each in desks if each.partner is not None)
    second = first.partner
    assert second is not None  # noqa: S101 - chosen so
    place = next(each for each in first.engagement.places if each.shared and each.site == CLOUD)
    made = b.version(place, b.day(PAST))
    for d in (first, second):
        _work(b, d, place, _open()).versions.append(made)
        b.plant(d, KIND, made, "released-with-work-of-two", "open work of two engagements: one finding each")


def _at_rest(b: Builder, desks: list[Desk]) -> None:
    for d in [each for each in desks if not each.active and spots(each, CLOUD)]:
        made = b.version(b.pick(spots(d, CLOUD)), b.day(PAST))
        _work(b, d, made.project, _open()).versions.append(made)
        b.near(d, KIND, made, "at-rest", "the engagement is at rest")
