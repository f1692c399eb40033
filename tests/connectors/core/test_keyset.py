"""A keyset position never passes what may still be committed, and never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from connectors.core.keyset import Position

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
instants = st.integers(-5000, 5000).map(lambda s: NOW + timedelta(seconds=s))
ids = st.text("abc01", min_size=1, max_size=3)


@given(at=instants, record_id=ids)
def test_a_cursor_says_the_same_after_being_stored(at, record_id):
    position = Position(at=at, after_id=record_id)
    assert Position.decode(position.encode()) == position


@given(rows=st.lists(st.tuples(instants, ids), max_size=20).map(sorted), horizon=instants, start=instants)
def test_advancing_over_ordered_rows_never_passes_the_horizon_or_goes_back(rows, horizon, start):
    position = Position(at=start)
    for at, record_id in rows:
        following = position.advance(at=at, record_id=record_id, horizon=horizon)
        assert position <= following <= max(position, Position(at=horizon))
        position = following


def test_a_cursor_in_another_zone_is_the_same_instant():
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert Position.decode(Position(at=there, after_id="x").encode()) == Position(at=NOW, after_id="x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"at":"2026-03-02T10:00:00","id":"x"}',
        '{"at":"soon","id":"x"}',
        '{"at":"2026-03-02T10:00:00+00:00","id":1}',
    ],
)
def test_a_foreign_cursor_is_refused(text):
    with pytest.raises(ValueError, match="not a cursor"):
        Position.decode(text)
