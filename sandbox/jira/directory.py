"""The site's own tables: who, which projects, versions, components, statuses, types."""

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira import access
from sandbox.jira.issues import project_types
from sandbox.jira.jql_names import STATUS_CATEGORIES
from sandbox.jira.model import Row
from sandbox.jira.paging import number, page_bean
from sandbox.jira.site import Site
from sandbox.jira.stamps import render_instant

CLOUD_VERSION = "1001.0.0-SNAPSHOT"
DATA_CENTER_VERSION = "10.3.5"


class Directory:
    """The handlers of `/myself`, `/serverInfo`, `/project`, `/version`, `/user` and the small tables."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def myself(self, call: Call) -> Json:
        """`GET /myself`."""
        caller = self._site.caller(call)
        shown = self._site.renderer(call).user(caller.require()) or {}
        extra = {"locale": "en_US", "groups": {"size": 0, "items": []}, "applicationRoles": {"size": 0, "items": []}}
        return {**shown, **extra, "expand": "groups,applicationRoles"}

    def server_info(self, call: Call) -> Json:
        """`GET /serverInfo`."""
        caller, state = self._site.caller(call), self._site.state
        version = CLOUD_VERSION if state.cloud else DATA_CENTER_VERSION
        info: Row = {
            "baseUrl": caller.base,
            "version": version,
            "versionNumbers": [int(one) for one in version.split("-")[0].split(".")],
            "deploymentType": "Cloud" if state.cloud else "Server",
            "buildNumber": 100_300 if state.cloud else 10_030_005,
            "buildDate": "2026-01-15T00:00:00.000+0000",
            "serverTime": render_instant(self._site.now_ms, caller.zone),
            "scmInfo": "0" * 40,
            "serverTitle": state.site.get("title") or "Jira",
        }
        if state.cloud:
            info |= {"displayUrl": caller.base, "serverTimeZone": state.site.get("time_zone") or "UTC"}
        return info

    def statuses(self, call: Call) -> Json:
        """`GET /status`."""
        renderer = self._site.renderer(call)
        return [renderer.status(one) for one in self._site.state.tables["statuses"]]

    def status(self, call: Call, ref: str) -> Json:
        """`GET /status/{idOrName}`."""
        return self._site.renderer(call).status(self._row("statuses", ref))

    def categories(self, call: Call) -> Json:
        """`GET /statuscategory`."""
        renderer = self._site.renderer(call)
        return [renderer.category(key) for key in STATUS_CATEGORIES]

    def issuetypes(self, call: Call) -> Json:
        """`GET /issuetype`."""
        renderer = self._site.renderer(call)
        return [renderer.issuetype(one) for one in self._site.state.tables["issuetypes"]]

    def issuetype(self, call: Call, ref: str) -> Json:
        """`GET /issuetype/{id}`."""
        return self._site.renderer(call).issuetype(self._row("issuetypes", ref))

    def priorities(self, call: Call) -> Json:
        """`GET /priority`."""
        renderer = self._site.renderer(call)
        return [renderer.priority(one) for one in self._site.state.tables["priorities"]]

    def resolutions(self, call: Call) -> Json:
        """`GET /resolution`."""
        renderer = self._site.renderer(call)
        return [renderer.resolution(one) for one in self._site.state.tables["resolutions"]]

    def link_types(self, call: Call) -> Json:
        """`GET /issueLinkType`."""
        renderer = self._site.renderer(call)
        return {"issueLinkTypes": [renderer.link_type(one) for one in self._site.state.tables["link_types"]]}

    def security_level(self, call: Call, ref: str) -> Json:
        """`GET /securitylevel/{id}` (Data Center)."""
        return self._site.renderer(call).security(self._row("security_levels", ref))

    def security_levels(self, call: Call, project_ref: str) -> Json:
        """`GET /project/{ref}/securitylevel`: the levels that the caller may set there."""
        project = self._site.project(call, project_ref)
        renderer = self._site.renderer(call)
        levels = [
            renderer.security(level_id)
            for level_id, level in self._site.state.tables["security_levels"].items()
            if level_id in renderer.caller.eyes.levels and project["key"] in (level.get("projects") or [project["key"]])
        ]
        return {"levels": levels}

    def _row(self, table: str, ref: str) -> str:
        found = self._site.state.row_id(self._site.state.tables[table], ref)
        if found is None:
            raise HttpError(404, f"The {table} entry '{ref}' does not exist.")
        return found

    def _visible_projects(self, call: Call) -> list[Row]:
        renderer = self._site.renderer(call)
        return [
            self._project_row(call, row)
            for one, row in self._site.state.projects.items()
            if one in renderer.caller.eyes.projects
        ]

    def _project_row(self, call: Call, row: Row, *, full: bool = False) -> Row:
        renderer, state = self._site.renderer(call), self._site.state
        shown = {"expand": "description,lead,issueTypes,url,projectKeys", **renderer.project(row["id"])}
        shown["archived"] = row.get("archived", False)
        if state.cloud:
            shown |= {"isPrivate": row.get("browse") is not None, "style": "classic", "properties": {}}
        if full:
            lead = state.user_id(row["lead"]) if row.get("lead") else None
            shown |= {
                "description": row.get("description") or "",
                **({"lead": renderer.user(lead)} if lead else {}),
                "components": [renderer.component(one) for one in state.rows_of_project(state.components, row["id"])],
                "issueTypes": [renderer.issuetype(one) for one in project_types(self._site, row["id"])],
                "assigneeType": "UNASSIGNED",
                "versions": [
                    renderer.version(one, full=True) for one in state.rows_of_project(state.versions, row["id"])
                ],
                "roles": {},
            }
        return shown

    def projects(self, call: Call) -> Json:
        """`GET /project`."""
        return self._visible_projects(call)

    def project_search(self, call: Call) -> Json:
        """`GET /project/search` (Cloud): pages of 50."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        keys = {one.upper() for one in call.args.getlist("keys")}
        wanted = (call.args.get("query") or "").casefold()
        rows = [
            row
            for row in self._visible_projects(call)
            if (not keys or row["key"] in keys)
            and (wanted in row["key"].casefold() or wanted in row["name"].casefold())
        ]
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}/project/search")

    def project(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}`."""
        return self._project_row(call, self._site.project(call, ref), full=True)

    def project_statuses(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/statuses`: by issue type."""
        project = self._site.project(call, ref)
        renderer = self._site.renderer(call)
        statuses = [renderer.status(one) for one in self._site.state.tables["statuses"]]
        shown = []
        for type_id in project_types(self._site, project["id"]):
            row = renderer.issuetype(type_id)
            shown.append({key: row[key] for key in ("self", "id", "name", "subtask")} | {"statuses": statuses})
        return shown

    def user(self, call: Call) -> Json:
        """`GET /user?accountId=` or `?username=` or `?key=`."""
        self._site.caller(call).require()
        ref = next((call.args[key] for key in ("accountId", "username", "key") if call.args.get(key)), None)
        if ref is None:
            raise HttpError(400, "Either the 'username' or the 'key' query parameters need to be provided")
        found = self._site.state.user_id(ref)
        if found is None:
            raise HttpError(404, f"The user '{ref}' does not exist")
        return self._site.renderer(call).user(found)

    def user_search(self, call: Call) -> Json:
        """`GET /user/search`: by name, mail or account id; pages of 50."""
        self._site.caller(call).require()
        args, renderer = call.args, self._site.renderer(call)
        if account := args.get("accountId"):
            found = self._site.state.user_id(account)
            return [renderer.user(found)] if found else []
        wanted = args.get("query") if self._site.state.cloud else args.get("username")
        if wanted is None:
            raise HttpError(400, "The 'query' or 'username' query parameter is required.")
        words = wanted.casefold()
        hits = [
            uid
            for uid, row in self._site.state.users.items()
            if words in ("", ".", "%")
            or any(words in str(row.get(key) or "").casefold() for key in ("displayName", "emailAddress", "name"))
        ]
        start, size = number(args.get("startAt"), 0), min(number(args.get("maxResults"), 50), 1000)
        return [renderer.user(uid) for uid in hits[start : start + size]]

    def assignable(self, call: Call) -> Json:
        """`GET /user/assignable/search`."""
        self._site.caller(call).require()
        renderer = self._site.renderer(call)
        ref = call.args.get("project") or (call.args.get("issueKey") or "").rpartition("-")[0]
        project = self._site.project(call, ref)
        words = (call.args.get("query") or call.args.get("username") or "").casefold()
        return [
            renderer.user(uid)
            for uid, row in self._site.state.users.items()
            if row.get("active", True)
            and words in str(row.get("displayName") or "").casefold()
            and access.may_browse(self._site.state, uid, project)
        ]

    def users(self, call: Call) -> Json:
        """`GET /users/search` (Cloud): everyone."""
        self._site.caller(call).require()
        renderer = self._site.renderer(call)
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return [renderer.user(uid) for uid in list(self._site.state.users)[start : start + size]]

    def labels(self, call: Call) -> Json:
        """`GET /label` (Cloud)."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 1000)
        found = sorted({one for issue in self._site.state.issues.values() for one in issue.fields.get("labels") or ()})
        return page_bean(found, start=start, size=size, link=f"{self._site.renderer(call).rest}/label")
