"""The rates of the Launchpad stand-in: searches of bug tasks, single bugs, a bug each time it is changed."""

from __future__ import annotations

from typing import Any

import requests

from benchmarks.stand_ins.rates import Rate, StandIn

TASKS, SINGLE, CHANGES = 6000, 1000, 300
PAGE = 300
TIMEOUT_SECONDS = 60


def document() -> dict[str, Any]:
    bugs = [
        {
            "id": number,
            "title": f"Service {number} restarts by itself",
            "description": "It restarts. " * 20,
            "owner": f"person-{number % 50}",
            "tags": ["ops", f"area-{number % 9}"],
            "tasks": [{"target": "engine", "status": "Triaged", "importance": "High", "assignee": "person-1"}],
        }
        for number in range(1, TASKS + 1)
    ]
    people = [{"name": f"person-{number}"} for number in range(50)]
    tokens = [{"key": "k", "secret": "s", "person": "person-0"}]
    projects = [{"name": "engine", "owner": "person-0"}]
    return {"people": people, "tokens": tokens, "projects": projects, "bugs": bugs}


def login(session: requests.Session, _url: str, _folder: object) -> None:
    session.headers["Authorization"] = (
        'OAuth oauth_consumer_key="rates", oauth_token="k", oauth_signature_method="PLAINTEXT", oauth_signature="%26s"'
    )


def tasks(session: requests.Session, url: str) -> int:
    address: str | None = f"{url}/devel/engine?ws.op=searchTasks&order_by=id&ws.size={PAGE}"
    found = set()
    while address:
        page = session.get(address, timeout=TIMEOUT_SECONDS).json()
        found |= {one["self_link"] for one in page["entries"]}
        address = page.get("next_collection_link")
    return len(found)


def single_bugs(session: requests.Session, url: str) -> int:
    answers = (session.get(f"{url}/devel/bugs/{n}", timeout=TIMEOUT_SECONDS).json() for n in range(1, SINGLE + 1))
    return len({answer["id"] for answer in answers})


def changed_bugs(session: requests.Session, url: str) -> int:
    changed = 0
    for number in range(1, CHANGES + 1):
        body = {"title": f"Changed {number}"}
        answer = session.patch(f"{url}/devel/bugs/{number}", json=body, timeout=TIMEOUT_SECONDS)
        changed += answer.status_code == 209 and answer.json()["title"] == body["title"]
    return changed


STAND_IN = StandIn(
    name="launchpad",
    module="sandbox.launchpad",
    document=document,
    login=login,
    rates=(
        Rate(name=f"bug tasks, searched in pages of {PAGE}", count=TASKS, at_least=600, read=tasks),
        Rate(name="single bugs", count=SINGLE, at_least=250, read=single_bugs),
        Rate(name="bugs changed", count=CHANGES, at_least=100, read=changed_bugs),
    ),
)
