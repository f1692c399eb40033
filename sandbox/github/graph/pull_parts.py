"""Resolvers of what hangs on pull requests: branches, files, comments on lines, suites of checks, authors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.github import code, ids, teams
from sandbox.github.access import Role, role
from sandbox.github.accounts import Account, App
from sandbox.github.entities import Issue, PullRequest
from sandbox.github.graph.checks import commit_of
from sandbox.github.graph.conversations import part_of, path_of, url_of
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import BranchView, CheckView, CommitView, RequestView, ReviewView, TeamView
from sandbox.github.render_accounts import paragraphs
from sandbox.github.suites import Suite, suites_of


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a pull request: one that a comment on a line names."""

    issue: Issue
    path: str


# ── branches and files ──


def _branch(issue: Issue, name: str) -> BranchView | None:
    found = any(each.name == name for each in code.branches_of(issue.repo))
    return BranchView(issue.repo, name) if found else None


def _head_ref(issue: Issue, _info: Info) -> BranchView | None:
    pull = part_of(issue)
    return _branch(issue, pull.head) if pull.head_repository in (None, issue.repo.full_name) else None


def _head_owner(issue: Issue, info: Info) -> Account | None:
    name = part_of(issue).head_repository or issue.repo.full_name
    return scope_of(info).account(name.partition("/")[0])


def _headline(issue: Issue, _info: Info, **_args: Any) -> str:
    return f"Merge pull request #{issue.number} from {issue.repo.owner}/{part_of(issue).head}"


def _files(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    names = dict.fromkeys(each.path for each in part_of(issue).review_comments)
    return connection(info, [FileView(issue, each) for each in names], args)


def _latest(issue: Issue, info: Info) -> ReviewView | None:
    mine = [each for each in part_of(issue).reviews if each.user == scope_of(info).context.rights.login]
    return ReviewView(issue, mine[-1]) if mine else None


def _constant(value: object) -> Resolver:
    return lambda _each, _info, **_args: value


_no = _constant(value=False)


# ── suites of checks ──


def _suite_path(view: Suite) -> str:
    return f"{path_of(view.issue)}/checks?check_suite_id={view.id}"


def _app(view: Suite, info: Info) -> App | None:
    return scope_of(info).context.state.app_by_slug(view.app)


def _runs(view: Suite, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [CheckView(view.issue, each) for each in view.checks], args)


def _upper(value: str | None) -> str | None:
    return value.upper() if value else None


SUITE: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.CHECK_SUITE, view.issue.repo.id, view.id),
    "databaseId": lambda view, _info: view.id,
    "app": _app,
    "branch": lambda view, info: _head_ref(view.issue, info),
    "checkRuns": _runs,
    "commit": lambda view, _info: CommitView(view.issue.repo, part_of(view.issue).head_sha, view.issue),
    "status": lambda view, _info: _upper(view.status),
    "conclusion": lambda view, _info: _upper(view.conclusion),
    "createdAt": lambda view, _info: view.created_at,
    "updatedAt": lambda view, _info: view.updated_at,
    "repository": lambda view, _info: view.issue.repo,
    "resourcePath": lambda view, _info: _suite_path(view),
    "url": lambda view, info: scope_of(info).context.render.html + _suite_path(view),
}


def _suites(view: CommitView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, suites_of(view.issue) if view.issue else [], args)


def _context_counts(made: dict[str, Any], _info: Info) -> int:
    count: int = made["totalCount"]
    return count


# ── commits ──


@dataclass(frozen=True, slots=True)
class ActorView:
    """Who made a commit."""

    account: Account | None
    moment: str


def _author(view: CommitView, info: Info) -> ActorView:
    made = commit_of(view)
    return ActorView(scope_of(info).account(made.author), made.moment)


def _authors(view: CommitView, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [_author(view, info)], args)


def _of_account(read: Callable[[Account], object]) -> Resolver:
    return lambda view, _info, **_args: read(view.account) if view.account else None


def _avatar(view: ActorView, info: Info, **_args: Any) -> str:
    number = view.account.id if view.account else 0
    return f"{scope_of(info).context.render.html}/avatars/u/{number}?v=4"


def _email(account: Account) -> str:
    return account.email or f"{account.id}+{account.login}@users.noreply.github.example"


