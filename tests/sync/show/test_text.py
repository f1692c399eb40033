"""What comes from a tool is made safe for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from sync.show.text import age, clean, light, one_line


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J\x1b[31mred", "a\x07b", "a\rb", "a\u202egnp.exe", "a\u2066b", "\x9b31m", "a\u2028b", "\x1b]0;title\x07"],
)
def test_nothing_that_could_steer_a_terminal_passes(hostile: str) -> None:
    shown = clean(hostile)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2028" for c in shown)


@given(st.text())
def test_one_line_is_one_line_of_bounded_width(text: str) -> None:
    line = one_line(text, 40)
    assert len(line) <= 40
    assert "\n" not in line


def test_words_of_many_scripts_pass() -> None:
    text = "Zażółć — 日本語 العربية 👩\u200d💻"
    assert clean(text) == text


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s ago"), (65, "1 min ago"), (7200, "2 h ago"), (200_000, "2 d ago"), (-5, "0 s ago")]
)
def test_age_in_one_unit(seconds: int, words: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == words
    assert age(None, now) == "never"


def test_a_colour_is_told_by_shape_and_word_too() -> None:
    assert len({light(c).plain[0] for c in ("green", "amber", "red", "unknown")}) == 4
    assert "UNKNOWN" in light("unknown").plain
