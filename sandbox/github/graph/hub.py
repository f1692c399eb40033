"""Resolvers of the query itself, of accounts and of repositories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.core.http import HttpError
from sandbox.github import search
from sandbox.github.access import allows_account
from sandbox.github.accounts import Account
from sandbox.github.entities import Repo
from sandbox.github.graph import nodes
from sandbox.github.graph.scope import GraphError, Info, Resolvers, Scope, connection, from_http, missing, scope_of
from sandbox.github.limits import UNLIMITED
from sandbox.github.projects import Project
from sandbox.github.render import Render

# ── query ──


def _repository(_root: Any, info: Info, owner: str, name: str, followRenames: bool = True) -> Repo:  # noqa: N803, FBT001, FBT002 - the schema's
    scope = scope_of(info)
    state = scope.context.state
    found = state.repo(f"{owner}/{name}")
    if found is None and followRenames:
        number = state.former_names.get(f"{owner}/{name}".casefold())
        found = state.repos.get(number) if number is not None else None
    if found is None or not scope.context.sees(found):
        raise missing("a Repository with the name", f"'{owner}/{name}'")
    return found


def _organization(_root: Any, info: Info, login: str) -> Account:
    found = scope_of(info).context.state.account(login)
    if found is None or not found.is_organization:
        raise missing("an Organization with the login of", f"'{login}'")
    return found


def _user(_root: Any, info: Info, login: str) -> Account:
    found = scope_of(info).context.state.account(login)
    if found is None or found.type != "User":
        raise missing("a User with the login of", f"'{login}'")
    return found


def _owner(_root: Any, info: Info, login: str) -> Account | None:
    found = scope_of(info).context.state.account(login)
    return found if found and found.type != "Bot" else None


def _rate_limit(_root: Any, info: Info, dryRun: bool = False) -> dict[str, Any] | None:  # noqa: N803, FBT001, FBT002, ARG001 - the schema's
    scope = scope_of(info)
    if scope.standing.limit == UNLIMITED:
        return None
    moment = scope.context.state.clock.now().timestamp()
    reset = max(scope.standing.reset, int(moment))
    return {
        "cost": scope.cost,
        "nodeCount": scope.nodes,
        "limit": scope.standing.limit,
        "remaining": scope.standing.remaining,
        "used": scope.standing.used,
        "resetAt": _instant(reset),
    }


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _nodes(_root: Any, info: Info, ids: list[str]) -> list[Any]:
    if len(ids) > 100:
        raise GraphError("ARGUMENT_LIMIT", f"You may not provide more than 100 node ids; you provided {len(ids)}.")
    return [_or_error(info, each) for each in ids]


def _or_error(info: Info, text: str) -> Any:
    try:
        return nodes.find(scope_of(info), text)
    except GraphError as problem:
        return problem


def _search(_root: Any, info: Info, query: str, type: str, **args: Any) -> dict[str, Any]:  # noqa: A002 - the schema's
    scope = scope_of(info)
    found: list[Any] = []
    try:
        if type in ("ISSUE", "ISSUE_ADVANCED"):
            found = search.found(scope.context, query)
        elif type == "REPOSITORY":
            repos = scope.context.state.repos.values()
            found = [
                each for each in repos if scope.context.sees(each) and query.casefold() in each.full_name.casefold()
            ]
    except HttpError as problem:
        raise from_http(problem) from problem
    counts = {"issueCount": 0, "repositoryCount": 0, "userCount": 0}
    counts["repositoryCount" if type == "REPOSITORY" else "issueCount"] = len(found)
    return {**connection(info, found, args), **counts}


QUERY: Resolvers = {
    "Query": {
        "viewer": lambda _root, info: scope_of(info).account(scope_of(info).context.rights.login),
        "repository": _repository,
        "organization": _organization,
        "user": _user,
        "repositoryOwner": _owner,
        "rateLimit": _rate_limit,
        "node": lambda _root, info, id: nodes.find(scope_of(info), id),  # noqa: A006 - the schema's
        "nodes": _nodes,
        "search": _search,
    }
}

# ── accounts ──


def _html(info: Info) -> str:
    return scope_of(info).context.render.html


def projects_of(owner: Account, info: Info, **args: Any) -> dict[str, Any]:
    """List an account's projects; raises GraphError."""
    scope = scope_of(info)
    found = [each for each in scope.context.state.projects if each.owner == owner.login]
    seen = scope.sees_projects(owner.login)
    if not seen and not any(each.public for each in found):
        raise scope.forbidden()
    return connection(info, [each for each in found if seen or each.public], args)


