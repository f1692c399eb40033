"""Handlers of issues: lists, reading, creating, changing, assignees, locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.http import http_date as _http_date
from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import paging, reading
from sandbox.github.access import Role, error, invalid, not_found
from sandbox.github.context import Context, choice, text, texts
from sandbox.github.edits import BODY_MOST, LABELS_MOST, TITLE_MOST
from sandbox.github.entities import Issue, Milestone, Repo

REASONS = ("completed", "not_planned", "duplicate", "reopened")
PAGING = ("page", "per_page", "after", "before")
LOCK_REASONS = ("off-topic", "too heated", "resolved", "spam")
SORTS: Mapping[str, Callable[[Issue], tuple[str | int, int]]] = {
    "created": lambda issue: (issue.created_at, issue.id),
    "updated": lambda issue: (issue.updated_at, issue.id),
    "comments": lambda issue: (len(issue.comments), issue.id),
}


def since_of(context: Context) -> str:
    """Read `since`; empty when it is absent; raises HttpError 422 when it is no instant."""
    given = context.call.args.get("since")
    if not given:
        return ""
    try:
        moment = given if "T" in given or " " in given else f"{given}T00:00:00Z"
        return reading.instant(
            moment if moment[-1] in "Zz" or "+" in moment[10:] or "-" in moment[10:] else moment + "Z"
        )
    except (ValueError, OverflowError) as problem:
        raise invalid("Issue", "since", "invalid", value=given) from problem


def list_of_repo(context: Context, repo: Repo) -> Response:
    """`GET issues`: issues and pull requests."""
    hidden = context.state.switches.pulls_hidden_without_permission
    hide = hidden and repo.private and not context.may(repo, "pull_requests", "read")

    def find() -> list[Issue]:
        issues = (each for each in repo.issues if not each.gone and not (hide and each.pull_request))
        return _sorted(context, _of_repo(context, repo, issues))

    lagging = context.state.switches.list_lag_seconds > 0
    query = sorted((name, value) for name, value in context.call.args.items() if name not in PAGING)
    found = find() if lagging else context.state.memo(repo, ("issues", hide, tuple(query)), find)
    return _page(context, found, f"{context.repo_url(repo)}/issues", with_repository=False)


def _order(context: Context) -> tuple[Callable[[Issue], tuple[str | int, int]], bool]:
    args = context.call.args
    return SORTS.get(args.get("sort", ""), SORTS["created"]), args.get("direction", "desc") != "asc"


def _sorted(context: Context, issues: Iterable[Issue]) -> list[Issue]:
    key, descending = _order(context)
    return sorted(_filtered(context, issues), key=key, reverse=descending)


def _page(context: Context, found: list[Issue], url: str, *, with_repository: bool) -> Response:
    key, descending = _order(context)
    if context.state.switches.issue_list_cursors:
        page, headers = paging.by_cursor(context.call, found, url, key=key, descending=descending)
    else:
        page, headers = paging.by_number(context.call, found, url)
    render, page = context.render, context.as_sent(page)
    return json_response([render.issue(each, with_repository=with_repository) for each in page], headers=headers)


def as_seen(context: Context, issues: Iterable[Issue]) -> Iterable[Issue]:
    """Give issues as lists show them: as they were a while ago when lists lag behind."""
    if context.state.switches.list_lag_seconds <= 0:
        yield from issues
        return
    now = context.state.clock.seconds()
    for issue in issues:
        if issue.before is None or now >= issue.before[0]:
            yield issue
        elif issue.before[1] is not None:
            yield issue.before[1]


def _filtered(context: Context, issues: Iterable[Issue]) -> Iterable[Issue]:
    args = context.call.args
    issues = as_seen(context, issues)
    state = args.get("state", "open")
    if state not in ("open", "closed", "all"):
        raise invalid("Issue", "state", "invalid", value=state)
    if state != "all":
        issues = (each for each in issues if each.state == state)
    if since := since_of(context):
        issues = (each for each in issues if each.updated_at >= since)
    if labels := [each.strip().casefold() for each in args.get("labels", "").split(",") if each.strip()]:
        issues = (each for each in issues if set(labels) <= {name.casefold() for name in each.labels})
    return issues


def _of_repo(context: Context, repo: Repo, issues: Iterable[Issue]) -> Iterable[Issue]:
    args = context.call.args
    if milestone := args.get("milestone"):
        issues = _in_milestone(repo, milestone, issues)
    if assignee := args.get("assignee"):
        issues = [each for each in issues if _named(assignee, each.assignees)]
    if creator := args.get("creator"):
        issues = [each for each in issues if each.user.casefold() == creator.casefold()]
    if kind := args.get("type"):
        issues = [each for each in issues if _named(kind, [each.type] if each.type else [])]
    if mentioned := args.get("mentioned"):
        issues = [each for each in issues if f"@{mentioned}".casefold() in (each.body or "").casefold()]
    return issues


def _in_milestone(repo: Repo, text_given: str, issues: Iterable[Issue]) -> Iterable[Issue]:
    if text_given == "*":
        return [each for each in issues if each.milestone is not None]
    if text_given == "none":
        return [each for each in issues if each.milestone is None]
    if not text_given.isdecimal() or repo.milestone(int(text_given)) is None:
        raise invalid("Issue", "milestone", "invalid", value=text_given)
    return [each for each in issues if each.milestone == int(text_given)]


def _named(wanted: str, names: list[str]) -> bool:
    if wanted == "*":
        return bool(names)
    if wanted == "none":
        return not names
    return any(each.casefold() == wanted.casefold() for each in names)


def http_date(moment: str) -> str:
    """Turn an instant of the state into the form of HTTP headers."""
    return _http_date(datetime.fromisoformat(moment))


def get(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N`."""
    issue = context.issue(repo, number)
    return json_response(context.render.issue(issue), headers={"Last-Modified": http_date(issue.updated_at)})


