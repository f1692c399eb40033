"""Requests that drive every route of the stand-in, and the site that they begin with."""

from __future__ import annotations

from typing import Any

import requests

from sandbox.jira import scopes

NO_CHECK = {"X-Atlassian-Token": "no-check"}
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


class Tour:
    """Makes the requests of one deployment, one after the other; each must succeed unless told otherwise."""

    def __init__(self, deployment: str, document: dict[str, Any], url: str) -> None:
        self.cloud = deployment == "cloud"
        self.url = url
        self.user = {"accountId": "acc:bob"} if self.cloud else {"name": "bob"}
        self.session = requests.Session()
        self.session.trust_env = False
        if self.cloud:
            self.session.auth = ("ann@nimbus.example", "ann-token")
        else:
            self.session.headers["Authorization"] = "Bearer ann-token"
        self.document = document

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        base = "" if path.startswith("/rest/") else "/rest/api/2"
        answer = self.session.request(method, f"{self.url}{base}{path}", json=body, params=query, timeout=30)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None

    def upload(self, name: str, kind: str) -> Any:
        address = f"{self.url}/rest/api/2/issue/NIM-2/attachments"
        answer = self.session.post(address, files={"file": (name, b"x", kind)}, headers=NO_CHECK, timeout=30)
        assert answer.ok, answer.text
        return answer.json()[0]


def issues(tour: Tour) -> None:
    fields = {"project": {"key": "NIM"}, "issuetype": {"id": "1"}, "summary": "Made"}
    tour("POST", "/issue", {"fields": fields, "properties": [{"key": "p", "value": {"a": 1}}]})
    tour("POST", "/issue/bulk", {"issueUpdates": [{"fields": fields}, {"fields": fields}]})
    tour("PUT", "/issue/NIM-5", {"fields": {"summary": "Edited"}, "update": {"labels": [{"add": "a"}]}})
    tour("PUT", "/issue/NIM-5/assignee", tour.user)
    tour("POST", "/issue/NIM-5/transitions", {"transition": {"id": "11"}})
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "NIM-5"}, "outwardIssue": {"key": "NIM-6"}}
    tour("POST", "/issueLink", link)
    link_id = tour("GET", "/issue/NIM-5")["fields"]["issuelinks"][0]["id"]
    tour("GET", f"/issueLink/{link_id}")
    tour("DELETE", f"/issueLink/{link_id}")
    for path in ("/issue/NIM-5", "/issue/NIM-2/editmeta", "/issue/NIM-2/transitions"):
        tour("GET", path)
    tour("GET", "/issue/createmeta", projectKeys="NIM", expand="projects.issuetypes.fields")
    tour("GET", "/issue/createmeta/NIM/issuetypes")
    tour("GET", "/issue/createmeta/NIM/issuetypes/1")
    tour("GET", "/field")
    tour("GET", "/mypermissions", **({"permissions": "EDIT_ISSUES,BROWSE_PROJECTS"} if tour.cloud else {}))
    tour("DELETE", "/issue/NIM-7")
    assert "<title>[NIM-5] Edited</title>" in tour.session.get(f"{tour.url}/browse/NIM-5", timeout=30).text


