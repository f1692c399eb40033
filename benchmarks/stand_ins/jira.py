"""The rates of the Jira Cloud stand-in: searches with fields and without, known issues, changelogs, single issues."""

from __future__ import annotations

from typing import Any

import requests

from benchmarks.stand_ins.rates import Rate, StandIn

ISSUES, SINGLE, CHANGES = 6000, 1000, 300
PAGE, PAGE_OF_IDS, PAGE_OF_CHANGELOGS = 100, 5000, 1000
TIMEOUT_SECONDS = 60
MAIL, TOKEN = "bot@rates.example", "token-of-the-rates"
FIELDS = ["summary", "status", "assignee", "labels", "fixVersions", "updated", "description", "issuelinks", "comment"]


def issue(number: int) -> dict[str, Any]:
    """One issue, with what issues of a team at work have."""
    person, created = {"accountId": f"person-{number % 50}"}, "2026-01-02T03:04:05.000+0000"
    moved = {"field": "status", "fieldtype": "jira", "from": "1", "fromString": "To Do", "to": "3", "toString": "Doing"}
    linked = [{"type": {"name": "Blocks"}, "outwardIssue": {"key": f"NIM-{number - 1}"}}] if number % 5 == 0 else []
    return {
        "id": str(10_000 + number),
        "key": f"NIM-{number}",
        "fields": {
            "issuetype": {"name": "Story"},
            "summary": f"Service {number} restarts by itself",
            "description": "It restarts. " * 20,
            "status": {"name": "Doing"},
            "labels": ["ops", f"area-{number % 9}"],
            "assignee": person,
            "reporter": person,
            "created": created,
            "fixVersions": [{"name": "1.0"}],
            "issuelinks": linked,
        },
        "comments": [{"author": person, "body": "Seen again. " * 5, "created": created}],
        "changelog": [{"author": person, "created": created, "items": [moved]}],
    }


def document(deployment: str = "cloud") -> dict[str, Any]:
    people = [
        {"accountId": f"person-{n}", "name": f"person-{n}", "displayName": f"Person {n}", "timeZone": "UTC"}
        for n in range(50)
    ]
    bot = {"accountId": "bot", "name": "bot", "displayName": "Bot", "emailAddress": MAIL, "token": TOKEN}
    issues = [issue(number) for number in range(1, ISSUES + 1)]
    if deployment != "cloud":
        for one in issues:
            fields = one["fields"]
            for row, role in ((fields, "assignee"), (fields, "reporter"), (one["comments"][0], "author")):
                row[role] = {"name": row[role]["accountId"]}
            one["changelog"][0]["author"] = one["comments"][0]["author"]
    return {
        "format": 1,
        "deployment": deployment,
        "users": [bot, *people],
        "projects": [{"id": "10000", "key": "NIM", "name": "Nimbus", "versions": [{"name": "1.0"}]}],
        "issuetypes": [{"id": "1", "name": "Story"}],
        "statuses": [
            {"id": "1", "name": "To Do", "category": "new"},
            {"id": "3", "name": "Doing", "category": "indeterminate"},
        ],
        "link_types": [{"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
        "issues": issues,
    }


def login(session: requests.Session, _url: str, _folder: object) -> None:
    session.auth = (MAIL, TOKEN)


def searched(session: requests.Session, url: str, body: dict[str, Any]) -> int:
    """Follow a search to its end; gives how many issues it found."""
    found: set[str] = set()
    while True:
        page = session.post(f"{url}/rest/api/3/search/jql", json=body, timeout=TIMEOUT_SECONDS).json()
        found |= {one["id"] for one in page["issues"]}
        if page["isLast"]:
            return len(found)
        body = {**body, "nextPageToken": page["nextPageToken"]}


def issues_with_fields(session: requests.Session, url: str) -> int:
    order = "ORDER BY updated ASC, id ASC"
    return searched(session, url, {"jql": f"project = NIM {order}", "fields": FIELDS, "maxResults": PAGE})


def ids(session: requests.Session, url: str) -> int:
    return searched(session, url, {"jql": "project = NIM ORDER BY id ASC", "maxResults": PAGE_OF_IDS})


def known_issues(session: requests.Session, url: str) -> int:
    found = 0
    for first in range(10_001, 10_001 + ISSUES, PAGE):
        body = {"issueIdsOrKeys": [str(one) for one in range(first, first + PAGE)], "fields": FIELDS}
        answer = session.post(f"{url}/rest/api/3/issue/bulkfetch", json=body, timeout=TIMEOUT_SECONDS)
        found += len({one["id"] for one in answer.json()["issues"]})
    return found


def changelogs(session: requests.Session, url: str) -> int:
    found = 0
    for first in range(10_001, 10_001 + ISSUES, PAGE_OF_CHANGELOGS):
        body = {"issueIdsOrKeys": [str(one) for one in range(first, first + PAGE_OF_CHANGELOGS)]}
        answer = session.post(f"{url}/rest/api/3/changelog/bulkfetch", json=body, timeout=TIMEOUT_SECONDS)
        found += sum(len(one["changeHistories"]) for one in answer.json()["issueChangeLogs"])
    return found


def single_issues(session: requests.Session, url: str) -> int:
    at = f"{url}/rest/api/3/issue"
    return len({session.get(f"{at}/NIM-{n}", timeout=TIMEOUT_SECONDS).json()["id"] for n in range(1, SINGLE + 1)})


def changed_issues(session: requests.Session, url: str) -> int:
    changed = 0
    for number in range(1, CHANGES + 1):
        body = {"fields": {"summary": f"Changed {number}"}}
        answer = session.put(f"{url}/rest/api/3/issue/NIM-{number}", json=body, timeout=TIMEOUT_SECONDS)
        changed += answer.status_code == 204
    return changed


STAND_IN = StandIn(
    name="jira",
    module="sandbox.jira",
    document=document,
    login=login,
    rates=(
        Rate(name=f"issues, searched in pages of {PAGE}", count=ISSUES, at_least=3000, read=issues_with_fields),
        Rate(name=f"ids, searched in pages of {PAGE_OF_IDS}", count=ISSUES, at_least=3000, read=ids),
        Rate(name=f"known issues, {PAGE} at a time", count=ISSUES, at_least=3000, read=known_issues),
        Rate(name=f"changelogs, {PAGE_OF_CHANGELOGS} at a time", count=ISSUES, at_least=3000, read=changelogs),
        Rate(name="single issues", count=SINGLE, at_least=250, read=single_issues),
        Rate(name="issues changed", count=CHANGES, at_least=100, read=changed_issues),
    ),
)
