"""Names in JQL: which field, issue, user, status, version or sprint a word of a query means."""

from collections.abc import Iterable
from typing import Any

from sandbox.jira import jql_functions
from sandbox.jira.jql import Function, JqlError, Operand, Value
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import FieldDef, Kind
from sandbox.jira.state import State
from sandbox.jira.values import TABLE_OF_KIND

STATUS_CATEGORIES = {
    "undefined": ("1", "No Category"),
    "new": ("2", "To Do"),
    "indeterminate": ("4", "In Progress"),
    "done": ("3", "Done"),
}
"""Id and name of Jira's three status categories by key."""


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
    if isinstance(one, Function):
        return jql_functions.of_issues(one, scope)
    if not isinstance(one, Value):
        raise JqlError(f"The field '{field}' does not take a list there.")
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
        return jql_functions.beside(one, field, scope)
    if not isinstance(one, Value):
        raise JqlError(f"The field '{name}' does not take a list there.")
    found: set[str] = set()
    match field.kind:
        case Kind.LABELS:
            return {one.text.casefold()}
        case Kind.USER | Kind.MULTIUSER:
            uid = jql_functions.user(state, one.text)
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
        case Kind.SELECT | Kind.MULTISELECT | Kind.CASCADE:
            return jql_functions.with_children(field, jql_functions.options_named(field, one.text, name))
        case Kind.PARENT | Kind.EPIC_LINK:
            return issue_id(one, name, scope)
        case Kind.SPRINT:
            sprints = ((str(row_id), row) for row_id, row in state.sprints.items())
            return {int(row_id) for row_id in _named(sprints, one.text)} or _missing(one, name, scope, tolerated=False)
        case _:
            found = _named(state.tables[TABLE_OF_KIND[field.kind]].items(), one.text)
    return found or _missing(one, name, scope, tolerated=False)


def _named(rows: Iterable[tuple[str, Any]], text: str) -> set[str]:
    return {row_id for row_id, row in rows if text.casefold() in (row_id, str(row["name"]).casefold())}


def _missing(one: Value, name: str, scope: Scope, *, tolerated: bool) -> set[str]:
    if scope.lenient or tolerated:
        return set()
    raise JqlError(f"The value '{one.text}' does not exist for the field '{name}'.")
