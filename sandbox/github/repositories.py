"""Handlers of repositories themselves: reading, creating, changing, deleting, and who works with them."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import ids, transfers
from sandbox.github.access import Kind, Role, allows_account, error, invalid, not_found, refused, role, schema_mismatch
from sandbox.github.accounts import Account
from sandbox.github.context import Context, choice, flag, text, texts
from sandbox.github.entities import Branch, Repo
from sandbox.github.parts import require_user

NAME_MOST = 100


def get(context: Context, repo: Repo) -> Response:
    """`GET` of the repository."""
    return json_response(context.render.full_repo(repo))


def edit(context: Context, repo: Repo) -> Json:
    """`PATCH` of the repository: description, homepage, visibility, archived, has_issues, branch, name."""
    body = context.body()
    name, description, homepage = (text(body, each) for each in ("name", "description", "homepage"))
    visibility = choice(body, "visibility", ("public", "private"))
    private = visibility == "private" if visibility else flag(body, "private", default=repo.private)
    archived = flag(body, "archived", default=repo.archived)
    has_issues = flag(body, "has_issues", default=repo.has_issues)
    branch = text(body, "default_branch") or repo.default_branch
    if branch != repo.default_branch and branch not in {each.name for each in repo.branches}:
        raise invalid("Repository", "default_branch", "custom", f"The branch {branch} was not found.")
    if name is not None and name != repo.name:
        rename(context, repo, f"{repo.owner}/{name}")
    repo.description = description if "description" in body else repo.description
    repo.homepage = homepage if "homepage" in body else repo.homepage
    news = [] if private == repo.private else ["privatized" if private else "publicized"]
    news += [] if archived == repo.archived else ["archived" if archived else "unarchived"]
    repo.private, repo.archived, repo.has_issues, repo.default_branch = private, archived, has_issues, branch
    repo.updated_at = context.state.stamp()
    context.state.touch(repo)
    for action in news:
        context.edits.tell("repository", action, None, repo=repo, before=repo.full_name)
    return context.render.full_repo(repo)


def create_in_organization(context: Context, org: str) -> Response:
    """`POST orgs/ORG/repos`."""
    account = context.state.account(org)
    if account is None or not account.is_organization:
        raise not_found()
    return _create(context, account)


def create_own(context: Context) -> Response:
    """`POST user/repos`."""
    require_user(context)
    return _create(context, context.state.accounts[context.rights.login.casefold()])


def _create(context: Context, owner: Account) -> Response:
    state, body = context.state, context.body()
    if not allows_account(state, context.rights, owner.login, "administration", "write"):
        raise refused(context.rights, "administration", "write")
    name = (text(body, "name", needed=True) or "").strip().replace(" ", "-")
    description, homepage = text(body, "description"), text(body, "homepage")
    private = flag(body, "private", default=False) or choice(body, "visibility", ("public", "private")) == "private"
    has_issues, begun = flag(body, "has_issues", default=True), flag(body, "auto_init", default=False)
    _check_name(context, owner, name)
    now = state.stamp()
    repo = Repo(
        full_name=f"{owner.login}/{name}",
        id=state.next_id("repository"),
        private=private,
        description=description,
        homepage=homepage,
        has_issues=has_issues,
        created_at=now,
        updated_at=now,
        pushed_at=now,
        branches=[Branch(name="main", sha=ids.sha(owner.login, name, "main"))] if begun else [],
    )
    state.repos[repo.id] = repo
    state.names[repo.full_name.casefold()] = repo.id
    state.former_names.pop(repo.full_name.casefold(), None)
    state.touch(repo)
    context.edits.tell("repository", "created", None, repo=repo, before=repo.full_name)
    rendered = context.render.full_repo(repo)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def _check_name(context: Context, owner: Account, name: str) -> None:
    if not name or len(name) > NAME_MOST or not all(each.isalnum() or each in "-_." for each in name):
        raise invalid("Repository", "name", "invalid")
    if context.state.repo(f"{owner.login}/{name}") is not None:
        raise invalid("Repository", "name", "custom", "name already exists on this account")


def delete(context: Context, repo: Repo) -> Response:
    """`DELETE` of the repository: it and all in it is gone."""
    if context.rights.kind is Kind.CLASSIC and "delete_repo" not in context.rights.scopes:
        raise error(403, "Must have admin rights to Repository.")
    context.edits.tell("repository", "deleted", None, repo=repo, before=repo.full_name)
    transfers.delete_repository(context.edits, repo)
    return empty_response()


def rename(context: Context, repo: Repo, full_name: str) -> None:
    """Give a repository another name or owner; the old one redirects. Raises HttpError 422 when it is taken."""
    state = context.state
    owner, _, name = full_name.partition("/")
    account = state.account(owner)
    if not account or not name or not all(each.isalnum() or each in "-_." for each in name):
        raise invalid("Repository", "name", "invalid")
    if state.names.get(full_name.casefold(), repo.id) != repo.id:
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    old = repo.full_name
    repo.full_name = f"{account.login}/{name}"
    del state.names[old.casefold()]
    state.names[repo.full_name.casefold()] = repo.id
    state.former_names.pop(repo.full_name.casefold(), None)
    state.former_names[old.casefold()] = repo.id
    repo.previous_names = [*(each for each in repo.previous_names if each != repo.full_name), old]
    for each in state.accounts.values():
        for team in each.teams:
            if old in team.repositories:
                team.repositories[repo.full_name] = team.repositories.pop(old)
    state.touch(repo)
    action = "transferred" if account.login != old.partition("/")[0] else "renamed"
    context.edits.tell("repository", action, None, repo=repo, before=old)


def permission(context: Context, repo: Repo, login: str) -> Json:
    """`GET collaborators/LOGIN/permission`."""
    account = context.state.account(login)
    if account is None:
        raise not_found()
    level = role(context.state, account.login, repo)
    plain = {Role.TRIAGE: "read", Role.MAINTAIN: "write"}.get(level, level.name.lower())
    user = {**context.render.someone(account.login), "permissions": level.as_json(), "role_name": level.name.lower()}
    return {"permission": plain, "user": user, "role_name": level.name.lower()}


def collaborators(context: Context, repo: Repo) -> Response:
    """`GET collaborators`."""
    state = context.state
    logins = _working(context, repo)

    def render(login: str) -> dict[str, Any]:
        level = role(state, login, repo)
        user = context.render.someone(login)
        return {**user, "permissions": level.as_json(), "role_name": level.name.lower()}

    return context.listed(logins, f"{context.repo_url(repo)}/collaborators", render)


def _working(context: Context, repo: Repo) -> list[str]:
    owner = context.state.accounts[repo.owner.casefold()]
    some = {*owner.members, *repo.collaborators, *([] if owner.is_organization else [owner.login])}
    return sorted(each for each in some if role(context.state, each, repo) > Role.NONE)


def archived(repo: Repo) -> Exception:
    """Make the refusal of writes to an archived repository."""
    return error(403, f"Repository {repo.full_name} was archived so is read-only.")


# ── collaborators ──


def collaborator(context: Context, repo: Repo, login: str) -> Response:
    """`GET collaborators/LOGIN`: 204 for those who work here."""
    if login.casefold() not in {each.casefold() for each in _working(context, repo)}:
        raise not_found()
    return empty_response()


def add_collaborator(context: Context, repo: Repo, login: str) -> Response:
    """`PUT collaborators/LOGIN`: takes effect at once, without an invitation."""
    account = context.state.account(login)
    if account is None or account.is_organization:
        raise not_found()
    wanted = {"pull": "read", "push": "write", None: "write"}
    asked = text(context.body(), "permission")
    level = wanted.get(asked, asked)
    if level not in ("read", "triage", "write", "maintain", "admin"):
        raise invalid("Repository", "permission", "invalid", value=asked)
    if account.login == repo.owner:
        raise error(422, "Repository owner cannot be a collaborator")
    repo.collaborators[account.login] = level
    context.state.touch(repo)
    return empty_response()


def remove_collaborator(context: Context, repo: Repo, login: str) -> Response:
    """`DELETE collaborators/LOGIN`."""
    account = context.state.account(login)
    repo.collaborators.pop(account.login if account else "", None)
    context.state.touch(repo)
    return empty_response()


# ── small things ──


def topics(context: Context, repo: Repo) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET topics`."""
    return {"names": repo.topics}


def set_topics(context: Context, repo: Repo) -> Json:
    """`PUT topics`."""
    names = texts(context.body(), "names")
    if names is None:
        raise schema_mismatch('"names" wasn\'t supplied.')
    if any(not each or each.casefold() != each or len(each) > 50 for each in names):
        raise error(422, "Topics must start with a lowercase letter or number and consist of 50 characters or less.")
    repo.topics = names
    context.state.touch(repo)
    return {"names": repo.topics}


def none(context: Context, repo: Repo) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET stargazers`, `subscribers`, `forks`, `deployments`: there are none."""
    return []


def contributors(context: Context, repo: Repo) -> Response:
    """`GET contributors`: whose pull requests were merged, the busiest first."""
    counts: dict[str, int] = {}
    for issue in repo.issues:
        if issue.pull_request and issue.pull_request.merged_at and not issue.gone:
            counts[issue.user] = counts.get(issue.user, 0) + 1
    found = sorted(counts.items(), key=lambda pair: -pair[1])
    url = f"{context.repo_url(repo)}/contributors"
    return context.listed(found, url, lambda pair: {**context.render.someone(pair[0]), "contributions": pair[1]})


def nothing(context: Context, repo: Repo) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET languages`: there is no code."""
    return {}
