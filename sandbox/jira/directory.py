"""The site's own tables: who, which projects, versions, components, statuses, types."""

from sandbox.core.http import Call, Json
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
                "issueTypes": [renderer.issuetype(one) for one in self._site.types_of(row["id"])],
                "assigneeType": row.get("assigneeType", "UNASSIGNED"),
                "versions": [
                    renderer.version(one, full=True) for one in state.rows_of_project(state.versions, row["id"])
                ],
                "roles": {},
            }
        return shown

    def show(self, call: Call, project_id: str) -> Row:
        """Show a project whole."""
        return self._project_row(call, self._site.state.projects[project_id], full=True)

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
        for type_id in self._site.types_of(project["id"]):
            row = renderer.issuetype(type_id)
            shown.append({key: row[key] for key in ("self", "id", "name", "subtask")} | {"statuses": statuses})
        return shown

    def labels(self, call: Call) -> Json:
        """`GET /label` (Cloud)."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 1000)
        found = sorted({one for issue in self._site.state.issues.values() for one in issue.fields.get("labels") or ()})
        return page_bean(found, start=start, size=size, link=f"{self._site.renderer(call).rest}/label")
