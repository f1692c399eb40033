from __future__ import annotations

import pytest

from connectors.core.port import Catalog
from mapping.inbound import InboundError, map_record
from mapping.model import WorkClass, WorkState
from mapping.rules import RulesError, compile_rules
from mapping.spec import Target

NO_CATALOG = Catalog(fields=())


def problems(kind, text, override=None):
    with pytest.raises(RulesError) as caught:
        compile_rules(kind, text, override)
    return caught.value.problems


def attributes(**more):
    return {"inbound": {"work_item": {"attributes": more}}}


def test_both_defaults_compile_and_offer_their_outward_rules(jira, salesforce):
    assert jira.out_names() == ("anchor.link", "anchor.status", "risk.issue", "work.label")
    assert salesforce.out_names() == ("engagement.status", "risk.record")
    assert jira.out("engagement.status") is None
    issue = jira.out("risk.issue")
    assert issue is not None
    assert (issue.target, issue.record_type, issue.marker_property) == (Target.ISSUE, "Risk", "syncline")
    assert issue.statuses == {"open": "To Do", "closed": "Done"}
    record = salesforce.out("risk.record")
    assert record is not None
    assert (record.target, record.external_id) == (Target.RECORD, "Risk_Key__c")


def test_fields_that_a_reader_must_ask_for(jira, salesforce):
    asked = jira.fields("issues")
    assert {"Scope item", "Billable", "Engagement", "Epic Link", "summary", "status", "security", "fixVersions"} <= set(
        asked
    )
    assert "Syncline status" in asked
    assert list(asked) == sorted(set(asked))
    assert "Syncline status" not in jira.fields("issues", owned=["work.label"])
    assert not any("." in name for name in asked)
    assert jira.fields("versions") == ("name", "releaseDate", "released")
    assert "CurrencyIsoCode" in salesforce.fields("scope_items")
    assert "Syncline_Status__c" not in salesforce.fields("engagements", owned=[])
    assert jira.fields("boards") == ()


def test_a_text_that_is_no_toml_is_one_problem(texts):
    (problem,) = problems("jira", "kind = ")
    assert problem.path == ()
    assert "mapping.toml" in problem.found


def test_a_text_for_another_tool_or_of_another_version_is_refused(texts):
    found = problems("salesforce", texts("jira"), {"version": 2})
    assert [(p.path, p.found, p.expected, p.overridden) for p in found] == [
        (("kind",), "'jira'", "one of salesforce", False),
        (("version",), "2", "1", True),
    ]


def test_all_problems_come_at_once_with_key_path_found_and_expected(texts):
    override = attributes(
        due={"path": "fields..x"},
        title={"fild": "x", "path": "fields.summary", "type": "date"},
        billable={"values": {"Perhaps": "maybe"}},
        colour={"path": "fields.colour"},
        place={"path": "fields.project.key"},
        state={"path": "fields.status.name", "values": {"Open": "opn"}, "unknown": "guess"},
        spent_s={"path": "a", "field": "b", "split": ","},
        access={"value": "secret"},
        parent_ref={"path": "fields.parent.id"},
    )
    override["streams"] = {"boards": {}}
    override["outbound"] = {"anchor.state": {}, "anchor.status": {"stream": "isues"}}
    found = problems("jira", texts("jira"), override)
    at = {".".join(p.path).removeprefix("inbound.work_item.attributes."): (p.found, p.expected) for p in found}
    assert at["due.path"] == ("'fields..x'", "keys separated by single dots")
    assert at["title.fild"][0] == "an unknown key"
    assert at["title.type"] == ("'date'", "one of text")
    assert at["billable.values.Perhaps"] == ("'maybe'", "true or false")
    assert at["colour"][0] == "an unknown attribute"
    assert at["place"][0] == "an attribute that the record itself gives"
    assert at["state.values.Open"] == ("'opn'", "one of done, dropped, in_progress, open, unmapped")
    assert at["state.unknown"] == ("'guess'", "one of keep_raw, next, refuse")
    assert at["spent_s.path"] == ("a path beside a field", "only one of field, path, record, template")
    assert at["spent_s.split"] == ("split for a integer", "no split, which only claims, list take")
    assert at["access.value"] == ("'secret'", "one of internal, public, restricted")
    assert at["parent_ref.stream"][0] == "nothing"
    assert at["outbound.anchor.state"][0] == "an unknown outward rule"
    assert at["outbound.anchor.status.stream"][0] == "'isues'"
    assert all(p.overridden for p in found if p.found != "nothing")


