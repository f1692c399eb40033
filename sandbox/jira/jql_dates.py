"""Instants in JQL: absolute ones in the caller's zone, relative ones, epoch milliseconds, and functions."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sandbox.jira.jql import Function, JqlError, Value

FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
"""What JQL takes; the finest step is a minute."""

_RELATIVE = re.compile(r"\s*([+-]?)\s*((?:\d+\s*[wdhm]\s*)+)", re.IGNORECASE)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_BOUND = re.compile(r"(start|end)of(day|week|month|year)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The instant of a query, in the zone of who asks; `epoch` says whether milliseconds are dates."""

    now: datetime
    zone: tzinfo
    epoch: bool = True


def instant(operand: Value | Function, field: str, moment: Moment) -> int:
    """Give the milliseconds since the epoch that an operand means.

    Raises:
        JqlError: it is no date, or no function that gives one.
    """
    if isinstance(operand, Function):
        return _milliseconds(_function(operand, moment))
    text = operand.text.strip()
    if moment.epoch and re.fullmatch(r"-?\d{1,17}", text):
        return int(text)
    if (delta := relative(text)) is not None:
        return _milliseconds(moment.now + delta)
    for form in FORMATS:
        try:
            return _milliseconds(datetime.strptime(text, form).replace(tzinfo=moment.zone))
        except ValueError:
            continue
    raise JqlError(
        f"Date value '{operand.text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def day(operand: Value | Function, field: str, moment: Moment) -> str:
    """Give the day that an operand means, for fields without a time; raises as `instant`."""
    return datetime.fromtimestamp(instant(operand, field, moment) / 1000, tz=moment.zone).date().isoformat()


def relative(text: str) -> timedelta | None:
    """Read `-17m` or `4w 2d`; None when it is not of that form."""
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    total = timedelta()
    for number, unit in re.findall(r"(\d+)\s*([wdhm])", match[2].lower()):
        total += timedelta(**{_UNITS[unit]: int(number)})
    return -total if match[1] == "-" else total


def _function(function: Function, moment: Moment) -> datetime:
    name = function.name.casefold()
    local = moment.now.astimezone(moment.zone)
    if name == "now":
        if function.arguments:
            raise JqlError(f"Function 'now' expected '0' arguments but received '{len(function.arguments)}'.")
        return local
    match = _BOUND.fullmatch(name)
    if match is None:
        raise JqlError(f"Unable to find JQL function '{function.name}({', '.join(function.arguments)})'.")
    end, unit = match[1].casefold() == "end", match[2].casefold()
    today = local.date()
    start = _START[unit](today)
    offset = function.arguments[0] if function.arguments else "0"
    delta = timedelta()
    if re.fullmatch(r"[+-]?\d+", offset):
        start = _shift(start, unit, int(offset))
    elif match := re.fullmatch(r"([+-]?\d+)([yM])", offset):
        start = _shift(start, "year" if match[2] == "y" else "month", int(match[1]), day=True)
    elif (found := relative(offset)) is not None:
        delta = found
    else:
        raise JqlError(
            f"Duration for function '{function.name}' should have the format (+/-)n(yMwdm), e.g -1M for 1 month "
            "earlier."
        )
    if end:
        start = _shift(start, unit, 1)
    bound = datetime(start.year, start.month, start.day, tzinfo=moment.zone) + delta
    return bound - timedelta(milliseconds=1) if end else bound


_START: dict[str, Callable[[date], date]] = {
    "day": lambda one: one,
    "week": lambda one: one - timedelta(days=(one.weekday() + 1) % 7),  # Jira's weeks begin on Sunday
    "month": lambda one: one.replace(day=1),
    "year": lambda one: one.replace(month=1, day=1),
}


def _shift(one: date, unit: str, count: int, *, day: bool = False) -> date:
    """Go so many units on, to the first day of a month or year; `day` keeps the day where the month has it."""
    if unit in ("day", "week"):
        return one + timedelta(days=count * (7 if unit == "week" else 1))
    months = one.year * 12 + one.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(one.day, monthrange(year, month)[1]) if day else 1)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
