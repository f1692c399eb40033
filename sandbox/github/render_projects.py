"""Writes projects, their fields, items, values and views as GitHub's REST API does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sandbox.github import ids
from sandbox.github.context import Context
from sandbox.github.entities import Issue
from sandbox.github.graph.nodes import field_id, fields_of
from sandbox.github.graph.views import FieldView
from sandbox.github.projects import Iteration, Option, Project, ProjectItem, View

TITLE = "Title"


def text(value: str) -> dict[str, str]:
    """Render a text in its two forms; there is no Markdown to turn into HTML."""
    return {"raw": value, "html": value}


def path_of(context: Context, project: Project) -> str:
    """Give the address of a project."""
    owner = context.state.accounts[project.owner.casefold()]
    return (
        f"{context.render.api}/{'orgs' if owner.is_organization else 'users'}/{owner.login}/projectsV2/{project.number}"
    )


def html_of(context: Context, project: Project) -> str:
    """Give the address of a project on the site."""
    owner = context.state.accounts[project.owner.casefold()]
    kind = "orgs" if owner.is_organization else "users"
    return f"{context.render.html}/{kind}/{owner.login}/projects/{project.number}"


def issue_of(context: Context, item: ProjectItem) -> Issue | None:
    """Give the issue of an item, unless the caller must not see it."""
    issue = context.state.issues.get(item.issue or 0)
    if issue is None or issue.gone or not context.sees(issue.repo):
        return None
    permission = "pull_requests" if issue.pull_request else "issues"
    return issue if context.may(issue.repo, permission, "read") else None


def project(context: Context, found: Project) -> dict[str, Any]:
    """Render a project."""
    owner = context.state.accounts[found.owner.casefold()]
    return {
        "id": found.id,
        "node_id": ids.node_id(ids.PROJECT, owner.id, found.id),
        "owner": context.render.someone(owner.login),
        "creator": context.render.someone(found.creator or owner.login),
        "title": found.title,
        "description": found.readme,
        "public": found.public,
        "closed_at": found.closed_at,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "number": found.number,
        "short_description": found.short_description,
        "deleted_at": None,
        "deleted_by": None,
        "state": "closed" if found.closed else "open",
        "latest_status_update": None,
        "is_template": False,
    }


# ── fields ──


def option(each: Option) -> dict[str, Any]:
    """Render a choice of a single select field."""
    return {
        "id": each.id,
        "name": text(each.name),
        "color": each.color,
        "description": text(each.description),
    }


def _iteration(context: Context, each: Iteration) -> dict[str, Any]:
    end = date.fromisoformat(each.start_date) + timedelta(days=each.duration)
    return {
        "id": each.id,
        "title": text(each.title),
        "start_date": each.start_date,
        "duration": each.duration,
        "completed": end <= context.state.clock.now().date(),
    }


def field(context: Context, view: FieldView) -> dict[str, Any]:
    """Render a field of a project."""
    own = view.field
    told: dict[str, Any] = {
        "id": view.number,
        "node_id": field_id(view),
        "name": view.name,
        "data_type": view.data_type.lower(),
        "project_url": path_of(context, view.project),
        "created_at": (own or view.project).created_at,
        "updated_at": (own or view.project).updated_at,
    }
    if own is not None and own.type == "SINGLE_SELECT":
        told["options"] = [option(each) for each in own.options]
    if own is not None and own.type == "ITERATION":
        first = own.iterations[0].start_date if own.iterations else None
        told["configuration"] = {
            "start_day": date.fromisoformat(first).isoweekday() if first else 1,
            "duration": own.duration,
            "iterations": [_iteration(context, each) for each in own.iterations],
        }
    return told


# ── items ──


def item(
    context: Context, found: Project, each: ProjectItem, *, fields: Collection[int] | None = None, whole: bool = True
) -> dict[str, Any]:
    """Render an item.

    Args:
        context: of the request.
        found: its project.
        each: the item.
        fields: ids of the fields whose values are wanted; None is the title alone.
        whole: with the values, as reading gives it; else as adding does.
    """
    issue = issue_of(context, each)
    told: dict[str, Any] = {
        "id": each.id,
        "node_id": ids.node_id(ids.PROJECT_ITEM, found.id, each.id),
        "project_url": path_of(context, found),
        "content_type": _type(context, each),
        "creator": context.render.someone(each.creator or found.owner),
        "created_at": each.created_at,
        "updated_at": each.updated_at,
        "archived_at": each.updated_at if each.archived else None,
        "item_url": f"{path_of(context, found)}/items/{each.id}",
    }
    content = _content(context, found, each, issue)
    if content is not None or whole:
        told["content"] = content
    if whole:
        wanted = [
            view for view in fields_of(found) if (view.name == TITLE if fields is None else view.number in fields)
        ]
        told["fields"] = [_value(context, each, issue, view) for view in wanted]
    return told


def _type(context: Context, each: ProjectItem) -> str:
    if each.draft:
        return "DraftIssue"
    issue = context.state.issues.get(each.issue or 0)
    return "PullRequest" if issue and issue.pull_request else "Issue"


def _content(context: Context, found: Project, each: ProjectItem, issue: Issue | None) -> dict[str, Any] | None:
    if each.draft:
        return {
            "id": each.draft.id,
            "node_id": ids.node_id(ids.DRAFT, each.draft.id),
            "title": each.draft.title,
            "body": each.draft.body,
            "user": context.render.someone(each.draft.creator or each.creator or found.owner),
            "created_at": each.created_at,
            "updated_at": each.updated_at,
        }
    if issue is None:
        return None
    render = context.render
    return render.pull(issue, full=False) if issue.pull_request else render.issue(issue)


def _value(context: Context, each: ProjectItem, issue: Issue | None, view: FieldView) -> dict[str, Any]:
    told = {"id": view.number, "name": view.name, "data_type": view.data_type.lower()}
    own = view.field
    if own is None:
        return {**told, "value": _built_in(context, each, issue, view.data_type)}
    value = each.values.get(own.name)
    if value is None:
        return {**told, "value": None}
    match own.type:
        case "TEXT":
            return {**told, "value": text(value)}
        case "SINGLE_SELECT":
            chosen = next((one for one in own.options if one.name == value), None)
            return {**told, "value": option(chosen) if chosen else None}
        case "ITERATION":
            running = next((one for one in own.iterations if one.title == value), None)
            return {**told, "value": _iteration(context, running) if running else None}
        case _:
            return {**told, "value": value}


def _built_in(context: Context, each: ProjectItem, issue: Issue | None, kind: str) -> Any:
    render = context.render
    if each.draft:
        people = [render.someone(login) for login in each.draft.assignees]
        return {"TITLE": text(each.draft.title), "ASSIGNEES": people}.get(kind)
    if issue is None:
        return None
    repo = issue.repo
    match kind:
        case "TITLE":
            told = {**text(issue.title), "number": issue.number, "url": render.html_of(issue), "issue_id": issue.id}
            draft = bool(issue.pull_request and issue.pull_request.draft)
            return {**told, "state": issue.state, "state_reason": issue.state_reason, "is_draft": draft}
        case "ASSIGNEES":
            return [render.someone(login) for login in issue.assignees]
        case "LABELS":
            return render.labels(issue)
        case "MILESTONE":
            return render.milestone(repo, repo.milestone(issue.milestone))
        case "REPOSITORY":
            return render.simple_repo(repo)
        case "LINKED_PULL_REQUESTS":
            closing = (one for one in repo.issues if one.pull_request and issue.id in one.pull_request.closes)
            return [render.pull(one, full=False) for one in closing if not one.gone]
        case "REVIEWERS":
            logins = issue.pull_request.requested_reviewers if issue.pull_request else []
            return [
                {"type": "ReviewRequest", "status": "pending", "reviewer": _reviewer(context, one)} for one in logins
            ]
        case "PARENT_ISSUE":
            above = context.state.issues.get(issue.parent or 0)
            return render.issue(above) if above and context.sees(above.repo) else None
        case _:
            return render.sub_issues(issue) if issue.sub_issues else None


def _reviewer(context: Context, login: str) -> dict[str, Any]:
    account, render = context.state.accounts[login.casefold()], context.render
    return {
        "avatarUrl": render.someone(login)["avatar_url"],
        "id": account.id,
        "login": login,
        "url": f"{render.html}/{login}",
        "name": account.name or login,
        "type": account.type,
    }


def view(context: Context, found: Project, each: View) -> dict[str, Any]:
    """Render a view."""
    return {
        "id": each.id,
        "number": each.number,
        "name": each.name,
        "layout": each.layout,
        "node_id": ids.node_id(ids.PROJECT_VIEW, found.id, each.id),
        "project_url": path_of(context, found),
        "html_url": f"{html_of(context, found)}/views/{each.number}",
        "creator": context.render.someone(each.creator or found.owner),
        "created_at": each.created_at,
        "updated_at": each.updated_at,
        "filter": each.filter,
        "visible_fields": each.visible_fields,
        "sort_by": each.sort_by,
        "group_by": each.group_by,
        "vertical_group_by": each.vertical_group_by,
    }
