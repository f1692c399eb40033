"""Finds what global node ids name, if the caller may know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.github import ids
from sandbox.github.access import allows_account
from sandbox.github.accounts import Account, IssueType
from sandbox.github.entities import Comment, Issue, Repo
from sandbox.github.graph.scope import GraphError, Scope
from sandbox.github.graph.views import (
    CheckView,
    DraftView,
    FieldView,
    ItemView,
    LabelView,
    MilestoneView,
    ReleaseView,
    ReviewView,
    StatusView,
    TeamView,
    ViewView,
)
from sandbox.github.projects import Project
from sandbox.github.render import Render
from sandbox.github.render_pulls import issue_node

BUILT_IN = (
    ("Title", "TITLE"),
    ("Assignees", "ASSIGNEES"),
    ("Labels", "LABELS"),
    ("Linked pull requests", "LINKED_PULL_REQUESTS"),
    ("Milestone", "MILESTONE"),
    ("Repository", "REPOSITORY"),
    ("Reviewers", "REVIEWERS"),
    ("Parent issue", "PARENT_ISSUE"),
    ("Sub-issues progress", "SUB_ISSUES_PROGRESS"),
)
"""The fields that every project has."""


def fields_of(project: Project) -> list[FieldView]:
    """List a project's fields, the built-in ones first."""
    built_in = [FieldView(project, name, kind, n) for n, (name, kind) in enumerate(BUILT_IN, 1)]
    return built_in + [FieldView(project, each.name, each.type, each.id, each) for each in project.fields]


def field_id(view: FieldView) -> str:
    """Give a field's node id."""
    kinds = {"SINGLE_SELECT": ids.PROJECT_SELECT, "ITERATION": ids.PROJECT_ITERATION}
    return ids.node_id(kinds.get(view.data_type, ids.PROJECT_FIELD), view.project.id, view.number)


def project_id(scope: Scope, project: Project) -> str:
    """Give a project's node id."""
    owner = scope.context.state.accounts[project.owner.casefold()]
    return ids.node_id(ids.PROJECT, owner.id, project.id)


def item_id(view: ItemView) -> str:
    """Give an item's node id."""
    return ids.node_id(ids.PROJECT_ITEM, view.project.id, view.item.id)


def find(scope: Scope, text: str) -> Any:
    """Find what an id names.

    Raises:
        GraphError: NOT_FOUND, also for what the caller must not know of.
    """
    parsed = ids.parse_node_id(text)
    found = None
    if parsed is not None:
        kind, numbers = parsed
        finder = _FINDERS.get(kind)
        found = finder(scope, kind, numbers) if finder else None
    if found is None:
        raise GraphError("NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'")
    return found


def _account(scope: Scope, kind: str, numbers: tuple[int, ...]) -> Account | None:
    found = scope.context.state.account_by_id(numbers[-1])
    return found if found and Render.account_node(found).startswith(f"{kind}_") else None


def _repo(scope: Scope, number: int) -> Repo | None:
    repo = scope.context.state.repos.get(number)
    return repo if repo and scope.context.sees(repo) else None


def _issue(scope: Scope, kind: str, numbers: tuple[int, ...]) -> Issue | None:
    state = scope.context.state
    found = (state.pulls if kind == ids.PULL_REQUEST else state.issues).get(numbers[-1])
    if found is None or found.gone or not scope.context.sees(found.repo):
        return None
    permission = "pull_requests" if found.pull_request else "issues"
    fits = issue_node(found) == ids.node_id(kind, *numbers)
    return found if fits and scope.context.may(found.repo, f"issues|{permission}", "read") else None


def _comment(scope: Scope, _kind: str, numbers: tuple[int, ...]) -> Comment | None:
    found = scope.context.state.comments.get(numbers[-1])
    return found if found and not found.issue.gone and scope.context.sees(found.issue.repo) else None


