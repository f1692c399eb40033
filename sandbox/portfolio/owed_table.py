"""The tricks around the dates of deliverables, as a table: which dates each bears, and what they raise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sandbox.portfolio.days import plus, plus_working

DISAGREE = "deliverable.dates_disagree"
LATE = "deliverable.late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A distance from the base date: working days or calendar days."""

    working: int = 0
    calendar: int = 0

    def after(self, base: date) -> date:
        """Return the date this far after `base`."""
        return plus(plus_working(base, self.working), self.calendar)


def w(count: int) -> Span:
    """Return so many working days."""
    return Span(working=count)


def c(days: int) -> Span:
    """Return so many calendar days."""
    return Span(calendar=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One trick: which dates a deliverable bears, counted from a base date.

    `base` is days from today; None takes one 25 to 60 days ahead. The base is moved on to `weekday` (0 is Monday; a
    working day unless given). `tracking` is the state of the issue that tracks it: `progress`, `done`, `dropped`,
    `reopened`, `hidden` (a level that is not seen), `restricted` (one that is), `unreadable` (in such a place) or ``.
    """

    name: str
    why: str
    promised: Span | None = None
    due: Span | None = None
    version: Span | None = None
    needed: Span | None = Span(calendar=60)
    fix_version: Span | None = None
    base: int | None = None
    weekday: int | None = None
    tracking: str = ""
    state: str = "Open"
    owed_by: str = "Third party"
    stale: bool = False


DISAGREEING: tuple[Owed, ...] = (
    Owed(name="six-working-days", why="6 working days apart", promised=w(0), due=w(6), tracking="progress"),
    Owed(
        name="friday-to-monday-week",
        why="Friday to the Monday after next weekend: 6 working days",
        promised=c(0),
        version=c(10),
        weekday=4,
    ),
    Owed(name="promised-and-version", why="promise and version disagree", promised=w(0), version=w(9)),
    Owed(name="tracking-and-version", why="issue and version disagree", due=w(0), version=w(7), tracking="progress"),
    Owed(
        name="chain-of-three",
        why="each neighbour within tolerance, the outer two not",
        promised=w(0),
        due=w(4),
        version=w(8),
        tracking="progress",
    ),
    Owed(
        name="tracking-done", why="an issue that is done still has its date", promised=w(0), due=w(10), tracking="done"
    ),
    Owed(name="tracking-reopened", why="the resolution is left over", promised=w(0), due=w(7), tracking="reopened"),
    Owed(name="restricted-tracking", why="restricted, but seen", promised=w(8), due=w(0), tracking="restricted"),
    Owed(name="six-weeks", why="30 working days apart", promised=w(0), due=w(30), tracking="progress"),
    Owed(name="owed-by-us", why="what we owe counts too", promised=w(8), version=w(0), owed_by="Us"),
    Owed(
        name="released-version",
        why="a past date is not moved to today when dates are compared",
        promised=c(60),
        version=c(0),
        needed=c(120),
        base=-20,
    ),
    Owed(
        name="both-past",
        why="both dates are past, and apart",
        promised=c(0),
        due=c(20),
        needed=c(90),
        base=-40,
        tracking="progress",
    ),
)

AGREEING: tuple[Owed, ...] = (
    Owed(
        name="five-working-days",
        why="Wednesday to Wednesday: exactly 5 working days",
        promised=c(0),
        due=c(7),
        weekday=2,
        tracking="progress",
    ),
    Owed(
        name="saturday-to-friday",
        why="Saturday to Friday: exactly 5 working days",
        promised=c(0),
        due=c(6),
        weekday=5,
        tracking="progress",
    ),
    Owed(
        name="friday-to-sunday-week",
        why="9 calendar days, 5 working days",
        promised=c(0),
        version=c(9),
        weekday=4,
    ),
    Owed(name="version-only", why="one date cannot disagree", version=w(0)),
    Owed(name="tracking-dropped", why="a dropped issue gives no date", promised=w(0), due=w(30), tracking="dropped"),
    Owed(
        name="tracking-hidden",
        why="an issue that is not seen gives no date",
        promised=w(0),
        due=w(25),
        tracking="hidden",
    ),
    Owed(
        name="tracking-unreadable",
        why="an issue in a place that cannot be read gives no date",
        promised=w(0),
        due=w(25),
        tracking="unreadable",
        stale=True,
    ),
    Owed(name="tracking-undated", why="the issue has no due date", promised=w(0), version=w(3), tracking="progress"),
    Owed(
        name="fix-version-apart",
        why="the tracking issue's fix version is not the version that carries it",
        promised=w(0),
        due=w(2),
        fix_version=w(20),
        tracking="progress",
    ),
    Owed(name="delivered", why="delivered", promised=w(0), due=w(15), tracking="done", base=-45, state="Delivered"),
    Owed(name="cancelled", why="cancelled", promised=w(0), due=w(15), tracking="progress", state="Cancelled"),
)

TOO_LATE: tuple[Owed, ...] = (
    Owed(
        name="tracking-late",
        why="promised in time, tracked too late",
        promised=w(0),
        due=w(4),
        needed=w(2),
        tracking="progress",
    ),
    Owed(name="promise-late", why="promised too late, and nothing else is known", promised=w(6), needed=w(0)),
    Owed(
        name="version-late", why="promised in time, its version is too late", promised=w(0), version=w(5), needed=w(3)
    ),
    Owed(
        name="version-late-tracking-undated",
        why="the tracking issue has no date, so that the version's counts",
        promised=w(0),
        version=w(5),
        needed=w(3),
        tracking="progress",
    ),
    Owed(
        name="tracking-dropped",
        why="the tracking issue in time is dropped, so that the promise counts",
        promised=w(5),
        due=w(0),
        needed=w(2),
        tracking="dropped",
    ),
    Owed(
        name="tracking-hidden",
        why="the tracking issue in time is not seen, so that the promise counts",
        promised=w(5),
        due=w(0),
        needed=w(2),
        tracking="hidden",
    ),
    Owed(
        name="tracking-done-late",
        why="the tracking issue is done, the deliverable is not",
        promised=w(1),
        due=w(4),
        needed=w(2),
        tracking="done",
    ),
    Owed(
        name="late-by-a-saturday",
        why="one calendar day late, no working day",
        promised=c(0),
        due=c(1),
        needed=c(0),
        weekday=4,
        tracking="progress",
    ),
    Owed(name="late-by-20", why="20 working days late: not yet critical", promised=w(20), needed=w(0)),
    Owed(name="late-by-21", why="21 working days late: critical", promised=w(21), needed=w(0)),
    Owed(
        name="overdue",
        why="needed in the past and not delivered: cannot be in time any more",
        promised=c(0),
        needed=c(5),
        base=-30,
        weekday=-1,
    ),
    Owed(
        name="overdue-long",
        why="needed long ago; its dates were in time, and it is not delivered",
        promised=c(0),
        due=c(2),
        needed=c(4),
        base=-60,
        weekday=-1,
        tracking="done",
    ),
    Owed(name="overdue-undated", why="no date at all, needed in the past", needed=c(0), base=-12, weekday=-1),
    Owed(
        name="in-stale-engagement",
        why="a stale place hides no date that is known",
        promised=w(6),
        needed=w(0),
        stale=True,
    ),
)

BOTH: tuple[Owed, ...] = (
    Owed(
        name="late-and-apart",
        why="tracked too late, and far from the promise",
        promised=w(0),
        due=w(12),
        needed=w(5),
        tracking="progress",
    ),
)

IN_TIME: tuple[Owed, ...] = (
    Owed(
        name="tracking-in-time",
        why="promised too late, tracked in time",
        promised=w(5),
        due=w(1),
        needed=w(3),
        tracking="progress",
    ),
    Owed(
        name="on-the-day",
        why="effective on the very day it is needed",
        promised=w(1),
        due=w(3),
        needed=w(3),
        tracking="progress",
    ),
    Owed(name="delivered-late", why="delivered, if late", promised=w(3), needed=w(0), base=-50, state="Delivered"),
    Owed(name="cancelled-late", why="cancelled", promised=w(9), needed=w(0), state="Cancelled"),
    Owed(name="not-needed-by", why="no date by which it is needed", promised=w(0), needed=None),
    Owed(
        name="past-promise",
        why="promised in the past, but needed in the future",
        promised=c(0),
        needed=c(60),
        base=-15,
    ),
    Owed(
        name="version-late-tracking-in-time",
        why="the issue's date goes before the version's",
        due=w(0),
        version=w(5),
        needed=w(2),
        tracking="progress",
    ),
    Owed(name="undated", why="no date at all, needed in the future", needed=c(0)),
)

APART_IN_TIME: tuple[Owed, ...] = (
    Owed(
        name="tracking-in-time-apart",
        why="the promise is too late and far from the issue's date, which is in time",
        promised=w(12),
        due=w(1),
        needed=w(3),
        tracking="progress",
    ),
)


def table() -> list[tuple[Owed, tuple[str, ...], tuple[str, ...]]]:
    """Return every trick with the kinds that it raises and those that it nearly raises."""
    rows: list[tuple[Owed, tuple[str, ...], tuple[str, ...]]] = []
    for owed, raises, near in (
        (DISAGREEING, (DISAGREE,), ()),
        (AGREEING, (), (DISAGREE,)),
        (TOO_LATE, (LATE,), ()),
        (BOTH, (DISAGREE, LATE), ()),
        (IN_TIME, (), (LATE,)),
        (APART_IN_TIME, (DISAGREE,), (LATE,)),
    ):
        rows += [(each, raises, near) for each in owed]
    return rows
