"""Handlers of users, organizations and their repositories, apps, limits, and the API's front door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response
from sandbox.github.access import Kind, allows_account, error, not_found, refused
from sandbox.github.accounts import Account
from sandbox.github.context import Context, choice, text
from sandbox.github.entities import Repo
from sandbox.github.parts import require_user

Sorting = Callable[[Repo], Any]


def me(context: Context) -> Json:
    """`GET user`: not for installations."""
    if context.rights.kind in (Kind.INSTALLATION, Kind.APP):
        raise refused(context.rights, "metadata", "read")
    require_user(context)
    account = context.state.accounts[context.rights.login.casefold()]
    return context.render.full_user(account, private=True)


def user(context: Context, login: str) -> Json:
    """`GET users/LOGIN`."""
    account = context.state.account(login)
    if account is None:
        raise not_found()
    return context.render.full_user(account, private=False)


def user_by_id(context: Context, user_id: int) -> Json:
    """`GET user/ID`."""
    account = context.state.account_by_id(user_id)
    if account is None:
        raise not_found()
    return context.render.full_user(account, private=False)


def _organization(context: Context, org: str) -> Account:
    account = context.state.account(org)
    if account is None or not account.is_organization:
        raise not_found()
    return account


def organization(context: Context, org: str) -> Json:
    """`GET orgs/ORG`."""
    return context.render.organization(_organization(context, org))


def organization_by_id(context: Context, org_id: int) -> Json:
    """`GET organizations/ID`."""
    account = context.state.account_by_id(org_id)
    if account is None or not account.is_organization:
        raise not_found()
    return context.render.organization(account)


def my_organizations(context: Context) -> Response:
    """`GET user/orgs`."""
    require_user(context)
    mine = [each for each in context.state.accounts.values() if context.rights.login in each.members]
    return context.listed(mine, f"{context.render.api}/user/orgs", lambda each: _short(context, each))


def _short(context: Context, account: Account) -> dict[str, Any]:
    return context.render.organization(account, full=False)


def members(context: Context, org: str) -> Response:
    """`GET orgs/ORG/members`: all for members and apps that may; nobody is a public member here."""
    account = _organization(context, org)
    seen = allows_account(context.state, context.rights, account.login, "members", "read")
    wanted = context.call.args.get("role", "all")
    logins = [login for login, role in account.members.items() if seen and wanted in ("all", role)]
    url = f"{context.render.api}/organizations/{account.id}/members"
    return context.listed(logins, url, context.render.someone)


def public_members(context: Context, org: str) -> Json:
    """`GET orgs/ORG/public_members`: nobody is a public member here."""
    _organization(context, org)
    return []


def member(context: Context, org: str, login: str) -> Response:
    """`GET orgs/ORG/members/LOGIN`: 204 for a member."""
    account = _organization(context, org)
    found = context.state.account(login)
    seen = allows_account(context.state, context.rights, account.login, "members", "read")
    if not seen or found is None or found.login not in account.members:
        raise not_found()
    return empty_response()


def remove_member(context: Context, org: str, login: str) -> Response:
    """`DELETE orgs/ORG/members/LOGIN` and `.../memberships/LOGIN`: out of its teams too."""
    account = _administered(context, org)
    found = context.state.account(login)
    if found is None or account.members.pop(found.login, None) is None:
        raise not_found()
    for team in account.teams:
        team.members.pop(found.login, None)
    context.state.writes += 1
    return empty_response()


def _administered(context: Context, org: str) -> Account:
    account = _organization(context, org)
    if not allows_account(context.state, context.rights, account.login, "members", "write"):
        raise refused(context.rights, "members", "write")
    if not context.rights.app and account.members.get(context.rights.login) != "admin":
        raise error(403, "You must be an admin of the organization.")
    return account


def _membership(context: Context, account: Account, login: str) -> dict[str, Any]:
    return {
        "url": f"{context.render.api}/orgs/{account.login}/memberships/{login}",
        "state": "active",
        "role": account.members[login],
        "organization_url": f"{context.render.api}/orgs/{account.login}",
        "organization": context.render.organization(account, full=False),
        "user": context.render.someone(login),
        "permissions": {"can_create_repository": True},
    }


def membership(context: Context, org: str, login: str) -> Json:
    """`GET orgs/ORG/memberships/LOGIN`."""
    account = _organization(context, org)
    found = context.state.account(login)
    seen = allows_account(context.state, context.rights, account.login, "members", "read")
    if not seen or found is None or found.login not in account.members:
        raise not_found()
    return _membership(context, account, found.login)


def add_member(context: Context, org: str, login: str) -> Json:
    """`PUT orgs/ORG/memberships/LOGIN`: at once, without an invitation."""
    account = _administered(context, org)
    found = context.state.account(login)
    if found is None or found.is_organization:
        raise not_found()
    account.members[found.login] = choice(context.body(), "role", ("member", "admin")) or "member"
    context.state.writes += 1
    return _membership(context, account, found.login)


def my_membership(context: Context, org: str) -> Json:
    """`GET user/memberships/orgs/ORG`."""
    require_user(context)
    account = _organization(context, org)
    if context.rights.login not in account.members:
        raise not_found()
    return _membership(context, account, context.rights.login)


def my_memberships(context: Context) -> Response:
    """`GET user/memberships/orgs`."""
    require_user(context)
    me = context.rights.login
    mine = [each for each in context.state.accounts.values() if me in each.members]
    url = f"{context.render.api}/user/memberships/orgs"
    return context.listed(mine, url, lambda each: _membership(context, each, me))


def organizations_of_user(context: Context, login: str) -> Response:
    """`GET users/LOGIN/orgs`: memberships are not public here, so those of others are for fellow members."""
    found = context.state.account(login)
    if found is None:
        raise not_found()
    me = context.rights.login
    shared = [each for each in context.state.accounts.values() if found.login in each.members and me in each.members]
    url = f"{context.render.api}/user/{found.id}/orgs"
    return context.listed(shared, url, lambda each: _short(context, each))


def my_emails(context: Context) -> Response:
    """`GET user/emails`."""
    require_user(context)
    account = context.state.accounts[context.rights.login.casefold()]
    found = [account.email] if account.email else []
    url = f"{context.render.api}/user/emails"
    return context.listed(
        found, url, lambda each: {"email": each, "primary": True, "verified": True, "visibility": "public"}
    )


def none(context: Context) -> Json:
    """`GET user/starred` and `GET user/keys`: there are none."""
    require_user(context)
    return []


def users(context: Context) -> Response:
    """`GET users`: all accounts, by id, after `since`."""
    given = context.call.args.get("since", "0")
    since = int(given) if given.isdecimal() and len(given) < 19 else 0
    found = sorted((each for each in context.state.accounts.values() if each.id > since), key=lambda each: each.id)
    return context.listed([each.login for each in found], f"{context.render.api}/users", context.render.someone)


def edit_me(context: Context) -> Json:
    """`PATCH user`."""
    require_user(context)
    account, body = context.state.accounts[context.rights.login.casefold()], context.body()
    if context.rights.kind is Kind.CLASSIC and "user" not in context.rights.scopes:
        raise not_found()
    _describe(account, body, ("name", "email", "company", "bio", "location", "blog"))
    return _edited(context, account)


def _describe(account: Account, body: dict[str, Any], names: tuple[str, ...]) -> None:
    values = {name: text(body, name) for name in names if name in body}
    for name, value in values.items():
        setattr(account, name, value or "" if name == "blog" else value)


def _edited(context: Context, account: Account) -> Json:
    account.updated_at = context.state.stamp()
    context.state.writes += 1
    if account.is_organization:
        return context.render.organization(account)
    return context.render.full_user(account, private=True)


def edit_organization(context: Context, org: str) -> Json:
    """`PATCH orgs/ORG`: what it says of itself, and what its members may do."""
    account, body = _organization(context, org), context.body()
    if not allows_account(context.state, context.rights, account.login, "organization_administration", "write"):
        raise refused(context.rights, "organization_administration", "write")
    if not context.rights.app and account.members.get(context.rights.login) != "admin":
        raise error(403, "You must be an admin of the organization.")
    base = choice(body, "default_repository_permission", ("read", "write", "admin", "none"))
    described = {**body, "bio": body["description"]} if "description" in body else body
    _describe(account, described, ("name", "email", "company", "bio", "location", "blog"))
    account.base_permission = base or account.base_permission
    return _edited(context, account)


# ── repositories ──


def _repos(context: Context, repos: Iterable[Repo], url: str) -> Response:
    args = context.call.args
    wanted = args.get("type") or args.get("visibility") or "all"
    found = [each for each in repos if context.sees(each)]
    if wanted in ("public", "private"):
        found = [each for each in found if each.private == (wanted == "private")]
    keys: dict[str, Sorting] = {
        "created": lambda each: each.created_at,
        "updated": lambda each: each.updated_at,
        "pushed": lambda each: each.pushed_at,
    }
    sort = args.get("sort", "full_name")
    key: Sorting = keys.get(sort, lambda each: each.full_name.casefold())
    rising = args.get("direction", "desc" if sort in keys else "asc") == "asc"
    return context.listed(sorted(found, key=key, reverse=not rising), url, context.render.repo)


def repos_of_organization(context: Context, org: str) -> Response:
    """`GET orgs/ORG/repos`."""
    account = _organization(context, org)
    url = f"{context.render.api}/organizations/{account.id}/repos"
    return _repos(context, context.state.owned(account.login), url)


def repos_of_user(context: Context, login: str) -> Response:
    """`GET users/LOGIN/repos`."""
    account = context.state.account(login)
    if account is None:
        raise not_found()
    return _repos(context, context.state.owned(account.login), f"{context.render.api}/user/{account.id}/repos")


def my_repos(context: Context) -> Response:
    """`GET user/repos`: those in which the caller has a role."""
    require_user(context)
    mine = [each for each in context.state.repos.values() if _mine(context, each)]
    return _repos(context, mine, f"{context.render.api}/user/repos")


def _mine(context: Context, repo: Repo) -> bool:
    login = context.rights.login
    members = context.state.accounts[repo.owner.casefold()].members
    return context.sees(repo) and (repo.owner == login or login in members or login in repo.collaborators)
