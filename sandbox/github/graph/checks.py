"""Resolvers of reviews, commits and their checks."""

from __future__ import annotations

from typing import Any

from sandbox.github import code, ids
from sandbox.github.entities import FAILED
from sandbox.github.graph.conversations import part_of, path_of, rollup_of, url_of
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import CheckView, CommitView, RequestView, ReviewView, RollupView, TeamView


def _review_path(view: ReviewView) -> str:
    return f"{path_of(view.issue)}#pullrequestreview-{view.review.id}"


REVIEW: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.REVIEW, view.issue.repo.id, view.review.id),
    "databaseId": lambda view, _info: view.review.id,
    "fullDatabaseId": lambda view, _info: str(view.review.id),
    "body": lambda view, _info: view.review.body,
    "bodyText": lambda view, _info: view.review.body,
    "state": lambda view, _info: view.review.state,
    "author": lambda view, info: scope_of(info).account(view.review.user),
    "authorAssociation": lambda view, info: scope_of(info).context.render.association(
        view.review.user, view.issue.repo
    ),
    "createdAt": lambda view, _info: view.review.submitted_at,
    "updatedAt": lambda view, _info: view.review.submitted_at,
    "publishedAt": lambda view, _info: view.review.submitted_at,
    "submittedAt": lambda view, _info: view.review.submitted_at,
    "lastEditedAt": lambda _view, _info: None,
    "url": lambda view, info: scope_of(info).context.render.html + _review_path(view),
    "resourcePath": lambda view, _info: _review_path(view),
    "commit": lambda view, _info: CommitView(view.issue.repo, view.review.commit_id, None),
    "pullRequest": lambda view, _info: view.issue,
    "repository": lambda view, _info: view.issue.repo,
    "viewerDidAuthor": lambda view, info: view.review.user == scope_of(info).context.rights.login,
    "viewerCanUpdate": lambda view, info: view.review.user == scope_of(info).context.rights.login,
}


def _rollup_state(view: RollupView, _info: Info) -> str:
    checks = part_of(view.issue).checks
    if any(each.status == "completed" and each.conclusion in FAILED for each in checks):
        return "FAILURE"
    return "SUCCESS" if all(each.status == "completed" for each in checks) else "PENDING"


def _contexts(view: RollupView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [CheckView(view.issue, each) for each in part_of(view.issue).checks], args)


def _check_path(view: CheckView) -> str:
    return f"/{view.issue.repo.full_name}/runs/{view.check.id}"


def _check_url(view: CheckView, info: Info) -> str:
    return scope_of(info).context.render.html + _check_path(view)


def _commit_path(view: CommitView) -> str:
    return f"/{view.repo.full_name}/commit/{view.oid}"


def commit_of(view: CommitView) -> code.Commit:
    """Give what is known of a commit."""
    found = code.commits_of(view.repo).get(view.oid)
    return found or code.Commit(sha=view.oid, message="", author=view.repo.owner, moment=view.repo.created_at)


def _of_commit(view: CommitView, _info: Info) -> RollupView | None:
    return rollup_of(view.issue) if view.issue else None


def _asked(view: RequestView) -> int:
    return view.account.team.id if isinstance(view.account, TeamView) else view.account.id


CHECKS: Resolvers = {
    "PullRequestReview": REVIEW,
    "ReviewRequest": {
        "id": lambda view, _info: ids.node_id("RR", view.issue.repo.id, view.issue.id, _asked(view)),
        "databaseId": lambda view, _info: _asked(view),
        "pullRequest": lambda view, _info: view.issue,
        "requestedReviewer": lambda view, _info: view.account,
    },
    "PullRequestCommit": {
        "id": lambda view, _info: ids.node_id("PURC", view.issue.id, int(view.commit.oid[:12], 16)),
        "pullRequest": lambda view, _info: view.issue,
        "url": lambda view, info: f"{url_of(view.issue, info)}/commits/{view.commit.oid}",
        "resourcePath": lambda view, _info: f"{path_of(view.issue)}/commits/{view.commit.oid}",
    },
    "Commit": {
        "id": lambda view, _info: ids.node_id(ids.COMMIT, view.repo.id, int(view.oid[:12], 16)),
        "abbreviatedOid": lambda view, _info: view.oid[:7],
        "url": lambda view, info: scope_of(info).context.render.html + _commit_path(view),
        "resourcePath": lambda view, _info: _commit_path(view),
        "statusCheckRollup": _of_commit,
        "commitUrl": lambda view, info: scope_of(info).context.render.html + _commit_path(view),
        "repository": lambda view, _info: view.repo,
        "message": lambda view, _info: commit_of(view).message,
        "messageHeadline": lambda view, _info: commit_of(view).message.partition("\n")[0],
        "committedDate": lambda view, _info: commit_of(view).moment,
    },
    "StatusCheckRollup": {
        "id": lambda view, _info: ids.node_id("SCR", view.issue.repo.id, view.issue.id),
        "state": _rollup_state,
        "contexts": _contexts,
    },
    "CheckRun": {
        "id": lambda view, _info: ids.node_id(ids.CHECK_RUN, view.issue.repo.id, view.check.id),
        "databaseId": lambda view, _info: view.check.id,
        "name": lambda view, _info: view.check.name,
        "status": lambda view, _info: view.check.status.upper(),
        "conclusion": lambda view, _info: view.check.conclusion.upper() if view.check.conclusion else None,
        "startedAt": lambda view, _info: view.check.started_at,
        "completedAt": lambda view, _info: view.check.completed_at,
        "url": _check_url,
        "detailsUrl": _check_url,
        "permalink": _check_url,
        "resourcePath": lambda view, _info: _check_path(view),
        "title": lambda _view, _info: None,
        "summary": lambda _view, _info: None,
        "text": lambda _view, _info: None,
        "externalId": lambda _view, _info: "",
        "repository": lambda view, _info: view.issue.repo,
    },
}
