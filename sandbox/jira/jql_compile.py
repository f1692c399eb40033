"""JQL with meaning: a parsed query against one site and one caller becomes a test on issues, and sort keys."""

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.jira import jql_dates
from sandbox.jira.jql import (
    Clause,
    Empty,
    Function,
    JqlError,
    Junction,
    Negation,
    Node,
    Operand,
    Past,
    Query,
    Several,
    Value,
)
from sandbox.jira.jql_history import past
from sandbox.jira.jql_names import Scope, category, find_field, issue_id, reference
from sandbox.jira.jql_properties import property_test
from sandbox.jira.model import FieldDef, Issue, Kind
from sandbox.jira.state import State
from sandbox.jira.values import TABLE_OF_KIND

Test = Callable[[Issue], bool]
SortKey = Callable[[Issue], Any]

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

_KEYS = frozenset({"key", "issuekey", "id", "issue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A query ready to be run.

    Attributes:
        test: says whether an issue matches.
        order: sort keys, each with whether it descends. A key is never None within its pair.
        timeless: whether the answer depends only on the issues, not on the instant.
    """

    test: Test
    order: tuple[tuple[SortKey, bool], ...]
    timeless: bool


def compile_query(query: Query, scope: Scope) -> Compiled:
    """Give a query its meaning.

    Raises:
        JqlError: with all that is wrong with its fields, values and operators.
    """
    messages: list[str] = []
    test: Test = _everything
    if query.where is not None:
        test = _node(query.where, scope, messages)
    order = []
    for name, descending in query.order:
        try:
            order.append((_sort_key(name, scope), descending))
        except JqlError as error:
            messages.extend(error.messages)
    if messages:
        raise JqlError(*dict.fromkeys(messages))
    order = order or [(_by_id, True)]
    return Compiled(test=test, order=(*order, (_by_id, False)), timeless=query.where is None or _timeless(query.where))


def _everything(_issue: Issue) -> bool:
    return True


def _timeless(node: Node) -> bool:
    match node:
        case Junction(parts=parts):
            return all(_timeless(part) for part in parts)
        case Negation(part=part):
            return _timeless(part)
        case Past():
            return False
        case Clause(operand=Function()):
            return False
        case Clause(operand=Value(text=text)):
            return jql_dates.relative(text) is None
        case Clause(operand=Several(items=items)):
            return not any(isinstance(item, Function) for item in items)
        case _:
            return True


def _node(node: Node, scope: Scope, messages: list[str]) -> Test:
    match node:
        case Negation(part=part):
            inner = _node(part, scope, messages)
            return lambda issue: not inner(issue)
        case Junction(conjunction=conjunction, parts=parts):
            tests = [_node(part, scope, messages) for part in parts]
            if conjunction and len(tests) == 2:  # the commonest case, kept fast
                first, second = tests
                return lambda issue: first(issue) and second(issue)
            if conjunction:
                return lambda issue: all(test(issue) for test in tests)
            return lambda issue: any(test(issue) for test in tests)
        case Clause():
            try:
                return _clause(node, scope)
            except JqlError as error:
                messages.extend(error.messages)
                return _everything
        case Past():
            try:
                return past(node, scope)
            except JqlError as error:
                messages.extend(error.messages)
                return _everything


def _clause(clause: Clause, scope: Scope) -> Test:
    name = clause.field.casefold()
    if ".property[" in name:
        return property_test(clause)
    if name in _KEYS:
        return _equality(clause, lambda issue: (issue.id,), lambda one: issue_id(one, clause.field, scope))
    if name == "statuscategory":
        return _equality(clause, _category_getter(scope.state), lambda one: category(one, clause.field))
    if name == "text":
        return _likeness(clause, [*_text_getters(scope.state), _comment_words])
    field = find_field(scope.state, clause.field)
    if field is None:
        raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
    if field.id in ("created", "updated", "resolutiondate") or field.kind in (Kind.DATE, Kind.DATETIME):
        return _dated(clause, field, scope)
    if field.kind is Kind.NUMBER:
        return _numeric(clause, field)
    if field.id == "comment":
        return _likeness(clause, [_comment_words])
    if field.kind in (Kind.TEXT, Kind.TEXTAREA, Kind.EPIC_NAME, Kind.URL):
        return _likeness(clause, [_getter(field.id)])
    if field.kind in (Kind.DERIVED, Kind.ANY, Kind.RANK):
        raise JqlError(f"Field '{clause.field}' is not searchable.")
    return _equality(clause, _ids_getter(field.id), lambda one: reference(one, clause.field, field, scope))


def _allow(clause: Clause, allowed: frozenset[str]) -> None:
    if clause.operator not in allowed:
        raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _operands(clause: Clause) -> tuple[Operand, ...]:
    if clause.operator in ("in", "not in"):
        if not isinstance(clause.operand, Several):
            if isinstance(clause.operand, Function):
                return (clause.operand,)
            raise JqlError(f"Operator '{clause.operator}' needs a list, for the field '{clause.field}'.")
        return clause.operand.items
    if isinstance(clause.operand, Several):
        raise JqlError(f"Operator '{clause.operator}' does not support the list value for the field '{clause.field}'.")
    return (clause.operand,)


def _equality(clause: Clause, values_of: Callable[[Issue], Iterable[Any]], read: Callable[[Operand], set[Any]]) -> Test:
    """Compare ids. As in Jira, `!=` and `not in` do not match issues where the field is empty."""
    _allow(clause, EQUALITY | EMPTINESS)
    wanted: set[Any] = set()
    empty = False
    for one in _operands(clause):
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


def _category_getter(state: State) -> Callable[[Issue], Iterable[Any]]:
    statuses = state.tables["statuses"]
    return lambda issue: (statuses[issue.fields["status"]].get("category", "new"),)


def _ids_getter(field_id: str) -> Callable[[Issue], Iterable[Any]]:
    def ids(issue: Issue) -> Iterable[Any]:
        value = issue.fields.get(field_id)
        if isinstance(value, list):
            return value
        if isinstance(value, dict):  # an issue outside the state
            return (value["id"],)
        return () if value is None else (value,)

    return ids


def _getter(field_id: str) -> Callable[[Issue], Any]:
    match field_id:
        case "created":
            return lambda issue: issue.created
        case "updated":
            return lambda issue: issue.updated
        case "resolutiondate":
            return lambda issue: issue.resolved
        case _:
            return lambda issue: issue.fields.get(field_id)


def _dated(clause: Clause, field: FieldDef, scope: Scope) -> Test:
    read = jql_dates.day if field.kind is Kind.DATE else jql_dates.instant
    return _ordered(clause, _getter(field.id), lambda one: read(one, clause.field, scope.moment))


def _numeric(clause: Clause, field: FieldDef) -> Test:
    def read(one: Value | Function) -> float:
        text = one.text if isinstance(one, Value) else one.name
        try:
            return float(text)
        except ValueError as error:
            raise JqlError(f"Value '{text}' is invalid for the field '{clause.field}'.") from error

    return _ordered(clause, _getter(field.id), read)


def _ordered(clause: Clause, get: Callable[[Issue], Any], read: Callable[[Value | Function], Any]) -> Test:
    """Compare by order; an empty field matches only `is EMPTY`."""
    _allow(clause, EQUALITY | EMPTINESS | ORDERING)
    operands = _operands(clause)
    if clause.operator in EMPTINESS or any(isinstance(one, Empty) for one in operands):
        wants_empty = clause.operator in ("is", "=", "in")
        return lambda issue: (get(issue) is None) is wants_empty
    bounds = [read(one) for one in operands if isinstance(one, (Value, Function))]
    if clause.operator in ("!=", "not in"):
        return lambda issue: get(issue) is not None and get(issue) not in bounds
    if clause.operator == "in":
        return lambda issue: get(issue) in bounds
    compare, bound = _ORDER_OF[clause.operator], bounds[0]

    def test(issue: Issue) -> bool:
        value = get(issue)
        return value is not None and compare(value, bound)

    return test


def _text_getters(state: State) -> list[Callable[[Issue], Any]]:
    return [_getter(field.id) for field in state.fields.values() if field.kind in (Kind.TEXT, Kind.TEXTAREA)]


def _comment_words(issue: Issue) -> str:
    return "\n".join(str(comment.get("body") or "") for comment in issue.comments)


def _likeness(clause: Clause, getters: list[Callable[[Issue], Any]]) -> Test:
    """Match text: every word of the query must occur.

    `word*` matches beginnings; a quoted phrase must occur as it stands.
    """
    _allow(clause, LIKENESS | EMPTINESS)
    if clause.operator in EMPTINESS:
        wants_empty = clause.operator == "is"
        return lambda issue: (not any(get(issue) for get in getters)) is wants_empty
    if not isinstance(clause.operand, Value):
        raise JqlError(f"The operator '{clause.operator}' needs a text, for the field '{clause.field}'.")
    phrases = [one.casefold() for one in re.findall(r'"([^"]+)"', clause.operand.text)]
    words = re.findall(r"[\w*]+", re.sub(r'"[^"]*"', " ", clause.operand.text).casefold())
    patterns = [
        re.compile(r"\b" + re.escape(word.rstrip("*")) + (r"" if word.endswith("*") else r"\b")) for word in words
    ]
    negated = clause.operator == "!~"

    def test(issue: Issue) -> bool:
        for get in getters:
            text = str(get(issue) or "").casefold()
            if text and all(one.search(text) for one in patterns) and all(one in text for one in phrases):
                return not negated
        return negated

    return test


def _by_id(issue: Issue) -> int:
    return int(issue.id)


def _sort_key(name: str, scope: Scope) -> SortKey:
    """Give what to sort by: a pair that puts empty values last when ascending."""
    wanted = name.casefold()
    state = scope.state
    if wanted == "id":
        return _by_id
    if wanted in _KEYS:
        return lambda issue: (issue.key.rpartition("-")[0], int(issue.key.rpartition("-")[2]))
    field = find_field(state, name)
    if wanted == "rank" or (field is not None and field.kind is Kind.RANK):
        return state.rank
    if field is None:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    get = _getter(field.id)
    if field.kind in TABLE_OF_KIND:
        ranks = {one: number for number, one in enumerate(state.tables[TABLE_OF_KIND[field.kind]])}
        return lambda issue: _pair(ranks.get(get(issue)))
    if field.id in ("created", "updated"):
        return get
    if field.kind in (Kind.NUMBER, Kind.DATETIME) or field.id == "resolutiondate":
        return lambda issue: _pair(get(issue))
    return lambda issue: _pair(None if get(issue) in (None, []) else str(get(issue)).casefold())


def _pair(value: Any) -> tuple[int, Any]:
    return (1, 0) if value is None else (0, value)
