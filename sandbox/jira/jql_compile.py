"""JQL with meaning: a parsed query against one site and one caller becomes a test on issues, and sort keys."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.jira import jql_dates
from sandbox.jira.access import may_use_filter
from sandbox.jira.jql import (
    Clause,
    Function,
    JqlError,
    Junction,
    Negation,
    Node,
    Past,
    Query,
    Several,
    Value,
    parse,
)
from sandbox.jira.jql_hanging import hanging
from sandbox.jira.jql_history import past
from sandbox.jira.jql_names import category, find_field, issue_id, reference
from sandbox.jira.jql_properties import property_test
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_tests import (
    EQUALITY,
    Test,
    allow,
    category_getter,
    comment_words,
    dated,
    equality,
    getter,
    ids_getter,
    likeness,
    numeric,
    operands,
    text_getters,
)
from sandbox.jira.model import Issue, Kind
from sandbox.jira.values import TABLE_OF_KIND

SortKey = Callable[[Issue], Any]

_COUNTED: dict[str, SortKey] = {"votes": lambda one: len(one.voters), "watchers": lambda one: len(one.watchers)}
_FILTERS = frozenset({"filter", "savedfilter", "searchrequest", "request"})
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
        case Clause(field=name) if name.casefold() in _FILTERS:
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
        return equality(clause, lambda issue: (issue.id,), lambda one: issue_id(one, clause.field, scope))
    if name == "statuscategory":
        return equality(clause, category_getter(scope.state), lambda one: category(one, clause.field))
    if name == "text":
        return likeness(clause, [*text_getters(scope.state), comment_words])
    if name in _FILTERS:
        return _filter(clause, scope)
    if (found := hanging(clause, name, scope)) is not None:
        return found
    return _field(clause, scope)


def _filter(clause: Clause, scope: Scope) -> Test:
    """Match what a saved query finds, or several do."""
    allow(clause, EQUALITY)
    tests: list[Test] = []
    for one in operands(clause):
        text = one.text if isinstance(one, Value) else ""
        rows = [row for row in scope.state.filters.values() if may_use_filter(scope.state, scope.eyes.uid, row)]
        found = [row for row in rows if text.casefold() in (str(row["id"]), row["name"].casefold())]
        if not found:
            raise JqlError(f"A value with ID '{text}' does not exist for the field '{clause.field}'.")
        row = found[0]
        if row["id"] in scope.filters:
            raise JqlError(
                f"Field '{clause.field}' with value '{text}' matches filter '{row['name']}' and causes a cyclical "
                "reference, this query can not be executed and should be edited."
            )
        inside = parse(row["jql"]).where
        messages: list[str] = []
        tests.append(
            _everything
            if inside is None
            else _node(inside, replace(scope, filters=scope.filters | {row["id"]}), messages)
        )
        if messages:
            raise JqlError(*messages)
    if clause.operator in ("!=", "not in"):
        return lambda issue: not any(test(issue) for test in tests)
    return lambda issue: any(test(issue) for test in tests)


def _field(clause: Clause, scope: Scope) -> Test:
    field = find_field(scope.state, clause.field)
    if field is None:
        raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
    if field.id in ("created", "updated", "resolutiondate") or field.kind in (Kind.DATE, Kind.DATETIME):
        return dated(clause, field, scope)
    if field.kind is Kind.NUMBER:
        return numeric(clause, field)
    if field.id == "comment":
        return likeness(clause, [comment_words])
    if field.kind in (Kind.TEXT, Kind.TEXTAREA, Kind.EPIC_NAME, Kind.URL):
        return likeness(clause, [getter(field.id)])
    if field.kind in (Kind.DERIVED, Kind.ANY, Kind.RANK):
        raise JqlError(f"Field '{clause.field}' is not searchable.")
    return equality(clause, ids_getter(field.id), lambda one: reference(one, clause.field, field, scope))


def _by_id(issue: Issue) -> int:
    return int(issue.id)


def _sort_key(name: str, scope: Scope) -> SortKey:
    """Give what to sort by: a pair that puts empty values last when ascending."""
    wanted = name.casefold()
    state = scope.state
    if wanted in _COUNTED:
        return _COUNTED[wanted]
    if wanted == "id":
        return _by_id
    if wanted in _KEYS:
        return lambda issue: (issue.key.rpartition("-")[0], int(issue.key.rpartition("-")[2]))
    field = find_field(state, name)
    if wanted == "rank" or (field is not None and field.kind is Kind.RANK):
        return state.rank
    if field is None:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    get = getter(field.id)
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
