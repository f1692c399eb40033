"""Who may see and do what: accounts' roles, tokens' permissions, and GitHub's way of refusing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from sandbox.core.http import HttpError
from sandbox.github.accounts import Account, Team
from sandbox.github.entities import Repo
from sandbox.github.state import State

DOCS = "https://docs.github.com/rest"


class Role(IntEnum):
    """What an account may do in a repository; each includes those before."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5

    def as_json(self) -> dict[str, bool]:
        """Give `permissions` of a repository."""
        return {
            "admin": self >= Role.ADMIN,
            "maintain": self >= Role.MAINTAIN,
            "push": self >= Role.WRITE,
            "triage": self >= Role.TRIAGE,
            "pull": self >= Role.READ,
        }


class Kind(StrEnum):
    """By what a request is authorised."""

    ANONYMOUS = "anonymous"
    FINE_GRAINED = "fine_grained"
    CLASSIC = "classic"
    INSTALLATION = "installation"
    APP = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """One request's caller.

    Attributes:
        kind: by what it is authorised.
        login: who acts; empty when anonymous and for an app itself.
        token: the token, for ETags that are bound to it.
        owner: what limits are counted by: user, installation or address.
        permissions: of a fine-grained token or an installation, `read`, `write` or `admin` by name.
        repositories: ids of the repositories that the token was given; None for all that it can reach.
        account: login of the account an installation belongs to.
        scopes: of a classic token.
        app: slug of the app.
        expires_at: when the token ends.
        growth: by how much the limit of an installation is more than the least, where limits grow.
    """

    kind: Kind = Kind.ANONYMOUS
    login: str = ""
    token: str = ""
    owner: str = "anonymous"
    permissions: Mapping[str, str] = field(default_factory=dict)
    repositories: frozenset[int] | None = None
    account: str = ""
    scopes: frozenset[str] = frozenset()
    app: str | None = None
    app_id: int = 0
    installation: int = 0
    expires_at: str | None = None
    growth: int = 0


_LEVELS = {"read": 1, "write": 2, "admin": 3}


def not_found() -> HttpError:
    """Make the answer for what is not there, or must not be known to be."""
    return error(404, "Not Found")


def error(status: int, message: str, *, headers: Mapping[str, str] | None = None, docs: str = DOCS) -> HttpError:
    """Make an error in GitHub's form."""
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return HttpError(status, message, body=body, headers=headers)


def invalid(
    resource: str, field_name: str | None, code: str, message: str | None = None, value: Any = ...
) -> HttpError:
    """Make a 422 with one entry in `errors`.

    Args:
        resource: `Issue`, `Label` ...
        field_name: what is wrong.
        code: `missing`, `missing_field`, `invalid`, `already_exists`, `custom`.
        message: for `custom`.
        value: what was sent, where GitHub repeats it.
    """
    entry: dict[str, Any] = {"resource": resource, "code": code}
    if field_name is not None:
        entry["field"] = field_name
    if message is not None:
        entry["message"] = message
    if value is not ...:
        entry["value"] = value if isinstance(value, str | int | list) and not isinstance(value, bool) else str(value)
    body = {"message": "Validation Failed", "errors": [entry], "documentation_url": DOCS}
    return HttpError(422, "Validation Failed", body=body)


def unprocessable(*told: str) -> HttpError:
    """Make the 422 whose `errors` are sentences, as reviews and the order of sub-issues have it."""
    body = {"message": "Validation Failed", "errors": list(told), "documentation_url": DOCS}
    return HttpError(422, "Validation Failed", body=body)


def schema_mismatch(message: str) -> HttpError:
    """Make the 422 for a body of the wrong shape."""
    text = f"Invalid request.\n\n{message}"
    return HttpError(422, text, body={"message": text, "documentation_url": DOCS})


def role(state: State, login: str, repo: Repo) -> Role:
    """Say what an account may do in a repository."""
    owner = state.accounts[repo.owner.casefold()]
    roles = [Role.NONE if repo.private else Role.READ]
    if login == owner.login or (owner.is_organization and owner.members.get(login) == "admin"):
        roles.append(Role.ADMIN)
    elif owner.is_organization and login in owner.members:
        roles.append(Role[owner.base_permission.upper()])
    if login in repo.collaborators:
        roles.append(Role[repo.collaborators[login].upper()])
    roles += [Role[each.upper()] for each in _of_teams(owner, login, repo)]
    return max(roles)


def _of_teams(owner: Account, login: str, repo: Repo) -> Iterator[str]:
    """Give the roles that teams bring; a team's members have what its parents have."""
    by_slug = {each.slug: each for each in owner.teams}
    for team in owner.teams:
        if login not in team.members:
            continue
        above: Team | None = team
        while above is not None:
            if repo.full_name in above.repositories:
                yield above.repositories[repo.full_name]
            above = by_slug.get(above.parent or "")