def create(context: Context, repo: Repo) -> Response:
    """`POST issues`. What only those with push access may set is dropped for others, as GitHub does."""
    rendered = context.render.issue(made(context, repo, context.body()))
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def made(context: Context, repo: Repo, body: Mapping[str, Any]) -> Issue:
    """Make an issue as a body says; everything is checked before. Raises HttpError."""
    if not repo.has_issues:
        raise error(410, "Issues has been disabled in this repository.")
    title = _title(text(body, "title", needed=True) or "")
    description = _body(text(body, "body"))
    trusted = context.role(repo) >= Role.TRIAGE
    milestone = _milestone(repo, body["milestone"]) if trusted and body.get("milestone") else None
    logins = _assignees(context, repo, body) or []
    labels = _labels(body) or []
    kind = _type(context, repo, body.get("type"))
    issue = context.edits.create_issue(repo, title, description)
    context.edits.tell("issues", "opened", issue)
    if trusted:
        context.edits.add_labels(issue, labels)
        context.edits.set_milestone(issue, milestone)
        context.edits.set_assignees(issue, logins)
        context.edits.set_type(issue, kind)
    return issue


def edit(context: Context, repo: Repo, number: int) -> Json:
    """`PATCH issues/N`: only what is given changes, all of it or nothing."""
    issue = context.issue(repo, number)
    require_author(context, issue)
    change(context, issue, context.body())
    return context.render.issue(issue)


def require_author(context: Context, issue: Issue) -> None:
    """Refuse those who neither made an issue nor look after the repository; raises HttpError 403."""
    if issue.user != context.rights.login and context.role(issue.repo) < Role.TRIAGE:
        raise error(403, "Must have admin rights to Repository.")


