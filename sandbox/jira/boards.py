"""Boards of the agile interface: which there are, what they cover, how they are set up."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import access
from sandbox.jira.model import FieldDef, Kind, Row
from sandbox.jira.paging import body_object, listed, number, object_at
from sandbox.jira.render import Renderer
from sandbox.jira.site import Site

MAX_PAGE = 50
"""Rows on a page of the agile interface, unless told otherwise."""

_POINTS = ("story points", "story point estimate")
"""Names of the number field that boards estimate by when they say nothing else."""

ORIGINAL = "timeoriginalestimate"

TYPES = ("scrum", "kanban", "simple")


def agile_base(renderer: Renderer) -> str:
    """Give the address that self links of the agile interface begin with."""
    return f"{renderer.caller.base}/rest/agile/1.0"


def page(call: Call, rows: list[Any]) -> Json:
    """Cut one page in the agile interface's form."""
    start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), MAX_PAGE)
    if start < 0 or size < 0:
        raise HttpError(400, "startAt and maxResults must not be negative.")
    shown = rows[start : start + size]
    last = start + size >= len(rows)
    return {"maxResults": size, "startAt": start, "total": len(rows), "isLast": last, "values": shown}


def board_jql(site: Site, board: Row) -> str:
    """Give the query that a board shows."""
    saved = site.state.filters.get(board_filter(board))
    if saved is not None and board.get("filter") is not None:
        return str(saved["jql"] or "ORDER BY Rank ASC")
    if board.get("jql"):
        return str(board["jql"])
    project_id = site.state.project_id(board["project"]) if board.get("project") is not None else None
    key = site.state.projects[project_id]["key"] if project_id else None
    return f'project = "{key}" ORDER BY Rank ASC' if key else "ORDER BY Rank ASC"


def board_filter(board: Row) -> int:
    """Give the id of a board's filter; boards whose filter nobody made have a number of their own."""
    return int(board.get("filter") or 10_000 + int(board["id"]))


def estimated_by(site: Site, board: Row) -> FieldDef:
    """Give the field that a board estimates by: its own, else the story points, else the original estimate."""
    fields = site.state.fields
    if (own := fields.get(str(board.get("estimation")))) is not None:
        return own
    points = [one for one in fields.values() if one.kind is Kind.NUMBER and one.name.casefold() in _POINTS]
    return points[0] if points else fields[ORIGINAL]


def find_board(site: Site, call: Call, board_id: int) -> Row:
    """Find a board that the caller sees.

    Raises:
        HttpError: 404.
    """
    board = site.state.boards.get(board_id)
    if board is None or not _visible(site, call, board):
        message = "Requested board cannot be viewed because it either does not exist or you do not have permission to "
        raise HttpError(404, f"{message}view it.")
    return board


def _visible(site: Site, call: Call, board: Row) -> bool:
    if site.caller(call).uid is None:
        return False
    project = board.get("project")
    return project is None or site.state.project_id(project) in site.caller(call).eyes.projects


