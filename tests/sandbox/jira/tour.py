"""Requests that drive the routes of issues, projects and people; `tour_apps` has the rest, and puts them together."""

from __future__ import annotations

from typing import Any

import requests

NO_CHECK = {"X-Atlassian-Token": "no-check"}
AGILE = "/rest/agile/1.0"


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

    def properties(self, place: str, **query: Any) -> None:
        for value in (1, 2):
            self("PUT", f"{place}/properties/p", {"a": value}, **query)
        self("GET", f"{place}/properties", **query)
        self("GET", f"{place}/properties/p", **query)
        self("DELETE", f"{place}/properties/p", **query)


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
    tour.properties("/issue/NIM-2")


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
    tour.properties("/user", **({"accountId": "acc:ann"} if tour.cloud else {"username": "ann"}))
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
    tour.properties("/project/NIM")
    tour.properties("/issuetype/1")
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
    tour.properties(f"/issue/NIM-2/worklog/{works[0]}")
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


STAGES = (
    *(issues, parts, versions_and_components, attachments_and_audience, filters, people),
    *(tables, projects, fields, setup),
)
"""What the first half of the tour sees, in its order."""
