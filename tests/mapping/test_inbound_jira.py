from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType, Record, Visibility
from mapping.inbound import InboundError, map_record
from mapping.model import Access, Claim, Milestone, Unmapped, WorkClass, WorkItem, WorkState
from mapping.values import checked_id

ID15 = "a01Kj0000012AbC"
DROPPED = ["Won't Do", "Won't Fix", "Duplicate", "Declined", "Cancelled", "Cannot Reproduce", "Invalid", "Rejected"]
DROPPED += ["Obsolete"]


def one(rules, record, catalog) -> WorkItem:
    (item,) = map_record(rules, record, catalog)
    assert isinstance(item, WorkItem)
    return item


def test_every_attribute_of_a_full_issue(jira, jira_catalog, issue):
    record = issue(
        {
            "summary": "Encrypt the backups, see NIM-3",
            "issuetype": {"name": "Story", "subtask": False, "hierarchyLevel": 0},
            "status": {"name": "Doing", "statusCategory": {"key": "indeterminate"}},
            "updated": "2026-11-23T17:30:00.123+0530",
            "duedate": "2026-12-01",
            "labels": ["infra", "out-of-contract", "scope:NIM-01/SI-04"],
            "fixVersions": [{"id": "900", "name": "1.0"}, {"id": "901", "name": "1.1"}],
            "parent": {"id": "10001", "key": "NIM-1"},
            "assignee": {"accountId": "5b10:aa", "displayName": "A. Person"},
            "customfield_10042": "SI-03, NIM-02/SI-01 ,",
            "customfield_10043": "NIM-01, NIM-02",
            "customfield_10044": {"id": "1", "value": "No", "self": "x"},
            "customfield_10014": "NIM-2",
            "timeoriginalestimate": 7200,
            "timespent": 600,
            "security": {"id": "7", "name": "Partner"},
        }
    )
    item = one(jira, record, jira_catalog)
    assert item == WorkItem(
        ref="jira:issues:10007",
        key="NIM-7",
        url="https://jira.example/browse/NIM-7",
        access=Access.RESTRICTED,
        updated=datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC),
        connection="jira",
        place="NIM",
        title="Encrypt the backups, see NIM-3",
        work_class=WorkClass.WORK,
        type="Story",
        status="Doing",
        state=WorkState.IN_PROGRESS,
        parent_ref="jira:issues:10001",
        parent_key=None,
        assignee="5b10:aa",
        due=date(2026, 12, 1),
        billable=False,
        out_of_contract=True,
        engagement_keys=("NIM-01", "NIM-02"),
        claims=(
            Claim(engagement_key=None, item_key="SI-03", record_id="", field="Scope item", text="SI-03"),
            Claim(engagement_key="NIM-02", item_key="SI-01", record_id="", field="Scope item", text="NIM-02/SI-01"),
            Claim(engagement_key="NIM-01", item_key="SI-04", record_id="", field="labels", text="scope:NIM-01/SI-04"),
        ),
        milestone_refs=("jira:versions:900", "jira:versions:901"),
        labels=("infra", "out-of-contract", "scope:NIM-01/SI-04"),
        references=item.references,
        estimate_s=7200,
        spent_s=600,
        host="jira.example",
    )
    assert [(r.value, r.host, r.field) for r in item.references] == [("NIM-3", None, "summary")]


@pytest.mark.parametrize(
    ("issuetype", "expected"),
    [
        ({"name": "Bug", "subtask": False}, WorkClass.WORK),
        ({"name": "Anything else"}, WorkClass.WORK),
        ({"name": "Epic", "subtask": False}, WorkClass.EPIC),
        ({"name": "Initiative", "subtask": False, "hierarchyLevel": 1}, WorkClass.EPIC),
        ({"name": "Technical task", "subtask": True, "hierarchyLevel": -1}, WorkClass.SUB_TASK),
        ({"name": "Risk", "subtask": True}, WorkClass.RISK),
        ({"name": "risk", "subtask": False}, WorkClass.RISK),
        ({"name": "Engagement", "subtask": False}, WorkClass.ANCHOR),
        ({"name": "Third-party deliverable", "subtask": False}, WorkClass.DELIVERABLE),
    ],
)
def test_class_is_the_special_name_then_the_structure_then_work(jira, jira_catalog, issue, issuetype, expected):
    assert one(jira, issue({"issuetype": issuetype}), jira_catalog).work_class is expected


