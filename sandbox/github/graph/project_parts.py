"""Resolvers of what projects have beside fields and items: views, status updates, teams; and what changes fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sandbox.github import ids
from sandbox.github.entities import Repo
from sandbox.github.graph.boards import require_write
from sandbox.github.graph.finding import find, mutation
from sandbox.github.graph.nodes import fields_of
from sandbox.github.graph.scope import GraphError, Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import FieldView, SortView, StatusView, ViewView
from sandbox.github.projects import Project, StatusUpdate
from sandbox.github.render_accounts import paragraphs

# ── views ──


def _views(project: Project, info: Info, **args: Any) -> dict[str, Any]:
    found = [ViewView(project, each) for each in project.views]
    order = args.get("orderBy") or {"field": "POSITION", "direction": "ASC"}
    if order["field"] == "NAME":
        found.sort(key=lambda each: each.view.name)
    if order["field"] == "CREATED_AT":
        found.sort(key=lambda each: each.view.created_at)
    if order["direction"] == "DESC":
        found.reverse()
    return connection(info, found, args)


def _view(project: Project, _info: Info, number: int) -> ViewView | None:
    return next((ViewView(project, each) for each in project.views if each.number == number), None)


def _chosen(project: Project, numbers: Iterable[int]) -> list[FieldView]:
    fields = {each.number: each for each in fields_of(project)}
    return [fields[each] for each in numbers if each in fields]


def _fields(pick: Callable[[ViewView], list[int]]) -> Resolver:
    def resolve(view: ViewView, info: Info, **args: Any) -> dict[str, Any] | None:
        found = _chosen(view.project, pick(view))
        return connection(info, found, args) if found else None

    return resolve


def _shown(view: ViewView, info: Info, **args: Any) -> dict[str, Any]:
    own = _chosen(view.project, view.view.visible_fields)
    return connection(info, own or fields_of(view.project), args)


def _sorted(view: ViewView, info: Info, **args: Any) -> dict[str, Any] | None:
    pairs = [(_chosen(view.project, [number]), direction) for number, direction in view.view.sort_by]
    found = [SortView(fields[0], str(direction).upper()) for fields, direction in pairs if fields]
    return connection(info, found, args) if found else None


VIEW: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.PROJECT_VIEW, view.project.id, view.view.id),
    "databaseId": lambda view, _info: view.view.id,
    "fullDatabaseId": lambda view, _info: str(view.view.id),
    "name": lambda view, _info: view.view.name,
    "number": lambda view, _info: view.view.number,
    "filter": lambda view, _info: view.view.filter,
    "layout": lambda view, _info: f"{view.view.layout.upper()}_LAYOUT",
    "createdAt": lambda view, _info: view.view.created_at,
    "updatedAt": lambda view, _info: view.view.updated_at,
    "fields": _shown,
    "groupByFields": _fields(lambda view: view.view.group_by),
    "verticalGroupByFields": _fields(lambda view: view.view.vertical_group_by),
    "sortByFields": _sorted,
}

# ── status updates ──


def _updates(project: Project, info: Info, **args: Any) -> dict[str, Any]:
    found = [StatusView(project, each) for each in project.status_updates]
    if (args.get("orderBy") or {"direction": "DESC"})["direction"] == "DESC":
        found.reverse()
    return connection(info, found, args)


def _day(given: object) -> str | None:
    try:
        return date.fromisoformat(str(given)[:10]).isoformat() if given is not None else None
    except ValueError as problem:
        raise GraphError("UNPROCESSABLE", f"{given!r} is not a date") from problem


def _fill(update: StatusUpdate, given: dict[str, Any]) -> None:
    for theirs, own in (("startDate", "start_date"), ("targetDate", "target_date")):
        if theirs in given:
            setattr(update, own, _day(given[theirs]))
    for name in ("body", "status"):
        if name in given:
            setattr(update, name, given[name])


def _create(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    project: Project = find(info, given["projectId"], Project)
    require_write(info, project)
    context = scope_of(info).context
    now = context.state.stamp()
    made = StatusUpdate(creator=context.rights.login, created_at=now, updated_at=now)
    _fill(made, given)
    made.id = context.state.next_id("status_update")
    project.status_updates.append(made)
    _touched(info, project)
    return {"statusUpdate": StatusView(project, made)}


def _update(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view: StatusView = find(info, given["statusUpdateId"], StatusView)
    require_write(info, view.project)
    _fill(view.update, given)
    view.update.updated_at = scope_of(info).context.state.stamp()
    _touched(info, view.project)
    return {"statusUpdate": view}


def _delete(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view: StatusView = find(info, given["statusUpdateId"], StatusView)
    require_write(info, view.project)
    view.project.status_updates.remove(view.update)
    _touched(info, view.project)
    return {"deletedStatusUpdateId": _status_id(view), "projectV2": view.project}


def _touched(info: Info, project: Project) -> None:
    state = scope_of(info).context.state
    project.updated_at = state.stamp()
    state.writes += 1


def _status_id(view: StatusView) -> str:
    return ids.node_id(ids.STATUS_UPDATE, view.project.id, view.update.id)


STATUS: dict[str, Resolver] = {
    "id": lambda view, _info: _status_id(view),
    "databaseId": lambda view, _info: view.update.id,
    "fullDatabaseId": lambda view, _info: str(view.update.id),
    "body": lambda view, _info: view.update.body,
    "bodyHTML": lambda view, _info: paragraphs(view.update.body or ""),
    "status": lambda view, _info: view.update.status,
    "startDate": lambda view, _info: view.update.start_date,
    "targetDate": lambda view, _info: view.update.target_date,
    "creator": lambda view, info: scope_of(info).account(view.update.creator),
    "createdAt": lambda view, _info: view.update.created_at,
    "updatedAt": lambda view, _info: view.update.updated_at,
}

# ── repositories ──


def _repositories(project: Project, info: Info, **args: Any) -> dict[str, Any]:
    context = scope_of(info).context
    found: dict[int, Repo] = {}
    for item in project.items:
        issue = context.state.issues.get(item.issue or 0)
        if issue and not issue.gone and context.sees(issue.repo):
            found[issue.repo.id] = issue.repo
    return connection(info, list(found.values()), args)


def _closes(project: Project, info: Info) -> bool:
    return scope_of(info).sees_projects(project.owner, "write")


def _none(_project: Project, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [], args)


PROJECT_PARTS: Resolvers = {
    "ProjectV2": {
        "views": _views,
        "view": _view,
        "statusUpdates": _updates,
        "repositories": _repositories,
        "teams": _none,
        "workflows": _none,
        "workflow": lambda _project, _info, **_args: None,
        "viewerCanClose": _closes,
        "viewerCanReopen": _closes,
    },
    "ProjectV2View": VIEW,
    "ProjectV2StatusUpdate": STATUS,
    "DraftIssue": {
        "bodyHTML": lambda view, _info: paragraphs(view.draft.body),
        "projectsV2": lambda view, info, **args: connection(info, [view.at.project], args),
    },
    "Mutation": {
        "createProjectV2StatusUpdate": mutation(_create),
        "updateProjectV2StatusUpdate": mutation(_update),
        "deleteProjectV2StatusUpdate": mutation(_delete),
    },
}
