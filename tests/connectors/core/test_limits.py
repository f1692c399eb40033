"""Every form in which a tool says that a limit of requests is reached: waited for as it asks, never taken for more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import responses

from connectors.core.errors import RetriableError
from connectors.core.transport import SAFE_HEADER, Transport

URL = "https://tool.example/graphql"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DATE = {"Date": "Mon, 02 Mar 2026 10:00:00 GMT"}
AHEAD = {"Date": "Mon, 02 Mar 2026 12:00:00 GMT"}  # the server's clock is two hours ahead of ours
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


class VirtualClock:
    """Sleeping moves it; nothing waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def transport(clock):
    made = Transport(connection="tool", clock=clock, timeout_s=30)
    yield made
    made.close()


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


FORMS = {
    "403 with Retry-After": (403, {"Retry-After": "7"}, {"message": "wait"}, 7.0),
    "403 spent, by the server's clock": (
        403,
        {**AHEAD, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": epoch(NOW + timedelta(hours=2, seconds=30))},
        {"message": "API rate limit exceeded for user ID 1."},
        30.0,
    ),
    "403 secondary without a time": (403, DATE, SECONDARY, 60.0),
    "403 abuse detection": (403, DATE, {"message": "You have triggered an abuse detection mechanism."}, 60.0),
    "429 spent": (
        429,
        {**DATE, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": epoch(NOW + timedelta(seconds=20))},
        {},
        20.0,
    ),
    "429 secondary without a time": (429, DATE, SECONDARY, 60.0),
    "200 of GraphQL": (
        200,
        {**DATE, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": epoch(NOW + timedelta(seconds=45))},
        {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]},
        45.0,
    ),
    "200 of GraphQL without a time": (200, DATE, {"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}, 60.0),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_read_waits_as_asked_and_is_repeated(form, http, transport, clock) -> None:
    status, headers, body, wait_s = FORMS[form]
    http.post(URL, status=status, headers=headers, json=body)
    http.post(URL, json={"data": {"viewer": {"login": "syncline"}}})
    answer = transport.session().post(URL, json={}, headers={SAFE_HEADER: "1"})
    assert answer.json()["data"]["viewer"]["login"] == "syncline"
    assert clock.slept == [wait_s]


@pytest.mark.parametrize("form", FORMS)
def test_a_write_is_sent_once_and_had_no_effect(form, http, transport, clock) -> None:
    status, headers, body, wait_s = FORMS[form]
    http.post(URL, status=status, headers=headers, json=body)
    with pytest.raises(RetriableError) as caught:
        transport.session().post(URL, json={})
    assert caught.value.retry_after_s == wait_s
    assert (len(http.calls), clock.slept) == (1, [])


def test_a_long_wait_is_left_to_the_caller(http, transport, clock) -> None:
    headers = {**DATE, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": epoch(NOW + timedelta(minutes=50))}
    http.get(URL, status=403, headers=headers, json={"message": "API rate limit exceeded"})
    with pytest.raises(RetriableError) as caught:
        transport.session().get(URL)
    assert caught.value.retry_after_s == 3000.0
    assert (len(http.calls), clock.slept) == (1, [])


OTHERS = {
    "a permission is lacking": (403, {"X-RateLimit-Remaining": "4999"}, {"message": "Resource not accessible"}),
    "the reset is no epoch": (
        403,
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-03-02T10:30Z"},
        {"message": "Forbidden"},
    ),
    "some of a GraphQL document was done": (
        200,
        {},
        {"data": {"m0": {"id": "1"}, "m1": None}, "errors": [{"type": "RATE_LIMITED", "path": ["m1"]}]},
    ),
    "another GraphQL error": (200, {}, {"data": None, "errors": [{"type": "NOT_FOUND", "message": "RATE_LIMIT"}]}),
    "a text that speaks of limits": (200, {}, {"message": "rate limit", "data": {"text": "RATE_LIMITED"}}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_answers_reach_the_library(name, http, transport) -> None:
    status, headers, body = OTHERS[name]
    http.post(URL, status=status, headers={**DATE, **headers}, json=body)
    assert transport.session().post(URL, json={}).json() == body