def parts(tour: Tour) -> None:
    comment = tour("POST", "/issue/NIM-2/comment", {"body": "c", "properties": [{"key": "k", "value": "v"}]})["id"]
    tour("PUT", f"/issue/NIM-2/comment/{comment}", {"body": "d"})
    for path in ("", f"/{comment}"):
        tour("GET", f"/issue/NIM-2/comment{path}", expand="properties")
    tour("PUT", f"/comment/{comment}/properties/p", "x")
    tour("GET", f"/comment/{comment}/properties")
    tour("GET", f"/comment/{comment}/properties/p")
    tour("DELETE", f"/comment/{comment}/properties/p")
    tour("DELETE", f"/issue/NIM-2/comment/{comment}")
    work = tour("POST", "/issue/NIM-2/worklog", {"timeSpentSeconds": 60})["id"]
    tour("PUT", f"/issue/NIM-2/worklog/{work}", {"timeSpentSeconds": 120})
    for path in ("", f"/{work}"):
        tour("GET", f"/issue/NIM-2/worklog{path}")
    tour("POST", "/worklog/list", {"ids": [int(work)]})
    tour("GET", "/worklog/updated", since=0)
    tour("DELETE", f"/issue/NIM-2/worklog/{work}")
    tour("GET", "/worklog/deleted", since=0)
    target = {"globalId": "g=1", "object": {"url": "https://crm.example/1", "title": "Engagement"}}
    link = tour("POST", "/issue/NIM-2/remotelink", target)["id"]
    tour("GET", "/issue/NIM-2/remotelink")
    tour("GET", f"/issue/NIM-2/remotelink/{link}")
    tour("PUT", f"/issue/NIM-2/remotelink/{link}", target)
    tour("DELETE", f"/issue/NIM-2/remotelink/{link}")
    tour("POST", "/issue/NIM-2/remotelink", target)
    tour("DELETE", "/issue/NIM-2/remotelink", globalId="g=1")
    properties(tour, "/issue/NIM-2")


def properties(tour: Tour, place: str, **query: Any) -> None:
    for value in (1, 2):
        tour("PUT", f"{place}/properties/p", {"a": value}, **query)
    tour("GET", f"{place}/properties", **query)
    tour("GET", f"{place}/properties/p", **query)
    tour("DELETE", f"{place}/properties/p", **query)


def versions_and_components(tour: Tour) -> None:
    made = [tour("POST", "/version", {"name": f"v{n}", "project": "NIM"})["id"] for n in range(3)]
    tour("PUT", f"/version/{made[0]}", {"description": "d", "releaseDate": "2027-01-01"})
    tour("POST", f"/version/{made[0]}/move", {"position": "First"})
    for path in ("", "/relatedIssueCounts", "/unresolvedIssueCount", *(["/relatedwork"] if tour.cloud else [])):
        tour("GET", f"/version/{made[0]}{path}")
    tour("PUT", f"/version/{made[0]}/mergeto/{made[1]}")
    tour("POST", f"/version/{made[1]}/removeAndSwap", {"moveFixIssuesTo": int(made[2])})
    tour("DELETE", f"/version/{made[2]}")
    component = tour("POST", "/component", {"name": "UI", "project": "NIM"})["id"]
    tour("PUT", f"/component/{component}", {"description": "d"})
    tour("GET", f"/component/{component}")
    tour("GET", f"/component/{component}/relatedIssueCounts")
    tour("DELETE", f"/component/{component}")
    for path in ("/project/NIM/version", "/project/NIM/versions", "/project/NIM/components"):
        tour("GET", path)
    for path in ("/component", "/project/NIM/component") if tour.cloud else ("/component/page",):
        tour("GET", path)


def attachments_and_audience(tour: Tour) -> None:
    made = tour.upload("a.png", "image/png")
    tour("GET", "/attachment/meta")
    tour("GET", f"/attachment/{made['id']}")
    for address in (made["content"], made["thumbnail"]):
        assert tour.session.get(address, timeout=30).content == b"x"
    if tour.cloud:
        tour("GET", f"/attachment/content/{made['id']}", redirect="false")
        tour("GET", f"/attachment/thumbnail/{made['id']}", redirect="false")
    tour("DELETE", f"/attachment/{made['id']}")
    tour("POST", "/issue/NIM-3/votes")
    tour("GET", "/issue/NIM-3/votes")
    tour("DELETE", "/issue/NIM-3/votes")
    tour("POST", "/issue/NIM-3/watchers", next(iter(tour.user.values())))
    tour("GET", "/issue/NIM-3/watchers")
    tour("DELETE", "/issue/NIM-3/watchers", **({"accountId": "acc:bob"} if tour.cloud else {"username": "bob"}))


