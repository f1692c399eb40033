"""What is kept rendered or sorted must never differ from what a fresh stand-in with the same state says."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback
Site = Callable[[str], dict[str, Any]]
BASE = "https://nimbus.example"


def see_everything(url: str, user: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (f"{user}@nimbus.example", f"{user}-token")
        for version in (2, 3):
            for order in ("id ASC", "updated DESC", "status ASC, key DESC"):
                body = {"jql": f"updated > 0 ORDER BY {order}", "fields": ["*all"], "expand": "changelog"}
                answer = session.post(f"{url}/rest/api/{version}/search/jql", json=body, timeout=30)
                assert answer.status_code == 200, answer.text
                seen[f"{version} {order}"] = answer.json()
    return seen


def write_something(session: requests.Session, url: str, chance: random.Random) -> None:
    root = f"{url}/rest/api/2"
    body = {"jql": "project = NIM", "fields": ["key"]}
    keys = [issue["key"] for issue in session.post(f"{root}/search/jql", json=body, timeout=30).json()["issues"]]
    key, other = chance.choice(keys), chance.choice(keys)
    ends = {"inwardIssue": {"key": key}, "outwardIssue": {"key": other}}
    step = chance.randrange(9)
    path, method, sent = {
        0: ("/issue", "POST", {"fields": {"project": {"key": "NIM"}, "issuetype": {"id": "1"}, "summary": "new"}}),
        1: (f"/issue/{key}", "PUT", {"fields": {"summary": f"now {chance.random()}"}}),
        2: (f"/issue/{key}", "PUT", {"fields": {"parent": {"key": other}}}),
        3: (f"/issue/{key}", "PUT", {"fields": {"security": chance.choice([None, {"id": "7"}])}}),
        4: (f"/issue/{key}/transitions", "POST", {"transition": {"id": chance.choice(["11", "21", "31"])}}),
        5: ("/issueLink", "POST", {"type": {"name": "Blocks"}, **ends}),
        6: (f"/issue/{key}?deleteSubtasks=true", "DELETE" if len(keys) > 3 else "GET", None),
        7: ("/version/500", "PUT", {"name": f"1.{chance.randrange(9)}"}),
        8: (f"/issue/{key}/comment", "POST", {"body": "said"}),
    }[step]
    assert session.request(method, root + path, json=sent, timeout=30).status_code != 500


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_used_stand_in_shows_what_a_fresh_one_shows(small_site: Site, seed: int) -> None:
    document = small_site("cloud")
    document["site"]["base_url"] = BASE
    used = JiraService(document)
    chance = random.Random(seed)  # noqa: S311 - a reproducible sequence is the point
    with running(used) as url, requests.Session() as session:
        session.trust_env = False
        session.auth = ("ann@nimbus.example", "ann-token")
        for _ in range(6):
            for _ in range(5):
                write_something(session, url, chance)
            fresh = JiraService(used.dump_state())
            with running(fresh) as fresh_url:
                for user in ("ann", "bob"):
                    assert see_everything(url, user) == see_everything(fresh_url, user)


def test_writers_at_once_get_each_their_own_issue(connect: Callable[..., Any]) -> None:
    clients = [connect() for _ in range(6)]
    made: list[str] = []

    def create(api: Any) -> None:
        fields = {"project": {"key": "SEC"}, "issuetype": {"id": "1"}, "summary": "at once"}
        made.extend(api("POST", "/issue", {"fields": fields}).json()["key"] for _ in range(5))

    threads = [threading.Thread(target=create, args=(api,)) for api in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made, key=lambda key: int(key[4:])) == [f"SEC-{number}" for number in range(2, 32)]
    assert len(clients[0].keys("project = SEC")) == 31
