"""Resolvers of issues and pull requests, their comments, reviews and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.github import ids
from sandbox.github.access import Role
from sandbox.github.entities import Comment, Issue, PullRequest, Review
from sandbox.github.graph.repositories import ordered, state_of
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import (
    CommitView,
    ItemView,
    LabelView,
    MilestoneView,
    PullCommitView,
    ReviewView,
    RollupView,
)
from sandbox.github.render_pulls import issue_node
from sandbox.github.state import State

_LOCKS = {"off-topic": "OFF_TOPIC", "too heated": "TOO_HEATED", "resolved": "RESOLVED", "spam": "SPAM"}
_MERGEABLE = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}

# ── what issues and pull requests share ──


def path_of(issue: Issue) -> str:
    """Give the path of an issue on the site."""
    return f"/{issue.repo.full_name}/{'pull' if issue.pull_request else 'issues'}/{issue.number}"


def url_of(issue: Issue, info: Info) -> str:
    """Give the address of an issue on the site."""
    return scope_of(info).context.render.html + path_of(issue)


def _labels(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    found = [LabelView(issue.repo, label) for name in issue.labels if (label := issue.repo.label(name))]
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    by_name = order["field"] == "NAME"
    found.sort(key=lambda each: each.label.name if by_name else "", reverse=order["direction"] == "DESC")
    return connection(info, found, args)


def _assignees(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [scope_of(info).account(each) for each in issue.assignees], args)


def _comments(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    found, order = list(issue.comments), args.get("orderBy")
    if order:
        found.sort(key=lambda each: (each.updated_at, each.id), reverse=order["direction"] == "DESC")
    return connection(info, found, args)


def _milestone(issue: Issue, _info: Info) -> MilestoneView | None:
    found = issue.repo.milestone(issue.milestone) if issue.milestone else None
    return MilestoneView(issue.repo, found) if found else None


def _items(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    scope = scope_of(info)
    state, archived = scope.context.state, args.get("includeArchived", True)
    found = [
        each
        for each in state.index("items", lambda: _items_of(state)).get(issue.id, [])
        if (archived or not each.item.archived) and (each.project.public or scope.sees_projects(each.project.owner))
    ]
    return connection(info, found, args)


def _items_of(state: State) -> dict[int, list[ItemView]]:
    found: dict[int, list[ItemView]] = {}
    for project in state.projects:
        for item in project.items:
            if item.issue is not None:
                found.setdefault(item.issue, []).append(ItemView(project, item))
    return found


def _may_update(issue: Issue, info: Info) -> bool:
    context = scope_of(info).context
    return issue.user == context.rights.login or context.role(issue.repo) >= Role.TRIAGE


def _lock_reason(issue: Issue, _info: Info) -> str | None:
    return _LOCKS.get(issue.active_lock_reason or "")


_SHARED: dict[str, Resolver] = {
    "id": lambda issue, _info: issue_node(issue),
    "body": lambda issue, _info: issue.body or "",
    "bodyText": lambda issue, _info: issue.body or "",
    "state": lambda issue, _info: state_of(issue),
    "url": url_of,
    "resourcePath": lambda issue, _info: path_of(issue),
    "closed": lambda issue, _info: issue.state == "closed",
    "closedAt": lambda issue, _info: issue.closed_at,
    "createdAt": lambda issue, _info: issue.created_at,
    "updatedAt": lambda issue, _info: issue.updated_at,
    "publishedAt": lambda issue, _info: issue.created_at,
    "lastEditedAt": lambda _issue, _info: None,
    "author": lambda issue, info: scope_of(info).account(issue.user),
    "authorAssociation": lambda issue, info: scope_of(info).context.render.association(issue.user, issue.repo),
    "assignees": _assignees,
    "labels": _labels,
    "milestone": _milestone,
    "activeLockReason": _lock_reason,
    "comments": _comments,
    "projectItems": _items,
    "repository": lambda issue, _info: issue.repo,
    "viewerDidAuthor": lambda issue, info: issue.user == scope_of(info).context.rights.login,
    "viewerCanUpdate": _may_update,
}

# ── issues ──


def seen(info: Info, numbers: list[int]) -> list[Issue]:
    """Give the issues of these ids that the caller sees."""
    context = scope_of(info).context
    found = (context.state.issues[each] for each in numbers)
    return [each for each in found if context.sees(each.repo)]


def _parent(issue: Issue, info: Info) -> Issue | None:
    found = seen(info, [issue.parent] if issue.parent is not None else [])
    return found[0] if found else None


def _summary(issue: Issue, info: Info) -> dict[str, int]:
    made = scope_of(info).context.render.sub_issues(issue)
    return {
        "total": made["total"],
        "completed": made["completed"],
        "percentCompleted": made["percent_completed"],
    }


def closers(issue: Issue, info: Info) -> list[Issue]:
    """List the pull requests that close an issue, as far as the caller sees them."""
    scope = scope_of(info)
    state = scope.context.state
    linked = state.index("closers", lambda: _closers_of(state)).get(issue.id, [])
    return [each for each in linked if not each.gone and scope.context.sees(each.repo)]


def _closers_of(state: State) -> dict[int, list[Issue]]:
    found: dict[int, list[Issue]] = {}
    for pull in state.pulls.values():
        for closed in part_of(pull).closes:
            found.setdefault(closed, []).append(pull)
    return found


def _closed_by(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    found = closers(issue, info)
    if not args.get("includeClosedPrs"):
        found = [each for each in found if each.state == "open"]
    return connection(info, found, args)


ISSUE: dict[str, Resolver] = {
    **_SHARED,
    "databaseId": lambda issue, _info: issue.id,
    "fullDatabaseId": lambda issue, _info: str(issue.id),
    "stateReason": lambda issue, info, enableDuplicate=False: _reason(issue, enableDuplicate),  # noqa: ARG005, N803 - the schema's
    "parent": _parent,
    "subIssues": lambda issue, info, **args: connection(info, seen(info, issue.sub_issues), args),
    "subIssuesSummary": _summary,
    "closedByPullRequestsReferences": _closed_by,
}


def _reason(issue: Issue, duplicate: bool) -> str | None:  # noqa: FBT001 - the schema's
    if issue.state_reason == "duplicate" and not duplicate:
        return "NOT_PLANNED"
    return issue.state_reason.upper() if issue.state_reason else None


# ── pull requests ──


def _of(read: Callable[[PullRequest], Any]) -> Resolver:
    def resolve(issue: Issue, _info: Info, **_args: Any) -> Any:
        return read(part_of(issue))

    return resolve


def part_of(issue: Issue) -> PullRequest:
    """Give what a pull request has beyond an issue."""
    if issue.pull_request is None:
        raise LookupError(f"#{issue.number} is no pull request")
    return issue.pull_request


def _head(issue: Issue) -> CommitView:
    return CommitView(issue.repo, part_of(issue).head_sha, issue)


def _merge_commit(issue: Issue, _info: Info) -> CommitView | None:
    name = part_of(issue).merge_commit_sha
    return CommitView(issue.repo, name, None) if name and part_of(issue).merged_at else None


def _latest(issue: Issue) -> list[Review]:
    latest: dict[str, Review] = {}
    for review in part_of(issue).reviews:
        latest.pop(review.user, None)
        latest[review.user] = review
    return list(latest.values())


def _reviews(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    found = [ReviewView(issue, each) for each in part_of(issue).reviews]
    if args.get("states"):
        found = [each for each in found if each.review.state in args["states"]]
    if args.get("author"):
        found = [each for each in found if each.review.user == args["author"]]
    return connection(info, found, args)


def _latest_reviews(opinions: bool) -> Resolver:  # noqa: FBT001 - one of two lists
    def resolve(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
        found = [each for each in _latest(issue) if not opinions or each.state in ("APPROVED", "CHANGES_REQUESTED")]
        return connection(info, [ReviewView(issue, each) for each in found], args)

    return resolve


def _decision(issue: Issue, _info: Info) -> str | None:
    states = {each.state for each in _latest(issue)}
    if "CHANGES_REQUESTED" in states:
        return "CHANGES_REQUESTED"
    if "APPROVED" in states:
        return "APPROVED"
    return "REVIEW_REQUIRED" if part_of(issue).requested_reviewers else None


def _commits(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    count = max(1, part_of(issue).commits)
    place = (issue.repo.full_name, issue.number, "commit")
    earlier = [CommitView(issue.repo, ids.sha(*place, n), None) for n in range(count - 1)]
    return connection(info, [PullCommitView(issue, each) for each in (*earlier, _head(issue))], args)


def rollup_of(issue: Issue) -> RollupView | None:
    """Give the checks of a pull request's head; None when there are none."""
    return RollupView(issue, _head(issue)) if part_of(issue).checks else None


