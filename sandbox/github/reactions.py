"""Handlers of reactions to issues, comments, comments on lines and releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import empty_response, json_response
from sandbox.github import ids
from sandbox.github.access import Role, error, invalid, not_found
from sandbox.github.context import Context, text
from sandbox.github.entities import Comment, Issue, Reaction, Release, Repo, ReviewComment
from sandbox.github.parts import require_user
from sandbox.github.render import REACTIONS, Reacted

LEAST = Role.READ
"""The role in a repository that reacting needs."""
OF_RELEASES = ("+1", "laugh", "hooray", "heart", "rocket", "eyes")
Find = Callable[[Context, Repo, int], Reacted]


def issue(context: Context, repo: Repo, number: int) -> Issue:
    """Find an issue by its number; raises HttpError."""
    return context.issue(repo, number)


def comment(context: Context, repo: Repo, number: int) -> Comment:
    """Find a comment on an issue; raises HttpError."""
    found = context.state.comments.get(number)
    if found is None or found.issue.repo is not repo or found.issue.gone:
        raise not_found()
    return found


def review_comment(context: Context, repo: Repo, number: int) -> ReviewComment:
    """Find a comment on a line; raises HttpError."""
    found = context.state.review_comments.get(number)
    if found is None or found.issue.repo is not repo or found.issue.gone:
        raise not_found()
    return found


def release(context: Context, repo: Repo, number: int) -> Release:
    """Find a release; raises HttpError."""
    drafts = context.role(repo) >= Role.WRITE
    found = next((each for each in repo.releases if each.id == number and (drafts or not each.draft)), None)
    if found is None:
        raise not_found()
    return found


def render(context: Context, repo: Repo, reaction: Reaction) -> dict[str, Any]:
    """Render a reaction."""
    return {
        "id": reaction.id,
        "node_id": ids.node_id(ids.REACTION, repo.id, reaction.id),
        "user": context.render.someone(reaction.user),
        "content": reaction.content,
        "created_at": reaction.created_at,
    }


def listed(find: Find, path: str) -> Callable[..., Response]:
    """Make the handler of `GET .../reactions`."""

    def handle(context: Context, repo: Repo, number: int) -> Response:
        wanted = context.call.args.get("content")
        found = [each for each in find(context, repo, number).reacted if wanted in (None, each.content)]
        url = f"{context.repo_url(repo)}/{path}/{number}/reactions"
        return context.listed(found, url, lambda each: render(context, repo, each))

    return handle


def created(find: Find) -> Callable[..., Response]:
    """Make the handler of `POST .../reactions`: 200 when the caller has reacted so before."""

    def handle(context: Context, repo: Repo, number: int) -> Response:
        require_user(context)
        thing = find(context, repo, number)
        content = text(context.body(), "content", needed=True) or ""
        if content not in (OF_RELEASES if isinstance(thing, Release) else REACTIONS):
            raise invalid("Reaction", "content", "invalid", value=content)
        before = len(thing.reacted)
        made = react(context, repo, thing, content)
        return json_response(render(context, repo, made), status=201 if len(thing.reacted) > before else 200)

    return handle


def react(context: Context, repo: Repo, thing: Reacted, content: str) -> Reaction:
    """Add the caller's reaction, or give the one that is there."""
    me = context.rights.login
    there = next((each for each in thing.reacted if (each.user, each.content) == (me, content)), None)
    if there is not None:
        return there
    state = context.state
    made = Reaction(user=me, content=content, id=state.next_id("reaction"), created_at=state.stamp())
    thing.reacted.append(made)
    _moved(context, repo, thing)
    return made


def withdraw(context: Context, repo: Repo, thing: Reacted, reaction: Reaction) -> None:
    """Take a reaction back."""
    thing.reacted.remove(reaction)
    _moved(context, repo, thing)


def _moved(context: Context, repo: Repo, thing: Reacted) -> None:
    if isinstance(thing, Issue):
        context.edits.moved(thing, "reaction")
    context.state.touch(repo)


def deleted(find: Find) -> Callable[..., Response]:
    """Make the handler of `DELETE .../reactions/ID`: one's own, or any with push access."""

    def handle(context: Context, repo: Repo, number: int, reaction_id: int) -> Response:
        thing = find(context, repo, number)
        found = next((each for each in thing.reacted if each.id == reaction_id), None)
        if found is None:
            raise not_found()
        if found.user != context.rights.login and context.role(repo) < Role.WRITE:
            raise error(403, "Must have admin rights to Repository.")
        withdraw(context, repo, thing, found)
        return empty_response()

    return handle


_PLACES: dict[str, Find] = {
    "issues": issue,
    "issues/comments": comment,
    "pulls/comments": review_comment,
    "releases": release,
}


def table(*paths: str) -> dict[str, Callable[..., Response]]:
    """List the routes of some places, `issues` or `releases`."""
    made: dict[str, Callable[..., Response]] = {}
    for path in paths:
        find, at = _PLACES[path], f"/{path}/<int:number>/reactions"
        made[f"GET {at}"] = listed(find, path)
        made[f"POST {at}"] = created(find)
        made[f"DELETE {at}/<int:reaction_id>"] = deleted(find)
    return made
