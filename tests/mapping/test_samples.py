"""Real Jira Server issues of a sample file through the default mapping, compared with an independent reading."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType, Record, Visibility
from mapping.inbound import map_record
from mapping.model import Access, WorkItem
from mapping.ties import Link

FILE = "jira_server_issues.jsonl.gz"
# Written down from reading the file, and not from the mapping: what its resolutions say of the work.
NOTHING_WAS_DONE = {"Duplicate", "Cannot Reproduce", "Invalid", "Needs more info", "Not Our Bug", "Won't Fix", "Hold"}
SOMETHING_WAS_DONE = {"Fixed", "Done"}


@pytest.fixture(scope="module")
def issues(samples):
    with gzip.open(samples / FILE, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def pairs(issues, jira):
    """Each raw issue with what it was mapped to. The catalog holds the fields that occur, and none of ours."""
    names = {name for raw in issues for name in raw["fields"]}
    catalog = Catalog(
        fields=tuple(FieldInfo(stream="issues", name=n, id=n, type=FieldType.OTHER) for n in sorted(names))
    )
    result = []
    for raw in issues:
        record = Record(
            connection="dc",
            stream="issues",
            id=raw["id"],
            partition=raw["fields"]["project"]["key"],
            key=raw["key"],
            url=f"https://jira.example/browse/{raw['key']}",
            version=raw["fields"]["updated"],
            updated=None,
            visibility=Visibility.INTERNAL,
            payload=raw,
        )
        (item,) = map_record(jira, record, catalog)
        result.append((raw, item))
    return result


def test_all_of_them_are_mapped(pairs):
    assert len(pairs) == 297
    assert all(isinstance(item, WorkItem) for _, item in pairs)


def read_state(fields):
    category = fields["status"]["statusCategory"]["id"]  # Jira's fixed ids: 2 to do, 4 in progress, 3 done
    if category != 3:
        return {2: "open", 4: "in_progress"}[category]
    resolution = fields["resolution"]
    if resolution is None or resolution["name"] in SOMETHING_WAS_DONE:
        return "done"
    return "dropped" if resolution["name"] in NOTHING_WAS_DONE else "unmapped"


def read_class(fields):
    if fields["issuetype"]["subtask"]:
        return "sub_task"
    return "epic" if fields["issuetype"]["name"] == "Epic" else "work"


# What the words of the links in the file say of the issue that bears them, written down from reading them.
LINKS = {
    "is blocked by": "blocked_by",
    "blocks": "blocks",
    "is cloned into": "cloned_by",
    "is cloned from": "clones",
    "is dependent of": "needed_by",
    "depends on": "depends_on",
    "is duplicated by": "duplicated_by",
    "duplicates": "duplicates",
    "is included by": "child_of",
    "includes": "parent_of",
    "relates to": "relates",
    "is triggering": "unmapped",
}


def read_links(fields):
    """First those towards the other issue, then those from it, as the mapping asks for them."""
    for side in ("outward", "inward"):
        for raw in fields.get("issuelinks", ()):
            if other := raw.get(f"{side}Issue"):
                words = raw["type"][side]
                ref = f"dc:issues:{other['id']}"
                yield Link(type=LINKS[words], value=other["key"], ref=ref, field="issuelinks", text=words)


def read_instant(text):
    day, clock, offset = re.fullmatch(r"(\d+-\d+-\d+)T(\d+:\d+:\d+)\.000([+-]\d{4})", text).groups()
    shift = timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[3:]))
    return datetime.strptime(f"{day} {clock} +0000", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC) - shift


def test_every_attribute_is_what_the_issue_says_and_nothing_is_guessed(pairs):
    for raw, item in pairs:
        fields = raw["fields"]
        above = fields.get("parent") or fields.get("epic")
        expected = {
            "ref": f"dc:issues:{raw['id']}",
            "key": raw["key"],
            "url": f"https://jira.example/browse/{raw['key']}",
            "access": Access.INTERNAL,
            "updated": read_instant(fields["updated"]),
            "connection": "dc",
            "place": raw["key"].split("-")[0],
            "title": fields["summary"],
            "work_class": read_class(fields),
            "type": fields["issuetype"]["name"],
            "status": fields["status"]["name"],
            "state": read_state(fields),
            "parent_ref": f"dc:issues:{above['id']}" if above else None,
            "parent_key": None,
            "assignee": fields["assignee"]["key"] if fields["assignee"] else None,
            "due": None,
            "billable": None,
            "out_of_contract": False,
            "engagement_keys": (),
            "claims": (),
            "milestone_refs": tuple(f"dc:versions:{v['id']}" for v in fields.get("fixVersions", ())),
            "labels": tuple(fields["labels"]),
            "estimate_s": None,
            "spent_s": None,
            "priority": fields["priority"]["name"] if fields.get("priority") else "",
            "sprints": tuple(s["name"] for s in [*fields.get("closedSprints", ()), fields.get("sprint")] if s),
            "may_be_anchor": False,
            "labels_with": None,
            "names": (),
            "host": "jira.example",
            "remaining_s": None,
            "links": tuple(read_links(fields)),
        }
        # Whatever differs must be declared as not understood.
        declared = {u.attribute for u in item.unmapped}
        differing = {name for name, value in expected.items() if getattr(item, name) != value}
        assert differing <= declared, (raw["key"], differing)
        assert item.state != "unmapped" or "state" in declared
        assert set(expected) | {"references", "unmapped"} == set(type(item).__dataclass_fields__)


def test_the_default_mapping_knows_every_value_that_occurs(pairs):
    said = [(u.attribute, u.value) for _, item in pairs for u in item.unmapped]
    assert said == [("links", "is triggering")] * 2  # of a plug-in for charts: what it means is not guessed
    assert sum(len(item.links) for _, item in pairs) == 177


def test_references_are_quoted_from_the_issue(pairs):
    found = 0
    for raw, item in pairs:
        for reference in item.references:
            found += 1
            text = raw["fields"][reference.field]
            assert reference.text in text
            assert all(part.casefold() in text.casefold() for part in reference.value.split("#"))
    assert found >= 10


def test_a_resolution_that_nobody_knows_is_not_guessed(pairs, jira, issue):
    raw = next(raw for raw, item in pairs if item.state == "dropped")
    odd = {**raw["fields"], "resolution": {"name": "Shelved by the committee"}}
    (item,) = map_record(jira, issue(odd), Catalog(fields=()))
    assert item.state == "unmapped"
    assert [(u.attribute, u.value) for u in item.unmapped] == [("state", "Shelved by the committee")]
