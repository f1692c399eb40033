"""Nothing between the connectors and the reader's eye knows which tools there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mapping
import sync

TOOLS = re.compile(r"jira|github|launchpad|salesforce|atlassian|\bsfdc?\b", re.IGNORECASE)
FOLDERS = (Path(mapping.__file__).parent, Path(sync.__file__).parent)
FILES = [file for folder in FOLDERS for file in sorted(folder.rglob("*.py")) if not file.name.startswith("demo")]


@pytest.mark.parametrize("file", FILES, ids=lambda f: "/".join(f.parts[-3:]))
def test_no_tool_is_named(file):
    named = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if TOOLS.search(line)
    ]
    assert named == []
