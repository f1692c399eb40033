"""Handlers of a repository itself and of its labels, milestones and releases."""

from __future__ import annotations

import itertools
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import reading
from sandbox.github.access import Role, access, error, invalid, not_found, role
from sandbox.github.context import Context, choice, flag, text
from sandbox.github.edits import check_label
from sandbox.github.entities import Issue, Label, Milestone, Release, Repo


def get(context: Context, repo: Repo) -> Response:
    """`GET` of the repository."""
    return json_response(context.render.full_repo(repo))


def edit(context: Context, repo: Repo) -> Json:
    """`PATCH` of the repository: description, visibility, archived, has_issues, and a new name."""
    body = context.body()
    name, description = text(body, "name"), text(body, "description")
    private = flag(body, "private", default=repo.private)
    archived = flag(body, "archived", default=repo.archived)
    has_issues = flag(body, "has_issues", default=repo.has_issues)
    if name is not None and name != repo.name:
        rename(context, repo, f"{repo.owner}/{name}")
    if "description" in body:
        repo.description = description
    repo.private, repo.archived, repo.has_issues = private, archived, has_issues
    repo.updated_at = context.state.stamp()
    context.state.touch(repo)
    return context.render.full_repo(repo)


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
    owner = state.accounts[repo.owner.casefold()]
    logins = sorted({*owner.members, *repo.collaborators, *([] if owner.is_organization else [owner.login])})

    def render(login: str) -> dict[str, Any]:
        level = role(state, login, repo)
        user = context.render.someone(login)
        return {**user, "permissions": level.as_json(), "role_name": level.name.lower()}

    return context.listed(logins, f"{context.repo_url(repo)}/collaborators", render)


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
    body = context.body()
    name = text(body, "name", needed=True) or ""
    color, description = text(body, "color") or "ededed", text(body, "description")
    if repo.label(name):
        raise invalid("Label", "name", "already_exists")
    made = context.render.label(repo, context.edits.create_label(repo, name, color, description))
    return json_response(made, status=201, headers={"Location": made["url"]})


def edit_label(context: Context, repo: Repo, name: str) -> Json:
    """`PATCH labels/NAME`."""
    found, body = _label(repo, name), context.body()
    new = text(body, "new_name") or text(body, "name") or found.name
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
    context.edits.tell("label", "edited", None, repo=repo, label=found, changes={"name": {"from": before}})
    return context.render.label(repo, found)


def delete_label(context: Context, repo: Repo, name: str) -> Response:
    """`DELETE labels/NAME`: issues lose it without an event."""
    found = _label(repo, name)
    for issue in _bearing(repo, found.name):
        issue.labels.remove(found.name)
        context.edits.moved(issue, "label_deleted")
    repo.labels.remove(found)
    context.state.touch(repo)
    context.edits.tell("label", "deleted", None, repo=repo, label=found)
    return empty_response()


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


# ── releases ──


def _releases(context: Context, repo: Repo) -> list[Release]:
    drafts = access(context.state, context.rights, repo) >= Role.WRITE and context.may(repo, "contents", "write")
    found = [each for each in repo.releases if drafts or not each.draft]
    return sorted(found, key=lambda each: (each.created_at, each.id), reverse=True)


def releases(context: Context, repo: Repo) -> Response:
    """`GET releases`, newest first; drafts for those with push access."""
    url = f"{context.repo_url(repo)}/releases"
    return context.listed(_releases(context, repo), url, lambda each: context.render.release(repo, each))


def release(context: Context, repo: Repo, release_id: int) -> Json:
    """`GET releases/ID`."""
    return _one_release(context, repo, lambda each: each.id == release_id)


def release_by_tag(context: Context, repo: Repo, tag: str) -> Json:
    """`GET releases/tags/TAG`."""
    return _one_release(context, repo, lambda each: each.tag_name == tag and not each.draft)


def latest_release(context: Context, repo: Repo) -> Json:
    """`GET releases/latest`: neither draft nor prerelease."""
    return _one_release(context, repo, lambda each: not each.draft and not each.prerelease)


def _one_release(context: Context, repo: Repo, fits: Any) -> Json:
    found = next((each for each in _releases(context, repo) if fits(each)), None)
    if found is None:
        raise not_found()
    return context.render.release(repo, found)


def create_release(context: Context, repo: Repo) -> Response:
    """`POST releases`."""
    body, now = context.body(), context.state.stamp()
    tag = text(body, "tag_name", needed=True) or ""
    if not tag.strip():
        raise invalid("Release", "tag_name", "missing_field")
    if any(each.tag_name == tag for each in repo.releases):
        raise invalid("Release", "tag_name", "already_exists")
    draft = flag(body, "draft", default=False)
    made = Release(
        tag_name=tag,
        name=text(body, "name"),
        body=text(body, "body"),
        draft=draft,
        prerelease=flag(body, "prerelease", default=False),
        target_commitish=text(body, "target_commitish") or repo.default_branch,
        author=context.rights.login,
        created_at=now,
        published_at=None if draft else now,
    )
    made.id = context.state.next_id("release")
    repo.releases.append(made)
    context.state.touch(repo)
    if not draft:
        context.edits.tell("release", "published", None, repo=repo, release=made)
    rendered = context.render.release(repo, made)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def archived(repo: Repo) -> Exception:
    """Make the refusal of writes to an archived repository."""
    return error(403, f"Repository {repo.full_name} was archived so is read-only.")
