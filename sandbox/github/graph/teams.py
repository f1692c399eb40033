"""Resolvers of teams, and of what a repository says of itself beside its issues: branches, topics, collaborators."""

from __future__ import annotations

from typing import Any

from sandbox.github import code, ids, teams
from sandbox.github.access import Role, allows_account, role
from sandbox.github.accounts import Account
from sandbox.github.entities import Comment, Issue, Repo
from sandbox.github.graph.scope import GraphError, Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import BranchView, CommitView, TeamView, TopicView
from sandbox.github.render_accounts import paragraphs

# ── teams ──


def _seen(account: Account, info: Info) -> list[TeamView]:
    context = scope_of(info).context
    if not allows_account(context.state, context.rights, account.login, "members", "read"):
        return []
    return [TeamView(account, each) for each in account.teams if teams.visible(context, account, each)]


def _teams(account: Account, info: Info, **args: Any) -> dict[str, Any]:
    text = (args.get("query") or "").casefold()
    found = [each for each in _seen(account, info) if text in each.team.name.casefold()]
    if args.get("rootTeamsOnly"):
        found = [each for each in found if each.team.parent is None]
    return connection(info, found, args)


def _team(account: Account, info: Info, slug: str) -> TeamView | None:
    return next((each for each in _seen(account, info) if each.team.slug == slug), None)


def _members(view: TeamView, info: Info, **args: Any) -> dict[str, Any]:
    scope = scope_of(info)
    found = [scope.account(each) for each in teams.logins_of(view.account, view.team)]
    made = connection(info, [each for each in found if each], args)
    for edge in made["edges"]:
        edge["role"] = view.team.members.get(edge["node"].login, "member").upper()
    return made


def _repositories(view: TeamView, info: Info, **args: Any) -> dict[str, Any]:
    context = scope_of(info).context
    found = [context.state.repo(name) for name in view.team.repositories]
    made = connection(info, [each for each in found if each and context.sees(each)], args)
    for edge in made["edges"]:
        edge["permission"] = view.team.repositories[edge["node"].full_name].upper()
    return made


def _children(view: TeamView, info: Info, **args: Any) -> dict[str, Any]:
    found = [each for each in view.account.teams if each.parent == view.team.slug]
    return connection(info, [TeamView(view.account, each) for each in found], args)


def _above(view: TeamView, _info: Info) -> TeamView | None:
    found = next((each for each in view.account.teams if each.slug == view.team.parent), None)
    return TeamView(view.account, found) if found else None


def _team_path(view: TeamView) -> str:
    return f"/orgs/{view.account.login}/teams/{view.team.slug}"


_TEAM: dict[str, Resolver] = {
    "id": lambda view, _info: ids.node_id(ids.TEAM, view.account.id, view.team.id),
    "databaseId": lambda view, _info: view.team.id,
    "name": lambda view, _info: view.team.name,
    "slug": lambda view, _info: view.team.slug,
    "combinedSlug": lambda view, _info: f"{view.account.login}/{view.team.slug}",
    "description": lambda view, _info: view.team.description,
    "createdAt": lambda view, _info: view.team.created_at,
    "updatedAt": lambda view, _info: view.team.updated_at,
    "organization": lambda view, _info: view.account,
    "privacy": lambda view, _info: "SECRET" if view.team.privacy == "secret" else "VISIBLE",
    "members": _members,
    "repositories": _repositories,
    "childTeams": _children,
    "parentTeam": _above,
    "url": lambda view, info: scope_of(info).context.render.html + _team_path(view),
    "resourcePath": lambda view, _info: _team_path(view),
}

# ── repositories ──


def _refs(repo: Repo, info: Info, refPrefix: str, **args: Any) -> dict[str, Any]:  # noqa: N803 - the schema's
    found = code.branches_of(repo) if refPrefix == code.HEADS else []
    text = (args.get("query") or "").casefold()
    return connection(info, [BranchView(repo, each.name) for each in found if text in each.name.casefold()], args)


def _ref(repo: Repo, _info: Info, qualifiedName: str) -> BranchView | None:  # noqa: N803 - the schema's
    name = qualifiedName.removeprefix(code.HEADS)
    return BranchView(repo, name) if any(each.name == name for each in code.branches_of(repo)) else None


