"""The rates of the GitHub stand-in: issues and comments by REST, issues and items of a project by GraphQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from benchmarks.stand_ins.rates import Rate, StandIn

ISSUES, ITEMS, SINGLE = 6000, 3000, 1000
PAGE = 100
TIMEOUT_SECONDS = 60
OWNER, NAME, TOKEN = "rates", "engine", "token-of-the-rates"
ISSUES_QUERY = """
query($after:String){repository(owner:"rates",name:"engine"){issues(first:100,after:$after){
  pageInfo{hasNextPage endCursor}
  nodes{id number title body state updatedAt author{login} labels(first:10){nodes{name}} milestone{title}}}}}
"""
ITEMS_QUERY = """
query($after:String){organization(login:"rates"){projectV2(number:1){items(first:100,after:$after){
  pageInfo{hasNextPage endCursor}
  nodes{id updatedAt content{... on Issue{number}} fieldValues(first:10){nodes{
    ... on ProjectV2ItemFieldSingleSelectValue{name} ... on ProjectV2ItemFieldNumberValue{number}}}}}}}}
"""


def document() -> dict[str, Any]:
    issues = [
        {
            "number": number,
            "title": f"Service {number} restarts by itself",
            "body": "It restarts. " * 20,
            "user": f"person-{number % 50}",
            "labels": ["ops", f"area-{number % 9}"],
            "assignees": [f"person-{number % 7}"],
            "milestone": 1,
            "comments": [{"user": "person-1", "body": "Seen again. " * 5}],
        }
        for number in range(1, ISSUES + 1)
    ]
    items = [
        {"content": f"{OWNER}/{NAME}#{number}", "values": {"Status": "Todo", "Estimate": number}}
        for number in range(1, ITEMS + 1)
    ]
    fields = [
        {"name": "Status", "type": "SINGLE_SELECT", "options": [{"name": "Todo"}]},
        {"name": "Estimate", "type": "NUMBER"},
    ]
    permissions = {"issues": "write", "organization_projects": "read"}
    return {
        "accounts": [{"login": OWNER, "type": "Organization", "members": {"bot": "admin"}}],
        "tokens": [{"token": TOKEN, "login": "bot", "permissions": permissions}],
        "repositories": [
            {"full_name": f"{OWNER}/{NAME}", "private": True, "milestones": [{"title": "v1"}], "issues": issues}
        ],
        "projects": [{"owner": OWNER, "title": "Work", "fields": fields, "items": items}],
        "limits": dict.fromkeys(("user", "graphql", "rest_points", "graphql_points")),
    }


def login(session: requests.Session, _url: str, _folder: object) -> None:
    session.headers["Authorization"] = f"Bearer {TOKEN}"


def _followed(session: requests.Session, address: str) -> int:
    found: set[int] = set()
    while address:
        answer = session.get(address, timeout=TIMEOUT_SECONDS)
        found |= {one["id"] for one in answer.json()}
        address = answer.links.get("next", {}).get("url", "")
    return len(found)


def issues_by_rest(session: requests.Session, url: str) -> int:
    query = f"state=all&sort=updated&direction=asc&per_page={PAGE}"
    return _followed(session, f"{url}/repos/{OWNER}/{NAME}/issues?{query}")


def comments_by_rest(session: requests.Session, url: str) -> int:
    return _followed(session, f"{url}/repos/{OWNER}/{NAME}/issues/comments?per_page={PAGE}")


def single_issues(session: requests.Session, url: str) -> int:
    at = f"{url}/repos/{OWNER}/{NAME}/issues"
    return len({session.get(f"{at}/{n}", timeout=TIMEOUT_SECONDS).json()["id"] for n in range(1, SINGLE + 1)})


def _asked(session: requests.Session, url: str, query: str) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        body = {"query": query, "variables": {"after": after}}
        data = session.post(f"{url}/graphql", json=body, timeout=TIMEOUT_SECONDS).json()["data"]
        held = data["repository"] if "repository" in data else data["organization"]["projectV2"]
        page = held.get("issues") or held["items"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def issues_by_graphql(session: requests.Session, url: str) -> int:
    return len({one["id"] for one in _asked(session, url, ISSUES_QUERY)})


def items_by_graphql(session: requests.Session, url: str) -> int:
    return len({one["id"] for one in _asked(session, url, ITEMS_QUERY)})


STAND_IN = StandIn(
    name="github",
    module="sandbox.github",
    document=document,
    login=login,
    rates=(
        Rate(name=f"issues, listed in pages of {PAGE}", count=ISSUES, at_least=3000, read=issues_by_rest),
        Rate(name=f"comments, listed in pages of {PAGE}", count=ISSUES, at_least=3000, read=comments_by_rest),
        Rate(name="single issues", count=SINGLE, at_least=250, read=single_issues),
        Rate(name="issues by GraphQL", count=ISSUES, at_least=3000, read=issues_by_graphql),
        Rate(name="items of a project by GraphQL", count=ITEMS, at_least=3000, read=items_by_graphql),
    ),
)
