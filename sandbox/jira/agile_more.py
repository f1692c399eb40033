"""What boards, sprints, epics and issues of the agile interface have beside: estimates, quick filters, properties."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response
from sandbox.jira import applying, stamps
from sandbox.jira.agile_issues import AgileIssues
from sandbox.jira.boards import ORIGINAL, Boards, board_filter, estimated_by, find_board, page
from sandbox.jira.edits import Change
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.own_properties import OwnProperties
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site, Table
from sandbox.jira.sprints import find_sprint


class AgileMore:
    """The handlers of the rest of the agile interface."""

    def __init__(self, site: Site, boards: Boards, issues: AgileIssues) -> None:
        self._site = site
        self._boards = boards
        self._issues = issues

    def table(self) -> Table:
        """List the routes."""
        board, sprint = "/board/<int:board_id>", "/sprint/<int:sprint_id>"
        cloud: Table = [
            ("GET", "/board/filter/<int:filter_id>", self.boards_of_filter),
            ("GET", f"{board}/features", self.features),
            ("GET", f"{board}/project/full", self.projects),
            ("GET", f"{board}/quickfilter", self.quick_filters),
            ("GET", f"{board}/quickfilter/<int:quick_id>", self.quick_filter),
            ("GET", f"{board}/reports", self.reports),
            ("POST", f"{board}/issue", self.onto_board),
            ("POST", "/backlog/<int:board_id>/issue", self.into_backlog_of),
        ]
        return [
            ("GET", "/issue/<ref>/estimation", self.estimation),
            ("PUT", "/issue/<ref>/estimation", self.estimate),
            ("POST", "/epic/<epic>", self.edit_epic),
            ("PUT", "/epic/<epic>/rank", self.rank_epic),
            ("POST", f"{sprint}/swap", self.swap),
            *OwnProperties(self._site, board, self._board_row).table(),
            *OwnProperties(self._site, sprint, self._sprint_row).table(),
            *(cloud if self._site.state.cloud else []),
        ]

    def _board_row(self, call: Call, *, write: bool, board_id: int) -> Row:
        board = find_board(self._site, call, board_id)
        if write:
            self._boards.allowed(call, board)
        return board

    def _sprint_row(self, call: Call, *, write: bool, sprint_id: int) -> Row:
        row = find_sprint(self._site, call, sprint_id)
        if write:
            self._boards.allowed(call, self._site.state.boards[row["originBoardId"]])
        return row

    def estimation(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/estimation?boardId=`: in the field that the board estimates by."""
        issue = self._site.issue(call, ref)
        return self._shown(self._field(call), issue)

    def estimate(self, call: Call, ref: str) -> Json:
        """`PUT /issue/{ref}/estimation?boardId=`: a number as text, or a duration such as `3h`; empty takes it away."""
        issue = self._site.writable(call, ref)
        field = self._field(call)
        given = body_object(call.json_body()).get("value")
        change = Change(fields={field.id: _read_estimate(field, given)})
        applying.apply(self._site, issue, change, self._site.caller(call).require())
        return self._shown(field, issue)

    def _field(self, call: Call) -> FieldDef:
        text = call.args.get("boardId") or ""
        if not (text.isascii() and text.isdecimal()):
            raise HttpError(400, "The query parameter 'boardId' is required.")
        return estimated_by(self._site, find_board(self._site, call, int(text)))

    def _shown(self, field: FieldDef, issue: Issue) -> Row:
        value = issue.fields.get(field.id)
        if field.id == ORIGINAL and value is not None:
            return {"fieldId": field.id, "value": stamps.render_duration(int(value))}
        return {"fieldId": field.id, "value": value}

    def boards_of_filter(self, call: Call, filter_id: int) -> Json:
        """`GET /board/filter/{filterId}` (Cloud)."""
        rows = self._boards.visible(call)
        found = [self._boards.get(call, one["id"]) for one in rows if board_filter(one) == filter_id]
        return page(call, [{key: one[key] for key in ("id", "self", "name")} for one in found])

    def features(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/features` (Cloud): company-managed boards have none to switch."""
        find_board(self._site, call, board_id)
        return {"features": []}

    def projects(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/project/full` (Cloud)."""
        return self._boards.projects(call, board_id)

    def quick_filters(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/quickfilter` (Cloud)."""
        return page(call, self._quick(call, board_id))

    def quick_filter(self, call: Call, board_id: int, quick_id: int) -> Json:
        """`GET /board/{id}/quickfilter/{id}` (Cloud)."""
        for row in self._quick(call, board_id):
            if row["id"] == quick_id:
                return row
        raise HttpError(404, f"The board has no quick filter with id {quick_id}.")

    def _quick(self, call: Call, board_id: int) -> list[Row]:
        rows = find_board(self._site, call, board_id).get("quickfilters") or []
        return [{"boardId": board_id, "description": "", "position": at, **row} for at, row in enumerate(rows)]

    def reports(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/reports` (Cloud): there are none."""
        find_board(self._site, call, board_id)
        return {"reports": []}

    def onto_board(self, call: Call, board_id: int) -> Response:
        """`POST /board/{id}/issue` (Cloud): out of the backlog of a kanban board; here, a change of rank."""
        find_board(self._site, call, board_id)
        return self._issues.rank_where_told(call)

    def into_backlog_of(self, call: Call, board_id: int) -> Response:
        """`POST /backlog/{boardId}/issue` (Cloud)."""
        find_board(self._site, call, board_id)
        self._issues.into_backlog(call)
        return self._issues.rank_where_told(call)

    def edit_epic(self, call: Call, epic: str) -> Json:
        """`POST /epic/{idOrKey}`: name, summary, colour, done."""
        issue = self._issues.find_epic(call, epic)
        self._site.writable(call, epic)
        body = body_object(call.json_body())
        fields: Row = {}
        if body.get("summary") is not None:
            fields["summary"] = str(body["summary"])
        name_field = next((one for one, row in self._site.state.fields.items() if row.kind is Kind.EPIC_NAME), None)
        if body.get("name") is not None:
            fields[name_field or "summary"] = str(body["name"])
        colour = body.get("color")
        if isinstance(colour, dict) and colour.get("key"):
            issue.properties = {**issue.properties, "jira.epic.color": str(colour["key"])}
        applying.apply(self._site, issue, Change(fields=fields), self._site.caller(call).require())
        return self._issues.epic(call, epic)

    def rank_epic(self, call: Call, epic: str) -> Response:
        """`PUT /epic/{idOrKey}/rank`: before or after another epic."""
        issue = self._issues.find_epic(call, epic)
        self._site.writable(call, epic)
        body = body_object(call.json_body())
        told = {"rankBeforeIssue": body.get("rankBeforeEpic"), "rankAfterIssue": body.get("rankAfterEpic")}
        if len([one for one in told.values() if one]) != 1:
            raise HttpError(400, "Exactly one of rankBeforeEpic and rankAfterEpic must be given.")
        self._issues.rank_issues(call, [issue], told)
        return empty_response()

    def swap(self, call: Call, sprint_id: int) -> Response:
        """`POST /sprint/{id}/swap`: the two sprints change places in the plan."""
        row = self._sprint_row(call, write=True, sprint_id=sprint_id)
        other = body_object(call.json_body()).get("sprintToSwapWith")
        if type(other) is not int:
            raise HttpError(400, "sprintToSwapWith must be the id of a sprint.")
        second = self._sprint_row(call, write=True, sprint_id=other)
        if row["originBoardId"] != second["originBoardId"]:
            raise HttpError(400, "Both sprints must be of the same board.")
        places = [row.get("place", row["id"]), second.get("place", second["id"])]
        row["place"], second["place"] = places[1], places[0]
        return empty_response()


def _read_estimate(field: FieldDef, given: Any) -> float | int | None:
    if given in (None, ""):
        return None
    try:
        if field.id == ORIGINAL:
            return int(given) if str(given).isdecimal() else stamps.parse_duration(str(given))
        return float(given)
    except (ValueError, TypeError, OverflowError) as error:
        raise HttpError(400, body={"errorMessages": [], "errors": {"value": f"'{given}' is no estimate."}}) from error
