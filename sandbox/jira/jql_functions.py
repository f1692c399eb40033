"""The functions of JQL: which ids each one names, by the kind of field it stands beside."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.jira import jql_dates
from sandbox.jira.jql import Function, JqlError, Value
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import FieldDef, Issue, Kind
from sandbox.jira.state import State

_SPRINTS = {"opensprints": "active", "futuresprints": "future", "closedsprints": "closed"}
_USERS, _ISSUE, _VERSION, _DATE = "com.atlassian.jira.user.ApplicationUser", "issue", "version", "java.util.Date"

FUNCTIONS: Mapping[str, tuple[str, bool]] = {
    "currentUser": (_USERS, False),
    "membersOf": (_USERS, True),
    "linkedIssues": (_ISSUE, True),
    "updatedBy": (_ISSUE, True),
    "cascadeOption": ("option", True),
    "votedIssues": (_ISSUE, True),
    "watchedIssues": (_ISSUE, True),
    "issueHistory": (_ISSUE, True),
    "issuesWithRemoteLinksByGlobalId": (_ISSUE, True),
    "standardIssueTypes": ("issuetype", True),
    "subtaskIssueTypes": ("issuetype", True),
    "projectsLeadByUser": ("project", True),
    "projectsWhereUserHasPermission": ("project", True),
    "projectsWhereUserHasRole": ("project", True),
    "componentsLeadByUser": ("component", True),
    "releasedVersions": (_VERSION, True),
    "unreleasedVersions": (_VERSION, True),
    "latestReleasedVersion": (_VERSION, False),
    "earliestUnreleasedVersion": (_VERSION, False),
    "openSprints": ("sprint", True),
    "closedSprints": ("sprint", True),
    "futureSprints": ("sprint", True),
    **dict.fromkeys(("now", "startOfDay", "endOfDay", "startOfWeek", "endOfWeek"), (_DATE, False)),
    **dict.fromkeys(("startOfMonth", "endOfMonth", "startOfYear", "endOfYear"), (_DATE, False)),
}
"""Type of what each function gives, and whether that is a list."""

MAX_GLOBAL_IDS = 100
"""Ids that `issuesWithRemoteLinksByGlobalId()` takes."""


def unknown(one: Function) -> JqlError:
    """Say that there is no such function, or not with such arguments there."""
    return JqlError(f"Unable to find JQL function '{one.name}({', '.join(one.arguments)})'.")


def of_issues(one: Function, scope: Scope) -> set[str]:
    """Give the ids of the issues that a function names; raises JqlError."""
    name, seen = one.name.casefold(), scope.eyes.see
    issues, me = scope.state.issues.values(), scope.eyes.uid
    match name, len(one.arguments):
        case "linkedissues", 1 | 2:
            return _linked(one, scope)
        case "issueswithremotelinksbyglobalid", count if 0 < count <= MAX_GLOBAL_IDS:
            wanted = set(one.arguments)
            return {row.id for row in issues if any(link.get("globalId") in wanted for link in row.remotelinks)}
        case "updatedby", 1 | 2 | 3:
            return _updated_by(one, scope)
        case (("votedissues" | "watchedissues"), 0):
            return {row.id for row in issues if me in (row.voters if name == "votedissues" else row.watchers)}
        case "issuehistory", 0:  # nobody looks at issues in a browser here
            return {row.id for row in issues if seen(row) and row.fields.get("creator") == me}
        case _:
            raise unknown(one)


def _linked(one: Function, scope: Scope) -> set[str]:
    """Give what is linked to an issue, by any link or by one named by its name or either direction."""
    state = scope.state
    issue = state.issue(one.arguments[0])
    if issue is None or not scope.eyes.see(issue):
        raise JqlError(f"Issue does not exist or you do not have permission to see it: '{one.arguments[0]}'.")
    wanted = one.arguments[1].casefold() if len(one.arguments) == 2 else None
    found, known = set(), wanted is None
    for row in state.tables["link_types"].values():
        words = [str(row.get(key) or row["name"]).casefold() for key in ("name", "inward", "outward")]
        known = known or wanted in words
    if not known:
        raise JqlError(f"Link type '{one.arguments[1]}' does not exist.")
    for link_id in state.links_of.get(issue.id, ()):
        link = state.links[link_id]
        row = state.tables["link_types"][link.type_id]
        outward = link.source == issue.id
        word = str(row.get("outward" if outward else "inward") or row["name"]).casefold()
        other = link.target if outward else link.source
        if isinstance(other, str) and (wanted is None or wanted in (word, str(row["name"]).casefold())):
            found.add(other)
    return found


def _updated_by(one: Function, scope: Scope) -> set[str]:
    """Give the issues that a user created, changed or commented on, between two instants when they are given."""
    from_text, to_text = (*one.arguments[1:], None, None)[:2]
    uid = user(scope.state, one.arguments[0])
    if uid is None:
        return set()

    def read(text: str) -> int:
        return jql_dates.instant(Value(text=text, quoted=True), "updatedBy", scope.moment)

    start, end = read(from_text) if from_text else 0, read(to_text) if to_text else None

    def when(issue: Issue) -> list[int]:
        rows = [*issue.entries, *issue.comments, *issue.worklogs]
        own = [int(row.get("updated") or row["created"]) for row in rows if row.get("author") == uid]
        return [*own, issue.created] if issue.fields.get("creator") == uid else own

    issues = scope.state.issues.values()
    return {row.id for row in issues if any(start <= at and (end is None or at <= end) for at in when(row))}


def of_users(one: Function, scope: Scope) -> set[str]:
    """Give the users that a function names; raises JqlError."""
    name = one.name.casefold()
    if name == "currentuser":
        return {scope.eyes.uid} if scope.eyes.uid else set()
    if name != "membersof" or len(one.arguments) != 1:
        raise unknown(one)
    wanted = one.arguments[0].casefold()
    rows = scope.state.users.items()
    members = {uid for uid, row in rows if wanted in map(str.casefold, row.get("groups") or ())}
    if not members and wanted not in map(str.casefold, scope.state.groups):
        raise JqlError(
            f"Function 'membersOf' can not generate a list of usernames for group '{one.arguments[0]}'; the group "
            "does not exist."
        )
    return members


def of_versions(one: Function, scope: Scope) -> set[str]:
    """Give the versions that a function names, of the projects named; raises JqlError."""
    name, state = one.name.casefold(), scope.state
    keys = {state.project_id(key) for key in one.arguments}
    seen = scope.eyes.projects
    rows = [
        row for row in state.versions.values() if row["projectId"] in seen and (not keys or row["projectId"] in keys)
    ]
    current = [row for row in rows if not row.get("archived")]
    match name:
        case "releasedversions":
            return {row["id"] for row in rows if row.get("released")}
        case "unreleasedversions":
            return {row["id"] for row in rows if not row.get("released")}
        case "latestreleasedversion":  # of each project, in the order that people gave them
            return set({row["projectId"]: row["id"] for row in current if row.get("released")}.values())
        case "earliestunreleasedversion":
            return set({row["projectId"]: row["id"] for row in current[::-1] if not row.get("released")}.values())
        case _:
            raise unknown(one)


def of_sprints(one: Function, scope: Scope) -> set[int]:
    """Give the sprints that a function names; raises JqlError."""
    state = _SPRINTS.get(one.name.casefold())
    if state is None:
        raise unknown(one)
    return {sprint_id for sprint_id, row in scope.state.sprints.items() if row["state"] == state}


def of_types(one: Function, scope: Scope) -> set[str]:
    """Give the issue types that a function names; raises JqlError."""
    name = one.name.casefold()
    if name not in ("standardissuetypes", "subtaskissuetypes"):
        raise unknown(one)
    rows = scope.state.tables["issuetypes"].items()
    return {row_id for row_id, row in rows if bool(row.get("subtask")) is (name == "subtaskissuetypes")}


def of_projects(one: Function, scope: Scope) -> set[str]:
    """Give the projects that a function names; raises JqlError."""
    state, name = scope.state, one.name.casefold()
    uid = user(state, one.arguments[0]) if one.arguments else scope.eyes.uid
    if name == "projectsleadbyuser":
        return {one for one, row in state.projects.items() if row.get("lead") and state.user_id(row["lead"]) == uid}
    if name == "projectswhereuserhaspermission" and len(one.arguments) == 1:
        return set(scope.eyes.projects)
    if name == "projectswhereuserhasrole" and len(one.arguments) == 1:
        return _projects_of_role(one.arguments[0], scope)
    raise unknown(one)


def _projects_of_role(role: str, scope: Scope) -> set[str]:
    """Give the projects in which the caller has a role, by name and by group; raises JqlError."""
    state, uid = scope.state, scope.eyes.uid
    names = {str(row["name"]).casefold(): str(row["name"]) for row in state.known_roles()}
    if role.casefold() not in names:
        raise JqlError(f"Function 'projectsWhereUserHasRole' can not find the role '{role}'.")
    mine = state.users[uid].get("groups") or () if uid else ()
    return {
        project_id
        for project_id, row in state.projects.items()
        for actor in (row.get("roles") or {}).get(names[role.casefold()]) or ()
        if (actor.get("user") and state.user_id(actor["user"]) == uid) or actor.get("group") in mine
    }


def of_components(one: Function, scope: Scope) -> set[str]:
    """Give the components that a function names; raises JqlError."""
    state = scope.state
    if one.name.casefold() != "componentsleadbyuser":
        raise unknown(one)
    uid = user(state, one.arguments[0]) if one.arguments else scope.eyes.uid
    return {one for one, row in state.components.items() if row.get("lead") and state.user_id(row["lead"]) == uid}


def of_cascade(one: Function, field: FieldDef) -> set[str]:
    """Give the options that `cascadeOption(parent[, child])` names; `none` is no child; raises JqlError."""
    if one.name.casefold() != "cascadeoption" or not 1 <= len(one.arguments) <= 2:
        raise unknown(one)
    parents = {
        found for found in options_named(field, one.arguments[0], field.name) if field.option_above(found) is None
    }
    if len(one.arguments) == 1:
        return with_children(field, parents)
    if one.arguments[1].casefold() == "none":
        return parents
    return {
        found for found in options_named(field, one.arguments[1], field.name) if field.option_above(found) in parents
    }


def with_children(field: FieldDef, options: set[str]) -> set[str]:
    """Give options and those under them."""
    return options | {under["id"] for one in options for under in field.options_under(one)}


def options_named(field: FieldDef, text: str, name: str) -> set[str]:
    """Find options by id or value; raises JqlError."""
    found = {one["id"] for one in field.options if text.casefold() in (one["id"], str(one["value"]).casefold())}
    if not found:
        raise JqlError(f"The option '{text}' for field '{name}' does not exist.")
    return found


BY_KIND: Mapping[Kind, Callable[[Function, Scope], set[Any]]] = {
    Kind.USER: of_users,
    Kind.MULTIUSER: of_users,
    Kind.VERSIONS: of_versions,
    Kind.SPRINT: of_sprints,
    Kind.ISSUETYPE: of_types,
    Kind.PROJECT: of_projects,
    Kind.COMPONENTS: of_components,
    Kind.PARENT: of_issues,
    Kind.EPIC_LINK: of_issues,
}
"""Which functions stand beside which kind of field."""


def beside(one: Function, field: FieldDef, scope: Scope) -> set[Any]:
    """Give what a function names beside a field; raises JqlError."""
    if field.kind is Kind.CASCADE:
        return of_cascade(one, field)
    named = BY_KIND.get(field.kind)
    if named is None:
        raise unknown(one)
    return named(one, scope)


def user(state: State, text: str) -> str | None:
    """Find the user that a word of a query means; None when there is none."""
    found = state.user_id(text)
    if found is not None:
        return found
    wanted = text.casefold()
    for uid, row in state.users.items():
        if wanted in (str(row.get("emailAddress")).casefold(), str(row.get("displayName")).casefold()):
            return uid
    return None