@pytest.mark.parametrize(
    ("override", "path", "found"),
    [
        ({"inbound": 3}, "inbound", "3"),
        ({"inbound": {"x": {"stream": "issues"}}}, "inbound.x.makes", "nothing"),
        ({"inbound": {"x": {"makes": "poem", "stream": "issues"}}}, "inbound.x.makes", "'poem'"),
        (
            {"inbound": {"work_item": {"attributes": {"work_class": False}}}},
            "inbound.work_item.attributes.work_class",
            "nothing",
        ),
        ({"streams": {"x": {}}}, "streams.x", "a stream that no rule reads or writes"),
        ({"streams": {"issues": {"fields_at": ""}}}, "streams.issues.fields_at", "''"),
        (attributes(title={}), None, None),
        (attributes(title={"steps": {}}), "inbound.work_item.attributes.title.steps", "no steps"),
        (attributes(title={"value": 3}), "inbound.work_item.attributes.title.value", "3"),
        (
            attributes(title={"value": "x", "path": "y"}),
            "inbound.work_item.attributes.title.value",
            "a value beside a source",
        ),
        (attributes(title={"field": " "}), "inbound.work_item.attributes.title.field", "' '"),
        (
            attributes(title={"unknown": "refuse"}),
            "inbound.work_item.attributes.title.unknown",
            "an answer to unknown values",
        ),
        (attributes(billable={"unknown": {}}), "inbound.work_item.attributes.billable.unknown.use", "nothing"),
        (
            attributes(billable={"unknown": "next"}),
            "inbound.work_item.attributes.billable.unknown",
            "'next' in the last step",
        ),
        (attributes(due={"when": {"path": "x"}}), "inbound.work_item.attributes.due.when", "no test"),
        (attributes(due={"when": {"is": "x"}}), "inbound.work_item.attributes.due.when", "no source"),
        (
            attributes(due={"when": {"path": "x", "is": {"a": 1}}}),
            "inbound.work_item.attributes.due.when.is",
            "a table",
        ),
        (
            attributes(due={"when": {"path": "x", "at_least": "1"}}),
            "inbound.work_item.attributes.due.when.at_least",
            "'1'",
        ),
        (attributes(due={"when": {"path": "x", "filled": 1}}), "inbound.work_item.attributes.due.when.filled", "1"),
        (attributes(state={"path": "x"}), "inbound.work_item.attributes.state.values", "nothing"),
        (
            {"inbound": {"more": {"stream": "issues", "makes": "work_item"}}},
            "inbound.more",
            "a rule that is never asked, since inbound.work_item comes first",
        ),
        (
            {"outbound": {"anchor.status": {"fields": {"Syncline status": {"values": {"green": "Amber"}}}}}},
            "outbound.anchor.status.fields.Syncline status.values",
            "one tool value for two of ours",
        ),
        (
            {"outbound": {"anchor.status": {"fields": {"X": {"attribute": "mood"}}}}},
            "outbound.anchor.status.fields.X.attribute",
            "'mood'",
        ),
        (
            {"outbound": {"anchor.status": {"fields": {"X": {"attribute": "text", "set": "on_create"}}}}},
            "outbound.anchor.status.fields.X.set",
            "'on_create'",
        ),
        ({"outbound": {"risk.issue": {"statuses": {"open": 1}}}}, "outbound.risk.issue.statuses.open", "1"),
        ({"outbound": {"work.label": {"prefix": ""}}}, "outbound.work.label.prefix", "''"),
    ],
)
def test_each_mistake_is_named_by_its_key_path(texts, override, path, found, compiled):
    if path is None:
        compiled("jira", texts("jira"), override)  # an empty override changes nothing
        return
    assert (path, found) in [(".".join(p.path), p.found) for p in problems("jira", texts("jira"), override)]


