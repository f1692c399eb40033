"""Lists, pages, cursors, conditional requests, what moved and what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.http import parse_options_header

ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"
LIST = f"{R}/issues?state=all&sort=updated&direction=asc"


def steer(hub: Any, what: str, body: Any) -> Any:
    status, answer = hub.ask("POST", f"/_sandbox/{what}", body)
    assert status == 200, answer
    return answer


def link(hub: Any, rel: str = "next") -> str | None:
    """Give the address of a relation of the last answer, without the host."""
    for each in hub.last.headers.get("Link", "").split(", <"):
        address, options = parse_options_header(each.lstrip("<").replace(">", "", 1))
        if options.get("rel") == rel:
            return address.removeprefix("http://127.0.0.1:1")
    return None


def walk(hub: Any, path: str | None) -> list[int]:
    found: list[int] = []
    while path:
        found += [each["number"] for each in hub.get(path)]
        path = link(hub)
    return found


@pytest.mark.parametrize("cursors", [True, False])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("order", ["sort=updated&direction=asc", "sort=created", "sort=comments&direction=desc"])
def test_pages_hold_everything_once(hub: Any, cursors: bool, size: int, order: str) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"issue_list_cursors": cursors}})
    found = walk(hub, f"{R}/issues?state=all&per_page={size}&{order}")
    assert sorted(found) == [1, 2, 3, 4, 7]


def test_cursors_are_opaque_and_have_no_last(hub: Any) -> None:
    hub.get(f"{LIST}&per_page=2")
    assert "after=" in (link(hub) or "")
    assert link(hub, "last") is None
    assert (link(hub) or "").startswith("/repositories/5001/issues?")
    hub.ask("POST", "/_sandbox/settings", {"switches": {"issue_list_cursors": False}})
    hub.get(f"{LIST}&per_page=2")
    assert (link(hub, "last") or "").endswith("page=3")


def test_a_cursor_keeps_its_place_when_issues_move(hub: Any) -> None:
    first = hub.get(f"{LIST}&per_page=2")
    rest = link(hub)
    hub.ask("PATCH", f"{R}/issues/{first[0]['number']}", {"title": "moves to the end"})
    assert [each["number"] for each in first] == [3, 1]
    assert walk(hub, rest) == [2, 7, 4, 3]


def test_a_bad_cursor_is_refused(hub: Any) -> None:
    for cursor in ("x", "Y3Vyc29yOnYyOlsxLDJd", "%FF"):
        assert hub.ask("GET", f"{LIST}&after={cursor}")[0] == 422


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [4, 3, 1]),
        ("state=closed", [7, 2]),
        ("state=all&labels=bug", [4, 1]),
        ("state=all&labels=bug,none", []),
        ("state=all&milestone=1", [2, 1]),
        ("state=all&milestone=none", [7, 4, 3]),
        ("state=all&assignee=bob", [1]),
        ("state=all&assignee=*", [1]),
        ("state=all&creator=bob", [4, 2]),
        ("state=all&type=Bug", [1]),
        ("state=all&since=2026-10-08T00:00:00Z", [7, 4]),
        ("state=all&since=2026-10-09T09:00:00Z", [4]),
        ("state=all&since=2026-10-09T11:00:00%2B02:00", [4]),
        ("state=all&since=2026-10-09T09:00:01Z", []),
    ],
)
def test_filters(hub: Any, query: str, numbers: list[int]) -> None:
    assert walk(hub, f"{R}/issues?{query}") == numbers


def test_per_page_is_at_most_100(hub: Any) -> None:
    for n in range(120):
        hub.ask("POST", f"{R}/issues", {"title": f"{n}"})
    assert len(hub.get(f"{LIST}&per_page=1000")) == 100
    assert len(hub.get(LIST)) == 30


def test_an_unchanged_list_is_304_and_free(hub: Any) -> None:
    hub.get(LIST)
    mark, used = hub.last.headers["ETag"], int(hub.last.headers["X-RateLimit-Used"])
    assert hub.ask("GET", LIST, headers={"If-None-Match": mark}) == (304, None)
    assert int(hub.last.headers["X-RateLimit-Used"]) == used
    hub.ask("PATCH", f"{R}/issues/1", {"title": "changed"})
    assert hub.ask("GET", LIST, headers={"If-None-Match": mark})[0] == 200


def test_etags_may_or_may_not_outlive_a_token(hub: Any, app_jwt: Any) -> None:
    def token() -> str:
        made: str = hub.ask("POST", "/app/installations/70/access_tokens", token=app_jwt())[1]["token"]
        return made

    for per_token, status in ((False, 304), (True, 200)):
        hub.ask("POST", "/_sandbox/settings", {"switches": {"etag_per_token": per_token}})
        hub.get(LIST, token=token())
        mark = hub.last.headers["ETag"]
        assert hub.ask("GET", LIST, token=token(), headers={"If-None-Match": mark})[0] == status


def test_one_issue_can_be_asked_by_date(hub: Any) -> None:
    hub.get(f"{R}/issues/1")
    since = hub.last.headers["Last-Modified"]
    assert hub.ask("GET", f"{R}/issues/1", headers={"If-Modified-Since": since})[0] == 304


@pytest.mark.parametrize("looked_at", [True, False])
def test_if_match_on_writes(hub: Any, looked_at: bool) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"if_match_on_writes": looked_at}})
    hub.get(f"{R}/issues/1")
    mark = hub.last.headers["ETag"]
    assert hub.ask("PATCH", f"{R}/issues/1", {"title": "a"}, headers={"If-Match": mark})[0] == 200
    status, _ = hub.ask("PATCH", f"{R}/issues/1", {"title": "b"}, headers={"If-Match": mark})
    assert status == (412 if looked_at else 200)
    assert hub.get(f"{R}/issues/1")["title"] == ("a" if looked_at else "b")


def test_a_renamed_repository_redirects_with_the_query(hub: Any) -> None:
    status, body = hub.ask("GET", f"/api/v3/repos/{ORG}/old-sizing/issues?state=all&per_page=5")
    where = "http://127.0.0.1:1/api/v3/repositories/5001/issues?state=all&per_page=5"
    assert (status, body["url"], hub.last.headers["Location"]) == (301, where, where)
    assert hub.ask("POST", f"/repos/{ORG}/old-sizing/issues", {"title": "t"})[0] == 307
    assert hub.ask("GET", f"/repos/{ORG}/old-sizing", token="token-of-stranger")[0] == 404
    steer(hub, "rename", {"repository": f"{ORG}/sizing", "to": f"{ORG}/sized"})
    assert hub.ask("GET", f"{R}/issues/1/labels")[0] == 301
    assert hub.get("/repositories/5001")["full_name"] == f"{ORG}/sized"


def test_what_is_gone(hub: Any) -> None:
    assert hub.ask("GET", f"{R}/issues/5")[0] == 410
    assert hub.ask("GET", f"{R}/issues/6")[0] == 301
    assert hub.last.headers["Location"].endswith("/repositories/5002/issues/1")
    assert hub.ask("GET", f"{R}/issues/999")[0] == 404
    hub.ask("POST", "/_sandbox/settings", {"switches": {"deleted_status": 404}})
    assert hub.ask("GET", f"{R}/issues/5")[0] == 404
    steer(hub, "delete", {"issue": f"{ORG}/sizing#1"})
    moved = steer(hub, "transfer", {"issue": f"{ORG}/sizing#2", "to": f"{ORG}/open"})
    assert moved == {"issue": f"{ORG}/open#2"}
    assert sorted(walk(hub, LIST)) == [3, 4, 7]
    assert hub.ask("GET", f"{R}/issues/2/comments")[0] == 301
    assert hub.last.headers["Location"].endswith("/repositories/5002/issues/2/comments")
    assert hub.get(f"/repos/{ORG}/open/issues/2")["title"] == "Done"


def test_lists_may_lag(hub: Any) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"list_lag_seconds": 5}})
    hub.ask("PATCH", f"{R}/issues/1", {"title": "new title"})
    hub.ask("POST", f"{R}/issues", {"title": "new issue"})
    titles = [each["title"] for each in hub.get(LIST)]
    assert "Sizing is wrong" in titles
    assert "new issue" not in titles
    assert hub.get(f"{R}/issues/1")["title"] == "new title"
    hub.service.clock.advance(6)
    assert {"new title", "new issue"} <= {each["title"] for each in hub.get(LIST)}


def test_pulls_have_no_since_and_their_own_order(hub: Any) -> None:
    assert walk(hub, f"{R}/pulls?state=all&sort=updated&direction=desc&since=2030-01-01T00:00:00Z") == [4, 7]


def test_pull_requests_may_need_their_permission_in_issue_lists(hub: Any) -> None:
    assert 4 in walk(hub, f"{R}/issues?state=all")
    hub.ask("POST", "/_sandbox/settings", {"switches": {"pulls_hidden_without_permission": True}})
    assert sorted(each["number"] for each in hub.get(f"{R}/issues?state=all", token="token-of-bob")) == [1, 2, 3]


@pytest.mark.parametrize(("apps", "status"), [(True, 200), (False, 403)])
def test_issues_of_an_organization_for_apps(hub: Any, app_jwt: Any, apps: bool, status: int) -> None:
    hub.ask("POST", "/_sandbox/settings", {"switches": {"org_issues_for_apps": apps}})
    token = hub.ask("POST", "/app/installations/70/access_tokens", token=app_jwt())[1]["token"]
    assert hub.ask("GET", f"/orgs/{ORG}/issues?filter=all", token=token)[0] == status
