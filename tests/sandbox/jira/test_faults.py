"""Every fault that a client of Jira may meet, by rule and by setting, over the admin routes and from Python."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]
EDIT = {"fields": {"summary": "Changed"}}


@pytest.fixture(params=["cloud", "data-center"])
def api(request: pytest.FixtureRequest, connect: Connect) -> Any:
    return connect(request.param)


def disturb(api: Any, action: Any, **rule: Any) -> None:
    document = {"script": action, **rule} if isinstance(action, list) else {"action": action, "times": 1, **rule}
    answer = api.session.post(f"{api.url}/_sandbox/faults", json=document, timeout=30)
    assert answer.status_code == 200, answer.text


def steer(api: Any, path: str, **body: Any) -> None:
    answer = api.session.post(f"{api.url}/_sandbox/{path}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text


def summary(api: Any) -> str:
    return str(api.get("/issue/NIM-2")["fields"]["summary"])


def test_a_request_waits(api: Any) -> None:
    disturb(api, {"kind": "latency", "seconds": 0.3}, route="/myself$")
    began = time.monotonic()
    assert api("GET", "/myself").status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "7", "RateLimit-Reason": "jira-quota-global-based"},
        {"Retry-After": "Wed, 25 Nov 2026 07:28:00 GMT"},
        {"X-RateLimit-Reset": "2026-11-25T07:28Z", "RateLimit-Reason": "jira-cost-based"},
        {},
    ],
)
def test_429_comes_in_every_form_and_503_with_a_time(api: Any, headers: dict[str, str]) -> None:
    for status in (429, 503):
        disturb(api, {"kind": "status", "status": status, "headers": headers, "body": "{}"}, method="PUT")
        answer = api("PUT", "/issue/NIM-2", EDIT)
        assert (answer.status_code, summary(api)) == (status, "Login page")
        assert {name: answer.headers[name] for name in headers} == headers
        assert ("Retry-After" in answer.headers) is ("Retry-After" in headers)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_has_no_effect(api: Any, status: int) -> None:
    disturb(api, {"kind": "status", "status": status}, method="PUT")
    answer = api.session.put(f"{api.url}/rest/api/2/issue/NIM-2", json=EDIT, timeout=30)
    assert (answer.status_code, summary(api)) == (status, "Login page")


@pytest.mark.parametrize(("kind", "after"), [("drop_before", "Login page"), ("drop_after", "Changed")])
def test_a_connection_breaks_before_or_after_the_effect(api: Any, kind: str, after: str) -> None:
    disturb(api, {"kind": kind}, method="PUT")
    with pytest.raises(requests.ConnectionError):
        api("PUT", "/issue/NIM-2", EDIT)
    assert summary(api) == after


def test_a_body_is_cut_comes_as_html_or_drips(api: Any) -> None:
    disturb(
        api, [{"kind": "truncate", "bytes": 10}, {"kind": "html"}, {"kind": "drip", "seconds": 0.3}], route="/field$"
    )
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api("GET", "/field")
    page = api("GET", "/field")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    began = time.monotonic()
    assert any(one["id"] == "summary" for one in api("GET", "/field").json())
    assert time.monotonic() - began >= 0.2


def test_faults_come_by_chance_and_from_python(api: Any) -> None:
    rule = {"probability": 0.5, "seed": 3, "action": {"kind": "status", "status": 503}}
    api.service.faults.add({"id": "chance", "route": "/myself$", **rule})
    statuses = [api("GET", "/myself").status_code for _ in range(40)]
    assert 8 <= statuses.count(503) <= 32
    api.service.faults.clear("chance")
    assert api("GET", "/myself").status_code == 200
    marked = [one for one in api.service.log.exchanges() if one.fault == "chance"]
    assert len(marked) == statuses.count(503), "the log tells the disturbed ones"
    told = api.session.get(f"{api.url}/_sandbox/log", params={"faulted": "no"}, timeout=30).text.splitlines()
    assert len(told) == len(api.service.log.exchanges()) - len(marked)


def test_a_token_ends_in_the_middle_of_a_run(api: Any) -> None:
    assert api("GET", "/myself").status_code == 200
    user = "acc:ann" if api.service.site.state.cloud else "ann"
    with api.service.lock:
        api.service.site.state.users[user]["token_expires"] = "2099-01-01T00:00:00.000+0000"
    assert api("GET", "/myself").status_code == 200
    api.service.clock.advance(80 * 365 * 86_400)
    assert api("GET", "/myself").status_code == 401
    api.service.clock.advance(-80 * 365 * 86_400)
    assert api("GET", "/myself").status_code == 200
    steer(api, "tokens/end", user=user)
    assert api("GET", "/myself").status_code == 401


def test_a_permission_is_lost_and_comes_back(api: Any) -> None:
    user = "acc:ann" if api.service.site.state.cloud else "ann"
    steer(api, "permit", project="NIM", user=user, edit=False)
    assert api("PUT", "/issue/NIM-2", EDIT).status_code == 403
    assert api.keys("project = NIM") != []
    steer(api, "permit", project="NIM", user=user, browse=False)
    assert api("GET", "/issue/NIM-2").status_code == 404
    assert "NIM" not in [one["key"] for one in api.get("/project")]
    steer(api, "permit", project="NIM", user=user, browse=True, edit=True)
    assert api("PUT", "/issue/NIM-2", EDIT).status_code == 204


def test_the_clock_runs_ahead_and_is_put_back(api: Any) -> None:
    steer(api, "clock", offset_seconds=3600)
    assert api("PUT", "/issue/NIM-2", EDIT).status_code == 204
    ahead = api.service.site.state.issue("NIM-2").updated / 1000
    assert ahead > time.time() + 3500
    told = parsedate_to_datetime(api("GET", "/myself").headers["Date"]).timestamp()
    assert told > time.time() + 3500, "and the answers say so"
    steer(api, "clock", offset_seconds=0)
    assert api("PUT", "/issue/NIM-4", EDIT).status_code == 204
    assert api.service.site.state.issue("NIM-4").updated / 1000 < ahead


def test_reads_by_id_can_lag_and_pages_can_be_smaller_than_told(api: Any) -> None:
    steer(api, "settings", index_lag_seconds=60, reads_lag=True)
    assert api("PUT", "/issue/NIM-2", EDIT).status_code == 204
    assert summary(api) == "Login page"
    api.service.clock.advance(61)
    assert summary(api) == "Changed"
    steer(api, "settings", index_lag_seconds=0, archived_readable=False, property_bytes=5)
    assert api("PUT", "/issue/NIM-2/properties/p", "123456").status_code == 400
    place = "/issue/NIM-4/archive"
    if api.service.site.state.cloud:
        assert api("PUT", "/issue/archive", {"issueIdsOrKeys": ["NIM-4"]}).status_code == 200
        steer(
            api,
            "settings",
            page_ids=2,
            page_bulkfetch=1,
            changelog_issues=1,
            unbounded_refused=False,
            tenant_info=False,
        )
        page = api.get("/search/jql", jql="project = NIM", maxResults=50)
        assert (len(page["issues"]), page["isLast"]) == (2, False)
        assert api("GET", "/search/jql", jql="ORDER BY key").status_code == 200
        two = {"issueIdsOrKeys": ["NIM-1", "NIM-2"]}
        assert [api("POST", f"/{one}/bulkfetch", two).status_code for one in ("issue", "changelog")] == [400, 400]
        assert api.session.get(f"{api.url}/_edge/tenant_info", timeout=30).status_code == 404
    else:
        assert api("PUT", place).status_code == 204
        steer(api, "settings", page_data_center=2)
        assert len(api.get("/search", jql="project = NIM", maxResults=50)["issues"]) == 2
    assert api("GET", "/issue/NIM-4").status_code == 404


def test_dates_of_jql_are_of_the_users_zone_or_of_the_sites(api: Any) -> None:
    """NIM-2 was changed at 10:30 UTC, which is 11:30 in Ann's Berlin."""
    query = 'key = NIM-2 AND updated >= "2026-02-02 11:00"'
    assert api.keys(query) == ["NIM-2"]
    steer(api, "settings", zone_of_user=False)
    assert api.keys(query) == []
