"""What was written is read back as what was given, for every field and every value of its table, in every mapping."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from connectors.core.port import Catalog, FieldInfo, FieldType
from mapping import outbound
from mapping.outbound import same
from mapping.parse_outbound import outward
from mapping.shown import read_back
from mapping.spec import OutType, Target

KINDS = ("github", "jira", "launchpad", "salesforce")
LINES = st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=30)


def catalog_of(rule):
    return Catalog(
        fields=tuple(
            FieldInfo(stream=rule.stream, name=f.name, id=f"f{n}", type=FieldType.OTHER)
            for n, f in enumerate(rule.fields)
        )
    )


def rules_of(request, kind):
    rules = request.getfixturevalue(kind)
    return [rules.out(name) for name in rules.out_names()]


def shows(issue, rule, wanted):
    """A record that holds what was written, as its tool gives it back."""
    if rule.target is Target.BLOCK:
        payload = {"syncline_block": wanted, "syncline_blocks": {"x": wanted}}
    else:
        payload = dict(wanted)
        if rule.target is Target.LABEL:
            payload = {"labels": ["of people", *wanted.values()]}
        for key in reversed(rule.fields_at):
            payload = {key: payload}
    return replace(issue(), stream=rule.stream, payload=payload)


def closed_values(rule):
    """(field, one of ours) for every field with a value table and every value of it."""
    offered = outward()[rule.name].attributes
    return [(field, value) for field in rule.fields if field.table for value in offered[field.attribute]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_every_table_comes_back_and_needs_no_second_write(request, issue, kind):
    seen = 0
    for rule in rules_of(request, kind):
        catalog = catalog_of(rule)
        for field, value in closed_values(rule):
            wanted = outbound.values(rule, {field.attribute: value}, catalog)
            record = shows(issue, rule, wanted)
            assert read_back(rule, record, catalog).attributes[field.attribute] == value, (rule.name, field.name)
            assert all(same(rule, k, wanted[k], outbound.shown(rule, record, catalog)[k]) for k in wanted)
            seen += 1
    assert seen >= {"github": 4, "jira": 4, "launchpad": 0, "salesforce": 15}[kind]


def given_value(rule, field):
    if field.table:
        return st.sampled_from(sorted(field.table))
    match field.type:
        case OutType.DATE:
            return st.dates(min_value=date(1970, 1, 1))
        case OutType.DATETIME:
            whole = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - a bound
            return whole.map(lambda instant: instant.replace(microsecond=0))
        case OutType.URL:
            return LINES.map(lambda word: f"https://tool.example/{word}")
        case OutType.LABELS:
            return LINES
        case _:
            return LINES.map(lambda word: f"{rule.prefix}{word}") if rule.target is Target.LABEL else LINES


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_whatever_is_written_comes_back(request, issue, kind, data):
    for rule in rules_of(request, kind):
        if rule.target is Target.LINK:
            assert read_back(rule, issue(), Catalog(fields=())).attributes == {}
            continue
        attributes = {f.attribute: data.draw(given_value(rule, f), label=f.name) for f in rule.fields}
        catalog = catalog_of(rule)
        said = read_back(rule, shows(issue, rule, outbound.values(rule, attributes, catalog)), catalog)
        later = {f.attribute for f in rule.fields if f.on_create_only}
        expected = {k: (v,) if rule.target is Target.LABEL else v for k, v in attributes.items() if k not in later}
        assert said.attributes == expected
        assert said.not_understood == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_person_wrote_there_is_told_and_not_guessed(request, issue, kind):
    for rule in rules_of(request, kind):
        catalog = catalog_of(rule)
        for n, field in enumerate(rule.fields):
            if field.table or field.type in (OutType.DATE, OutType.DATETIME):
                said = read_back(rule, shows(issue, rule, {f"f{n}": "whenever"}), catalog)
                assert field.attribute not in said.attributes
                assert said.not_understood == {field.name: {"value": "whenever"} if rule.option_objects else "whenever"}


def test_fields_that_the_tool_lacks_say_nothing(jira, issue):
    assert read_back(jira.out("anchor.status"), issue(), Catalog(fields=())).attributes == {}
