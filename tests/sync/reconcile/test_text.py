from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from sync.reconcile.result import Colour, Reason, Status
from sync.reconcile.text import same_message, stamp_of, status_text


def status(*reasons, colour=Colour.AMBER):
    return Status(
        engagement="NIM-01",
        colour=colour,
        reasons=tuple(Reason(text=r) for r in reasons),
        dimensions=(),
        true_of=None,
    )


def test_colour_and_instant_then_reasons_then_sources(build):
    sources = [build.source("issues", "NIM", 5), build.source("versions", "NIM", 65)]
    assert status_text(status("D-1 is late", "two\nlines"), sources, build.NOW).split("\n") == [
        "AMBER as of 2026-11-24 10:00 UTC",
        "- D-1 is late",
        "- two lines",
        "Sources: oldest of 2 read 2026-11-24 08:55 UTC",
    ]


def test_at_most_five_reasons_and_how_many_more(build):
    lines = status_text(status(*(f"r{n}" for n in range(8))), [], build.NOW).split("\n")
    assert lines[1:-1] == ["- r0", "- r1", "- r2", "- r3", "- r4", "- and 3 more"]


@pytest.mark.parametrize(
    ("ages", "line"),
    [
        ([None], "Sources: none was ever read"),
        ([], "Sources: none was ever read"),
        ([None, 5], "Sources: oldest of 2 read 2026-11-24 09:55 UTC, 1 never read"),
    ],
)
def test_sources_that_were_never_read_are_told(build, ages, line):
    sources = [build.source("issues", f"P{n}", age) for n, age in enumerate(ages)]
    assert status_text(status(), sources, build.NOW).split("\n")[-1] == line


def test_two_texts_say_the_same_when_only_instants_differ(build):
    one = status_text(status("r"), [build.source("issues", "NIM", 5)], build.NOW)
    later = status_text(status("r"), [build.source("issues", "NIM", 1)], build.NOW + timedelta(hours=3))
    assert one != later
    assert same_message(one, later)
    assert same_message(one.replace("\n", "\r\n") + "  \n", later)
    assert not same_message(one, status_text(status("s"), [], build.NOW))
    assert not same_message(one, status_text(status("r", colour=Colour.RED), [], build.NOW))
    assert not same_message(one, one + "\nand a person's line")


@pytest.mark.parametrize("text", ["", "a person wrote this", "AMBER as of 2026-13-24 10:00 UTC", "AMBER as of now"])
def test_what_is_not_our_text_has_no_stamp(text):
    assert stamp_of(text) is None


@given(st.sampled_from(Colour), st.lists(st.text(max_size=20), max_size=7), st.datetimes())
def test_the_stamp_is_read_back(colour, reasons, instant):
    from datetime import UTC

    if instant.year < 1000:
        return
    stamp = instant.replace(tzinfo=UTC, second=0, microsecond=0)
    assert stamp_of(status_text(status(*reasons, colour=colour), [], stamp)) == stamp
