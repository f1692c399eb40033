"""How many working days lie between two dates."""

from __future__ import annotations

from datetime import date, timedelta

_SATURDAY = 5  # date.weekday()
_DAYS_IN_WEEK = 7
_WORKING_DAYS_IN_WEEK = 5


def working_days_between(a: date, b: date) -> int:
    """Number of days d with a < d <= b that are Monday to Friday; 0 when b is not after a."""
    if b <= a:
        return 0
    weeks, rest = divmod((b - a).days, _DAYS_IN_WEEK)
    tail = sum((b - timedelta(days=back)).weekday() < _SATURDAY for back in range(rest))
    return weeks * _WORKING_DAYS_IN_WEEK + tail
