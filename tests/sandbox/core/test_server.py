import json
import signal
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import requests
from werkzeug.wrappers import Response

from sandbox.core import command, tls
from sandbox.core.http import Call, HttpError, Json, Route, json_response
from sandbox.core.log import RequestLog
from sandbox.core.server import running
from sandbox.core.service import Service

pytestmark = pytest.mark.loopback


class Greeter(Service):
    name = "greeter"

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def routes(self) -> Iterable[Route]:
        yield Route(method="GET", path="/hello/<name>", handler=self.hello)
        yield Route(method="POST", path="/hello", handler=self.learn)
        yield Route(method="GET", path="/broken", handler=self.broken)
        yield Route(method="POST", path="/own", handler=lambda _call: Response(status="209 Content Returned"))

    def hello(self, call: Call, name: str) -> Json:
        if name not in self.names:
            raise HttpError(404, f"{name} is unknown")
        return {"hello": name}

    def learn(self, call: Call) -> Json:
        self.names.append(call.json_body()["name"])
        return json_response({"learnt": True}, status=201)

    def broken(self, call: Call) -> Json:
        return {}["absent"]

    def dump_state(self) -> Json:
        return {"names": self.names}

    def load_state(self, document: Json) -> None:
        if "names" not in document:
            raise ValueError("names are missing")
        self.names = list(document["names"])


@pytest.fixture
def service() -> Greeter:
    return Greeter()


@pytest.fixture
def url(service: Greeter) -> Iterator[str]:
    with running(service) as address:
        yield address


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_one_connection_serves_many_requests(url: str, http: requests.Session) -> None:
    for _ in range(3):
        answer = http.post(f"{url}/hello", json={"name": "ann"}, stream=True)
        assert answer.headers.get("Connection") is None
        assert answer.json() == {"learnt": True}
    pool = next(iter(http.adapters["http://"].poolmanager.pools._container.values()))
    assert pool.num_connections == 1


def test_path_arguments_may_hold_quoted_slashes(service: Greeter, url: str, http: requests.Session) -> None:
    service.names.append("a/b c")
    assert http.get(f"{url}/hello/a%2Fb%20c").json() == {"hello": "a/b c"}


def test_errors_have_the_form_of_the_service(url: str, http: requests.Session) -> None:
    assert http.get(f"{url}/hello/bob").json() == {"message": "bob is unknown"}
    assert http.get(f"{url}/nowhere").status_code == 404
    assert http.put(f"{url}/hello").headers["Allow"] == "POST"
    assert http.post(f"{url}/hello", data="{").status_code == 400


def test_a_failure_of_the_stand_in_is_a_500_and_is_logged(service: Greeter, url: str, http: requests.Session) -> None:
    assert http.get(f"{url}/broken").status_code == 500
    failure = service.log.exchanges()[-1].failure
    assert failure is not None
    assert "KeyError" in failure


