"""Comments by id, messages to people, properties of worklogs, many worklogs and many issues' properties at once."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import applying, issue_json
from sandbox.jira.edits import check_property
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object, listed, page_bean
from sandbox.jira.site import Site, Table

MAX_IDS = 1000
"""Comments, worklogs or issues that one request may name."""


class PartsMore:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        one = "/issue/<ref>/worklog/<worklog_id>/properties"
        cloud: Table = [
            ("POST", "/comment/list", self.comments),
            ("DELETE", "/issue/<ref>/worklog", self.delete_worklogs),
            ("POST", "/issue/<ref>/worklog/move", self.move_worklogs),
            ("GET", one, self.keys),
            ("GET", f"{one}/<key>", self.get),
            ("PUT", f"{one}/<key>", self.put),
            ("DELETE", f"{one}/<key>", self.delete),
            ("POST", "/issue/properties", self.put_many),
            ("POST", "/issue/properties/multi", self.put_each),
            ("PUT", "/issue/properties/<key>", self.put_where),
            ("DELETE", "/issue/properties/<key>", self.delete_where),
            ("GET", "/task/<task_id>", self.task),
        ]
        server: Table = [
            ("PUT", "/issue/<ref>/comment/<comment_id>/pin", self.pin),
            ("GET", "/issue/<ref>/pinned-comments", self.pinned),
            ("GET", "/issue/<ref>/subtask", self.subtasks),
        ]
        return [("POST", "/issue/<ref>/notify", self.notify), *(cloud if self._site.state.cloud else server)]

    def comments(self, call: Call) -> Json:
        """`POST /comment/list` (Cloud): those that the caller sees, by id."""
        ids, renderer = self._ids(call, "ids"), self._site.renderer(call)
        properties = "properties" in listed(call.args.getlist("expand"))
        rows = [
            renderer.comment(issue, row, properties=properties)
            for issue in self._site.state.issues.values()
            if renderer.caller.eyes.see(issue)
            for row in issue.comments
            if row["id"] in ids
        ]
        return page_bean(rows, start=0, size=MAX_IDS, link=f"{renderer.rest}/comment/list")

    def pin(self, call: Call, ref: str, comment_id: str) -> Response:
        """`PUT /issue/{ref}/comment/{id}/pin` (Data Center): true or false."""
        issue, uid = self._site.writable(call, ref), self._site.caller(call).require()
        if comment_id not in {row["id"] for row in issue.comments}:
            raise HttpError(404, f"Can not find a comment for the id: {comment_id}.")
        wanted = call.json_body()
        if not isinstance(wanted, bool):
            raise HttpError(400, "The body must be true or false.")
        told = {"by": uid, "at": self._site.now_ms} if wanted else None
        self._site.state.before_write(issue)
        issue.comments = [{**row, "pinned": told} if row["id"] == comment_id else row for row in issue.comments]
        self._site.touched(issue, bump=False)
        return empty_response()

    def pinned(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/pinned-comments` (Data Center)."""
        issue, renderer = self._site.issue(call, ref), self._site.renderer(call)
        return [
            {
                "comment": renderer.comment(issue, row),
                "pinnedBy": renderer.user(row["pinned"]["by"]),
                "pinnedDate": renderer.instant(row["pinned"]["at"]),
            }
            for row in issue.comments
            if row.get("pinned")
        ]

    def subtasks(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/subtask` (Data Center)."""
        issue, renderer = self._site.issue(call, ref), self._site.renderer(call)
        want = issue_json.wanted(renderer, fields=["subtasks"], default="*all")
        return issue_json.issue_json(renderer, issue, want)["fields"]["subtasks"]

    def notify(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/notify`: to whom is checked; no mail is sent from here."""
        self._site.issue(call, ref)
        self._site.caller(call).require()
        to = body_object(call.json_body()).get("to")
        named = isinstance(to, dict) and any(to.get(key) for key in _RECEIVERS)
        if not named:
            raise HttpError(400, "No recipients were defined for the notification.")
        for user in (to or {}).get("users") or []:
            if self._site.state.user_id(user) is None:
                raise HttpError(400, "A recipient of the notification does not exist.")
        return empty_response()

    def delete_worklogs(self, call: Call, ref: str) -> Response:
        """`DELETE /issue/{ref}/worklog` (Cloud)."""
        issue, rows = self._worklogs(call, ref)
        for row in rows:
            applying.forget_worklog(self._site, row)
            self._site.tell("worklog_deleted", issue, worklog=row)
        self._without(issue, rows)
        return empty_response()

    def move_worklogs(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/worklog/move` (Cloud): to another issue, with their ids."""
        issue, rows = self._worklogs(call, ref)
        target = self._site.writable(call, str(body_object(call.json_body()).get("issueIdOrKey")))
        self._site.state.before_write(target)
        target.worklogs = [*target.worklogs, *({**row, "updated": self._site.now_ms} for row in rows)]
        self._site.touched(target, bump=self._site.bumps("worklog"))
        self._without(issue, rows)
        return empty_response()

    def _worklogs(self, call: Call, ref: str) -> tuple[Issue, list[Row]]:
        issue = self._site.writable(call, ref)
        ids = self._ids(call, "ids")
        rows = [row for row in issue.worklogs if row["id"] in ids]
        if len(rows) != len(ids):
            raise HttpError(404, "A worklog was not found on the issue.")
        return issue, rows

    def _without(self, issue: Issue, rows: list[Row]) -> None:
        self._site.state.before_write(issue)
        issue.worklogs = [row for row in issue.worklogs if row not in rows]
        self._site.touched(issue, bump=self._site.bumps("worklog"))

    def _worklog(self, call: Call, ref: str, worklog_id: str, *, write: bool = False) -> tuple[Issue, Row]:
        issue = self._site.writable(call, ref) if write else self._site.issue(call, ref)
        for row in issue.worklogs:
            if row["id"] == worklog_id:
                return issue, row
        raise HttpError(404, f"Can not find a worklog for the id: {worklog_id}.")

    def keys(self, call: Call, ref: str, worklog_id: str) -> Json:
        """`GET /issue/{ref}/worklog/{id}/properties` (Cloud)."""
        _, row = self._worklog(call, ref, worklog_id)
        link = f"{self._site.caller(call).base}{call.path}"
        return {"keys": [{"self": f"{link}/{one['key']}", "key": one["key"]} for one in row.get("properties") or []]}

    def get(self, call: Call, ref: str, worklog_id: str, key: str) -> Json:
        """`GET /issue/{ref}/worklog/{id}/properties/{key}` (Cloud)."""
        _, row = self._worklog(call, ref, worklog_id)
        for one in row.get("properties") or []:
            if one["key"] == key:
                return one
        raise HttpError(404, f"The property '{key}' does not exist.")

    def put(self, call: Call, ref: str, worklog_id: str, key: str) -> Response:
        """`PUT /issue/{ref}/worklog/{id}/properties/{key}` (Cloud)."""
        issue, row = self._worklog(call, ref, worklog_id, write=True)
        value = call.json_body()
        check_property(self._site, key, value)
        held = [one for one in row.get("properties") or [] if one["key"] != key]
        status = 200 if len(held) < len(row.get("properties") or []) else 201
        self._replace(issue, row, [*held, {"key": key, "value": value}])
        return json_response({}, status=status)

    def delete(self, call: Call, ref: str, worklog_id: str, key: str) -> Response:
        """`DELETE /issue/{ref}/worklog/{id}/properties/{key}` (Cloud)."""
        self.get(call, ref, worklog_id, key)
        issue, row = self._worklog(call, ref, worklog_id, write=True)
        self._replace(issue, row, [one for one in row["properties"] if one["key"] != key])
        return empty_response()

    def _replace(self, issue: Issue, row: Row, properties: list[Row]) -> None:
        self._site.state.before_write(issue)
        issue.worklogs = [{**one, "properties": properties} if one is row else one for one in issue.worklogs]
        self._site.touched(issue, bump=False)

    def put_many(self, call: Call) -> Response:
        """`POST /issue/properties` (Cloud): the same properties for many issues."""
        body = body_object(call.json_body())
        ids, properties = self._ids(call, "entitiesIds"), body.get("properties")
        if not isinstance(properties, dict) or not 0 < len(properties) <= _MAX_PROPERTIES:
            raise HttpError(400, f"properties must be an object of 1 to {_MAX_PROPERTIES} properties.")
        return self._task(call, ids, lambda issue: self._set(issue, properties))

    def put_each(self, call: Call) -> Response:
        """`POST /issue/properties/multi` (Cloud): 10 properties each of 100 issues."""
        given = body_object(call.json_body()).get("issues")
        if (
            not isinstance(given, list)
            or not 0 < len(given) <= _MAX_MULTI
            or not all(isinstance(x, dict) for x in given)
        ):
            raise HttpError(400, f"issues must be a list of 1 to {_MAX_MULTI} objects.")
        wanted = {str(one.get("issueID")): one.get("properties") or {} for one in given}
        if any(not isinstance(one, dict) or len(one) > _MAX_PROPERTIES for one in wanted.values()):
            raise HttpError(400, f"Each issue takes an object of at most {_MAX_PROPERTIES} properties.")
        return self._task(call, set(wanted), lambda issue: self._set(issue, wanted[issue.id]))

    def put_where(self, call: Call, key: str) -> Response:
        """`PUT /issue/properties/{key}` (Cloud): for the issues that the filter leaves."""
        body = body_object(call.json_body())
        if "value" not in body:
            raise HttpError(400, "A value is required; expressions are not computed here.")
        check_property(self._site, key, body["value"])
        rule = body.get("filter") if isinstance(body.get("filter"), dict) else {}
        return self._task(call, self._left(call, key, rule or {}), lambda one: self._set(one, {key: body["value"]}))

    def delete_where(self, call: Call, key: str) -> Response:
        """`DELETE /issue/properties/{key}` (Cloud)."""
        found = self._left(call, key, {**body_object(call.json_body()), "hasProperty": True})

        def remove(issue: Issue) -> None:
            self._site.state.before_write(issue)
            issue.properties = {name: value for name, value in issue.properties.items() if name != key}
            self._site.touched(issue, bump=self._site.bumps("property"))

        return self._task(call, found, remove)

    def _left(self, call: Call, key: str, rule: Row) -> set[str]:
        ids = rule.get("entityIds")
        if ids is not None and not isinstance(ids, list):
            raise HttpError(400, "entityIds must be a list of ids.")
        see = self._site.caller(call).eyes.see
        return {
            issue.id
            for issue in self._site.state.issues.values()
            if see(issue)
            and (ids is None or issue.id in set(map(str, ids)))
            and rule.get("hasProperty", key in issue.properties) is (key in issue.properties)
            and ("currentValue" not in rule or issue.properties.get(key) == rule["currentValue"])
        }

    def _set(self, issue: Issue, properties: dict[str, Any]) -> None:
        for key, value in properties.items():
            check_property(self._site, key, value)
        self._site.state.before_write(issue)
        issue.properties = {**issue.properties, **properties}
        self._site.touched(issue, bump=self._site.bumps("property"))

    def _task(self, call: Call, ids: set[str], change: Callable[[Issue], None]) -> Response:
        """Do at once what Jira does in the background, for the issues that the caller may change; lead to its task."""
        uid, now = self._site.caller(call).require(), self._site.now_ms
        for one in sorted(ids):
            issue = self._site.state.issues.get(one)
            if issue is not None and self._site.caller(call).eyes.see(issue) and issue.archived is None:
                change(issue)
        number = str(self._site.state.next_id("task"))
        link = f"{self._site.renderer(call).rest}/task/{number}"
        times = {"submitted": now, "started": now, "finished": now, "lastUpdate": now, "elapsedRuntime": 0}
        row = {"self": link, "id": number, "description": "Properties of issues", "status": "COMPLETE", "progress": 100}
        by = list(self._site.state.users).index(uid) + 10_000
        self._site.state.property_tasks[number] = {**row, **times, "submittedBy": by, "owner": uid}
        return Response(status=303, headers={"Location": link})

    def task(self, call: Call, task_id: str) -> Json:
        """`GET /task/{id}` (Cloud)."""
        uid = self._site.caller(call).require()
        row = self._site.state.property_tasks.get(task_id)
        if row is None or row["owner"] != uid:
            raise HttpError(404, f"The task '{task_id}' was not found.")
        return {key: value for key, value in row.items() if key != "owner"}

    def _ids(self, call: Call, name: str) -> set[str]:
        given = body_object(call.json_body()).get(name)
        good = isinstance(given, list) and 0 < len(given) <= MAX_IDS and all(type(one) in (int, str) for one in given)
        if not good:
            raise HttpError(400, f"{name} must be a list of 1 to {MAX_IDS} ids.")
        return {str(one) for one in given or ()}


_MAX_PROPERTIES, _MAX_MULTI = 10, 100
_RECEIVERS = ("reporter", "assignee", "watchers", "voters", "users", "groups", "groupIds")
