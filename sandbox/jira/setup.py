"""How the site is set up, for those who look: workflows, time tracking, settings, dashboards, licence, preferences."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response
from sandbox.jira.model import Row
from sandbox.jira.paging import number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.tables import CONFIGURATION

LIMITS = {"comment": 5000, "worklog": 10_000, "attachment": 2000, "remoteIssueLinks": 2000, "issuelinks": 2000}
"""Entries that an issue may have, as `/issue/limit/report` tells them; the stand-in does not enforce them."""

NEAR = 0.8
"""An issue approaches a limit when it has so much of it."""


class Setup:
    """The handlers of what administrators set up elsewhere."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("GET", "/dashboard/search", self.dashboard_pages),
            ("GET", "/workflow/search", self.workflows),
            ("GET", "/configuration/timetracking", self.time_tracking),
            ("GET", "/configuration/timetracking/options", self.time_options),
            ("GET", "/instance/license", self.license),
            ("GET", "/issue/limit/report", self.limits),
            ("GET", "/mypreferences/locale", self.locale),
        ]
        return [
            ("GET", "/dashboard", self.dashboards),
            ("GET", "/application-properties", self.settings),
            ("GET", "/mypreferences", self.preference),
            ("PUT", "/mypreferences", self.prefer),
            ("DELETE", "/mypreferences", self.forget),
            ("GET", "/workflow", self.workflow_list),
            *(cloud if self._site.state.cloud else []),
        ]

    def dashboards(self, call: Call) -> Json:
        """`GET /dashboard`: there are none."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 20)
        return {"startAt": start, "maxResults": size, "total": 0, "dashboards": []}

    def dashboard_pages(self, call: Call) -> Json:
        """`GET /dashboard/search` (Cloud)."""
        return self._bean(call, [])

    def workflows(self, call: Call) -> Json:
        """`GET /workflow/search` (Cloud): with transitions and statuses when `expand` says so."""
        self._administrator(call)
        expand = call.args.get("expand") or ""
        part = (call.args.get("queryString") or "").casefold()
        names = set(call.args.getlist("workflowName"))
        rows = [self._workflow(row, expand) for row in self._site.state.workflows]
        found = [row for row in rows if not names or row["id"]["name"] in names]
        return self._bean(call, [row for row in found if part in row["id"]["name"].casefold()])

    def _workflow(self, row: Row, expand: str) -> Row:
        state = self._site.state
        name = str(row.get("name") or "default")
        shown: Row = {"id": {"name": name, "entityId": name}, "description": "", "isDefault": name == "default"}

        def status_id(ref: Any) -> str | None:
            return state.row_id(state.tables["statuses"], ref)

        ways = row.get("transitions") or []
        if "transitions" in expand:
            shown["transitions"] = [
                {
                    "id": str(way["id"]),
                    "name": way["name"],
                    "description": "",
                    "from": [status_id(one) for one in way.get("from") or ()],
                    "to": status_id(way["to"]),
                    "type": "directed" if way.get("from") else "global",
                }
                for way in ways
            ]
        if "statuses" in expand:
            refs = [row.get("initial"), *(one for way in ways for one in (*(way.get("from") or ()), way["to"]))]
            ids = dict.fromkeys(one for ref in refs if ref is not None and (one := status_id(ref)))
            shown["statuses"] = [{"id": one, "name": state.tables["statuses"][one]["name"]} for one in ids]
        return shown

    def workflow_list(self, call: Call) -> Json:
        """`GET /workflow`."""
        self._site.caller(call).require()
        rows = self._site.state.workflows
        names = [str(row.get("name") or "default") for row in rows]
        return [
            {"name": name, "description": "", "steps": len(row.get("transitions") or []), "default": name == "default"}
            for name, row in zip(names, rows, strict=True)
        ]

    def time_tracking(self, call: Call) -> Json:
        """`GET /configuration/timetracking` (Cloud)."""
        self._administrator(call)
        return {"key": "JIRA", "name": "JIRA provided time tracking"}

    def time_options(self, call: Call) -> Json:
        """`GET /configuration/timetracking/options` (Cloud)."""
        self._administrator(call)
        return CONFIGURATION["timeTrackingConfiguration"]

    def settings(self, call: Call) -> Json:
        """`GET /application-properties`: title and address of the site."""
        self._administrator(call)
        title = self._site.state.site.get("title") or "Jira"
        values = {"jira.title": ("Title", title), "jira.baseurl": ("Base URL", self._site.caller(call).base)}
        wanted = call.args.get("key")
        rows = [
            {"id": key, "key": key, "name": name, "value": value, "defaultValue": "", "type": "string", "desc": name}
            for key, (name, value) in values.items()
            if wanted in (None, key)
        ]
        if wanted is not None and not rows:
            raise HttpError(404, f"There is no application property '{wanted}'.")
        return rows

    def license(self, call: Call) -> Json:
        """`GET /instance/license` (Cloud)."""
        self._site.caller(call).require()
        return {"applications": [{"id": "jira-software", "plan": "PAID"}]}

    def limits(self, call: Call) -> Json:
        """`GET /issue/limit/report` (Cloud): issues that come near a limit, or are beyond it."""
        self._administrator(call)
        near: dict[str, dict[str, int]] = {}
        beyond: dict[str, dict[str, int]] = {}
        by_key = call.args.get("isReturningKeys") == "true"
        for issue in self._site.state.issues.values():
            counts = {"comment": issue.comments, "worklog": issue.worklogs, "attachment": issue.attachments}
            sizes = {name: len(rows) for name, rows in counts.items()} | {"remoteIssueLinks": len(issue.remotelinks)}
            sizes["issuelinks"] = len(self._site.state.links_of.get(issue.id, ()))
            for name, size in sizes.items():
                if size > LIMITS[name] * NEAR:
                    table = beyond if size > LIMITS[name] else near
                    table.setdefault(name, {})[issue.key if by_key else issue.id] = size
        return {"issuesApproachingLimit": near, "issuesBreachingLimit": beyond, "limits": LIMITS}

    def locale(self, call: Call) -> Json:
        """`GET /mypreferences/locale` (Cloud)."""
        self._site.caller(call).require()
        return {"locale": "en_US"}

    def preference(self, call: Call) -> Json:
        """`GET /mypreferences?key=`."""
        found = self._preferences(call).get(call.args.get("key") or "")
        if found is None:
            raise HttpError(404, "key not found: " + (call.args.get("key") or ""))
        return found

    def prefer(self, call: Call) -> Response:
        """`PUT /mypreferences?key=`: a text, as JSON or as it is."""
        key, value = call.args.get("key"), call.json_body() if call.is_json else call.get_data(as_text=True)
        if not key or not isinstance(value, str) or len(value) > self._site.state.switches.property_bytes:
            raise HttpError(400 if self._site.state.cloud else 404, "A key, and a text as its value, are required.")
        self._preferences(call)[key] = value
        return empty_response()

    def forget(self, call: Call) -> Response:
        """`DELETE /mypreferences?key=`."""
        if self._preferences(call).pop(call.args.get("key") or "", None) is None:
            raise HttpError(404, "key not found: " + (call.args.get("key") or ""))
        return empty_response()

    def _preferences(self, call: Call) -> dict[str, Any]:
        row = self._site.state.users[self._site.caller(call).require()]
        found: dict[str, Any] = row.setdefault("preferences", {})
        return found

    def _bean(self, call: Call, rows: list[Row]) -> Json:
        self._site.caller(call).require()
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=call.base_url)

    def _administrator(self, call: Call) -> None:
        if not self._site.state.administers(self._site.caller(call).require()):
            raise HttpError(403, "Only administrators may look at that.")
