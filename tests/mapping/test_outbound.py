from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from connectors.core.port import Catalog
from mapping import outbound
from mapping.outbound import OutboundError
from mapping.rules import RulesError


@pytest.fixture
def anchor(jira):
    return jira.out("anchor.status")


@pytest.fixture
def risk_issue(jira):
    return jira.out("risk.issue")


def test_jira_options_are_objects_and_names_are_resolved(anchor, jira_catalog):
    values = outbound.values(anchor, {"status": "amber", "text": "AMBER\r\n- late  \n"}, jira_catalog)
    assert values == {"customfield_10050": {"value": "Amber"}, "customfield_10051": "AMBER\n- late"}
    assert outbound.field_names(anchor, jira_catalog) == {
        "customfield_10050": "Syncline status",
        "customfield_10051": "Syncline status text",
    }


def test_salesforce_options_are_texts_and_instants_have_an_offset(salesforce, salesforce_catalog):
    rule = salesforce.out("engagement.status")
    as_of = datetime(2026, 11, 24, 11, 0, 5, 999, tzinfo=timezone(timedelta(hours=1)))
    values = outbound.values(rule, {"status": "unknown", "as_of": as_of, "marker": "m:1"}, salesforce_catalog)
    assert values == {
        "Syncline_Status__c": "Unknown",
        "Syncline_As_Of__c": "2026-11-24T10:00:05.000+0000",
        "Syncline_Marker__c": "m:1",
    }


def test_a_risk_record_carries_its_external_id_and_dates(salesforce, salesforce_catalog):
    rule = salesforce.out("risk.record")
    attributes = {
        "key": "R-1",
        "title": "x" * 100,
        "engagement_id": "a01000000000001AAA",
        "lifecycle": "closed",
        "raised_on": date(2026, 11, 24),
        "closed_reason": None,
    }
    assert outbound.values(rule, attributes, salesforce_catalog) == {
        "Risk_Key__c": "R-1",
        "Name": "x" * 79 + "…",
        "Engagement__c": "a01000000000001AAA",
        "Lifecycle__c": "Closed",
        "Raised_On__c": "2026-11-24",
        "Closed_Reason__c": None,
    }


def test_labels_and_type_are_set_on_creation_only(risk_issue, jira_catalog):
    attributes = {"title": "Late", "description": "why", "label": "syncline-risk"}
    created = outbound.values(risk_issue, attributes, jira_catalog, creating=True)
    assert created == {
        "summary": "Late",
        "description": "why",
        "labels": ["syncline-risk"],
        "issuetype": {"name": "Risk"},
    }
    assert outbound.values(risk_issue, attributes, jira_catalog) == {"summary": "Late", "description": "why"}


def test_links_and_labels_need_no_catalog(jira):
    none = Catalog(fields=())
    link = jira.out("anchor.link")
    values = outbound.values(link, {"url": "https://sf.example/x", "title": "NIM-01", "global_id": "g"}, none)
    assert values == {"url": "https://sf.example/x", "title": "NIM-01"}
    label = jira.out("work.label")
    assert outbound.values(label, {"label": "syncline-orphan"}, none) == {"label": "syncline-orphan"}
    for wrong in ("orphan", "syncline-a b"):
        with pytest.raises(OutboundError):
            outbound.values(label, {"label": wrong}, none)


def test_what_a_record_shows_comes_in_the_form_of_the_values(anchor, jira_catalog, issue):
    record = issue(
        {
            "customfield_10050": {"self": "x", "id": "3", "value": "Amber"},
            "customfield_10051": {
                "type": "doc",
                "content": [{"type": "paragraph", "content": [{"type": "text", "text": "A"}]}],
            },
        }
    )
    assert outbound.shown(anchor, record, jira_catalog) == {
        "customfield_10050": {"value": "Amber"},
        "customfield_10051": "A",
    }
    assert outbound.shown(anchor, issue(), jira_catalog) == {"customfield_10050": None, "customfield_10051": None}