def project_of(owner: Account, info: Info, number: int) -> Project:
    """Find an account's project; raises GraphError."""
    scope = scope_of(info)
    found = scope.context.state.project(owner.login, number)
    if found is not None and not found.public and not scope.sees_projects(owner.login):
        member = scope.context.rights.login in (owner.login, *owner.members)
        if member or scope.context.rights.account == owner.login:
            raise scope.forbidden()
        found = None
    if found is None:
        raise missing("a ProjectV2 with the number", f"{number}")
    return found


def _owned(owner: Account, info: Info, **args: Any) -> dict[str, Any]:
    scope = scope_of(info)
    found = [each for each in scope.context.state.owned(owner.login) if scope.context.sees(each)]
    if args.get("privacy"):
        found = [each for each in found if each.private == (args["privacy"] == "PRIVATE")]
    order = args.get("orderBy") or {"field": "NAME", "direction": "ASC"}
    keys: dict[str, Callable[[Repo], str]] = {
        "CREATED_AT": lambda each: each.created_at,
        "UPDATED_AT": lambda each: each.updated_at,
        "PUSHED_AT": lambda each: each.pushed_at,
    }
    key = keys.get(order["field"], lambda each: each.full_name.casefold())
    return connection(info, sorted(found, key=key, reverse=order["direction"] == "DESC"), args)


def _one_owned(owner: Account, info: Info, name: str, followRenames: bool = True) -> Repo:  # noqa: N803, FBT001, FBT002 - the schema's
    return _repository(None, info, owner.login, name, followRenames)


def _members(owner: Account, info: Info, **args: Any) -> dict[str, Any]:
    scope = scope_of(info)
    members = owner.members.items() if _may_list(scope, owner) else ()
    found = [scope.account(login) for login, _ in members]
    made = connection(info, found, args)
    for edge in made["edges"]:
        edge["role"] = owner.members[edge["node"].login].upper()
        edge["hasTwoFactorEnabled"] = None
    return made


def _may_list(scope: Scope, owner: Account) -> bool:
    return allows_account(scope.context.state, scope.context.rights, owner.login, "members", "read")


def _organizations(user: Account, info: Info, **args: Any) -> dict[str, Any]:
    accounts = scope_of(info).context.state.accounts.values()
    return connection(info, [each for each in accounts if user.login in each.members], args)


_ACCOUNT: dict[str, Callable[..., Any]] = {
    "id": lambda account, _info: Render.account_node(account),
    "databaseId": lambda account, _info: account.id,
    "avatarUrl": lambda account, info, size=None: f"{_html(info)}/avatars/u/{account.id}?v=4",  # noqa: ARG005 - the schema's
    "url": lambda account, info: f"{_html(info)}/{account.login}",
    "resourcePath": lambda account, _info: f"/{account.login}",
    "createdAt": lambda account, _info: account.created_at,
    "updatedAt": lambda account, _info: account.updated_at,
}
_OWNER: dict[str, Callable[..., Any]] = {
    **_ACCOUNT,
    "repositories": _owned,
    "repository": _one_owned,
    "projectV2": project_of,
    "projectsV2": projects_of,
}
ACCOUNTS: Resolvers = {
    "Bot": _ACCOUNT,
    "Organization": {
        **_OWNER,
        "description": lambda account, _info: account.bio,
        "membersWithRole": _members,
        "viewerIsAMember": lambda account, info: scope_of(info).context.rights.login in account.members,
        "viewerCanAdminister": lambda account, info: (
            account.members.get(scope_of(info).context.rights.login) == "admin"
        ),
    },
    "User": {
        **_OWNER,
        "email": lambda account, _info: account.email or "",
        "isViewer": lambda account, info: account.login == scope_of(info).context.rights.login,
        "isSiteAdmin": lambda account, _info: account.site_admin,
        "organizations": _organizations,
    },
}
