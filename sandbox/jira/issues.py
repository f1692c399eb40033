"""The issue itself: create, get, edit, delete, transitions, changelog."""

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, dumps, empty_response, json_response
from sandbox.jira import access, applying, issue_json, screens, shapes, workflow
from sandbox.jira.edits import Change, Reader
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object, flag, listed, number
from sandbox.jira.site import Site

CHANGELOG_PAGE = 1000
"""Entries that the bulk form of the changelog gives on a page unless told otherwise."""

MAX_CHANGELOG_PAGE = 10_000
MAX_CHANGELOG_FIELDS = 10

NOTIFY_REFUSED = "To discard the user notification either admin or project admin permissions are required."


class Issues:
    """The handlers of `/issue` and what belongs to its core."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def create(self, call: Call) -> Response:
        """`POST /issue`."""
        caller = self._site.caller(call)
        uid = caller.require()
        issue = self._create(call, body_object(call.json_body(), shapes.EDIT), uid)
        link = f"{caller.base}/rest/api/{caller.version}/issue/{issue.id}"
        return json_response({"id": issue.id, "key": issue.key, "self": link}, status=201)

    def create_many(self, call: Call) -> Response:
        """`POST /issue/bulk`: up to 50; those that are wrong are told, the others made."""
        caller = self._site.caller(call)
        uid = caller.require()
        updates = body_object(call.json_body(), shapes.BULK_CREATE).get("issueUpdates") or []
        if not updates or len(updates) > 50:
            raise HttpError(400, "issueUpdates must hold between 1 and 50 issues.")
        made: list[Row] = []
        errors: list[Row] = []
        for at, body in enumerate(updates):
            try:
                issue = self._create(call, body, uid)
            except HttpError as error:
                told = error.body or {"errorMessages": [error.message], "errors": {}}
                errors.append({"status": error.status, "elementErrors": told, "failedElementNumber": at})
                continue
            link = f"{caller.base}/rest/api/{caller.version}/issue/{issue.id}"
            made.append({"id": issue.id, "key": issue.key, "self": link})
        return json_response({"issues": made, "errors": errors}, status=201 if made else 400)

    def _create(self, call: Call, body: Mapping[str, Any], uid: str) -> Issue:
        site, state = self._site, self._site.state
        shapes.check(body, shapes.EDIT)
        fields = body.get("fields") or {}
        project_id, type_id = self._place(call, fields)
        reader = Reader(site, site.caller(call), project_id=project_id, issuetype_id=type_id)
        change = reader.read(body, None)
        if not fields.get("summary"):
            change.errors["summary"] = "You must specify a summary of the issue."
        screens.require(site, change, screens.required(state, project_id, type_id), None)
        self._check_parent(change, project_id, type_id, change.fields.get("parent"))
        change.check()
        project_key = state.projects[project_id]["key"]
        key = f"{project_key}-{state.next_id(f'key {project_key}')}"
        now = site.now_ms
        issue = Issue(id=str(state.next_id("issue")), key=key, created=now, updated=now)
        change.fields |= {"project": project_id, "issuetype": type_id, "creator": uid}
        change.fields.setdefault("reporter", uid)
        change.fields.setdefault("priority", self._default_priority())
        issue.fields = {**change.fields, "labels": change.fields.get("labels", [])}
        issue.fields["status"] = workflow.initial_status(state, issue)
        state.before_write(issue)
        state.add_issue(issue)
        change.fields = {}
        site.tell("jira:issue_created", issue, user=uid)
        applying.apply(site, issue, change, uid)
        return issue

    def _place(self, call: Call, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Find the project and issue type of a new issue."""
        state, caller = self._site.state, self._site.caller(call)
        errors = {}
        ref = fields.get("project")
        project_id = state.project_id(ref) if ref else None
        if project_id is None or project_id not in caller.eyes.projects:
            errors["project"] = "Specify a valid project ID or key" if state.cloud else "valid project is required"
        type_ref = fields.get("issuetype")
        type_id = state.row_id(state.tables["issuetypes"], type_ref) if type_ref else None
        if type_ref is None:
            errors["issuetype"] = "Specify an issue type" if state.cloud else "issue type is required"
        elif type_id is None or (project_id and type_id not in self._site.types_of(project_id)):
            errors["issuetype"] = "Specify a valid issue type" if state.cloud else "valid issue type is required"
        if errors or project_id is None or type_id is None:
            raise HttpError(400, body={"errorMessages": [], "errors": errors})
        if not access.may_edit(state, caller.uid, state.projects[project_id]):
            message = "You cannot create issues in this project."
            raise HttpError(400, body={"errorMessages": [], "errors": {"project": message}})
        return project_id, type_id

    def _check_parent(self, change: Change, project_id: str, type_id: str, parent: Any) -> None:
        """Check that a parent is there when it must be, and is of a higher level."""
        state = self._site.state
        if "parent" in change.errors:
            return
        row = state.tables["issuetypes"][type_id]
        if parent is None:
            if row.get("subtask"):
                change.errors["issuetype" if not state.cloud else "parentId"] = (
                    "Issue type is a sub-task but parent issue key or id not specified."
                )
            return
        found = state.issues[parent]
        same_project = found.fields["project"] == project_id
        above = level(state.tables["issuetypes"][found.fields["issuetype"]]) > level(row)
        if not above or (row.get("subtask") and not same_project) or (not state.cloud and not row.get("subtask")):
            change.errors["parent"] = "Given parent issue does not belong to the appropriate hierarchy."

    def _default_priority(self) -> str | None:
        rows = self._site.state.tables["priorities"]
        return self._site.state.row_id(rows, "Medium") or next(iter(rows), None)

    def get(self, call: Call, ref: str) -> Response:
        """`GET /issue/{ref}`."""
        issue = self._site.read_issue(call, ref)
        renderer = self._site.renderer(call)
        expand = listed(call.args.getlist("expand"))
        want = issue_json.wanted(
            renderer,
            fields=listed(call.args.getlist("fields")),
            default="*all",
            properties=listed(call.args.getlist("properties")),
            expand=expand,
        )
        body = issue_json.issue_bytes(renderer, issue, want, expand=issue_json.EXPAND_TRANSITIONS)
        extra = issue_json.names_and_schema(renderer, want)
        extra |= screens.expanded(self._site, renderer, issue, want.expand)
        if extra:
            body = body[:-1] + b"," + dumps(extra)[1:]
        return Response(body, content_type="application/json;charset=UTF-8")

    def edit(self, call: Call, ref: str) -> Response:
        """`PUT /issue/{ref}`."""
        issue = self._site.writable(call, ref)
        caller = self._site.caller(call)
        self._check_notify(call, issue)
        body = body_object(call.json_body(), shapes.EDIT)
        if not any(body.get(part) for part in ("fields", "update", "properties")):
            raise HttpError(400, "one of 'fields' or 'update' required")
        reader = Reader(
            self._site,
            caller,
            project_id=issue.fields["project"],
            issuetype_id=issue.fields["issuetype"],
        )
        change = reader.read(body, issue)
        if "project" in change.fields:
            change.errors["project"] = "Field 'project' cannot be set. It is not on the appropriate screen, or unknown."
        emptied = [one for one, value in change.fields.items() if value in (None, [])]
        must = screens.required(self._site.state, issue.fields["project"], issue.fields["issuetype"])
        screens.require(self._site, change, must.intersection(emptied), None)
        if "summary" in change.fields and not change.fields["summary"]:
            change.errors["summary"] = "You must specify a summary of the issue."
        if "parent" in change.fields or "issuetype" in change.fields:
            type_id = change.fields.get("issuetype") or issue.fields["issuetype"]
            parent = change.fields.get("parent", issue.fields.get("parent"))
            if not isinstance(parent, dict):
                self._check_parent(change, issue.fields["project"], type_id, parent)
        change.check()
        applying.apply(self._site, issue, change, caller.require())
        if flag(call.args.get("returnIssue")):
            return self.get(call, issue.id)
        return empty_response()

    def _check_notify(self, call: Call, issue: Issue) -> None:
        if call.args.get("notifyUsers", "true").lower() != "false" or not self._site.state.cloud:
            return
        if not self._site.state.switches.notify_refused:
            return
        project = self._site.state.project_of(issue)
        if not access.may_administer(self._site.state, self._site.caller(call).uid, project):
            raise HttpError(403, NOTIFY_REFUSED)

    def assign(self, call: Call, ref: str) -> Response:
        """`PUT /issue/{ref}/assignee`."""
        issue = self._site.writable(call, ref)
        caller = self._site.caller(call)
        body = body_object(call.json_body())
        target = body.get("accountId") if self._site.state.cloud else body.get("name")
        reader = Reader(
            self._site,
            caller,
            project_id=issue.fields["project"],
            issuetype_id=issue.fields["issuetype"],
        )
        value = None if target in (None, -1, "-1") else {"accountId": target, "name": target}
        change = reader.read({"fields": {"assignee": value}}, issue)
        change.check()
        applying.apply(self._site, issue, change, caller.require())
        return empty_response()

    def delete(self, call: Call, ref: str) -> Response:
        """`DELETE /issue/{ref}`."""
        issue = self._site.writable(call, ref)
        state = self._site.state
        types = state.tables["issuetypes"]
        children = [state.issues[one] for one in state.children.get(issue.id, ())]
        subtasks = [one for one in children if types[one.fields["issuetype"]].get("subtask")]
        if subtasks and not flag(call.args.get("deleteSubtasks")):
            raise HttpError(
                400,
                f"The issue '{issue.key}' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this "
                "issue and all its subtasks.",
            )
        for one in [*subtasks, issue]:
            applying.delete(self._site, one, self._site.caller(call).uid)
        return empty_response()

    def transitions(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/transitions`."""
        issue = self._site.issue(call, ref)
        found = workflow.transitions(self._site.state, issue)
        if wanted := call.args.get("transitionId"):
            found = [one for one in found if one.id == wanted]
        return {
            "expand": "transitions",
            "transitions": screens.ways(
                self._site, self._site.renderer(call), issue, found, listed(call.args.getlist("expand"))
            ),
        }

    def transition(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/transitions`; carries the fields of the transition's screen, and comments."""
        issue = self._site.writable(call, ref)
        body = body_object(call.json_body(), shapes.EDIT)
        wanted = body.get("transition")
        self.make_transition(call, issue, str((wanted if isinstance(wanted, dict) else {}).get("id") or ""), body)
        return empty_response()

    def make_transition(self, call: Call, issue: Issue, wanted: str, body: Mapping[str, Any]) -> None:
        """Take an issue through a transition, with what the body says beside.

        Raises:
            HttpError: 400 when the issue has no such transition, or the body is wrong.
        """
        site, state, caller = self._site, self._site.state, self._site.caller(call)
        if not wanted:
            raise HttpError(400, "Missing 'transition' identifier")
        way = next((one for one in workflow.transitions(state, issue) if one.id == wanted), None)
        if way is None:
            raise HttpError(400, f"Transition id '{wanted}' is not valid for this issue.")
        reader = Reader(
            site,
            caller,
            project_id=issue.fields["project"],
            issuetype_id=issue.fields["issuetype"],
            screen=screens.on_transition(state, way),
        )
        change = reader.read(body, issue)
        screens.require(self._site, change, way.required, issue)
        change.check()
        change.fields["status"] = way.to
        if not way.keeps:
            change.fields.setdefault("resolution", way.resolution)
        if "resolution" in change.fields:
            issue.resolved = site.now_ms if change.fields["resolution"] else None
        applying.apply(site, issue, change, caller.require())

    def changelog(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/changelog` on Cloud: oldest first, pages of 100."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        start, size = number(call.args.get("startAt"), 0), min(number(call.args.get("maxResults"), 100), 100)
        page = [renderer.entry(row) for row in issue.entries[start : start + size]]
        return {
            "self": f"{renderer.rest}/issue/{issue.key}/changelog?maxResults={size}&startAt={start}",
            "maxResults": size,
            "startAt": start,
            "total": len(issue.entries),
            "isLast": start + size >= len(issue.entries),
            "values": page,
        }

    def changelog_by_ids(self, call: Call, ref: str) -> Json:
        """`POST /issue/{ref}/changelog/list`: the entries named."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        ids = body_object(call.json_body()).get("changelogIds")
        if not isinstance(ids, list):
            raise HttpError(400, "changelogIds is required.")
        wanted = {str(one) for one in ids}
        found = [renderer.entry(row) for row in issue.entries if row["id"] in wanted]
        return {"startAt": 0, "maxResults": len(ids), "total": len(found), "histories": found}

    def changelogs(self, call: Call) -> Json:
        """`POST /changelog/bulkfetch`: entries of many issues, by issue id and then oldest first, in pages."""
        renderer = self._site.renderer(call)
        body = body_object(call.json_body())
        refs, names = body.get("issueIdsOrKeys"), body.get("fieldIds") or []
        most = self._site.state.switches.changelog_issues
        if not isinstance(refs, list) or not 0 < len(refs) <= most:
            raise HttpError(400, f"issueIdsOrKeys must hold between 1 and {most} issues.")
        if not isinstance(names, list) or len(names) > MAX_CHANGELOG_FIELDS:
            raise HttpError(400, f"fieldIds may hold {MAX_CHANGELOG_FIELDS} fields at most.")
        size, token = body.get("maxResults", CHANGELOG_PAGE), body.get("nextPageToken") or "0"
        if type(size) is not int or not 1 <= size <= MAX_CHANGELOG_PAGE or not str(token).isdecimal():
            raise HttpError(400, "maxResults or nextPageToken is invalid.")
        found = {issue.id: issue for ref in refs if (issue := self._site.state.issue(str(ref))) is not None}
        entries = [
            (issue, row)
            for issue in sorted(found.values(), key=lambda one: int(one.id))
            if renderer.caller.eyes.see(issue)
            for row in issue.entries
            if not names or any(item.get("fieldId", item["field"]) in names for item in row["items"])
        ]
        start = int(token)
        logs: dict[str, list[Row]] = {}
        for issue, row in entries[start : start + size]:
            logs.setdefault(issue.id, []).append(renderer.entry(row))
        shown: Row = {"issueChangeLogs": [{"issueId": one, "changeHistories": rows} for one, rows in logs.items()]}
        return shown if start + size >= len(entries) else {**shown, "nextPageToken": str(start + size)}


def level(issuetype: Row) -> int:
    """Give the hierarchy level of an issue type: 1 epic, 0 standard, -1 sub-task."""
    return int(issuetype.get("hierarchyLevel", -1 if issuetype.get("subtask") else 0))
