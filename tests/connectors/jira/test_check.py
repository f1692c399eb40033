"""``check`` and ``catalog``: what is not as it must be is named, with how to mend it."""

from datetime import timedelta

import pytest

from connectors.core.port import FieldType
from connectors.jira.catalog import field_type

OWNED = ["anchor.status", "anchor.link", "risk.issue", "work.label"]


def _check(site, *places, **settings):
    clock = settings.pop("clock", None)
    return list(site.connector(clock, owned=OWNED, **settings).check(places or ("NIM",)))


def _bad(site, *places, **settings):
    return [(r.name, r.found, r.mend) for r in _check(site, *places, **settings) if r.ok is False]


def test_a_site_that_is_as_it_must_be_passes(site):
    results = _check(site)
    assert [(r.name, r.found) for r in results if r.ok is False] == []
    assert {r.name for r in results} >= {"reachability", "identity", "clock", "project", "fields", "issue types"}


def test_the_wrong_kind_of_site_is_named(site):
    site.cloud = not site.cloud
    connector = site.connector(email="syncline@partner.example")
    site.cloud = not site.cloud
    first = next(iter(connector.check(["NIM"])))
    right = "cloud" if site.cloud else "data-center"
    assert (first.ok, first.mend) == (False, f'set deployment = "{right}"')


def test_refused_credentials_end_the_check(site):
    site.script.append(("GET", "myself", (401, {}, {})))
    assert [r.name for r in _check(site)] == ["reachability", "identity"]


def test_a_wrong_clock_is_named(site):
    connector = site.connector()
    connector.reader._client._clock.skew = timedelta(minutes=-10)
    (clock,) = [r for r in connector.check([]) if r.name == "clock"]
    assert clock.ok is False
    assert "600 s ahead" in clock.found


def test_clocks_of_one_site_that_disagree_are_named(site):
    site.script.append(("GET", "serverInfo", (200, {}, {"serverTime": "2026-11-24T10:00:00.000+0000"})))
    site.script.append(("GET", "serverInfo", (200, {}, {"serverTime": "2026-11-24T09:40:00.000+0000"})))
    (clock,) = [r for r in _check(site) if r.name == "clock"]
    assert clock.ok is False
    assert "set overlap_minutes to more than 20" in clock.mend


def test_a_project_that_cannot_be_seen_and_lacking_permissions_are_named(site):
    site.projects["FOX"] = False
    site.permissions.discard("TRANSITION_ISSUES")
    found = [f for n, f, _ in _bad(site, "NIM", "FOX") if n == "project"]
    assert found == ["NIM: this login lacks Transition Issues", "FOX does not exist or this login may not see it"]


def test_a_place_without_an_anchor_must_be_seen_and_labelled_and_no_more(site):
    site.permissions = {"BROWSE_PROJECTS", "EDIT_ISSUES"}
    connector = site.connector(owned=OWNED)
    assert [r.found for r in connector.check(["NIM"], ()) if r.ok is False] == []
    assert not [r for r in connector.check(["NIM"], ()) if r.name == "issue types"]
    (lacking,) = [r.found for r in connector.check(["NIM"], ["NIM"]) if r.ok is False]
    assert lacking == "NIM: this login lacks Link Issues, Create Issues, Transition Issues"
    site.projects["NIM"] = False
    assert [r.found for r in connector.check(["NIM"], ()) if r.ok is False] == [
        "NIM does not exist or this login may not see it"
    ]


def test_a_login_that_writes_nothing_needs_only_to_see(site):
    site.permissions = {"BROWSE_PROJECTS"}
    results = list(site.connector().check(["NIM"]))
    assert [r.found for r in results if r.ok is False] == []


def test_missing_repeated_and_mistyped_fields_are_named(site):
    fields = [
        {"id": "customfield_1", "name": "Syncline status", "schema": {"type": "option"}},
        {"id": "customfield_2", "name": "Syncline status", "schema": {"type": "option"}},
        {"id": "customfield_3", "name": "Billable", "schema": {"type": "number"}},
    ]
    site.script.append(("GET", "field", (200, {}, fields)))
    found = [f for n, f, _ in _bad(site) if n == "fields"]
    assert found == [
        "Billable: is of the type number",
        "Syncline status: several fields (customfield_1, customfield_2)",
        "Syncline status text: no such field",
    ]


@pytest.mark.parametrize(
    ("types", "found"),
    [
        ([{"id": "6", "name": "Engagement", "subtask": False}], "NIM: no issue type Risk"),
        ([{"id": "5", "name": "Risk", "subtask": False}], "NIM: Risk is no sub-task type"),
    ],
)
def test_a_risk_type_that_is_missing_or_no_sub_task_type_is_named(site, types, found):
    site.types = types
    assert [f for n, f, _ in _bad(site) if n == "issue types"] == [found]


def test_fields_that_a_new_risk_demands_are_named(site):
    site.create_fields.append({"fieldId": "customfield_9", "name": "Team", "required": True, "operations": ["set"]})
    assert [f for n, f, _ in _bad(site) if n == "issue types"] == ["NIM: creating a Risk demands Team"]


def test_a_rate_limit_that_is_nearly_used_up_is_named(site):
    site.extra_headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "3"}
    assert [f for n, f, _ in _bad(site) if n == "rate budget"] == ["3 of 100 requests left in the current interval"]


# catalog ----------------------------------------------------------------------------------------------------------


def test_the_catalog_holds_types_options_and_issue_types(site):
    site.create_fields.append(
        {
            "fieldId": "customfield_10001",
            "name": "Syncline status",
            "required": False,
            "operations": ["set"],
            "allowedValues": [{"value": "Green", "id": "1"}, {"value": "Amber", "id": "2"}],
        }
    )
    catalog = site.connector(owned=OWNED).catalog(["NIM", "FOX"])
    (status,) = catalog.find("issues", "Syncline status")
    assert (status.id, status.type, status.options, status.writable) == (
        "customfield_10001",
        FieldType.OPTION,
        ("Green", "Amber"),
        True,
    )
    assert catalog.record_types == {"NIM": ("Risk", "Engagement"), "FOX": ("Risk", "Engagement")}
    assert len(catalog.find("issues", "Scope item")) == 2
    assert catalog.find("issues", "parent")[0].type is FieldType.REFERENCE
    assert catalog.find("versions", "releaseDate")[0].type is FieldType.DATE


def test_the_catalog_of_a_connection_that_is_only_read_is_one_request(site):
    assert site.connector().catalog(["NIM", "FOX"]).find("issues", "Syncline status")
    assert site.paths() == ["GET field"]


def test_a_place_that_cannot_be_seen_is_left_out_of_the_catalog(site):
    site.script.append(("GET", "createmeta/NIM/issuetypes", (400, {}, {"errorMessages": ["no project"]})))
    assert site.connector(owned=OWNED).catalog(["NIM"]).record_types == {}
    assert site.script == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": "string", "system": "labels"}, FieldType.LABELS),
        ({"type": "string", "system": "description"}, FieldType.LONG_TEXT),
        ({"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:url"}, FieldType.URL),
        ({"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"}, FieldType.REFERENCE),
        ({"type": "array", "items": "version", "system": "fixVersions"}, FieldType.REFERENCE),
        ({"type": "array", "items": "option"}, FieldType.OPTIONS),
        ({"type": "user"}, FieldType.PERSON),
        ({"type": "votes"}, FieldType.OTHER),
        (None, FieldType.OTHER),
    ],
)
def test_types_of_fields(schema, expected):
    assert field_type(schema) is expected
