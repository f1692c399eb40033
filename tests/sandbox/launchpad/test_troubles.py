"""Troubles on demand: everything that can go wrong on the way, at the service, or with a token, each once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback

SEARCH = {"ws.op": "searchTasks", "omit_duplicates": "false", "order_by": "id"}


def fault(served: Any, **rule: Any) -> None:
    """Over the admin API, as a client in another language would."""
    answer = requests.post(f"{served.url}/_sandbox/faults", json=rule, timeout=30)
    assert answer.status_code == 200, answer.text


def found(served: Any, **parameters: str) -> list[str]:
    page = served.get("/nimbus", params={**SEARCH, **parameters})
    return [one["bug_link"].rsplit("/", 1)[-1] for one in page["entries"]]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_route_answers_with_any_status_and_header_and_does_nothing(served: Any, status: int) -> None:
    action = {"kind": "status", "status": status, "headers": {"Retry-After": "7"}, "body": "no"}
    fault(served, method="PATCH", route="/bugs/1$", times=1, action=action)
    answer = served.patch("/bugs/1", {"title": "other"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (status, "7", "no")
    assert served.get("/bugs/1")["title"] == "Boot hangs"
    assert served.patch("/bugs/1", {"title": "other"}).status_code == 209


def test_html_in_place_of_json(served: Any) -> None:
    fault(served, route="/nimbus$", query="searchTasks", action={"kind": "html"})
    answer = served.call("GET", "/nimbus", params=SEARCH)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert served.get("/nimbus")["name"] == "nimbus"


def test_a_body_that_is_cut_short(served: Any) -> None:
    fault(served, route="/bugs/1$", times=1, action={"kind": "truncate", "bytes": 40})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        served.get("/bugs/1")
    assert served.get("/bugs/1")["id"] == 1


@pytest.mark.parametrize("kind", ["latency", "drip"])
def test_an_answer_that_takes_its_time(served: Any, kind: str) -> None:
    fault(served, route="/bugs/1$", times=1, action={"kind": kind, "seconds": 0.3})
    began = time.monotonic()
    assert served.get("/bugs/1")["id"] == 1
    assert time.monotonic() - began >= 0.25


def test_faults_by_probability_and_by_script(served: Any) -> None:
    action = {"kind": "status", "status": 503}
    fault(served, route="/bugs/1$", probability=0.5, seed=2, action=action)
    statuses = [served.call("GET", "/bugs/1").status_code for _ in range(30)]
    assert 5 < statuses.count(503) < 25
    served.service.faults.clear()
    fault(served, route="/bugs/1$", script=[None, action, {"kind": "drop_before"}])
    assert [served.call("GET", "/bugs/1").status_code for _ in range(2)] == [200, 503]
    with pytest.raises(requests.ConnectionError):
        served.call("GET", "/bugs/1")
    assert served.call("GET", "/bugs/1").status_code == 200


def test_a_dropped_request_took_effect_or_not(served: Any) -> None:
    for kind, count in (("drop_before", 2), ("drop_after", 3)):
        served.service.faults.add({"method": "POST", "nth": 1, "action": {"kind": kind}})
        with pytest.raises(requests.ConnectionError):
            served.post("/bugs/1", op="newMessage", content=kind)
        served.service.faults.clear()
        assert served.get("/bugs/1")["message_count"] == count


def test_a_token_expires_or_loses_its_rights_while_in_use(served: Any) -> None:
    steer = f"{served.url}/_sandbox/tokens"
    assert served.patch("/bugs/1", {"tags": ["a1"]}).status_code == 209
    assert requests.post(steer, json={"key": "ann", "level": "READ_PRIVATE"}, timeout=30).status_code == 200
    assert served.patch("/bugs/1", {"tags": ["a2"]}).status_code == 401
    assert served.get("/bugs/2", "ann")["id"] == 2
    requests.post(steer, json={"key": "ann", "expires_in_seconds": 60}, timeout=30)
    assert served.get("/bugs/2", "ann")["id"] == 2
    served.service.clock.advance(61)
    assert served.call("GET", "/bugs/2", who="ann").text == "Expired token (ann)."


def test_late_commits_bear_older_stamps(served: Any) -> None:
    served.service.change_settings({"late_commit_seconds": 90})
    answer = served.patch("/bugs/1", {"tags": ["a1"]})
    stamped = datetime.fromisoformat(answer.json()["date_last_updated"])
    seen = parsedate_to_datetime(answer.headers["Date"])
    assert 89 <= (seen - stamped).total_seconds() <= 91


def test_unstable_ties_disturb_all_but_a_total_order(served: Any, make_document: Any) -> None:
    document = {**make_document(), "switches": {"unstable_ties": True}}
    document["bugs"] = [
        {"id": one, "title": "t", "owner": "ann", "tasks": [{"target": "nimbus"}]} for one in range(1, 30)
    ]
    served.service.load_state(document)

    def order(by: str) -> list[str]:
        params = {"ws.op": "searchTasks", "order_by": by}
        return [one["bug_link"] for one in served.get("/nimbus", params=params)["entries"]]

    assert order("importance") != order("importance")
    assert order("id") == order("id")


def test_a_permission_is_lost_while_in_use(served: Any) -> None:
    """With a person's team goes what the team may do, and what it sees."""
    assert served.patch("/stratus/+bug/5", {"status": "Won't Fix"}, who="bot").status_code == 209
    assert served.post("/bot", op="leave", team=f"{served.url}/devel/~nimbus-qa").status_code == 404
    left = served.post("/~bot", "bot", op="leave", team=f"{served.url}/devel/~nimbus-qa")
    assert left.status_code == 200
    assert served.patch("/stratus/+bug/5", {"status": "Triaged"}, who="bot").status_code == 401
    assert served.get("/bugs/2", "cid")["id"] == 2
    served.post("/bugs/2", op="unsubscribe", person=f"{served.url}/devel/~cid")
    assert served.post("/bugs/2", "cid", op="unsubscribe").status_code == 200
    assert served.call("GET", "/bugs/2", who="cid").status_code == 404
    assert "2" not in found(served)


