"""What hangs on an issue and has authors: comments and worklogs."""

from collections.abc import Iterator

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import applying, shapes, values
from sandbox.jira.edits import read_properties, read_worklog
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object, listed, number
from sandbox.jira.rendered import html
from sandbox.jira.site import Site

MAX_WORKLOG_PAGE = 1000
"""Rows of `/worklog/updated` and `/deleted`, and ids that `/worklog/list` takes."""

WORKLOG_DELAY_MS = 60_000
"""`/worklog/updated` and `/deleted` leave out the last minute."""


def _found(rows: list[Row], row_id: str, what: str) -> Row:
    for row in rows:
        if row["id"] == row_id:
            return row
    raise HttpError(404, f"Can not find a {what} for the id: {row_id}.")


def _put_property(rows: list[Row], key: str, value: Json) -> list[Row]:
    return [*(row for row in rows if row["key"] != key), {"key": key, "value": value}]


class Comments:
    """The handlers of `/issue/{ref}/comment` and of comments' properties."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def list_all(self, call: Call, ref: str) -> Json:
        """`GET`: pages of 100 on Cloud, all of them on Data Center."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        default = 100 if self._site.state.cloud else 1_048_576
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), default)
        rows = issue.comments[::-1] if call.args.get("orderBy") == "-created" else issue.comments
        properties = "properties" in listed(call.args.getlist("expand"))
        page = [renderer.comment(issue, row, properties=properties) for row in rows[start : start + size]]
        if "renderedBody" in listed(call.args.getlist("expand")):
            page = [{**one, "renderedBody": html(row["body"])} for one, row in zip(page, rows[start:], strict=False)]
        return {"startAt": start, "maxResults": size, "total": len(rows), "comments": page}

    def create(self, call: Call, ref: str) -> Response:
        """`POST`."""
        issue = self._site.writable(call, ref)
        caller = self._site.caller(call)
        body = body_object(call.json_body(), shapes.COMMENT)
        text = self._text(call, body)
        properties = [
            {"key": key, "value": value} for key, value in read_properties(self._site, body.get("properties")).items()
        ]
        self._site.state.before_write(issue)
        row = applying.add_comment(self._site, issue, caller.require(), {"body": text, "properties": properties})
        if body.get("visibility"):
            row["visibility"] = body["visibility"]
        self._site.touched(issue, bump=self._site.bumps("comment"))
        applying.tell_comment(self._site, issue, self._site.caller(call).uid, row)
        return json_response(self._site.renderer(call).comment(issue, row), status=201)

    def get(self, call: Call, ref: str, comment_id: str) -> Json:
        """`GET /comment/{id}`."""
        issue = self._site.issue(call, ref)
        properties = "properties" in listed(call.args.getlist("expand"))
        row = _found(issue.comments, comment_id, "comment")
        return self._site.renderer(call).comment(issue, row, properties=properties)

    def edit(self, call: Call, ref: str, comment_id: str) -> Json:
        """`PUT /comment/{id}`."""
        issue = self._site.writable(call, ref)
        row = _found(issue.comments, comment_id, "comment")
        body = body_object(call.json_body(), shapes.COMMENT)
        text = self._text(call, body)
        given = read_properties(self._site, body.get("properties"))
        self._site.state.before_write(issue)
        new = {**row, "body": text, "updated": self._site.now_ms, "updateAuthor": self._site.caller(call).uid}
        for key, value in given.items():
            new["properties"] = _put_property(new.get("properties") or [], key, value)
        issue.comments = [new if one is row else one for one in issue.comments]
        self._site.touched(issue, bump=self._site.bumps("comment"))
        applying.tell_comment(self._site, issue, self._site.caller(call).uid, new, word="updated")
        return self._site.renderer(call).comment(issue, new)

    def delete(self, call: Call, ref: str, comment_id: str) -> Response:
        """`DELETE /comment/{id}`."""
        issue = self._site.writable(call, ref)
        row = _found(issue.comments, comment_id, "comment")
        self._site.state.before_write(issue)
        issue.comments = [one for one in issue.comments if one is not row]
        self._site.touched(issue, bump=self._site.bumps("comment"))
        applying.tell_comment(self._site, issue, self._site.caller(call).uid, row, word="deleted")
        return empty_response()

    def _text(self, call: Call, body: Row) -> str:
        caller = self._site.caller(call)
        try:
            text = values.read_long_text(body.get("body"), adf_expected=caller.version == 3)
        except values.WrongValue as error:
            raise HttpError(400, body={"errorMessages": [], "errors": {"comment": str(error)}}) from error
        if not text.strip():
            raise HttpError(400, body={"errorMessages": [], "errors": {"comment": "Comment body can not be empty!"}})
        return text

    def _owner(self, call: Call, comment_id: str) -> tuple[Issue, Row]:
        for issue in self._site.state.issues.values():
            for row in issue.comments:
                if row["id"] == comment_id and self._site.caller(call).eyes.see(issue):
                    return issue, row
        raise HttpError(404, f"Can not find a comment for the id: {comment_id}.")

    def property_keys(self, call: Call, comment_id: str) -> Json:
        """`GET /comment/{id}/properties`."""
        _, row = self._owner(call, comment_id)
        link = f"{self._site.renderer(call).rest}/comment/{comment_id}/properties"
        return {"keys": [{"self": f"{link}/{one['key']}", "key": one["key"]} for one in row.get("properties") or []]}

    def get_property(self, call: Call, comment_id: str, key: str) -> Json:
        """`GET /comment/{id}/properties/{key}`."""
        _, row = self._owner(call, comment_id)
        for one in row.get("properties") or []:
            if one["key"] == key:
                return {"key": key, "value": one["value"]}
        raise HttpError(404, f"The property '{key}' does not exist.")

    def put_property(self, call: Call, comment_id: str, key: str) -> Response:
        """`PUT /comment/{id}/properties/{key}`; does not bump the issue."""
        self._site.caller(call).require()
        issue, row = self._owner(call, comment_id)
        before = row.get("properties") or []
        self._site.state.before_write(issue)
        new = {**row, "properties": _put_property(before, key, call.json_body())}
        issue.comments = [new if one is row else one for one in issue.comments]
        self._site.touched(issue, bump=False)
        return empty_response(status=200 if any(one["key"] == key for one in before) else 201)

    def delete_property(self, call: Call, comment_id: str, key: str) -> Response:
        """`DELETE /comment/{id}/properties/{key}`."""
        self._site.caller(call).require()
        issue, row = self._owner(call, comment_id)
        before = row.get("properties") or []
        if not any(one["key"] == key for one in before):
            raise HttpError(404, f"The property '{key}' does not exist.")
        self._site.state.before_write(issue)
        new = {**row, "properties": [one for one in before if one["key"] != key]}
        issue.comments = [new if one is row else one for one in issue.comments]
        self._site.touched(issue, bump=False)
        return empty_response()


