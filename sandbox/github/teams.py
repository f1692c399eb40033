"""Handlers of teams: of an organization, of a repository, of a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import ids
from sandbox.github.access import Role, allows_account, error, invalid, not_found, refused
from sandbox.github.accounts import Account, Team
from sandbox.github.completing import slug_of
from sandbox.github.context import Context, choice, text
from sandbox.github.entities import Repo
from sandbox.github.parts import require_user

PERMISSIONS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
"""Roles in a repository by the names that teams have for them."""


def _organization(context: Context, org: str, needed: str) -> Account:
    account = context.state.account(org)
    if account is None or not account.is_organization:
        raise not_found()
    if not allows_account(context.state, context.rights, account.login, "members", needed):
        raise refused(context.rights, "members", needed) if needed == "write" else not_found()
    return account


def _team(context: Context, org: str, slug: str, needed: str = "read") -> tuple[Account, Team]:
    account = _organization(context, org, needed)
    found = next((each for each in account.teams if each.slug == slug), None)
    if found is None:
        raise not_found()
    return account, found


def _place(context: Context, account: Account, team: Team) -> str:
    return f"{context.render.api}/organizations/{account.id}/team/{team.id}"


def render(context: Context, account: Account, team: Team, *, parent: bool = True) -> dict[str, Any]:
    """Render a team as lists show it."""
    url = _place(context, account, team)
    told = {
        "name": team.name,
        "id": team.id,
        "node_id": ids.node_id(ids.TEAM, account.id, team.id),
        "slug": team.slug,
        "description": team.description,
        "privacy": team.privacy,
        "notification_setting": "notifications_enabled",
        "url": url,
        "html_url": f"{context.render.html}/orgs/{account.login}/teams/{team.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "permission": "pull",
        "type": "organization",
        "organization_id": account.id,
    }
    if not parent:
        return told
    above = next((each for each in account.teams if each.slug == team.parent), None)
    return {**told, "parent": render(context, account, above, parent=False) if above else None}


def _full(context: Context, account: Account, team: Team) -> dict[str, Any]:
    return {
        **render(context, account, team),
        "created_at": team.created_at,
        "updated_at": team.updated_at,
        "members_count": len(team.members),
        "repos_count": len(team.repositories),
        "organization": context.render.organization(account),
    }


def visible(context: Context, account: Account, team: Team) -> bool:
    """Whether the caller may know of a team: secret ones are for their members and for owners."""
    me = context.rights.login
    return team.privacy != "secret" or me in team.members or account.members.get(me) == "admin"


def teams(context: Context, org: str) -> Response:
    """`GET orgs/ORG/teams`: secret ones for their members and owners."""
    account = _organization(context, org, "read")
    found = [each for each in account.teams if visible(context, account, each)]
    url = f"{context.render.api}/organizations/{account.id}/teams"
    return context.listed(found, url, lambda each: render(context, account, each))


def get(context: Context, org: str, slug: str) -> Json:
    """`GET orgs/ORG/teams/SLUG`."""
    return _full(context, *_team(context, org, slug))


def create(context: Context, org: str) -> Response:
    """`POST orgs/ORG/teams`."""
    account, body = _organization(context, org, "write"), context.body()
    name = (text(body, "name", needed=True) or "").strip()
    now = context.state.stamp()
    made = Team(name=name, slug=slug_of(name), created_at=now, updated_at=now)
    _fill(account, made, body)
    made.id = context.state.next_id("team")
    made.members = dict.fromkeys(_logins(context, body), "member")
    account.teams.append(made)
    context.state.writes += 1
    return json_response(_full(context, account, made), status=201)


def _logins(context: Context, body: dict[str, Any]) -> list[str]:
    given = body.get("maintainers") or []
    found = [context.state.account(each) for each in given if isinstance(each, str)] if isinstance(given, list) else []
    return [each.login for each in found if each]


def _fill(account: Account, team: Team, body: dict[str, Any]) -> None:
    name = (text(body, "name") or team.name).strip()
    slug = slug_of(name)
    privacy = choice(body, "privacy", ("secret", "closed")) or team.privacy
    parent = team.parent
    if "parent_team_id" in body:
        above = next((each for each in account.teams if each.id == body["parent_team_id"]), None)
        if above is None and body["parent_team_id"] is not None:
            raise invalid("Team", "parent_team_id", "invalid")
        parent = above.slug if above else None
    if not slug or any(each.slug == slug and each is not team for each in account.teams):
        raise error(422, "Name must be unique for this org")
    if _below(account, team, parent):
        raise invalid("Team", "parent_team_id", "invalid")
    team.description = text(body, "description") if "description" in body else team.description
    for each in account.teams:
        if each.parent == team.slug:
            each.parent = slug
    team.name, team.slug, team.privacy, team.parent = name, slug, privacy, parent


def _below(account: Account, team: Team, slug: str | None) -> bool:
    """Whether a team is the other one, or stands above it."""
    by_slug = {each.slug: each for each in account.teams}
    while slug is not None:
        if by_slug[slug] is team:
            return True
        slug = by_slug[slug].parent
    return False


def edit(context: Context, org: str, slug: str) -> Json:
    """`PATCH orgs/ORG/teams/SLUG`: a new name brings a new slug."""
    account, team = _team(context, org, slug, "write")
    _fill(account, team, context.body())
    team.updated_at = context.state.stamp()
    context.state.writes += 1
    return _full(context, account, team)


def delete(context: Context, org: str, slug: str) -> Response:
    """`DELETE orgs/ORG/teams/SLUG`: those below it go too."""
    account, team = _team(context, org, slug, "write")
    account.teams = [each for each in account.teams if not _below(account, team, each.slug)]
    context.state.writes += 1
    return empty_response()


def children(context: Context, org: str, slug: str) -> Response:
    """`GET orgs/ORG/teams/SLUG/teams`."""
    account, team = _team(context, org, slug)
    found = [each for each in account.teams if each.parent == team.slug]
    return context.listed(found, f"{_place(context, account, team)}/teams", lambda each: render(context, account, each))


# ── members ──


def members(context: Context, org: str, slug: str) -> Response:
    """`GET orgs/ORG/teams/SLUG/members`, those of child teams included."""
    account, team = _team(context, org, slug)
    logins = logins_of(account, team, context.call.args.get("role", "all"))
    return context.listed(logins, f"{_place(context, account, team)}/members", context.render.someone)


def logins_of(account: Account, team: Team, wanted: str = "all") -> list[str]:
    """List a team's members, those of the teams below it included."""
    found = (each.members for each in account.teams if _below(account, team, each.slug))
    return list(dict.fromkeys(login for each in found for login, part in each.items() if wanted in ("all", part)))