def filters(tour: Tour) -> None:
    made = tour("POST", "/filter", {"name": "Open", "jql": "resolution = Unresolved", "favourite": True})["id"]
    tour("PUT", f"/filter/{made}", {"name": "Still open", "jql": "project = NIM"})
    columns = ["summary", "status"]
    tour("PUT", f"/filter/{made}/columns", {"columns": columns})
    share = tour("POST", f"/filter/{made}/permission", {"type": "project", "projectId": "10000"})
    tour("POST", f"/filter/{made}/permission", {"type": "group", "groupname": "staff"})
    share_id = share[-1]["id"] if tour.cloud else share["id"]
    tour("PUT", "/filter/defaultShareScope", {"scope": "PRIVATE"})
    for path in ("defaultShareScope", "favourite", f"{made}", f"{made}/columns", f"{made}/permission"):
        tour("GET", f"/filter/{path}")
    tour("GET", f"/filter/{made}/permission/{share_id}")
    if tour.cloud:
        tour("GET", "/filter/search", expand="jql,owner,sharePermissions,favouritedCount")
        tour("GET", "/filter/my", includeFavourites="true")
        tour("GET", f"{AGILE}/board/filter/{made}")
        tour("DELETE", f"/filter/{made}/favourite")
        tour("PUT", f"/filter/{made}/favourite")
    tour("DELETE", f"/filter/{made}/permission/{share_id}")
    tour("DELETE", f"/filter/{made}/columns")
    if tour.cloud:
        tour("PUT", f"/filter/{made}/owner", {"accountId": "acc:ann"})
    tour("DELETE", f"/filter/{made}")


def people(tour: Tour) -> None:
    role = "/project/NIM/role/10002"
    name = next(iter(tour.user.values()))
    tour("POST", "/group", {"name": "partners"})
    tour("POST", "/group/user", tour.user, groupname="partners")
    tour("GET", "/group/member", groupname="partners")
    tour("POST", role, {"user": [name]})
    tour("PUT", role, {"categorisedActors": {"atlassian-user-role-actor": [name]}})
    for path in ("/role", "/role/10002", "/project/NIM/role", role):
        tour("GET", path)
    tour("DELETE", role, user=name)
    tour("GET", "/user", **({"accountId": name} if tour.cloud else {"username": name}))
    tour("GET", "/user/search", **({"query": "bob"} if tour.cloud else {"username": "bob"}))
    tour("GET", "/user/picker", query="bo")
    tour("GET", "/groupuserpicker", query="bo")
    tour("GET", "/groups/picker", query="part")
    tour("GET", "/user/assignable/search", project="NIM")
    tour("GET", "/user/assignable/multiProjectSearch", projectKeys="NIM")
    tour("GET", "/user/viewissue/search", projectKey="NIM", username="b")
    tour("GET", "/user/permission/search", projectKey="NIM", permissions="EDIT_ISSUES", username="b")
    properties(tour, "/user", **({"accountId": "acc:ann"} if tour.cloud else {"username": "ann"}))
    tour("GET", "/group", groupname="partners", expand="users")
    if tour.cloud:
        for path in ("/group/bulk", "/users", "/users/search", "/project/NIM/roledetails"):
            tour("GET", path)
        for path in ("/user/groups", "/user/bulk", "/user/email"):
            tour("GET", path, accountId=name)
        tour("GET", "/user/search/query", query="is assignee of NIM")
    gone = {"accountId": name} if tour.cloud else {"username": name}
    tour("DELETE", "/group/user", groupname="partners", **gone)
    tour("DELETE", "/group", groupname="partners")


def tables(tour: Tour) -> None:
    for path in (
        "/myself",
        "/serverInfo",
        "/configuration",
        "/status",
        "/status/3",
        "/statuscategory",
        "/statuscategory/done",
        "/issuetype",
        "/issuetype/1",
        "/issuetype/1/alternatives",
        "/priority",
        "/priority/3",
        "/resolution",
        "/resolution/1",
        "/securitylevel/7",
        "/issueLinkType",
        "/issueLinkType/10",
        "/project",
        "/project/NIM",
        "/project/NIM/statuses",
        "/project/NIM/securitylevel",
        "/project/NIM/issuesecuritylevelscheme",
        "/project/type",
        "/project/type/software",
        "/project/type/software/accessible",
        "/issuesecurityschemes",
        "/issuesecurityschemes/10000",
        "/jql/autocompletedata",
        "/issue/picker?query=Log",
        "/jql/autocompletedata/suggestions?fieldName=status&fieldValue=D",
    ):
        tour("GET", path)
    kind = tour("POST", "/issueLinkType", {"name": "Tests", "inward": "is tested by", "outward": "tests"})["id"]
    tour("PUT", f"/issueLinkType/{kind}", {"outward": "checks"})
    tour("DELETE", f"/issueLinkType/{kind}")
    properties(tour, "/project/NIM")
    properties(tour, "/issuetype/1")
    for table in () if tour.cloud else ("status", "issuetype", "priority", "resolution"):
        tour("GET", f"/{table}/page")


