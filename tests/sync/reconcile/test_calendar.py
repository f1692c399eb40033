from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from sync.reconcile.calendar import working_days_between

MONDAY = date(2026, 11, 23)
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("a", "b", "days"),
    [
        (0, 0, 0),
        (0, 1, 1),
        (0, 4, 4),  # to Friday
        (0, 5, 4),  # to Saturday
        (0, 6, 4),
        (0, 7, 5),
        (4, 5, 0),  # Friday to Saturday
        (4, 7, 1),  # Friday to Monday
        (5, 6, 0),  # Saturday to Sunday
        (5, 7, 1),
        (0, 28, 20),
        (0, 29, 21),
        (3, 1, 0),  # backwards
    ],
)
def test_days_after_a_up_to_b_that_are_monday_to_friday(a, b, days):
    assert working_days_between(MONDAY + timedelta(a), MONDAY + timedelta(b)) == days


@given(DATES, st.integers(0, 800))
def test_equals_counting_day_by_day(a, length):
    days = (a + timedelta(n) for n in range(1, length + 1))
    assert working_days_between(a, a + timedelta(length)) == sum(d.isoweekday() <= 5 for d in days)
