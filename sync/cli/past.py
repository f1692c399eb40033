"""The options with which the commands that look show an earlier instant, and what is said beside what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from sync import bootstrap
from sync.cli.app import App
from sync.cli.exits import Exit, StoppedError
from sync.cli.output import note
from sync.engine.past import Moment, PastError, Unsure, made_otherwise, rewind
from sync.engine.reconcile import made_with
from sync.show.facts import Facts, instant
from sync.show.gather import Gathering, gather
from sync.store.database import Store


class _Instant(click.ParamType[datetime]):
    """A date, meant to its end, or a date and time; in this machine's time zone where none is given."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if (day := _day(value)) is not None:
                following = day + timedelta(days=1)
                midnight = datetime(following.year, following.month, following.day)  # noqa: DTZ001 - this machine's zone follows
                return midnight.astimezone(UTC) - timedelta(microseconds=1)
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"found {value!r}; expected a date such as 2026-11-24 (meant: the end of that day, in this machine's "
                "time zone) or a date and time such as 2026-11-24T09:30 or 2026-11-24T09:30:00Z",
                param,
                ctx,
            )


def _day(value: str) -> date | None:
    """A date in any form of ISO 8601 (``20261124`` too); None: it is none, or has a time."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


as_of_option = click.option(
    "--as-of",
    type=_Instant(),
    metavar="INSTANT",
    help="Show what syncline knew then: a date (its end) or a date and time. Rebuilt from what is stored.",
)
true_at_option = click.option(
    "--true-at",
    type=_Instant(),
    metavar="INSTANT",
    help="Show what was true in the tools then, by all that is known now, also what was learned later.",
)


def moment(as_of: datetime | None, true_at: datetime | None = None) -> Moment | None:
    """What the options ask for; None: the present.

    Raises:
        StoppedError: Both were given.
    """
    if as_of is not None and true_at is not None:
        raise StoppedError("found both --as-of and --true-at; expected one of them: they ask by two clocks", Exit.USAGE)
    if as_of is not None:
        return Moment(instant=as_of)
    return None if true_at is None else Moment(instant=true_at, by_tool=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The store as the person wants to see it.

    Attributes:
        session: Where every query answers from the instant that is looked at.
        now: That instant.
        gathering: What there is to gather at that instant.
        unsure: What is not known of that instant, or not as it was; None: the present is looked at.
    """

    session: Session
    now: datetime
    gathering: Gathering
    unsure: Unsure | None

    def facts(self, key: str | None = None) -> list[Facts]:
        """The engagements, or the one of ``key``, as they are at that instant."""
        return gather(self.session, self.gathering, self.now, key)

    def told(self, data: dict[str, Any]) -> dict[str, Any]:
        """``data`` for scripts, with what is unsure about it if anything is."""
        return {**data, "unsure": unsure_json(self.unsure)} if sentences(self.unsure) else data


@contextmanager
def looking(app: App, store: Store, at: Moment | None) -> Iterator[Look]:
    """Look at the store as it is, or as it was at a moment; what is unsure about that is told on standard error.

    Raises:
        StoppedError: That moment cannot be shown.
    """
    config, now = app.config, bootstrap.clock().now()
    with store.unit_of_work() as session:
        if at is None:
            yield Look(session=session, now=now, gathering=bootstrap.gathering(config, session), unsure=None)
            return
        mapped = bootstrap.mapped(config)
        try:
            unsure = rewind(session, at, mapped, now)
        except PastError as error:
            raise StoppedError(str(error), Exit.USAGE) from error
        gathering = replace(bootstrap.gathering(config, session), reckoned=at.by_tool)
        rules = {name: one.mapper.hash for name, one in mapped.items()}
        today = made_with(gathering.engagements, rules, gathering.settings)
        unsure = replace(unsure, changed=made_otherwise(session, at, today))
        for sentence in sentences(unsure):
            note(sentence)
        yield Look(session=session, now=at.instant, gathering=gathering, unsure=unsure)


def sentences(unsure: Unsure | None) -> Sequence[str]:
    """What is unsure about an earlier state, for a person."""
    if unsure is None:
        return ()
    told = []
    if unsure.exact_since is not None:
        told.append(
            f"what went, and how far each source was read, is kept since {unsure.exact_since:%Y-%m-%d %H:%M} UTC: what "
            "rests on that is unknown here"
        )
    if unsure.changed:
        told.append(f"shown with today's configuration; changed since then: {', '.join(unsure.changed)}")
    if unsure.unknown:
        streams = ", ".join(f"{stream} {count}" for stream, count in unsure.unknown.items())
        told.append(
            f"left out, since no version is known from then or earlier (not there yet, or read only later): {streams}"
        )
    if unsure.undated:
        told.append(
            f"{unsure.undated} records went or came back later, and when is not known: they are shown as they were"
        )
    return told


def unsure_json(unsure: Unsure | None) -> dict[str, Any] | None:
    """The same for scripts."""
    if unsure is None:
        return None
    return {
        "exact_since": instant(unsure.exact_since),
        "changed": list(unsure.changed),
        "unknown": dict(unsure.unknown),
        "undated": unsure.undated,
    }


Command = Callable[..., Any]


def past_options(command: Command) -> Command:
    """Both options."""
    return as_of_option(true_at_option(command))
