"""Every fault that can be asked for, over HTTP, and what other people do meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback
R = "/repos/fictive-partner/sizing"
ADA = {"Authorization": "Bearer token-of-ada", "User-Agent": "test"}
DROPPED = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(ADA)
        yield session


def fault(http: requests.Session, url: str, action: dict[str, Any], **rule: Any) -> None:
    rule = {"route": f"^{R}/issues", **rule, "action": action}
    assert http.post(f"{url}/_sandbox/faults", json=rule).status_code == 200


def titles(hub: Any) -> list[str]:
    return [each["title"] for each in hub.get(f"{R}/issues?state=all&per_page=100")]


def test_latency(http: requests.Session, url: str) -> None:
    fault(http, url, {"kind": "latency", "seconds": 0.3}, times=1)
    began = time.monotonic()
    assert http.get(f"{url}{R}/issues").status_code == 200
    assert time.monotonic() - began >= 0.3


LIMITED = [
    (429, {"Retry-After": "7"}),
    (429, {"Retry-After": "Tue, 24 Nov 2026 10:05:00 GMT"}),
    (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000"}),
    (429, {}),
    (403, {"Retry-After": "60"}),
    (500, {}),
    (502, {}),
    (503, {"Retry-After": "1"}),
    (504, {}),
]


@pytest.mark.parametrize(("status", "headers"), LIMITED)
def test_any_status_without_effect(
    hub: Any, http: requests.Session, url: str, status: int, headers: dict[str, str]
) -> None:
    body = '{"message":"not now"}'
    fault(http, url, {"kind": "status", "status": status, "headers": headers, "body": body}, method="POST", times=1)
    answer = http.post(f"{url}{R}/issues", json={"title": "lost"})
    assert (answer.status_code, answer.json()) == (status, {"message": "not now"})
    assert {name: answer.headers[name] for name in headers} == headers
    assert "lost" not in titles(hub)


@pytest.mark.parametrize(("kind", "there"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection(hub: Any, http: requests.Session, url: str, kind: str, there: bool) -> None:
    fault(http, url, {"kind": kind}, method="POST", times=1)
    with pytest.raises(DROPPED):
        http.post(f"{url}{R}/issues", json={"title": "sent"})
    assert ("sent" in titles(hub)) is there


def test_a_truncated_body(http: requests.Session, url: str) -> None:
    fault(http, url, {"kind": "truncate", "bytes": 40}, times=1)
    with pytest.raises(DROPPED):
        http.get(f"{url}{R}/issues")


def test_html_instead_of_json(http: requests.Session, url: str) -> None:
    fault(http, url, {"kind": "html"}, times=1)
    answer = http.get(f"{url}{R}/issues")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_slow_drip_arrives_whole(http: requests.Session, url: str) -> None:
    whole = http.get(f"{url}{R}/issues").json()
    fault(http, url, {"kind": "drip", "seconds": 0.3}, times=1)
    began = time.monotonic()
    assert http.get(f"{url}{R}/issues").json() == whole
    assert time.monotonic() - began >= 0.3


def test_a_script_strikes_where_it_says(http: requests.Session, url: str) -> None:
    for nth in (2, 4):
        fault(http, url, {"kind": "status", "status": 502}, method="GET", nth=nth)
    statuses = [http.get(f"{url}{R}/issues").status_code for _ in range(5)]
    assert statuses == [200, 502, 200, 200, 502]  # the second rule counts what the first lets through


def test_chance_is_the_same_each_time(hub: Any, http: requests.Session, url: str) -> None:
    runs = []
    for _ in range(2):
        hub.service.faults.clear()
        hub.service.faults.add({"probability": 0.5, "seed": 3, "action": {"kind": "status", "status": 503}})
        runs.append([http.get(f"{url}{R}/issues").status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert 3 < runs[0].count(503) < 17


def test_a_token_ends_in_the_middle_of_a_run(hub: Any, http: requests.Session, url: str, app_jwt: Any) -> None:
    made = http.post(
        f"{url}/app/installations/70/access_tokens", headers={"Authorization": f"Bearer {app_jwt()}"}, json={}
    ).json()
    mine = {"Authorization": f"token {made['token']}"}
    page = http.get(f"{url}{R}/issues?per_page=1", headers=mine)
    http.post(f"{url}/_sandbox/clock", json={"advance_seconds": 3600})
    answer = http.get(page.links["next"]["url"], headers=mine)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_permission_is_lost_in_the_middle_of_a_run(http: requests.Session, url: str) -> None:
    page = http.get(f"{url}{R}/issues?per_page=1")
    http.post(f"{url}/_sandbox/access", json={"token": "token-of-ada", "permissions": {"metadata": "read"}})
    answer = http.get(page.links["next"]["url"])
    assert answer.status_code == 403
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "issues=read;pull_requests=read"


def test_the_clock_may_be_wrong(hub: Any, http: requests.Session, url: str) -> None:
    http.post(f"{url}/_sandbox/clock", json={"offset_seconds": 600})
    made = http.post(f"{url}{R}/issues", json={"title": "x"})
    assert made.headers["Date"] == "Tue, 24 Nov 2026 10:10:00 GMT"
    assert made.json()["created_at"] == "2026-11-24T10:10:00Z"


def switch(http: requests.Session, url: str, **switches: Any) -> None:
    assert http.post(f"{url}/_sandbox/settings", json={"switches": switches}).status_code == 200


def test_an_index_lags_behind_in_every_way_of_listing(hub: Any, http: requests.Session, url: str) -> None:
    switch(http, url, list_lag_seconds=30)
    http.patch(f"{url}{R}/issues/1", json={"title": "Renamed"})
    query = '{repository(owner:"fictive-partner",name:"sizing"){issues(first:9){nodes{title}}}}'

    def seen() -> list[bool]:
        listed = http.get(f"{url}{R}/issues?state=all").json()
        found = http.get(f"{url}/search/issues?q=Renamed").json()["items"]
        graph = hub.graph(query)["data"]["repository"]["issues"]["nodes"]
        return [any(each["title"] == "Renamed" for each in each_way) for each_way in (listed, found, graph)]

    assert http.get(f"{url}{R}/issues/1").json()["title"] == "Renamed"
    assert seen() == [False, False, False]
    http.post(f"{url}/_sandbox/clock", json={"advance_seconds": 31})
    assert seen() == [True, True, True]


def test_a_late_commit_bears_a_stamp_that_was_read_already(http: requests.Session, url: str) -> None:
    switch(http, url, late_commit_seconds=120)
    since = "2026-11-24T10:00:00Z"
    made = http.post(f"{url}{R}/issues", json={"title": "late"}).json()
    assert made["updated_at"] == "2026-11-24T09:58:00Z"
    assert http.get(f"{url}{R}/issues?since={since}").json() == []
    assert http.post(f"{url}{R}/issues/1/comments", json={"body": "late"}).json()["created_at"] < since


@pytest.mark.parametrize("path", [f"{R}/issues?state=all&per_page=2&sort=created&direction=asc", f"{R}/labels"])
def test_a_page_may_come_in_another_order(http: requests.Session, url: str, path: str) -> None:
    asked = http.get(f"{url}{path}")
    switch(http, url, reordered_pages=True)
    sent = http.get(f"{url}{path}")
    assert sent.json() == asked.json()[::-1] != asked.json()
    assert sent.links == asked.links


def test_a_hundred_requests_at_once_and_no_more(hub: Any, http: requests.Session, url: str) -> None:
    http.post(f"{url}/_sandbox/settings", json={"limits": {"concurrent": 3}})
    fault(http, url, {"kind": "hold_before"}, times=3)
    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(requests.get, f"{url}{R}/issues", headers=ADA, timeout=30) for _ in range(3)]
        while hub.service.faults.describe()[0]["waiting"] < 3:
            time.sleep(0.01)
        answer = http.get(f"{url}{R}/labels")
        assert (answer.status_code, answer.headers["Retry-After"]) == (403, "60")
        http.post(f"{url}/_sandbox/release", json={})
        assert [each.result().status_code for each in held] == [200, 200, 200]
    assert http.get(f"{url}{R}/labels").status_code == 200


def test_many_threads_lose_nothing(hub: Any, url: str) -> None:
    before = len(titles(hub))
    start = threading.Barrier(8)

    def work(thread: int) -> list[int]:
        with requests.Session() as mine:
            mine.trust_env = False
            mine.headers.update(ADA)
            start.wait()
            return [mine.post(f"{url}{R}/issues", json={"title": f"{thread}.{n}"}).json()["number"] for n in range(6)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for each in pool.map(work, range(8)) for number in each]
    assert len(set(numbers)) == 48
    assert len(titles(hub)) == before + 48
    assert hub.service.log.counts()["POST /repos/<owner>/<repo_name>/issues"] == 48