@pytest.mark.parametrize(
    ("status", "category", "resolution", "expected"),
    [
        ("To Do", "new", None, WorkState.OPEN),
        ("Reopened", "new", "Fixed", WorkState.OPEN),
        ("Doing", "indeterminate", None, WorkState.IN_PROGRESS),
        ("Cancelled", "indeterminate", None, WorkState.IN_PROGRESS),
        ("Done", "done", None, WorkState.DONE),
        ("Done", "done", "Done", WorkState.DONE),
        ("Closed", "done", "fixed ", WorkState.DONE),
        ("Done", "done", "Won't Do", WorkState.DROPPED),
        ("Done", "done", "Won\u2019t Do", WorkState.DROPPED),
        ("Done", "done", "DUPLICATE", WorkState.DROPPED),
        ("Cancelled", "done", None, WorkState.DROPPED),
        ("Rejected", "done", "Done", WorkState.DROPPED),
    ],
)
def test_state(jira, jira_catalog, issue, status, category, resolution, expected):
    record = issue(
        {
            "status": {"name": status, "statusCategory": {"key": category}},
            "resolution": resolution and {"id": "1", "name": resolution},
        }
    )
    item = one(jira, record, jira_catalog)
    assert item.state is expected
    assert item.unmapped == ()


@pytest.mark.parametrize("name", DROPPED)
@pytest.mark.parametrize("where", ["status", "resolution"])
def test_every_documented_word_for_dropped_is_known_as_resolution_and_as_status(jira, jira_catalog, issue, name, where):
    status = {"name": name if where == "status" else "Closed", "statusCategory": {"key": "done"}}
    resolution = {"name": name} if where == "resolution" else None
    assert one(jira, issue({"status": status, "resolution": resolution}), jira_catalog).state is WorkState.DROPPED


@pytest.mark.parametrize(
    ("fields", "unmapped"),
    [
        (
            {"status": {"name": "Done", "statusCategory": {"key": "done"}}, "resolution": {"name": "Parked"}},
            Unmapped(attribute="state", field="resolution.name", value="Parked"),
        ),
        (
            {"status": {"name": "Odd", "statusCategory": {"key": "undefined"}}},
            Unmapped(attribute="state", field="status.statusCategory.key", value="undefined"),
        ),
        (
            {"status": {"name": "Odd"}},
            Unmapped(attribute="state", field="status.statusCategory.key", value=""),
        ),
    ],
)
def test_state_that_is_not_understood_is_kept_raw(jira, jira_catalog, issue, fields, unmapped):
    item = one(jira, issue(fields), jira_catalog)
    assert item.state is WorkState.UNMAPPED
    assert item.unmapped == (unmapped,)


def test_unknown_billable_is_not_guessed_and_an_empty_one_is_not_said(jira, jira_catalog, issue):
    odd = one(jira, issue({"customfield_10044": {"value": "Maybe"}}), jira_catalog)
    assert (odd.billable, odd.unmapped) == (None, (Unmapped(attribute="billable", field="Billable", value="Maybe"),))
    silent = one(jira, issue({"customfield_10044": None}), jira_catalog)
    assert (silent.billable, silent.unmapped) == (None, ())


def test_names_that_the_site_does_not_have_map_to_nothing_quietly(jira, issue):
    item = one(jira, issue(), Catalog(fields=()))
    assert (item.billable, item.claims, item.engagement_keys, item.parent_key, item.unmapped) == (
        None,
        (),
        (),
        None,
        (),
    )


def test_data_center_gives_the_epic_by_key_and_people_by_user_key(jira, jira_catalog, issue):
    item = one(
        jira, issue({"customfield_10014": "NIM-2", "assignee": {"name": "kim", "key": "JIRAUSER1"}}), jira_catalog
    )
    assert (item.parent_ref, item.parent_key, item.assignee) == (None, "NIM-2", "JIRAUSER1")


SCOPE_URL = f"https://partner.example/lightning/r/Scope_Item__c/{ID15}/view"
ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "see "},
                {"type": "text", "text": "the item", "marks": [{"type": "link", "attrs": {"href": SCOPE_URL}}]},
                {"type": "inlineCard", "attrs": {"url": f"https://partner.example/{ID15}"}},
            ],
        },
        {"type": "paragraph", "content": [{"type": "text", "text": "and NIM-9"}]},
    ],
}


@pytest.mark.parametrize(
    "description",
    [
        f"Plain {SCOPE_URL}.",
        f"[the item|{SCOPE_URL}]",
        f"[{SCOPE_URL}|{SCOPE_URL}|smart-link]",
        f"({SCOPE_URL})",
        f"{SCOPE_URL}?ws=%2Flightning",
        f"https://partner.example/lightning/r/Scope_Item__c/{checked_id(ID15)}/view",
        f"https://partner.example/lightning/r/Scope\\_Item\\_\\_c/{ID15}/view",
        f"https://partner.example/{ID15}",
        f"https://partner.example/{checked_id(ID15)}",
        ADF,
    ],
)
def test_scope_item_urls_are_claims_in_every_markup_with_the_long_id(jira, jira_catalog, issue, description):
    item = one(jira, issue({"description": description}), jira_catalog)
    assert {c.record_id for c in item.claims} == {checked_id(ID15)}
    assert all(c.field == "description" and not c.item_key for c in item.claims)