def _membership(context: Context, account: Account, team: Team, login: str) -> dict[str, Any]:
    url = f"{_place(context, account, team)}/memberships/{login}"
    return {"url": url, "role": team.members.get(login, "member"), "state": "active"}


def membership(context: Context, org: str, slug: str, login: str) -> Json:
    """`GET orgs/ORG/teams/SLUG/memberships/LOGIN`."""
    account, team = _team(context, org, slug)
    found = context.state.account(login)
    if found is None or found.login not in logins_of(account, team):
        raise not_found()
    return _membership(context, account, team, found.login)


def add_member(context: Context, org: str, slug: str, login: str) -> Json:
    """`PUT orgs/ORG/teams/SLUG/memberships/LOGIN`: who is no member of the organization becomes one at once."""
    account, team = _team(context, org, slug, "write")
    found = context.state.account(login)
    if found is None or found.is_organization:
        raise not_found()
    part = choice(context.body(), "role", ("member", "maintainer")) or team.members.get(found.login, "member")
    team.members[found.login] = part
    account.members.setdefault(found.login, "member")
    context.state.writes += 1
    return _membership(context, account, team, found.login)


def remove_member(context: Context, org: str, slug: str, login: str) -> Response:
    """`DELETE orgs/ORG/teams/SLUG/memberships/LOGIN`."""
    _, team = _team(context, org, slug, "write")
    found = context.state.account(login)
    if found is None or team.members.pop(found.login, None) is None:
        raise not_found()
    context.state.writes += 1
    return empty_response()


# ── repositories ──


def _as_team_sees(context: Context, repo: Repo, level: str) -> dict[str, Any]:
    role = Role[level.upper()]
    return {**context.render.repo(repo), "permissions": role.as_json(), "role_name": level}


def repositories(context: Context, org: str, slug: str) -> Response:
    """`GET orgs/ORG/teams/SLUG/repos`."""
    account, team = _team(context, org, slug)
    pairs = [(context.state.repo(name), level) for name, level in team.repositories.items()]
    found = [(repo, level) for repo, level in pairs if repo and context.sees(repo)]
    url = f"{_place(context, account, team)}/repos"
    return context.listed(found, url, lambda pair: _as_team_sees(context, *pair))


