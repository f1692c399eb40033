"""Resolvers of what GitHub documents and `schema.graphql` is too old to have: types of issues, and dependencies."""

from __future__ import annotations

from typing import Any

from sandbox.github import ids, parts
from sandbox.github.access import Role
from sandbox.github.accounts import Account, IssueType
from sandbox.github.entities import Issue, Repo
from sandbox.github.graph.conversations import seen
from sandbox.github.graph.finding import find, issue_for, mutation
from sandbox.github.graph.scope import GraphError, Info, Resolvers, connection, scope_of


def _types(owner: Account, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, owner.issue_types, args)


def _of_repo(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    return _types(scope_of(info).context.state.accounts[repo.owner.casefold()], info, **args)


def _type(issue: Issue, info: Info) -> IssueType | None:
    owner = scope_of(info).context.state.accounts[issue.repo.owner.casefold()]
    return next((each for each in owner.issue_types if each.name == issue.type), None)


def _summary(issue: Issue, info: Info) -> dict[str, int]:
    told = scope_of(info).context.render.dependencies(issue)
    return {
        "blockedBy": told["blocked_by"],
        "blocking": told["blocking"],
        "totalBlockedBy": told["total_blocked_by"],
        "totalBlocking": told["total_blocking"],
    }


def _set_type(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["issueId"], Role.TRIAGE)
    scope_of(info).context.edits.set_type(issue, type_named(info, issue.repo, given.get("issueTypeId")))
    return {"issue": issue}


def type_named(info: Info, repo: Repo, node: str | None) -> str | None:
    """Give the name of the type that an id names, of the repository's owner; None for none. Raises GraphError."""
    if node is None:
        return None
    found: IssueType = find(info, node, IssueType)
    if found not in scope_of(info).context.state.accounts[repo.owner.casefold()].issue_types:
        raise GraphError("UNPROCESSABLE", "Issue type does not belong to the owner of the repository")
    return found.name


def _pair(info: Info, given: dict[str, Any]) -> tuple[Issue, Issue]:
    issue = issue_for(info, given["issueId"], Role.TRIAGE)
    blocker: Issue = find(info, given["blockingIssueId"], Issue)
    return issue, blocker


def _block(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue, blocker = _pair(info, given)
    parts.block(scope_of(info).context, issue, blocker)
    return {"issue": issue, "blockingIssue": blocker}


def _unblock(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue, blocker = _pair(info, given)
    if blocker.id not in issue.blocked_by:
        raise GraphError("NOT_FOUND", "The issue is not blocked by that one")
    scope_of(info).context.edits.remove_blocker(issue, blocker)
    return {"issue": issue, "blockingIssue": blocker}


NEWER: Resolvers = {
    "Issue": {
        "issueType": _type,
        "blockedBy": lambda issue, info, **args: connection(info, seen(info, issue.blocked_by), args),
        "blocking": lambda issue, info, **args: connection(info, seen(info, issue.blocking), args),
        "issueDependenciesSummary": _summary,
    },
    "Organization": {"issueTypes": _types},
    "Repository": {"issueTypes": _of_repo},
    "IssueType": {
        "id": lambda kind, _info: ids.node_id(ids.ISSUE_TYPE, kind.id),
        "color": lambda kind, _info: (kind.color or "gray").upper(),
        "isEnabled": lambda kind, _info: kind.is_enabled,
        "isPrivate": lambda _kind, _info: False,
    },
    "Mutation": {
        "updateIssueIssueType": mutation(_set_type),
        "addBlockedBy": mutation(_block),
        "removeBlockedBy": mutation(_unblock),
    },
}
