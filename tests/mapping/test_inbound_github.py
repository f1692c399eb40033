from __future__ import annotations

from datetime import date

import pytest

from connectors.core.port import Catalog, Record, Visibility
from mapping.inbound import map_record
from mapping.model import Access, WorkClass, WorkState

ID15 = "0015800000I0y9g"


@pytest.mark.parametrize(
    ("fields", "state", "status"),
    [
        ({"state": "open"}, WorkState.OPEN, "open"),
        ({"state": "open", "state_reason": "reopened"}, WorkState.OPEN, "open"),
        ({"state": "closed", "state_reason": "completed"}, WorkState.DONE, "closed as completed"),
        ({"state": "closed", "state_reason": None}, WorkState.DONE, "closed"),
        ({"state": "closed", "state_reason": "not_planned"}, WorkState.DROPPED, "closed as not planned"),
        ({"state": "closed", "state_reason": "duplicate"}, WorkState.DROPPED, "closed as duplicate"),
        ({"state": "closed", "state_reason": "moved away"}, WorkState.UNMAPPED, "closed"),
        ({"state": "open", "pull_request": {"merged_at": None}}, WorkState.OPEN, "open"),
        ({"state": "closed", "pull_request": {"merged_at": "2026-11-20T10:00:00Z"}}, WorkState.DONE, "merged"),
        ({"state": "closed", "pull_request": {"merged_at": None}}, WorkState.DROPPED, "closed"),
    ],
)
def test_state(github, gh_issue, fields, state, status):
    item = gh_issue(github, **fields)
    assert (item.state, item.status) == (state, status)


@pytest.mark.parametrize(
    ("fields", "work_class"),
    [
        ({}, WorkClass.WORK),
        ({"type": {"name": "Bug"}}, WorkClass.WORK),
        ({"type": {"name": "Epic"}}, WorkClass.EPIC),
        ({"labels": ["Engagement-Anchor"], "type": {"name": "Epic"}}, WorkClass.ANCHOR),
        ({"labels": ["third-party-deliverable"]}, WorkClass.DELIVERABLE),
        ({"labels": ["engagement-anchor"], "pull_request": {"merged_at": None}}, WorkClass.CHANGE),
    ],
)
def test_work_class(github, gh_issue, fields, work_class):
    assert gh_issue(github, **fields).work_class is work_class


def test_labels_say_claims_engagements_and_marks(github, gh_issue):
    labels = ["scope:SI-03", "scope:NIM-01/SI-04", f"sf:{ID15}", "sf:nonsense", "engagement:NIM-01", "non-billable"]
    item = gh_issue(github, labels=[*labels, "out-of-contract"], body=f"https://sf.example/{ID15}")
    assert [(c.engagement_key, c.item_key, c.record_id) for c in item.claims] == [
        (None, "SI-03", ""),
        ("NIM-01", "SI-04", ""),
        (None, "", ID15 + "AAB"),
        (None, "", ID15 + "AAB"),
    ]
    assert [(u.attribute, u.value) for u in item.unmapped] == [("claims", "sf:nonsense")]
    assert item.engagement_keys == ("NIM-01",)
    assert (item.billable, item.out_of_contract) == (False, True)
    assert gh_issue(github).billable is None


def test_references_in_title_and_body(github, gh_issue):
    item = gh_issue(github, title="NIM-4: rotate", body="Closes #3, see LP: #77 and https://jira.example/browse/NIM-5")
    assert [(r.value, r.host, r.field) for r in item.references] == [
        ("NIM-4", None, "title"),
        ("NIM-5", "jira.example", "body"),
        ("LP: #77", None, "body"),
        ("example/images#3", "github.example", "body"),
    ]
    assert (item.names, item.host, item.access) == ((), "github.example", Access.PUBLIC)


def test_parent_and_milestone(github, gh_issue):
    api = "https://api.github.example/repos/example/plans/issues/5"
    item = gh_issue(github, parent_issue_url=api, milestone={"id": 31, "title": "1.0"})
    assert (item.parent_key, item.milestone_refs) == ("example/plans#5", ("github:milestones:31",))
    assert gh_issue(github, parent={"id": 4}).parent_ref == "github:issues:4"
    assert gh_issue(github).parent_key is None


@pytest.mark.parametrize(("state", "released"), [("open", False), ("closed", True)])
def test_milestone(github, state, released):
    record = Record(
        connection="github",
        stream="milestones",
        id="31",
        partition="example/images",
        key="example/images 1.0",
        url="https://github.example/example/images/milestone/2",
        version="1",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload={"title": "1.0", "state": state, "due_on": "2026-12-01T08:00:00Z"},
    )
    (found,) = map_record(github, record, Catalog(fields=()))
    assert (found.key, found.due, found.released) == ("1.0", date(2026, 12, 1), released)
    assert found.names == ("example/images 2",)
