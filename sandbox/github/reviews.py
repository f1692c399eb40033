"""Handlers of reviews: pending and submitted, comments on lines, and who is asked for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import HttpError, Json, empty_response, json_response
from sandbox.github import issues, teams
from sandbox.github.access import Role, error, invalid, not_found, schema_mismatch, unprocessable
from sandbox.github.context import Context, choice, text, texts, whole
from sandbox.github.entities import Issue, Repo, Review, ReviewComment
from sandbox.github.parts import check_comment, comment_text
from sandbox.github.pulls import part_of

EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def reviews(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/reviews`, oldest first."""
    issue = context.pull(repo, number)
    url = f"{context.repo_url(repo)}/pulls/{number}/reviews"
    return context.listed(_seen(context, issue), url, lambda each: context.render.review(issue, each))


def _review(context: Context, issue: Issue, review_id: int) -> Review:
    found = next((each for each in _seen(context, issue) if each.id == review_id), None)
    if found is None:
        raise not_found()
    return found


def review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`GET pulls/N/reviews/ID`."""
    issue = context.pull(repo, number)
    return context.render.review(issue, _review(context, issue, review_id))


def create_review(context: Context, repo: Repo, number: int) -> Json:
    """`POST pulls/N/reviews`: submitted at once with an `event`, else pending and seen by its author alone."""
    issue = context.pull(repo, number)
    return context.render.review(issue, made(context, issue, context.body()))


def made(context: Context, issue: Issue, body: Mapping[str, Any]) -> Review:
    """Make a review as a body of REST says; raises HttpError 422."""
    verdict, told = choice(body, "event", tuple(EVENTS)), text(body, "body") or ""
    comments = _drafted(body)
    if verdict is not None:
        _check_verdict(context, issue, verdict, told, comments=bool(comments))
    pull = part_of(issue)
    if verdict is None and any(each.state == "PENDING" and each.user == context.rights.login for each in pull.reviews):
        raise unprocessable("User can only have one pending review per pull request")
    review = Review(
        user=context.rights.login,
        id=context.state.next_id("review"),
        state=EVENTS[verdict] if verdict else "PENDING",
        body=told,
        submitted_at=context.state.stamp(),
        commit_id=text(body, "commit_id") or pull.head_sha,
    )
    pull.reviews.append(review)
    for each in comments:
        _comment(context, issue, review=review.id, **each)
    if verdict is not None:
        _submitted(context, issue, review)
    return review


def _drafted(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = body.get("comments")
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise schema_mismatch("For 'properties/comments', an array of objects is needed.")
    try:
        return [_line(each) for each in given]
    except HttpError as problem:
        raise unprocessable("A comment of a review needs a path, a line and a text") from problem


def _line(body: dict[str, Any]) -> dict[str, Any]:
    path, told = text(body, "path", needed=True) or "", text(body, "body", needed=True) or ""
    check_comment(told)
    name = next((each for each in ("line", "position") if body.get(each) is not None), None)
    line = whole(body, name) if name else 1
    if not path.strip() or line < 1:
        raise invalid("PullRequestReviewComment", "path" if not path.strip() else "line", "invalid")
    return {"path": path, "line": line, "body": told}


def _check_verdict(context: Context, issue: Issue, verdict: str, told: str, *, comments: bool) -> None:
    if verdict != "APPROVE" and not told.strip() and not comments:
        raise unprocessable("Review body can't be blank")
    if verdict != "COMMENT" and issue.user == context.rights.login:
        what = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}[verdict]
        raise unprocessable(f"Can not {what} your own pull request")


def _submitted(context: Context, issue: Issue, review: Review) -> None:
    pull = part_of(issue)
    review.submitted_at = context.state.stamp()
    pull.requested_reviewers = [each for each in pull.requested_reviewers if each != review.user]
    context.edits.moved(issue, "review")
    context.edits.tell("pull_request_review", "submitted", issue, review=review)


def _seen(context: Context, issue: Issue) -> list[Review]:
    """List the reviews that the caller may see: pending ones are their authors' alone."""
    me = context.rights.login
    return [each for each in part_of(issue).reviews if each.state != "PENDING" or each.user == me]


