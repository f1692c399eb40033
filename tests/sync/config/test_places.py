"""A place or an anchor that no tool can have is refused, and what nothing can come of is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.core.registry import load_connectors
from sync.config.doubts import doubts
from sync.config.load import Config, load
from sync.config.problems import ConfigError

EXAMPLE = (Path(__file__).parents[3] / "config.example.toml").read_text(encoding="utf-8")
SPECS = load_connectors(plugins=()).specs


def _load(tmp_path: Path, *changes: tuple[str, str]) -> Config:
    text = EXAMPLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "syncline.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, SPECS)


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('place = "NIM", ', 'place = "nim", ', "places.0.place", "a project key such as NIM"),
        ('place = "NIM", ', 'place = "Nimbus images", ', "places.0.place", "a project key such as NIM"),
        ('anchor = "NIM-1"', 'anchor = "NIM"', "places.0.anchor", "an issue key such as NIM-1"),
        ('anchor = "NIM-1"', 'anchor = "https://jira.example/browse/NIM-1"', "places.0.anchor", "an issue key"),
        ('place = "NIMDC"', 'place = "NIM DC"', "places.1.place", "a project key"),
        ('place = "fictitious-partner/nim-images"', 'place = "nim-images"', "places.2.place", "owner/name"),
        ('anchor = "fictitious-partner/nim-images#1"', 'anchor = "#1"', "places.2.anchor", "owner/name#1"),
        ('place = "nim-images"', 'place = "lp:nim-images"', "places.3.place", "a project's name"),
        ('anchor = "nim-images/engagement-nim-01"', 'anchor = "engagement-nim-01"', "places.3.anchor", "a blueprint"),
    ],
)
def test_a_malformed_place_or_anchor_is_refused_at_its_line(tmp_path, old, new, key, expected):
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, (old, new))
    (problem,) = caught.value.problems
    assert problem.key == f"engagements.NIM-01.{key}"
    assert expected in problem.expected
    assert new.split('"')[1] in problem.found
    assert new in (EXAMPLE.replace(old, new)).splitlines()[problem.line - 1]


def test_the_example_leaves_no_doubt(tmp_path):
    assert doubts(_load(tmp_path)) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([('  { connection = "jira-dc", place = "NIMDC" },\n', "")], ["[connections.jira-dc]", "no engagement"]),
        ([('anchor = "NIM-1"', 'anchor = "OTH-1"')], ["anchor OTH-1 of NIM-01 lies in OTH", "NIM"]),
        (
            [('record = { connection = "salesforce", key', 'record = { connection = "jira", key')],
            ["the record of NIM-01 lies in jira", "salesforce"],
        ),
    ],
)
def test_what_nothing_can_come_of_is_told(tmp_path, changes, words):
    told = doubts(_load(tmp_path, *changes))
    assert [one for one in told if all(word in one for word in words)]


def test_a_configuration_without_engagements_is_told(tmp_path):
    start = EXAMPLE.index("[engagements.NIM-01]")
    discovered = EXAMPLE.index("[discover.contracts]", start)
    end = EXAMPLE.index("\n[", discovered)
    assert any("no engagement is configured" in one for one in doubts(_load(tmp_path, (EXAMPLE[start:end], ""))))
    with_discovery = doubts(_load(tmp_path, (EXAMPLE[start:discovered], "")))
    assert not any("no engagement is configured" in one for one in with_discovery)