def test_a_body_of_no_readable_length_is_a_400(url: str) -> None:
    for head in ("Content-Length: many", "Content-Length: -5", "Transfer-Encoding: chunked\r\n\r\nmany"):
        with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10) as connection:
            connection.sendall(f"POST /hello HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_status_that_only_the_tool_knows_bears_its_words(url: str, http: requests.Session) -> None:
    assert http.post(f"{url}/own").reason == "Content Returned"
    assert http.get(f"{url}/nowhere").reason == "Not Found"


def test_the_log_has_the_form_of_the_validators(url: str, http: requests.Session) -> None:
    http.post(f"{url}/hello", params={"a": ["1", "2"], "b": "x"}, json={"name": "ann"})
    line = json.loads(http.get(f"{url}/_sandbox/log").text)
    assert line.pop("t") == pytest.approx(time.time(), abs=10)
    assert line == {
        "method": "POST",
        "path": "/hello",
        "query": {"a": ["1", "2"], "b": "x"},
        "request_body": {"name": "ann"},
        "status": 201,
        "response_body": {"learnt": True},
        "route": "/hello",
        "fault": None,
        "effect": True,
    }
    assert http.get(f"{url}/_sandbox/counts").json() == {"POST /hello": 1}
    http.delete(f"{url}/_sandbox/log")
    assert http.get(f"{url}/_sandbox/counts").json() == {}


@pytest.mark.parametrize(
    ("route", "wrong", "told"),
    [
        ("clock", {"offset_seconds": "late"}, 'offset_seconds: expected a valid number, found "late"'),
        ("clock", {"advance": 1}, "advance: there is no such key"),
        ("clock", {"advance_seconds": 1e300}, "expected 1 to 9999"),
        ("clock", [1], "expected a JSON object"),
        ("release", {"id": 7}, "id: expected a valid string, found 7"),
        ("faults", {"action": {"kind": "no"}}, "action.kind: expected 'latency', 'status', 'html'"),
        ("faults", {"script": [None, {"kind": "drip", "seconds": None}]}, "script.1.seconds: expected a valid number"),
        ("settings", {"bogus": 1}, "no such setting: bogus"),
        ("settings", [1], "expected a JSON object"),
    ],
)
def test_a_wrong_wish_is_told_and_changes_nothing(
    service: Greeter, url: str, http: requests.Session, route: str, wrong: object, told: str
) -> None:
    answer = http.post(f"{url}/_sandbox/{route}", json=wrong)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert service.clock.offset_seconds == 0
    assert http.post(f"{url}/hello", json={"name": "ann"}).status_code == 201


def test_an_admin_route_that_fails_says_so(service: Greeter, url: str, http: requests.Session) -> None:
    answer = http.put(f"{url}/_sandbox/state", json={"names": 5})
    assert answer.status_code == 500
    assert "TypeError" in answer.json()["error"]
    assert http.delete(f"{url}/_sandbox/faults", params={"id": "f9"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "half \\ud83d of a pair"}',
        b'{"name": NaN}',
        '{"name": "ann"}'.encode("utf-16"),
        '{"name": "Z\u00fcrich"}'.encode("latin-1"),
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_in_utf_8_is_a_400_and_can_be_logged(
    service: Greeter, url: str, http: requests.Session, body: bytes
) -> None:
    assert http.post(f"{url}/hello", data=body).status_code == 400
    assert http.post(f"{url}/hello", data=b'{"name": "whole \\ud83d\\ude00"}').status_code == 201
    assert service.names == ["whole \N{GRINNING FACE}"]
    refused, _taken = http.get(f"{url}/_sandbox/log").content.splitlines()
    assert json.loads(refused)["status"] == 400


def test_a_port_that_is_taken_is_told(service: Greeter, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    port = int(url.rsplit(":", 1)[1])
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as ended:
            command.serve_until_stopped(service, port=port)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.value.code == 2
    told = f"greeter: cannot listen on port {port}: Address already in use; try --port 0\n"
    assert capsys.readouterr().err == told


def test_a_log_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RequestLog(file=tmp_path / "nowhere" / "log.jsonl")


def test_the_date_header_comes_from_the_clock(url: str, http: requests.Session) -> None:
    http.post(f"{url}/_sandbox/clock", json={"advance_seconds": 86400 * 3650})
    year = int(http.get(f"{url}/hello/x").headers["Date"].split()[3])
    assert year >= time.gmtime().tm_year + 9


def test_the_rules_of_a_state_are_put_whole_or_not_at_all(service: Greeter) -> None:
    service.faults.add({"id": "mine", "times": 2, "action": {"kind": "html"}})
    kept = service.faults.documents()
    wrong = [{"action": {"kind": "html"}}, {"action": {"kind": "no"}}, {"nth": 0, "action": {"kind": "html"}}]
    with pytest.raises(ValueError, match=r"faults\[1\]: action.kind: .*; faults\[2\]: nth: "):
        service.faults.of_state({"faults": wrong})
    with pytest.raises(ValueError, match=r"faults\[1\]: the id 'mine' stands there twice"):
        service.faults.of_state({"faults": [*kept, *kept]})
    with pytest.raises(ValueError, match="a list is needed"):
        service.faults.of_state({"faults": {"id": "mine"}})
    assert service.faults.documents() == kept == [{"id": "mine", "times": 2, "action": {"kind": "html"}}]
    service.faults.replace(service.faults.of_state({"faults": kept}))
    assert service.faults.documents() == kept


def test_state_goes_out_and_in(url: str, http: requests.Session) -> None:
    assert http.put(f"{url}/_sandbox/state", json={"names": ["zoe"]}).status_code == 204
    assert http.get(f"{url}/_sandbox/state").json() == {"names": ["zoe"]}
    assert http.put(f"{url}/_sandbox/state", json=[]).status_code == 400


def test_drop_before_has_no_effect_and_drop_after_has(service: Greeter, url: str, http: requests.Session) -> None:
    service.faults.add({"method": "POST", "nth": 1, "action": {"kind": "drop_before"}})
    service.faults.add({"method": "POST", "body": "second", "action": {"kind": "drop_after"}})
    for name in ("first", "second"):
        with pytest.raises(requests.ConnectionError):
            http.post(f"{url}/hello", json={"name": name})
    assert service.names == ["second"]
    assert [(entry.status, entry.effect, entry.fault) for entry in service.log.exchanges()] == [
        (0, False, "fault-1"),
        (0, True, "fault-2"),
    ]


def test_status_html_and_truncate(service: Greeter, url: str, http: requests.Session) -> None:
    service.names.append("ann")
    add = service.faults.add
    add({"nth": 1, "action": {"kind": "status", "status": 429, "headers": {"Retry-After": "3"}, "body": "{}"}})
    add({"nth": 1, "action": {"kind": "html"}})
    add({"nth": 1, "action": {"kind": "truncate", "bytes": 5}})
    answer = http.get(f"{url}/hello/ann")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    answer = http.get(f"{url}/hello/ann")
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        http.get(f"{url}/hello/ann")
    assert http.get(f"{url}/hello/ann").json() == {"hello": "ann"}
    assert service.log.exchanges()[2].response_body == b'{"hel'


def test_latency_and_drip_take_their_time(service: Greeter, url: str, http: requests.Session) -> None:
    service.names.append("ann")
    service.faults.add({"nth": 1, "action": {"kind": "latency", "seconds": 0.2}})
    service.faults.add({"nth": 1, "action": {"kind": "drip", "seconds": 0.2}})
    for _ in range(2):
        began = time.monotonic()
        assert http.get(f"{url}/hello/ann").json() == {"hello": "ann"}
        assert time.monotonic() - began >= 0.15


def test_times_and_probability_bound_a_fault(service: Greeter, url: str, http: requests.Session) -> None:
    service.faults.add({"times": 2, "action": {"kind": "status", "status": 500}})
    assert [http.get(f"{url}/hello/x").status_code for _ in range(4)] == [500, 500, 404, 404]
    service.faults.clear()
    service.faults.add({"probability": 0.5, "seed": 3, "action": {"kind": "status", "status": 500}})
    got = [http.get(f"{url}/hello/x").status_code for _ in range(40)]
    assert 8 < got.count(500) < 32


def test_a_script_says_what_befalls_each_request_in_turn(service: Greeter, url: str, http: requests.Session) -> None:
    script = [None, {"kind": "status", "status": 503}, {"kind": "status", "status": 429}]
    answer = http.post(f"{url}/_sandbox/faults", json={"route": "^/hello/", "script": script})
    assert answer.status_code == 200
    http.get(f"{url}/broken")
    assert [http.get(f"{url}/hello/x").status_code for _ in range(5)] == [404, 503, 429, 404, 404]
    [rule] = http.get(f"{url}/_sandbox/faults").json()
    assert (rule["script"], rule["matched"], rule["hits"]) == (script, 5, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"action": None},
        {"action": {"kind": "no"}},
        {"x": 1, "action": {"kind": "html"}},
        {"route": "(", "action": {"kind": "html"}},
        {"script": {"kind": "html"}},
        {"script": ["html"]},
        {"script": [], "action": {"kind": "html"}},
        {"action": {"kind": "status", "status": "abc"}},
        {"action": {"kind": "status", "status": 99}},
        {"action": {"kind": "status", "headers": ["Retry-After"]}},
        {"action": {"kind": "status", "headers": {"X-A": "1\r\nX-B: 2"}}},
        {"action": {"kind": "status", "body": {"message": "x"}}},
        {"action": {"kind": "latency", "seconds": "long"}},
        {"action": {"kind": "latency", "seconds": -1}},
        {"action": {"kind": "truncate", "bytes": -5}},
        {"action": {"kind": "html"}, "nth": "3"},
        {"action": {"kind": "html"}, "probability": 2},
        {"action": {"kind": "html"}, "method": 5},
        ["html"],
    ],
)
def test_a_wrong_fault_is_refused(url: str, http: requests.Session, wrong: dict[str, object]) -> None:
    assert http.post(f"{url}/_sandbox/faults", json=wrong).status_code == 400
    assert http.get(f"{url}/_sandbox/faults").json() == []


def wait_until_held(url: str, http: requests.Session) -> None:
    until = time.monotonic() + 5
    while not any(rule["waiting"] for rule in http.get(f"{url}/_sandbox/faults").json()):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(("kind", "while_held"), [("hold_before", []), ("hold_after", ["ann"])])
def test_a_held_request_goes_on_when_released(
    service: Greeter, url: str, http: requests.Session, kind: str, while_held: list[str]
) -> None:
    http.post(f"{url}/_sandbox/faults", json={"action": {"kind": kind}, "times": 1})
    got: list[int] = []

    def send() -> None:
        got.append(requests.post(f"{url}/hello", json={"name": "ann"}, timeout=10).status_code)

    thread = threading.Thread(target=send)
    thread.start()
    wait_until_held(url, http)
    assert service.names == while_held
    assert http.post(f"{url}/_sandbox/release").json() == {"released": 1}
    thread.join()
    assert got == [201]
    assert service.names == ["ann"]


def test_held_before_and_client_gone_means_no_effect(service: Greeter, url: str, http: requests.Session) -> None:
    service.faults.add({"method": "POST", "action": {"kind": "hold_before"}})
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{url}/hello", json={"name": "ann"}, timeout=0.2)
    until = time.monotonic() + 5
    while not service.log.exchanges():
        assert time.monotonic() < until
        time.sleep(0.01)
    service.faults.release()
    assert service.names == []


def test_tls_by_an_authority_of_its_own(service: Greeter, http: requests.Session, tmp_path: object) -> None:
    service.names.append("ann")
    server_tls = tls.from_new_authority(tmp_path)
    with running(service, tls=server_tls) as url:
        assert url.startswith("https://localhost:")
        assert http.get(f"{url}/hello/ann", verify=str(server_tls.ca_file)).json() == {"hello": "ann"}
        with pytest.raises(requests.exceptions.SSLError):
            http.get(f"{url}/hello/ann")