def edit_review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`PUT pulls/N/reviews/ID`: its text."""
    issue = context.pull(repo, number)
    found = _own(context, issue, review_id)
    found.body = text(context.body(), "body", needed=True) or ""
    context.edits.moved(issue, "review")
    context.edits.tell("pull_request_review", "edited", issue, review=found, changes={})
    return context.render.review(issue, found)


def _own(context: Context, issue: Issue, review_id: int) -> Review:
    found = _review(context, issue, review_id)
    if found.user != context.rights.login:
        raise error(403, "Must be the author of the review.")
    return found


def submit_review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`POST pulls/N/reviews/ID/events`: submits a pending review."""
    issue = context.pull(repo, number)
    found = _own(context, issue, review_id)
    submit(context, issue, found, context.body())
    return context.render.review(issue, found)


def submit(context: Context, issue: Issue, found: Review, body: Mapping[str, Any]) -> None:
    """Submit a pending review as a body of REST says; raises HttpError 422."""
    verdict = choice(body, "event", tuple(EVENTS))
    if verdict is None:
        raise schema_mismatch('"event" wasn\'t supplied.')
    if found.state != "PENDING":
        raise unprocessable("Can not submit a review that was submitted already.")
    told = text(body, "body") or found.body
    comments = any(each.review == found.id for each in part_of(issue).review_comments)
    _check_verdict(context, issue, verdict, told, comments=comments)
    found.body, found.state = told, EVENTS[verdict]
    _submitted(context, issue, found)


def dismiss_review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`PUT pulls/N/reviews/ID/dismissals`."""
    issue = context.pull(repo, number)
    found = _review(context, issue, review_id)
    message = text(context.body(), "message", needed=True) or ""
    if not message.strip():
        raise unprocessable("Message can't be blank")
    if found.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise unprocessable("Can not dismiss a commented or pending pull request review")
    found.state = "DISMISSED"
    context.edits.moved(issue, "review")
    context.edits.tell("pull_request_review", "dismissed", issue, review=found)
    return context.render.review(issue, found)


def delete_review(context: Context, repo: Repo, number: int, review_id: int) -> Json:
    """`DELETE pulls/N/reviews/ID`: a pending one, with its comments."""
    issue = context.pull(repo, number)
    found = _own(context, issue, review_id)
    if found.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    pull = part_of(issue)
    rendered = context.render.review(issue, found)
    pull.reviews.remove(found)
    for each in [each for each in pull.review_comments if each.review == found.id]:
        pull.review_comments.remove(each)
        del context.state.review_comments[each.id]
    context.state.touch(repo)
    return rendered


def _comment(
    context: Context,
    issue: Issue,
    *,
    path: str,
    line: int,
    body: str,
    review: int | None = None,
    above: ReviewComment | None = None,
) -> ReviewComment:
    state, now = context.state, context.state.stamp()
    if review is None:  # as on GitHub, a comment that stands alone gets a review of its own
        alone = Review(
            user=context.rights.login,
            id=state.next_id("review"),
            submitted_at=now,
            commit_id=part_of(issue).head_sha,
        )
        part_of(issue).reviews.append(alone)
        review = alone.id
    made = ReviewComment(
        user=context.rights.login,
        body=body,
        id=state.next_id("review_comment"),
        path=path,
        line=line,
        review=review,
        in_reply_to=above.id if above else None,
        commit_id=part_of(issue).head_sha,
        created_at=now,
        updated_at=now,
        issue=issue,
    )
    part_of(issue).review_comments.append(made)
    state.review_comments[made.id] = made
    context.edits.moved(issue, "review_comment")
    context.edits.tell("pull_request_review_comment", "created", issue, comment=made)
    return made


def create_comment(context: Context, repo: Repo, number: int) -> Response:
    """`POST pulls/N/comments`: on a line, or (`in_reply_to`) below another."""
    issue, body = context.pull(repo, number), context.body()
    if body.get("in_reply_to") is not None:
        return _answered(context, repo, issue, whole(body, "in_reply_to"), text(body, "body", needed=True) or "")
    place = _line(body)
    if (text(body, "commit_id", needed=True) or "") != part_of(issue).head_sha:
        raise invalid("PullRequestReviewComment", "commit_id", "invalid")
    return json_response(context.render.review_comment(_comment(context, issue, **place)), status=201)


def reply(context: Context, repo: Repo, number: int, comment_id: int) -> Response:
    """`POST pulls/N/comments/ID/replies`."""
    issue = context.pull(repo, number)
    return _answered(context, repo, issue, comment_id, comment_text(context))


def _answered(context: Context, repo: Repo, issue: Issue, comment_id: int, told: str) -> Response:
    check_comment(told)
    above = _review_comment(context, repo, comment_id)
    if above.issue is not issue:
        raise not_found()
    top = context.state.review_comments.get(above.in_reply_to or 0, above)
    made = _comment(context, issue, path=top.path, line=top.line, body=told, above=top)
    return json_response(context.render.review_comment(made), status=201)


def review_comments(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/comments`."""
    found = part_of(context.pull(repo, number)).review_comments
    return context.listed(found, f"{context.repo_url(repo)}/pulls/{number}/comments", context.render.review_comment)


