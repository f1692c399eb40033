"""Handlers of users, organizations and their repositories, apps, limits, and the API's front door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import auth
from sandbox.github.access import Kind, Role, allows_account, error, not_found, refused, schema_mismatch
from sandbox.github.context import Context
from sandbox.github.entities import Account, App, Installation, InstallationToken, Repo
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


def member(context: Context, org: str, login: str) -> Response:
    """`GET orgs/ORG/members/LOGIN`: 204 for a member."""
    account = _organization(context, org)
    found = context.state.account(login)
    seen = allows_account(context.state, context.rights, account.login, "members", "read")
    if not seen or found is None or found.login not in account.members:
        raise not_found()
    return empty_response()


def issue_types(context: Context, org: str) -> Response:
    """`GET orgs/ORG/issue-types`."""
    account = _organization(context, org)
    return json_response([context.render.issue_type(each) for each in account.issue_types])


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


# ── apps ──


def _app(context: Context) -> App:
    if context.rights.kind is not Kind.APP:
        raise error(401, "A JSON web token could not be decoded")
    return context.state.apps[context.rights.app_id]


def app(context: Context) -> Json:
    """`GET app`."""
    found = _app(context)
    rendered = context.render.integration(found)
    return {**rendered, "installations_count": len(found.installations)}


def _installation(context: Context, each: Installation, owner: App) -> dict[str, Any]:
    base = context.render.api
    return {
        "id": each.id,
        "account": context.render.someone(each.account),
        "access_tokens_url": f"{base}/app/installations/{each.id}/access_tokens",
        "repositories_url": f"{base}/installation/repositories",
        "html_url": f"{context.render.html}/organizations/{each.account}/settings/installations/{each.id}",
        "app_id": owner.id,
        "app_slug": owner.slug,
        "target_id": context.state.accounts[each.account.casefold()].id,
        "target_type": context.state.accounts[each.account.casefold()].type,
        "permissions": each.permissions,
        "events": [],
        "repository_selection": "all" if each.repositories == "all" else "selected",
        "single_file_name": None,
        "created_at": owner.created_at,
        "updated_at": owner.updated_at,
        "suspended_at": owner.updated_at if each.suspended else None,
        "suspended_by": None,
    }


def installations(context: Context) -> Response:
    """`GET app/installations`."""
    found = _app(context)
    url = f"{context.render.api}/app/installations"
    return context.listed(found.installations, url, lambda each: _installation(context, each, found))


def installation(context: Context, installation_id: int) -> Json:
    """`GET app/installations/ID`."""
    found = _app(context)
    each = next((one for one in found.installations if one.id == installation_id), None)
    if each is None:
        raise not_found()
    return _installation(context, each, found)


def installation_of_account(context: Context, org: str) -> Json:
    """`GET orgs/ORG/installation` and `users/LOGIN/installation`."""
    found, account = _app(context), context.state.account(org)
    each = next((one for one in found.installations if account and one.account == account.login), None)
    if each is None:
        raise not_found()
    return _installation(context, each, found)


def installation_of_repo(context: Context, owner: str, repo_name: str) -> Json:
    """`GET repos/O/R/installation`."""
    repo = context.state.repo(f"{owner}/{repo_name}")
    if repo is None:
        raise not_found()
    return installation_of_account(context, repo.owner)


def create_token(context: Context, installation_id: int) -> Response:
    """`POST app/installations/ID/access_tokens`: a token for an hour, perhaps narrowed."""
    found, state = _app(context), context.state
    each = next((one for one in found.installations if one.id == installation_id), None)
    if each is None:
        raise not_found()
    if each.suspended:
        raise error(403, "This installation has been suspended")
    body = context.body()
    permissions = _narrowed(each, body.get("permissions"))
    chosen = _chosen(context, each, body)
    serial = state.next_id("token")
    ends = datetime.fromtimestamp(state.clock.seconds() + state.switches.token_seconds, tz=UTC)
    made = InstallationToken(
        token=auth.new_token(state, found, serial, (installation_id, ends)),
        app=found.id,
        installation=installation_id,
        permissions=permissions,
        repositories="all" if chosen is None else [repo.full_name for repo in chosen],
        expires_at=ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    state.installation_tokens[made.token] = made
    answer: dict[str, Any] = {"token": made.token, "expires_at": made.expires_at, "permissions": permissions}
    selected = chosen is not None or each.repositories != "all"
    answer["repository_selection"] = "selected" if selected else "all"
    if chosen is not None:
        answer["repositories"] = [context.render.repo(repo) for repo in chosen]
    return json_response(answer, status=201)


def _narrowed(each: Installation, asked: object) -> dict[str, str]:
    if asked is None or asked == {}:  # PyGithub sends an empty object, and gets all
        return {"metadata": "read", **each.permissions}
    if not isinstance(asked, dict):
        raise schema_mismatch("For 'properties/permissions', an object is needed.")
    levels = ("read", "write", "admin")
    for name, level in asked.items():
        had = each.permissions.get(name, "read" if name == "metadata" else "")
        if level not in levels or had not in levels or levels.index(level) > levels.index(had):
            raise error(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **asked}


def _chosen(context: Context, each: Installation, body: dict[str, Any]) -> list[Repo] | None:
    names, numbers = body.get("repositories"), body.get("repository_ids")
    if names is None and numbers is None:
        return None
    if not isinstance(names or [], list) or not isinstance(numbers or [], list):
        raise schema_mismatch("For 'properties/repositories', an array is needed.")
    reached = auth.repository_ids(context.state, each.repositories)
    owned = [one for one in context.state.owned(each.account) if reached is None or one.id in reached]
    wanted = [*(names or []), *(numbers or [])]
    chosen = [one for one in owned if one.name in wanted or one.id in wanted]
    if len(chosen) != len(wanted):
        raise error(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return chosen


def revoke_token(context: Context) -> Response:
    """`DELETE installation/token`."""
    if context.rights.kind is not Kind.INSTALLATION:
        raise error(403, "You must authenticate with an installation access token")
    del context.state.installation_tokens[context.rights.token]
    return empty_response()


def installation_repositories(context: Context) -> Response:
    """`GET installation/repositories`."""
    if context.rights.kind is not Kind.INSTALLATION:
        raise error(403, "You must authenticate with an installation access token in order to list repositories")
    found = [each for each in context.state.owned(context.rights.account) if context.role(each) is Role.ADMIN]
    page = context.listed(found, f"{context.render.api}/installation/repositories", context.render.repo)
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    whole = {"total_count": len(found), "repository_selection": "selected", "repositories": page.json}
    return json_response(whole, headers=headers)
