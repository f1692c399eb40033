"""The rates of the Jira Data Center stand-in: the issues of the Cloud one, searched in pages and read one by one."""

from __future__ import annotations

from typing import Any

import requests

from benchmarks.stand_ins import jira
from benchmarks.stand_ins.rates import Rate, StandIn

PAGE = 1000


def document() -> dict[str, Any]:
    return jira.document("data-center")


def login(session: requests.Session, _url: str, _folder: object) -> None:
    session.headers["Authorization"] = f"Bearer {jira.TOKEN}"


def issues_with_fields(session: requests.Session, url: str) -> int:
    found: set[str] = set()
    while True:
        query: dict[str, str | int] = {"jql": "project = NIM ORDER BY updated ASC, id ASC", "maxResults": PAGE}
        query |= {"fields": ",".join(jira.FIELDS), "startAt": len(found)}
        page = session.get(f"{url}/rest/api/2/search", params=query, timeout=jira.TIMEOUT_SECONDS).json()
        found |= {one["id"] for one in page["issues"]}
        if len(found) >= page["total"]:
            return len(found)


def single_issues(session: requests.Session, url: str) -> int:
    numbers = range(1, jira.SINGLE + 1)
    at = f"{url}/rest/api/2/issue"
    return len({session.get(f"{at}/NIM-{n}", timeout=jira.TIMEOUT_SECONDS).json()["id"] for n in numbers})


STAND_IN = StandIn(
    name="jira-dc",
    module="sandbox.jira",
    document=document,
    login=login,
    rates=(
        Rate(name=f"issues, searched in pages of {PAGE}", count=jira.ISSUES, at_least=3000, read=issues_with_fields),
        Rate(name="single issues", count=jira.SINGLE, at_least=250, read=single_issues),
    ),
)
