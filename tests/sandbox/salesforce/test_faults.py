"""Every fault on demand, over https: what the client sees, and whether the request took effect."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from sandbox.salesforce.ids import salesforce_id

pytestmark = pytest.mark.loopback
TOKEN = {"Authorization": "Bearer token-of-the-sync-user"}
ACC = [salesforce_id("Account", n) for n in range(4)]
LIMIT = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]


class Client:
    """Makes requests and faults over the wire, as a test in any language would."""

    def __init__(self, live: Any) -> None:
        self.live = live

    def __call__(self, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"{self.live.url}/services/data/v66.0/{path}"
        found: requests.Response = self.live.session.request(method, url, json=body, headers=TOKEN, timeout=10)
        return found

    def fault(self, action: dict[str, Any], **rule: Any) -> None:
        answer = self.live.session.post(f"{self.live.url}/_sandbox/faults", json={"action": action, **rule})
        assert answer.status_code == 200, answer.text

    def clear(self) -> None:
        self.live.session.delete(f"{self.live.url}/_sandbox/faults")

    def accounts(self) -> int:
        return sum(not row.get("IsDeleted") for row in self.live.service.room.state.tables["Account"].values())

    def make(self) -> requests.Response:
        return self("POST", "sobjects/Account", {"Name": "new"})


@pytest.fixture
def client(live: Any) -> Client:
    return Client(live)


def test_latency(client: Client) -> None:
    client.fault({"kind": "latency", "seconds": 0.4}, times=1)
    began = time.monotonic()
    assert client.make().status_code == 201
    assert time.monotonic() - began >= 0.4
    assert client.accounts() == 3


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (429, {"Retry-After": "2"}, LIMIT),
        (429, {"Retry-After": "Tue, 24 Nov 2026 10:00:05 GMT"}, LIMIT),
        (429, {}, LIMIT),
        (403, {}, LIMIT),
        (500, {}, [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}]),
        (502, {"Content-Type": "text/html"}, None),
        (503, {"Retry-After": "1"}, [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}]),
        (504, {}, None),
    ],
)
def test_refusals_by_limit_and_by_failure(client: Client, status: int, headers: dict[str, str], body: Any) -> None:
    text = "" if body is None else json.dumps(body)
    client.fault({"kind": "status", "status": status, "headers": headers, "body": text}, route="/sobjects/", times=1)
    answer = client.make()
    assert answer.status_code == status
    assert answer.text == text
    for name, value in headers.items():
        assert answer.headers[name] == value
    assert client.accounts() == 2
    assert client.make().status_code == 201


def test_a_connection_dropped_before_the_effect_and_after(client: Client) -> None:
    client.fault({"kind": "drop_before"}, method="POST", times=1)
    with pytest.raises(requests.ConnectionError):
        client.make()
    assert client.accounts() == 2
    client.fault({"kind": "drop_after"}, method="POST", times=1)
    with pytest.raises(requests.ConnectionError):
        client.make()
    assert client.accounts() == 3


def test_a_truncated_body(client: Client) -> None:
    client.fault({"kind": "truncate", "bytes": 20}, method="POST", times=1)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        client.make()
    assert client.accounts() == 3


def test_html_in_place_of_json(client: Client) -> None:
    client.fault({"kind": "html"}, times=1)
    answer = client.make()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert client.accounts() == 2


def test_a_slow_drip(client: Client) -> None:
    client.fault({"kind": "drip", "seconds": 0.5}, times=1)
    began = time.monotonic()
    assert client("GET", "limits").json()["DailyApiRequests"]
    assert time.monotonic() - began >= 0.4


def test_by_route_query_body_count_and_probability(client: Client) -> None:
    client.fault({"kind": "status", "status": 503}, route="/query$", query="FROM\\+Contact")
    assert client("GET", "query?q=SELECT+Id+FROM+Account").status_code == 200
    assert client("GET", "query?q=SELECT+Id+FROM+Contact").status_code == 503
    client.clear()
    client.fault({"kind": "status", "status": 503}, body="poison")
    assert client("POST", "sobjects/Account", {"Name": "poison"}).status_code == 503
    assert client("POST", "sobjects/Account", {"Name": "bread"}).status_code == 201
    client.clear()
    client.fault({"kind": "status", "status": 503}, nth=3)
    assert [client("GET", "limits").status_code for _ in range(4)] == [200, 200, 503, 200]
    client.clear()
    client.fault({"kind": "status", "status": 503}, probability=0.5, seed=1)
    failed = [client("GET", "limits").status_code for _ in range(60)].count(503)
    assert 15 <= failed <= 45


def test_from_python(client: Client) -> None:
    rule = client.live.service.faults.add({"action": {"kind": "status", "status": 503}})
    assert client("GET", "limits").status_code == 503
    client.live.service.faults.clear(rule)
    assert client("GET", "limits").status_code == 200


def test_a_token_that_ends_in_mid_run(client: Client) -> None:
    assert client("GET", "limits").status_code == 200
    client.live.session.post(f"{client.live.url}/_sandbox/sessions/revoke", json={"username": "sync@partner.example"})
    answer = client("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_permission_lost_in_mid_run(client: Client) -> None:
    lost = {"username": "sync@partner.example", "hidden": ["Account.AnnualRevenue"], "read_only": ["Account"]}
    assert client("GET", "query?q=SELECT+AnnualRevenue+FROM+Account").status_code == 200
    client.live.session.post(f"{client.live.url}/_sandbox/access", json=lost)
    assert client("GET", "query?q=SELECT+AnnualRevenue+FROM+Account").json()[0]["errorCode"] == "INVALID_FIELD"
    assert client("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"}).status_code == 403


def test_a_clock_that_is_wrong(client: Client) -> None:
    def told() -> tuple[str, str]:
        answer = client.make()
        made = client("GET", f"sobjects/Account/{answer.json()['id']}?fields=CreatedDate")
        return answer.headers["Date"], made.json()["CreatedDate"]

    assert told() == ("Tue, 24 Nov 2026 10:00:00 GMT", "2026-11-24T10:00:00.000+0000")
    client.live.session.post(f"{client.live.url}/_sandbox/clock", json={"advance_seconds": -300})
    assert told() == ("Tue, 24 Nov 2026 09:55:00 GMT", "2026-11-24T09:55:00.000+0000")


def test_faults_are_told_in_the_log_and_travel_with_the_state(client: Client) -> None:
    client.fault({"kind": "drop_after"}, id="lost", method="POST", times=1)
    state = client.live.session.get(f"{client.live.url}/_sandbox/state").json()
    assert state["faults"] == [{"id": "lost", "method": "POST", "times": 1, "action": {"kind": "drop_after"}}]
    with pytest.raises(requests.ConnectionError):
        client.make()
    client("GET", "limits")
    lines = client.live.session.get(f"{client.live.url}/_sandbox/log").text.splitlines()
    lost, whole = (json.loads(line) for line in lines)
    assert (lost["fault"], lost["effect"], lost["status"]) == ("lost", True, 0)
    assert whole["fault"] is None
    calm = client.live.session.get(f"{client.live.url}/_sandbox/log?faulted=no").text.splitlines()
    assert len(calm) == 1
