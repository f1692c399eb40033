"""Who may see and change what."""

from collections.abc import Callable
from typing import Any

from sandbox.jira.model import Issue, Row
from sandbox.jira.state import State

NOT_FOUND = "Issue does not exist or you do not have permission to see it."


Check = Callable[[State, str | None, Row], bool]
"""Says what a caller may do in a project."""


def _listed(state: State, uid: str | None, refs: Any) -> bool:
    return uid is not None and (refs is None or uid in {state.user_id(ref) for ref in refs})


def may_browse(state: State, uid: str | None, project: Row) -> bool:
    """Say whether a caller sees the project; None is an anonymous caller."""
    return bool(project.get("anonymous")) or _listed(state, uid, project.get("browse"))


def may_edit(state: State, uid: str | None, project: Row) -> bool:
    """Say whether a caller may create and change issues there."""
    return may_browse(state, uid, project) and _listed(state, uid, project.get("edit"))


def may_administer(state: State, uid: str | None, project: Row) -> bool:
    """Say whether a caller may write without notifying, and change versions."""
    return may_browse(state, uid, project) and _listed(state, uid, project.get("administer"))


def may_use_filter(state: State, uid: str | None, row: Row) -> bool:
    """Say whether a caller may use a filter: its owner may, and those it is shared with."""
    return (uid is not None and state.user_id(row["owner"]) == uid) or any(
        _shared(state, uid, share) for share in row.get("sharePermissions") or ()
    )


def _shared(state: State, uid: str | None, share: Row) -> bool:
    if share["type"] == "global" or uid is None:
        return bool(share["type"] == "global")
    match share["type"]:
        case "user":
            return state.user_id(share["user"]) == uid
        case "group":
            return share["group"] in (state.users[uid].get("groups") or ())
        case "project" | "projectRole":
            project = state.projects.get(state.project_id(share["project"]) or "")
            return project is not None and may_browse(state, uid, project)
        case _:
            return True


def levels_seen(state: State, uid: str | None) -> frozenset[str]:
    """Give the security levels whose issues a caller sees."""
    return frozenset(
        level_id
        for level_id, level in state.tables["security_levels"].items()
        if uid is not None and uid in {state.user_id(ref) for ref in level.get("members") or ()}
    )


class Eyes:
    """What one caller sees, worked out once for many issues."""

    def __init__(self, state: State, uid: str | None) -> None:
        self.uid = uid
        self.projects = frozenset(one for one, row in state.projects.items() if may_browse(state, uid, row))
        self.levels = levels_seen(state, uid)
        self.all_seeing = len(self.projects) == len(state.projects) and not state.tables["security_levels"]

    @classmethod
    def of_all(cls, state: State) -> "Eyes":
        """Give eyes that see everything: the site's own."""
        eyes = cls(state, None)
        eyes.projects = frozenset(state.projects)
        eyes.levels = frozenset(state.tables["security_levels"])
        eyes.all_seeing = True
        return eyes

    def see(self, issue: Issue) -> bool:
        """Say whether the caller sees the issue."""
        fields = issue.fields
        level = fields.get("security")
        return fields["project"] in self.projects and (level is None or level in self.levels)
