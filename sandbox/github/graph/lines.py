"""Resolvers of comments on lines of pull requests, and of the threads that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.github import ids
from sandbox.github.access import Role
from sandbox.github.entities import Issue, Review, ReviewComment
from sandbox.github.graph.conversations import part_of, path_of
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import CommitView, ReviewView
from sandbox.github.render_accounts import paragraphs


@dataclass(frozen=True, slots=True)
class LineView:
    """A comment on a line."""

    issue: Issue
    comment: ReviewComment


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A comment on a line with its answers."""

    issue: Issue
    comments: tuple[ReviewComment, ...]

    @property
    def first(self) -> ReviewComment:
        """The comment that began it."""
        return self.comments[0]


def _shown(issue: Issue, info: Info) -> list[ReviewComment]:
    """List the comments on lines that the caller may see: those of pending reviews are their authors' alone."""
    pull, me = part_of(issue), scope_of(info).context.rights.login
    pending = {each.id for each in pull.reviews if each.state == "PENDING" and each.user != me}
    return [each for each in pull.review_comments if each.review not in pending]


def threads_of(issue: Issue, info: Info) -> list[ThreadView]:
    """List the threads of a pull request, oldest first."""
    found: dict[int, list[ReviewComment]] = {}
    for each in _shown(issue, info):
        found.setdefault(each.in_reply_to or each.id, []).append(each)
    return [ThreadView(issue, tuple(each)) for each in found.values()]


def _of_review(view: ReviewView, info: Info, **args: Any) -> dict[str, Any]:
    shown = [each for each in _shown(view.issue, info) if each.review == view.review.id]
    return connection(info, [LineView(view.issue, each) for each in shown], args)


def _of_thread(view: ThreadView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [LineView(view.issue, each) for each in view.comments], args)


def _review_of(view: LineView) -> Review | None:
    return next((each for each in part_of(view.issue).reviews if each.id == view.comment.review), None)


def _its_review(view: LineView, _info: Info) -> ReviewView | None:
    found = _review_of(view)
    return ReviewView(view.issue, found) if found else None


def _line_state(view: LineView, _info: Info) -> str:
    found = _review_of(view)
    return "PENDING" if found and found.state == "PENDING" else "SUBMITTED"


def _above(view: LineView, _info: Info) -> LineView | None:
    found = (each for each in part_of(view.issue).review_comments if each.id == view.comment.in_reply_to)
    return next((LineView(view.issue, each) for each in found), None)


def _own(view: LineView, info: Info) -> bool:
    return view.comment.user == scope_of(info).context.rights.login


def _may_edit(view: LineView, info: Info) -> bool:
    return _own(view, info) or scope_of(info).context.role(view.issue.repo) >= Role.WRITE


def _line_path(view: LineView) -> str:
    return f"{path_of(view.issue)}#discussion_r{view.comment.id}"


def _commit(view: LineView, _info: Info) -> CommitView | None:
    return CommitView(view.issue.repo, view.comment.commit_id, None) if view.comment.commit_id else None


def _no(_view: object, _info: Info) -> bool:
    return False


LINE: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.REVIEW_COMMENT, view.issue.repo.id, view.comment.id),
    "databaseId": lambda view, _info: view.comment.id,
    "fullDatabaseId": lambda view, _info: str(view.comment.id),
    "author": lambda view, info: scope_of(info).account(view.comment.user),
    "authorAssociation": lambda view, info: scope_of(info).context.render.association(
        view.comment.user, view.issue.repo
    ),
    "body": lambda view, _info: view.comment.body,
    "bodyText": lambda view, _info: view.comment.body,
    "bodyHTML": lambda view, _info: paragraphs(view.comment.body),
    "commit": _commit,
    "originalCommit": _commit,
    "createdAt": lambda view, _info: view.comment.created_at,
    "draftedAt": lambda view, _info: view.comment.created_at,
    "publishedAt": lambda view, _info: view.comment.created_at,
    "updatedAt": lambda view, _info: view.comment.updated_at,
    "createdViaEmail": _no,
    "includesCreatedEdit": _no,
    "isMinimized": _no,
    "outdated": _no,
    "diffHunk": lambda view, _info: view.comment.diff_hunk,
    "line": lambda view, _info: view.comment.line,
    "originalLine": lambda view, _info: view.comment.line,
    "path": lambda view, _info: view.comment.path,
    "pullRequest": lambda view, _info: view.issue,
    "pullRequestReview": _its_review,
    "replyTo": _above,
    "repository": lambda view, _info: view.issue.repo,
    "url": lambda view, info: scope_of(info).context.render.html + _line_path(view),
    "resourcePath": lambda view, _info: _line_path(view),
    "state": _line_state,
    "subjectType": lambda _view, _info: "LINE",
    "viewerCanDelete": _may_edit,
    "viewerCanUpdate": _may_edit,
    "viewerDidAuthor": _own,
}

THREAD: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.REVIEW_THREAD, view.issue.repo.id, view.first.id),
    "comments": _of_thread,
    "diffSide": lambda _view, _info: "RIGHT",
    "isCollapsed": _no,
    "isOutdated": _no,
    "isResolved": _no,
    "line": lambda view, _info: view.first.line,
    "originalLine": lambda view, _info: view.first.line,
    "path": lambda view, _info: view.first.path,
    "pullRequest": lambda view, _info: view.issue,
    "repository": lambda view, _info: view.issue.repo,
    "subjectType": lambda _view, _info: "LINE",
    "viewerCanReply": lambda view, info: scope_of(info).context.role(view.issue.repo) >= Role.READ,
    "viewerCanResolve": _no,
    "viewerCanUnresolve": _no,
}

LINES: Resolvers = {
    "PullRequest": {"reviewThreads": lambda issue, info, **args: connection(info, threads_of(issue, info), args)},
    "PullRequestReview": {"comments": _of_review},
    "PullRequestReviewComment": LINE,
    "PullRequestReviewThread": THREAD,
}
