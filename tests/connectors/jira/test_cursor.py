"""A bound never means anything later than it should."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.jira.cursor import (
    BoundForm,
    IssuesCursor,
    Window,
    bound,
    issues_cursor,
    search,
    settled,
    upper_bound,
    versions_cursor,
)

NOON = datetime(2026, 11, 24, 12, 0, 59, 999000, tzinfo=UTC)


def test_epoch_bounds_are_exact_to_the_millisecond():
    assert bound(NOON, BoundForm.EPOCH, None) == "1795521659999"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
def test_a_local_bound_is_never_later_whichever_hour_jira_takes_it_for(zone):
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    while instant.year == 2026:
        text = bound(instant, BoundForm.LOCAL, zone).strip('"')
        read = datetime.strptime(text, "%Y/%m/%d %H:%M")  # noqa: DTZ007 - made aware below, in both readings
        for fold in (0, 1):
            assert read.replace(tzinfo=ZoneInfo(zone), fold=fold) <= instant
        instant += timedelta(minutes=47)


def test_a_local_bound_in_an_unknown_zone_allows_for_all_zones():
    text = bound(NOON, BoundForm.LOCAL, "Nowhere").strip('"')
    read = datetime.strptime(text, "%Y/%m/%d %H:%M").replace(tzinfo=UTC)
    for hours in (-12, 0, 14):
        assert read - timedelta(hours=hours) <= NOON


def test_project_keys_are_quoted_so_that_words_of_jql_and_quotes_are_only_names():
    text = search({"AND": None, 'A"B': None}, BoundForm.EPOCH, None, "id ASC")
    assert text == 'project in ("AND", "A\\"B") AND updated >= "1970/01/02 00:00" ORDER BY id ASC'


def test_projects_with_different_bounds_ride_in_one_search():
    text = search({"A": NOON, "B": None, "C": NOON}, BoundForm.EPOCH, None, "id ASC")
    assert text == (
        '(project in ("A", "C") AND updated >= 1795521659999) OR (project in ("B") AND updated >= "1970/01/02 00:00")'
        " ORDER BY id ASC"
    )


@pytest.mark.parametrize("text", [None, "", "x", "[]", "3", '{"v": 1}', '{"v": 1, "at": "2026-11-24", "wide": 3}'])
def test_what_is_no_cursor_is_none(text):
    assert issues_cursor(text) is None
    assert versions_cursor(text) is None


def test_a_cursor_never_goes_back():
    cursor = IssuesCursor(at=NOON, wide=NOON)
    earlier = NOON - timedelta(hours=1)
    assert cursor.advanced(earlier).at == NOON
    assert cursor.finished(earlier).at == NOON
    assert issues_cursor(cursor.text()) == cursor


def test_updates_that_the_index_may_not_have_sorted_yet_do_not_count():
    assert settled([NOON - timedelta(hours=2), None, NOON], NOON) == NOON - timedelta(hours=2)
    assert settled([NOON], NOON) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles", "Nowhere/AtAll", None])
def test_an_upper_bound_never_means_an_earlier_instant(zone):
    for hour in range(72):
        instant = datetime(2026, 10, 24, 0, 59, 59, 999_000, tzinfo=UTC) + timedelta(hours=hour)  # summer time ends
        shown = datetime.strptime(upper_bound(instant, BoundForm.LOCAL, zone).strip('"'), "%Y/%m/%d %H:%M")  # noqa: DTZ007 - local on purpose
        for real in [zone] if zone and zone.count("At") == 0 else ["Pacific/Kiritimati", "Etc/GMT+12"]:
            assert shown.replace(tzinfo=ZoneInfo(real)).astimezone(UTC) >= instant
    assert upper_bound(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), BoundForm.EPOCH, zone) == "1767225600001"


def test_between_two_instants_the_cursor_stands_within_them():
    cursor = IssuesCursor(at=datetime(2026, 3, 3, tzinfo=UTC), wide=datetime(2026, 1, 1, tzinfo=UTC))
    window = Window(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
    assert window.start(cursor, timedelta(minutes=5)) == cursor.at
    assert window.start(None, timedelta(minutes=5)) == window.since
    assert Window().start(None, timedelta(minutes=5)) is None
    assert Window().start(cursor, timedelta(0)) == cursor.wide
