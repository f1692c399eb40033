"""Projects v2 by REST: what is listed, filtered, changed and refused, and that GraphQL sees the same."""

from __future__ import annotations

from typing import Any

import pytest

ORG = "fictive-partner"
P = f"/orgs/{ORG}/projectsV2/1"
ALL = "1,2,3,4,5,6,7,8,9,100001,100002,100003,100004,100005"


def values(item: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in item["fields"]}


def test_an_item_shows_the_fields_that_are_asked_for(hub: Any) -> None:
    (item, _, draft) = hub.get(f"{P}/items?fields={ALL}")
    told = values(item)
    assert [each["name"] for each in hub.get(f"{P}/items")[0]["fields"]] == ["Title"]
    assert told["Title"]["raw"] == "Sizing is wrong"
    assert told["Status"]["name"]["raw"] == "Todo"
    assert (told["Estimate"], told["Due"], told["Note"]["raw"]) == (3, "2026-12-01", "n")
    assert (told["Sprint"]["title"]["raw"], told["Sprint"]["completed"]) == ("Sprint 2", False)
    assert [each["name"] for each in told["Labels"]] == ["bug"]
    assert told["Linked pull requests"][0]["number"] == 4
    assert (draft["content_type"], draft["content"]["title"]) == ("DraftIssue", "A draft")
    assert hub.get(f"{P}/items?fields[]=1&fields[]=100002")[0]["fields"][1]["id"] == 100002


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("is:issue", ["Sizing is wrong"]),
        ("is:pr", ["PART-1: fix sizing"]),
        ("is:draft", ["A draft"]),
        ("status:Todo", ["Sizing is wrong"]),
        ("-status:Todo", ["PART-1: fix sizing", "A draft"]),
        ("no:status", ["PART-1: fix sizing", "A draft"]),
        ("has:estimate", ["Sizing is wrong"]),
        ("estimate:>2", ["Sizing is wrong"]),
        ("estimate:>3", []),
        ('sprint:"Sprint 2"', ["Sizing is wrong"]),
        ("label:bug is:open", ["Sizing is wrong", "PART-1: fix sizing"]),
        ("assignee:bob", ["Sizing is wrong"]),
        ("updated:>=2026-11-24", ["Sizing is wrong", "PART-1: fix sizing", "A draft"]),
        ("updated:<2026-11-24", []),
        ("sizing", ["Sizing is wrong", "PART-1: fix sizing"]),
    ],
)
def test_filters(hub: Any, query: str, titles: list[str]) -> None:
    status, found = hub.ask("GET", f"{P}/items?q={query.replace(' ', '%20').replace('#', '%23')}")
    assert status == 200
    assert [values(each)["Title"]["raw"] for each in found] == titles


def test_filters_may_not_be_heeded(hub: Any) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"project_queries": False}})
    assert len(hub.get(f"{P}/items?q=is:draft")) == 3
    assert len(hub.get(f"/orgs/{ORG}/projectsV2?q=is:closed")) == 1


def test_pages_follow_by_cursor(hub: Any) -> None:
    seen, address = [], f"{P}/items?per_page=2"
    while address:
        seen += [each["id"] for each in hub.get(address)]
        links = hub.last.headers.get("Link", "")
        address = next((part[part.index("<") + 1 : part.index(">")] for part in links.split(",") if "next" in part), "")
        assert "last" not in links
    assert seen == [100001, 100002, 100003]


