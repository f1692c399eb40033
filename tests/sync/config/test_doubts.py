"""A mapping of the file that nothing uses is told, and what is used is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.core.registry import load_connectors
from sync.config.doubts import doubts
from sync.config.load import load

CONFIG = """\
version = 1

[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { env = "T" }
owned = ["risk.issue"]

[connections.salesforce]
kind = "salesforce"
url = "https://sf.example"
flow = "client_credentials"
client_id = "x"
client_secret = { env = "T" }

[engagements.NIM-01]
record = { connection = "salesforce", key = "NIM-01" }
places = [{ connection = "jira", place = "NIM" }]
"""


def told(tmp_path: Path, mapping: str) -> tuple[str, ...]:
    file = tmp_path / "syncline.toml"
    file.write_text(CONFIG + mapping)
    return doubts(load(file, load_connectors(plugins=()).specs))


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ('[mapping.github.outbound."work.label"]\nprefix = "x-"\n', "[mapping.github] is used by no connection"),
        (
            '[mapping.jira.outbound."work.label"]\nprefix = "x-"\n',
            '[mapping.jira.outbound."work.label"] writes nothing, since no jira connection owns it',
        ),
    ],
)
def test_a_mapping_that_nothing_uses_is_told(tmp_path: Path, mapping: str, expected: str) -> None:
    (sentence,) = told(tmp_path, mapping)
    assert sentence.startswith(expected)


@pytest.mark.parametrize(
    "mapping",
    [
        "",
        '[mapping.jira.outbound."risk.issue".statuses]\nclosed = "Closed"\n',
        '[mapping.jira.outbound]\n"work.label" = false\n',
        '[mapping.jira.inbound.work_item.attributes]\ndue = { field = "Target end" }\n',
    ],
)
def test_what_is_used_or_taken_out_is_not_told(tmp_path: Path, mapping: str) -> None:
    assert told(tmp_path, mapping) == ()
