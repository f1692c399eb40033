"""Issues as the agile interface gives and moves them: of boards, sprints, epics and the backlog, by rank."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, dumps, empty_response
from sandbox.jira import applying, issue_json, jql
from sandbox.jira.boards import agile_base, board_jql, find_board, page
from sandbox.jira.edits import Change, changelog_items
from sandbox.jira.issues import level
from sandbox.jira.model import Issue, Kind, Row
from sandbox.jira.paging import body_object, listed, number
from sandbox.jira.search import Search
from sandbox.jira.site import Site
from sandbox.jira.sprint_values import open_sprint, sprint_field, sprint_instant, sprints_of
from sandbox.jira.sprints import find_sprint

MAX_MOVED = 50
"""Issues that one request may move."""

Only = Callable[[Issue], bool]


class AgileIssues:
    """The handlers that give or move issues."""

    def __init__(self, site: Site, search: Search) -> None:
        self._site = site
        self._search = search

    def of_board(self, call: Call, board_id: int) -> Response:
        """`GET /board/{id}/issue`."""
        return self._page(call, self._board(call, board_id), lambda _issue: True)

    def backlog(self, call: Call, board_id: int) -> Response:
        """`GET /board/{id}/backlog`: what is not done and in no sprint that is open."""
        return self._page(call, self._board(call, board_id), self._in_backlog)

    def of_board_sprint(self, call: Call, board_id: int, sprint_id: int) -> Response:
        """`GET /board/{id}/sprint/{id}/issue`."""
        row = find_sprint(self._site, call, sprint_id)
        return self._page(call, self._board(call, board_id), lambda one: row in sprints_of(self._site.state, one))

    def of_sprint(self, call: Call, sprint_id: int) -> Response:
        """`GET /sprint/{id}/issue`."""
        row = find_sprint(self._site, call, sprint_id)
        return self._page(call, "ORDER BY Rank ASC", lambda one: row in sprints_of(self._site.state, one))

    def of_epic(self, call: Call, epic: str) -> Response:
        """`GET /epic/{idOrKey}/issue`."""
        found = self.find_epic(call, epic)
        return self._page(call, "ORDER BY Rank ASC", lambda one: self._epic_of(one) == found.id)

    def of_board_epic(self, call: Call, board_id: int, epic: str) -> Response:
        """`GET /board/{id}/epic/{id}/issue`."""
        found = self.find_epic(call, epic)
        return self._page(call, self._board(call, board_id), lambda one: self._epic_of(one) == found.id)

    def without_epic(self, call: Call) -> Response:
        """`GET /epic/none/issue`."""
        return self._page(call, "ORDER BY Rank ASC", self._epicless)

    def of_board_without_epic(self, call: Call, board_id: int) -> Response:
        """`GET /board/{id}/epic/none/issue`."""
        return self._page(call, self._board(call, board_id), self._epicless)

    def epics(self, call: Call, board_id: int) -> Json:
        """`GET /board/{id}/epic`, by `done`."""
        renderer = self._site.renderer(call)
        found = self._search.run(renderer, self._board(call, board_id))
        rows = [self._shown_epic(call, one) for one in found if self._is_epic(one)]
        wanted = call.args.get("done")
        return page(call, [row for row in rows if wanted is None or row["done"] == (wanted.lower() == "true")])

    def epic(self, call: Call, epic: str) -> Json:
        """`GET /epic/{idOrKey}`."""
        return self._shown_epic(call, self.find_epic(call, epic))

    def get(self, call: Call, ref: str) -> Response:
        """`GET /issue/{ref}` with the agile fields."""
        issue = self._site.issue(call, ref)
        return Response(self._rendered(call, [issue])[0], content_type="application/json;charset=UTF-8")

    def into_sprint(self, call: Call, sprint_id: int) -> Response:
        """`POST /sprint/{id}/issue`."""
        row = find_sprint(self._site, call, sprint_id)
        if row["state"] == "closed":
            raise HttpError(400, "Issues cannot be moved to a closed sprint.")
        body = body_object(call.json_body())
        issues = self._named(call, body)
        self._to_sprint(call, issues, int(row["id"]))
        self.rank_issues(call, issues, body)
        return empty_response()

    def into_backlog(self, call: Call) -> Response:
        """`POST /backlog/issue`: out of open sprints."""
        self._to_sprint(call, self._named(call, body_object(call.json_body())), None)
        return empty_response()

    def into_epic(self, call: Call, epic: str) -> Response:
        """`POST /epic/{idOrKey}/issue`."""
        found = self.find_epic(call, epic)
        issues = self._named(call, body_object(call.json_body()))
        if any(level(self._type(one)) != 0 for one in issues):
            raise HttpError(400, "Only issues of a standard type can be added to an epic.")
        self._set(call, issues, self._epic_field(), found.id)
        return empty_response()

    def out_of_epic(self, call: Call) -> Response:
        """`POST /epic/none/issue`."""
        issues = self._named(call, body_object(call.json_body()))
        self._set(call, [one for one in issues if self._epic_of(one) is not None], self._epic_field(), None)
        return empty_response()

    def rank(self, call: Call) -> Response:
        """`PUT /issue/rank`: before or after another issue."""
        body = body_object(call.json_body())
        if bool(body.get("rankBeforeIssue")) == bool(body.get("rankAfterIssue")):
            raise HttpError(400, "Exactly one of rankBeforeIssue and rankAfterIssue must be given.")
        self.rank_issues(call, self._named(call, body), body)
        return empty_response()

    def rank_where_told(self, call: Call) -> Response:
        """Put the issues of the body before or after another one, when it names one."""
        body = body_object(call.json_body())
        self.rank_issues(call, self._named(call, body), body)
        return empty_response()

    def _board(self, call: Call, board_id: int) -> str:
        return board_jql(self._site, find_board(self._site, call, board_id))

    def _page(self, call: Call, base: str, only: Only) -> Response:
        """Give one page of the issues of a query that pass a test, and the `jql` that the caller adds."""
        renderer = self._site.renderer(call)
        found = [one for one in self._search.run(renderer, base) if only(one)]
        if extra := call.args.get("jql"):
            allowed = {one.id for one in found}
            narrowed = [one for one in self._search.run(renderer, extra) if one.id in allowed]
            if jql.parse(extra).order:
                found = narrowed
            else:
                kept = {one.id for one in narrowed}
                found = [one for one in found if one.id in kept]
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        if start < 0 or size < 0:
            raise HttpError(400, "startAt and maxResults must not be negative.")
        size = min(size, 1000)
        head = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(found)}
        listed_bytes = b",".join(self._rendered(call, found[start : start + size]))
        return Response(
            dumps(head)[:-1] + b',"issues":[' + listed_bytes + b"]}", content_type="application/json;charset=UTF-8"
        )

    def _rendered(self, call: Call, issues: list[Issue]) -> list[bytes]:
        """Render issues with `sprint`, `closedSprints`, `epic` and `flagged` among their fields."""
        renderer = self._site.renderer(call)
        words, expand = listed(call.args.getlist("fields")), listed(call.args.getlist("expand"))
        want = issue_json.wanted(renderer, fields=words, default="*navigable", expand=expand)
        agile = {"sprint", "closedSprints", "epic", "flagged"}
        if words and not any(one.startswith(("*", "-")) for one in words):
            agile &= set(words)
        shown = []
        for issue in issues:
            row = issue_json.issue_bytes(renderer, issue, want)
            extra = {name: value for name, value in self._extra(call, issue).items() if name in agile}
            inside = dumps(extra)[1:-1]
            mark = b',"fields":{'
            if not inside:
                shown.append(row)
            elif mark in row:
                head, _, tail = row.partition(mark)
                shown.append(head + mark + inside + (b"" if tail.startswith(b"}") else b",") + tail)
            else:
                shown.append(row[:-1] + mark + inside + b"}}")
        return shown

    def _extra(self, call: Call, issue: Issue) -> Row:
        state = self._site.state
        current = open_sprint(state, issue)
        closed = [row for row in sprints_of(state, issue) if row["state"] == "closed"]
        extra: Row = {"flagged": False, "sprint": self._sprint(call, current) if current else None}
        if closed:
            extra["closedSprints"] = [self._sprint(call, row) for row in closed]
        epic = state.issues.get(self._epic_of(issue) or "")
        seen = epic is not None and self._site.caller(call).eyes.see(epic)
        extra["epic"] = self._shown_epic(call, epic) if epic is not None and seen else None
        return extra

    def _sprint(self, call: Call, row: Row) -> Row:
        base = agile_base(self._site.renderer(call))
        shown = {"id": row["id"], "self": f"{base}/sprint/{row['id']}", "state": row["state"], "name": row["name"]}
        dates = ("startDate", "endDate", "completeDate")
        shown |= {name: sprint_instant(self._site.state, row[name]) for name in dates if row.get(name)}
        return {**shown, "originBoardId": row["originBoardId"], "goal": row.get("goal") or ""}

    def _shown_epic(self, call: Call, issue: Issue) -> Row:
        state = self._site.state
        name_field = next((one for one, field in state.fields.items() if field.kind is Kind.EPIC_NAME), None)
        summary = issue.fields.get("summary")
        return {
            "id": int(issue.id),
            "key": issue.key,
            "self": f"{agile_base(self._site.renderer(call))}/epic/{issue.id}",
            "name": issue.fields.get(name_field or "") or summary,
            "summary": summary,
            "color": {"key": str(issue.properties.get("jira.epic.color") or "color_1")},
            "done": self._done(issue),
        }

    def _done(self, issue: Issue) -> bool:
        status = self._site.state.tables["statuses"][issue.fields["status"]]
        return bool(status.get("category") == "done")

    def _in_backlog(self, issue: Issue) -> bool:
        if self._done(issue) or level(self._type(issue)) != 0:
            return False
        return open_sprint(self._site.state, issue) is None

    def _type(self, issue: Issue) -> Row:
        return self._site.state.tables["issuetypes"][issue.fields["issuetype"]]

    def _is_epic(self, issue: Issue) -> bool:
        row = self._type(issue)
        return level(row) == 1 or (not self._site.state.cloud and str(row["name"]).casefold() == "epic")

    def find_epic(self, call: Call, ref: str) -> Issue:
        """Find an epic that the caller sees; raises HttpError 400 or 404."""
        issue = self._site.issue(call, ref)
        if not self._is_epic(issue):
            raise HttpError(400, f"The issue '{issue.key}' is not an epic.")
        return issue

    def _epic_field(self) -> str:
        if self._site.state.cloud:
            return "parent"
        found = next((one for one, field in self._site.state.fields.items() if field.kind is Kind.EPIC_LINK), None)
        if found is None:
            raise HttpError(400, "This site has no field 'Epic Link'.")
        return found

    def _epic_of(self, issue: Issue) -> str | None:
        state = self._site.state
        names = [one for one, field in state.fields.items() if field.kind is Kind.EPIC_LINK]
        for name in ("parent", *names):
            stored = issue.fields.get(name)
            if isinstance(stored, str) and stored in state.issues and self._is_epic(state.issues[stored]):
                return stored
        return None

    def _epicless(self, issue: Issue) -> bool:
        return level(self._type(issue)) == 0 and self._epic_of(issue) is None and not self._is_epic(issue)

    def _named(self, call: Call, body: Row) -> list[Issue]:
        refs = body.get("issues")
        if not isinstance(refs, list) or not 0 < len(refs) <= MAX_MOVED:
            raise HttpError(400, f"Between 1 and {MAX_MOVED} issues must be given.")
        return [self._site.writable(call, str(ref)) for ref in refs]

    def _to_sprint(self, call: Call, issues: list[Issue], sprint_id: int | None) -> None:
        field_id = sprint_field(self._site.state)
        if field_id is None:
            raise HttpError(400, "This site has no field 'Sprint'.")
        for issue in issues:
            closed = [int(row["id"]) for row in sprints_of(self._site.state, issue) if row["state"] == "closed"]
            self._set(call, [issue], field_id, [*closed, *([sprint_id] if sprint_id is not None else [])])

    def _set(self, call: Call, issues: list[Issue], field_id: str, value: object) -> None:
        uid = self._site.caller(call).require()
        for issue in issues:
            change = Change(fields={field_id: value})
            if changelog_items(self._site, issue, change.fields):
                applying.apply(self._site, issue, change, uid)

    def rank_issues(self, call: Call, issues: list[Issue], body: Row) -> None:
        """Put issues before or after another, in the order given."""
        state = self._site.state
        before, after = body.get("rankBeforeIssue"), body.get("rankAfterIssue")
        if not before and not after:
            return
        anchor = self._site.issue(call, str(before or after))
        moved = {one.id for one in issues}
        if anchor.id in moved:
            raise HttpError(400, "An issue cannot be ranked against itself.")
        others = sorted(state.rank(one) for one in state.issues.values() if one.id not in moved)
        at = others.index(state.rank(anchor)) + (0 if before else 1)
        low = others[at - 1] if at else others[0] - 2.0
        high = others[at] if at < len(others) else others[-1] + 2.0
        for number_, issue in enumerate(issues, start=1):
            state.before_write(issue)
            state.ranks[issue.id] = low + (high - low) * number_ / (len(issues) + 1)
            self._site.touched(issue, bump=self._site.bumps("rank"))
