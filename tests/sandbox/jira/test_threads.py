"""Many clients at once: no write is lost, none is made twice, and what is read is whole."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback

CLIENTS, ROUNDS = 8, 6


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_many_clients_write_read_and_steer_at_once(connect: Callable[..., Any], deployment: str) -> None:
    api = connect(deployment)
    root, search = f"{api.url}/rest/api/2", "/search/jql" if deployment == "cloud" else "/search"

    def work(client: int) -> list[str]:
        made = []
        with requests.Session() as session:
            session.trust_env = False
            session.auth, session.headers = api.session.auth, dict(api.session.headers)

            def ask(method: str, path: str, body: Any = None) -> Any:
                answer = session.request(method, f"{root}{path}", json=body, timeout=60)
                assert answer.ok, answer.text
                return answer.json() if answer.content else None

            for number in range(ROUNDS):
                fields = {"project": {"key": "NIM"}, "issuetype": {"id": "1"}, "summary": f"{client}-{number}"}
                made.append(ask("POST", "/issue", {"fields": fields})["key"])
                ask("PUT", "/issue/NIM-2", {"update": {"labels": [{"add": f"l{client}-{number}"}]}})
                ask("POST", "/issue/NIM-2/comment", {"body": f"{client}-{number}"})
                link = {"globalId": f"g{number}", "object": {"url": "https://a.example", "title": str(client)}}
                ask("POST", "/issue/NIM-2/remotelink", link)
                found = ask("POST", search, {"jql": "project = NIM", "fields": ["summary", "labels"]})["issues"]
                assert len({one["key"] for one in found}) == len(found)
                assert session.get(f"{api.url}/_sandbox/state", timeout=60).json()["issues"]
                assert session.get(f"{api.url}/_sandbox/log", timeout=60).ok
        return made

    with ThreadPoolExecutor(CLIENTS) as pool:
        keys = [key for made in pool.map(work, range(CLIENTS)) for key in made]
    assert sorted(int(key.partition("-")[2]) for key in keys) == list(range(5, 5 + CLIENTS * ROUNDS))
    said = {f"{client}-{number}" for client in range(CLIENTS) for number in range(ROUNDS)}
    issue = api.get("/issue/NIM-2", fields="labels,comment", expand="changelog")
    assert set(issue["fields"]["labels"]) == {"web", "scope:SI-03", *(f"l{one}" for one in said)}
    assert sorted(one["body"] for one in issue["fields"]["comment"]["comments"]) == sorted({"Hello", *said})
    links = api.get("/issue/NIM-2/remotelink")
    assert sorted(one["globalId"] for one in links) == sorted(f"g{number}" for number in range(ROUNDS))
    before = {"web", "scope:SI-03"}
    changes = [
        item for entry in issue["changelog"]["histories"] for item in entry["items"] if item["field"] == "labels"
    ]
    for item in sorted(changes, key=lambda one: len(one["toString"])):  # each change begins where the one before ended
        assert set(item["fromString"].split()) == before
        before = set(item["toString"].split())
