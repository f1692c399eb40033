"""Resolvers of reactions: to issues, pull requests and comments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.github import ids, reactions
from sandbox.github.access import Kind
from sandbox.github.entities import Comment, Issue, Reaction, Repo
from sandbox.github.graph.finding import find, mutation, writable
from sandbox.github.graph.scope import Info, Resolver, Resolvers, connection, scope_of
from sandbox.github.parts import require_user

CONTENTS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
"""Names of reactions in GraphQL, and in REST and the state."""
_NAMES = {content: name for name, content in CONTENTS.items()}
Subject = Issue | Comment


@dataclass(frozen=True, slots=True)
class ReactionView:
    """A reaction, and what it is to."""

    subject: Subject
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class GroupView:
    """All reactions of one kind to something."""

    subject: Subject
    content: str

    @property
    def reactions(self) -> list[Reaction]:
        """Those with a person, oldest first."""
        return [each for each in self.subject.reacted if each.content == self.content]


def _repo(subject: Subject) -> Repo:
    return subject.issue.repo if isinstance(subject, Comment) else subject.repo


def _me(info: Info) -> str:
    return scope_of(info).context.rights.login


def groups_of(subject: Subject) -> list[GroupView]:
    """List the kinds of reactions, those that nobody chose included, as GitHub does."""
    return [GroupView(subject, each) for each in CONTENTS.values()]


def _reactions(subject: Subject, info: Info, **args: Any) -> dict[str, Any]:
    content = CONTENTS.get(args.get("content") or "")
    found = [ReactionView(subject, each) for each in subject.reacted if content in (None, each.content)]
    if (args.get("orderBy") or {}).get("direction") == "DESC":
        found.reverse()
    mine = any(each.reaction.user == _me(info) for each in found)
    return {**connection(info, found, args), "viewerHasReacted": mine}


def _people(view: GroupView, info: Info, **args: Any) -> dict[str, Any]:
    scope = scope_of(info)
    made = connection(info, [scope.account(each.user) for each in view.reactions], args)
    moments = {each.user: each.created_at for each in view.reactions}
    for edge in made["edges"]:
        edge["reactedAt"] = moments[edge["node"].login]
    counted = view.subject.reactions.get(view.content, 0)
    return {**made, "totalCount": made["totalCount"] + counted}


REACTABLE: dict[str, Resolver] = {
    "reactionGroups": lambda subject, _info: groups_of(subject),
    "reactions": _reactions,
    "viewerCanReact": lambda _subject, info: scope_of(info).context.rights.kind is not Kind.ANONYMOUS,
}


def _change(add: bool) -> Callable[..., dict[str, Any]]:  # noqa: FBT001 - one of two mutations
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        subject: Subject = find(info, given["subjectId"], (Issue, Comment))
        repo, content = _repo(subject), CONTENTS[given["content"]]
        context = writable(info, repo, "issues|pull_requests", reactions.LEAST).context
        require_user(context)
        if add:
            made: Reaction | None = reactions.react(context, repo, subject, content)
        else:
            mine = (each for each in subject.reacted if (each.user, each.content) == (_me(info), content))
            made = next(mine, None)
            if made is not None:
                reactions.withdraw(context, repo, subject, made)
        told = ReactionView(subject, made) if made else None
        return {"reaction": told, "subject": subject, "reactionGroups": groups_of(subject)}

    return mutation(act)


REACTIONS: Resolvers = {
    "Issue": REACTABLE,
    "PullRequest": REACTABLE,
    "IssueComment": REACTABLE,
    "Reaction": {
        "id": lambda view, _info: ids.node_id(ids.REACTION, _repo(view.subject).id, view.reaction.id),
        "databaseId": lambda view, _info: view.reaction.id,
        "content": lambda view, _info: _NAMES[view.reaction.content],
        "createdAt": lambda view, _info: view.reaction.created_at,
        "reactable": lambda view, _info: view.subject,
        "user": lambda view, info: scope_of(info).account(view.reaction.user),
    },
    "ReactionGroup": {
        "content": lambda view, _info: _NAMES[view.content],
        "createdAt": lambda view, _info: view.reactions[0].created_at if view.reactions else None,
        "subject": lambda view, _info: view.subject,
        "users": _people,
        "reactors": _people,
        "viewerHasReacted": lambda view, info: any(each.user == _me(info) for each in view.reactions),
    },
    "Mutation": {
        "addReaction": _change(True),  # noqa: FBT003 - one of two mutations
        "removeReaction": _change(False),  # noqa: FBT003 - one of two mutations
    },
}
