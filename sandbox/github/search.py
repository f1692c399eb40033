"""Handlers of the search for issues and of the API's front door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, json_response
from sandbox.github import qualifiers
from sandbox.github.access import invalid
from sandbox.github.accounts import Account
from sandbox.github.context import Context
from sandbox.github.entities import Issue, Repo
from sandbox.github.issues import SORTS, as_seen

MOST_RESULTS = 1_000
"""How many results a search gives at most, over all pages."""
ENTERPRISE_VERSION = "3.19.0"


def root(context: Context) -> Json:
    """`GET /`: where things are."""
    api, html = context.render.api, context.render.html
    return {
        "current_user_url": f"{api}/user",
        "current_user_authorizations_html_url": f"{html}/settings/connections/applications{{/client_id}}",
        "authorizations_url": f"{api}/authorizations",
        "code_search_url": f"{api}/search/code?q={{query}}{{&page,per_page,sort,order}}",
        "commit_search_url": f"{api}/search/commits?q={{query}}{{&page,per_page,sort,order}}",
        "emails_url": f"{api}/user/emails",
        "emojis_url": f"{api}/emojis",
        "events_url": f"{api}/events",
        "feeds_url": f"{api}/feeds",
        "followers_url": f"{api}/user/followers",
        "following_url": f"{api}/user/following{{/target}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "issue_search_url": f"{api}/search/issues?q={{query}}{{&page,per_page,sort,order}}",
        "issues_url": f"{api}/issues",
        "keys_url": f"{api}/user/keys",
        "label_search_url": f"{api}/search/labels?q={{query}}&repository_id={{repository_id}}{{&page,per_page}}",
        "notifications_url": f"{api}/notifications",
        "organization_url": f"{api}/orgs/{{org}}",
        "organization_repositories_url": f"{api}/orgs/{{org}}/repos{{?type,page,per_page,sort}}",
        "organization_teams_url": f"{api}/orgs/{{org}}/teams",
        "public_gists_url": f"{api}/gists/public",
        "rate_limit_url": f"{api}/rate_limit",
        "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
        "repository_search_url": f"{api}/search/repositories?q={{query}}{{&page,per_page,sort,order}}",
        "current_user_repositories_url": f"{api}/user/repos{{?type,page,per_page,sort}}",
        "starred_url": f"{api}/user/starred{{/owner}}{{/repo}}",
        "starred_gists_url": f"{api}/gists/starred",
        "user_url": f"{api}/users/{{user}}",
        "user_organizations_url": f"{api}/user/orgs",
        "user_repositories_url": f"{api}/users/{{user}}/repos{{?type,page,per_page,sort}}",
        "user_search_url": f"{api}/search/users?q={{query}}{{&page,per_page,sort,order}}",
    }


def meta(context: Context) -> Json:
    """`GET /meta`: on GHES it tells the version."""
    told: dict[str, Any] = {"verifiable_password_authentication": False}
    if context.state.enterprise:
        told["installed_version"] = ENTERPRISE_VERSION
    return told


def issues(context: Context) -> Response:
    """`GET search/issues`: words in title and body, and the commonest qualifiers."""
    args = context.call.args
    text = args.get("q", "")
    if not text.strip():
        raise invalid("Search", "q", "missing")
    hits = found(context, text)
    if args.get("sort", "") in SORTS:
        hits.sort(key=SORTS[args["sort"]], reverse=args.get("order", "desc") != "asc")
    url = f"{context.render.api}/search/issues"
    page = context.listed(hits[:MOST_RESULTS], url, lambda each: _hit(context, each))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    whole = {"total_count": len(hits), "incomplete_results": False, "search_type": "lexical", "items": page.json}
    return json_response(whole, headers=headers)


def repositories(context: Context) -> Response:
    """`GET search/repositories`: words, and `org`, `user`, `repo`, `is`, `topic`, `archived`."""
    text = context.call.args.get("q", "")
    if not text.strip():
        raise invalid("Search", "q", "missing")
    hits = [each for each in context.state.repos.values() if context.sees(each) and _fits_repo(each, text)]
    return _results(context, hits, "repositories", context.render.repo)


def _fits_repo(repo: Repo, text: str) -> bool:
    for word in qualifiers.words_of(text):
        name, colon, value = word.casefold().partition(":")
        tests: dict[str, bool] = {
            "org": repo.owner.casefold() == value,
            "user": repo.owner.casefold() == value,
            "repo": repo.full_name.casefold() == value,
            "is": value == ("private" if repo.private else "public"),
            "topic": value in repo.topics,
            "archived": value == str(repo.archived).lower(),
        }
        told = f"{repo.name} {repo.description or ''}".casefold()
        if not (tests.get(name, True) if colon else name in told):
            return False
    return True


def users(context: Context) -> Response:
    """`GET search/users`: words in login and name, and `type`."""
    text = context.call.args.get("q", "")
    if not text.strip():
        raise invalid("Search", "q", "missing")
    kinds = {"type:user": "User", "type:org": "Organization"}
    words = [each.casefold() for each in qualifiers.words_of(text)]

    def fits(account: Account) -> bool:
        told = f"{account.login} {account.name or ''}".casefold()
        return all(account.type == kinds[word] if word in kinds else ":" in word or word in told for word in words)

    hits = [each for each in context.state.accounts.values() if each.type != "Bot" and fits(each)]
    return _results(context, hits, "users", lambda each: context.render.someone(each.login))


def labels(context: Context) -> Response:
    """`GET search/labels`: of one repository."""
    args = context.call.args
    number = args.get("repository_id", "")
    repo = context.state.repos.get(int(number)) if number.isdecimal() and len(number) < 19 else None
    if repo is None or not context.sees(repo):
        raise invalid("Search", "repository_id", "invalid" if number else "missing")
    wanted = args.get("q", "").casefold()
    hits = [each for each in repo.labels if wanted in f"{each.name} {each.description or ''}".casefold()]
    return _results(context, hits, "labels", lambda each: context.render.label(repo, each))


def _results(context: Context, hits: list[Any], what: str, render: Callable[[Any], dict[str, Any]]) -> Response:
    url = f"{context.render.api}/search/{what}"
    page = context.listed(hits[:MOST_RESULTS], url, lambda each: {**render(each), "score": 1.0})
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    whole = {"total_count": len(hits), "incomplete_results": False, "items": page.json}
    return json_response(whole, headers=headers)


def zen(context: Context) -> Response:  # noqa: ARG001 - the signature of handlers
    """`GET zen`."""
    return Response("Approachable is better than simple.", content_type="text/plain;charset=utf-8")


def versions(context: Context) -> Json:
    """`GET versions`: of the API."""
    return ["2022-11-28"] if context.state.enterprise else ["2026-03-10", "2022-11-28"]


def found(context: Context, text: str) -> list[Issue]:
    """Find the issues and pull requests that fit a query, newest first unless it has a `sort`; raises HttpError 422."""
    tests, order = qualifiers.tests_of(text)
    hits = [
        issue
        for repo in context.state.repos.values()
        if context.sees(repo) and context.may(repo, "issues", "read")
        for issue in as_seen(context, (each for each in repo.issues if not each.gone))
        if all(test(issue) for test in tests)
    ]
    key, descending = order or ("created", True)
    return sorted(hits, key=SORTS[key], reverse=descending)


def _hit(context: Context, issue: Issue) -> dict[str, Any]:
    rendered = context.render.issue(issue)
    return {**{key: rendered[key] for key in rendered if key not in ("closed_by", "parent_issue_url")}, "score": 1.0}
