"""Resolvers of Projects v2: projects, fields, items, values of every type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sandbox.github import ids
from sandbox.github.access import Kind
from sandbox.github.entities import Issue
from sandbox.github.graph.conversations import closers
from sandbox.github.graph.nodes import field_id, fields_of, item_id, project_id
from sandbox.github.graph.scope import GraphError, Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import (
    DraftView,
    FieldView,
    ItemView,
    IterationView,
    LabelView,
    MilestoneView,
    ValueView,
)
from sandbox.github.projects import Iteration, Option, Project

# ── projects ──


def _path(project: Project, info: Info) -> str:
    owner = scope_of(info).context.state.accounts[project.owner.casefold()]
    return f"/{'orgs' if owner.is_organization else 'users'}/{project.owner}/projects/{project.number}"


def _field(project: Project, _info: Info, name: str) -> FieldView | None:
    return next((each for each in fields_of(project) if each.name == name), None)


def _fields(project: Project, info: Info, **args: Any) -> dict[str, Any]:
    found, order = fields_of(project), args.get("orderBy")
    if order and order["field"] == "NAME":
        found.sort(key=lambda each: each.name)
    if order and order["direction"] == "DESC":
        found.reverse()
    return connection(info, found, args)


def _items(project: Project, info: Info, **args: Any) -> dict[str, Any]:
    state = scope_of(info).context.state
    kept = state.index(f"items of {project.id}", lambda: [ItemView(project, each) for each in project.items])
    found = list(kept) if args.get("orderBy") else kept
    if (args.get("orderBy") or {}).get("direction") == "DESC":
        found.reverse()
    return connection(info, found, args)


PROJECT: dict[str, Resolver] = {
    "id": lambda project, info: project_id(scope_of(info), project),
    "databaseId": lambda project, _info: project.id,
    "fullDatabaseId": lambda project, _info: str(project.id),
    "shortDescription": lambda project, _info: project.short_description,
    "closedAt": lambda project, _info: project.closed_at,
    "createdAt": lambda project, _info: project.created_at,
    "updatedAt": lambda project, _info: project.updated_at,
    "creator": lambda project, info: scope_of(info).account(project.creator),
    "owner": lambda project, info: scope_of(info).account(project.owner),
    "url": lambda project, info: scope_of(info).context.render.html + _path(project, info),
    "resourcePath": _path,
    "template": lambda _project, _info: False,
    "viewerCanUpdate": lambda project, info: scope_of(info).sees_projects(project.owner, "write"),
    "field": _field,
    "fields": _fields,
    "items": _items,
}

# ── fields ──


def _options(view: FieldView, _info: Info, names: list[str] | None = None) -> list[Option]:
    options = view.field.options if view.field else []
    return [each for each in options if names is None or each.name in names]


def _iterations(completed: bool) -> Resolver:  # noqa: FBT001 - one of two lists
    def resolve(view: FieldView, info: Info) -> list[IterationView]:
        today = scope_of(info).context.state.clock.now().date()
        found = view.field.iterations if view.field else []
        return [IterationView(each) for each in found if (_end(each) <= today) is completed]

    return resolve


def _end(iteration: Iteration) -> date:
    return date.fromisoformat(iteration.start_date) + timedelta(days=iteration.duration)


def _start_day(view: FieldView, _info: Info) -> int:
    first = view.field.iterations[0] if view.field and view.field.iterations else None
    return date.fromisoformat(first.start_date).isoweekday() if first else 1


_COMMON: dict[str, Resolver] = {
    "id": lambda view, _info: field_id(view),
    "databaseId": lambda view, _info: view.number,
    "dataType": lambda view, _info: view.data_type,
    "createdAt": lambda view, _info: (view.field or view.project).created_at,
    "updatedAt": lambda view, _info: (view.field or view.project).updated_at,
}

FIELDS: Resolvers = {
    "ProjectV2Field": _COMMON,
    "ProjectV2SingleSelectField": {**_COMMON, "options": _options},
    "ProjectV2IterationField": {**_COMMON, "configuration": lambda view, _info: view},
    "ProjectV2IterationFieldConfiguration": {
        "duration": lambda view, _info: view.field.duration,
        "startDay": _start_day,
        "iterations": _iterations(False),  # noqa: FBT003 - one of two lists
        "completedIterations": _iterations(True),  # noqa: FBT003 - one of two lists
    },
    "ProjectV2IterationFieldIteration": {
        "id": lambda view, _info: view.iteration.id,
        "title": lambda view, _info: view.iteration.title,
        "titleHTML": lambda view, _info: view.iteration.title,
        "startDate": lambda view, _info: view.iteration.start_date,
        "duration": lambda view, _info: view.iteration.duration,
    },
    "ProjectV2SingleSelectFieldOption": {
        "nameHTML": lambda option, _info: option.name,
        "descriptionHTML": lambda option, _info: option.description,
    },
}

# ── items ──


def _issue_of(view: ItemView, info: Info) -> Issue | None:
    """Give the issue of an item, unless the caller must not see it."""
    context = scope_of(info).context
    issue = context.state.issues.get(view.item.issue or 0)
    if issue is None or not context.sees(issue.repo):
        return None
    permission = "pull_requests" if issue.pull_request else "issues"
    return issue if context.may(issue.repo, permission, "read") else None


def _content(view: ItemView, info: Info) -> Any:
    return DraftView(view, view.item.draft) if view.item.draft else _issue_of(view, info)


def _type(view: ItemView, info: Info) -> str:
    if view.item.draft:
        return "DRAFT_ISSUE"
    issue = _issue_of(view, info)
    if issue is None:
        return "REDACTED"
    return "PULL_REQUEST" if issue.pull_request else "ISSUE"


def _values(view: ItemView, info: Info) -> list[ValueView]:
    fields = {each.name: each for each in fields_of(view.project)}
    made = [ValueView(view, fields[name], value) for name, value in _built_in(view, info).items() if value]
    own = [ValueView(view, fields[name], value) for name, value in view.item.values.items() if name in fields]
    return made + own


def _built_in(view: ItemView, info: Info) -> dict[str, Any]:
    draft, scope = view.item.draft, scope_of(info)
    if draft:
        return {"Title": draft.title, "Assignees": [scope.account(each) for each in draft.assignees]}
    issue = _issue_of(view, info)
    if issue is None:
        return {}
    repo = issue.repo
    milestone = repo.milestone(issue.milestone) if issue.milestone else None
    reviewers = issue.pull_request.requested_reviewers if issue.pull_request else []
    return {
        "Title": issue.title,
        "Assignees": [scope.account(each) for each in issue.assignees],
        "Labels": [LabelView(repo, label) for name in issue.labels if (label := repo.label(name))],
        "Linked pull requests": [] if issue.pull_request else closers(issue, info),
        "Milestone": MilestoneView(repo, milestone) if milestone else None,
        "Repository": repo,
        "Reviewers": [scope.account(each) for each in reviewers],
    }


def _by_name(view: ItemView, info: Info, name: str) -> ValueView | None:
    return next((each for each in _values(view, info) if each.field.name == name), None)


def _draft_items(view: DraftView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [view.at], args)


ITEMS: Resolvers = {
    "ProjectV2Item": {
        "id": lambda view, _info: item_id(view),
        "databaseId": lambda view, _info: view.item.id,
        "fullDatabaseId": lambda view, _info: str(view.item.id),
        "type": _type,
        "content": _content,
        "createdAt": lambda view, _info: view.item.created_at,
        "updatedAt": lambda view, _info: view.item.updated_at,
        "creator": lambda view, info: scope_of(info).account(view.item.creator),
        "isArchived": lambda view, _info: view.item.archived,
        "fieldValues": lambda view, info, **args: connection(info, _values(view, info), args),
        "fieldValueByName": _by_name,
    },
    "DraftIssue": {
        "id": lambda view, _info: ids.node_id(ids.DRAFT, view.draft.id),
        "title": lambda view, _info: view.draft.title,
        "body": lambda view, _info: view.draft.body,
        "bodyText": lambda view, _info: view.draft.body,
        "createdAt": lambda view, _info: view.at.item.created_at,
        "updatedAt": lambda view, _info: view.at.item.updated_at,
        "creator": lambda view, info: scope_of(info).account(view.draft.creator or view.at.item.creator),
        "assignees": lambda view, info, **args: connection(
            info, [scope_of(info).account(each) for each in view.draft.assignees], args
        ),
        "projectV2Items": _draft_items,
    },
}

# ── values ──


def _chosen(view: ValueView) -> Option:
    options = view.field.field.options if view.field.field else []
    found = next((each for each in options if each.name == view.value), None)
    return found or Option(name=str(view.value))


def _iteration(view: ValueView) -> Iteration:
    found = view.field.field.iterations if view.field.field else []
    return next(each for each in found if each.title == view.value)


def _option(read: Callable[[Option], Any]) -> Resolver:
    return lambda view, _info: read(_chosen(view))


def _value_time(view: ValueView, _info: Info) -> str:
    return view.at.item.value_times.get(view.field.name, view.at.item.updated_at)


_VALUE: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.PROJECT_VALUE, view.at.project.id, view.at.item.id, view.field.number),
    "databaseId": lambda view, _info: view.at.item.id,
    "createdAt": _value_time,
    "updatedAt": _value_time,
    "creator": lambda view, info: scope_of(info).account(view.at.item.creator),
    "item": lambda view, _info: view.at,
}


def _several(view: ValueView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, view.value, args)


VALUES: Resolvers = {
    "ProjectV2ItemFieldTextValue": {**_VALUE, "text": lambda view, _info: view.value},
    "ProjectV2ItemFieldNumberValue": {**_VALUE, "number": lambda view, _info: view.value},
    "ProjectV2ItemFieldDateValue": {**_VALUE, "date": lambda view, _info: view.value},
    "ProjectV2ItemFieldSingleSelectValue": {
        **_VALUE,
        "name": _option(lambda option: option.name),
        "nameHTML": _option(lambda option: option.name),
        "optionId": _option(lambda option: option.id),
        "color": _option(lambda option: option.color),
        "description": _option(lambda option: option.description),
        "descriptionHTML": _option(lambda option: option.description),
    },
    "ProjectV2ItemFieldIterationValue": {
        **_VALUE,
        "iterationId": lambda view, _info: _iteration(view).id,
        "title": lambda view, _info: _iteration(view).title,
        "titleHTML": lambda view, _info: _iteration(view).title,
        "startDate": lambda view, _info: _iteration(view).start_date,
        "duration": lambda view, _info: _iteration(view).duration,
    },
    "ProjectV2ItemFieldUserValue": {"users": _several},
    "ProjectV2ItemFieldLabelValue": {"labels": _several},
    "ProjectV2ItemFieldReviewerValue": {"reviewers": _several},
    "ProjectV2ItemFieldPullRequestValue": {"pullRequests": _several},
    "ProjectV2ItemFieldMilestoneValue": {"milestone": lambda view, _info: view.value},
    "ProjectV2ItemFieldRepositoryValue": {"repository": lambda view, _info: view.value},
}

BOARDS: Resolvers = {"ProjectV2": PROJECT, **FIELDS, **ITEMS, **VALUES}


def require_write(info: Info, project: Project) -> None:
    """Refuse to change a project; raises GraphError."""
    scope = scope_of(info)
    if not scope.sees_projects(project.owner, "write"):
        if scope.context.rights.kind is Kind.ANONYMOUS:
            raise GraphError("FORBIDDEN", "Requires authentication")
        raise scope.forbidden()
