"""Resolvers of what clients ask for in passing: settings of repositories, of accounts and teams, files of releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.github import code, issues
from sandbox.github.access import Kind, Role
from sandbox.github.accounts import Account
from sandbox.github.entities import Asset, Issue, Repo
from sandbox.github.graph.repositories import filtered, ordered
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import CommitView, LabelView, ReleaseView, TeamView
from sandbox.github.render_accounts import paragraphs


def _always(value: object) -> Resolver:
    return lambda _each, _info, **_args: value


def _nobody(_each: object, info: Info, **args: Any) -> dict[str, Any]:
    return connection(info, [], args)


YES, NO, NOTHING, ZERO = _always(value=True), _always(value=False), _always(None), _always(0)

# ── repositories ──


def _mentionable(repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    context, text = scope_of(info).context, (args.get("query") or "").casefold()
    people = [each for each in context.state.accounts.values() if issues.assignable(context, repo, each.login)]
    return connection(info, [each for each in people if text in each.login.casefold()], args)


def _languages(_repo: Repo, info: Info, **args: Any) -> dict[str, Any]:
    return {**connection(info, [], args), "totalSize": 0}


REPOSITORY: dict[str, Resolver] = {
    "mergeCommitAllowed": YES,
    "rebaseMergeAllowed": YES,
    "squashMergeAllowed": YES,
    "autoMergeAllowed": NO,
    "deleteBranchOnMerge": NO,
    "viewerDefaultMergeMethod": _always("MERGE"),
    "isBlankIssuesEnabled": YES,
    "isLocked": NO,
    "isMirror": NO,
    "isSecurityPolicyEnabled": NO,
    "hasVulnerabilityAlertsEnabled": NO,
    "viewerHasStarred": NO,
    "viewerSubscription": _always("UNSUBSCRIBED"),
    "viewerCanSubscribe": YES,
    "viewerCanCreateProjects": lambda repo, info: scope_of(info).sees_projects(repo.owner, "write"),
    "isUserConfigurationRepository": NO,
    "archivedAt": lambda repo, _info: repo.updated_at if repo.archived else None,
    "diskUsage": ZERO,
    "issueTemplates": _always([]),
    "languages": _languages,
    "watchers": _nobody,
    "mentionableUsers": _mentionable,
    "descriptionHTML": lambda repo, _info: paragraphs(repo.description or ""),
    "shortDescriptionHTML": lambda repo, _info, **_args: repo.description or "",
}

# ── accounts ──


def _own(pulls: bool) -> Resolver:  # noqa: FBT001 - one of two lists
    def resolve(account: Account, info: Info, **args: Any) -> dict[str, Any]:
        found = (each for each in _seen(info) if each.user == account.login and bool(each.pull_request) is pulls)
        return ordered(info, filtered(info, found, args), args)

    return resolve


def _seen(info: Info) -> Iterable[Issue]:
    context = scope_of(info).context
    for repo in context.state.repos.values():
        if context.sees(repo):
            yield from (
                each
                for each in repo.issues
                if context.may(repo, "pull_requests" if each.pull_request else "issues", "read")
            )


def _html(info: Info) -> str:
    return scope_of(info).context.render.html


def _administers(account: Account, info: Info) -> bool:
    return account.members.get(scope_of(info).context.rights.login) == "admin"


ORGANIZATION: dict[str, Resolver] = {
    "location": lambda account, _info: account.location,
    "websiteUrl": lambda account, _info: account.blog or None,
    "isVerified": NO,
    "viewerIsFollowing": NO,
    "viewerCanCreateProjects": lambda account, info: scope_of(info).sees_projects(account.login, "write"),
    "viewerCanCreateRepositories": _administers,
    "viewerCanCreateTeams": _administers,
    "teamsUrl": lambda account, info: f"{_html(info)}/orgs/{account.login}/teams",
    "projectsUrl": lambda account, info: f"{_html(info)}/orgs/{account.login}/projects",
}

USER: dict[str, Resolver] = {
    "location": lambda account, _info: account.location,
    "websiteUrl": lambda account, _info: account.blog or None,
    "bioHTML": lambda account, _info: account.bio or "",
    "companyHTML": lambda account, _info: account.company or "",
    "isEmployee": NO,
    "isHireable": NO,
    "viewerCanFollow": lambda account, info: (
        scope_of(info).context.rights.kind is not Kind.INSTALLATION
        and account.login != scope_of(info).context.rights.login
    ),
    "viewerIsFollowing": NO,
    "issues": _own(False),  # noqa: FBT003 - one of two lists
    "pullRequests": _own(True),  # noqa: FBT003 - one of two lists
}


def _ancestors(view: TeamView, info: Info, **args: Any) -> dict[str, Any]:
    found: list[TeamView] = []
    by_slug, slug = {each.slug: each for each in view.account.teams}, view.team.parent
    while slug in by_slug and len(found) < len(by_slug):
        found.append(TeamView(view.account, by_slug[slug]))
        slug = by_slug[slug].parent
    return connection(info, found, args)


def _team_url(view: TeamView, info: Info) -> str:
    return f"{_html(info)}/orgs/{view.account.login}/teams/{view.team.slug}"


def _maintains(view: TeamView, info: Info) -> bool:
    me = scope_of(info).context.rights.login
    return view.account.members.get(me) == "admin" or view.team.members.get(me) == "maintainer"


# ── releases ──


def _tagged(view: ReleaseView, _info: Info) -> CommitView | None:
    sha = code.resolved(view.repo, view.release.tag_name)
    return CommitView(view.repo, sha, None) if sha else None


def _assets(view: ReleaseView, info: Info, **args: Any) -> dict[str, Any]:
    name = args.get("name")
    return connection(
        info, [_asset(view, each, info) for each in view.release.assets if name in (None, each.name)], args
    )


def _asset(view: ReleaseView, asset: Asset, info: Info) -> dict[str, Any]:
    told = scope_of(info).context.render.asset(view.repo, view.release, asset)
    return {
        "id": told["node_id"],
        "name": asset.name,
        "contentType": asset.content_type,
        "size": told["size"],
        "downloadCount": asset.download_count,
        "downloadUrl": told["browser_download_url"],
        "url": told["url"],
        "createdAt": asset.created_at,
        "updatedAt": asset.updated_at,
        "uploadedBy": scope_of(info).account(asset.uploader),
        "release": view,
    }


def _pulls_of_label(view: LabelView, info: Info, **args: Any) -> dict[str, Any]:
    found = (each for each in view.repo.issues if view.label.name in each.labels and each.pull_request)
    return ordered(info, filtered(info, found, args), args)


def _triages(view: Any, info: Info) -> bool:
    return scope_of(info).context.role(view.repo) >= Role.TRIAGE


def _subscription(issue: Issue, info: Info) -> str:
    me = scope_of(info).context.rights.login
    took_part = {issue.user, *issue.assignees, *(each.user for each in issue.comments)}
    return "SUBSCRIBED" if me in took_part else "UNSUBSCRIBED"


PLAIN: Resolvers = {
    "Repository": REPOSITORY,
    "Organization": ORGANIZATION,
    "User": USER,
    "Team": {
        "avatarUrl": NOTHING,
        "ancestors": _ancestors,
        "viewerCanAdminister": _maintains,
        "membersUrl": lambda view, info: f"{_team_url(view, info)}/members",
        "repositoriesUrl": lambda view, info: f"{_team_url(view, info)}/repositories",
        "teamsUrl": lambda view, info: f"{_team_url(view, info)}/teams",
    },
    "Release": {
        "releaseAssets": _assets,
        "tagCommit": _tagged,
        "descriptionHTML": lambda view, _info: paragraphs(view.release.body or ""),
        "shortDescriptionHTML": lambda view, _info, **_args: paragraphs(view.release.body or ""),
    },
    "CheckRun": {"isRequired": NO},
    "Label": {"pullRequests": _pulls_of_label},
    "Ref": {"repository": lambda view, _info: view.repo},
    "Milestone": {"viewerCanClose": _triages, "viewerCanReopen": _triages},
    "Issue": {
        "projectCards": _nobody,
        "viewerCanSubscribe": lambda _issue, info: scope_of(info).context.rights.kind is not Kind.INSTALLATION,
        "viewerSubscription": _subscription,
    },
    "SearchResultItemConnection": {"codeCount": ZERO, "discussionCount": ZERO, "wikiCount": ZERO},
}
