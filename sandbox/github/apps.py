"""Handlers of apps: what an app sees of itself, its installations and their tokens, and its webhook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import auth, hooks
from sandbox.github.access import Kind, Role, error, not_found, schema_mismatch
from sandbox.github.accounts import App, Hook, Installation, InstallationToken, Level
from sandbox.github.context import Context
from sandbox.github.entities import Repo
from sandbox.github.parts import require_user


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
        "events": owner.hook.events if owner.hook else [],
        "repository_selection": "all" if each.repositories == "all" else "selected",
        "single_file_name": None,
        "created_at": each.created_at,
        "updated_at": each.updated_at,
        "suspended_at": each.updated_at if each.suspended else None,
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
    return _installation(context, _one(found, installation_id), found)


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
    each = _one(found, installation_id)
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


def _narrowed(each: Installation, asked: object) -> dict[str, Level]:
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
    narrowed = context.rights.repositories is not None
    url = f"{context.render.api}/installation/repositories"
    return _page_of_repositories(context, found, url, "selected" if narrowed else "all")


def _page_of_repositories(context: Context, found: list[Repo], url: str, selection: str) -> Response:
    page = context.listed(found, url, context.render.repo)
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    whole = {"total_count": len(found), "repository_selection": selection, "repositories": page.json}
    return json_response(whole, headers=headers)


# ── what a user sees of installations ──


def _reached(context: Context, each: Installation) -> list[Repo]:
    given = auth.repository_ids(context.state, each.repositories)
    owned = context.state.owned(each.account)
    return [repo for repo in owned if (given is None or repo.id in given) and context.sees(repo)]


def installations_of_user(context: Context) -> Response:
    """`GET user/installations`: those on accounts that the caller belongs to."""
    require_user(context)
    me, state = context.rights.login, context.state
    found = [
        (owner, each)
        for owner in state.apps.values()
        for each in owner.installations
        if each.account == me or me in state.accounts[each.account.casefold()].members
    ]
    url = f"{context.render.api}/user/installations"
    page = context.listed(found, url, lambda pair: _installation(context, pair[1], pair[0]))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    return json_response({"total_count": len(found), "installations": page.json}, headers=headers)


def repositories_for_user(context: Context, installation_id: int) -> Response:
    """`GET user/installations/ID/repositories`."""
    require_user(context)
    found = context.state.installation(installation_id)
    if found is None:
        raise not_found()
    url = f"{context.render.api}/user/installations/{installation_id}/repositories"
    selection = "all" if found[1].repositories == "all" else "selected"
    return _page_of_repositories(context, _reached(context, found[1]), url, selection)


# ── suspension ──


def suspend(context: Context, installation_id: int) -> Response:
    """`PUT app/installations/ID/suspended`: its tokens are good no more."""
    return _suspended(context, installation_id, suspended=True)


def unsuspend(context: Context, installation_id: int) -> Response:
    """`DELETE app/installations/ID/suspended`."""
    return _suspended(context, installation_id, suspended=False)


def _suspended(context: Context, installation_id: int, *, suspended: bool) -> Response:
    _one(_app(context), installation_id).suspended = suspended
    context.state.writes += 1
    return empty_response()


def uninstall(context: Context, installation_id: int) -> Response:
    """`DELETE app/installations/ID`."""
    found = _app(context)
    found.installations.remove(_one(found, installation_id))
    context.state.writes += 1
    return empty_response()


def _one(found: App, installation_id: int) -> Installation:
    each = next((one for one in found.installations if one.id == installation_id), None)
    if each is None:
        raise not_found()
    return each


# ── the webhook of an app ──


def _hook(context: Context) -> Hook:
    found = _app(context)
    if found.hook is None:
        raise not_found()
    return found.hook


def hook_config(context: Context) -> Json:
    """`GET app/hook/config`."""
    return hooks.config_of(_hook(context))


def edit_hook_config(context: Context) -> Json:
    """`PATCH app/hook/config`."""
    return hooks.change_config(context, _hook(context))


def deliveries(context: Context) -> Response:
    """`GET app/hook/deliveries`, newest first, by cursor."""
    return hooks.listed(context, _hook(context), f"{context.render.api}/app/hook/deliveries")


def delivery(context: Context, delivery_id: int) -> Json:
    """`GET app/hook/deliveries/ID`."""
    return hooks.detail(context, _hook(context), delivery_id)


def redeliver(context: Context, delivery_id: int) -> Response:
    """`POST app/hook/deliveries/ID/attempts`."""
    return hooks.again(context, _hook(context), delivery_id)
