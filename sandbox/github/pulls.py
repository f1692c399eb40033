"""Handlers of pull requests: lists, reviews, comments on lines, checks of the head commit."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import ids, issues
from sandbox.github.access import Role, error, invalid, not_found
from sandbox.github.context import Context, choice, flag, text, texts
from sandbox.github.entities import Issue, PullRequest, Repo, Review, ReviewComment
from sandbox.github.parts import comment_text

EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def list_of_repo(context: Context, repo: Repo) -> Response:
    """`GET pulls`: there is no `since`."""
    args = context.call.args
    state, sort = args.get("state", "open"), args.get("sort", "created")
    if state not in ("open", "closed", "all"):
        raise invalid("PullRequest", "state", "invalid", value=state)
    found = [each for each in repo.issues if each.pull_request and not each.gone and state in ("all", each.state)]
    if base := args.get("base"):
        found = [each for each in found if _part(each).base == base]
    if head := args.get("head"):
        found = [each for each in found if f"{_head_owner(each)}:{_part(each).head}" == head]
    rising = args.get("direction", "asc" if args.get("sort") else "desc") == "asc"
    key = issues.SORTS.get(sort if sort != "popularity" else "comments", issues.SORTS["created"])
    found.sort(key=key, reverse=not rising)
    url = f"{context.repo_url(repo)}/pulls"
    return context.listed(found, url, lambda each: context.render.pull(each, full=False))


def _part(issue: Issue) -> PullRequest:
    if issue.pull_request is None:
        raise not_found()
    return issue.pull_request


def _head_owner(issue: Issue) -> str:
    return (_part(issue).head_repository or issue.repo.full_name).partition("/")[0]


def get(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N`."""
    issue = context.pull(repo, number)
    headers = {"Last-Modified": issues.http_date(issue.updated_at)}
    return json_response(context.render.pull(issue, full=True), headers=headers)


def create(context: Context, repo: Repo) -> Response:
    """`POST pulls`: branches are taken on trust."""
    body = context.body()
    head, base = text(body, "head", needed=True) or "", text(body, "base", needed=True) or ""
    title = text(body, "title") or ""
    if not title.strip():
        raise invalid("PullRequest", "title", "missing_field")
    for name, value in (("head", head), ("base", base)):
        if not value.strip():
            raise invalid("PullRequest", name, "missing_field")
    open_pulls = [each for each in repo.issues if each.pull_request and each.state == "open" and not each.gone]
    if any(_part(each).head == head.rpartition(":")[2] and _part(each).base == base for each in open_pulls):
        raise invalid("PullRequest", None, "custom", f"A pull request already exists for {repo.owner}:{head}.")
    draft = flag(body, "draft", default=False)
    issue = context.edits.create_issue(repo, title, text(body, "body"))
    place = (repo.full_name, issue.number)
    issue.pull_request = PullRequest(
        head=head.rpartition(":")[2],
        base=base,
        head_sha=ids.sha(*place, "head"),
        base_sha=ids.sha(*place, "base"),
        draft=draft,
        id=context.state.next_id("pull"),
    )
    context.state.pulls[issue.pull_request.id] = issue
    context.edits.tell("pull_request", "opened", issue)
    rendered = context.render.pull(issue, full=True)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def edit(context: Context, repo: Repo, number: int) -> Json:
    """`PATCH pulls/N`: title, body, state, base."""
    issue, body = context.pull(repo, number), context.body()
    issues.require_author(context, issue)
    base = text(body, "base")
    issues.change(context, issue, {key: body[key] for key in ("title", "body", "state") if key in body})
    if base:
        _part(issue).base = base
        context.edits.moved(issue, "title")
    return context.render.pull(issue, full=True)