def test_a_step_that_can_never_answer_is_a_problem(texts):
    override = attributes(work_class={"steps": {"mine": {"value": "work"}}})
    found = problems("jira", texts("jira"), override)
    assert ("inbound", "work_item", "attributes", "work_class", "steps", "special") in [p.path for p in found]
    same_source = attributes(
        state={"steps": {"a": {"path": "fields.status.name", "values": {"X": "done"}, "unknown": "keep_raw"}}}
    )
    assert [p.path[-1] for p in problems("jira", texts("jira"), same_source)] == ["status"]
    twice = attributes(due={"steps": {"a": {"path": "fields.duedate"}, "b": {"path": "fields.duedate"}}})
    assert [p.path[-1] for p in problems("jira", texts("jira"), twice)] == ["b"]


@pytest.mark.parametrize(
    ("step", "path", "found"),
    [
        ({"path": "x", "pattern": "(?P<n>", "form": "{n}"}, "parent_key.pattern", "'(?P<n>'"),
        ({"path": "x", "pattern": "(?P<n>x)", "form": "{m}"}, "parent_key.form", "{m}"),
        ({"path": "x", "pattern": "(?P<n>x)"}, "parent_key.form", "nothing"),
        ({"path": "x", "form": "{n}"}, "parent_key.form", "{n}"),
    ],
)
def test_a_form_is_made_of_the_groups_of_its_pattern(texts, step, path, found):
    told = problems("jira", texts("jira"), attributes(parent_key=step))
    wanted = f"inbound.work_item.attributes.{path}"
    assert any(".".join(p.path) == wanted and p.found.startswith(found) for p in told)


def test_an_override_is_laid_over_the_default_key_by_key(texts, issue, compiled):
    override = attributes(
        work_class={"steps": {"special": {"values": {"Commitment": "deliverable", "risk": "work"}}}},
        state={"steps": {"resolution": {"values": {"Parked": "dropped"}}}},
        billable={"field": "Chargeable"},
        assignee=False,
        due={"steps": {"target": {"path": "fields.target"}, "due": {"path": "fields.duedate"}}},
        claims={"steps": {"links": False}},
    )
    rules = compiled("jira", texts("jira"), override)
    record = issue(
        {
            "issuetype": {"name": "Commitment"},
            "status": {"name": "Closed", "statusCategory": {"key": "done"}},
            "resolution": {"name": "Parked"},
            "Chargeable": {"value": "No"},
            "assignee": {"accountId": "x"},
            "duedate": "2026-12-01",
            "description": "https://partner.example/lightning/r/Scope_Item__c/a02Kj0000012AbC/view",
        }
    )
    (item,) = map_record(rules, record, NO_CATALOG)
    assert (item.work_class, item.state, item.billable, item.assignee) == (
        WorkClass.DELIVERABLE,
        WorkState.DROPPED,
        False,
        None,
    )
    assert str(item.due) == "2026-12-01"
    assert item.claims == ()
    (risk,) = map_record(rules, issue({"issuetype": {"name": "Risk"}}), NO_CATALOG)
    assert risk.work_class is WorkClass.WORK
    (engagement,) = map_record(rules, issue({"issuetype": {"name": "Engagement"}}), NO_CATALOG)
    assert engagement.work_class is WorkClass.ANCHOR


def test_new_steps_are_asked_before_those_of_the_default(texts, issue, compiled):
    step = {"path": "fields.status.name", "values": {"Parked": "dropped"}, "unknown": "next"}
    rules = compiled("jira", texts("jira"), attributes(state={"steps": {"parked": step}}))
    (item,) = map_record(rules, issue({"status": {"name": "Parked", "statusCategory": {"key": "new"}}}), NO_CATALOG)
    assert item.state is WorkState.DROPPED


