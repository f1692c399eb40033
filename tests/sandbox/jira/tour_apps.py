"""Requests that drive the routes of boards, webhooks, apps and bulk changes; the tour as a whole, and its site."""

from __future__ import annotations

import importlib
from typing import Any

import requests

from sandbox.jira import scopes

FIRST: Any = importlib.import_module("syncline_test_jira_tour")
"""The first half of the tour, which the fixture `tours` has loaded."""

Tour = FIRST.Tour
AGILE, HOOKS = "/rest/agile/1.0", "/rest/webhooks/1.0/webhook"
DAYS = {"startDate": "2026-03-02T09:00:00.000+0000", "endDate": "2026-03-13T17:00:00.000+0000"}
ADMIN_HOOK = {"name": "h", "url": "http://127.0.0.1:9/", "events": ["jira:issue_updated"]}
BULK_EDIT = {
    "selectedIssueIdsOrKeys": ["NIM-5"],
    "selectedActions": ["labels"],
    "editedFieldsInput": {
        "labelsFields": [{"fieldId": "labels", "labels": [{"name": "x"}], "bulkEditMultiSelectFieldOption": "ADD"}]
    },
    "sendBulkNotification": False,
}


def boards(tour: Any) -> None:
    made: dict[str, Any] = {"name": "Second", "type": "kanban", "filterId": 10001}
    if tour.cloud:
        made["location"] = {"type": "project", "projectKeyOrId": "NIM"}
    board = tour("POST", f"{AGILE}/board", made)["id"]
    for path in (
        "",
        "/1",
        "/1/configuration",
        "/1/project",
        "/1/version",
        "/1/epic",
        "/1/sprint",
        "/1/issue",
        "/1/backlog",
    ):
        tour("GET", f"{AGILE}/board{path}")
    for path in ("/board/1/sprint/8/issue", "/board/1/epic/none/issue", "/board/1/epic/100/issue", "/epic/none/issue"):
        tour("GET", f"{AGILE}{path}")
    sprint = tour("POST", f"{AGILE}/sprint", {"name": "Plan", "originBoardId": 1, **DAYS})["id"]
    tour("POST", f"{AGILE}/sprint/{sprint}/issue", {"issues": ["NIM-5"]})
    tour("POST", f"{AGILE}/sprint/{sprint}", {"goal": "g"})
    tour("PUT", f"{AGILE}/sprint/{sprint}", {"name": "Plan", "state": "active", **DAYS})
    tour("POST", f"{AGILE}/sprint/{sprint}/swap", {"sprintToSwapWith": 9})
    for path in ("/sprint/8", "/sprint/8/issue", "/issue/NIM-2", "/epic/NIM-1", "/epic/NIM-1/issue"):
        tour("GET", f"{AGILE}{path}")
    tour("POST", f"{AGILE}/backlog/issue", {"issues": ["NIM-5"]})
    tour("PUT", f"{AGILE}/issue/rank", {"issues": ["NIM-5"], "rankBeforeIssue": "NIM-2"})
    tour("POST", f"{AGILE}/epic/NIM-1/issue", {"issues": ["NIM-5"]})
    tour("POST", f"{AGILE}/epic/none/issue", {"issues": ["NIM-5"]})
    tour("POST", f"{AGILE}/epic/NIM-1", {"name": "Epic", "color": {"key": "color_2"}})
    epic = tour("POST", "/issue", {"fields": {"project": {"key": "NIM"}, "issuetype": {"id": "2"}, "summary": "E"}})
    tour("PUT", f"{AGILE}/epic/{epic['key']}/rank", {"rankBeforeEpic": "NIM-1"})
    tour("PUT", f"{AGILE}/issue/NIM-2/estimation", {"value": "3h"}, boardId=1)
    assert tour("GET", f"{AGILE}/issue/NIM-2/estimation", boardId=1)["value"] == "3h"
    tour.properties(f"{AGILE}/board/1")
    tour.properties(f"{AGILE}/sprint/8")
    if tour.cloud:
        for path in ("quickfilter", "quickfilter/1", "features", "project/full", "reports"):
            tour("GET", f"{AGILE}/board/1/{path}")
        tour("POST", f"{AGILE}/board/1/issue", {"issues": ["NIM-5"]})
        tour("POST", f"{AGILE}/backlog/1/issue", {"issues": ["NIM-5"]})
    tour("DELETE", f"{AGILE}/sprint/{sprint}")
    tour("DELETE", f"{AGILE}/board/{board}")