class Boards:
    """The handlers of `/board` that give no issues."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def list_all(self, call: Call) -> Json:
        """`GET /board`: by `type`, `name` (a part of it) and `projectKeyOrId`."""
        args, state = call.args, self._site.state
        kinds, part = listed(args.getlist("type")), (args.get("name") or "").casefold()
        wanted = None
        if args.get("projectKeyOrId"):
            wanted = self._site.project(call, args["projectKeyOrId"])["id"]
        rows = [
            self._shown(call, board)
            for board in self.visible(call)
            if (not kinds or board.get("type", "scrum") in kinds)
            and part in str(board["name"]).casefold()
            and (wanted is None or state.project_id(board.get("project")) == wanted)
        ]
        return page(call, rows)

    def visible(self, call: Call) -> list[Row]:
        """List the boards that the caller sees, by id."""
        rows = sorted(self._site.state.boards.values(), key=lambda one: int(one["id"]))
        return [board for board in rows if _visible(self._site, call, board)]

    def allowed(self, call: Call, board: Row) -> None:
        """Check that the caller may change a board; raises HttpError 403."""
        state = self._site.state
        if board.get("project") is not None:
            project = state.projects[state.project_id(board["project"]) or ""]
            if not access.may_edit(state, self._site.caller(call).uid, project):
                raise HttpError(403, "You do not have permission to change this board.")

    def _shown(self, call: Call, board: Row) -> Row:
        renderer = self._site.renderer(call)
        shown: Row = {"id": board["id"], "self": f"{agile_base(renderer)}/board/{board['id']}"}
        shown |= {"name": board["name"], "type": board.get("type", "scrum")}
        project_id = self._site.state.project_id(board["project"]) if board.get("project") is not None else None
        if project_id is not None and self._site.state.cloud:
            project = renderer.project(project_id)
            shown["location"] = {
                "projectId": int(project_id),
                "displayName": f"{project['name']} ({project['key']})",
                "projectName": project["name"],
                "projectKey": project["key"],
                "projectTypeKey": project["projectTypeKey"],
                "avatarURI": project["avatarUrls"]["16x16"],
                "name": f"{project['name']} ({project['key']})",
            }
        return shown

    def get(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}`."""
        return self._shown(call, find_board(self._site, call, board_id))

    def create(self, call: Call) -> Response:
        """`POST /board`: name, type, filterId and, on Cloud, location; without a location, every issue."""
        body = body_object(call.json_body())
        uid = self._site.caller(call).require()
        if not isinstance(body.get("name"), str) or not body["name"].strip():
            raise HttpError(400, body={"errorMessages": [], "errors": {"name": "The board name is required."}})
        if body.get("type") not in TYPES:
            raise HttpError(400, body={"errorMessages": [], "errors": {"type": "The board type is invalid."}})
        location = object_at(body, "location")
        board: Row = {"id": self._site.state.next_id("boards"), "name": body["name"], "type": body["type"]}
        if location.get("projectKeyOrId"):
            project = self._site.project(call, str(location["projectKeyOrId"]))
            if not access.may_edit(self._site.state, uid, project):
                raise HttpError(403, "You do not have permission to create a board in this project.")
            board["project"] = project["key"]
        if body.get("filterId") is not None:
            board["filter"] = body["filterId"]
        self._site.state.boards[board["id"]] = board
        self._site.tell("board_created", board=self._shown(call, board))
        return json_response(self._shown(call, board), status=201)

    def delete(self, call: Call, board_id: int) -> Response:
        """`DELETE /board/{id}`; its sprints go, its issues stay."""
        board = find_board(self._site, call, board_id)
        state = self._site.state
        self.allowed(call, board)
        shown = self._shown(call, board)
        del state.boards[board_id]
        gone = {one for one, row in state.sprints.items() if row["originBoardId"] == board_id}
        for field_id in [one for one, field in state.fields.items() if field.kind is Kind.SPRINT]:
            for issue in state.issues.values():
                if gone & set(issue.fields.get(field_id) or ()):
                    state.before_write(issue)
                    issue.fields = {
                        **issue.fields,
                        field_id: [one for one in issue.fields[field_id] if one not in gone],
                    }
                    self._site.touched(issue, bump=False)
        state.sprints = {one: row for one, row in state.sprints.items() if one not in gone}
        state.tables_changed()
        self._site.tell("board_deleted", board=shown)
        return empty_response()

    def configuration(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/configuration`: a column for each status category."""
        board = find_board(self._site, call, board_id)
        renderer, state = self._site.renderer(call), self._site.state
        columns = []
        for category, name in (("new", "To Do"), ("indeterminate", "In Progress"), ("done", "Done")):
            rows = [one for one, row in state.tables["statuses"].items() if row.get("category", "new") == category]
            links = [{"id": one, "self": f"{renderer.rest}/status/{one}"} for one in rows]
            columns.append({"name": name, "statuses": links})
        filter_id = str(board_filter(board))
        shown: Row = {key: value for key, value in self._shown(call, board).items() if key != "location"}
        shown["self"] += "/configuration"
        if state.cloud and board.get("project") is not None:
            shown["location"] = {"type": "project", "projectKeyOrId": str(board["project"])}
        shown["filter"] = {"id": filter_id, "self": f"{renderer.rest}/filter/{filter_id}"}
        shown["columnConfig"] = {"columns": columns, "constraintType": "none"}
        field = estimated_by(self._site, board)
        shown["estimation"] = {"type": "field", "field": {"fieldId": field.id, "displayName": field.name}}
        rank = next((one for one in state.fields.values() if one.kind is Kind.RANK), None)
        if rank is not None:
            shown["ranking"] = {"rankCustomFieldId": int(rank.id.removeprefix("customfield_"))}
        return shown

    def projects(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/project`."""
        board = find_board(self._site, call, board_id)
        found = self._site.state.project_id(board["project"]) if board.get("project") is not None else None
        return page(call, [self._site.renderer(call).project(found)] if found else [])

    def versions(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/version`, by `released`."""
        board = find_board(self._site, call, board_id)
        state, renderer = self._site.state, self._site.renderer(call)
        found = state.project_id(board["project"]) if board.get("project") is not None else None
        rows = [renderer.version(one, full=True) for one in state.rows_of_project(state.versions, found or "")]
        wanted = call.args.get("released")
        return page(call, [row for row in rows if wanted is None or row["released"] == (wanted.lower() == "true")])
