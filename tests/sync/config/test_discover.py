"""`[discover.NAME]` is refused with its line where it is wrong; every example of its page does what the page says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.core.port import Catalog, Record, Visibility
from connectors.core.registry import load_connectors
from mapping.inbound import map_record
from mapping.model import Engagement
from sync.config.doubts import doubts
from sync.config.load import Config, load
from sync.config.problems import ConfigError, Problem
from sync.config.settings import DiscoverSettings
from sync.discovery import discover
from sync.selection import Selected

CONNECTIONS = """\
version = 1
[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { env = "T" }
[connections.github]
kind = "github"
url = "https://api.github.com"
token = { env = "T" }
[connections.salesforce]
kind = "salesforce"
url = "https://salesforce.example"
flow = "client_credentials"
client_id = "x"
client_secret = { env = "T" }
"""
TABLE = """\
[discover.contracts]
connection = "salesforce"
only = { field = "Stage__c", is = "Active" }
parts = { project = { field = "Jira project" } }
places = [{ connection = "jira", place = "{project}", anchor = "{project}-1" }]
"""
FIRST = CONNECTIONS.count("\n") + 1
PAGE = (Path(__file__).parents[3] / "docs" / "discovery.md").read_text(encoding="utf-8")


def _load(tmp_path: Path, table: str) -> Config:
    file = tmp_path / "syncline.toml"
    file.write_text(CONNECTIONS + table)
    return load(file, load_connectors(plugins=()).specs)


def _problems(tmp_path: Path, table: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, table)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "expected"),
    [
        ("discover.contracts", "discover.Contracts", 0, "discover.Contracts", "small letters"),
        ('"salesforce"', '"sf"', 1, "discover.contracts.connection", "salesforce"),
        ('"salesforce"', '"jira"', 1, "discover.contracts.connection", "has engagements: salesforce"),
        ('connection = "salesforce"\n', "", 0, "discover.contracts.connection", "required"),
        ("is = ", "iz = ", 2, "discover.contracts.only.iz", "filled, is"),
        ("field = ", "feild = ", 2, "discover.contracts.only.feild", "field"),
        ('{ field = "Stage__c", is = "Active" }', "3", 2, "discover.contracts.only", "a table"),
        ('{ field = "Jira project" }', '"Jira project"', 3, "discover.contracts.parts.project", "a table"),
        ('field = "Jira project"', 'path = "a..b"', 3, "discover.contracts.parts.project.path", "single dots"),
        ("{ project = ", "{ key = ", 3, "discover.contracts.parts.key", "another name"),
        ('"{project}"', '"{projct}"', 4, "discover.contracts.places.0.place", "contract, key, name, project"),
        ('"{project}"', '"our images"', 4, "discover.contracts.places.0.place", "NIM"),
        ("{project}-1", "NIM-1", 4, "discover.contracts.places.0.anchor", "one for each"),
        ("discover.contracts", "discover", 1, "discover.connection", "[discover.NAME]"),
        ("{project}-1", "{project-1", 4, "discover.contracts.places.0.anchor", "names of parts in braces"),
        ("{project}-1", "{project.x}", 4, "discover.contracts.places.0.anchor", "names of parts in braces"),
        ('"{project}"', '"{project!r:>9}"', 4, "discover.contracts.places.0.place", "names of parts in braces"),
        ('"jira"', '"jra"', 4, "discover.contracts.places.0.connection", "jira"),
        ('"jira"', '"salesforce"', 4, "discover.contracts.places.0.connection", "places"),
        ("places = [", "places = [{connection='jira', place='{project}'},", 4, "discover.contracts.places.1", "once"),
        ('place = "{project}", ', "", 4, "discover.contracts.places.0.place", "required"),
    ],
)
def test_a_mistake_is_told_with_line_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, key: str, expected: str
) -> None:
    assert old in TABLE
    problems = _problems(tmp_path, TABLE.replace(old, new, 1))
    assert any(p.line == FIRST + line and p.key == key and expected in p.expected for p in problems), problems


def test_what_is_right_raises_no_doubt_and_a_part_that_nothing_names_does(tmp_path: Path) -> None:
    assert doubts(_load(tmp_path, TABLE.replace("[discover", "[discover"))) == (
        "[connections.github] is named by no engagement: nothing is read of it; name it, or take it out",
    )
    more = TABLE.replace("parts = {", 'parts = { other = { field = "X" },')
    assert any("'other'" in one for one in doubts(_load(tmp_path, more)))


def test_the_page_tells_every_key() -> None:
    assert all(f"| `{key}` |" in PAGE for key in DiscoverSettings.model_fields)


def examples() -> list[tuple[str, str, str, str]]:
    """Of each example the last configuration before it, the record, the word of what is wanted, and what is wanted."""
    found, config, record = [], "", ""
    for words, body in re.findall(r"^```\w+ (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        if words == "config":
            config, record = body, ""
        elif words == "record":
            record = body
        else:
            found.append((config, record, words, body))
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e[2])
def test_an_example_does_what_the_page_says(tmp_path: Path, example: tuple[str, str, str, str]) -> None:
    config, record, wanted, expected = example
    if wanted == "problem":
        assert [f"{p.key}: found {p.found}; expected {p.expected}" for p in _problems(tmp_path, config)] == [
            expected.strip()
        ]
        return
    found = _discovered(_load(tmp_path, config), json.loads(record))
    if wanted == "held":
        assert [one.reason for one in found.held] == [expected.strip()]
        assert found.engagements == ()
        return
    assert found.held == ()
    assert [_told(one) for one in found.engagements] == [one for one in [json.loads(expected)] if one]


def test_the_page_has_examples_of_each_kind() -> None:
    assert [wanted for *_, wanted, _ in EXAMPLES] == ["engagement", "engagement", "engagement", "held", "problem"]


def _discovered(config: Config, payload: dict[str, object]):
    record = Record(
        connection="salesforce",
        stream="engagements",
        id="a00000000000001AAA",
        partition="Engagement__c",
        key=str(payload["Key__c"]),
        url=f"https://salesforce.example/{payload['Key__c']}",
        version="1",
        updated=datetime(2026, 11, 24, tzinfo=UTC),
        visibility=Visibility.INTERNAL,
        payload=payload,
    )
    catalog = Catalog(fields=())
    (engagement,) = map_record(config.connections["salesforce"].rules, record, catalog)
    assert isinstance(engagement, Engagement)
    return discover(config.discoveries[0], [(engagement, record)], catalog, {})


def _told(one: Selected) -> dict[str, object]:
    places = [" ".join(filter(None, (p.connection, p.place, p.anchor))) for p in one.places]
    left_out = {"left_out": list(one.left_out)} if one.left_out else {}
    return {"key": one.key, "places": places, **left_out}


def test_engagements_that_a_mapping_makes_of_the_records_of_single_places_cannot_be_discovered(tmp_path) -> None:
    table = """\
[mapping.jira.inbound.engagement]
stream = "issues"
makes = "engagement"
attributes = { key = { path = "key" }, name = { path = "fields.summary" }, stage = { value = "active" } }
[discover.projects]
connection = "jira"
"""
    (problem,) = _problems(tmp_path, table)
    assert (problem.line, problem.key) == (FIRST + 5, "discover.projects.connection")
    assert problem.expected == "a connection that has engagements: salesforce"