def change(context: Context, issue: Issue, body: Mapping[str, Any]) -> None:
    """Change what a body names. Everything is checked before anything changes."""
    repo, edits = issue.repo, context.edits
    steps: list[Callable[[], object]] = []
    title = text(body, "title")
    if title is not None:
        title = _title(title)
        steps.append(lambda: edits.set_title(issue, title))
    if "body" in body:
        description = _body(text(body, "body"))
        steps.append(lambda: edits.set_body(issue, description))
    state, reason = choice(body, "state", ("open", "closed")), choice(body, "state_reason", REASONS)
    if state == "open" and issue.pull_request and issue.pull_request.merged_at:
        told = "state cannot be changed. The pull request cannot be reopened."
        raise invalid("PullRequest", "state", "custom", told)
    if state or reason:
        steps.append(lambda: edits.set_state(issue, state or issue.state, reason))
    if context.role(repo) >= Role.TRIAGE:
        steps += _trusted_steps(context, issue, body)
    for step in steps:
        step()


def _trusted_steps(context: Context, issue: Issue, body: Mapping[str, Any]) -> list[Callable[[], object]]:
    repo, edits = issue.repo, context.edits
    steps: list[Callable[[], object]] = []
    labels, logins = _labels(body), _assignees(context, repo, body)
    if labels is not None:
        steps.append(lambda: edits.set_labels(issue, labels))
    if logins is not None:
        steps.append(lambda: edits.set_assignees(issue, logins))
    if "milestone" in body:
        milestone = _milestone(repo, body["milestone"])
        steps.append(lambda: edits.set_milestone(issue, milestone))
    if "type" in body:
        kind = _type(context, repo, body["type"])
        steps.append(lambda: edits.set_type(issue, kind))
    return steps


def _title(title: str) -> str:
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(title) > TITLE_MOST:
        raise invalid("Issue", "title", "custom", f"title is too long (maximum is {TITLE_MOST} characters)")
    return title


def _body(body: str | None) -> str | None:
    if body and len(body) > BODY_MOST:
        raise invalid("Issue", "body", "custom", f"body is too long (maximum is {BODY_MOST} characters)")
    return body


def _labels(body: Mapping[str, Any]) -> list[str] | None:
    names = texts(body, "labels")
    if names and len(names) > LABELS_MOST:
        raise invalid("Issue", "labels", "custom", f"labels is too long (maximum is {LABELS_MOST})")
    if names and any(len(each) > 50 or not each.strip() for each in names):
        raise invalid("Label", "name", "invalid")
    return names


