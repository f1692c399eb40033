"""Whatever is done to a file, it is taken as a whole or told with its place, and never ends in a traceback."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

SHEET = (
    "Item;Title;Version;Signed;Effective;Due;Budget;Currency;State\n"
    'SI-01;"Images; and\nmore";1;2026-01-05;;2026-06-30;12.000,50;EUR;Active\n'
    "SI-02;Backup;2;2026-03-01;2026-04-01;;8000;;Deferred\n"
)
DOCUMENT = """\
[[baseline]]
version = 1
signed = 2026-01-05
[[baseline.item]]
item = "SI-01"
title = "Images"
due = 2026-06-30
budget = 12000.50
[[baseline]]
version = 2
[[baseline.item]]
item = "SI-01"
title = '''More
images'''
"""
COUNT = 400
PIECES = (
    b"\xff",
    b"\0",
    b'"',
    b";",
    b",",
    b"\t",
    b"\n",
    b"\r",
    b"=",
    b"[",
    b"]]",
    b"9" * 40,
    "\u202e".encode(),
    b"'''",
    b"-",
    b"1e999",
)


def _spoilt(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at, to = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
        match rng.randrange(4):
            case 0:
                data = data[:at] + rng.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + data[min(to, at + 20) :]
            case 2:
                data = data[:at] + data[at:to] * 2 + data[to:]
            case _:
                data = data[:at] + rng.choice(PIECES) + data[at + 1 :]
    return data


@pytest.mark.parametrize(("text", "place"), [(SHEET, "NIM-01.csv"), (DOCUMENT, "NIM-01.toml")])
def test_a_spoilt_file_is_taken_whole_or_told_with_its_place(sow: Any, text: str, place: str) -> None:
    sow.write(text, place)
    assert isinstance(sow.pull(place), list)
    rng = random.Random(20261124)  # noqa: S311 - the same files every time
    told = taken = 0
    for _ in range(COUNT):
        sow.cursors.clear()
        sow.write(_spoilt(text.encode(), rng), place)
        found = sow.pull(place)
        if isinstance(found, str):
            told += 1
            assert re.match(rf"sow: {place}: line \d+\b.*: found .+, expected .+; what was read", found, re.DOTALL), (
                found
            )
        else:
            taken += 1
            assert all(r.id and r.version and r.payload["line"] >= 1 for r in found)
    assert told > COUNT / 4
    assert taken > COUNT / 50