def _head_repository(issue: Issue, info: Info) -> Any:
    context = scope_of(info).context
    name = part_of(issue).head_repository
    repo = context.state.repo(name) if name else issue.repo
    return repo if repo and context.sees(repo) else None


def _closing(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    return ordered(info, seen(info, part_of(issue).closes), args)


PULL: dict[str, Resolver] = {
    **_SHARED,
    "databaseId": _of(lambda pull: pull.id),
    "fullDatabaseId": _of(lambda pull: str(pull.id)),
    "permalink": url_of,
    "merged": _of(lambda pull: pull.merged_at is not None),
    "mergedAt": _of(lambda pull: pull.merged_at),
    "mergedBy": lambda issue, info: scope_of(info).account(part_of(issue).merged_by),
    "mergeCommit": _merge_commit,
    "isDraft": _of(lambda pull: pull.draft),
    "reviews": _reviews,
    "latestReviews": _latest_reviews(False),  # noqa: FBT003 - one of two lists
    "latestOpinionatedReviews": _latest_reviews(True),  # noqa: FBT003 - one of two lists
    "reviewDecision": _decision,
    "headRefName": _of(lambda pull: pull.head),
    "headRefOid": _of(lambda pull: pull.head_sha),
    "baseRefName": _of(lambda pull: pull.base),
    "baseRefOid": _of(lambda pull: pull.base_sha),
    "headRepository": _head_repository,
    "baseRepository": lambda issue, _info: issue.repo,
    "isCrossRepository": _of(lambda pull: pull.head_repository is not None),
    "mergeable": _of(lambda pull: _MERGEABLE[None if pull.merged_at else pull.mergeable]),
    "mergeStateStatus": _of(lambda pull: "UNKNOWN" if pull.merged_at else "DRAFT" if pull.draft else "CLEAN"),
    "additions": _of(lambda pull: pull.additions),
    "deletions": _of(lambda pull: pull.deletions),
    "changedFiles": _of(lambda pull: pull.changed_files),
    "commits": _commits,
    "statusCheckRollup": lambda issue, _info: rollup_of(issue),
    "closingIssuesReferences": _closing,
    "totalCommentsCount": lambda issue, _info: len(issue.comments) + len(part_of(issue).review_comments),
}

# ── comments, reviews, checks ──


def _comment_path(comment: Comment) -> str:
    return f"{path_of(comment.issue)}#issuecomment-{comment.id}"


def _may_edit(comment: Comment, info: Info) -> bool:
    context = scope_of(info).context
    return comment.user == context.rights.login or context.role(comment.issue.repo) >= Role.WRITE


COMMENT: dict[str, Resolver] = {
    "id": lambda comment, _info: ids.node_id(ids.COMMENT, comment.issue.repo.id, comment.id),
    "databaseId": lambda comment, _info: comment.id,
    "fullDatabaseId": lambda comment, _info: str(comment.id),
    "bodyText": lambda comment, _info: comment.body,
    "author": lambda comment, info: scope_of(info).account(comment.user),
    "authorAssociation": lambda comment, info: scope_of(info).context.render.association(
        comment.user, comment.issue.repo
    ),
    "createdAt": lambda comment, _info: comment.created_at,
    "updatedAt": lambda comment, _info: comment.updated_at,
    "publishedAt": lambda comment, _info: comment.created_at,
    "lastEditedAt": lambda comment, _info: comment.updated_at if comment.updated_at > comment.created_at else None,
    "url": lambda comment, info: scope_of(info).context.render.html + _comment_path(comment),
    "resourcePath": lambda comment, _info: _comment_path(comment),
    "issue": lambda comment, _info: comment.issue,
    "pullRequest": lambda comment, _info: comment.issue if comment.issue.pull_request else None,
    "repository": lambda comment, _info: comment.issue.repo,
    "viewerDidAuthor": lambda comment, info: comment.user == scope_of(info).context.rights.login,
    "viewerCanUpdate": _may_edit,
    "viewerCanDelete": _may_edit,
    "isMinimized": lambda _comment, _info: False,
    "minimizedReason": lambda _comment, _info: None,
}


CONVERSATIONS: Resolvers = {"Issue": ISSUE, "PullRequest": PULL, "IssueComment": COMMENT}
