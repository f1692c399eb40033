"""Components of projects: listed, made, changed and removed, with the issues that name them."""

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import shapes
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, listed, number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.versions import administered, having, named, replace_in_issues

COMPONENTS = "components"
ASSIGNEE_TYPES = ("PROJECT_DEFAULT", "COMPONENT_LEAD", "PROJECT_LEAD", "UNASSIGNED")


class Components:
    """The handlers of `/component` and of a project's list of them."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        listing = [("GET", "/project/<ref>/component", self.page), ("GET", "/component", self.everywhere)]
        return [
            ("GET", "/project/<ref>/components", self.of_project),
            ("POST", "/component", self.create),
            ("GET", "/component/<component_id>", self.get),
            ("PUT", "/component/<component_id>", self.edit),
            ("DELETE", "/component/<component_id>", self.delete),
            ("GET", "/component/<component_id>/relatedIssueCounts", self.related),
            *(listing if self._site.state.cloud else [("GET", "/component/page", self.everywhere)]),
        ]

    def of_project(self, call: Call, ref: str) -> list[Row]:
        """`GET /project/{ref}/components`."""
        project = self._site.project(call, ref)
        renderer, state = self._site.renderer(call), self._site.state
        return [renderer.component(one, full=True) for one in state.rows_of_project(state.components, project["id"])]

    def page(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/component` (Cloud): pages of 50, with the number of issues."""
        rows = [
            {**row, "issueCount": len(having(self._site, COMPONENTS, row["id"]))} for row in self.of_project(call, ref)
        ]
        return self._page(call, rows, f"/project/{ref}/component")

    def everywhere(self, call: Call) -> Json:
        """`GET /component` (Cloud), `GET /component/page` (Data Center): of the projects named, or of all."""
        renderer, state = self._site.renderer(call), self._site.state
        refs = listed([*call.args.getlist("projectIdsOrKeys"), *call.args.getlist("projectIds")])
        wanted = {self._site.project(call, ref)["id"] for ref in refs} or renderer.caller.eyes.projects
        rows = [
            renderer.component(one, full=True) for one, row in state.components.items() if row["projectId"] in wanted
        ]
        if state.cloud:
            rows = [{key: row[key] for key in ("self", "id", "name", "description") if key in row} for row in rows]
        return self._page(call, rows, "/component")

    def _page(self, call: Call, rows: list[Row], path: str) -> Json:
        wanted = (call.args.get("query") or "").casefold()
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        found = [row for row in rows if wanted in f"{row['name']} {row.get('description') or ''}".casefold()]
        return page_bean(found, start=start, size=size, link=f"{self._site.renderer(call).rest}{path}")

    def get(self, call: Call, component_id: str) -> Json:
        """`GET /component/{id}`."""
        return self._site.renderer(call).component(self._found(call, component_id)["id"], full=True)

    def create(self, call: Call) -> Response:
        """`POST /component`: in the project whose key is `project`."""
        body = body_object(call.json_body(), shapes.COMPONENT)
        self._site.caller(call).require()
        if not body.get("project"):
            raise HttpError(400, body={"errorMessages": [], "errors": {"project": "The project is required."}})
        project = self._site.project(call, body["project"])
        administered(self._site, call, project, "create components")
        state = self._site.state
        name = named(state.rows_of_project(state.components, project["id"]), body, word="component")
        component_id = str(state.next_id("components"))
        row = {"id": component_id, "projectId": project["id"], **self._read(body), "name": name}
        state.components[component_id] = row
        state.tables_changed()
        return json_response(self.get(call, component_id), status=201)

    def edit(self, call: Call, component_id: str) -> Json:
        """`PUT /component/{id}`: only what is given."""
        row = self._found(call, component_id)
        state = self._site.state
        administered(self._site, call, state.projects[row["projectId"]], "edit components")
        body = body_object(call.json_body(), shapes.COMPONENT)
        if "name" in body:
            rows = state.rows_of_project(state.components, row["projectId"])
            named(rows, body, besides=component_id, word="component")
        row |= self._read(body)
        state.tables_changed()
        if self._site.bumps("component"):
            for issue in having(self._site, COMPONENTS, component_id):
                state.before_write(issue)
                self._site.touched(issue)
        return self.get(call, component_id)

    def delete(self, call: Call, component_id: str) -> Response:
        """`DELETE /component/{id}`, with `moveIssuesTo`."""
        row = self._found(call, component_id)
        state = self._site.state
        uid = administered(self._site, call, state.projects[row["projectId"]], "delete components")
        target = self._found(call, call.args["moveIssuesTo"])["id"] if call.args.get("moveIssuesTo") else None
        replace_in_issues(self._site, COMPONENTS, component_id, target, uid)
        del state.components[component_id]
        state.tables_changed()
        return empty_response()

    def related(self, call: Call, component_id: str) -> Json:
        """`GET /component/{id}/relatedIssueCounts`."""
        self._found(call, component_id)
        link = f"{self._site.renderer(call).rest}/component/{component_id}"
        return {"self": link, "issueCount": len(having(self._site, COMPONENTS, component_id))}

    def _read(self, body: Row) -> Row:
        """Read what a component may be given.

        Raises:
            HttpError: 400.
        """
        found: Row = {key: body[key] for key in ("name", "description") if key in body}
        kind = body.get("assigneeType")
        if kind is not None:
            if kind not in ASSIGNEE_TYPES:
                raise HttpError(400, body={"errorMessages": [], "errors": {"assigneeType": "Invalid assignee type."}})
            found["assigneeType"] = kind
        ref = body.get("leadAccountId") if self._site.state.cloud else body.get("leadUserName")
        if ref:
            found["lead"] = self._site.state.user_id(ref)
            if found["lead"] is None:
                raise HttpError(400, body={"errorMessages": [], "errors": {"lead": f"The user {ref} does not exist."}})
        return found

    def _found(self, call: Call, component_id: str) -> Row:
        row = self._site.state.components.get(component_id)
        if row is None or row["projectId"] not in self._site.caller(call).eyes.projects:
            raise HttpError(404, f"The component with id {component_id} does not exist.")
        return row
