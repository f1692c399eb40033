"""Records that are scope: epics beside the work items that they are, and lookups that lead nowhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from connectors.core.port import Catalog
from mapping.inbound import InboundError, map_record
from mapping.model import Access, ScopeItem, ScopeState, WorkClass, WorkItem

PAGE = (Path(__file__).parents[2] / "docs" / "scope.md").read_text(encoding="utf-8")
(EPICS,) = re.findall(r"^```toml\n(\[mapping\.jira\.inbound\.scope_item\]\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EPIC = {
    "summary": "Machine images",
    "issuetype": {"name": "Epic", "hierarchyLevel": 1},
    "status": {"name": "To Do", "statusCategory": {"key": "new"}},
    "duedate": "2026-12-01",
    "description": {
        "type": "doc",
        "content": [
            {
                "type": "paragraph",
                "content": [{"type": "text", "text": "Images for "}, {"type": "text", "text": "two"}],
            },
            {"type": "paragraph", "content": [{"type": "text", "text": "clouds."}]},
        ],
    },
}


@pytest.fixture
def rules(compiled, texts):
    return compiled("jira", texts("jira"), tomllib.loads(EPICS)["mapping"]["jira"])


def test_an_epic_becomes_a_scope_item_and_stays_an_epic(rules, issue, jira_catalog):
    work, item = map_record(rules, issue(EPIC), jira_catalog)
    assert isinstance(work, WorkItem)
    assert isinstance(item, ScopeItem)
    assert work.work_class is WorkClass.EPIC
    assert (item.ref, item.key, item.baseline_ref, item.engagement_key) == (work.ref, work.key, None, None)
    assert (item.title, str(item.due), item.state) == ("Machine images", "2026-12-01", ScopeState.ACTIVE)
    assert item.text.split("\n") == ["Images for two", "", "clouds."]


def test_only_what_the_condition_takes_is_scope(rules, issue, jira_catalog):
    (work,) = map_record(rules, issue({**EPIC, "issuetype": {"name": "Task"}}), jira_catalog)
    assert isinstance(work, WorkItem)


def test_what_one_rule_knows_to_be_restricted_is_so_in_all_that_is_made_of_the_record(rules, issue, jira_catalog):
    made = map_record(rules, issue({**EPIC, "security": {"id": "7", "name": "Partner"}}), jira_catalog)
    assert [entity.access for entity in made] == [Access.RESTRICTED, Access.RESTRICTED]


def test_a_lookup_that_is_mapped_and_empty_is_told_and_not_taken_for_scope_of_a_place(salesforce, row):
    record = row("baselines", {"Name": "SoW v1", "Version__c": 1, "Signed_On__c": "2026-01-05", "Engagement__c": None})
    with pytest.raises(InboundError, match="Engagement__c"):
        map_record(salesforce, record, Catalog(fields=()))
