"""Handlers of what hangs on issues: comments, labels, events, timeline, sub-issues, dependencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github.access import Kind, Role, error, invalid, not_found, schema_mismatch, unprocessable
from sandbox.github.context import Context, flag, text, texts, whole
from sandbox.github.edits import BODY_MOST
from sandbox.github.entities import Comment, Event, Issue, Repo
from sandbox.github.issues import since_of
from sandbox.github.render_issues import TIMELINE_ONLY

SUB_ISSUES_MOST, BLOCKERS_MOST = 100, 50

# ── comments ──


def comments_of_issue(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/comments`, oldest first."""
    issue, since = context.issue(repo, number), since_of(context)
    found = [each for each in issue.comments if each.updated_at >= since]
    url = f"{context.repo_url(repo)}/issues/{number}/comments"
    return context.listed(found, url, context.render.comment)


def comments_of_repo(context: Context, repo: Repo) -> Response:
    """`GET issues/comments`: by id, or as `sort` says."""
    since, args = since_of(context), context.call.args
    found = [each for issue in repo.issues if not issue.gone for each in issue.comments if each.updated_at >= since]
    order: Callable[[Comment], Any] = {
        "created": lambda each: (each.created_at, each.id),
        "updated": lambda each: (each.updated_at, each.id),
    }.get(args.get("sort", ""), lambda each: each.id)
    descending = bool(args.get("sort")) and args.get("direction", "desc") != "asc"
    found.sort(key=order, reverse=descending)
    return context.listed(found, f"{context.repo_url(repo)}/issues/comments", context.render.comment)


def create_comment(context: Context, repo: Repo, number: int) -> Response:
    """`POST issues/N/comments`."""
    issue = context.issue(repo, number)
    body = comment_text(context)
    if issue.locked and context.role(repo) < Role.WRITE:
        raise error(403, "Unable to create comment because issue is locked.")
    rendered = context.render.comment(context.edits.add_comment(issue, body))
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def comment_text(context: Context) -> str:
    """Read the text of a comment; raises HttpError 422."""
    body = text(context.body(), "body", needed=True) or ""
    check_comment(body)
    return body


def check_comment(body: str) -> None:
    """Refuse what no comment may be; raises HttpError 422."""
    if not body.strip():
        raise invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
    if len(body) > BODY_MOST:
        text_told = f"Body is too long (maximum is {BODY_MOST} characters)"
        raise invalid("IssueComment", "data", "unprocessable", text_told)


def _comment(context: Context, repo: Repo, comment_id: int) -> Comment:
    found = context.state.comments.get(comment_id)
    if found is None or found.issue.repo is not repo or found.issue.gone:
        raise not_found()
    return found


def get_comment(context: Context, repo: Repo, comment_id: int) -> Json:
    """`GET issues/comments/ID`."""
    return context.render.comment(_comment(context, repo, comment_id))


def _own(context: Context, comment: Comment) -> None:
    if comment.user != context.rights.login and context.role(comment.issue.repo) < Role.WRITE:
        raise error(403, "Must have admin rights to Repository.")


def edit_comment(context: Context, repo: Repo, comment_id: int) -> Json:
    """`PATCH issues/comments/ID`."""
    comment = _comment(context, repo, comment_id)
    _own(context, comment)
    context.edits.edit_comment(comment, comment_text(context))
    return context.render.comment(comment)


def delete_comment(context: Context, repo: Repo, comment_id: int) -> Response:
    """`DELETE issues/comments/ID`."""
    comment = _comment(context, repo, comment_id)
    _own(context, comment)
    context.edits.delete_comment(comment)
    return empty_response()


def pin_comment(context: Context, repo: Repo, comment_id: int) -> Json:
    """`PUT issues/comments/ID/pin`: one for an issue; another that was pinned is not any more."""
    comment = _comment(context, repo, comment_id)
    for each in comment.issue.comments:
        each.pinned_at, each.pinned_by = None, None
    comment.pinned_at, comment.pinned_by = context.state.stamp(), context.rights.login
    context.state.touch(repo)
    return context.render.comment(comment)


def unpin_comment(context: Context, repo: Repo, comment_id: int) -> Response:
    """`DELETE issues/comments/ID/pin`."""
    comment = _comment(context, repo, comment_id)
    comment.pinned_at, comment.pinned_by = None, None
    context.state.touch(repo)
    return empty_response()


# ── labels of an issue ──


