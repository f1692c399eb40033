"""Working days, Monday to Friday, as the generator counts them."""

from datetime import date, timedelta

_SATURDAY = 5


def plus(day: date, days: int) -> date:
    """Return the date so many calendar days later."""
    return day + timedelta(days=days)


def plus_working(day: date, count: int) -> date:
    """Return the `count`-th working day after `day` (count > 0)."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def weekday_from(day: date, weekday: int) -> date:
    """Return the first such weekday (0 is Monday) on or after `day`."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)
