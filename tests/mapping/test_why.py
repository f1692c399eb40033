"""Why a record becomes what it becomes: the same entities as the mapping makes, each value with its step and field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.core.port import Catalog
from mapping.inbound import map_record
from mapping.why import explain_record, steps_of


def reasons(made, attribute):
    return [(b.rule.partition("attributes.")[2], b.field, b.raw) for b in made.because[attribute]]


def test_each_value_names_its_step_its_field_and_what_stands_there(jira, jira_catalog, issue):
    done = {"name": "Closed", "statusCategory": {"key": "done"}}
    record = issue(
        {"status": done, "resolution": {"name": "Fixed"}, "customfield_10042": "SI-03", "labels": ["scope:SI-04"]}
    )
    (made,) = explain_record(jira, record, jira_catalog)
    assert (made.kind, made.rule, made.refused) == ("work_item", "work_item", "")
    assert (made.entity,) == map_record(jira, record, jira_catalog)
    assert reasons(made, "state") == [("state.steps.resolution", "resolution.name", "Fixed")]
    assert reasons(made, "work_class") == [("work_class.steps.standard", "", None)]
    assert reasons(made, "claims") == [
        ("claims.steps.field", "Scope item", "SI-03"),
        ("claims.steps.labels", "labels", ["scope:SI-04"]),
    ]
    assert reasons(made, "due") == []
    assert made.because["state"][0].rule == "inbound.work_item.attributes.state.steps.resolution"
    assert set(made.because) > {"key", "due", "spent_s"}


def test_what_is_not_understood_names_the_step_that_gave_up(salesforce, row):
    record = row("engagements", {"Name": "Backup", "Key__c": "NIM-01", "Stage__c": "On hold"})
    (made,) = explain_record(salesforce, record, Catalog(fields=()))
    assert reasons(made, "stage") == [("stage", "Stage__c", "On hold")]
    assert [u.value for u in made.entity.unmapped] == ["On hold"]


def test_a_refusal_is_told_and_not_raised(jira, issue):
    (made,) = explain_record(jira, issue({"duedate": "soon"}), Catalog(fields=()))
    assert made.entity is None
    assert made.refused == "duedate: found 'soon', expected a date YYYY-MM-DD"


def test_a_deleted_record_and_one_that_no_rule_takes_become_nothing(jira, issue):
    assert explain_record(jira, issue(deleted=True), Catalog(fields=())) == ()
    assert explain_record(jira, replace(issue(), stream="others"), Catalog(fields=())) == ()


@pytest.mark.parametrize("name", ["jira", "salesforce", "github", "launchpad"])
def test_every_step_has_keys_of_its_own(request, name):
    keys = list(steps_of(request.getfixturevalue(name)))
    assert len(set(keys)) == len(keys) > 10
    assert all(key.startswith("inbound.") for key in keys)
