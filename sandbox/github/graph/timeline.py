"""Resolvers of timelines: what happened to an issue or pull request, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.github import ids
from sandbox.github.entities import Comment, Event, Issue, Label
from sandbox.github.graph.conversations import path_of, url_of
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.graph.views import TIMELINE, CommitView, LabelView, ReviewView, type_name

_MOMENT: dict[type, Callable[[Any], str]] = {
    Event: lambda each: each.created_at,
    Comment: lambda each: each.created_at,
    ReviewView: lambda each: each.review.submitted_at,
}


def _entries(issue: Issue, info: Info) -> list[Any]:
    """List what the caller may see of a timeline, oldest first."""
    context = scope_of(info).context
    found: list[Any] = [
        each
        for each in issue.events
        if each.event in TIMELINE and (each.other is None or context.sees(context.state.issues[each.other].repo))
    ]
    found += issue.comments
    if issue.pull_request:
        found += [ReviewView(issue, each) for each in issue.pull_request.reviews if each.state != "PENDING"]
    return sorted(found, key=lambda each: _MOMENT[type(each)](each))


def _kind(entry: Any) -> str:
    """Name an entry as the filter of a timeline does: LABELED_EVENT for LabeledEvent."""
    name = type_name(entry)
    return "".join(f"_{each}" if each.isupper() else each for each in name).lstrip("_").upper()


def _timeline(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    found = _entries(issue, info)
    whole, updated = len(found), issue.updated_at
    if args.get("itemTypes"):
        found = [each for each in found if _kind(each) in args["itemTypes"]]
    if args.get("since"):
        since = str(args["since"])
        found = [each for each in found if _MOMENT[type(each)](each) >= since]
    found = found[args.get("skip") or 0 :]
    made = connection(info, found, args)
    return {
        **made,
        "totalCount": whole,
        "filteredCount": len(found),
        "pageCount": len(made["nodes"]),
        "updatedAt": updated,
    }


def _other(event: Event, info: Info) -> Issue | None:
    return scope_of(info).context.state.issues.get(event.other or 0)


def _reason(event: Event, _info: Info) -> str | None:
    return event.state_reason.upper() if event.state_reason else None


def _label(event: Event, _info: Info) -> LabelView:
    """Give the label of an event; one that was deleted since is known by its name."""
    name = event.label or ""
    return LabelView(event.issue.repo, event.issue.repo.label(name) or Label(name=name))


def _lock_reason(event: Event, _info: Info) -> str | None:
    reason = event.issue.active_lock_reason
    return reason.replace("-", "_").replace(" ", "_").upper() if reason else None


def _merge(event: Event, _info: Info) -> CommitView | None:
    return CommitView(event.issue.repo, event.commit_id, None) if event.commit_id else None


def _subject(event: Event, _info: Info) -> Issue:
    return event.issue


def _event_path(event: Event, _info: Info) -> str:
    return f"{path_of(event.issue)}#event-{event.id}"


def _event_url(event: Event, info: Info) -> str:
    return f"{url_of(event.issue, info)}#event-{event.id}"


def _assignee(event: Event, info: Info) -> Any:
    return scope_of(info).account(event.assignee)


def _rename(end: str) -> Resolver:
    return lambda event, _info: (event.rename or {}).get(end, event.issue.title)


_EVENT: dict[str, Resolver] = {
    "id": lambda event, _info: ids.node_id(ids.EVENT, event.issue.repo.id, event.id),
    "actor": lambda event, info: scope_of(info).account(event.actor),
    "createdAt": lambda event, _info: event.created_at,
    "assignable": _subject,
    "assignee": _assignee,
    "user": _assignee,
    "label": _label,
    "labelable": _subject,
    "milestoneTitle": lambda event, _info: event.milestone or "",
    "subject": _subject,
    "currentTitle": _rename("to"),
    "previousTitle": _rename("from"),
    "closable": _subject,
    "stateReason": _reason,
    "lockReason": _lock_reason,
    "lockable": _subject,
    "isCrossRepository": lambda event, info: (_other(event, info) or event.issue).repo is not event.issue.repo,
    "referencedAt": lambda event, _info: event.created_at,
    "source": lambda event, info: _other(event, info) or event.issue,
    "target": _subject,
    "willCloseTarget": lambda event, info: _closes(_other(event, info), event.issue),
    "subIssue": _other,
    "parent": _other,
    "fromRepository": lambda _event, _info: None,
    "issue": _subject,
    "pullRequest": _subject,
    "commit": _merge,
    "mergeRefName": lambda event, _info: event.issue.pull_request.base if event.issue.pull_request else "",
    "requestedReviewer": lambda event, info: scope_of(info).account(event.reviewer),
    "url": _event_url,
    "resourcePath": _event_path,
}


def _closes(source: Issue | None, target: Issue) -> bool:
    return bool(source and source.pull_request and target.id in source.pull_request.closes)


def _participants(issue: Issue, info: Info, **args: Any) -> dict[str, Any]:
    logins = [issue.user, *issue.assignees, *(each.user for each in issue.comments)]
    scope = scope_of(info)
    found = (scope.account(each) for each in dict.fromkeys(logins))
    return connection(info, [each for each in found if each and each.type == "User"], args)


_TOLD: dict[str, Resolver] = {"timelineItems": _timeline, "participants": _participants}
TIMELINES: Resolvers = {
    "Issue": _TOLD,
    "PullRequest": _TOLD,
    **dict.fromkeys((each for each in TIMELINE.values()), _EVENT),
}
