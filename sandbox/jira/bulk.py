"""Bulk operations (Cloud): submitted, then looked after by a task id; what fails is told issue by issue."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, json_response
from sandbox.jira import access, applying, bulk_values, moving, workflow
from sandbox.jira.bulk_values import wrong
from sandbox.jira.edits import Reader
from sandbox.jira.issues import Issues
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.paging import body_object, listed
from sandbox.jira.site import Site

MAX_ISSUES = 1000
MAX_FIELDS = 200

Act = Callable[[Issue], None]

_MULTI = ("ADD", "REMOVE", "REPLACE", "REMOVE_ALL")
_LISTS = (Kind.LABELS, Kind.VERSIONS, Kind.COMPONENTS)


class Bulk:
    """The handlers of `/bulk`. An operation takes effect at once; its task is done `bulk_seconds` later."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._issues = Issues(site)

    def fields(self, call: Call) -> Json:
        """`GET /bulk/issues/fields`: what can be edited on all of the issues named."""
        self._site.caller(call).require()
        found, unseen = self._named(call, listed(call.args.getlist("issueIdsOrKeys")))
        if unseen or not found:
            raise wrong("The issues do not exist or you do not have permission to see them.")
        state, wanted = self._site.state, (call.args.get("searchText") or "").casefold()
        rows = []
        for field in state.fields.values():
            screens = all(
                field.on_screen(state.project_of(one)["key"], one.fields["issuetype"]) for one in found.values()
            )
            if screens and wanted in field.name.casefold() and field.kind is not Kind.DERIVED:
                rows.append(self._field(field))
        return {"fields": rows}

    @staticmethod
    def _field(field: FieldDef) -> Row:
        shown: Row = {"id": field.id, "name": field.name, "type": field.kind.value, "isRequired": False}
        return {**shown, "multiSelectFieldOptions": list(_MULTI)} if field.kind in _LISTS else shown

    def edit(self, call: Call) -> Response:
        """`POST /bulk/issues/fields`."""
        caller = self._site.caller(call)
        uid = caller.require()
        body = body_object(call.json_body())
        selected = body.get("selectedActions")
        if not isinstance(selected, list) or not 0 < len(selected) <= MAX_FIELDS:
            raise wrong(f"selectedActions must hold between 1 and {MAX_FIELDS} fields.")
        edit = bulk_values.read(body.get("editedFieldsInput"), [str(one) for one in selected])

        def act(issue: Issue) -> None:
            place = {"project_id": issue.fields["project"], "issuetype_id": issue.fields["issuetype"]}
            reader = Reader(self._site, caller, **place, adf_expected=True)
            change = reader.read(edit, issue)
            change.check()
            applying.apply(self._site, issue, change, uid)

        return self._submit(call, body.get("selectedIssueIdsOrKeys"), act)

    def transitions(self, call: Call) -> Json:
        """`GET /bulk/issues/transition`: those that all issues of a status have, but for such as need fields."""
        found, _ = self._named(call, listed(call.args.getlist("issueIdsOrKeys")))
        groups: dict[tuple[str, ...], list[Issue]] = {}
        for issue in found.values():
            key = tuple(way.id for way in workflow.transitions(self._site.state, issue))
            groups.setdefault(key, []).append(issue)
        statuses = self._site.state.tables["statuses"]
        shown = []
        for issues in groups.values():
            every = workflow.transitions(self._site.state, issues[0])
            ways = [
                {
                    "transitionId": int(way.id),
                    "transitionName": way.name,
                    "to": {"statusId": int(way.to), "statusName": statuses[way.to]["name"]},
                }
                for way in every
                if not way.required
            ]
            filtered = len(ways) < len(every)
            keys = [one.key for one in issues]
            shown.append({"issues": keys, "isTransitionsFiltered": filtered, "transitions": ways})
        return {"availableTransitions": shown}

    def transition(self, call: Call) -> Response:
        """`POST /bulk/issues/transition`."""
        inputs = body_object(call.json_body()).get("bulkTransitionInputs")
        if not isinstance(inputs, list) or not inputs or not all(isinstance(one, dict) for one in inputs):
            raise wrong("bulkTransitionInputs is required.")
        ways: dict[str, str] = {}
        refs: list[str] = []
        for one in inputs:
            named = one.get("selectedIssueIdsOrKeys")
            if not isinstance(named, list):
                raise wrong("selectedIssueIdsOrKeys is required.")
            for ref in map(str, named):
                refs.append(ref)
                issue = self._site.state.issue(ref)
                if issue is not None:
                    ways[issue.id] = str(one.get("transitionId"))
        return self._submit(call, refs, lambda issue: self._issues.make_transition(call, issue, ways[issue.id], {}))

    def delete(self, call: Call) -> Response:
        """`POST /bulk/issues/delete`; sub-tasks go too."""
        uid = self._site.caller(call).require()
        types = self._site.state.tables["issuetypes"]

        def act(issue: Issue) -> None:
            if issue.id not in self._site.state.issues:
                return  # went with its parent
            for child_id in list(self._site.state.children.get(issue.id, ())):
                child = self._site.state.issues[child_id]
                if types[child.fields["issuetype"]].get("subtask"):
                    applying.delete(self._site, child, uid)
            applying.delete(self._site, issue, uid)

        return self._submit(call, body_object(call.json_body()).get("selectedIssueIdsOrKeys"), act)

    def move(self, call: Call) -> Response:
        """`POST /bulk/issues/move`: by `PROJECT,TYPE[,PARENT]`."""
        caller, state = self._site.caller(call), self._site.state
        uid = caller.require()
        mapping = body_object(call.json_body()).get("targetToSourcesMapping")
        if not isinstance(mapping, dict) or not mapping:
            raise wrong("targetToSourcesMapping is required.")
        targets: dict[str, tuple[str, str]] = {}
        refs: list[str] = []
        for name, source in mapping.items():
            project_ref, _, rest = str(name).partition(",")
            project_id, type_id = state.project_id(project_ref), rest.split(",")[0]
            if project_id is None or type_id not in state.tables["issuetypes"]:
                raise wrong(f"The target {name} is not valid.")
            if not access.may_edit(state, uid, state.projects[project_id]):
                raise wrong("You do not have permission to create issues in the target project.")
            named = source.get("issueIdsOrKeys") if isinstance(source, dict) else None
            if not isinstance(named, list):
                raise wrong("issueIdsOrKeys is required.")
            for ref in map(str, named):
                refs.append(ref)
                if (issue := state.issue(ref)) is not None:
                    targets[issue.id] = (project_id, type_id)

        def act(issue: Issue) -> None:
            project_id, type_id = targets[issue.id]
            moving.move(self._site, issue, project_id=project_id, type_id=type_id, uid=uid)

        return self._submit(call, refs, act)

    def progress(self, call: Call, task_id: str) -> Json:
        """`GET /bulk/queue/{taskId}`: for who submitted it."""
        uid = self._site.caller(call).require()
        task = self._site.state.tasks.get(task_id)
        if task is None or task["by"] != uid:
            raise wrong(f"The task {task_id} does not exist.")
        done = self._done(task)
        share = 1.0 if done else (self._site.now_ms - task["at"]) / max(1, task["until"] - task["at"])
        shown: Row = {"taskId": task_id, "status": "COMPLETE" if done else "RUNNING"}
        shown |= {"progressPercent": int(share * 100), "submittedBy": self._site.renderer(call).user(uid)}
        shown |= {"created": task["at"], "started": task["at"]}
        shown |= {"updated": min(task["until"], self._site.now_ms), "totalIssueCount": task["total"]}
        shown["invalidOrInaccessibleIssueCount"] = task["unseen"]
        shown["processedAccessibleIssues"] = task["processed"] if done else []
        shown["failedAccessibleIssues"] = task["failed"] if done else {}
        for name in ("created", "started", "updated"):
            shown[name] = self._site.renderer(call).instant(shown[name])
        return shown

    def _done(self, task: Row) -> bool:
        return bool(self._site.now_ms >= task["until"])

    def _named(self, call: Call, refs: list[str]) -> tuple[dict[str, Issue], int]:
        """Give the issues that the caller sees by id, and how many names led to none."""
        see, found, unseen = self._site.caller(call).eyes.see, {}, 0
        for ref in refs:
            issue = self._site.state.issue(ref)
            if issue is None or not see(issue):
                unseen += 1
            else:
                found[issue.id] = issue
        return found, unseen

    def _submit(self, call: Call, refs: Any, act: Act) -> Response:
        uid = self._site.caller(call).require()
        state = self._site.state
        if not isinstance(refs, list) or not 0 < len(refs) <= MAX_ISSUES:
            raise wrong(f"Between 1 and {MAX_ISSUES} issues must be named.")
        running = [one for one in state.tasks.values() if not self._done(one)]
        if len(running) >= state.switches.bulk_at_once:
            raise wrong(f"At most {state.switches.bulk_at_once} bulk operations may run at a time.")
        found, unseen = self._named(call, [str(one) for one in refs])
        processed: list[int] = []
        failed: dict[str, list[str]] = {}
        for issue in found.values():
            try:
                if issue.id in state.issues:
                    self._site.writable(call, issue.id)
                act(issue)
                processed.append(int(issue.id))
            except HttpError as error:
                failed[issue.id] = _reasons(error)
        task_id = str(state.next_id("task"))
        now = self._site.now_ms
        state.tasks[task_id] = {
            "by": uid,
            "at": now,
            "until": now + round(state.switches.bulk_seconds * 1000),
            "total": len(refs),
            "unseen": unseen,
            "processed": processed,
            "failed": failed,
        }
        return json_response({"taskId": task_id}, status=201)


def _reasons(error: HttpError) -> list[str]:
    body = error.body if isinstance(error.body, dict) else {}
    told = [*(body.get("errorMessages") or []), *(body.get("errors") or {}).values()]
    return [str(one) for one in told] or [error.message]
