"""Rate limits, in every documented form."""

from __future__ import annotations

from typing import Any

import pytest

R = "/repos/fictive-partner/sizing"


def knobs(hub: Any, **limits: Any) -> None:
    status, answer = hub.ask("POST", "/_sandbox/settings", {"limits": limits})
    assert status == 200, answer


@pytest.mark.parametrize("status", ["403", "429"])
def test_the_primary_limit(hub: Any, status: str) -> None:
    knobs(hub, user=3, primary_status=status)
    for left in (2, 1, 0):
        hub.get(R)
        assert hub.last.headers["X-RateLimit-Remaining"] == str(left)
    found, body = hub.ask("GET", R)
    assert (found, body["message"][:30]) == (int(status), "API rate limit exceeded for us")
    assert hub.last.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in hub.last.headers
    assert hub.get("/rate_limit")["resources"]["core"]["remaining"] == 0
    hub.service.clock.advance(int(hub.last.headers["X-RateLimit-Reset"]) - hub.service.clock.seconds())
    hub.get(R)


def test_the_limit_of_nobody(hub: Any) -> None:
    for _ in range(60):
        hub.ask("GET", "/repos/fictive-partner/open", token=None)
    assert hub.ask("GET", "/repos/fictive-partner/open", token=None)[0] == 403


@pytest.mark.parametrize("status", ["403", "429"])
@pytest.mark.parametrize("form", ["retry_after", "bare"])
def test_a_secondary_limit(hub: Any, status: str, form: str) -> None:
    knobs(hub, rest_points=10, secondary_status=status, secondary_form=form)
    hub.ask("PATCH", f"{R}/issues/1", {"title": "a"})
    hub.ask("PATCH", f"{R}/issues/1", {"title": "b"})
    found, body = hub.ask("GET", R)
    assert found == int(status)
    assert "secondary rate limit" in body["message"]
    assert hub.last.headers.get("Retry-After") == ("60" if form == "retry_after" else None)
    hub.service.clock.advance(60)
    hub.get(R)


def test_creating_has_a_limit_of_its_own(hub: Any) -> None:
    knobs(hub, content_minute=2)
    statuses = [hub.ask("POST", f"{R}/issues/1/comments", {"body": "x"})[0] for _ in range(3)]
    assert statuses == [201, 201, 403]
    hub.get(R)


def test_a_secondary_limit_on_demand(hub: Any) -> None:
    hub.ask("POST", "/_sandbox/secondary", {"times": 1})
    assert hub.ask("GET", R)[0] == 403
    assert hub.ask("GET", R)[0] == 200


def test_graphql_tells_its_limit_with_200(hub: Any) -> None:
    query = "{rateLimit{limit cost remaining used}}"
    assert hub.graph(query)["data"]["rateLimit"] == {"limit": 5000, "cost": 1, "remaining": 4999, "used": 1}
    hub.ask("POST", "/_sandbox/rate", {"resource": "graphql", "remaining": 0})
    answer = hub.graph(query)
    assert [each["type"] for each in answer["errors"]] == ["RATE_LIMITED"]
    assert "data" not in answer
    assert hub.last.headers["X-RateLimit-Resource"] == "graphql"
    assert hub.last.headers["X-RateLimit-Remaining"] == "0"


def test_ghes_has_no_limits(hub: Any) -> None:
    document = hub.service.dump_state()
    del document["limits"]
    hub.service.load_state({**document, "deployment": "ghes"})
    for _ in range(100):
        hub.ask("PATCH", f"/api/v3{R}/issues/1", {"title": "x"})
        assert hub.last.status_code == 200
    assert "X-RateLimit-Limit" not in hub.last.headers
    assert hub.ask("GET", "/api/v3/rate_limit")[0] == 404
    assert hub.graph("{rateLimit{cost}}") == {"data": {"rateLimit": None}}


def test_cost_and_nodes(hub: Any) -> None:
    deep = """query{rateLimit{cost nodeCount} repository(owner:"fictive-partner",name:"sizing"){
    issues(first:100){nodes{labels(first:50){nodes{name}} comments(first:50){nodes{id}}}}}}"""
    assert hub.graph(deep)["data"]["rateLimit"] == {"cost": 2, "nodeCount": 100 + 100 * 50 * 2}
    many = """query{repository(owner:"fictive-partner",name:"sizing"){issues(first:100){nodes{
    comments(first:100){nodes{issue{comments(first:100){totalCount}}}}}}}}"""
    assert [each["type"] for each in hub.graph(many)["errors"]] == ["MAX_NODE_LIMIT_EXCEEDED"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first:101)", "EXCESSIVE_PAGINATION"),
        ("(first:-1)", "INVALID_PAGINATION"),
        ('(first:1,after:"x")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_connections_are_bounded(hub: Any, arguments: str, kind: str) -> None:
    answer = hub.graph(
        'query{repository(owner:"fictive-partner",name:"sizing"){issues%s{nodes{number}}}}' % arguments  # noqa: UP031 - braces
    )
    assert [each["type"] for each in answer["errors"]] == [kind]
    assert answer["data"] == {"repository": None}


@pytest.mark.parametrize(("status", "found"), [("200", 200), ("403", 403)])
def test_graphql_tells_its_secondary_limit_either_way(hub: Any, status: str, found: int) -> None:
    knobs(hub, graphql_points=1, graphql_secondary_status=status)
    hub.graph("{viewer{login}}")
    got, body = hub.ask("POST", "/graphql", {"query": "{viewer{login}}"})
    told = body["errors"][0]["message"] if status == "200" else body["message"]
    assert (got, "secondary rate limit" in told, hub.last.headers["Retry-After"]) == (found, True, "60")


def test_a_query_that_takes_too_long(hub: Any) -> None:
    knobs(hub, graphql_timeout_nodes=100)
    query = '{organization(login:"fictive-partner"){repositories(first:%d){nodes{name}}}}'
    assert hub.graph(query % 100)["data"]["organization"]
    status, body = hub.ask(
        "POST", "/graphql", {"query": query.replace("nodes{name}", "nodes{issues(first:2){totalCount}}") % 100}
    )
    assert (status, body["data"], "timeout" in body["errors"][0]["message"]) == (502, None, True)


@pytest.mark.parametrize(("grows", "limit"), [(True, 5_000 + 50 * 14), (False, 5_000)])
def test_the_limit_of_an_installation_grows_with_its_account(hub: Any, app_jwt: Any, grows: bool, limit: int) -> None:
    document = hub.service.dump_state()
    more = [{"full_name": f"fictive-partner/repository-{n}"} for n in range(31)]
    document["repositories"] += more
    hub.service.load_state(document)
    knobs(hub, app_grows=grows)
    token = hub.ask("POST", "/app/installations/70/access_tokens", {}, token=app_jwt())[1]["token"]
    assert hub.get("/rate_limit", token=token)["resources"]["core"]["limit"] == limit


def test_pages_of_browsers_may_ask(hub: Any) -> None:
    status, _ = hub.ask("OPTIONS", f"{R}/issues", token=None, headers={"Origin": "https://page.example"})
    assert (status, hub.last.headers["Access-Control-Allow-Origin"]) == (204, "*")
    hub.get(f"{R}/issues")
    assert "Link" in hub.last.headers["Access-Control-Expose-Headers"]
