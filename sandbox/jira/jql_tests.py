"""The tests that clauses of JQL become: equal, ordered, alike, empty."""

import operator
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.jira import jql_dates
from sandbox.jira.jql import Clause, Empty, Function, JqlError, Operand, Several, Value
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_text import compile_text
from sandbox.jira.model import FieldDef, Issue, Kind
from sandbox.jira.state import State


def operators_of(field: FieldDef) -> list[str]:
    """List the operators that a field takes."""
    match field.kind:
        case Kind.DATE | Kind.DATETIME | Kind.NUMBER:
            return ["=", "!=", "in", "not in", "is", "is not", "<", "<=", ">", ">="]
        case Kind.TEXT | Kind.TEXTAREA | Kind.EPIC_NAME | Kind.URL:
            return ["~", "!~", "is", "is not"]
        case Kind.DERIVED:
            dates = ["=", "!=", "in", "not in", "is", "is not", "<", "<=", ">", ">="]
            return dates if field.id in ("created", "updated", "resolutiondate") else []
        case Kind.ANY | Kind.RANK:
            return []
        case _:
            past = ["was", "was in", "was not", "was not in", "changed"] if field.id in REMEMBERED else []
            order = ["<", "<=", ">", ">="] if field.kind in PLACED else []
            return ["=", "!=", "in", "not in", "is", "is not", *order, *past]


REMEMBERED = frozenset({"assignee", "fixVersions", "priority", "reporter", "resolution", "status"})
"""Fields whose history a query may ask for."""

PLACED = frozenset({Kind.VERSIONS, Kind.PRIORITY, Kind.RESOLUTION})
"""Kinds of fields whose values have an order of their own, beside issue keys."""

Test = Callable[[Issue], bool]
Place = tuple[Any, int]
"""Where a value stands, and among which others: values of two orders are neither before nor after each other."""

EQUALITY = frozenset({"=", "!=", "in", "not in"})
EMPTINESS = frozenset({"is", "is not"})
ORDERING = frozenset({"<", "<=", ">", ">="})
LIKENESS = frozenset({"~", "!~"})
_ORDER_OF: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


def allow(clause: Clause, allowed: frozenset[str]) -> None:
    """Check that a clause's operator is one of those allowed; raises JqlError."""
    if clause.operator not in allowed:
        raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def operands(clause: Clause) -> tuple[Operand, ...]:
    """Give what a clause compares with, one or several; raises JqlError."""
    if clause.operator in ("in", "not in"):
        if not isinstance(clause.operand, Several):
            if isinstance(clause.operand, Function):
                return (clause.operand,)
            raise JqlError(f"Operator '{clause.operator}' needs a list, for the field '{clause.field}'.")
        return clause.operand.items
    if isinstance(clause.operand, Several):
        raise JqlError(f"Operator '{clause.operator}' does not support the list value for the field '{clause.field}'.")
    return (clause.operand,)


def equality(clause: Clause, values_of: Callable[[Issue], Iterable[Any]], read: Callable[[Operand], set[Any]]) -> Test:
    """Compare ids. As in Jira, `!=` and `not in` do not match issues where the field is empty."""
    allow(clause, EQUALITY | EMPTINESS)
    wanted: set[Any] = set()
    empty = False
    for one in operands(clause):
        if isinstance(one, Empty) or (isinstance(one, Value) and one.text.casefold() == "unresolved"):
            empty = True
        else:
            wanted |= read(one)
    negated = clause.operator in ("!=", "not in", "is not")

    def test(issue: Issue) -> bool:
        found = values_of(issue)
        if not found:
            return empty and not negated
        return (wanted.isdisjoint(found)) if negated else (not wanted.isdisjoint(found))

    return test


def placed(
    clause: Clause,
    values_of: Callable[[Issue], Iterable[Any]],
    read: Callable[[Operand], set[Any]],
    place: Callable[[Any], Place | None],
) -> Test:
    """Compare ids that have an order; those that are no more have no place in it."""
    if clause.operator not in ORDERING:
        return equality(clause, values_of, read)
    if isinstance(clause.operand, Empty):
        raise JqlError(f"The operator '{clause.operator}' is not supported for EMPTY by the '{clause.field}' field.")
    bounds = [at for one in operands(clause) for value in read(one) if (at := place(value))]
    compare = _ORDER_OF[clause.operator]

    def test(issue: Issue) -> bool:
        places = [at for value in values_of(issue) if (at := place(value))]
        return any(at[0] == bound[0] and compare(at[1], bound[1]) for at in places for bound in bounds)

    return test