def comments_of_review(context: Context, repo: Repo, number: int, review_id: int) -> Response:
    """`GET pulls/N/reviews/ID/comments`."""
    issue = context.pull(repo, number)
    _review(context, issue, review_id)
    found = [each for each in part_of(issue).review_comments if each.review == review_id]
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
    before, found.body, found.updated_at = found.body, comment_text(context), context.state.stamp()
    context.edits.moved(found.issue, "review_comment")
    changes = {"body": {"from": before}}
    context.edits.tell("pull_request_review_comment", "edited", found.issue, comment=found, changes=changes)
    return context.render.review_comment(found)


def delete_review_comment(context: Context, repo: Repo, comment_id: int) -> Response:
    """`DELETE pulls/comments/ID`."""
    found = _review_comment(context, repo, comment_id)
    if found.user != context.rights.login and context.role(repo) < Role.WRITE:
        raise error(403, "Must have admin rights to Repository.")
    part_of(found.issue).review_comments.remove(found)
    del context.state.review_comments[found.id]
    context.edits.moved(found.issue, "review_comment")
    context.edits.tell("pull_request_review_comment", "deleted", found.issue, comment=found)
    return empty_response()


def _teams(context: Context, repo: Repo, slugs: list[str]) -> list[dict[str, Any]]:
    account = context.state.accounts[repo.owner.casefold()]
    return [teams.render(context, account, each) for each in account.teams if each.slug in slugs]


def requested_reviewers(context: Context, repo: Repo, number: int) -> Json:
    """`GET pulls/N/requested_reviewers`."""
    pull = part_of(context.pull(repo, number))
    users = [context.render.someone(each) for each in pull.requested_reviewers]
    return {"users": users, "teams": _teams(context, repo, pull.requested_teams)}


def request_reviewers(context: Context, repo: Repo, number: int) -> Response:
    """`POST pulls/N/requested_reviewers`: all of them or none."""
    issue, body = context.pull(repo, number), context.body()
    pull = part_of(issue)
    people = [context.state.account(login) for login in texts(body, "reviewers") or []]
    slugs = texts(body, "team_reviewers", key="slug") or []
    known = {each.slug for each in context.state.accounts[repo.owner.casefold()].teams}
    if any(each is None or not issues.assignable(context, repo, each.login) for each in people):
        raise error(422, "Reviews may only be requested from collaborators.")
    if any(each and each.login == issue.user for each in people):
        raise error(422, "Review cannot be requested from pull request author.")
    if not set(slugs) <= known:
        raise error(422, "Could not resolve to a node with the global id of a requested team.")
    for account in people:
        if account and account.login not in pull.requested_reviewers:
            pull.requested_reviewers.append(account.login)
            context.edits.event(issue, "review_requested", reviewer=account.login)
            context.edits.tell("pull_request", "review_requested", issue, reviewer=account.login)
    pull.requested_teams += [each for each in slugs if each not in pull.requested_teams]
    context.edits.moved(issue, "review")
    return json_response(context.render.pull(issue, full=False), status=201)


def withdraw_reviewers(context: Context, repo: Repo, number: int) -> Json:
    """`DELETE pulls/N/requested_reviewers`."""
    issue, body = context.pull(repo, number), context.body()
    pull = part_of(issue)
    gone = {each.casefold() for each in texts(body, "reviewers") or []}
    for login in [each for each in pull.requested_reviewers if each.casefold() in gone]:
        pull.requested_reviewers.remove(login)
        context.edits.event(issue, "review_request_removed", reviewer=login)
        context.edits.tell("pull_request", "review_request_removed", issue, reviewer=login)
    slugs = set(texts(body, "team_reviewers", key="slug") or [])
    pull.requested_teams = [each for each in pull.requested_teams if each not in slugs]
    context.edits.moved(issue, "review")
    return context.render.pull(issue, full=False)