def labels(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/labels`."""
    rendered = context.render.labels(context.issue(repo, number))
    return context.listed(rendered, f"{context.repo_url(repo)}/issues/{number}/labels", lambda each: each)


def _names(context: Context) -> list[str]:
    body = context.any_body()
    names = texts({"labels": body} if isinstance(body, list) else context.body(), "labels")
    if names is None:
        raise schema_mismatch('No subschema in "oneOf" matched.\nFor \'anyOf/0\', "labels" wasn\'t supplied.')
    if any(len(each) > 50 or not each.strip() for each in names):
        raise invalid("Label", "name", "invalid")
    return names


def add_labels(context: Context, repo: Repo, number: int) -> Json:
    """`POST issues/N/labels`: adding what is there is no change."""
    issue = context.issue(repo, number)
    context.edits.add_labels(issue, _names(context))
    return context.render.labels(issue)


def set_labels(context: Context, repo: Repo, number: int) -> Json:
    """`PUT issues/N/labels`."""
    issue = context.issue(repo, number)
    context.edits.set_labels(issue, _names(context) if context.call.get_data() else [])
    return context.render.labels(issue)


def clear_labels(context: Context, repo: Repo, number: int) -> Response:
    """`DELETE issues/N/labels`."""
    context.edits.set_labels(context.issue(repo, number), [])
    return empty_response()


def remove_label(context: Context, repo: Repo, number: int, name: str) -> Json:
    """`DELETE issues/N/labels/NAME`: 404 when the issue does not bear it."""
    issue = context.issue(repo, number)
    if not context.edits.remove_label(issue, name):
        raise error(404, "Label does not exist")
    return context.render.labels(issue)


# ── events ──


def events_of_issue(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/events`, oldest first."""
    found = [each for each in context.issue(repo, number).events if each.event not in TIMELINE_ONLY]
    return context.listed(found, f"{context.repo_url(repo)}/issues/{number}/events", context.render.event)


def events_of_repo(context: Context, repo: Repo) -> Response:
    """`GET issues/events`, newest first."""
    found = [
        each for issue in repo.issues if not issue.gone for each in issue.events if each.event not in TIMELINE_ONLY
    ]
    found.sort(key=lambda each: each.id, reverse=True)
    url = f"{context.repo_url(repo)}/issues/events"
    return context.listed(found, url, lambda each: context.render.event(each, with_issue=True))


def event(context: Context, repo: Repo, event_id: int) -> Json:
    """`GET issues/events/ID`."""
    found: Event | None = context.state.events.get(event_id)
    if found is None or found.issue.repo is not repo or found.issue.gone:
        raise not_found()
    return context.render.event(found, with_issue=True)


def timeline(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/timeline`; references from repositories that the caller does not see are left out."""
    issue = context.issue(repo, number)
    hidden = {
        each.id
        for event in issue.events
        if event.other is not None
        for each in [context.state.issues[event.other]]
        if not context.sees(each.repo)
    }
    told = [
        each
        for each in context.render.timeline(issue)
        if each.get("source", {}).get("issue", {}).get("id") not in hidden
    ]
    return context.listed(told, f"{context.repo_url(repo)}/issues/{number}/timeline", lambda each: each)


# ── sub-issues and dependencies ──


def _others(context: Context, numbers: Sequence[int], repo: Repo, number: int, what: str) -> Response:
    found = [context.state.issues[each] for each in numbers]
    seen = [each for each in found if context.sees(each.repo)]
    url = f"{context.repo_url(repo)}/issues/{number}/{what}"
    return context.listed(seen, url, context.render.issue)


def sub_issues(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/sub_issues`, in their order."""
    return _others(context, context.issue(repo, number).sub_issues, repo, number, "sub_issues")


def parent(context: Context, repo: Repo, number: int) -> Json:
    """`GET issues/N/parent`."""
    issue = context.issue(repo, number)
    if issue.parent is None or not context.sees(context.state.issues[issue.parent].repo):
        raise not_found()
    return context.render.issue(context.state.issues[issue.parent])


def _other(context: Context, number: int, name: str) -> Issue:
    found = context.state.issues.get(number)
    if found is None or found.gone or not context.sees(found.repo):
        raise error(404, f"The provided {name} does not exist")
    return found


def add_sub_issue(context: Context, repo: Repo, number: int) -> Response:
    """`POST issues/N/sub_issues`: refuses circles, and a second parent unless `replace_parent`."""
    issue, body = context.issue(repo, number), context.body()
    child = _other(context, whole(body, "sub_issue_id"), "sub-issue")
    put_below(context, issue, child, replace=flag(body, "replace_parent", default=False))
    return json_response(context.render.issue(issue), status=201)


def put_below(context: Context, issue: Issue, child: Issue, *, replace: bool) -> None:
    """Make an issue a sub-issue; raises HttpError 422 for circles, and for a second parent unless `replace`."""
    above: Issue | None = issue
    while above is not None:
        if above is child:
            raise _refused("Sub issue may not create a cycle")
        above = context.state.issues[above.parent] if above.parent is not None else None
    if child.parent == issue.id:
        raise _refused("Issue may not contain duplicate sub-issues")
    if child.parent is not None and not replace:
        raise _refused("Sub issue may only have one parent")
    if len(issue.sub_issues) >= SUB_ISSUES_MOST:
        raise _refused(f"Parent cannot have more than {SUB_ISSUES_MOST} sub-issues")
    context.edits.add_sub_issue(issue, child)


def _refused(reason: str) -> Exception:
    told = f"An error occurred while adding the sub-issue to the parent issue. {reason}."
    return invalid("Issue", "sub_issue_id", "custom", told)


def remove_sub_issue(context: Context, repo: Repo, number: int) -> Json:
    """`DELETE issues/N/sub_issue`."""
    issue = context.issue(repo, number)
    child = _other(context, whole(context.body(), "sub_issue_id"), "sub-issue")
    if child.parent != issue.id:
        raise error(404, "The provided sub-issue does not exist")
    context.edits.remove_sub_issue(issue, child)
    return context.render.issue(issue)


def order_sub_issue(context: Context, repo: Repo, number: int) -> Json:
    """`PATCH issues/N/sub_issues/priority`: puts one after (or before) another."""
    issue, body = context.issue(repo, number), context.body()
    moving = whole(body, "sub_issue_id")
    beside = [name for name in ("after_id", "before_id") if name in body]
    if moving not in issue.sub_issues or len(beside) != 1:
        raise unprocessable("The sub-issue to move and one of after_id and before_id are needed")
    anchor = whole(body, beside[0])
    if anchor not in issue.sub_issues or anchor == moving:
        raise unprocessable(f"{beside[0]} is no other sub-issue of the issue")
    reorder(context, issue, moving, anchor, after=beside[0] == "after_id")
    return context.render.issue(issue)


def reorder(context: Context, issue: Issue, moving: int, anchor: int, *, after: bool) -> None:
    """Put a sub-issue behind another, or in front of it; both are ids."""
    issue.sub_issues.remove(moving)
    issue.sub_issues.insert(issue.sub_issues.index(anchor) + after, moving)
    context.state.touch(issue.repo)


def blocked_by(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/dependencies/blocked_by`."""
    numbers = context.issue(repo, number).blocked_by
    return _others(context, numbers, repo, number, "dependencies/blocked_by")


def blocking(context: Context, repo: Repo, number: int) -> Response:
    """`GET issues/N/dependencies/blocking`."""
    return _others(context, context.issue(repo, number).blocking, repo, number, "dependencies/blocking")


def add_blocker(context: Context, repo: Repo, number: int) -> Response:
    """`POST issues/N/dependencies/blocked_by`."""
    issue = context.issue(repo, number)
    block(context, issue, _other(context, whole(context.body(), "issue_id"), "issue"))
    return json_response(context.render.issue(issue), status=201)


def block(context: Context, issue: Issue, blocker: Issue) -> None:
    """Let an issue be blocked by another; raises HttpError 422."""
    if blocker is issue or blocker.id in issue.blocked_by or issue.id in blocker.blocked_by:
        raise invalid("IssueDependency", "issue_id", "invalid")
    if len(issue.blocked_by) >= BLOCKERS_MOST:
        raise invalid("IssueDependency", "issue_id", "custom", f"An issue is blocked by {BLOCKERS_MOST} at most")
    context.edits.add_blocker(issue, blocker)


def remove_blocker(context: Context, repo: Repo, number: int, issue_id: int) -> Json:
    """`DELETE issues/N/dependencies/blocked_by/ID`."""
    issue = context.issue(repo, number)
    blocker = _other(context, issue_id, "issue")
    if blocker.id not in issue.blocked_by:
        raise not_found()
    context.edits.remove_blocker(issue, blocker)
    return context.render.issue(issue)


def require_user(context: Context) -> None:
    """Refuse who has no account; raises HttpError 401 or 403."""
    if context.rights.kind is Kind.ANONYMOUS:
        raise error(401, "Requires authentication")
    if not context.rights.login:
        raise error(403, "Resource not accessible by integration")