def test_unknown_values_may_be_refused_or_replaced_by_a_stated_one(texts, issue, compiled):
    record = issue({"Billable": {"value": "Maybe"}})
    refusing = compiled("jira", texts("jira"), attributes(billable={"unknown": "refuse"}))
    with pytest.raises(InboundError) as caught:
        map_record(refusing, record, NO_CATALOG)
    assert (caught.value.field, caught.value.found, caught.value.expected) == ("Billable", "'Maybe'", "one of no, yes")
    stated = compiled("jira", texts("jira"), attributes(billable={"unknown": {"use": True}}))
    (item,) = map_record(stated, record, NO_CATALOG)
    assert (item.billable, item.unmapped) == (True, ())


def test_catalogs_in_turn_are_bound_once_each_and_the_oldest_forgotten(texts, compiled):
    rules, made = compiled("jira", texts("jira")), []

    def bind(_, catalog):
        made.append(catalog)
        return len(made)

    catalogs = [Catalog(fields=()) for _ in range(20)]
    first, second = catalogs[:2]
    assert [rules.bound("x", c, bind) for c in (first, second, first, second)] == [1, 2, 1, 2]
    assert rules.bound("y", first, bind) == 3
    for catalog in catalogs:
        rules.bound("x", catalog, bind)
    assert rules.bound("x", first, bind) == len(made)


def test_the_hash_changes_with_the_mapping_alone(texts, jira, compiled):
    assert compiled("jira", texts("jira")).hash == jira.hash
    assert compiled("jira", "# a comment\n" + texts("jira")).hash == jira.hash
    assert compiled("jira", texts("jira"), {}).hash == jira.hash
    changed = compiled("jira", texts("jira"), attributes(billable={"field": "Chargeable"}))
    assert changed.hash != jira.hash
    assert changed != jira


NAME = {"path": "fields.issuetype.name"}


@pytest.mark.parametrize(
    ("earlier", "later", "never"),
    [
        ({**NAME, "is": ["Epic", "Story"]}, {**NAME, "is": "epic"}, True),
        ({**NAME, "is": "Epic"}, {**NAME, "is": ["Epic", "Story"]}, False),
        ({**NAME, "filled": True}, {**NAME, "is": "Epic"}, True),
        ({**NAME, "filled": True}, {**NAME, "is_not": "Epic"}, False),
        ({**NAME, "filled": True}, {**NAME, "filled": False}, False),
        ({**NAME, "is": "Epic", "is_not": "x"}, {**NAME, "is": "Epic"}, False),
        ({"path": "fields.x", "is": "Epic"}, {**NAME, "is": "Epic"}, False),
        (
            [{**NAME, "is": ["Epic", "Story"]}, {"record": "place", "is": ["A", "B"]}],
            [{"record": "place", "is": "A"}, {**NAME, "is": "Story"}],
            True,
        ),
        ([{**NAME, "is": "Epic"}, {"record": "place", "is": "A"}], [{**NAME, "is": "Epic"}], False),
    ],
)
def test_a_step_whose_condition_an_earlier_one_covers_is_reported(texts, earlier, later, never):
    steps = {"one": {"value": "epic", "when": earlier}, "two": {"value": "work", "when": later}}
    override = {"inbound": {"work_item": {"attributes": {"type": {"steps": steps}}}}}
    if not never:
        compile_rules("jira", texts("jira"), override)
        return
    (problem,) = problems("jira", texts("jira"), override)
    assert problem.path[-1] == "two"
    assert "never asked, since 'one'" in problem.found


@pytest.mark.parametrize(
    ("step", "found", "expected"),
    [
        ({"path": "a"}, "neither means nor values", "what the link says: means, or values for the tool's words"),
        ({"path": "a", "means": "blocks", "to": "id"}, "only one of to and stream", "both, or neither: an id and"),
        ({"path": "a", "means": "blogs"}, "'blogs'", "one of blocked_by, blocks, caused_by"),
        ({"path": "a", "means": "blocks", "called": "x..y"}, "'x..y'", "keys separated by single dots"),
    ],
)
def test_a_link_says_what_it_means_in_one_way(texts, step, found, expected):
    (problem,) = problems("jira", texts("jira"), attributes(links={"steps": {"mine": step}}))
    assert problem.found == found
    assert problem.expected.startswith(expected)
    assert problem.overridden