@pytest.mark.parametrize(
    "description",
    [
        f"https://partner.example/lightning/r/Engagement__c/{ID15}/view",
        "https://partner.example/lightning/r/Scope_Item__c/a01Kj0000012Ab/view",
        f"https://partner.example/lightning/r/Scope_Item__c/{ID15}ZZZ/view",
        "https://partner.example/lightning/o/Scope_Item__c/list",
        "Scope_Item__c",
        None,
        {"type": "doc"},
    ],
)
def test_other_urls_are_no_claims(jira, jira_catalog, issue, description):
    assert one(jira, issue({"description": description}), jira_catalog).claims == ()


@pytest.mark.parametrize("text", ["NIM-01/", "/SI-03", "a/b/c"])
def test_a_claim_that_cannot_be_read_is_kept_raw(jira, jira_catalog, issue, text):
    item = one(jira, issue({"customfield_10042": f"SI-01,{text}"}), jira_catalog)
    assert [c.item_key for c in item.claims] == ["SI-01"]
    assert item.unmapped == (Unmapped(attribute="claims", field="Scope item", value=text),)


@pytest.mark.parametrize(
    ("fields", "field", "expected"),
    [
        ({"duedate": "31.12.2026"}, "duedate", "a date YYYY-MM-DD"),
        ({"duedate": "2026-02-30"}, "duedate", "a date YYYY-MM-DD"),
        ({"updated": "2026-11-23T17:30:00"}, "updated", "a date and time with an offset"),
        ({"timespent": "long"}, "timespent", "a number"),
        ({"timespent": 1.5}, "timespent", "a whole number"),
        ({"summary": ["a"]}, "summary", "text"),
        ({"issuetype": None}, "issuetype.name", "a value, since every work_class has one"),
    ],
)
def test_a_record_that_cannot_be_read_says_which_field_and_what_was_expected(
    jira, jira_catalog, issue, fields, field, expected
):
    with pytest.raises(InboundError) as caught:
        map_record(jira, issue(fields), jira_catalog)
    error = caught.value
    assert (error.ref, error.field, error.expected) == ("jira:issues:10007", field, expected)
    assert error.found in str(error)


def test_access_is_the_narrower_of_record_and_security_level(jira, jira_catalog, issue):
    assert one(jira, issue(visibility=Visibility.PUBLIC), jira_catalog).access is Access.PUBLIC
    assert one(jira, issue(visibility=Visibility.RESTRICTED), jira_catalog).access is Access.RESTRICTED
    secured = issue({"security": {"id": "1"}}, visibility=Visibility.PUBLIC)
    assert one(jira, secured, jira_catalog).access is Access.RESTRICTED


def test_a_mapping_cannot_widen_what_the_tool_restricts(texts, jira_catalog, issue, compiled):
    override = {"inbound": {"work_item": {"attributes": {"access": {"steps": {"all": {"value": "public"}}}}}}}
    rules = compiled("jira", texts("jira"), override)
    assert one(rules, issue(visibility=Visibility.RESTRICTED), jira_catalog).access is Access.RESTRICTED
    assert one(rules, issue(visibility=Visibility.PUBLIC), jira_catalog).access is Access.PUBLIC


def test_a_deleted_record_and_a_stream_without_rules_yield_nothing(jira, jira_catalog, issue):
    assert map_record(jira, issue(deleted=True), jira_catalog) == ()
    assert map_record(jira, replace(issue(), stream="boards"), jira_catalog) == ()


def test_two_fields_of_one_visible_name_count_while_they_agree(jira, jira_catalog, issue):
    twin = FieldInfo(stream="issues", name="Billable", id="customfield_2", type=FieldType.OPTION)
    catalog = replace(jira_catalog, fields=(*jira_catalog.fields, twin))
    no, yes = {"value": "No"}, {"value": "Yes"}
    assert one(jira, issue({"customfield_2": no}), catalog).billable is False
    assert one(jira, issue({"customfield_2": no, "customfield_10044": no}), catalog).billable is False
    torn = one(jira, issue({"customfield_2": no, "customfield_10044": yes}), catalog)
    assert torn.billable is None
    assert [(u.attribute, u.field) for u in torn.unmapped] == [("billable", "Billable")]


def test_another_catalog_is_noticed(jira, jira_catalog, issue):
    record = issue({"customfield_10043": "NIM-01"})
    assert one(jira, record, Catalog(fields=())).engagement_keys == ()
    assert one(jira, record, jira_catalog).engagement_keys == ("NIM-01",)