def projects(tour: Tour) -> None:
    body = {"key": "NEW", "name": "New", "projectTypeKey": "software"}
    made = tour("POST", "/project", {**body, **({"leadAccountId": "acc:bob"} if tour.cloud else {"lead": "bob"})})
    tour("PUT", "/project/NEW", {"description": "d"})
    verb = "POST" if tour.cloud else "PUT"
    tour(verb, "/project/NEW/archive")
    tour(verb, "/project/NEW/restore")
    tour("GET", "/projectvalidate/key", key="NIM")
    category = tour("POST", "/projectCategory", {"name": "Partners", "description": "d"})["id"]
    tour("PUT", f"/projectCategory/{category}", {"description": "e"})
    tour("GET", "/projectCategory")
    tour("GET", f"/projectCategory/{category}")
    tour("PUT", "/project/NEW", {"categoryId": int(category)})
    tour("DELETE", f"/projectCategory/{category}")
    if tour.cloud:
        tour("GET", "/project/recent")
        tour("GET", f"/project/{made['id']}/hierarchy")
        tour("GET", "/project/NEW/features")
        assert tour("GET", "/projectvalidate/validProjectKey", key="NEW") == "NEW2"
        assert tour("GET", "/projectvalidate/validProjectName", name="New") == "New2"
    else:
        tour("GET", "/projects/picker", query="ne")
    tour("DELETE", "/project/NEW")


def fields(tour: Tour) -> None:
    types = "com.atlassian.jira.plugin.system.customfieldtypes:"
    body = {"name": "Reason", "type": f"{types}select", "searcherKey": f"{types}multiselectsearcher"}
    made = tour("POST", "/field", body)
    tour("GET", "/customFieldOption/1")
    if not tour.cloud:
        tour("GET", "/customFields/customfield_10051/options")
        return
    place = f"/field/{made['id']}"
    tour("PUT", place, {"name": "Why", "description": "d"})
    context = f"{place}/context/{tour('GET', f'{place}/context')['values'][0]['id']}"
    tour("GET", f"{place}/context/projectmapping")
    tour("GET", f"{place}/context/issuetypemapping")
    option = tour("POST", f"{context}/option", {"options": [{"value": "Late"}, {"value": "Early"}]})["options"][0]["id"]
    tour("PUT", f"{context}/option", {"options": [{"id": option, "value": "Too late"}]})
    tour("GET", f"{context}/option")
    tour("DELETE", f"{context}/option/{option}")
    gone = tour.session.delete(f"{tour.url}/rest/api/3{place}", allow_redirects=False, timeout=30)
    assert gone.status_code == 303