class Worklogs:
    """The handlers of `/issue/{ref}/worklog` and `/worklog`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def list_all(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/worklog`."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 5000)
        rows = issue.worklogs[start : start + size]
        shown = [renderer.worklog(issue, row) for row in rows]
        return {"startAt": start, "maxResults": size, "total": len(issue.worklogs), "worklogs": shown}

    def create(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/worklog`."""
        issue = self._site.writable(call, ref)
        given = self._read(call)
        if "timeSpentSeconds" not in given:
            raise HttpError(400, body={"errorMessages": ["Worklog must not be null."], "errors": {}})
        self._site.state.before_write(issue)
        row = applying.add_worklog(self._site, issue, self._site.caller(call).require(), given)
        self._site.touched(issue, bump=self._site.bumps("worklog"))
        self._site.tell("worklog_created", issue, worklog=row)
        return json_response(self._site.renderer(call).worklog(issue, row), status=201)

    def get(self, call: Call, ref: str, worklog_id: str) -> Json:
        """`GET /issue/{ref}/worklog/{id}`."""
        issue = self._site.issue(call, ref)
        return self._site.renderer(call).worklog(issue, _found(issue.worklogs, worklog_id, "worklog"))

    def edit(self, call: Call, ref: str, worklog_id: str) -> Json:
        """`PUT /issue/{ref}/worklog/{id}`."""
        issue = self._site.writable(call, ref)
        row = _found(issue.worklogs, worklog_id, "worklog")
        given = self._read(call)
        given.pop("started") if "started" not in body_object(call.json_body()) else None
        self._site.state.before_write(issue)
        new = {**row, **given, "updated": self._site.now_ms, "updateAuthor": self._site.caller(call).uid}
        issue.worklogs = [new if one is row else one for one in issue.worklogs]
        self._site.touched(issue, bump=self._site.bumps("worklog"))
        self._site.tell("worklog_updated", issue, worklog=new)
        return self._site.renderer(call).worklog(issue, new)

    def delete(self, call: Call, ref: str, worklog_id: str) -> Response:
        """`DELETE /issue/{ref}/worklog/{id}`."""
        issue = self._site.writable(call, ref)
        row = _found(issue.worklogs, worklog_id, "worklog")
        self._site.state.before_write(issue)
        issue.worklogs = [one for one in issue.worklogs if one is not row]
        applying.forget_worklog(self._site, row)
        self._site.touched(issue, bump=self._site.bumps("worklog"))
        self._site.tell("worklog_deleted", issue, worklog=row)
        return empty_response()

    def _read(self, call: Call) -> Row:
        adf_expected = self._site.caller(call).version == 3
        try:
            return read_worklog(self._site, body_object(call.json_body()), adf_expected=adf_expected)
        except values.WrongValue as error:
            raise HttpError(400, body={"errorMessages": [], "errors": {"timeLogged": str(error)}}) from error

    def _seen(self, call: Call) -> Iterator[tuple[Issue, Row]]:
        see = self._site.caller(call).eyes.see
        for issue in self._site.state.issues.values():
            if issue.worklogs and see(issue):
                for row in issue.worklogs:
                    yield issue, row

    def updated(self, call: Call) -> Json:
        """`GET /worklog/updated?since=`."""
        rows = [
            {"worklogId": int(row["id"]), "updatedTime": row.get("updated") or row["created"], "properties": []}
            for _, row in self._seen(call)
        ]
        return self._since(call, rows, "updated")

    def deleted(self, call: Call) -> Json:
        """`GET /worklog/deleted?since=`."""
        rows = [{**row, "properties": []} for row in self._site.state.deleted_worklogs]
        return self._since(call, rows, "deleted")

    def _since(self, call: Call, rows: list[Row], word: str) -> Json:
        since = number(call.args.get("since"), 0)
        end = self._site.now_ms - WORKLOG_DELAY_MS
        due = sorted(
            (row for row in rows if since <= row["updatedTime"] <= end),
            key=lambda row: (row["updatedTime"], row["worklogId"]),
        )
        page = due[:MAX_WORKLOG_PAGE]
        until = page[-1]["updatedTime"] if page else since
        link = f"{self._site.renderer(call).rest}/worklog/{word}?since="
        shown = {"values": page, "since": since, "until": until, "self": f"{link}{since}"}
        last = len(due) <= MAX_WORKLOG_PAGE
        return {**shown, **({} if last else {"nextPage": f"{link}{until}"}), "lastPage": last}

    def by_ids(self, call: Call) -> Json:
        """`POST /worklog/list`."""
        ids = {str(one) for one in body_object(call.json_body(), shapes.IDS).get("ids") or []}
        if len(ids) > MAX_WORKLOG_PAGE:
            raise HttpError(400, f"At most {MAX_WORKLOG_PAGE} ids may be given.")
        renderer = self._site.renderer(call)
        return [renderer.worklog(issue, row) for issue, row in self._seen(call) if row["id"] in ids]
