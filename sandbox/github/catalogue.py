"""Handlers of a repository's labels and milestones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import reading
from sandbox.github.access import invalid, not_found
from sandbox.github.context import Context, choice, text
from sandbox.github.edits import check_label
from sandbox.github.entities import Issue, Label, Milestone, Repo

# ── labels ──


def labels(context: Context, repo: Repo) -> Response:
    """`GET labels`."""
    url = f"{context.repo_url(repo)}/labels"
    return context.listed(repo.labels, url, lambda each: context.render.label(repo, each))


def _label(repo: Repo, name: str) -> Label:
    found = repo.label(name)
    if found is None:
        raise not_found()
    return found


def label(context: Context, repo: Repo, name: str) -> Json:
    """`GET labels/NAME`."""
    return context.render.label(repo, _label(repo, name))


def create_label(context: Context, repo: Repo) -> Response:
    """`POST labels`."""
    made = context.render.label(repo, new_label(context, repo, context.body()))
    return json_response(made, status=201, headers={"Location": made["url"]})


def new_label(context: Context, repo: Repo, body: Mapping[str, Any]) -> Label:
    """Make a label as a body says; raises HttpError 422."""
    name = text(body, "name", needed=True) or ""
    color, description = text(body, "color") or "ededed", text(body, "description")
    if repo.label(name):
        raise invalid("Label", "name", "already_exists")
    return context.edits.create_label(repo, name, color, description)


def edit_label(context: Context, repo: Repo, name: str) -> Json:
    """`PATCH labels/NAME`."""
    found, body = _label(repo, name), context.body()
    renamed = {"name": body["new_name"]} if body.get("new_name") is not None else {}
    change_label(context, repo, found, {**body, **renamed})
    return context.render.label(repo, found)


def change_label(context: Context, repo: Repo, found: Label, body: Mapping[str, Any]) -> None:
    """Change a label as a body says, on every issue that bears it; raises HttpError 422."""
    new = text(body, "name") or found.name
    color = text(body, "color") or found.color
    description = text(body, "description") if "description" in body else found.description
    check_label(new, color, description)
    if repo.label(new) not in (None, found):
        raise invalid("Label", "name", "already_exists")
    before, found.name, found.color, found.description = found.name, new, color.lower(), description
    for issue in _bearing(repo, before):
        issue.labels[issue.labels.index(before)] = new
        context.edits.moved(issue, "label_edited")
    context.state.touch(repo)
    for event in (event for issue in repo.issues for event in issue.events if event.label == before):
        event.label = new
    context.edits.tell("label", "edited", None, repo=repo, label=found, changes={"name": {"from": before}})


def delete_label(context: Context, repo: Repo, name: str) -> Response:
    """`DELETE labels/NAME`: issues lose it without an event."""
    drop_label(context, repo, _label(repo, name))
    return empty_response()


def drop_label(context: Context, repo: Repo, found: Label) -> None:
    """Delete a label; issues lose it without an event."""
    for issue in _bearing(repo, found.name):
        issue.labels.remove(found.name)
        context.edits.moved(issue, "label_deleted")
    repo.labels.remove(found)
    context.state.touch(repo)
    context.edits.tell("label", "deleted", None, repo=repo, label=found)


def _bearing(repo: Repo, name: str) -> list[Issue]:
    return [each for each in repo.issues if name in each.labels]


# ── milestones ──


def milestones(context: Context, repo: Repo) -> Response:
    """`GET milestones`: open ones by date unless told."""
    args = context.call.args
    state = args.get("state", "open")
    found = [each for each in repo.milestones if state in ("all", each.state)]
    if args.get("sort") == "completeness":
        found.sort(key=lambda each: _completeness(repo, each), reverse=args.get("direction") == "desc")
    else:
        found.sort(key=lambda each: (each.due_on is None, each.due_on or "", each.number))
        if args.get("direction") == "desc":
            found.reverse()
    url = f"{context.repo_url(repo)}/milestones"
    return context.listed(found, url, lambda each: context.render.milestone(repo, each))


def _completeness(repo: Repo, milestone: Milestone) -> float:
    states = [each.state for each in repo.issues if each.milestone == milestone.number and not each.gone]
    return states.count("closed") / len(states) if states else 0.0


def _milestone(repo: Repo, number: int) -> Milestone:
    found = repo.milestone(number)
    if found is None:
        raise not_found()
    return found


def milestone(context: Context, repo: Repo, number: int) -> Json:
    """`GET milestones/N`."""
    return context.render.milestone(repo, _milestone(repo, number))


def create_milestone(context: Context, repo: Repo) -> Response:
    """`POST milestones`."""
    body = context.body()
    title = text(body, "title", needed=True) or ""
    now = context.state.stamp()
    made = Milestone(title=title, creator=context.rights.login, created_at=now, updated_at=now)
    _fill_milestone(context, repo, made, body)
    made.id = context.state.next_id("milestone")
    made.number = max((each.number for each in repo.milestones), default=0) + 1
    repo.milestones.append(made)
    context.state.touch(repo)
    context.edits.tell("milestone", "created", None, repo=repo, milestone=made)
    rendered = context.render.milestone(repo, made) or {}
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def edit_milestone(context: Context, repo: Repo, number: int) -> Json:
    """`PATCH milestones/N`."""
    found = _milestone(repo, number)
    was = found.state
    _fill_milestone(context, repo, found, context.body())
    found.updated_at = context.state.stamp()
    for issue in repo.issues:
        if issue.milestone == number:
            context.edits.moved(issue, "milestone_edited")
    context.state.touch(repo)
    action = {"open": "opened", "closed": "closed"}[found.state] if found.state != was else "edited"
    more: dict[str, Any] = {"changes": {}} if action == "edited" else {}
    context.edits.tell("milestone", action, None, repo=repo, milestone=found, **more)
    return context.render.milestone(repo, found)


def _fill_milestone(context: Context, repo: Repo, milestone: Milestone, body: dict[str, Any]) -> None:
    title = text(body, "title")
    title = milestone.title if title is None else title
    if not title.strip():
        raise invalid("Milestone", "title", "missing_field")
    if any(each.title == title and each is not milestone for each in repo.milestones):
        raise invalid("Milestone", "title", "already_exists")
    state = choice(body, "state", ("open", "closed")) or milestone.state
    due_on = milestone.due_on
    if "due_on" in body:
        given = text(body, "due_on")
        try:
            due_on = reading.instant(given) if given else None
        except (ValueError, OverflowError) as problem:
            raise invalid("Milestone", "due_on", "invalid", value=given) from problem
    if "description" in body:
        milestone.description = text(body, "description")
    if state != milestone.state:
        milestone.closed_at = context.state.stamp() if state == "closed" else None
    milestone.title, milestone.state, milestone.due_on = title, state, due_on


def delete_milestone(context: Context, repo: Repo, number: int) -> Response:
    """`DELETE milestones/N`: issues lose it without an event."""
    found = _milestone(repo, number)
    for issue in repo.issues:
        if issue.milestone == number:
            issue.milestone = None
            context.edits.moved(issue, "milestone_deleted")
    repo.milestones.remove(found)
    context.state.touch(repo)
    context.edits.tell("milestone", "deleted", None, repo=repo, milestone=found)
    return empty_response()


def milestone_labels(context: Context, repo: Repo, number: int) -> Response:
    """`GET milestones/N/labels`: of its issues."""
    _milestone(repo, number)
    issues = (each for each in repo.issues if each.milestone == number and not each.gone)
    names = set(itertools.chain.from_iterable(each.labels for each in issues))
    found = [each for each in repo.labels if each.name in names]
    url = f"{context.repo_url(repo)}/milestones/{number}/labels"
    return context.listed(found, url, lambda each: context.render.label(repo, each))