def setup(tour: Tour) -> None:
    for path in (
        "permissions",
        "dashboard",
        "workflow",
        "permissionscheme",
        "notificationscheme",
        "avatar/project/system",
    ):
        tour("GET", f"/{path}")
    for path in ("permissionscheme", "notificationscheme"):
        tour("GET", f"/{path}/10000", expand="permissions")
    for path in ("permissionscheme", "notificationscheme", "avatars"):
        tour("GET", f"/project/NIM/{path}")
    for path in ("useravatar", "projectavatar", "viewavatar"):
        assert tour.session.get(f"{tour.url}/secure/{path}?size=48", timeout=30).content.startswith(b"<svg")
    assert tour.session.get(f"{tour.url}/images/icons/issuetypes/generic.png", timeout=30).ok
    tour("GET", "/application-properties", key="jira.title", permissionLevel="SYSADMIN")
    for method, body in (("PUT", "on"), ("GET", None), ("DELETE", None)):
        tour(method, "/mypreferences", body, key="syncline")
    tour("POST", "/issue/NIM-2/notify", {"subject": "s", "textBody": "t", "to": {"reporter": True}})
    if not tour.cloud:
        tour("PUT", "/issue/NIM-2/comment/40/pin", True)
        assert tour("GET", "/issue/NIM-2/pinned-comments")[0]["comment"]["id"] == "40"
        assert tour("GET", "/issue/NIM-2/subtask")[0]["key"] == "NIM-3"
        return
    tour("GET", "/screens")
    for path in ("/dashboard/search", "/workflow/search?expand=transitions,statuses", "/configuration/timetracking"):
        tour("GET", path)
    for path in ("/configuration/timetracking/options", "/instance/license", "/issue/limit/report"):
        tour("GET", path)
    tour("GET", "/mypreferences/locale")
    asked = [{"projects": [10000], "issues": [101], "permissions": ["EDIT_ISSUES"]}]
    tour("POST", "/permissions/check", {"globalPermissions": ["ADMINISTER"], "projectPermissions": asked})
    tour("POST", "/permissions/project", {"permissions": ["EDIT_ISSUES"]})
    tour("POST", "/comment/list", {"ids": [40]})
    works = [int(tour("POST", "/issue/NIM-2/worklog", {"timeSpentSeconds": 60})["id"]) for _ in range(2)]
    properties(tour, f"/issue/NIM-2/worklog/{works[0]}")
    tour("POST", "/issue/NIM-2/worklog/move", {"ids": works[:1], "issueIdOrKey": "NIM-3"})
    tour("DELETE", "/issue/NIM-2/worklog", {"ids": works[1:]})
    tasks = [
        ("POST", "/issue/properties", {"entitiesIds": [101], "properties": {"q": {"a": 1}}}),
        ("POST", "/issue/properties/multi", {"issues": [{"issueID": 101, "properties": {"q": {"a": 2}}}]}),
        ("PUT", "/issue/properties/q", {"value": {"a": 3}, "filter": {"entityIds": [101]}}),
        ("DELETE", "/issue/properties/q", {"entityIds": [101]}),
    ]
    for method, path, body in tasks:
        sent = tour.session.request(
            method, f"{tour.url}/rest/api/3{path}", json=body, allow_redirects=False, timeout=30
        )
        assert sent.status_code == 303, sent.text
        assert tour("GET", sent.headers["Location"].removeprefix(tour.url))["status"] == "COMPLETE"


def boards(tour: Tour) -> None:
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
    properties(tour, f"{AGILE}/board/1")
    properties(tour, f"{AGILE}/sprint/8")
    if tour.cloud:
        for path in ("quickfilter", "quickfilter/1", "features", "project/full", "reports"):
            tour("GET", f"{AGILE}/board/1/{path}")
        tour("POST", f"{AGILE}/board/1/issue", {"issues": ["NIM-5"]})
        tour("POST", f"{AGILE}/backlog/1/issue", {"issues": ["NIM-5"]})
    tour("DELETE", f"{AGILE}/sprint/{sprint}")
    tour("DELETE", f"{AGILE}/board/{board}")


def hooks(tour: Tour) -> None:
    places = [HOOKS] if tour.cloud else [HOOKS, "/rest/jira-webhook/1.0/webhooks"]
    for place in places:
        made = int(tour("POST", place, ADMIN_HOOK)["self"].rpartition("/")[2])
        tour("GET", place)
        tour("GET", f"{place}/{made}")
        tour("PUT", f"{place}/{made}", ADMIN_HOOK)
        tour("DELETE", f"{place}/{made}")


def cloud_alone(tour: Tour) -> None:
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


def oauth(tour: Tour) -> None:
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


def drive(tour: Tour) -> None:
    """Make every request."""
    stages = [issues, parts, versions_and_components, attachments_and_audience, filters, people, tables]
    stages += [projects, fields, setup, boards, hooks, *([cloud_alone] if tour.cloud else []), oauth]
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