def _requests(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    scope, pull = scope_of(info), part_of(issue)
    accounts = [account for each in pull.requested_reviewers if (account := scope.account(each))]
    people = [RequestView(issue, each.login, each) for each in accounts]
    owner = scope.context.state.accounts[issue.repo.owner.casefold()]
    asked = [
        RequestView(issue, each.slug, TeamView(owner, each))
        for each in owner.teams
        if each.slug in pull.requested_teams and teams.visible(scope.context, owner, each)
    ]
    return connection(info, [*people, *asked], args)


def _of(read: Callable[[PullRequest], object]) -> Resolver:
    return lambda issue, _info, **_args: read(part_of(issue))


def _pushes(view: ReviewView, info: Info) -> bool:
    return role(scope_of(info).context.state, view.review.user, view.issue.repo) >= Role.WRITE


PULL_PARTS: Resolvers = {
    "PullRequest": {
        "headRef": _head_ref,
        "baseRef": lambda issue, _info: _branch(issue, part_of(issue).base),
        "headRepositoryOwner": _head_owner,
        "maintainerCanModify": _no,
        "isInMergeQueue": _no,
        "isMergeQueueEnabled": _no,
        "viewerCanEnableAutoMerge": _no,
        "viewerCanDisableAutoMerge": _no,
        "viewerCanDeleteHeadRef": _no,
        "viewerMergeBodyText": lambda issue, _info, **_args: issue.title,
        "viewerMergeHeadlineText": _headline,
        "projectCards": lambda _issue, info, **args: connection(info, [], args),
        "canBeRebased": _of(lambda pull: bool(pull.mergeable) and not pull.merged_at),
        "checksUrl": lambda issue, info: f"{url_of(issue, info)}/checks",
        "files": _files,
        "reviewRequests": _requests,
        "viewerCanUpdateBranch": lambda issue, info: scope_of(info).context.role(issue.repo) >= Role.WRITE,
        "viewerLatestReview": _latest,
    },
    "PullRequestChangedFile": {
        "path": lambda view, _info: view.path,
        "additions": _constant(0),
        "deletions": _constant(0),
        "changeType": _constant("MODIFIED"),
        "viewerViewedState": _constant("UNVIEWED"),
    },
    "PullRequestReview": {
        "bodyHTML": lambda view, _info: paragraphs(view.review.body),
        "createdViaEmail": _no,
        "includesCreatedEdit": _no,
        "isMinimized": _no,
        "reactionGroups": _constant([]),
        "authorCanPushToRepository": lambda view, info: _pushes(view, info),
        "viewerCanDelete": lambda view, info: view.review.user == scope_of(info).context.rights.login,
    },
    "ReviewRequest": {"asCodeOwner": _no},
    "CheckRun": {"checkSuite": lambda view, _info: Suite(view.issue, view.check.app)},
    "CheckSuite": SUITE,
    "App": {
        "id": lambda app, _info: ids.node_id(ids.APP, app.id),
        "databaseId": lambda app, _info: app.id,
        "clientId": lambda app, _info: app.client_id,
        "createdAt": lambda app, _info: app.created_at,
        "updatedAt": lambda app, _info: app.updated_at,
        "logoUrl": lambda app, info, **_args: f"{scope_of(info).context.render.html}/avatars/in/{app.id}",
        "url": lambda app, info: f"{scope_of(info).context.render.html}/apps/{app.slug}",
    },
    "StatusCheckRollupContextConnection": {
        "checkRunCount": _context_counts,
        "statusContextCount": _constant(0),
    },
    "Commit": {
        "author": _author,
        "committer": _author,
        "authors": _authors,
        "authoredDate": lambda view, _info: commit_of(view).moment,
        "messageBody": lambda view, _info: commit_of(view).message.partition("\n")[2].strip(),
        "additions": _constant(0),
        "deletions": _constant(0),
        "changedFilesIfAvailable": _constant(0),
        "checkSuites": _suites,
    },
    "GitActor": {
        "user": lambda view, _info: view.account,
        "date": lambda view, _info: view.moment,
        "name": _of_account(lambda account: account.name or account.login),
        "email": _of_account(_email),
        "avatarUrl": _avatar,
    },
}
