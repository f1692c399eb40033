"""SOQL's named dates as spans of days: TODAY, LAST_N_DAYS:n and so on.

Weeks begin on Sunday, fiscal years in January.
"""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _month_start(day: date, months: int, unit: int) -> date:
    """Return the first day of the unit (1, 3 or 12 months) that holds `day`, moved by `months`."""
    index = day.year * 12 + day.month - 1
    index = index - index % unit + months
    return date(index // 12, index % 12 + 1, 1)


def named_span(text: str, today: date) -> tuple[date, date]:
    """Return the first day of a named date, and the first day after it.

    Args:
        text: The literal, such as `LAST_N_DAYS:30`, in any case.
        today: The current day in the user's zone.

    Raises:
        OverflowError, ValueError: The span lies outside of the calendar.
    """
    name, _, number = text.upper().replace("FISCAL_", "").partition(":")
    if name in ("TODAY", "YESTERDAY", "TOMORROW"):
        start = today + _DAY * {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}[name]
        return start, start + _DAY
    if name.endswith("_AGO"):
        return _ago(name.split("_")[1].removesuffix("S"), int(number), today)
    if name.endswith("_90_DAYS"):
        name, number = name.replace("_90_", "_N_"), "90"
    side, unit = name.split("_")[0], name.split("_")[-1].removesuffix("S")
    count = int(number) if number else 1
    if unit == "DAY":
        return (today - _DAY * count, today + _DAY) if side == "LAST" else (today + _DAY, today + _DAY * (count + 1))
    first, last = {"LAST": (-count, 0), "THIS": (0, 1), "NEXT": (1, count + 1)}[side]  # in units, from the current one
    return _moved(unit, first, today), _moved(unit, last, today)


def _ago(unit: str, count: int, today: date) -> tuple[date, date]:
    """Return the one unit that lies `count` units back."""
    if unit == "DAY":
        return today - _DAY * count, today - _DAY * (count - 1)
    return _moved(unit, -count, today), _moved(unit, 1 - count, today)


def _moved(unit: str, steps: int, today: date) -> date:
    """Return the first day of the current week, month, quarter or year, moved by so many of them."""
    if unit == "WEEK":
        return today - _DAY * ((today.weekday() + 1) % 7) + _DAY * 7 * steps
    months = _MONTHS[unit]
    return _month_start(today, months * steps, months)
