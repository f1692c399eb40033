"""Resolvers of mutations of projects themselves: made, changed, deleted, their fields, drafts and order."""

from __future__ import annotations

from typing import Any

from sandbox.github import issues, project_routes
from sandbox.github.access import Role
from sandbox.github.accounts import Account
from sandbox.github.entities import Repo
from sandbox.github.graph.boards import require_write
from sandbox.github.graph.finding import find, mutation, writable
from sandbox.github.graph.nodes import fields_of
from sandbox.github.graph.scope import GraphError, Info, Resolvers, connection, scope_of
from sandbox.github.graph.views import DraftView, FieldView, ItemView
from sandbox.github.project_edits import ProjectEdits
from sandbox.github.projects import Project, ProjectField


def _edits(info: Info) -> ProjectEdits:
    return ProjectEdits(scope_of(info).context)


def _project(info: Info, text: str) -> Project:
    found: Project = find(info, text, Project)
    require_write(info, found)
    return found


def _create(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    owner: Account = find(info, given["ownerId"], Account)
    state = scope_of(info).context.state
    now = state.stamp()
    numbers = [each.number for each in state.projects if each.owner == owner.login]
    made = Project(
        owner=owner.login,
        title=given["title"],
        number=max(numbers, default=0) + 1,
        creator=scope_of(info).context.rights.login,
        created_at=now,
        updated_at=now,
        fields=[ProjectField(name="Status", type="SINGLE_SELECT", created_at=now, updated_at=now)],
    )
    require_write(info, made)
    made.id = state.next_id("project")
    status = made.fields[0]
    status.id = state.next_id("project_field")
    place = (owner.login, made.title, "Status")
    status.options = [project_routes.option_of({"name": name}, place) for name in ("Todo", "In Progress", "Done")]
    state.projects.append(made)
    state.writes += 1
    return {"projectV2": made}


def _update(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    state = scope_of(info).context.state
    named = {"title": "title", "shortDescription": "short_description", "readme": "readme", "public": "public"}
    for theirs, own in named.items():
        if given.get(theirs) is not None:
            setattr(project, own, given[theirs])
    if given.get("closed") is not None and project.closed is not given["closed"]:
        project.closed = given["closed"]
        project.closed_at = state.stamp() if project.closed else None
    project.updated_at = state.stamp()
    state.writes += 1
    return {"projectV2": project}


def _delete(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    scope_of(info).context.state.projects.remove(project)
    scope_of(info).context.state.writes += 1
    return {"projectV2": project}


def _create_field(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    body = {"name": given["name"], "data_type": given["dataType"].lower(), **_choices(given)}
    made = project_routes.new_field(scope_of(info).context, project, body)
    return {"projectV2Field": FieldView(project, made.name, made.type, made.id, made)}


def _choices(given: dict[str, Any]) -> dict[str, Any]:
    """Spell the options or iterations of a field as REST does."""
    body: dict[str, Any] = {}
    plan = given.get("iterationConfiguration")
    if given.get("singleSelectOptions") is not None:
        body["single_select_options"] = given["singleSelectOptions"]
    if plan is not None:
        described = [{"title": each["title"], "start_date": str(each["startDate"]), "duration": each["duration"]}
                     for each in plan["iterations"]]  # fmt: skip
        body["iteration_configuration"] = {
            "start_date": str(plan["startDate"]),
            "duration": plan["duration"],
            "iterations": described,
        }
    return body


def _update_field(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    """Rename a field, or put its options or iterations anew; values that name none of them any more go."""
    view: FieldView = find(info, given["fieldId"], FieldView)
    require_write(info, view.project)
    field, project, body = view.field, view.project, _choices(given)
    if field is None:
        raise GraphError("UNPROCESSABLE", "Cannot update a built-in field")
    kinds = {"single_select_options": "SINGLE_SELECT", "iteration_configuration": "ITERATION"}
    if any(kinds[each] != field.type for each in body):
        raise GraphError("UNPROCESSABLE", f"A field of type {field.type} has no such choices")
    name = (given.get("name") or field.name).strip()
    if any(each.name.casefold() == name.casefold() and each.field is not field for each in fields_of(project)):
        raise GraphError("UNPROCESSABLE", "Name has already been taken")
    place, ids_before = (project.owner, project.title, name), {each.name: each.id for each in field.options}
    if "single_select_options" in body:
        field.options = [project_routes.option_of(each, place) for each in body["single_select_options"]]
        for option in field.options:
            option.id = ids_before.get(option.name, option.id)
    if "iteration_configuration" in body:
        field.duration, field.iterations = project_routes.iterations_of(body, place)
    _edits(info).rename_field(project, field, name)
    return {"projectV2Field": FieldView(project, field.name, field.type, field.id, field)}


def _delete_field(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view: FieldView = find(info, given["fieldId"], FieldView)
    require_write(info, view.project)
    if view.field is None:
        raise GraphError("UNPROCESSABLE", "Cannot delete a built-in field")
    view.project.fields.remove(view.field)
    for item in view.project.items:
        item.values.pop(view.name, None)
        item.value_times.pop(view.name, None)
    scope_of(info).context.state.writes += 1
    return {"projectV2Field": view}


def _update_draft(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view: DraftView = find(info, given["draftIssueId"], DraftView)
    require_write(info, view.at.project)
    changes = {name: given[name] for name in ("title", "body") if given.get(name) is not None}
    if given.get("assigneeIds") is not None:
        people: list[Account] = [find(info, each, Account) for each in given["assigneeIds"]]
        changes["assignees"] = [each.login for each in people]
    _edits(info).edit_draft(view.at.project, view.at.item, **changes)
    return {"draftIssue": view}


def _item(info: Info, project: Project, text: str) -> ItemView:
    found: ItemView = find(info, text, ItemView)
    if found.project is not project:
        raise GraphError("NOT_FOUND", "The item does not exist in the project")
    return found


def _move(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project = _project(info, given["projectId"])
    view = _item(info, project, given["itemId"])
    after = _item(info, project, given["afterId"]) if given.get("afterId") else None
    if after is not None and after.item is view.item:
        raise GraphError("UNPROCESSABLE", "An item cannot stand behind itself")
    _edits(info).move(project, view.item, after.item if after else None)
    return {"items": project}


def _moved(payload: dict[str, Any], info: Info, **args: Any) -> dict[str, Any]:
    project: Project = payload["items"]
    return connection(info, [ItemView(project, each) for each in project.items], args)


def _convert(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view: ItemView = find(info, given["itemId"], ItemView)
    require_write(info, view.project)
    repo: Repo = find(info, given["repositoryId"], Repo)
    context = writable(info, repo, "issues", Role.READ).context
    draft = view.item.draft
    if draft is None:
        raise GraphError("UNPROCESSABLE", "The item is no draft issue")
    body = {"title": draft.title, "body": draft.body, "assignees": draft.assignees}
    made = issues.made(context, repo, body)
    _edits(info).convert(view.project, view.item, made)
    return {"item": view}


PROJECT_MUTATIONS: Resolvers = {
    "UpdateProjectV2ItemPositionPayload": {"items": _moved},
    "Mutation": {
        name: mutation(action)
        for name, action in {
            "createProjectV2": _create,
            "updateProjectV2": _update,
            "deleteProjectV2": _delete,
            "createProjectV2Field": _create_field,
            "updateProjectV2Field": _update_field,
            "deleteProjectV2Field": _delete_field,
            "updateProjectV2DraftIssue": _update_draft,
            "updateProjectV2ItemPosition": _move,
            "convertProjectV2DraftIssueItemToIssue": _convert,
        }.items()
    },
}
