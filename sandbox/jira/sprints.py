"""Sprints: planned, started, closed. None of that moves an issue's `updated`, unless the switch says so."""

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import access, stamps
from sandbox.jira.boards import agile_base, find_board, page
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, listed
from sandbox.jira.site import Site
from sandbox.jira.sprint_values import DATES, milliseconds, sprint_field, sprint_instant, sprints_of

STATES = ("future", "active", "closed")
NEXT = {"future": "active", "active": "closed"}
"""What a sprint may become."""

_TEXTS = ("name", "goal")
MAX_NAME = 30
"""Characters of a sprint's name."""


def find_sprint(site: Site, call: Call, sprint_id: int) -> Row:
    """Find a sprint whose board the caller sees.

    Raises:
        HttpError: 404.
    """
    row = site.state.sprints.get(sprint_id)
    if row is None:
        raise HttpError(404, f"Sprint with id {sprint_id} does not exist")
    find_board(site, call, int(row["originBoardId"]))
    return row


class Sprints:
    """The handlers of `/sprint` and of a board's list of them."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def of_board(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/sprint`, by `state`."""
        board = find_board(self._site, call, board_id)
        if board.get("type", "scrum") == "kanban":
            raise HttpError(400, "The board does not support sprints")
        wanted = listed(call.args.getlist("state"))
        if set(wanted) - set(STATES):
            raise HttpError(400, f"The state must be one of {', '.join(STATES)}.")
        rows = [
            self.shown(call, row)
            for row in self._site.state.sprints.values()
            if row["originBoardId"] == board_id and (not wanted or row["state"] in wanted)
        ]
        places = self._site.state.sprints
        return page(call, sorted(rows, key=lambda row: int(places[row["id"]].get("place", row["id"]))))

    def shown(self, call: Call, row: Row) -> Row:
        """Show a sprint."""
        renderer = self._site.renderer(call)
        shown: Row = {"id": row["id"], "self": f"{agile_base(renderer)}/sprint/{row['id']}"}
        shown |= {"state": row["state"], "name": row["name"]}
        shown |= {name: sprint_instant(self._site.state, row[name]) for name in DATES if row.get(name)}
        return {**shown, "originBoardId": row["originBoardId"], "goal": row.get("goal") or ""}

    def get(self, call: Call, sprint_id: int) -> Json:
        """`GET /sprint/{id}`."""
        return self.shown(call, find_sprint(self._site, call, sprint_id))

    def create(self, call: Call) -> Response:
        """`POST /sprint`: a future one."""
        body = body_object(call.json_body())
        given = str(body.get("originBoardId"))
        if not (given.isascii() and given.isdecimal()):
            raise HttpError(400, body={"errorMessages": [], "errors": {"originBoardId": "originBoardId is required"}})
        board_id = int(given)
        board = find_board(self._site, call, board_id)
        self._allowed(call, board)
        if not body.get("name"):
            raise HttpError(400, body={"errorMessages": [], "errors": {"name": "Sprint name is required"}})
        row: Row = {"id": self._site.state.next_id("sprints"), "state": "future", "originBoardId": board_id}
        row |= self._read({key: body[key] for key in ("name", "goal", "startDate", "endDate") if key in body})
        row["createdDate"] = stamps.render_instant(self._site.now_ms, stamps.zone("UTC"))
        self._site.state.sprints[row["id"]] = row
        self._site.tell("sprint_created", sprint=self.shown(call, row))
        return json_response(self.shown(call, row), status=201)

    def replace(self, call: Call, sprint_id: int) -> Json:
        """`PUT /sprint/{id}`: whole; what is not given becomes empty."""
        row = find_sprint(self._site, call, sprint_id)
        body = body_object(call.json_body())
        blank = {"goal": "", "startDate": None, "endDate": None, "name": row["name"], "state": row["state"]}
        return self._change(call, row, {**blank, **body})

    def change(self, call: Call, sprint_id: int) -> Json:
        """`POST /sprint/{id}`: only what is given."""
        return self._change(call, find_sprint(self._site, call, sprint_id), body_object(call.json_body()))

    def delete(self, call: Call, sprint_id: int) -> Response:
        """`DELETE /sprint/{id}`; its open issues go to the backlog."""
        row = find_sprint(self._site, call, sprint_id)
        self._allowed(call, self._site.state.boards[row["originBoardId"]])
        shown = self.shown(call, row)
        field_id = sprint_field(self._site.state)
        for issue in self._site.state.issues.values():
            if field_id is not None and sprint_id in (issue.fields.get(field_id) or ()):
                self._site.state.before_write(issue)
                left = [one for one in issue.fields[field_id] if one != sprint_id]
                issue.fields = {**issue.fields, field_id: left}
                self._site.touched(issue, bump=self._site.bumps("sprint"))
        del self._site.state.sprints[sprint_id]
        self._site.tell("sprint_deleted", sprint=shown)
        return empty_response()

    def _change(self, call: Call, row: Row, body: Row) -> Json:
        self._allowed(call, self._site.state.boards[row["originBoardId"]])
        new = {**row, **self._read({key: body[key] for key in (*_TEXTS, *DATES) if key in body})}
        wanted = body.get("state", row["state"])
        wanted = wanted.casefold() if isinstance(wanted, str) else wanted
        event = "sprint_updated"
        if wanted != row["state"]:
            if wanted not in STATES or NEXT.get(row["state"]) != wanted:
                raise HttpError(400, f"A sprint that is {row['state']} cannot become {wanted}.")
            if wanted == "active" and not (new.get("startDate") and new.get("endDate")):
                raise HttpError(400, "To start a sprint you must provide a start date and an end date.")
            if wanted == "closed":
                new["completeDate"] = stamps.render_instant(self._site.now_ms, stamps.zone("UTC"))
            new["state"] = wanted
            event = "sprint_started" if wanted == "active" else "sprint_closed"
        start, end = new.get("startDate"), new.get("endDate")
        if start and end and milliseconds(start) >= milliseconds(end):
            raise HttpError(400, "The start date must be before the end date.")
        row.update(new)
        self._site.state.tables_changed()
        if self._site.bumps("sprint"):
            for issue in self._site.state.issues.values():
                if row in sprints_of(self._site.state, issue):
                    self._site.state.before_write(issue)
                    self._site.touched(issue)
        self._site.tell(event, sprint=self.shown(call, row))
        return self.shown(call, row)

    def _allowed(self, call: Call, board: Row) -> None:
        state, uid = self._site.state, self._site.caller(call).require()
        project_id = state.project_id(board["project"]) if board.get("project") is not None else None
        if project_id is not None and not access.may_edit(state, uid, state.projects[project_id]):
            raise HttpError(403, "You need the manage sprints permission for this board's projects.")

    @staticmethod
    def _read(given: Row) -> Row:
        errors = {}
        for name, value in given.items():
            if name in _TEXTS and not isinstance(value, str | None):
                errors[name] = f"{name} must be a text"
            elif name == "name" and not 0 < len((value or "").strip()) <= MAX_NAME:
                errors[name] = f"The sprint name must be shorter than {MAX_NAME} characters."
            elif name in DATES and value not in (None, ""):
                try:
                    milliseconds(value)
                except (ValueError, TypeError, OverflowError):
                    errors[name] = f"{name} is not a date"
        if errors:
            raise HttpError(400, body={"errorMessages": [], "errors": errors})
        return given
