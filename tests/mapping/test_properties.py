from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given, settings, strategies as st

from connectors.core.port import Catalog, FieldInfo, FieldType
from mapping import outbound, values
from mapping.inbound import InboundError, map_record
from mapping.links import Finder, Standing
from mapping.parse_outbound import outward
from mapping.prose import content
from mapping.spec import OutType, Target

TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=60)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["2026-11-24T10:00:00Z", "a\r\n"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "name", "id", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELD_VALUES = {
    "summary": TEXTS | JSON,
    "description": TEXTS | JSON,
    "labels": st.lists(
        st.sampled_from(["scope:SI-01", "scope:", "scope:a/b/c", "out-of-contract", "x", ""]), max_size=4
    )
    | JSON,
    "issuetype": st.fixed_dictionaries({"name": st.sampled_from(["Task", "Epic", "Risk", "Odd"])}) | JSON,
    "status": st.fixed_dictionaries(
        {"name": TEXTS, "statusCategory": st.fixed_dictionaries({"key": st.sampled_from(["new", "done", "undefined"])})}
    )
    | JSON,
    "resolution": st.fixed_dictionaries({"name": st.sampled_from(["Done", "Duplicate", "Odd"])}) | JSON,
    "duedate": st.dates().map(str) | JSON,
    "updated": st.datetimes(timezones=st.just(UTC)).map(lambda d: d.isoformat()) | JSON,
    "fixVersions": st.lists(st.fixed_dictionaries({"id": st.integers().map(str)}), max_size=3) | JSON,
    "parent": st.fixed_dictionaries({"id": st.integers().map(str)}) | JSON,
    "customfield_10042": TEXTS | JSON,
    "customfield_10043": TEXTS | JSON,
    "customfield_10044": st.fixed_dictionaries({"value": st.sampled_from(["Yes", "no", "Maybe"])}) | JSON,
}
FIELDS = st.fixed_dictionaries({}, optional=FIELD_VALUES)


def outcome(rules, record, catalog):
    """The entities, or the refusal: nothing else may come out, whatever the tool says."""
    try:
        return map_record(rules, record, catalog)
    except InboundError as refusal:
        return (refusal.ref, refusal.field, refusal.found, refusal.expected)


@given(st.lists(FIELDS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_records_and_of_fields_does_not_matter(jira, jira_catalog, issue, many, shuffler: random.Random):
    records = [replace(issue(fields), id=str(n)) for n, fields in enumerate(many)]
    expected = {r.ref: outcome(jira, r, jira_catalog) for r in records}
    shuffler.shuffle(records)
    for record in records:
        fields = list(record.payload["fields"].items())
        shuffler.shuffle(fields)
        turned = replace(record, payload={"fields": dict(fields)})
        assert outcome(jira, turned, jira_catalog) == expected[record.ref]


KINDS = ("github", "jira", "launchpad", "salesforce")
TOLD = st.sampled_from(["x", "NIM-01", "scope:SI-1", "2026-11-24T10:00:00Z", "LP: #12", "open", "a/b#3", 7, True, None])


def asked(rules, stream: str) -> list[tuple[str, ...]]:
    """Where the rules of a stream look: keys of the payload."""
    at = rules.streams[stream].fields_at
    found = set()
    for rule in (r for r in rules.entities if r.stream == stream):
        steps = [s for steps in rule.attributes.values() for s in steps]
        sources = [*(c.source for s in steps for c in s.when), *(s.source for s in steps if s.source is not None)]
        found |= {source.path or (*at, source.name) for source in sources if source.path or source.name}
    return sorted(found)


def put(into: dict, keys: tuple[str, ...], value) -> None:
    """The value at its place; every entry of a list is one entry here. What stands in the way stays."""
    *above, last = keys
    for here, following in zip(above, keys[1:], strict=True):
        if isinstance(into, list):
            into.append({}) if not into else None
            into = into[0]
            continue
        into = into.setdefault(here, [] if following == "*" else {})
        if not isinstance(into, (dict, list)):
            return
    into.append(value) if isinstance(into, list) else into.setdefault(last, value)


def turned(value, shuffler: random.Random):
    """The same with the keys of all its objects in another order; the order of a list says something."""
    if isinstance(value, list):
        return [turned(each, shuffler) for each in value]
    if not isinstance(value, dict):
        return value
    pairs = [(key, turned(each, shuffler)) for key, each in value.items()]
    shuffler.shuffle(pairs)
    return dict(pairs)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(data=st.data(), shuffler=st.randoms(use_true_random=False))
def test_the_order_of_the_records_of_every_tool_does_not_matter(request, issue, kind, data, shuffler: random.Random):
    rules = request.getfixturevalue(kind)
    catalog = Catalog(fields=())
    records = []
    for n in range(data.draw(st.integers(2, 5), label="records")):
        stream = data.draw(st.sampled_from(sorted({r.stream for r in rules.entities})), label="stream")
        payload: dict = {}
        for keys in data.draw(st.lists(st.sampled_from(asked(rules, stream)), max_size=8), label="keys"):
            put(payload, keys, data.draw(TOLD | st.lists(TOLD, max_size=2), label=".".join(keys)))
        records.append(replace(issue(), connection=kind, stream=stream, id=str(n), payload=payload))
    expected = {r.ref: outcome(rules, r, catalog) for r in records}
    shuffler.shuffle(records)
    for record in records:
        other = replace(record, payload=turned(record.payload, shuffler))
        assert outcome(rules, other, catalog) == expected[record.ref]


STREAMS = ["accounts", "users", "engagements", "baselines", "scope_items", "deliverables"]
REAL = [
    "a02Kj0000012AbC",
    "2026-12-01",
    "Active",
    "EUR",
    "NIM-1, NIM-2",
    "https://jira.example/browse/NIM-1",
    2.0,
    True,
]


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
def test_whatever_a_row_holds_it_is_mapped_or_refused(salesforce, row, stream, data):
    value = st.sampled_from(REAL) | JSON
    payload = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(salesforce.fields(stream), value)))
    result = outcome(salesforce, row(stream, payload), Catalog(fields=()))
    assert len(result) in (1, 4)
    assert result == outcome(salesforce, row(stream, dict(reversed(payload.items()))), Catalog(fields=()))


RULES = sorted(outward())


def free(rule, attribute: str):
    if attribute == "as_of":
        return st.datetimes(timezones=st.just(UTC)).filter(lambda d: d.year >= 1000)
    if attribute == "raised_on":
        return st.dates()
    if attribute == "label":
        return st.from_regex(r"syncline-[a-z]{1,9}", fullmatch=True)
    field = next(f for f in rule.fields if f.attribute == attribute)
    if field.type is OutType.URL:
        return st.from_regex(r"https?://[a-z]{1,9}(/[\w%.-]{0,9}){0,2}", fullmatch=True)
    return TEXTS if field.type is OutType.LONG_TEXT else TEXTS.map(lambda t: t[:30])


def whole_catalog(rule, limit: int | None) -> Catalog:
    fields = tuple(
        FieldInfo(
            stream=rule.stream, name=f.name, id=f"f{n}", type=FieldType.OTHER, max_length=limit if f.cut else None
        )
        for n, f in enumerate(rule.fields)
    )
    return Catalog(fields=fields)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_what_was_written_is_shown_as_the_same(jira, salesforce, github, issue, name, data):
    rule = jira.out(name) or salesforce.out(name) or github.out(name)
    offered = outward()[name].attributes
    written = [f.attribute for f in rule.fields]
    attributes = {
        a: data.draw(st.none() | (st.sampled_from(offered[a]) if offered[a] else free(rule, a)), label=a)
        for a in written
    }
    catalog = whole_catalog(rule, data.draw(st.none() | st.integers(5, 40), label="limit"))
    wanted = outbound.values(rule, attributes, catalog)
    assert wanted == outbound.values(rule, dict(reversed(attributes.items())), catalog)
    payload = dict(wanted)
    for key in reversed(rule.fields_at):
        payload = {key: payload}
    seen = outbound.shown(rule, replace(issue(), stream=rule.stream, payload=payload), catalog)
    if rule.target is Target.BLOCK:
        shown = replace(issue(), stream=rule.stream, payload={"syncline_block": {"id": "1", **wanted}})
        assert outbound.shown_block(rule, shown, "any").text == wanted["text"]
    if rule.target in (Target.LINK, Target.LABEL, Target.BLOCK):
        assert seen == {}
        return
    assert seen.keys() == wanted.keys()
    for field_id, value in wanted.items():
        assert outbound.same(rule, field_id, value, seen[field_id])


@pytest.mark.parametrize("field", ["Syncline_As_Of__c", "Syncline_Status__c", "customfield_1"])
@given(a=JSON, b=JSON)
def test_same_is_reflexive_and_symmetric(salesforce, field, a, b):
    rule = salesforce.out("engagement.status")
    assert outbound.same(rule, field, a, a)
    assert outbound.same(rule, field, a, b) == outbound.same(rule, field, b, a)


@given(text=TEXTS, number=st.integers(1, 99999))
def test_a_key_is_found_in_any_surroundings_of_blanks(jira, text, number):
    finder = Finder(jira.spellings)
    prose = finder.read(f"{text.replace('://', '')} NIM-{number} ")
    found = finder.in_text(prose, "f", Standing(owner=""))
    assert f"NIM-{number}" in [r.value for r in found]


@given(JSON)
def test_content_of_anything_is_text_and_urls(raw):
    text, urls = content(raw)
    assert isinstance(text, str)
    assert all(isinstance(u, str) for u in urls)


@given(st.from_regex(r"[0-9A-Za-z]{15}", fullmatch=True))
def test_long_ids_are_stable_and_survive_the_loss_of_case(short):
    long = values.checked_id(short)
    assert long is not None
    assert long.startswith(short)
    assert values.checked_id(long) == long
    assert values.checked_id(long.lower()) == long
