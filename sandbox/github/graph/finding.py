"""What every mutation begins with: finding what it is about, and who may change that."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from sandbox.core.http import HttpError
from sandbox.github.access import Role
from sandbox.github.entities import Issue, Repo
from sandbox.github.graph import nodes
from sandbox.github.graph.scope import GraphError, Info, Scope, from_http, scope_of
from sandbox.github.repositories import archived

Mutation = Callable[[Info, dict[str, Any]], dict[str, Any]]


def mutation(action: Mutation) -> Callable[..., dict[str, Any]]:
    """Make the resolver of a mutation: refusals become errors of its field, and `clientMutationId` comes back."""

    @wraps(action)
    def resolve(_root: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the schema's
        try:
            made = action(info, input)
        except HttpError as problem:
            raise from_http(problem) from problem
        return {**made, "clientMutationId": input.get("clientMutationId")}

    return resolve


def find(info: Info, text: str, kinds: type | tuple[type, ...]) -> Any:
    """Find what an id names, if it is of these kinds; raises GraphError."""
    found = nodes.find(scope_of(info), text)
    if not isinstance(found, kinds):
        raise GraphError("NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'")
    return found


def writable(info: Info, repo: Repo, permission: str, least: Role) -> Scope:
    """Refuse who may not write in a repository; raises GraphError or HttpError."""
    scope = scope_of(info)
    scope.require(repo, permission, "write")
    if repo.archived:
        raise archived(repo)
    if scope.context.role(repo) < least:
        raise GraphError("FORBIDDEN", f"{scope.context.rights.login} does not have permission to do this.")
    return scope


def issue_for(info: Info, text: str, least: Role) -> Issue:
    """Find an issue that the caller may change: its author, or who has such a role; raises GraphError."""
    found: Issue = find(info, text, Issue)
    scope = writable(info, found.repo, "issues|pull_requests", Role.READ)
    if found.user != scope.context.rights.login and scope.context.role(found.repo) < least:
        raise GraphError("FORBIDDEN", f"{scope.context.rights.login} does not have permission to do this.")
    scope.context.edits.remember(found)
    return found
