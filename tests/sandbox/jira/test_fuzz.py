"""Whatever a client sends, the answer is one that Jira gives: no fault of the stand-in's own."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from werkzeug.test import EnvironBuilder

from sandbox.core.http import Call
from sandbox.jira.jql import JqlError, parse
from sandbox.jira.service import JiraService

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FIELD = st.sampled_from(
    [
        "project",
        "status",
        "assignee",
        "updated",
        "duedate",
        "labels",
        "sprint",
        "fixVersion",
        "parent",
        "summary",
        "text",
        "cf[10051]",
        "cf[9]",
        '"Scope item"',
        "level",
        "rank",
        "nothing",
        "issue.property[syncline].op",
        "id",
        "statusCategory",
        "timeestimate",
        "comment",
        "resolution",
        "workratio",
        "attachment",
        "key",
        "creator",
    ]
)
OPERATOR = st.sampled_from(
    [
        "=",
        "!=",
        "in",
        "not in",
        "<",
        ">=",
        "~",
        "!~",
        "is",
        "is not",
        "was",
        "was not in",
        "changed",
        "changed by",
        "was in",
    ]
)
WORD = st.sampled_from(
    [
        "NIM",
        '"To Do"',
        "EMPTY",
        "(NIM, 1)",
        "-3d",
        "2026-01-01",
        '"2026/01/01 10:00"',
        "currentUser()",
        "now()",
        "startOfDay(-1)",
        "openSprints()",
        "membersOf(x)",
        "99999999999999999999",
        "-1",
        "(EMPTY)",
        "()",
        "ann",
        "7",
        "endOfMonth(+1M)",
        "NIM-2",
        '""',
        '"\\\\"',
        "during (1, 2)",
        "startOfWeek(99999999)",
        "-9999999w",
        "1e400",
        "nan",
    ]
)
CLAUSE = st.tuples(
    FIELD, OPERATOR, WORD, st.sampled_from(["", " before now()", " by ann", " during (-2d, now())"])
).map(lambda parts: f"{parts[0]} {parts[1]} {parts[2]}{parts[3]}")
ORDER = st.sampled_from(
    ["", " ORDER BY updated DESC, id", " order by rank", " ORDER BY sprint, cf[10051] asc", " ORDER"]
)
JQL = st.one_of(
    st.tuples(st.lists(CLAUSE, min_size=1, max_size=3), st.sampled_from([" AND ", " or ", " AND NOT "]), ORDER).map(
        lambda parts: parts[1].join(parts[0]) + parts[2]
    ),
    st.text(max_size=30),
)
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["NIM-2", "101", "1", "NIM", "ADD", "2026-01-01", "acc:bob", "labels", "1w", "-1", "²"]),
)
BODY = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "key", "add", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]}
DAYS = {"startDate": "2026-03-02T09:00:00.000+0000", "endDate": "2026-03-13T17:00:00.000+0000"}
NEW = {"project": {"key": "NIM"}, "issuetype": {"id": "1"}, "summary": "s", "labels": ["a"], "description": "d"}
HOOK = {"name": "w", "url": "http://127.0.0.1:9/", "events": ["jira:issue_updated"], "enabled": False}
EDIT = {
    "fields": {
        "summary": "s",
        "fixVersions": [{"id": "500"}],
        "components": [{"name": "API"}],
        "assignee": {"accountId": "acc:bob"},
        "parent": {"key": "NIM-1"},
        "duedate": "2026-12-24",
        "customfield_10051": {"value": "Yes"},
        "customfield_10020": 9,
        "security": {"id": "7"},
        "priority": {"name": "High"},
        "description": ADF,
        "timetracking": {"originalEstimate": "1d"},
    },
    "update": {
        "labels": [{"add": "b"}, {"remove": "web"}],
        "comment": [{"add": {"body": "x"}}],
        "worklog": [{"add": {"timeSpent": "1h", "started": "2026-01-04T10:00:00.000+0000"}}],
        "issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-1"}}}],
    },
    "properties": [{"key": "p", "value": {"a": 1}}],
    "historyMetadata": {},
}
BULK = {
    "selectedIssueIdsOrKeys": ["NIM-2"],
    "selectedActions": ["labels", "summary", "duedate", "priority", "assignee"],
    "editedFieldsInput": {
        "labelsFields": [{"fieldId": "labels", "labels": [{"name": "b"}], "bulkEditMultiSelectFieldOption": "ADD"}],
        "singleLineTextFields": [{"fieldId": "summary", "text": "t"}],
        "datePickerFields": [{"fieldId": "duedate", "date": {"formattedDate": "2027-01-31"}}],
        "singleSelectClearableUserPickerFields": [{"fieldId": "assignee", "user": {"accountId": "acc:bob"}}],
        "priority": {"priorityId": "3"},
    },
}
MOVED = {"issues": ["NIM-2"], "rankBeforeIssue": "NIM-1"}
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/rest/api/{v}/issue", {"fields": NEW, "properties": EDIT["properties"]}),
    ("PUT", "/rest/api/{v}/issue/NIM-2", EDIT),
    ("PUT", "/rest/api/{v}/issue/NIM-2", {"update": EDIT["update"]}),
    ("POST", "/rest/api/{v}/issue/bulk", {"issueUpdates": [{"fields": NEW}, {"fields": NEW}]}),
    (
        "POST",
        "/rest/api/{v}/issue/NIM-2/transitions",
        {"transition": {"id": "21"}, "fields": {"resolution": {"id": "1"}}},
    ),
    (
        "POST",
        "/rest/api/{v}/issue/NIM-2/comment",
        {"body": "x", "properties": EDIT["properties"], "visibility": {"type": "role"}},
    ),
    ("POST", "/rest/api/{v}/issue/NIM-2/comment", {"body": ADF}),
    ("PUT", "/rest/api/{v}/issue/NIM-2/comment/40", {"body": "x", "properties": EDIT["properties"]}),
    (
        "POST",
        "/rest/api/{v}/issue/NIM-2/worklog",
        {"timeSpentSeconds": 60, "comment": "w", "started": DAYS["startDate"]},
    ),
    ("PUT", "/rest/api/{v}/issue/NIM-2/worklog/50", {"timeSpent": "1h"}),
    (
        "POST",
        "/rest/api/{v}/issue/NIM-2/remotelink",
        {"globalId": "g", "object": {"url": "https://x.example", "title": "t", "status": {}}},
    ),
    (
        "POST",
        "/rest/api/{v}/issueLink",
        {"type": {"name": "Blocks"}, "inwardIssue": {"key": "NIM-1"}, "outwardIssue": {"key": "NIM-2"}},
    ),
    ("PUT", "/rest/api/{v}/version/500", {"name": "1.0", "released": True, "releaseDate": "2026-01-01"}),
    ("PUT", "/rest/api/{v}/issue/NIM-2/assignee", {"accountId": "acc:bob", "name": "bob"}),
    (
        "POST",
        "/rest/api/{v}/search/jql",
        {
            "jql": "project = NIM",
            "fields": ["summary"],
            "maxResults": 2,
            "expand": "names",
            "properties": ["p"],
            "reconcileIssues": [101],
            "nextPageToken": None,
        },
    ),
    (
        "POST",
        "/rest/api/{v}/search",
        {"jql": "project = NIM", "fields": ["summary"], "startAt": 0, "maxResults": 2, "expand": ["names"]},
    ),
    ("POST", "/rest/api/{v}/search/approximate-count", {"jql": "project = NIM"}),
    (
        "POST",
        "/rest/api/{v}/issue/bulkfetch",
        {"issueIdsOrKeys": ["NIM-2"], "fields": ["summary"], "expand": ["names"], "properties": ["p"]},
    ),
    (
        "POST",
        "/rest/api/{v}/changelog/bulkfetch",
        {"issueIdsOrKeys": ["NIM-2"], "fieldIds": ["status"], "maxResults": 1, "nextPageToken": "0"},
    ),
    ("POST", "/rest/api/{v}/issue/NIM-2/changelog/list", {"changelogIds": [60]}),
    ("POST", "/rest/api/{v}/bulk/issues/fields", BULK),
    (
        "POST",
        "/rest/api/{v}/bulk/issues/transition",
        {"bulkTransitionInputs": [{"selectedIssueIdsOrKeys": ["NIM-2"], "transitionId": "21"}]},
    ),
    ("POST", "/rest/api/{v}/bulk/issues/move", {"targetToSourcesMapping": {"NIM,1": {"issueIdsOrKeys": ["NIM-2"]}}}),
    ("PUT", "/rest/api/{v}/issue/archive", {"issueIdsOrKeys": ["NIM-4"]}),
    ("PUT", "/rest/api/{v}/issue/unarchive", {"issueIdsOrKeys": ["NIM-4"]}),
    ("POST", "/rest/api/{v}/worklog/list", {"ids": [50]}),
    ("PUT", "/rest/api/{v}/issue/NIM-2/properties/p", {"a": 1}),
    ("PUT", "/rest/api/{v}/comment/40/properties/p", {"a": 1}),
    (
        "POST",
        "/rest/webhooks/1.0/webhook",
        {**HOOK, "filters": {"issue-related-events-section": "project = NIM"}, "secret": "s"},
    ),
    (
        "POST",
        "/rest/agile/1.0/board",
        {"name": "B", "type": "scrum", "filterId": 1, "location": {"type": "project", "projectKeyOrId": "NIM"}},
    ),
    ("POST", "/rest/agile/1.0/sprint", {"name": "S", "originBoardId": 1, "goal": "g", **DAYS}),
    ("POST", "/rest/agile/1.0/sprint/9", {"name": "S", "goal": "g", "state": "active", **DAYS}),
    ("PUT", "/rest/agile/1.0/sprint/8", {"name": "S", "goal": "g", "state": "closed", **DAYS}),
    ("POST", "/rest/agile/1.0/sprint/9/issue", MOVED),
    ("PUT", "/rest/agile/1.0/issue/rank", MOVED),
    ("POST", "/rest/agile/1.0/backlog/issue", {"issues": ["NIM-2"]}),
    ("POST", "/rest/agile/1.0/epic/NIM-1/issue", {"issues": ["NIM-2"]}),
    ("POST", "/oauth/token", {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}),
)


def places(body: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, itself first."""
    found = [at]
    rows = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in rows:
        found += places(value, (*at, key))
    return found


