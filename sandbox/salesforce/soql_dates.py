"""SOQL's named dates as spans of days: TODAY, LAST_N_DAYS:n and so on. Weeks begin on Sunday; the zone is UTC."""

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
    """
    name, _, number = text.upper().partition(":")
    if name in ("TODAY", "YESTERDAY", "TOMORROW"):
        start = today + _DAY * {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}[name]
        return start, start + _DAY
    if name == "N_DAYS_AGO":
        start = today - _DAY * int(number)
        return start, start + _DAY
    if name.endswith("_90_DAYS"):
        name, number = name.replace("_90_", "_N_"), "90"
    side, unit = name.split("_")[0], name.split("_")[-1].removesuffix("S")
    count = int(number) if number else 1
    if unit == "DAY":
        return (today - _DAY * count, today + _DAY) if side == "LAST" else (today + _DAY, today + _DAY * (count + 1))
    if unit == "WEEK":
        week = today - _DAY * ((today.weekday() + 1) % 7)
        first, last = _steps(side, count)
        return week + _DAY * 7 * first, week + _DAY * 7 * last
    months = _MONTHS[unit]
    first, last = _steps(side, count)
    return _month_start(today, months * first, months), _month_start(today, months * last, months)


def _steps(side: str, count: int) -> tuple[int, int]:
    """Return begin and end of a span in units, counted from the current unit."""
    return {"LAST": (-count, 0), "THIS": (0, 1), "NEXT": (1, count + 1)}[side]