def _repository(context: Context, owner: str, repo_name: str) -> Repo:
    found = context.state.repo(f"{owner}/{repo_name}")
    if found is None or not context.sees(found):
        raise not_found()
    return found


def repository(context: Context, org: str, slug: str, owner: str, repo_name: str) -> Response:
    """`GET orgs/ORG/teams/SLUG/repos/O/R`: 204, or the repository for the media type that asks for it."""
    _, team = _team(context, org, slug)
    repo = _repository(context, owner, repo_name)
    level = team.repositories.get(repo.full_name)
    if level is None:
        raise not_found()
    if "repository" in context.call.headers.get("Accept", ""):
        return json_response(_as_team_sees(context, repo, level))
    return empty_response()


def add_repository(context: Context, org: str, slug: str, owner: str, repo_name: str) -> Response:
    """`PUT orgs/ORG/teams/SLUG/repos/O/R`."""
    account, team = _team(context, org, slug, "write")
    repo = _repository(context, owner, repo_name)
    if repo.owner != account.login or context.role(repo) < Role.ADMIN:
        raise error(403, "Must have admin rights to Repository.")
    asked = text(context.body(), "permission") or "push"
    level = PERMISSIONS.get(asked)
    if level is None:
        raise invalid("Team", "permission", "invalid", value=asked)
    team.repositories[repo.full_name] = level
    context.state.writes += 1
    return empty_response()


def remove_repository(context: Context, org: str, slug: str, owner: str, repo_name: str) -> Response:
    """`DELETE orgs/ORG/teams/SLUG/repos/O/R`."""
    _, team = _team(context, org, slug, "write")
    team.repositories.pop(_repository(context, owner, repo_name).full_name, None)
    context.state.writes += 1
    return empty_response()


def of_repository(context: Context, repo: Repo) -> Response:
    """`GET teams` of a repository."""
    account = context.state.accounts[repo.owner.casefold()]
    found = [each for each in account.teams if repo.full_name in each.repositories]
    names = {level: name for name, level in PERMISSIONS.items()}

    def told(team: Team) -> dict[str, Any]:
        level = team.repositories[repo.full_name]
        return {
            **render(context, account, team),
            "permission": names[level],
            "permissions": Role[level.upper()].as_json(),
        }

    return context.listed(found, f"{context.repo_url(repo)}/teams", told)


def of_caller(context: Context) -> Response:
    """`GET user/teams`."""
    require_user(context)
    me = context.rights.login
    found = [(account, each) for account in context.state.accounts.values() for each in account.teams]
    mine = [pair for pair in found if me in pair[1].members]
    return context.listed(mine, f"{context.render.api}/user/teams", lambda pair: _full(context, *pair))


# ── routes ──

_ONE: dict[str, Callable[..., Any]] = {
    "GET ": get,
    "PATCH ": edit,
    "DELETE ": delete,
    "GET /teams": children,
    "GET /members": members,
    "GET /memberships/<login>": membership,
    "PUT /memberships/<login>": add_member,
    "DELETE /memberships/<login>": remove_member,
    "GET /repos": repositories,
    "GET /repos/<owner>/<repo_name>": repository,
    "PUT /repos/<owner>/<repo_name>": add_repository,
    "DELETE /repos/<owner>/<repo_name>": remove_repository,
}


def _by_id(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Make the handler of a team by its id: where a team's `url` points, and the older `/teams/ID`."""

    def handle(context: Context, team_id: int, org_id: int | None = None, **arguments: Any) -> Any:
        for account in context.state.accounts.values():
            found = next((each for each in account.teams if each.id == team_id), None)
            if found is not None and org_id in (None, account.id):
                return handler(context, account.login, found.slug, **arguments)
        raise not_found()

    return handle


def table() -> dict[str, Callable[..., Any]]:
    """List the routes of teams."""
    made: dict[str, Callable[..., Any]] = {"GET /orgs/<org>/teams": teams, "POST /orgs/<org>/teams": create}
    for entry, handler in _ONE.items():
        method, _, path = entry.partition(" ")
        made[f"{method} /orgs/<org>/teams/<slug>{path}"] = handler
        made[f"{method} /organizations/<int:org_id>/team/<int:team_id>{path}"] = _by_id(handler)
        made[f"{method} /teams/<int:team_id>{path}"] = _by_id(handler)
    return made