def merge(context: Context, repo: Repo, number: int) -> Json:
    """`PUT pulls/N/merge`: closes what the pull request closes."""
    issue, body = context.pull(repo, number), context.body()
    pull = _part(issue)
    wanted = text(body, "sha")
    if wanted is not None and wanted != pull.head_sha:
        raise error(409, "Head branch was modified. Review and try the merge again.")
    if issue.state == "closed" or pull.draft or pull.mergeable is False:
        raise error(405, "Pull Request is not mergeable")
    pull.merged_at, pull.merged_by = context.state.stamp(), context.rights.login
    pull.merge_commit_sha = ids.sha(repo.full_name, number, "merge")
    context.edits.event(issue, "merged", commit_id=pull.merge_commit_sha)
    context.edits.set_state(issue, "closed", None)
    for each in pull.closes:
        context.edits.set_state(context.state.issues[each], "closed", "completed")
    return {"sha": pull.merge_commit_sha, "merged": True, "message": "Pull Request successfully merged"}


def merged(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/merge`: 204 when it is merged."""
    if not _part(context.pull(repo, number)).merged_at:
        raise not_found()
    return empty_response()


# ── reviews ──


def reviews(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/reviews`, oldest first."""
    issue = context.pull(repo, number)
    url = f"{context.repo_url(repo)}/pulls/{number}/reviews"
    return context.listed(_part(issue).reviews, url, lambda each: context.render.review(issue, each))


def _review(issue: Issue, review_id: int) -> Review:
    found = next((each for each in _part(issue).reviews if each.id == review_id), None)
    if found is None:
        raise not_found()
    return found


def review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`GET pulls/N/reviews/ID`."""
    issue = context.pull(repo, number)
    return context.render.review(issue, _review(issue, review_id))


def create_review(context: Context, repo: Repo, number: int) -> Json:
    """`POST pulls/N/reviews`: submitted at once."""
    issue, body = context.pull(repo, number), context.body()
    verdict = choice(body, "event", tuple(EVENTS)) or "COMMENT"
    told = text(body, "body") or ""
    if verdict != "APPROVE" and not told.strip():
        raise invalid("PullRequestReview", "body", "missing_field")
    if verdict == "APPROVE" and issue.user == context.rights.login:
        raise invalid("PullRequestReview", "event", "custom", "Can not approve your own pull request")
    pull = _part(issue)
    made = Review(
        user=context.rights.login,
        id=context.state.next_id("review"),
        state=EVENTS[verdict],
        body=told,
        submitted_at=context.state.stamp(),
        commit_id=text(body, "commit_id") or pull.head_sha,
    )
    pull.reviews.append(made)
    pull.requested_reviewers = [each for each in pull.requested_reviewers if each != made.user]
    context.edits.moved(issue, "review")
    context.edits.tell("pull_request_review", "submitted", issue, review=made)
    return context.render.review(issue, made)


def review_comments(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/comments`."""
    found = _part(context.pull(repo, number)).review_comments
    return context.listed(found, f"{context.repo_url(repo)}/pulls/{number}/comments", context.render.review_comment)


def comments_of_review(context: Context, repo: Repo, number: int, review_id: int) -> Response:
    """`GET pulls/N/reviews/ID/comments`."""
    issue = context.pull(repo, number)
    _review(issue, review_id)
    found = [each for each in _part(issue).review_comments if each.review == review_id]
    url = f"{context.repo_url(repo)}/pulls/{number}/reviews/{review_id}/comments"
    return context.listed(found, url, context.render.review_comment)


def comments_of_repo(context: Context, repo: Repo) -> Response:
    """`GET pulls/comments`."""
    since, args = issues.since_of(context), context.call.args
    found = [
        each
        for issue in repo.issues
        if issue.pull_request and not issue.gone
        for each in issue.pull_request.review_comments
        if each.updated_at >= since
    ]
    if args.get("sort") == "updated":
        found.sort(key=lambda each: (each.updated_at, each.id))
    else:
        found.sort(key=lambda each: each.id)
    if args.get("sort") and args.get("direction", "desc") != "asc":
        found.reverse()
    return context.listed(found, f"{context.repo_url(repo)}/pulls/comments", context.render.review_comment)


def _review_comment(context: Context, repo: Repo, comment_id: int) -> ReviewComment:
    found = context.state.review_comments.get(comment_id)
    if found is None or found.issue.repo is not repo or found.issue.gone:
        raise not_found()
    return found


def review_comment(context: Context, repo: Repo, comment_id: int) -> Json:
    """`GET pulls/comments/ID`."""
    return context.render.review_comment(_review_comment(context, repo, comment_id))


def edit_review_comment(context: Context, repo: Repo, comment_id: int) -> Json:
    """`PATCH pulls/comments/ID`."""
    found = _review_comment(context, repo, comment_id)
    if found.user != context.rights.login and context.role(repo) < Role.WRITE:
        raise error(403, "Must have admin rights to Repository.")
    found.body, found.updated_at = comment_text(context), context.state.stamp()
    context.edits.moved(found.issue, "review_comment")
    return context.render.review_comment(found)


def delete_review_comment(context: Context, repo: Repo, comment_id: int) -> Response:
    """`DELETE pulls/comments/ID`."""
    found = _review_comment(context, repo, comment_id)
    if found.user != context.rights.login and context.role(repo) < Role.WRITE:
        raise error(403, "Must have admin rights to Repository.")
    _part(found.issue).review_comments.remove(found)
    del context.state.review_comments[found.id]
    context.edits.moved(found.issue, "review_comment")
    return empty_response()


def requested_reviewers(context: Context, repo: Repo, number: int) -> Json:
    """`GET pulls/N/requested_reviewers`."""
    logins = _part(context.pull(repo, number)).requested_reviewers
    return {"users": [context.render.someone(each) for each in logins], "teams": []}


def request_reviewers(context: Context, repo: Repo, number: int) -> Response:
    """`POST pulls/N/requested_reviewers`."""
    issue = context.pull(repo, number)
    pull = _part(issue)
    for login in texts(context.body(), "reviewers") or []:
        account = context.state.account(login)
        if account is None or not issues.assignable(context, repo, account.login) or account.login == issue.user:
            raise error(422, "Reviews may only be requested from collaborators.")
        if account.login not in pull.requested_reviewers:
            pull.requested_reviewers.append(account.login)
            context.edits.event(issue, "review_requested", reviewer=account.login)
            context.edits.tell("pull_request", "review_requested", issue, reviewer=account.login)
    context.edits.moved(issue, "review")
    return json_response(context.render.pull(issue, full=False), status=201)


# ── checks ──


def _of_commit(repo: Repo, ref: str) -> list[Issue]:
    pulls = [each for each in repo.issues if each.pull_request and not each.gone]
    found = [each for each in pulls if ref in (_part(each).head_sha, _part(each).head)]
    known = {_part(each).base_sha for each in pulls} | {_part(each).merge_commit_sha for each in pulls}
    if not found and ref not in known | {repo.default_branch}:
        raise error(422, f"No commit found for SHA: {ref}")
    return found


def check_runs(context: Context, repo: Repo, ref: str) -> Response:
    """`GET commits/REF/check-runs`."""
    found = [(issue, check) for issue in _of_commit(repo, ref) for check in _part(issue).checks]
    name = context.call.args.get("check_name")
    found = [(issue, check) for issue, check in found if name in (None, check.name)]
    url = f"{context.repo_url(repo)}/commits/{ref}/check-runs"
    page = context.listed(found, url, lambda pair: context.render.check_run(*pair))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    return json_response({"total_count": len(found), "check_runs": page.json}, headers=headers)


def combined_status(context: Context, repo: Repo, ref: str) -> Json:
    """`GET commits/REF/status`: there are checks and no statuses, so it is pending as GitHub has it."""
    found = _of_commit(repo, ref)
    sha = _part(found[0]).head_sha if found else ref
    url = f"{context.render.api}/repos/{repo.full_name}/commits/{sha}"
    told: dict[str, Any] = {"state": "pending", "statuses": [], "sha": sha, "total_count": 0}
    return {**told, "repository": context.render.repo(repo), "commit_url": url, "url": f"{url}/status"}
