"""Resolvers of mutations. Each stands for itself: one that is refused leaves the others done."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.github import issues
from sandbox.github.access import Role
from sandbox.github.accounts import Account
from sandbox.github.entities import Comment, Issue, Repo
from sandbox.github.graph import nodes
from sandbox.github.graph.boards import require_write
from sandbox.github.graph.finding import Mutation, find, issue_for, mutation, writable
from sandbox.github.graph.newer import type_named
from sandbox.github.graph.scope import GraphError, Info, Resolvers, scope_of
from sandbox.github.graph.views import FieldView, ItemView, LabelView, MilestoneView
from sandbox.github.paging import encode
from sandbox.github.parts import check_comment, put_below
from sandbox.github.project_edits import ProjectEdits
from sandbox.github.projects import Project

_KINDS = {
    "TEXT": ("text", "text"),
    "NUMBER": ("number", "number"),
    "DATE": ("date", "date"),
    "SINGLE_SELECT": ("singleSelectOptionId", "single select option Id"),
    "ITERATION": ("iterationId", "iteration Id"),
}


# ── comments ──


def _add_comment(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["subjectId"], Role.READ)
    check_comment(given["body"])
    made = scope_of(info).context.edits.add_comment(issue, given["body"])
    edge = {"node": made, "cursor": encode(("", len(issue.comments) - 1))}
    return {"commentEdge": edge, "subject": issue}


def _comment(info: Info, text: str) -> Comment:
    found: Comment = find(info, text, Comment)
    scope = writable(info, found.issue.repo, "issues|pull_requests", Role.READ)
    if found.user != scope.context.rights.login and scope.context.role(found.issue.repo) < Role.WRITE:
        raise GraphError("FORBIDDEN", f"{scope.context.rights.login} does not have permission to do this.")
    return found


def _update_comment(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    comment = _comment(info, given["id"])
    check_comment(given["body"])
    scope_of(info).context.edits.edit_comment(comment, given["body"])
    return {"issueComment": comment}


def _delete_comment(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    scope_of(info).context.edits.delete_comment(_comment(info, given["id"]))
    return {}


# ── labels ──


def _label_names(info: Info, issue: Issue, given: list[str]) -> list[str]:
    found: list[LabelView] = [find(info, each, LabelView) for each in given]
    if any(each.repo is not issue.repo for each in found):
        raise GraphError("UNPROCESSABLE", "Label does not belong to the repository of the labelable")
    return [each.label.name for each in found]


def _add_labels(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["labelableId"], Role.TRIAGE)
    scope_of(info).context.edits.add_labels(issue, _label_names(info, issue, given["labelIds"]))
    return {"labelable": issue}


def _remove_labels(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["labelableId"], Role.TRIAGE)
    for name in _label_names(info, issue, given["labelIds"]):
        scope_of(info).context.edits.remove_label(issue, name)
    return {"labelable": issue}


def _clear_labels(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["labelableId"], Role.TRIAGE)
    scope_of(info).context.edits.set_labels(issue, [])
    return {"labelable": issue}


# ── issues ──


def values(info: Info, repo: Repo, given: dict[str, Any]) -> dict[str, Any]:
    """Turn the input of an issue into the body that REST takes."""
    body = {key: given[key] for key in ("title", "body") if given.get(key) is not None}
    if given.get("state"):
        body["state"] = given["state"].lower()
    if given.get("labelIds") is not None:
        labels: list[LabelView] = [find(info, each, LabelView) for each in given["labelIds"]]
        body["labels"] = [each.label.name for each in labels]
    if given.get("assigneeIds") is not None:
        people: list[Account] = [find(info, each, Account) for each in given["assigneeIds"]]
        body["assignees"] = [each.login for each in people]
    if "milestoneId" in given:
        milestone: MilestoneView | None = (
            find(info, given["milestoneId"], MilestoneView) if given["milestoneId"] else None
        )
        if milestone and milestone.repo is not repo:
            raise GraphError("UNPROCESSABLE", "Milestone does not belong to the repository")
        body["milestone"] = milestone.milestone.number if milestone else None
    if "issueTypeId" in given:
        body["type"] = type_named(info, repo, given["issueTypeId"])
    return body


def _create_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    repo: Repo = find(info, given["repositoryId"], Repo)
    context = writable(info, repo, "issues", Role.READ).context
    parent = issue_for(info, given["parentIssueId"], Role.TRIAGE) if given.get("parentIssueId") else None
    made = issues.made(context, repo, values(info, repo, given))
    if parent is not None:
        put_below(context, parent, made, replace=False)
    return {"issue": made}


def _issue(info: Info, text: str) -> Issue:
    """Find an issue that the caller may change, and that is no pull request; raises GraphError."""
    found = issue_for(info, text, Role.TRIAGE)
    if found.pull_request:
        raise GraphError("NOT_FOUND", f"Could not resolve to Issue node with the global id of '{text}'")
    return found


def _update_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = _issue(info, given["id"])
    issues.change(scope_of(info).context, issue, values(info, issue.repo, given))
    return {"issue": issue}


def _close_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = _issue(info, given["issueId"])
    reason = given.get("stateReason")
    scope_of(info).context.edits.set_state(issue, "closed", reason.lower() if reason else None)
    return {"issue": issue}


def _reopen_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = _issue(info, given["issueId"])
    scope_of(info).context.edits.set_state(issue, "open", None)
    return {"issue": issue}


# ── projects ──


def _project(info: Info, text: str) -> Project:
    found: Project = find(info, text, Project)
    require_write(info, found)
    return found


def _item(info: Info, given: dict[str, Any]) -> ItemView:
    project = _project(info, given["projectId"])
    found: ItemView = find(info, given["itemId"], ItemView)
    if found.project is not project:
        raise GraphError("NOT_FOUND", "The item does not exist in the project")
    return found


def _add_item(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    issue: Issue = find(info, given["contentId"], Issue)
    there = next((each for each in project.items if each.issue == issue.id), None)
    if there is None:
        return {"item": ItemView(project, _edits(info).new_item(project, issue, None))}
    if not scope_of(info).context.state.switches.add_project_item_idempotent:
        raise GraphError("UNPROCESSABLE", "Content already exists in this project")
    return {"item": ItemView(project, there)}


def _add_draft(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    people: list[Account] = [find(info, each, Account) for each in given.get("assigneeIds") or []]
    logins = [each.login for each in people]
    item = _edits(info).new_draft(project, given["title"], given.get("body") or "", logins)
    return {"projectItem": ItemView(project, item)}


def _edits(info: Info) -> ProjectEdits:
    return ProjectEdits(scope_of(info).context)


def _field(info: Info, project: Project, text: str) -> FieldView:
    found: FieldView = find(info, text, FieldView)
    if found.project is not project:
        raise GraphError("NOT_FOUND", "The field does not exist in the project")
    if found.field is None:
        told = f"The field of type {found.data_type.lower()} is currently not supported."
        raise GraphError("UNPROCESSABLE", told)
    return found


def _set_value(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view = _item(info, given)
    field = _field(info, view.project, given["fieldId"])
    value = _value(field, given["value"])
    if field.field is not None:
        _edits(info).set_value(view.project, view.item, field.field, value)
    return {"projectV2Item": view}


def _value(field: FieldView, given: dict[str, Any]) -> Any:
    wanted, told = _KINDS[field.data_type]
    value = given.get(wanted)
    if value is None or len([each for each in given.values() if each is not None]) != 1:
        kind = field.data_type.lower()
        raise GraphError("UNPROCESSABLE", f"Did not receive a {told} to update a field of type {kind}")
    own = field.field
    if own is not None and field.data_type == "SINGLE_SELECT":
        found = next((each.name for each in own.options if each.id == value), None)
        if found is None:
            raise GraphError("UNPROCESSABLE", "The single select option Id does not belong to the field")
        return found
    if own is not None and field.data_type == "ITERATION":
        found = next((each.title for each in own.iterations if each.id == value), None)
        if found is None:
            raise GraphError("UNPROCESSABLE", "The iteration Id does not belong to the field")
        return found
    if field.data_type == "DATE":
        try:
            return date.fromisoformat(str(value)[:10]).isoformat()
        except ValueError as problem:
            raise GraphError("UNPROCESSABLE", f"{value!r} is not a date") from problem
    return value


def _clear_value(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view = _item(info, given)
    field = _field(info, view.project, given["fieldId"])
    if field.field is not None:
        _edits(info).set_value(view.project, view.item, field.field, None)
    return {"projectV2Item": view}


def _delete_item(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view = _item(info, given)
    _edits(info).delete_item(view.project, view.item)
    return {"deletedItemId": nodes.item_id(view)}


def _archive(archive: bool) -> Mutation:  # noqa: FBT001 - one of two mutations
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        view = _item(info, given)
        _edits(info).archive(view.project, view.item, archived=archive)
        return {"item": view}

    return act


MUTATIONS: Resolvers = {
    "Mutation": {
        name: mutation(action)
        for name, action in {
            "addComment": _add_comment,
            "updateIssueComment": _update_comment,
            "deleteIssueComment": _delete_comment,
            "addLabelsToLabelable": _add_labels,
            "removeLabelsFromLabelable": _remove_labels,
            "clearLabelsFromLabelable": _clear_labels,
            "createIssue": _create_issue,
            "updateIssue": _update_issue,
            "closeIssue": _close_issue,
            "reopenIssue": _reopen_issue,
            "addProjectV2ItemById": _add_item,
            "addProjectV2DraftIssue": _add_draft,
            "updateProjectV2ItemFieldValue": _set_value,
            "clearProjectV2ItemFieldValue": _clear_value,
            "deleteProjectV2Item": _delete_item,
            "archiveProjectV2Item": _archive(True),  # noqa: FBT003 - one of two mutations
            "unarchiveProjectV2Item": _archive(False),  # noqa: FBT003 - one of two mutations
        }.items()
    }
}