def _target(view: BranchView, _info: Info) -> CommitView | None:
    sha = code.resolved(view.repo, view.name)
    return CommitView(view.repo, sha, None) if sha else None


def _topics(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [TopicView(repo, each) for each in repo.topics], args)


def _topic_id(kind: str, view: TopicView) -> str:
    return ids.node_id(kind, view.repo.id, int(ids.sha(view.name)[:8], 16))


def _collaborators(repo: Repo, info: Info, **args: Any) -> dict[str, Any] | None:
    scope = scope_of(info)
    state = scope.context.state
    if scope.context.role(repo) < Role.WRITE:
        raise GraphError("FORBIDDEN", "You do not have permission to view repository collaborators.")
    found = [each for each in state.accounts.values() if each.type == "User"]
    least = Role.READ if not repo.private else Role.NONE
    working = [each for each in found if role(state, each.login, repo) > least]
    made = connection(info, working, args)
    for edge in made["edges"]:
        edge["permission"] = role(state, edge["node"].login, repo).name
    return made


_REPOSITORY: dict[str, Resolver] = {
    "homepageUrl": lambda repo, _info: repo.homepage,
    "isEmpty": lambda repo, _info: not code.branches_of(repo),
    "forkCount": lambda _repo, _info: 0,
    "stargazerCount": lambda _repo, _info: 0,
    "hasProjectsEnabled": lambda _repo, _info: True,
    "hasWikiEnabled": lambda _repo, _info: False,
    "hasDiscussionsEnabled": lambda _repo, _info: False,
    "sshUrl": lambda repo, info: scope_of(info).context.render.repo(repo)["ssh_url"],
    "refs": _refs,
    "ref": _ref,
    "repositoryTopics": _topics,
    "collaborators": _collaborators,
}

# ── what issues, pull requests and comments say of themselves ──


def _writes(repo: Repo, info: Info) -> bool:
    return scope_of(info).context.role(repo) >= Role.TRIAGE


def _closes(issue: Issue, info: Info) -> bool:
    return issue.user == scope_of(info).context.rights.login or _writes(issue.repo, info)


_BODY: dict[str, Resolver] = {
    "bodyHTML": lambda each, _info: paragraphs(each.body or ""),
    "editor": lambda _each, _info: None,
    "createdViaEmail": lambda _each, _info: False,
    "includesCreatedEdit": lambda _each, _info: False,
}
_ISSUE: dict[str, Resolver] = {
    **_BODY,
    "titleHTML": lambda issue, _info: issue.title,
    "isPinned": lambda _issue, _info: False,
    "viewerCanLabel": lambda issue, info: _writes(issue.repo, info),
    "viewerCanClose": _closes,
    "viewerCanReopen": _closes,
    "viewerCanDelete": lambda issue, info: scope_of(info).context.role(issue.repo) is Role.ADMIN,
}


def _resource(_root: Any, info: Info, url: str) -> Any:
    """Find the repository, issue or account that an address of the site names."""
    state = scope_of(info).context.state
    path = str(url).removeprefix(scope_of(info).context.render.html).strip("/").split("/")
    if len(path) == 1:
        return state.account(path[0])
    repo = state.repo("/".join(path[:2]))
    if repo is None or not scope_of(info).context.sees(repo):
        return None
    if len(path) == 4 and path[2] in ("issues", "pull") and path[3].isdecimal() and len(path[3]) < 10:
        found = repo.by_number.get(int(path[3]))
        return found if found and not found.gone else None
    return repo if len(path) == 2 else None


TEAMS: Resolvers = {
    "Query": {"resource": _resource},
    "Organization": {"teams": _teams, "team": _team},
    "Team": _TEAM,
    "Repository": _REPOSITORY,
    "Ref": {"target": _target},
    "RepositoryTopic": {
        "id": lambda view, _info: _topic_id("RT", view),
        "topic": lambda view, _info: view,
        "resourcePath": lambda view, _info: f"/topics/{view.name}",
        "url": lambda view, info: f"{scope_of(info).context.render.html}/topics/{view.name}",
    },
    "Topic": {"id": lambda view, _info: _topic_id("TO", view)},
    "Issue": _ISSUE,
    "PullRequest": _ISSUE,
    "IssueComment": {**_BODY, "repository": lambda comment, _info: _of(comment)},
}


def _of(comment: Comment) -> Repo:
    return comment.issue.repo
