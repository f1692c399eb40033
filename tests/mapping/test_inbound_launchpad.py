from __future__ import annotations

from datetime import date

import pytest

from connectors.core.port import Visibility
from mapping.model import Access, WorkClass, WorkState
from mapping.ties import LinkType

API = "https://api.lp.example/devel"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("New", WorkState.OPEN),
        ("Incomplete", WorkState.OPEN),
        ("Triaged", WorkState.OPEN),
        ("In Progress", WorkState.IN_PROGRESS),
        ("Fix Committed", WorkState.IN_PROGRESS),
        ("Fix Released", WorkState.DONE),
        ("Won't Fix", WorkState.DROPPED),
        ("Does Not Exist", WorkState.DROPPED),
        ("Deferred", WorkState.UNMAPPED),
    ],
)
def test_state_of_a_task(launchpad, lp_task, status, state):
    assert lp_task(launchpad, status=status).state is state


def test_a_duplicate_is_dropped(launchpad, lp_task):
    item = lp_task(launchpad, status="New", bug={"duplicate_of_link": f"{API}/bugs/3"})
    assert item.state is WorkState.DROPPED
    (link,) = item.links
    assert (link.type, link.value, link.ref, link.text) == (LinkType.DUPLICATES, "LP: #3", None, f"{API}/bugs/3")


def test_a_task_says_what_its_bug_says(launchpad, lp_task):
    tags = ["scope-si-03", "engagement-nim-01", "non-billable", "out-of-contract", "syncline-orphan-work"]
    item = lp_task(
        launchpad,
        bug={
            "title": "NIM-4 boots slowly",
            "tags": tags,
            "description": "https://partner.example/lightning/r/Scope_Item__c/0015800000I0y9g/view",
            "watches": [
                {"url": "https://github.example/example/images/issues/5", "remote_bug": "5"},
                {"url": None, "remote_bug": "7"},
            ],
        },
        assignee_link=f"{API}/~ann",
        milestone_link=f"{API}/nimbus/+milestone/1.0",
    )
    assert [(c.item_key, c.record_id) for c in item.claims] == [("si-03", ""), ("", "0015800000I0y9gAAB")]
    assert (item.engagement_keys, item.billable, item.out_of_contract) == (("nim-01",), False, True)
    assert (item.assignee, item.milestone_refs) == ("ann", ("launchpad:milestones:nimbus/1.0",))
    assert (item.title, item.labels, item.labels_with) == ("NIM-4 boots slowly", tuple(tags), "12")
    assert [(r.value, r.field) for r in item.references if r.kind == "work"] == [
        ("NIM-4", "bug.title"),
        ("example/images#5", "bug.watches.url"),
    ]


def test_a_private_bug_is_restricted(launchpad, lp_task):
    assert lp_task(launchpad, visibility=Visibility.RESTRICTED).access is Access.RESTRICTED


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"implementation_status": "Unknown"}, WorkState.OPEN),
        ({"implementation_status": "Good progress"}, WorkState.IN_PROGRESS),
        ({"implementation_status": "Implemented", "is_complete": True}, WorkState.DONE),
        ({"implementation_status": "Informational", "is_complete": True}, WorkState.DONE),
        ({"implementation_status": "Informational", "is_complete": False}, WorkState.OPEN),
        ({"implementation_status": "Started", "definition_status": "Obsolete"}, WorkState.DROPPED),
        ({"implementation_status": "New kind"}, WorkState.UNMAPPED),
    ],
)
def test_state_of_a_blueprint(launchpad, lp_entry, fields, state):
    assert lp_entry(launchpad, "blueprints", title="Boot", **fields).state is state


def test_a_blueprint_is_work_or_an_epic_and_may_be_an_anchor(launchpad, lp_entry):
    plain = lp_entry(launchpad, "blueprints", title="Boot", workitems_text="", syncline_prose="see LP: #3")
    assert (plain.work_class, plain.may_be_anchor) == (WorkClass.WORK, True)
    assert [r.value for r in plain.references] == ["LP: #3"]
    assert lp_entry(launchpad, "blueprints", title="B", workitems_text="do it: TODO").work_class is WorkClass.EPIC


def test_milestones(launchpad, lp_entry):
    found = lp_entry(launchpad, "milestones", name="1.0", date_targeted="2026-12-01", is_active=False)
    assert (found.key, found.due, found.released) == ("1.0", date(2026, 12, 1), True)
    assert (found.names, found.host) == (("nimbus/1.0",), "lp.example")
    assert lp_entry(launchpad, "milestones", name="1.1", is_active=True).released is False


def test_importance_and_priority_keep_their_own_words(launchpad, lp_task, lp_entry):
    assert lp_task(launchpad, importance="Critical").priority == "Critical"
    blueprint = {"implementation_status": "Started", "definition_status": "Approved"}
    assert lp_entry(launchpad, "blueprints", priority="High", **blueprint).priority == "High"