def access(state: State, rights: Rights, repo: Repo) -> Role:
    """Say what a caller may do in a repository, leaving the permissions of its token aside."""
    public = Role.NONE if repo.private else Role.READ
    given = rights.repositories is None or repo.id in rights.repositories
    match rights.kind:
        case Kind.ANONYMOUS | Kind.APP:
            return public
        case Kind.INSTALLATION:
            return Role.ADMIN if repo.owner == rights.account and given else public
        case Kind.FINE_GRAINED:
            return role(state, rights.login, repo) if given else public
        case Kind.CLASSIC:
            full = "repo" in rights.scopes or ("public_repo" in rights.scopes and not repo.private)
            return role(state, rights.login, repo) if full else public


def _permitted(rights: Rights, permission: str, needed: str) -> bool:
    if permission == "metadata":
        return True
    return _LEVELS.get(rights.permissions.get(permission, ""), 0) >= _LEVELS[needed]


def allows(rights: Rights, repo: Repo, permission: str, needed: str) -> bool:
    """Say whether a token's permissions reach so far in a repository.

    `permission` is GitHub's name, `issues`, or several of which one is enough, with `|` between; `needed` is `read` or
    `write`.
    """
    if needed == "read" and not repo.private:
        return True
    if rights.kind in (Kind.ANONYMOUS, Kind.APP):
        return False
    if rights.kind is Kind.CLASSIC:
        return "repo" in rights.scopes or ("public_repo" in rights.scopes and not repo.private)
    given = rights.repositories is None or repo.id in rights.repositories
    if rights.kind is Kind.INSTALLATION:
        given = given and repo.owner == rights.account
    return given and any(_permitted(rights, each, needed) for each in permission.split("|"))


def require(state: State, rights: Rights, repo: Repo, permission: str, needed: str, *, least: Role) -> None:
    """Refuse, in GitHub's way, what the caller may not do in a repository.

    `permission` and `needed` are what the token needs, as `allows` takes them; `least` is what the account needs.

    Raises:
        HttpError: 401 for writing without a token, 403 otherwise; 404 for repositories that must not be known.
    """
    level = access(state, rights, repo)
    if level is Role.NONE:
        raise not_found()
    if needed == "write" and rights.kind is Kind.ANONYMOUS:
        raise error(401, "Requires authentication")
    if not allows(rights, repo, permission, needed):
        raise refused(rights, permission, needed)
    if level < least:
        raise error(403, "Must have admin rights to Repository.")


def refused(rights: Rights, permission: str, needed: str) -> HttpError:
    """Make the 403 of a token that lacks a permission."""
    accepted = ";".join(f"{each}={needed}" for each in permission.split("|"))
    whose = "integration" if rights.kind in (Kind.INSTALLATION, Kind.APP) else "personal access token"
    if rights.kind is Kind.CLASSIC:
        return not_found()
    return error(403, f"Resource not accessible by {whose}", headers={"X-Accepted-GitHub-Permissions": accepted})


def allows_account(state: State, rights: Rights, login: str, permission: str, needed: str) -> bool:
    """Say whether a caller may use what belongs to an organization (or a user) by a permission of that account."""
    account = state.account(login)
    if account is None:
        return False
    belongs = rights.login == account.login or rights.login in account.members
    match rights.kind:
        case Kind.ANONYMOUS | Kind.APP:
            return False
        case Kind.INSTALLATION:
            mine = rights.account == account.login
            if not account.is_organization and not state.switches.user_projects_for_apps:
                mine = False
            return mine and _permitted(rights, permission, needed)
        case Kind.FINE_GRAINED:
            return belongs and _permitted(rights, permission, needed)
        case Kind.CLASSIC:
            return belongs and bool(rights.scopes & _SCOPES[permission][needed])


_SCOPES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "organization_projects": {
        "read": frozenset({"read:project", "project"}),
        "write": frozenset({"project"}),
    },
    "administration": {
        "read": frozenset({"repo"}),
        "write": frozenset({"repo", "public_repo"}),
    },
    "organization_administration": {
        "read": frozenset({"read:org", "write:org", "admin:org"}),
        "write": frozenset({"admin:org"}),
    },
    "members": {
        "read": frozenset({"read:org", "write:org", "admin:org"}),
        "write": frozenset({"write:org", "admin:org"}),
    },
    "organization_hooks": {
        "read": frozenset({"admin:org_hook"}),
        "write": frozenset({"admin:org_hook"}),
    },
}
