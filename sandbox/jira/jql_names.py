"""Names in JQL: which field, issue, user, status, version or sprint a word of a query means."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.jira.access import Eyes
from sandbox.jira.jql import Function, JqlError, Operand, Value
from sandbox.jira.jql_dates import Moment
from sandbox.jira.model import FieldDef, Kind
from sandbox.jira.state import State
from sandbox.jira.values import TABLE_OF_KIND

STATUS_CATEGORIES = {"new": ("2", "To Do"), "indeterminate": ("4", "In Progress"), "done": ("3", "Done")}
"""Id and name of Jira's three status categories by key."""

_VERSION_FUNCTIONS = frozenset({"releasedversions", "unreleasedversions"})
_SPRINT_FUNCTIONS = {"opensprints": "active", "futuresprints": "future", "closedsprints": "closed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a query is compiled against.

    Attributes:
        lenient: a caller without valid credentials: names that it cannot see match nothing instead of being refused.
    """

    state: State
    eyes: Eyes
    moment: Moment
    lenient: bool = False


def find_field(state: State, name: str) -> FieldDef | None:
    """Find a field by clause name, id or visible name."""
    wanted = name.casefold()
    for field in state.fields.values():
        if wanted in (field.id.casefold(), field.name.casefold()) or wanted in (
            one.casefold() for one in field.clauses
        ):
            return field
    if wanted == "epic link" and state.cloud:
        return state.fields["parent"]
    return None


def issue_id(one: Operand, field: str, scope: Scope) -> set[str]:
    """Find the issue that a key or id names; raises JqlError."""
    if not isinstance(one, Value):
        raise JqlError(f"Unable to find JQL function for the field '{field}'.")
    issue = scope.state.issue(one.text)
    if issue is None or not scope.eyes.see(issue):
        if scope.lenient:
            return set()
        if one.text.isdigit():
            raise JqlError(f"A value with ID '{one.text}' does not exist for the field '{field}'.")
        raise JqlError(f"An issue with key '{one.text}' does not exist for field '{field}'.")
    return {issue.id}


def category(one: Operand, field: str) -> set[str]:
    """Find the key of a status category; raises JqlError."""
    if isinstance(one, Value):
        wanted = one.text.casefold()
        for key, names in STATUS_CATEGORIES.items():
            if wanted in (key, *(name.casefold() for name in names)):
                return {key}
    raise JqlError(f"The value '{getattr(one, 'text', '')}' does not exist for the field '{field}'.")


def reference(one: Operand, name: str, field: FieldDef, scope: Scope) -> set[Any]:
    """Find the ids that a value names; raises JqlError."""
    state = scope.state
    if isinstance(one, Function):
        return _function(one, field, scope)
    if not isinstance(one, Value):
        raise JqlError(f"The field '{name}' does not take a list there.")
    found: set[str] = set()
    match field.kind:
        case Kind.LABELS:
            return {one.text}
        case Kind.USER | Kind.MULTIUSER:
            uid = _user(state, one.text)
            return {uid} if uid else _missing(one, name, scope, tolerated=state.cloud)
        case Kind.PROJECT:
            found = {
                row_id
                for row_id, row in state.projects.items()
                if row_id in scope.eyes.projects
                and one.text.casefold() in (row_id, row["key"].casefold(), row["name"].casefold())
            }
        case Kind.VERSIONS | Kind.COMPONENTS:
            rows = state.versions if field.kind is Kind.VERSIONS else state.components
            found = _named(rows.items(), one.text)
        case Kind.SELECT | Kind.MULTISELECT:
            found = {
                row["id"] for row in field.options if one.text.casefold() in (row["id"], str(row["value"]).casefold())
            }
            if not found:
                raise JqlError(f"The option '{one.text}' for field '{name}' does not exist.")
        case Kind.PARENT | Kind.EPIC_LINK:
            return issue_id(one, name, scope)
        case Kind.SPRINT:
            sprints = ((str(row_id), row) for row_id, row in state.sprints.items())
            return {int(row_id) for row_id in _named(sprints, one.text)} or _missing(one, name, scope, tolerated=False)
        case _:
            found = _named(state.tables[TABLE_OF_KIND[field.kind]].items(), one.text)
    return found or _missing(one, name, scope, tolerated=False)


def _function(one: Function, field: FieldDef, scope: Scope) -> set[Any]:
    """Give the ids that a function names, for the fields that take it."""
    name, state = one.name.casefold(), scope.state
    users = field.kind in (Kind.USER, Kind.MULTIUSER)
    if name == "currentuser" and users:
        return {scope.eyes.uid} if scope.eyes.uid else set()
    if name == "membersof" and users and len(one.arguments) == 1:
        wanted = one.arguments[0].casefold()
        members = {uid for uid, row in state.users.items() if wanted in map(str.casefold, row.get("groups") or ())}
        if not members:
            raise JqlError(
                f"Function 'membersOf' can not generate a list of usernames for group '{one.arguments[0]}'; the group "
                "does not exist."
            )
        return members
    if field.kind is Kind.SPRINT and name in _SPRINT_FUNCTIONS:
        return {sprint_id for sprint_id, row in state.sprints.items() if row["state"] == _SPRINT_FUNCTIONS[name]}
    if name in _VERSION_FUNCTIONS and field.kind is Kind.VERSIONS:
        keys = {state.project_id(key) for key in one.arguments}
        return {
            version_id
            for version_id, row in state.versions.items()
            if bool(row.get("released")) is (name == "releasedversions") and (not keys or row["projectId"] in keys)
        }
    raise JqlError(f"Unable to find JQL function '{one.name}({', '.join(one.arguments)})'.")


def _named(rows: Iterable[tuple[str, Any]], text: str) -> set[str]:
    return {row_id for row_id, row in rows if text.casefold() in (row_id, str(row["name"]).casefold())}


def _missing(one: Value, name: str, scope: Scope, *, tolerated: bool) -> set[str]:
    if scope.lenient or tolerated:
        return set()
    raise JqlError(f"The value '{one.text}' does not exist for the field '{name}'.")


def _user(state: State, text: str) -> str | None:
    found = state.user_id(text)
    if found is not None:
        return found
    wanted = text.casefold()
    for uid, row in state.users.items():
        if wanted in (str(row.get("emailAddress")).casefold(), str(row.get("displayName")).casefold()):
            return uid
    return None