def hooks(tour: Any) -> None:
    places = [HOOKS] if tour.cloud else [HOOKS, "/rest/jira-webhook/1.0/webhooks"]
    for place in places:
        made = int(tour("POST", place, ADMIN_HOOK)["self"].rpartition("/")[2])
        tour("GET", place)
        tour("GET", f"{place}/{made}")
        tour("PUT", f"{place}/{made}", ADMIN_HOOK)
        tour("DELETE", f"{place}/{made}")


def cloud_alone(tour: Any) -> None:
    body = {"jql": "project = NIM", "fields": ["*all"]}
    tour("POST", "/search/jql", body)
    tour("GET", "/search/jql", jql="project = NIM", fields="summary", expand="names,schema,changelog")
    tour("POST", "/search/approximate-count", {"jql": "project = NIM"})
    tour("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["NIM-2"], "fields": ["summary"]})
    tour("GET", "/issue/NIM-2/changelog")
    tour("POST", "/issue/NIM-2/changelog/list", {"changelogIds": [60]})
    tour("POST", "/changelog/bulkfetch", {"issueIdsOrKeys": ["NIM-2"]})
    tour("POST", "/issue/watching", {"issueIds": ["101"]})
    for path in (
        "/field/search",
        "/project/search",
        "/label",
        "/issuesecurityschemes/level",
        "/issuesecurityschemes/search",
    ):
        tour("GET", path)
    for path in (
        "/statuses?id=1&id=3",
        "/statuses/search",
        "/statuses/byNames?name=Done",
        "/issuetype/project?projectId=10000",
    ):
        tour("GET", path)
    for path in ("/priority/search", "/resolution/search", "/project/type/accessible"):
        tour("GET", path)
    queries = [
        "status = Done ORDER BY created DESC",
        "assignee was in (Ann) AFTER -1d AND NOT labels is EMPTY",
        "nonsense =",
    ]
    tour("POST", "/jql/parse", {"queries": queries}, validation="strict")
    tour("POST", "/jql/autocompletedata", {"includeCollapsedFields": True})
    tour("POST", "/jql/match", {"jqls": ["project = NIM", "nonsense ="], "issueIds": [101, 999]})
    tour("POST", "/jql/sanitize", {"queries": [{"query": "project = NIM"}, {"query": "nonsense ="}]})
    tour("POST", "/jql/pdcleaner", {"queryStrings": ["assignee = ann"]})
    tour("PUT", "/issue/archive", {"issueIdsOrKeys": ["NIM-6"]})
    tour("PUT", "/issue/unarchive", {"issueIdsOrKeys": ["NIM-6"]})
    tour("GET", "/bulk/issues/fields", issueIdsOrKeys="NIM-5")
    tour("GET", "/bulk/issues/transition", issueIdsOrKeys="NIM-5")
    task = tour("POST", "/bulk/issues/fields", BULK_EDIT)["taskId"]
    tour("GET", f"/bulk/queue/{task}")
    ways = [{"selectedIssueIdsOrKeys": ["NIM-5"], "transitionId": "21"}]
    tour("POST", "/bulk/issues/transition", {"bulkTransitionInputs": ways, "sendBulkNotification": False})
    tour("POST", "/bulk/issues/delete", {"selectedIssueIdsOrKeys": ["NIM-6"], "sendBulkNotification": False})
    move = {"issueIdsOrKeys": ["NIM-5"], "inferClassificationDefaults": True, "inferFieldDefaults": True}
    move |= {"inferStatusDefaults": True, "inferSubtaskTypeDefault": True}
    tour("POST", "/bulk/issues/move", {"targetToSourcesMapping": {"SEC,1": move}, "sendBulkNotification": False})


def oauth(tour: Any) -> None:
    """Log in as an app; on Cloud, register dynamic webhooks as one."""
    place = "" if tour.cloud else "/rest/oauth2/latest"
    scope = " ".join((*scopes.ALL, scopes.ME)) if tour.cloud else "READ WRITE"
    query = {"client_id": "app", "scope": scope, "redirect_uri": "http://localhost:9/", "response_type": "code"}
    sent = tour.session.get(f"{tour.url}{place}/authorize", params=query, allow_redirects=False, timeout=30)
    code = sent.headers["Location"].partition("code=")[2]
    form = {"client_id": "app", "client_secret": "shh", "grant_type": "authorization_code", "code": code}
    form["redirect_uri"] = query["redirect_uri"]
    path = "/oauth/token" if tour.cloud else f"{place}/token"
    answer = tour.session.post(f"{tour.url}{path}", data=form, auth=("app", "shh"), timeout=30)
    assert answer.ok, answer.text
    token = answer.json()["access_token"]
    if not tour.cloud:
        form = {"client_id": "app", "client_secret": "shh", "token": token}
        assert tour.session.post(f"{tour.url}{place}/revoke", data=form, timeout=30).ok
        login = {"username": "ann", "password": "ann-token"}
        for method, body in (("POST", login), ("GET", None), ("DELETE", None)):
            assert tour.session.request(method, f"{tour.url}/rest/auth/1/session", json=body, timeout=30).ok
        return
    with requests.Session() as app:
        app.trust_env = False
        app.headers["Authorization"] = f"Bearer {token}"
        for known in ("/_edge/tenant_info", "/me", "/oauth/token/accessible-resources"):
            answer = app.get(f"{tour.url}{known}", timeout=30)
            assert answer.ok, answer.text
        base = f"{tour.url}/ex/jira/{answer.json()[0]['id']}/rest/api/3/webhook"
        hook = {"events": ["jira:issue_updated"], "jqlFilter": "project = NIM"}
        made = app.post(base, json={"url": "http://127.0.0.1:9/", "webhooks": [hook]}, timeout=30).json()
        number = made["webhookRegistrationResult"][0]["createdWebhookId"]
        calls = [("PUT", "/refresh"), ("GET", ""), ("GET", "/failed"), ("DELETE", "")]
        for method, tail in calls:
            body = {"webhookIds": [number]} if method != "GET" else None
            answer = app.request(method, base + tail, json=body, timeout=30)
            assert answer.ok, answer.text


def first_document(deployment: str, small_site_of: Any) -> dict[str, Any]:
    """The site that the tour begins with."""
    document: dict[str, Any] = small_site_of(deployment)
    document["boards"] = [{"id": 1, "name": "Nimbus board", "type": "scrum", "project": "NIM"}]
    document["boards"][0]["quickfilters"] = [{"id": 1, "name": "Mine", "jql": "assignee = currentUser()"}]
    document["sprints"] = [
        {"id": 8, "name": "Now", "state": "active", "originBoardId": 1, **DAYS},
        {"id": 9, "name": "Next", "state": "future", "originBoardId": 1},
    ]
    document["issues"][1]["fields"]["customfield_10020"] = [8]
    document["users"][0]["groups"] = ["staff"]
    user = "acc:ann" if deployment == "cloud" else "ann"
    document["oauth_clients"] = [{"client_id": "app", "client_secret": "shh", "user": user}]
    document["switches"] = {"deliver_webhooks": False}
    document["projects"][1]["administer"] = document["projects"][0]["administer"]
    return document


def drive(tour: Any) -> None:
    """Make every request."""
    stages = [*FIRST.STAGES, boards, hooks, *([cloud_alone] if tour.cloud else []), oauth]
    for stage in stages:
        stage(tour)
    if not tour.cloud:
        tour("GET", "/search", jql="project = NIM", fields="*all")
        tour("POST", "/search", {"jql": "project = NIM", "fields": ["summary"]})
        tour("PUT", "/issue/NIM-6/archive")
        tour("PUT", "/issue/NIM-6/restore")
        tour("GET", "/rest/applinks/latest/listApplicationlinks")
    else:
        for method in ("GET", "POST"):
            gone = tour.session.request(method, f"{tour.url}/rest/api/3/search", json={}, timeout=30)
            assert gone.status_code == 410
    tour.session.close()
