"""Who has read one stand-in finds the way in all: the same file names in each, and nothing of the product."""

from __future__ import annotations

import re
from pathlib import Path

import sandbox.core

FOLDER = Path(sandbox.core.__file__).parents[1]
STAND_INS = ("github", "jira", "launchpad", "salesforce")


def test_each_stand_in_has_the_files_that_all_have() -> None:
    told = set(re.findall(r"`(\w+\.py)`", sandbox.core.__doc__ or ""))
    assert len(told) == 8
    for name in STAND_INS:
        assert told <= {each.name for each in (FOLDER / name).iterdir()}, name


def test_each_stand_in_has_a_page_that_tells_what_is_exact_approximate_and_missing() -> None:
    for name in STAND_INS:
        page = (FOLDER.parent / "docs" / "sandbox" / f"{name}.md").read_text(encoding="utf-8")
        headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
        assert [each for each in headings if each in ("Exact", "Approximate", "Missing")] == [
            "Exact",
            "Approximate",
            "Missing",
        ], name


def test_what_all_do_is_there_once() -> None:
    for name in STAND_INS:
        for file in (FOLDER / name).rglob("*.py"):
            found = re.findall(
                r"class \w*(?:FaultTable|RequestLog|Clock|Handler\(BaseHTTP)|time\.time\(\)", file.read_text()
            )
            assert found == [], file
