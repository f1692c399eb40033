"""Durations, what is known of every record, and templates: read as said, refused where it would be a guess."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from connectors.core.port import Catalog
from mapping.inbound import InboundError, map_record
from mapping.rules import RulesError
from mapping.values import NotReadableError, seconds

HOUR = 3600


def read(raw, unit_s=None):
    return seconds(raw, unit_s=unit_s, day_s=8 * HOUR, week_s=40 * HOUR)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2h", 2 * HOUR),
        ("1w 2d 4h 30m", 40 * HOUR + 16 * HOUR + 4 * HOUR + 1800),
        ("2 hours, 30 minutes", 2 * HOUR + 1800),
        ("1.5d", 12 * HOUR),
        ("1 Day", 8 * HOUR),
        ("45 secs", 45),
        ("P1DT2H", 10 * HOUR),
        ("PT45M", 2700),
        ("P2W", 80 * HOUR),
    ],
)
def test_a_length_of_time_in_words_or_in_iso_8601(raw, expected):
    assert read(raw) == expected


@pytest.mark.parametrize(
    "raw", ["2 months", "2mo", "5", 5, "h", "P", "PT", "2h 3h", "-2h", "1.00001s", "2h and 3m", [], "∞", "9" * 40 + "h"]
)
def test_what_is_no_such_length_is_refused(raw):
    with pytest.raises(NotReadableError):
        read(raw)


@given(st.integers(0, 10**6), st.sampled_from([1, 60, HOUR, 8 * HOUR]))
def test_a_bare_number_counts_in_the_stated_unit(number, unit):
    assert read(number, unit) == read(str(number), unit) == number * unit


@given(st.integers(0, 50), st.integers(0, 4), st.integers(0, 7), st.integers(0, 59))
def test_the_parts_add_up(weeks, days, hours, minutes):
    expected = weeks * 40 * HOUR + days * 8 * HOUR + hours * HOUR + minutes * 60
    assert read(f"{weeks}w {days}d {hours}h {minutes}m") == expected
    assert read(f"P{weeks}W{days}DT{hours}H{minutes}M") == expected


def override(**attributes):
    return {"inbound": {"work_item": {"attributes": attributes}}}


def refused(compiled, texts, **attributes):
    with pytest.raises(RulesError) as caught:
        compiled("jira", texts("jira"), override(**attributes))
    return [(".".join(p.path).partition("attributes.")[2], p.found, p.expected) for p in caught.value.problems]


def test_a_bare_number_without_a_unit_refuses_the_record(compiled, texts, issue):
    rules = compiled("jira", texts("jira"), override(spent_s={"field": "Hours", "type": "duration"}))
    with pytest.raises(InboundError, match=r"Hours: found 1\.5, expected a duration"):
        map_record(rules, issue({"Hours": 1.5}), Catalog(fields=()))


def test_a_duration_is_for_lengths_of_time_and_its_keys_for_durations(compiled, texts):
    found = refused(
        compiled,
        texts,
        spent_s={"field": "Hours", "unit": "h"},
        estimate_s={"field": "Sold", "type": "duration", "unit": "y", "day_h": 0, "week_d": "5"},
        due={"field": "Due", "type": "duration", "day_h": 8},
    )
    assert {path for path, _, _ in found} == {
        "spent_s.unit",
        "estimate_s.unit",
        "estimate_s.day_h",
        "estimate_s.week_d",
        "due.type",
        "due.day_h",
    }
    assert ("spent_s.unit", "unit for a whole number", 'type = "duration" beside it') in found


def test_a_condition_on_the_place_separates_places(compiled, texts, issue):
    steps = {"steps": {"here": {"value": "epic", "when": {"record": "place", "is": ["nim", "OPS"]}}}}
    rules = compiled("jira", texts("jira"), override(work_class=steps))
    assert [map_record(rules, issue(key=k), Catalog(fields=()))[0].work_class for k in ("NIM-1", "OPS-1", "X-1")] == [
        "epic",
        "epic",
        "work",
    ]


@pytest.mark.parametrize(
    ("record", "expected"),
    [("key", "NIM-7"), ("id", "10007"), ("stream", "issues"), ("connection", "jira"), ("visibility", "internal")],
)
def test_what_is_known_of_every_record(compiled, texts, issue, record, expected):
    rules = compiled("jira", texts("jira"), override(type={"record": record}))
    assert map_record(rules, issue(), Catalog(fields=()))[0].type == expected


@pytest.mark.parametrize(("component", "expected"), [({"name": "Boot"}, "Boot: Rotate the keys"), (None, ""), ([], "")])
def test_a_template_says_nothing_while_one_of_its_parts_says_nothing(compiled, texts, issue, component, expected):
    parts = {"part": {"field": "Part"}, "summary": {"path": "fields.summary"}}
    rules = compiled("jira", texts("jira"), override(type={"template": "{part}: {summary}", "parts": parts}))
    assert rules.fields("issues").count("Part") == 1
    assert map_record(rules, issue({"Part": component}), Catalog(fields=()))[0].type == expected


@pytest.mark.parametrize(
    ("step", "path", "found"),
    [
        ({"template": "{a} {b}", "parts": {"a": {"path": "x"}}}, "type.template", "{b}"),
        ({"template": "{a}", "parts": {"a": {"path": "x"}, "c": {"path": "y"}}}, "type.template", "a part 'c'"),
        ({"template": "{a", "parts": {}}, "type.template", "'{a'"),
        ({"template": "{a}", "parts": {"a": {}}}, "type.parts.a", "no source"),
        ({"template": "{a}", "parts": {"a": {"template": "x"}}}, "type.parts.a.template", "an unknown key"),
        ({"path": "x", "parts": {"a": {"path": "x"}}}, "type.parts", "parts without a template"),
        (
            {"template": "{a}", "field": "x", "parts": {"a": {"path": "x"}}},
            "type.template",
            "a template beside a field",
        ),
        ({"record": "colour"}, "type.record", "'colour'"),
    ],
)
def test_a_wrong_source_is_told_by_its_key(compiled, texts, step, path, found):
    told = refused(compiled, texts, type=step)
    assert any(where == path and what.startswith(found) for where, what, _ in told), told