def test_values_are_set_and_cleared_all_or_none(hub: Any) -> None:
    options = {each["name"]["raw"]: each["id"] for each in hub.get(f"{P}/fields/100001")["options"]}
    good = [{"id": 100001, "value": options["Done"]}, {"id": 100002, "value": 8.5}, {"id": 100004, "value": None}]
    status, item = hub.ask("PATCH", f"{P}/items/100001", {"fields": good})
    assert status == 200
    told = values(item)
    assert (told["Status"]["name"]["raw"], told["Estimate"], told["Note"]) == ("Done", 8.5, None)
    bad = [{"id": 100002, "value": 1}, {"id": 100003, "value": "someday"}]
    assert hub.ask("PATCH", f"{P}/items/100001", {"fields": bad})[0] == 422
    query = (
        f'{{organization(login:"{ORG}"){{projectV2(number:1){{items(first:1){{nodes{{status:fieldValueByName(name:"Status")'
        '{... on ProjectV2ItemFieldSingleSelectValue{name}} estimate:fieldValueByName(name:"Estimate")'
        "{... on ProjectV2ItemFieldNumberValue{number}}}}}}}"
    )
    (node,) = hub.graph(query)["data"]["organization"]["projectV2"]["items"]["nodes"]
    assert node == {"status": {"name": "Done"}, "estimate": {"number": 8.5}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"fields": [{"id": 2, "value": "bob"}]}, 422),
        ({"fields": [{"id": 100002, "value": "many"}]}, 422),
        ({"fields": [{"id": 100001, "value": 7}]}, 422),
        ({"fields": [{"id": 999, "value": 7}]}, 404),
        ({"fields": [{"id": 100002}]}, 422),
        ({"fields": "all"}, 422),
        ({}, 422),
    ],
)
def test_wrong_values_are_refused(hub: Any, body: Any, status: int) -> None:
    before = hub.get(f"{P}/items/100001?fields={ALL}")
    assert hub.ask("PATCH", f"{P}/items/100001", body)[0] == status
    assert hub.get(f"{P}/items/100001?fields={ALL}") == before


@pytest.mark.parametrize(("again", "status"), [(True, 201), (False, 422)])
def test_an_item_is_there_once(hub: Any, again: bool, status: int) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"add_project_item_idempotent": again}})
    body = {"type": "Issue", "owner": ORG, "repo": "sizing", "number": 1}
    assert hub.ask("POST", f"{P}/items", body)[0] == status
    assert len(hub.get(f"{P}/items")) == 3
    assert hub.ask("POST", f"{P}/items", {**body, "type": "PullRequest"})[0] == 404


def test_fields_can_be_made(hub: Any) -> None:
    plan = {"start_date": "2026-11-16", "duration": 7}
    body = {"name": "Week", "data_type": "iteration", "iteration_configuration": plan}
    status, made = hub.ask("POST", f"{P}/fields", body)
    assert status == 201
    starts = [each["start_date"] for each in made["configuration"]["iterations"]]
    assert starts == ["2026-11-16", "2026-11-23", "2026-11-30"]
    first = made["configuration"]["iterations"][0]
    item = hub.ask("PATCH", f"{P}/items/100002", {"fields": [{"id": made["id"], "value": first["id"]}]})[1]
    assert values(item)["Week"]["title"]["raw"] == "Week 1"


def test_a_view_shows_what_its_filter_says(hub: Any) -> None:
    assert [each["id"] for each in hub.get(f"{P}/views/1/items")] == [100001]
    status, made = hub.ask("POST", f"{P}/views", {"name": "Drafts", "layout": "table", "filter": "is:draft"})
    assert (status, made["number"]) == (201, 2)
    assert [each["id"] for each in hub.get(f"{P}/views/2/items")] == [100003]


def test_who_may(hub: Any) -> None:
    assert hub.ask("GET", P, token="token-of-stranger")[0] == 404
    assert hub.ask("GET", P, token=None)[0] == 404
    assert hub.ask("POST", f"{P}/drafts", {"title": "x"}, token="token-of-bob")[0] == 404
    hub.ask("POST", "/_sandbox/access", {"token": "token-of-ada", "permissions": {"organization_projects": "read"}})
    assert hub.ask("GET", P)[0] == 200
    assert hub.ask("POST", f"{P}/drafts", {"title": "x"})[0] == 403


def test_what_the_caller_must_not_see_has_no_content(hub: Any) -> None:
    hub.ask("POST", "/_sandbox/access", {"token": "token-of-ada", "permissions": {"organization_projects": "read"}})
    (item, *_) = hub.get(f"{P}/items?fields={ALL}")
    assert item["content"] is None
    assert values(item)["Title"] is None