def category_getter(state: State) -> Callable[[Issue], Iterable[Any]]:
    """Give what finds the category of an issue's status."""
    statuses = state.tables["statuses"]
    return lambda issue: (statuses[issue.fields["status"]].get("category", "new"),)


def ids_getter(field_id: str) -> Callable[[Issue], Iterable[Any]]:
    """Give what finds the ids that a field of an issue holds."""

    def ids(issue: Issue) -> Iterable[Any]:
        value = issue.fields.get(field_id)
        if isinstance(value, list):
            return value
        if isinstance(value, dict):  # an issue outside the state
            return (value["id"],)
        return () if value is None else (value,)

    return ids


def labels_getter(field_id: str) -> Callable[[Issue], Iterable[str]]:
    """Give what finds the labels of an issue as queries see them: without regard to case."""
    return lambda issue: [str(one).casefold() for one in issue.fields.get(field_id) or ()]


def getter(field_id: str) -> Callable[[Issue], Any]:
    """Give what finds a field of an issue, as it is stored."""
    match field_id:
        case "created":
            return lambda issue: issue.created
        case "updated":
            return lambda issue: issue.updated
        case "resolutiondate":
            return lambda issue: issue.resolved
        case _:
            return lambda issue: issue.fields.get(field_id)


def dated(clause: Clause, field: FieldDef, scope: Scope) -> Test:
    """Match a date or an instant."""
    read = jql_dates.day if field.kind is Kind.DATE else jql_dates.instant
    return ordered(clause, getter(field.id), lambda one: read(one, clause.field, scope.moment))


def numeric(clause: Clause, field: FieldDef) -> Test:
    """Match a number."""
    return ordered(clause, getter(field.id), lambda one: figure(one, clause.field))


def figure(one: Value | Function, name: str) -> float:
    """Read a number; raises JqlError."""
    text = one.text if isinstance(one, Value) else one.name
    try:
        return float(text)
    except ValueError as error:
        raise JqlError(f"Value '{text}' is invalid for the field '{name}'.") from error


def emptiness(clause: Clause, get: Callable[[Issue], Any]) -> Test:
    """Match by whether anything is there."""
    allow(clause, EMPTINESS)
    wants_empty = clause.operator == "is"
    return lambda issue: (not get(issue)) is wants_empty


def ordered(clause: Clause, get: Callable[[Issue], Any], read: Callable[[Value | Function], Any]) -> Test:
    """Compare by order; an empty field matches only `is EMPTY`."""
    allow(clause, EQUALITY | EMPTINESS | ORDERING)
    given = operands(clause)
    if clause.operator in EMPTINESS or any(isinstance(one, Empty) for one in given):
        wants_empty = clause.operator in ("is", "=", "in")
        return lambda issue: (get(issue) is None) is wants_empty
    bounds = [read(one) for one in given if isinstance(one, (Value, Function))]
    if clause.operator in ("!=", "not in"):
        return lambda issue: get(issue) is not None and get(issue) not in bounds
    if clause.operator == "in":
        return lambda issue: get(issue) in bounds
    compare, bound = _ORDER_OF[clause.operator], bounds[0]

    def test(issue: Issue) -> bool:
        value = get(issue)
        return value is not None and compare(value, bound)

    return test


def text_getters(state: State) -> list[Callable[[Issue], Any]]:
    """Give what finds each text of an issue."""
    return [getter(field.id) for field in state.fields.values() if field.kind in (Kind.TEXT, Kind.TEXTAREA)]


def comment_words(issue: Issue) -> str:
    """Give all comments of an issue as one text."""
    return "\n".join(str(comment.get("body") or "") for comment in issue.comments)


def likeness(clause: Clause, getters: list[Callable[[Issue], Any]]) -> Test:
    """Match text that `sandbox.jira.jql_text` understands; all that is asked for must be in one and the same text.

    As in Jira, `!~` matches only where there is a text.
    """
    allow(clause, LIKENESS | EMPTINESS)
    if clause.operator in EMPTINESS:
        wants_empty = clause.operator == "is"
        return lambda issue: (not any(get(issue) for get in getters)) is wants_empty
    if not isinstance(clause.operand, Value):
        raise JqlError(f"The operator '{clause.operator}' needs a text, for the field '{clause.field}'.")
    said = compile_text(clause.operand.text, clause.field)
    wanted = clause.operator == "~"

    def test(issue: Issue) -> bool:
        texts = (str(text).casefold() for get in getters if (text := get(issue)))
        return any(said(text) is wanted for text in texts)

    return test