def _milestone(repo: Repo, given: object) -> Milestone | None:
    if given in (None, ""):
        return None
    number = int(given) if isinstance(given, str) and given.isdecimal() else given
    found = repo.milestone(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if found is None:
        raise invalid("Issue", "milestone", "invalid", value=given)
    return found


def _type(context: Context, repo: Repo, given: object) -> str | None:
    name = given.get("value") if isinstance(given, dict) else given
    if name in (None, ""):
        return None
    found = context.render.type_of(repo, name if isinstance(name, str) else None)
    if found is None or not found.is_enabled:
        raise invalid("Issue", "type", "invalid", value=name)
    return found.name


def _assignees(context: Context, repo: Repo, body: Mapping[str, Any]) -> list[str] | None:
    logins = texts(body, "assignees", key="login")
    if logins is None and "assignee" in body:
        one = text(body, "assignee")
        logins = [one] if one else []
    if logins is None:
        return None
    found = [(login, context.state.account(login)) for login in logins]
    for login, account in found:
        if account is None or not assignable(context, repo, account.login):
            raise invalid("Issue", "assignees", "invalid", value=login)
    return [account.login for _, account in found if account]


def assignable(context: Context, repo: Repo, login: str) -> bool:
    """Whether somebody may be assigned to a repository's issues."""
    account = context.state.accounts[login.casefold()]
    owner = context.state.accounts[repo.owner.casefold()]
    return not account.is_organization and (login in (owner.login, *owner.members, *repo.collaborators))


def add_assignees(context: Context, repo: Repo, number: int) -> Response:
    """`POST issues/N/assignees`: those who cannot be assigned are passed over."""
    issue = context.issue(repo, number)
    asked = texts(context.body(), "assignees", key="login") or []
    found = [context.state.account(each) for each in asked]
    good = [each.login for each in found if each and assignable(context, repo, each.login)]
    context.edits.set_assignees(issue, [*issue.assignees, *good])
    return json_response(context.render.issue(issue), status=201)


def remove_assignees(context: Context, repo: Repo, number: int) -> Json:
    """`DELETE issues/N/assignees`."""
    issue = context.issue(repo, number)
    gone = {each.casefold() for each in texts(context.body(), "assignees", key="login") or []}
    context.edits.set_assignees(issue, [each for each in issue.assignees if each.casefold() not in gone])
    return context.render.issue(issue)


def lock(context: Context, repo: Repo, number: int) -> Response:
    """`PUT issues/N/lock`."""
    issue = context.issue(repo, number)
    reason = choice(context.body(), "lock_reason", LOCK_REASONS)
    context.edits.set_lock(issue, locked=True, reason=reason)
    return empty_response()


def unlock(context: Context, repo: Repo, number: int) -> Response:
    """`DELETE issues/N/lock`."""
    context.edits.set_lock(context.issue(repo, number), locked=False)
    return empty_response()


def assignees(context: Context, repo: Repo) -> Response:
    """`GET assignees`: who may be assigned."""
    logins = [each.login for each in context.state.accounts.values() if assignable(context, repo, each.login)]
    return context.listed(logins, f"{context.repo_url(repo)}/assignees", context.render.someone)


def assignee(context: Context, repo: Repo, login: str) -> Response:
    """`GET assignees/LOGIN`: 204 when they may be."""
    account = context.state.account(login)
    if account is None or not assignable(context, repo, account.login):
        raise not_found()
    return empty_response()


def assignee_of_issue(context: Context, repo: Repo, number: int, login: str) -> Response:
    """`GET issues/N/assignees/LOGIN`: 204 when they may be assigned to it."""
    context.issue(repo, number)
    return assignee(context, repo, login)


def of_organization(context: Context, org: str) -> Response:
    """`GET orgs/ORG/issues`: of all its repositories that the caller sees."""
    account = context.state.account(org)
    if account is None or not account.is_organization:
        raise not_found()
    if context.rights.app and not context.state.switches.org_issues_for_apps:
        raise error(403, "Resource not accessible by integration")
    return _everywhere(context, context.state.owned(org), f"{context.render.api}/organizations/{account.id}/issues")


def of_caller(context: Context) -> Response:
    """`GET issues`: of all repositories that the caller sees."""
    if not context.rights.login:
        raise error(401, "Requires authentication")
    return _everywhere(context, context.state.repos.values(), f"{context.render.api}/issues")


def of_caller_and_theirs(context: Context) -> Response:
    """`GET user/issues`: of the repositories that the caller and their organizations own."""
    if not context.rights.login:
        raise error(401, "Requires authentication")
    me, accounts = context.rights.login, context.state.accounts
    repos = [
        each for each in context.state.repos.values() if me in (each.owner, *accounts[each.owner.casefold()].members)
    ]
    return _everywhere(context, repos, f"{context.render.api}/user/issues")


def _everywhere(context: Context, repos: Iterable[Repo], url: str) -> Response:
    seen = [repo for repo in repos if context.sees(repo) and context.may(repo, "issues", "read")]
    me = context.rights.login
    match context.call.args.get("filter", "assigned"):
        case "all" | "repos" | "subscribed":
            picks: Callable[[Issue], bool] = lambda _issue: True  # noqa: E731 - one of four
        case "created":
            picks = lambda issue: issue.user == me  # noqa: E731 - one of four
        case "mentioned":
            picks = lambda issue: f"@{me}" in (issue.body or "")  # noqa: E731 - one of four
        case _:
            picks = lambda issue: me in issue.assignees  # noqa: E731 - one of four
    issues = (each for repo in seen for each in repo.issues if not each.gone and picks(each))
    return _page(context, _sorted(context, issues), url, with_repository=True)
