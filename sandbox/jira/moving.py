"""Moving an issue to another project or type, and archiving: its id stays, its key may not."""

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response
from sandbox.jira import access, applying, workflow
from sandbox.jira.edits import changelog_items
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site

MAX_ARCHIVED = 1000
"""Issues that one request may archive."""


def move(site: Site, issue: Issue, *, project_id: str, type_id: str | None, uid: str | None) -> None:
    """Move an issue with its sub-tasks; the old key goes on leading to it.

    Versions and components stay where the new project has one of the same name; a status that the new workflow does
    not know becomes its initial one; a security level of the old project goes.

    Raises:
        HttpError: 400 when the project does not have the type.
    """
    state = site.state
    type_id = type_id or issue.fields["issuetype"]
    if type_id not in site.types_of(project_id):
        raise HttpError(400, "The issue type is not valid for the target project.")
    state.before_write(issue)
    for relative in state.relatives(issue):
        relative.cache.clear()
    items: list[Row] = []
    new: Row = {"issuetype": type_id}
    if project_id != issue.fields["project"]:
        items += _change_project(site, issue, project_id, new)
    items += changelog_items(site, issue, new)
    applying.put_fields(site, issue, new)
    status = _status(site, issue)
    if status != issue.fields["status"]:
        items += changelog_items(site, issue, {"status": status})
        applying.put_fields(site, issue, {"status": status})
    if items:
        applying.log(site, issue, uid, items)
        site.touched(issue)
        applying.tell_updated(site, issue, uid, items)
    types = state.tables["issuetypes"]
    for child_id in list(state.children.get(issue.id, ())):
        child = state.issues[child_id]
        if types[child.fields["issuetype"]].get("subtask") and child.fields["project"] != project_id:
            move(site, child, project_id=project_id, type_id=None, uid=uid)


def _change_project(site: Site, issue: Issue, project_id: str, new: Row) -> list[Row]:
    state = site.state
    before, after = state.projects[issue.fields["project"]], state.projects[project_id]
    key = f"{after['key']}-{state.next_id('key ' + after['key'])}"
    keys = {"field": "Key", "fieldtype": "jira", "from": None, "fromString": issue.key, "to": None, "toString": key}
    projects = {"field": "project", "fieldtype": "jira", "from": before["id"], "to": project_id}
    projects |= {"fromString": before["name"], "toString": after["name"]}
    if state.cloud:
        keys["fieldId"], projects["fieldId"] = "issuekey", "project"
    issue.old_keys = [*issue.old_keys, issue.key]
    issue.key = key
    state.keys[key] = issue.id
    for name, table in (
        ("fixVersions", state.versions),
        ("versions", state.versions),
        ("components", state.components),
    ):
        there = {row["name"]: row_id for row_id, row in state.rows_of_project(table, project_id).items()}
        given = [table[one]["name"] for one in issue.fields.get(name) or () if one in table]
        if given:
            new[name] = [there[one] for one in given if one in there]
    level = state.tables["security_levels"].get(issue.fields.get("security") or "")
    if level is not None and after["key"] not in (level.get("projects") or [after["key"]]):
        new["security"] = None
    issue.fields = {**issue.fields, "project": project_id}
    return [keys, projects]


def _status(site: Site, issue: Issue) -> str:
    known = workflow.statuses(site.state, issue)
    here = str(issue.fields["status"])
    return here if known is None or here in known else workflow.initial_status(site.state, issue)


def archive(site: Site, issue: Issue, uid: str | None) -> None:
    """Archive an issue: searches leave it out, it can be read and not changed. Does not move `updated`."""
    site.state.before_write(issue)
    issue.archived = {"by": uid, "at": site.now_ms}
    site.touched(issue, bump=False)


def restore(site: Site, issue: Issue) -> None:
    """Take an issue out of the archive."""
    site.state.before_write(issue)
    issue.archived = None
    site.touched(issue, bump=False)


class Archive:
    """The handlers of archiving and restoring."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def archive_many(self, call: Call) -> Json:
        """`PUT /issue/archive` (Cloud)."""
        return self._many(call, archived=True)

    def restore_many(self, call: Call) -> Json:
        """`PUT /issue/unarchive` (Cloud)."""
        return self._many(call, archived=False)

    def archive_one(self, call: Call, ref: str) -> Response:
        """`PUT /issue/{ref}/archive` (Data Center)."""
        issue = self._site.issue(call, ref)
        self._administered(call, issue)
        archive(self._site, issue, self._site.caller(call).require())
        return empty_response()

    def restore_one(self, call: Call, ref: str) -> Response:
        """`PUT /issue/{ref}/restore` (Data Center)."""
        issue = self._site.issue(call, ref)
        self._administered(call, issue)
        restore(self._site, issue)
        return empty_response()

    def _administered(self, call: Call, issue: Issue) -> None:
        uid = self._site.caller(call).require()
        if not access.may_administer(self._site.state, uid, self._site.state.project_of(issue)):
            raise HttpError(403, "You do not have permission to archive issues in this project.")

    def _many(self, call: Call, *, archived: bool) -> Json:
        uid = self._site.caller(call).require()
        refs = body_object(call.json_body()).get("issueIdsOrKeys")
        if not isinstance(refs, list) or not 0 < len(refs) <= MAX_ARCHIVED:
            raise HttpError(400, f"issueIdsOrKeys must hold between 1 and {MAX_ARCHIVED} issues.")
        failed: dict[str, list[str]] = {}
        done = 0
        for ref in map(str, refs):
            issue = self._site.state.issue(ref)
            reason = self._reason(call, issue, archived=archived)
            if issue is None or reason:
                failed.setdefault(reason or "issuesNotFound", []).append(ref)
                continue
            if archived:
                archive(self._site, issue, uid)
            else:
                restore(self._site, issue)
            done += 1
        return {"numberOfIssuesUpdated": done, "errors": {name: _told(refs) for name, refs in failed.items()}}

    def _reason(self, call: Call, issue: Issue | None, *, archived: bool) -> str | None:
        state, caller = self._site.state, self._site.caller(call)
        if issue is None or not caller.eyes.see(issue):
            return "issuesNotFound"
        if not access.may_administer(state, caller.uid, state.project_of(issue)):
            return "userDoesNotHavePermission"
        if state.tables["issuetypes"][issue.fields["issuetype"]].get("subtask"):
            return "issueIsSubtask"
        return "issuesNotFound" if archived == (issue.archived is not None) else None


def _told(refs: list[str]) -> Mapping[str, Any]:
    return {"count": len(refs), "issueIdsOrKeys": refs, "message": "The issues could not be changed."}
