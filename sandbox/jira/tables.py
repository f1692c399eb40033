"""The site's small tables: statuses, types, priorities, resolutions, link types, categories, and how it is set up."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira.issues import level
from sandbox.jira.jql_names import STATUS_CATEGORIES
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, listed, number, page_bean
from sandbox.jira.site import Site, Table

_CATEGORY_WORDS = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}
_PROJECT_TYPES = {"software": "Software", "service_desk": "Service Management", "business": "Business"}

CONFIGURATION = {
    "votingEnabled": True,
    "watchingEnabled": True,
    "unassignedIssuesAllowed": True,
    "subTasksEnabled": True,
    "issueLinkingEnabled": True,
    "timeTrackingEnabled": True,
    "attachmentsEnabled": True,
    "timeTrackingConfiguration": {
        "workingHoursPerDay": 8.0,
        "workingDaysPerWeek": 5.0,
        "timeFormat": "pretty",
        "defaultUnit": "minute",
    },
}
"""What `/configuration` says; hours and days are those that durations are counted with."""


class Tables:
    """The handlers of the small tables."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("GET", "/statuses", self.statuses_by_id),
            ("GET", "/statuses/search", self.status_search),
            ("GET", "/statuses/byNames", self.statuses_by_name),
            ("GET", "/issuetype/project", self.types_of_project),
            ("GET", "/priority/search", self.pages("priorities")),
            ("GET", "/resolution/search", self.pages("resolutions")),
            ("GET", "/project/type/accessible", self.project_types),
        ]
        server: Table = [
            ("GET", "/status/page", self.pages("statuses")),
            ("GET", "/issuetype/page", self.pages("issuetypes")),
            ("GET", "/priority/page", self.pages("priorities")),
            ("GET", "/resolution/page", self.pages("resolutions")),
        ]
        return [
            *(cloud if self._site.state.cloud else server),
            ("GET", "/status", self.all("statuses")),
            ("GET", "/status/<ref>", self.one("statuses")),
            ("GET", "/statuscategory", self.categories),
            ("GET", "/statuscategory/<ref>", self.category),
            ("GET", "/issuetype", self.all("issuetypes")),
            ("GET", "/issuetype/<ref>", self.one("issuetypes")),
            ("GET", "/issuetype/<ref>/alternatives", self.alternatives),
            ("GET", "/priority", self.all("priorities")),
            ("GET", "/priority/<ref>", self.one("priorities")),
            ("GET", "/resolution", self.all("resolutions")),
            ("GET", "/resolution/<ref>", self.one("resolutions")),
            ("GET", "/securitylevel/<ref>", self.one("security_levels")),
            ("GET", "/issueLinkType", self.link_types),
            ("POST", "/issueLinkType", self.create_link_type),
            ("GET", "/issueLinkType/<ref>", self.link_type),
            ("PUT", "/issueLinkType/<ref>", self.edit_link_type),
            ("DELETE", "/issueLinkType/<ref>", self.delete_link_type),
            ("GET", "/project/type", self.project_types),
            ("GET", "/project/type/<key>", self.project_type),
            ("GET", "/project/type/<key>/accessible", self.project_type),
            ("GET", "/configuration", self.configuration),
        ]

    def _show(self, call: Call, table: str) -> Callable[[str], Row]:
        renderer = self._site.renderer(call)
        return {
            "statuses": renderer.status,
            "issuetypes": renderer.issuetype,
            "priorities": renderer.priority,
            "resolutions": renderer.resolution,
            "security_levels": renderer.security,
        }[table]

    def all(self, table: str) -> Callable[[Call], Json]:
        """Make the handler that lists a table."""

        def handler(call: Call) -> Json:
            return [self._show(call, table)(one) for one in self._site.state.tables[table]]

        return handler

    def one(self, table: str) -> Callable[[Call, str], Json]:
        """Make the handler that gives one row, by id or name; 404 when there is none."""

        def handler(call: Call, ref: str) -> Json:
            return self._show(call, table)(self._row(table, ref))

        return handler

    def pages(self, table: str) -> Callable[[Call], Json]:
        """Make the handler that gives a table in pages of 50, by `id` and by a part of the name."""

        def handler(call: Call) -> Json:
            args = call.args
            ids = listed(args.getlist("id"))
            part = (args.get("priorityName") or args.get("query") or "").casefold()
            rows = [
                self._show(call, table)(one)
                for one, row in self._site.state.tables[table].items()
                if (not ids or one in ids) and part in str(row["name"]).casefold()
            ]
            return self._bean(call, rows)

        return handler

    def _bean(self, call: Call, rows: list[Row]) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=call.base_url)

    def _row(self, table: str, ref: str) -> str:
        found = self._site.state.row_id(self._site.state.tables[table], ref)
        if found is None:
            raise HttpError(404, f"The {table} entry '{ref}' does not exist.")
        return found

    def categories(self, call: Call) -> Json:
        """`GET /statuscategory`."""
        renderer = self._site.renderer(call)
        return [renderer.category(key) for key in STATUS_CATEGORIES]

    def category(self, call: Call, ref: str) -> Json:
        """`GET /statuscategory/{idOrKey}`."""
        for key, (category_id, _) in STATUS_CATEGORIES.items():
            if ref in (key, category_id):
                return self._site.renderer(call).category(key)
        raise HttpError(404, f"The status category '{ref}' does not exist.")

    def _wide_status(self, status_id: str) -> Row:
        row = self._site.state.tables["statuses"][status_id]
        return {
            "id": status_id,
            "name": row["name"],
            "statusCategory": _CATEGORY_WORDS[row.get("category", "new")],
            "scope": {"type": "GLOBAL"},
            "description": row.get("description") or "",
        }

    def statuses_by_id(self, call: Call) -> Json:
        """`GET /statuses` (Cloud): by `id`, given several times."""
        self._site.caller(call).require()
        ids = listed(call.args.getlist("id"))
        if not ids:
            raise HttpError(400, "The id query parameter is required.")
        return [self._wide_status(one) for one in ids if one in self._site.state.tables["statuses"]]

    def statuses_by_name(self, call: Call) -> Json:
        """`GET /statuses/byNames` (Cloud)."""
        self._site.caller(call).require()
        names = {one.casefold() for one in call.args.getlist("name")}
        if not names:
            raise HttpError(400, "The name query parameter is required.")
        rows = self._site.state.tables["statuses"].items()
        return [self._wide_status(one) for one, row in rows if str(row["name"]).casefold() in names]

    def status_search(self, call: Call) -> Json:
        """`GET /statuses/search` (Cloud): pages by words and category."""
        self._site.caller(call).require()
        part, kind = (call.args.get("searchString") or "").casefold(), call.args.get("statusCategory")
        if kind and kind not in _CATEGORY_WORDS.values():
            raise HttpError(400, f"statusCategory must be one of {', '.join(_CATEGORY_WORDS.values())}.")
        rows = [self._wide_status(one) for one in self._site.state.tables["statuses"]]
        found = [row for row in rows if part in row["name"].casefold() and kind in (None, "", row["statusCategory"])]
        return self._bean(call, found)

    def types_of_project(self, call: Call) -> Json:
        """`GET /issuetype/project` (Cloud): of a project, and of a level if wanted."""
        project = self._site.project(call, call.args.get("projectId") or "")
        wanted = call.args.get("level")
        rows, renderer = self._site.state.tables["issuetypes"], self._site.renderer(call)
        ids = [one for one in self._site.types_of(project["id"]) if wanted in (None, str(level(rows[one])))]
        return [renderer.issuetype(one) for one in ids]

    def alternatives(self, call: Call, ref: str) -> Json:
        """`GET /issuetype/{id}/alternatives`: types of the same level."""
        rows = self._site.state.tables["issuetypes"]
        row = rows[self._row("issuetypes", ref)]
        renderer = self._site.renderer(call)
        return [
            renderer.issuetype(one) for one, other in rows.items() if other is not row and level(other) == level(row)
        ]

    def link_types(self, call: Call) -> Json:
        """`GET /issueLinkType`."""
        renderer = self._site.renderer(call)
        return {"issueLinkTypes": [renderer.link_type(one) for one in self._site.state.tables["link_types"]]}

    def link_type(self, call: Call, ref: str) -> Json:
        """`GET /issueLinkType/{id}`."""
        return self._site.renderer(call).link_type(self._link_type(ref))

    def create_link_type(self, call: Call) -> Response:
        """`POST /issueLinkType`: for who administers the site."""
        self._administer(call)
        row = self._read_link_type(call, {})
        row["id"] = str(self._site.state.next_id("link type"))
        self._site.state.tables["link_types"][row["id"]] = row
        return json_response(self._site.renderer(call).link_type(row["id"]), status=201)

    def edit_link_type(self, call: Call, ref: str) -> Json:
        """`PUT /issueLinkType/{id}`."""
        self._administer(call)
        row = self._site.state.tables["link_types"][self._link_type(ref)]
        row |= self._read_link_type(call, row)
        self._site.state.tables_changed()
        return self._site.renderer(call).link_type(row["id"])

    def delete_link_type(self, call: Call, ref: str) -> Response:
        """`DELETE /issueLinkType/{id}`, with the links of that type."""
        self._administer(call)
        state, gone = self._site.state, self._link_type(ref)
        for link in [one for one in state.links.values() if one.type_id == gone]:
            state.remove_link(link)
        del state.tables["link_types"][gone]
        state.tables_changed()
        return empty_response()

    def _read_link_type(self, call: Call, before: Row) -> Row:
        body = body_object(call.json_body())
        row = {**before, **{key: body[key] for key in ("name", "inward", "outward") if body.get(key)}}
        if not all(isinstance(row.get(key), str) for key in ("name", "inward", "outward")):
            raise HttpError(400, "A link type needs a name, an inward and an outward description.")
        return row

    def _link_type(self, ref: str) -> str:
        if ref not in self._site.state.tables["link_types"]:
            raise HttpError(404, f"No issue link type with id '{ref}' exists.")
        return ref

    def _administer(self, call: Call) -> None:
        if not self._site.state.administers(self._site.caller(call).require()):
            raise HttpError(404 if self._site.state.cloud else 403, "Only administrators may change link types.")

    def project_types(self, call: Call) -> Json:
        """`GET /project/type`."""
        return [self.project_type(call, key) for key in _PROJECT_TYPES]

    def project_type(self, _call: Call, key: str) -> Json:
        """`GET /project/type/{key}`."""
        if key not in _PROJECT_TYPES:
            raise HttpError(404, f"The project type '{key}' does not exist.")
        name = f"jira.project.type.{key}.description"
        return {
            "key": key,
            "formattedKey": _PROJECT_TYPES[key],
            "descriptionI18nKey": name,
            "icon": "",
            "color": "#0052CC",
        }

    def configuration(self, call: Call) -> Json:
        """`GET /configuration`."""
        self._site.caller(call).require()
        return CONFIGURATION