def test_labels_status_and_marker_of_a_record(
    jira, salesforce, salesforce_catalog, jira_catalog, risk_issue, issue, row
):
    record = issue({"labels": ["syncline-b", "mine", "syncline-a"], "status": {"name": "Doing"}})
    assert outbound.owned_labels(jira.out("work.label"), record) == ("syncline-a", "syncline-b")
    assert outbound.owned_labels(jira.out("work.label"), issue()) == ()
    assert outbound.shown_status(risk_issue, record) == "Doing"
    marked = replace(record, payload={**record.payload, "properties": {"syncline": {"risk": "R-1"}}})
    assert outbound.shown_marker(risk_issue, marked, jira_catalog) == {"risk": "R-1"}
    assert outbound.shown_marker(risk_issue, record, jira_catalog) is None
    rule = salesforce.out("engagement.status")
    assert outbound.shown_marker(rule, row("engagements", {"Syncline_Marker__c": "m:1"}), salesforce_catalog) == "m:1"
    assert outbound.shown(jira.out("work.label"), record, jira_catalog) == {}
    assert outbound.shown(jira.out("anchor.link"), record, jira_catalog) == {}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"status": "purple"}, "one of green, amber, red, unknown"),
        ({"status": date(2026, 1, 1)}, "one of green, amber, red, unknown"),
        ({"text": date(2026, 1, 1)}, "a text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_field_and_expectation(anchor, jira_catalog, attributes, expected):
    with pytest.raises(OutboundError) as caught:
        outbound.values(anchor, attributes, jira_catalog)
    assert caught.value.expected == expected
    assert caught.value.field.startswith("Syncline status")


def test_fields_of_the_tool_that_are_missing_ambiguous_closed_or_too_short(
    anchor, jira_catalog, salesforce, salesforce_catalog
):
    with pytest.raises(OutboundError, match="no such field"):
        outbound.values(anchor, {"status": "green"}, Catalog(fields=()))
    assert outbound.missing_fields(anchor, Catalog(fields=())) == ("Syncline status", "Syncline status text")
    assert outbound.missing_fields(anchor, jira_catalog) == ()

    def changed(name, **changes):
        fields = tuple(replace(f, **changes) if f.name == name else f for f in jira_catalog.fields)
        return Catalog(fields=fields)

    with pytest.raises(OutboundError, match="not write"):
        outbound.values(anchor, {"status": "green"}, changed("Syncline status", writable=False))
    with pytest.raises(OutboundError, match="one of the field's options: Green, Red"):
        outbound.values(anchor, {"status": "amber"}, changed("Syncline status", options=("Green", "Red")))
    twin = replace(jira_catalog.find("issues", "Syncline status")[0], id="customfield_2")
    with pytest.raises(OutboundError, match="several fields"):
        outbound.values(anchor, {"status": "green"}, Catalog(fields=(*jira_catalog.fields, twin)))
    with pytest.raises(OutboundError, match="at most 120"):
        outbound.values(salesforce.out("engagement.status"), {"marker": "x" * 121}, salesforce_catalog)


def test_a_text_is_cut_where_both_tools_still_take_it(anchor, jira_catalog):
    text = outbound.values(anchor, {"text": "a\n" * 400}, jira_catalog)["customfield_10051"]
    assert text.endswith("…")
    assert len(text.replace("\n", "\r\n")) <= 500
    astral = outbound.values(anchor, {"text": "\U0001f600" * 400}, jira_catalog)["customfield_10051"]
    assert len(astral.encode("utf-16-le")) // 2 <= 500


def test_control_characters_and_outer_blanks_go(anchor, jira_catalog):
    assert outbound.values(anchor, {"text": " a\x00\x0bb\t "}, jira_catalog) == {"customfield_10051": "ab"}
    assert outbound.values(anchor, {"text": "  "}, jira_catalog) == {"customfield_10051": None}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a\r\nb  \n", "a\nb"),
        (None, ""),
        (None, []),
        ("2026-11-24T10:00:00.000+0000", "2026-11-24T10:00:00Z"),
        ("2026-11-24T10:00:00.000+0000", datetime(2026, 11, 24, 11, tzinfo=timezone(timedelta(hours=1))).isoformat()),
        ({"value": "Green"}, {"value": "Green", "id": "1", "self": "x"}),
        (["b", "a"], ["a", "b"]),
        (2, 2.0),
    ],
)
def test_equal_for_a_person(anchor, a, b):
    assert outbound.same(anchor, "customfield_1", a, b)
    assert outbound.same(anchor, "customfield_1", b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a", "b"),
        ("a", None),
        ("a", "A"),
        ("a b", "a\nb"),
        (1, True),
        (["a"], ["a", "b"]),
        ({"value": "Green"}, {"value": "Red"}),
        ("1", 1),
    ],
)
def test_different_for_a_person(anchor, a, b):
    assert not outbound.same(anchor, "customfield_1", a, b)


def test_a_text_that_looks_like_an_instant_is_a_text_in_a_known_text_field(salesforce):
    rule = salesforce.out("engagement.status")
    a, b = "2026-11-24T10:00:00.000+0000", "2026-11-24T10:00:00Z"
    assert outbound.same(rule, "Syncline_As_Of__c", a, b)
    assert not outbound.same(rule, "Syncline_Status_Text__c", a, b)
    assert datetime.fromisoformat(a) == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_a_template_waits_for_all_its_attributes_and_says_nothing_while_one_says_nothing(
    compiled, texts, salesforce_catalog
):
    name = {"template": "{severity}: {title}", "too_long": "cut"}
    override = {"outbound": {"risk.record": {"fields": {"Name": name}}}}
    rule = compiled("salesforce", texts("salesforce"), override).out("risk.record")

    def written(**attributes):
        return outbound.values(rule, attributes, salesforce_catalog).get("Name", "absent")

    assert written(severity="high", title="Late") == "high: Late"
    assert written(severity="high", title=None) is None
    assert written(title="Late") == "absent"
    assert written(severity="high", title="x" * 100) == "high: " + "x" * 73 + "…"


@pytest.mark.parametrize(
    ("field", "path", "found"),
    [
        ({"template": "{severity}", "attribute": "title"}, "attribute", "an attribute beside a template"),
        ({"template": "{marker}"}, "template", "{marker}"),
        ({"template": "{nothing}"}, "template", "{nothing}"),
        ({"template": "plain"}, "template", "'plain'"),
        ({"template": "{severity"}, "template", "'{severity'"),
        ({"template": "{severity}", "type": "option"}, "type", "'option'"),
    ],
)
def test_a_wrong_template_is_told_by_its_key(compiled, texts, field, path, found):
    override = {"outbound": {"risk.record": {"fields": {"Other__c": field}}}}
    with pytest.raises(RulesError) as caught:
        compiled("salesforce", texts("salesforce"), override)
    assert any(p.path[-1] == path and p.found.startswith(found) for p in caught.value.problems), caught.value
