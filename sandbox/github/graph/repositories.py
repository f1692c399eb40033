"""Resolvers of repositories, and of their labels, milestones and releases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.github import ids, reading
from sandbox.github.access import Kind, Role, role
from sandbox.github.entities import Issue, Repo
from sandbox.github.graph.hub import project_of, projects_of
from sandbox.github.graph.scope import GraphError, Info, Resolvers, connection, missing, scope_of
from sandbox.github.graph.views import BranchView, LabelView, MilestoneView, ReleaseView
from sandbox.github.issues import as_seen, assignable
from sandbox.github.projects import Project

ORDERS: dict[str, Callable[[Issue], tuple[str | int, int]]] = {
    "CREATED_AT": lambda issue: (issue.created_at, issue.id),
    "UPDATED_AT": lambda issue: (issue.updated_at, issue.id),
    "COMMENTS": lambda issue: (len(issue.comments), issue.id),
}


def _html(info: Info) -> str:
    return scope_of(info).context.render.html


def filtered(info: Info, issues: Iterable[Issue], args: dict[str, Any]) -> list[Issue]:
    """Filter issues as the arguments of an issue connection say; raises GraphError."""
    wanted = {**(args.get("filterBy") or {}), **{key: args[key] for key in ("states", "labels") if args.get(key)}}
    found = list(as_seen(scope_of(info).context, (each for each in issues if not each.gone)))
    if states := wanted.get("states"):
        found = [each for each in found if state_of(each) in states]
    if labels := wanted.get("labels"):
        found = [each for each in found if set(labels) & set(each.labels)]
    if since := wanted.get("since"):
        moment = _moment(since)
        found = [each for each in found if each.updated_at >= moment]
    if wanted.get("assignee"):
        found = [each for each in found if wanted["assignee"] in each.assignees or _any(wanted["assignee"], each)]
    if wanted.get("type"):
        found = [
            each for each in found if wanted["type"] == "*" or (each.type or "").casefold() == wanted["type"].casefold()
        ]
    if wanted.get("createdBy"):
        found = [each for each in found if each.user == wanted["createdBy"]]
    number = wanted.get("milestoneNumber") or wanted.get("milestone")
    if number:
        found = [each for each in found if number in ("*", str(each.milestone)) and each.milestone is not None]
    if wanted.get("viewerSubscribed") or wanted.get("mentioned"):
        me = wanted.get("mentioned") or scope_of(info).context.rights.login
        found = [each for each in found if f"@{me}" in (each.body or "")]
    return found


def _any(wanted: str, issue: Issue) -> bool:
    return wanted == "*" and bool(issue.assignees)


def _moment(given: object) -> str:
    try:
        return reading.instant(given)
    except (ValueError, OverflowError) as problem:
        raise GraphError("ARGUMENT_ERROR", f"`{given}` is not a valid DateTime") from problem


def state_of(issue: Issue) -> str:
    """Give the state as GraphQL has it: OPEN, CLOSED or, of a pull request, MERGED."""
    merged = issue.pull_request and issue.pull_request.merged_at
    return "MERGED" if merged else issue.state.upper()


def ordered(info: Info, issues: list[Issue], args: dict[str, Any]) -> dict[str, Any]:
    """Make a connection of issues, in the order that the arguments say."""
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    key, descending = ORDERS[order["field"]], order["direction"] == "DESC"
    return connection(info, sorted(issues, key=key, reverse=descending), args, key=key, descending=descending)


def _issues(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    scope_of(info).require(repo, "issues")
    state = scope_of(info).context.state
    chosen = {
        name: value for name, value in args.items() if name not in ("first", "last", "after", "before", "orderBy")
    }

    def find() -> list[Issue]:
        return filtered(info, (each for each in repo.issues if not each.pull_request), args)

    if state.switches.list_lag_seconds > 0:
        return ordered(info, find(), args)
    return ordered(info, state.memo(repo, ("graph issues", str(chosen), state_key(info)), find), args)


def state_key(info: Info) -> str:
    """Name the caller, for what is kept of a list that may depend on who asks."""
    return scope_of(info).context.rights.login


def _pulls(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    scope_of(info).require(repo, "pull_requests")
    found = filtered(info, (each for each in repo.issues if each.pull_request), args)
    for name, field in (("headRefName", "head"), ("baseRefName", "base")):
        if args.get(name):
            found = [each for each in found if getattr(each.pull_request, field) == args[name]]
    return ordered(info, found, args)


def _numbered(what: str, fits: Callable[[Issue], bool], permission: str) -> Callable[..., Any]:
    def resolve(repo: Repo, info: Info, number: int) -> Issue:
        scope_of(info).require(repo, permission)
        found = repo.by_number.get(number)
        if found is not None and found.transferred_to is not None:
            found = scope_of(info).context.state.issues[found.transferred_to]
            if not scope_of(info).context.sees(found.repo):
                found = None
        if found is None or found.gone or not fits(found):
            raise missing(f"{what} with the number of", f"{number}")
        return found

    return resolve


def _labels(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    text = (args.get("query") or "").casefold()
    found = [LabelView(repo, each) for each in repo.labels if text in each.name.casefold()]
    return connection(info, found, args)


def _label(repo: Repo, _info: Info, name: str) -> LabelView | None:
    found = repo.label(name)
    return LabelView(repo, found) if found else None


def _milestones(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    states = args.get("states") or ("OPEN", "CLOSED")
    found = [MilestoneView(repo, each) for each in repo.milestones if each.state.upper() in states]
    order = args.get("orderBy") or {"field": "NUMBER", "direction": "ASC"}
    keys: dict[str, Callable[[MilestoneView], Any]] = {
        "CREATED_AT": lambda each: each.milestone.created_at,
        "UPDATED_AT": lambda each: each.milestone.updated_at,
        "DUE_DATE": lambda each: each.milestone.due_on or "9",
    }
    key = keys.get(order["field"], lambda each: each.milestone.number)
    return connection(info, sorted(found, key=key, reverse=order["direction"] == "DESC"), args)


def _milestone(repo: Repo, _info: Info, number: int) -> MilestoneView | None:
    found = repo.milestone(number)
    return MilestoneView(repo, found) if found else None


def _releases(repo: Repo, info: Info) -> list[ReleaseView]:
    scope_of(info).require(repo, "contents")
    drafts = scope_of(info).context.role(repo) >= Role.WRITE
    found = [ReleaseView(repo, each) for each in repo.releases if drafts or not each.draft]
    return sorted(found, key=lambda each: (each.release.created_at, each.release.id), reverse=True)


def _release(repo: Repo, info: Info, tagName: str) -> ReleaseView | None:  # noqa: N803 - the schema's
    return next((each for each in _releases(repo, info) if each.release.tag_name == tagName), None)


def _latest(repo: Repo, info: Info) -> ReleaseView | None:
    found = _releases(repo, info)
    return next((each for each in found if not each.release.draft and not each.release.prerelease), None)


def _repo_projects(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    owner = scope_of(info).context.state.accounts[repo.owner.casefold()]
    return projects_of(owner, info, **args)


def _repo_project(repo: Repo, info: Info, number: int) -> Project:
    return project_of(scope_of(info).context.state.accounts[repo.owner.casefold()], info, number)


def _assignable(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    context = scope_of(info).context
    found = [each for each in context.state.accounts.values() if assignable(context, repo, each.login)]
    return connection(info, found, args)


def _permission(repo: Repo, info: Info) -> str | None:
    scope = scope_of(info)
    if scope.context.rights.kind is Kind.INSTALLATION:
        return None
    level = role(scope.context.state, scope.context.rights.login, repo)
    return level.name if level is not Role.NONE else None


REPOSITORIES: Resolvers = {
    "Repository": {
        "id": lambda repo, _info: ids.node_id(ids.REPOSITORY, repo.id),
        "databaseId": lambda repo, _info: repo.id,
        "nameWithOwner": lambda repo, _info: repo.full_name,
        "owner": lambda repo, info: scope_of(info).account(repo.owner),
        "url": lambda repo, info: f"{_html(info)}/{repo.full_name}",
        "resourcePath": lambda repo, _info: f"/{repo.full_name}",
        "isPrivate": lambda repo, _info: repo.private,
        "isArchived": lambda repo, _info: repo.archived,
        "isFork": lambda _repo, _info: False,
        "isDisabled": lambda _repo, _info: False,
        "isTemplate": lambda _repo, _info: False,
        "isInOrganization": lambda repo, info: scope_of(info).account(repo.owner).is_organization,  # type: ignore[union-attr] # every owner has an account
        "hasIssuesEnabled": lambda repo, _info: repo.has_issues,
        "visibility": lambda repo, _info: "PRIVATE" if repo.private else "PUBLIC",
        "createdAt": lambda repo, _info: repo.created_at,
        "updatedAt": lambda repo, _info: repo.updated_at,
        "pushedAt": lambda repo, _info: repo.pushed_at,
        "defaultBranchRef": lambda repo, _info: BranchView(repo, repo.default_branch),
        "viewerPermission": _permission,
        "viewerCanAdminister": lambda repo, info: scope_of(info).context.role(repo) is Role.ADMIN,
        "issue": _numbered("an Issue", lambda issue: issue.pull_request is None, "issues"),
        "pullRequest": _numbered("a PullRequest", lambda issue: issue.pull_request is not None, "pull_requests"),
        "issueOrPullRequest": _numbered("an issue or pull request", lambda _issue: True, "issues|pull_requests"),
        "issues": _issues,
        "pullRequests": _pulls,
        "label": _label,
        "labels": _labels,
        "milestone": _milestone,
        "milestones": _milestones,
        "release": _release,
        "releases": lambda repo, info, **args: connection(info, _releases(repo, info), args),
        "latestRelease": _latest,
        "projectV2": _repo_project,
        "projectsV2": _repo_projects,
        "assignableUsers": _assignable,
    },
    "Ref": {
        "id": lambda branch, _info: ids.node_id("REF", branch.repo.id, int(ids.sha(branch.name)[:8], 16)),
        "prefix": lambda _branch, _info: "refs/heads/",
    },
}

# ── labels, milestones, releases ──


def _progress(view: MilestoneView, _info: Info) -> float:
    states = [each.state for each in view.repo.issues if each.milestone == view.milestone.number and not each.gone]
    return 100.0 * states.count("closed") / len(states) if states else 0.0


def _of_milestone(view: MilestoneView, info: Info, pulls: bool, args: dict[str, Any]) -> dict[str, Any]:  # noqa: FBT001 - one of two lists
    found = (each for each in view.repo.issues if each.milestone == view.milestone.number)
    return ordered(info, filtered(info, (each for each in found if bool(each.pull_request) == pulls), args), args)


def _of_label(view: LabelView, info: Info, **args: Any) -> dict[str, Any]:
    found = (each for each in view.repo.issues if view.label.name in each.labels and not each.pull_request)
    return ordered(info, filtered(info, found, args), args)


def _milestone_path(view: MilestoneView) -> str:
    return f"/{view.repo.full_name}/milestone/{view.milestone.number}"


def _label_path(view: LabelView) -> str:
    return f"/{view.repo.full_name}/labels/{view.label.name}"


def _release_path(view: ReleaseView) -> str:
    return f"/{view.repo.full_name}/releases/tag/{view.release.tag_name}"


def _newest(view: ReleaseView, info: Info) -> bool:
    latest = _latest(view.repo, info)
    return latest is not None and latest.release is view.release


CATALOGUE: Resolvers = {
    "Label": {
        "id": lambda view, _info: ids.node_id(ids.LABEL, view.repo.id, view.label.id),
        "name": lambda view, _info: view.label.name,
        "color": lambda view, _info: view.label.color,
        "description": lambda view, _info: view.label.description,
        "isDefault": lambda view, _info: view.label.default,
        "createdAt": lambda view, _info: view.repo.created_at,
        "updatedAt": lambda view, _info: view.repo.created_at,
        "repository": lambda view, _info: view.repo,
        "url": lambda view, info: _html(info) + _label_path(view),
        "resourcePath": lambda view, _info: _label_path(view),
        "issues": _of_label,
    },
    "Milestone": {
        "id": lambda view, _info: ids.node_id(ids.MILESTONE, view.repo.id, view.milestone.id),
        "number": lambda view, _info: view.milestone.number,
        "title": lambda view, _info: view.milestone.title,
        "description": lambda view, _info: view.milestone.description,
        "state": lambda view, _info: view.milestone.state.upper(),
        "dueOn": lambda view, _info: view.milestone.due_on,
        "closed": lambda view, _info: view.milestone.state == "closed",
        "closedAt": lambda view, _info: view.milestone.closed_at,
        "createdAt": lambda view, _info: view.milestone.created_at,
        "updatedAt": lambda view, _info: view.milestone.updated_at,
        "creator": lambda view, info: scope_of(info).account(view.milestone.creator),
        "progressPercentage": _progress,
        "repository": lambda view, _info: view.repo,
        "url": lambda view, info: _html(info) + _milestone_path(view),
        "resourcePath": lambda view, _info: _milestone_path(view),
        "issues": lambda view, info, **args: _of_milestone(view, info, False, args),  # noqa: FBT003 - one of two lists
        "pullRequests": lambda view, info, **args: _of_milestone(view, info, True, args),  # noqa: FBT003 - one of two lists
    },
    "Release": {
        "id": lambda view, _info: ids.node_id(ids.RELEASE, view.repo.id, view.release.id),
        "databaseId": lambda view, _info: view.release.id,
        "tagName": lambda view, _info: view.release.tag_name,
        "name": lambda view, _info: view.release.name,
        "description": lambda view, _info: view.release.body,
        "isDraft": lambda view, _info: view.release.draft,
        "isPrerelease": lambda view, _info: view.release.prerelease,
        "isLatest": _newest,
        "createdAt": lambda view, _info: view.release.created_at,
        "publishedAt": lambda view, _info: view.release.published_at,
        "updatedAt": lambda view, _info: view.release.published_at or view.release.created_at,
        "author": lambda view, info: scope_of(info).account(view.release.author),
        "repository": lambda view, _info: view.repo,
        "url": lambda view, info: _html(info) + _release_path(view),
        "resourcePath": lambda view, _info: _release_path(view),
    },
}