def test_versions_become_milestones(jira, jira_catalog):
    payload = {"id": "900", "name": "1.0", "released": False, "releaseDate": "2026-12-18"}
    record = Record(
        connection="jira",
        stream="versions",
        id="900",
        partition="NIM",
        key="900",
        url="https://jira.example/projects/NIM/versions/900",
        version="x",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload=payload,
    )
    assert map_record(jira, record, jira_catalog) == (
        Milestone(
            ref="jira:versions:900",
            key="1.0",
            url="https://jira.example/projects/NIM/versions/900",
            access=Access.INTERNAL,
            connection="jira",
            place="NIM",
            due=date(2026, 12, 18),
            released=False,
            names=("900",),
            host="jira.example",
        ),
    )
    bare = replace(record, payload={"id": "900", "name": "1.0"})
    (milestone,) = map_record(jira, bare, jira_catalog)
    assert isinstance(milestone, Milestone)
    assert (milestone.due, milestone.released) == (None, None)


def test_one_stream_can_yield_different_entities_by_condition(texts, jira_catalog, issue, compiled):
    override = {
        "inbound": {
            "work_item": {"when": {"path": "fields.issuetype.name", "is_not": "Milestone"}},
            "gate": {
                "stream": "issues",
                "makes": "milestone",
                "when": {"path": "fields.issuetype.name", "is": "Milestone"},
                "attributes": {"due": {"path": "fields.duedate"}},
            },
        }
    }
    rules = compiled("jira", texts("jira"), override)
    (gate,) = map_record(rules, issue({"issuetype": {"name": "milestone"}, "duedate": "2026-12-01"}), jira_catalog)
    assert isinstance(gate, Milestone)
    assert gate.due == date(2026, 12, 1)
    assert isinstance(one(rules, issue(), jira_catalog), WorkItem)


SPRINT = "com.atlassian.greenhopper.service.sprint.Sprint@5a1[id=7,rapidViewId=3,state=ACTIVE,name={},startDate=<null>]"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ([{"id": 7, "name": "Sprint 7", "state": "active"}], ("Sprint 7",)),
        ([{"id": 7, "name": "Q1, name=[A]"}, {"id": 8, "name": "Sprint 8"}], ("Q1, name=[A]", "Sprint 8")),
        ([SPRINT.format("Sprint 7")], ("Sprint 7",)),
        ([SPRINT.format("Q1, part 2 [A]")], ("Q1, part 2 [A]",)),
        (["com.atlassian.greenhopper.service.sprint.Sprint@1[name=Last]"], ("Last",)),
        (None, ()),
        ([], ()),
    ],
)
def test_sprints_in_every_shape(jira, issue, said, names):
    catalog = Catalog(fields=(FieldInfo(stream="issues", name="Sprint", id="cf", type=FieldType.OTHER),))
    (item,) = map_record(jira, issue({"cf": said, "priority": {"name": "High"}}), catalog)
    assert (item.sprints, item.priority) == (names, "High")


def test_links_without_words_or_without_the_other_issue_say_nothing(jira, jira_catalog, issue):
    blocks = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    links = [
        {"type": blocks, "outwardIssue": {"id": "10009", "key": "NIM-9"}},
        {"type": blocks, "inwardIssue": {"id": "10010"}},
        {"outwardIssue": {"id": "10011", "key": "NIM-11"}},
        {"type": blocks},
        None,
        "odd",
    ]
    item = one(jira, issue({"issuelinks": links}), jira_catalog)
    assert [(link.type, link.value) for link in item.links] == [("blocks", "NIM-9")]
    assert item.unmapped == ()


def test_two_fields_of_one_name_that_contradict_each_other_are_not_understood(jira, issue):
    info = {"stream": "issues", "name": "Scope item", "type": FieldType.TEXT}
    catalog = Catalog(fields=(FieldInfo(id="cf1", **info), FieldInfo(id="cf2", **info)))
    item = one(jira, issue({"cf1": "SI-03", "cf2": "SI-04", "labels": ["scope:SI-05"]}), catalog)
    assert [claim.item_key for claim in item.claims] == ["SI-05"]
    assert item.unmapped == (Unmapped(attribute="claims", field="Scope item", value="'SI-03' | 'SI-04'"),)


def test_effort_is_what_jira_counts_in_seconds(jira, jira_catalog, issue):
    item = one(jira, issue({"timeoriginalestimate": 27000, "timespent": 3600, "timeestimate": 23400}), jira_catalog)
    assert (item.estimate_s, item.spent_s, item.remaining_s) == (27000, 3600, 23400)