def _part(scope: Scope, kind: str, numbers: tuple[int, ...]) -> object:
    repo = _repo(scope, numbers[0]) if len(numbers) > 1 else None
    if repo is None:
        return None
    number = numbers[-1]
    match kind:
        case ids.LABEL:
            return next((LabelView(repo, each) for each in repo.labels if each.id == number), None)
        case ids.MILESTONE:
            return next((MilestoneView(repo, each) for each in repo.milestones if each.id == number), None)
        case ids.RELEASE:
            return next((ReleaseView(repo, each) for each in repo.releases if each.id == number), None)
        case _:
            return _of_pull(repo, kind, number)


def _of_pull(repo: Repo, kind: str, number: int) -> object:
    for issue in repo.issues:
        pull = issue.pull_request
        if pull is None or issue.gone:
            continue
        if kind == ids.REVIEW:
            reviews = (ReviewView(issue, each) for each in pull.reviews if each.id == number)
            if review := next(reviews, None):
                return review
        checks = (CheckView(issue, each) for each in pull.checks if each.id == number and kind == ids.CHECK_RUN)
        if check := next(checks, None):
            return check
    return None


def _project(scope: Scope, kind: str, numbers: tuple[int, ...]) -> Project | None:
    number = numbers[-1] if kind == ids.PROJECT else numbers[0]
    found = next((each for each in scope.context.state.projects if each.id == number), None)
    if found is None or not (found.public or scope.sees_projects(found.owner)):
        return None
    return found


def _in_project(scope: Scope, kind: str, numbers: tuple[int, ...]) -> object:
    if kind == ids.DRAFT:
        views = (ItemView(project, item) for project in scope.context.state.projects for item in project.items)
        found = next((each for each in views if each.item.draft and each.item.draft.id == numbers[-1]), None)
        seen = found and scope.sees_projects(found.project.owner)
        return DraftView(found, found.item.draft) if found and seen and found.item.draft else None
    project = _project(scope, kind, numbers)
    if project is None:
        return None
    if kind == ids.STATUS_UPDATE:
        return next((StatusView(project, each) for each in project.status_updates if each.id == numbers[-1]), None)
    if kind == ids.PROJECT_VIEW:
        return next((ViewView(project, each) for each in project.views if each.id == numbers[-1]), None)
    if kind == ids.PROJECT_ITEM:
        return next((ItemView(project, each) for each in project.items if each.id == numbers[-1]), None)
    return next((each for each in fields_of(project) if field_id(each) == ids.node_id(kind, *numbers)), None)


def _team(scope: Scope, numbers: tuple[int, ...]) -> TeamView | None:
    account = scope.context.state.account_by_id(numbers[0])
    found = next((each for each in account.teams if each.id == numbers[-1]), None) if account else None
    if account is None or found is None:
        return None
    seen = allows_account(scope.context.state, scope.context.rights, account.login, "members", "read")
    return TeamView(account, found) if seen else None


def _issue_type(scope: Scope, numbers: tuple[int, ...]) -> IssueType | None:
    accounts = scope.context.state.accounts.values()
    return next((kind for each in accounts for kind in each.issue_types if kind.id == numbers[-1]), None)


_FINDERS: dict[str, Callable[[Scope, str, tuple[int, ...]], object]] = {
    **dict.fromkeys((ids.USER, ids.ORGANIZATION, ids.BOT), _account),
    ids.REPOSITORY: lambda scope, _kind, numbers: _repo(scope, numbers[-1]),
    **dict.fromkeys((ids.ISSUE, ids.PULL_REQUEST), _issue),
    ids.COMMENT: _comment,
    **dict.fromkeys((ids.LABEL, ids.MILESTONE, ids.RELEASE, ids.REVIEW, ids.CHECK_RUN), _part),
    ids.PROJECT: _project,
    ids.ISSUE_TYPE: lambda scope, _kind, numbers: _issue_type(scope, numbers),
    ids.TEAM: lambda scope, _kind, numbers: _team(scope, numbers),
    **dict.fromkeys(
        (
            *(ids.PROJECT_ITEM, ids.PROJECT_FIELD, ids.PROJECT_SELECT, ids.PROJECT_ITERATION, ids.DRAFT),
            *(ids.PROJECT_VIEW, ids.STATUS_UPDATE),
        ),
        _in_project,
    ),
}