def changed(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place."""
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = changed(body[at[0]], at[1:], value)
    return copy


@st.composite
def requests_changed(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A request that is right but for one or two places."""
    method, path, body = draw(st.sampled_from(WRITES))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        body = changed(body, draw(st.sampled_from(places(body))), draw(BODY))
    return method, path, body


READS = (
    "/rest/api/{v}/search/jql",
    "/rest/api/{v}/search",
    "/rest/api/{v}/issue/NIM-2",
    "/rest/api/{v}/issue/NIM-2/comment",
    "/rest/api/{v}/issue/NIM-2/changelog",
    "/rest/api/{v}/worklog/updated",
    "/rest/api/{v}/worklog/deleted",
    "/rest/api/{v}/project/NIM/version",
    "/rest/api/{v}/user/search",
    "/rest/api/{v}/field/search",
    "/rest/api/{v}/label",
    "/rest/api/{v}/bulk/issues/fields",
    "/rest/api/{v}/bulk/queue/1",
    "/rest/api/{v}/issuesecurityschemes/level",
    "/rest/agile/1.0/board",
    "/rest/agile/1.0/board/1/sprint",
    "/rest/agile/1.0/board/1/issue",
    "/rest/agile/1.0/board/1/epic",
    "/rest/agile/1.0/board/1/backlog",
    "/rest/agile/1.0/sprint/8/issue",
    "/rest/api/{v}/mypermissions",
    "/rest/api/{v}/issue/createmeta",
    "/rest/api/{v}/users/search",
    "/rest/api/{v}/user",
    "/rest/api/{v}/project/search",
)
QUERY = st.dictionaries(
    st.sampled_from(
        [
            "jql",
            "fields",
            "startAt",
            "maxResults",
            "expand",
            "nextPageToken",
            "since",
            "state",
            "query",
            "properties",
            "reconcileIssues",
            "issueIdsOrKeys",
            "orderBy",
            "username",
            "accountId",
            "type",
            "projectKeyOrId",
            "id",
            "schemeId",
            "permissions",
            "projectKeys",
        ]
    ),
    st.one_of(
        JQL,
        st.sampled_from(["-1", "0", "2", "*all", "-summary", "99999999999999999999", "renderedFields,changelog", "²"]),
    ),
    max_size=4,
)


@pytest.fixture(params=["cloud", "data-center"])
def site(request: pytest.FixtureRequest, small_site: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    document = small_site(request.param)
    document["switches"] = {"deliver_webhooks": False}
    document["boards"] = [{"id": 1, "name": "Board", "type": "scrum", "project": "NIM"}]
    days = {"startDate": "2026-03-02T09:00:00.000+0000", "endDate": "2026-03-13T17:00:00.000+0000"}
    document["sprints"] = [
        {"id": 8, "name": "Now", "state": "active", "originBoardId": 1, **days},
        {"id": 9, "name": "Next", "state": "future", "originBoardId": 1},
    ]
    return document


@lru_cache(maxsize=4)
def service_of(document: str) -> JiraService:
    """One stand-in for all the requests of a test, so that each meets what the earlier ones left."""
    return JiraService(json.loads(document))


def sent(document: dict[str, Any], method: str, path: str, body: Any, query: dict[str, str], version: int) -> int:
    service = service_of(json.dumps(document))
    cloud = document["deployment"] == "cloud"
    path = path.replace("{v}", str(version if cloud else 2))
    headers = {"Authorization": "Basic YW5uQG5pbWJ1cy5leGFtcGxlOmFubi10b2tlbg==" if cloud else "Bearer ann-token"}
    data = None if body is None else json.dumps(body)
    builder = EnvironBuilder(
        method=method, path=path, query_string=query, data=data, headers=headers, content_type="application/json"
    )
    environ = builder.get_environ()
    environ["RAW_PATH"] = path
    delivery = service.exchange(Call(environ), lambda: False)
    assert delivery.response is not None
    last = service.log.exchanges()[-1]
    assert last.failure is None, last.failure
    return delivery.response.status_code


@SETTINGS
@given(text=JQL)
def test_jql_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except JqlError as refused:
        messages = refused.messages
    else:
        return
    assert messages


@SETTINGS
@given(data=st.data())
def test_searches_answer_or_refuse(site: dict[str, Any], data: st.DataObject) -> None:
    text = data.draw(JQL)
    path = "/rest/api/2/search/jql" if site["deployment"] == "cloud" else "/rest/api/2/search"
    status = sent(site, "GET", path, None, {"jql": text, "fields": "*all"}, 2)
    assert status in (200, 400)


@SETTINGS
@given(data=st.data())
def test_writes_answer_or_refuse(site: dict[str, Any], data: st.DataObject) -> None:
    method, path, body = data.draw(requests_changed())
    sent(site, method, path, body, {}, data.draw(st.sampled_from([2, 3])))


@SETTINGS
@given(data=st.data())
def test_reads_answer_or_refuse(site: dict[str, Any], data: st.DataObject) -> None:
    path, query = data.draw(st.sampled_from(READS)), data.draw(QUERY)
    sent(site, "GET", path, None, query, data.draw(st.sampled_from([2, 3])))
