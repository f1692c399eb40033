"""The one place a request leaves: what is repeated, what never is, and what comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from connectors.core.errors import AmbiguousError, FatalError, InterruptedRunError, RetriableError
from connectors.core.patience import Patience
from connectors.core.transport import SAFE_HEADER, Transport

URL = "https://tool.example/rest/api/2/issue/NIM-1"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class VirtualClock:
    """Sleeping moves it; nothing waits."""

    def __init__(self) -> None:
        self.instant = NOW
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return (self.instant - NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def transport(clock: VirtualClock):
    made = Transport(connection="jira", clock=clock, timeout_s=30, secrets=["canary-secret"])
    yield made
    made.close()


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def refused() -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused")))


def reset() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104)))


def test_an_answer_reaches_the_caller_untouched_and_is_counted_by_route(transport, http):
    http.get(URL, json={"key": "NIM-1"})
    assert transport.session().get(URL).json() == {"key": "NIM-1"}
    assert dict(transport.counts) == {("GET", "/rest/api/2/issue/{}"): 1}
    assert transport.requests_made == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 501])
def test_other_statuses_of_a_read_are_left_to_the_client_library(transport, http, status):
    http.get(URL, status=status, json={})
    assert transport.session().get(URL).status_code == status
    assert transport.requests_made == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated_until_it_answers(transport, http, clock, status):
    http.get(URL, status=status)
    http.get(URL, json={})
    assert transport.session().get(URL).status_code == 200
    assert transport.requests_made == 2
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    "fault", [refused(), reset(), requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError()]
)
def test_a_read_is_repeated_after_a_broken_connection(transport, http, fault):
    http.get(URL, body=fault)
    http.get(URL, json={})
    assert transport.session().get(URL).status_code == 200


def test_retry_after_in_seconds_is_waited_exactly(transport, http, clock):
    http.get(URL, status=429, headers={"Retry-After": "17"})
    http.get(URL, json={})
    transport.session().get(URL)
    assert clock.slept == [17.0]


def test_retry_after_as_a_date_is_waited_exactly(transport, http, clock):
    http.get(URL, status=503, headers={"Retry-After": "Mon, 02 Mar 2026 10:00:40 GMT"})
    http.get(URL, json={})
    transport.session().get(URL)
    assert clock.slept == [40.0]


def test_a_nonsense_retry_after_falls_back_to_the_backoff(transport, http, clock):
    http.get(URL, status=429, headers={"Retry-After": "soon"})
    http.get(URL, json={})
    transport.session().get(URL)
    assert 0 < clock.slept[0] <= 30


def test_a_long_wait_is_handed_on_and_not_slept(transport, http, clock):
    http.get(URL, status=429, headers={"Retry-After": "1800"})
    with pytest.raises(RetriableError) as caught:
        transport.session().get(URL)
    assert caught.value.retry_after_s == 1800
    assert caught.value.status == 429
    assert clock.slept == []


def test_the_waits_of_one_read_stay_within_the_bound(transport, http, clock):
    http.get(URL, status=503)
    with pytest.raises(RetriableError, match="jira: GET /rest/api/2/issue/NIM-1: the tool answered 503"):
        transport.session().get(URL)
    assert sum(clock.slept) <= 15
    assert transport.requests_made == len(clock.slept) + 1


def test_a_500_that_stays_reaches_the_client_library_after_three_attempts(transport, http):
    http.get(URL, status=500, json={"errorMessages": ["a defect"]})
    assert transport.session().get(URL).json() == {"errorMessages": ["a defect"]}
    assert transport.requests_made == 3


def reads_until_given_up(transport: Transport, most: int = 50) -> int:
    """How many reads end in an error before one fails that left no request."""
    for number in range(most):
        before = transport.requests_made
        with pytest.raises(RetriableError):
            transport.session().get(URL)
        if transport.requests_made == before:
            return number
    raise AssertionError("it is asked for ever")


def test_a_tool_that_drops_connections_costs_a_run_half_a_minute_and_is_then_given_up(transport, http, clock):
    http.get(URL, body=reset())
    assert reads_until_given_up(transport) < 10
    assert 10 < clock.monotonic() <= 30
    with pytest.raises(RetriableError, match=r"not asked: the tool gave no answer in 30 s of trying"):
        transport.session().put(URL)  # a write is not sent either: it certainly has no effect


def test_a_tool_that_was_given_up_is_asked_again_in_the_next_run(transport, http):
    http.get(URL, body=reset())
    reads_until_given_up(transport)
    http.replace(responses.GET, URL, json={})
    transport.renew()
    assert transport.session().get(URL).status_code == 200


def test_a_tool_that_answers_503_is_asked_on_without_waiting_once_patience_is_spent(transport, http, clock):
    """One address may fail for ever while the others answer."""
    http.get(URL, status=503)
    http.get("https://tool.example/other", json={})
    for _ in range(20):
        with pytest.raises(RetriableError, match="503"):
            transport.session().get(URL)
    assert clock.monotonic() <= 30
    assert transport.session().get("https://tool.example/other").status_code == 200


def test_asked_waits_are_no_loss_of_patience(transport, http, clock):
    for _ in range(4):
        http.get(URL, status=429, headers={"Retry-After": "60"})
        http.get(URL, json={})
        transport.session().get(URL)
    assert clock.slept == [60.0] * 4


def test_answers_give_patience_back_never_beyond_its_measure() -> None:
    patience = Patience(30)
    patience.lost(20, silent=True)
    patience.answered(15)
    assert patience.left_s == 25
    patience.answered(100)
    assert patience.left_s == 30
    patience.lost(29.5, silent=True)
    assert patience.is_over
    patience.lost(0, silent=False)
    assert not patience.is_over


def test_a_tool_that_asks_for_no_wait_is_not_hammered_for_ever(transport, http):
    http.get(URL, status=429, headers={"Retry-After": "0"})
    with pytest.raises(RetriableError):
        transport.session().get(URL)
    assert transport.requests_made <= 8


def test_a_marked_post_is_repeated_and_the_mark_does_not_leave(transport, http):
    http.post(URL, status=502)
    http.post(URL, json={})
    transport.session().post(URL, json={}, headers={SAFE_HEADER: "1"})
    assert transport.requests_made == 2
    assert all(SAFE_HEADER not in call.request.headers for call in http.calls)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_answered_with_a_server_error_is_sent_once_and_ambiguous(transport, http, method, status):
    http.add(method, URL, status=status)
    with pytest.raises(AmbiguousError) as caught:
        transport.session().request(method, URL)
    assert caught.value.status == status
    assert transport.requests_made == 1


@pytest.mark.parametrize("fault", [reset(), requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError()])
def test_a_write_without_a_whole_answer_is_sent_once_and_ambiguous(transport, http, fault):
    http.post(URL, body=fault)
    with pytest.raises(AmbiguousError):
        transport.session().post(URL)
    assert transport.requests_made == 1


@pytest.mark.parametrize("fault", [refused(), requests.ConnectTimeout()])
def test_a_write_that_never_left_is_retriable_and_not_repeated(transport, http, fault):
    http.post(URL, body=fault)
    with pytest.raises(RetriableError):
        transport.session().post(URL)
    assert transport.requests_made == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry-After": "9"}), (503, {"Retry-After": "9", "X-RateLimit-Remaining": "0"})]
)
def test_a_limited_write_had_no_effect_and_is_not_repeated(transport, http, status, headers):
    http.post(URL, status=status, headers=headers)
    with pytest.raises(RetriableError) as caught:
        transport.session().post(URL)
    assert caught.value.retry_after_s == 9
    assert transport.requests_made == 1


def test_a_login_page_instead_of_json_is_named_as_one(transport, http):
    http.get(URL, body="<!DOCTYPE html><title>Log in</title>", content_type="text/html")
    http.post(URL, body="<html>", content_type="text/html")
    with pytest.raises(RetriableError, match="a login page or a proxy"):
        transport.session().get(URL)
    with pytest.raises(AmbiguousError, match="a login page or a proxy"):
        transport.session().post(URL)


def test_a_redirect_to_another_host_is_refused_and_gets_no_credentials(transport, http):
    http.get(URL, status=302, headers={"Location": "https://elsewhere.example/x"})
    elsewhere = http.get("https://elsewhere.example/x", json={})
    with pytest.raises(FatalError, match=r"elsewhere\.example"):
        transport.session().get(URL, headers={"Authorization": "Bearer x"})
    assert elsewhere.call_count == 0


def test_a_read_follows_a_redirect_on_its_own_host_and_a_write_none(transport, http):
    http.get(URL, status=302, headers={"Location": "/moved"})
    http.get("https://tool.example/moved", json={"moved": True})
    http.put(URL, status=302, headers={"Location": "/moved"})
    assert transport.session().get(URL).json() == {"moved": True}
    with pytest.raises(FatalError):
        transport.session().put(URL)


def test_an_answer_beyond_the_size_limit_is_refused(clock, http):
    small = Transport(connection="jira", clock=clock, timeout_s=30, max_answer_bytes=1000)
    http.get(URL, body="x" * 1001)
    with pytest.raises(RetriableError, match="too large"):
        small.session().get(URL)


def test_an_untrusted_certificate_is_for_a_person(transport, http):
    http.get(URL, body=requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer"))
    with pytest.raises(FatalError, match="set ca_file"):
        transport.session().get(URL)
    assert transport.requests_made == 1


def test_an_unreadable_ca_file_is_named(clock, tmp_path):
    bad = tmp_path / "ca.pem"
    bad.write_text("not a certificate")
    with pytest.raises(FatalError, match=r"ca\.pem"):
        Transport(connection="jira", clock=clock, timeout_s=30, ca_file=str(bad)).session()


def test_secrets_are_shown_in_no_error(transport, http):
    transport.add_secret("rotated-canary")
    url = "https://tool.example/canary-secret/rotated-canary"
    http.get(url, status=503)
    with pytest.raises(RetriableError) as caught:
        transport.session().get(url + "?token=canary-secret")
    assert "canary" not in f"{caught.value} {caught.value.place}"


def test_a_spent_budget_stops_before_the_request_leaves(clock, http):
    class Spent:
        def take(self, connection: str) -> None:
            raise InterruptedRunError("spent", connection=connection)

    http.get(URL, json={})
    bounded = Transport(connection="jira", clock=clock, timeout_s=30, budget=Spent())
    with pytest.raises(InterruptedRunError):
        bounded.session().get(URL)
    assert bounded.requests_made == 0


def test_sessions_take_nothing_from_the_environment(transport):
    assert transport.session().trust_env is False