def test_the_clock_of_the_service_is_wrong(served: Any) -> None:
    body = {"advance_seconds": 7200}
    assert requests.post(f"{served.url}/_sandbox/clock", json=body, timeout=30).status_code == 200
    answer = served.patch("/bugs/1", {"title": "other"})
    stamped = datetime.fromisoformat(answer.json()["date_last_updated"])
    dated = parsedate_to_datetime(answer.headers["Date"])
    assert abs((dated - stamped).total_seconds()) < 2
    assert (stamped - datetime(2026, 3, 2, 11, 0, tzinfo=UTC)).total_seconds() < 60
    served.service.clock.advance(-7200)
    again = datetime.fromisoformat(served.patch("/bugs/1", {"title": "third"}).json()["date_last_updated"])
    assert again < stamped


def test_searches_lag_behind(served: Any) -> None:
    served.service.change_settings({"search_lag_seconds": 60})
    before = served.service.clock.now().isoformat()
    served.service.clock.advance(1)
    served.patch("/bugs/1", {"title": "other"})
    filed = served.post("/bugs", op="createBug", target=f"{served.url}/devel/nimbus", title="new", description="d")
    assert filed.status_code == 201
    assert (found(served, modified_since=before), "7" in found(served)) == ([], False)
    assert served.get("/bugs/1")["title"] == "other"
    served.service.clock.advance(30)
    served.patch("/bugs/1", {"title": "third"})
    served.service.clock.advance(40)  # the first change is known now, the second not yet
    assert found(served, modified_since=before) == ["1", "7"]
    between = (served.service.clock.now() - timedelta(seconds=60)).isoformat()
    assert (served.get("/bugs/1")["title"], found(served, modified_since=between)) == ("third", [])


def test_a_long_page_takes_too_long(served: Any) -> None:
    served.service.change_settings({"timeout_above_entries": 1})
    every = {**SEARCH, "status": ["New", "Triaged", "Fix Released"]}
    assert served.call("GET", "/nimbus", params=every).status_code == 503
    assert len(served.get("/nimbus", params={**every, "ws.size": "1"})["entries"]) == 1


@pytest.mark.parametrize(("status", "after"), [(429, 30), (503, 0)])
def test_who_asks_too_often_is_refused(served: Any, status: int, after: int) -> None:
    switches = {"throttle_per_minute": 3, "throttle_status": status, "throttle_retry_after": after}
    served.service.change_settings(switches)
    answers = [served.call("GET", "/bugs/1", who="ann") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, status]
    assert answers[-1].headers.get("Retry-After") == (str(after) if after else None)
    assert served.call("GET", "/bugs/1", who="bot").status_code == 200
    served.service.clock.advance(61)
    assert served.call("GET", "/bugs/1", who="ann").status_code == 200


@pytest.mark.parametrize("listed", [False, True])
def test_bugs_are_listed_where_the_switch_says_so(served: Any, listed: bool) -> None:
    served.service.change_settings({"list_bugs": listed})
    assert [one["id"] for one in served.get("/bugs")["entries"]] == ([6, 5, 4, 3, 1] if listed else [])


def test_of_writes_at_once_with_one_etag_exactly_one_passes(served: Any) -> None:
    """As measured on the original: eight rounds of four, each with one 209 and three 412."""
    for turn in range(8):
        etag = served.get("/bugs/1")["http_etag"]
        statuses: list[int] = []
        start = threading.Barrier(4)

        def write(number: int, turn: int = turn, etag: str = etag, statuses: list[int] = statuses) -> None:
            start.wait()  # noqa: B023 - joined within the round
            answer = served.patch("/bugs/1", {"title": f"{turn} {number}"}, **{"If-Match": etag})
            statuses.append(answer.status_code)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [209, 412, 412, 412]


def test_readers_and_writers_at_once_meet_no_error(served: Any) -> None:
    failed: list[Any] = []

    def work(number: int) -> None:
        for turn in range(10):
            answers = (
                served.call("GET", "/nimbus", params=SEARCH),
                served.post("/bugs/1", op="newMessage", content=f"{number} {turn}"),
                served.post("/bugs", op="createBug", target=f"{served.url}/devel/nimbus", title="t", description="d"),
                served.call("GET", "/bugs/1/messages"),
                requests.get(f"{served.url}/_sandbox/state", timeout=30),
            )
            failed.extend(answer.text for answer in answers if answer.status_code not in (200, 201))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert served.get("/bugs/1")["message_count"] == 2 + 40
    numbers = [bug.id for bug in served.service.store.bugs]
    assert len(set(numbers)) == len(numbers) == 6 + 40
