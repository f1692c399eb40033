"""What the mapping leaves undecided of the values that are there; nothing is guessed without a reason."""

from __future__ import annotations

from connectors.core.port import Catalog, FieldInfo, FieldType, Offered
from connectors.core.registry import load_connectors
from mapping.rules import Rules, compile_rules
from mapping.undecided import Seen, undecided, unfound


def rules(kind: str) -> Rules:
    return compile_rules(kind, load_connectors(plugins=()).specs[kind].mapping())


def resolution(value: str) -> Offered:
    return Offered(stream="issues", field="fields.resolution.name", value=value)


def test_only_values_that_no_table_holds_are_left() -> None:
    assert undecided(rules("jira"), map(resolution, ("Done", "won\u2019t do", "DUPLICATE ")), []) == ()
    (left,) = undecided(rules("jira"), [resolution("Done"), resolution("Shelved")], [])
    assert (left.value, left.guess, left.choices) == ("Shelved", None, ("open", "in_progress", "done", "dropped"))
    assert left.table == ("inbound", "work_item", "attributes", "state", "steps", "resolution", "values")


def test_a_guess_has_a_reason() -> None:
    (left,) = undecided(rules("jira"), [resolution("Wont Fix")], [])
    assert (left.guess, left.reason) == ("dropped", 'spelt like "won\'t fix", which means dropped')


def test_a_status_without_a_category_is_decided_by_its_name() -> None:
    field = "fields.status.statusCategory.key"
    by = {"by": "fields.status.name", "hint": "a status without a category"}
    offered = [
        Offered(stream="issues", field=field, value="new"),
        Offered(stream="issues", field=field, value="undefined", by_value="Parked", **by),
        Offered(stream="issues", field=field, value="undefined", by_value="Triage", **by),
    ]
    held = Seen(rule="inbound.work_item.attributes.state.steps.category", value="undefined", records=2, example="A-1")
    left = undecided(rules("jira"), offered, [held])
    assert [(one.value, one.field) for one in left] == [
        ("Parked", "fields.status.name"),
        ("Triage", "fields.status.name"),
    ]
    assert left[0].step == {"path": "fields.status.name", "unknown": "next"}


def test_a_value_that_records_hold_comes_first_and_once() -> None:
    rule = "inbound.engagement.attributes.stage"
    offered = [Offered(stream="engagements", field="Stage__c", value=v) for v in ("Active", "Paused", "On hold")]
    left = undecided(rules("salesforce"), offered, [Seen(rule=rule, value="on hold", records=3, example="NIM-01")])
    assert [(one.value, one.reason) for one in left] == [
        ("on hold", "3 records hold it, such as NIM-01"),
        ("Paused", ""),
    ]


def test_what_has_no_table_is_not_asked_for() -> None:
    claims = Seen(rule="inbound.work_item.attributes.claims.steps.labels", value="scope:x", records=1, example="A-1")
    assert undecided(rules("jira"), [], [claims]) == ()


def test_the_words_of_a_link_are_decided_side_by_side() -> None:
    words = {"outward": ("gates", "blocks"), "inward": ("is gated by", "is blocked by")}
    offered = [
        Offered(stream="issues", field=f"fields.issuelinks.type.{side}", value=word)
        for side, several in words.items()
        for word in several
    ]
    left = undecided(rules("jira"), offered, [])
    assert [(one.table[-2], one.value) for one in left] == [("outward", "gates"), ("inward", "is gated by")]
    assert {"blocks", "depends_on"} <= set(left[0].choices) - {"unmapped"} == set(left[0].choices)


def field(name: str) -> FieldInfo:
    return FieldInfo(stream="issues", name=name, id=f"id of {name}", type=FieldType.TEXT)


def test_a_field_that_no_site_has_is_named_with_those_like_it() -> None:
    one = Catalog(fields=(field("Billable"), field("Scope items"), field("Engagement key"), field("Parent")))
    other = Catalog(fields=(field("Sprint"), field("Epic Link")))
    left = {one.name: one for one in unfound(rules("jira"), [one, other])}
    assert {name: found.alike for name, found in left.items()} == {
        "Scope item": ("Scope items",),
        "Engagement": ("Engagement key",),
    }
    assert left["Engagement"].keys == ("inbound", "work_item", "attributes", "engagement_keys", "field")
    assert unfound(rules("jira"), [Catalog(fields=())]) == ()
