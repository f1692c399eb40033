"""JQL with meaning: a parsed query against one site and one caller becomes a test on issues, and sort keys."""

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
    Operand,
    Past,
    Query,
    Several,
    Value,
    parse,
)
from sandbox.jira.jql_hanging import hanging
from sandbox.jira.jql_history import past
from sandbox.jira.jql_names import category, find_field, issue_id, reference
from sandbox.jira.jql_order import KEYS, SortKey, by_id, place_of_key, places, sort_key
from sandbox.jira.jql_properties import property_test
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_tests import (
    EQUALITY,
    LIKENESS,
    PLACED,
    Test,
    allow,
    category_getter,
    comment_words,
    dated,
    equality,
    getter,
    ids_getter,
    labels_getter,
    likeness,
    numeric,
    operands,
    placed,
    text_getters,
)
from sandbox.jira.model import Issue, Kind

_FILTERS = frozenset({"filter", "savedfilter", "searchrequest", "request"})
_PAIRS = (("=", "!="), ("in", "not in"), ("is", "is not"), ("~", "!~"), ("<", ">="), (">", "<="))
OPPOSITES = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
"""What an operator becomes under `NOT`."""


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
            order.append((sort_key(name, scope), descending))
        except JqlError as error:
            messages.extend(error.messages)
    if messages:
        raise JqlError(*dict.fromkeys(messages))
    order = order or [(by_id, True)]
    return Compiled(test=test, order=(*order, (by_id, False)), timeless=query.where is None or _timeless(query.where))


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


def _node(node: Node, scope: Scope, messages: list[str], *, negated: bool = False) -> Test:
    """Give the test of a part of a query.

    As in Jira, `NOT` is carried down to the clauses, whose operators turn round: `NOT assignee = x` is `assignee != x`,
    which an issue without an assignee does not match.
    """
    match node:
        case Negation(part=part):
            return _node(part, scope, messages, negated=not negated)
        case Junction(conjunction=conjunction, parts=parts):
            tests = [_node(part, scope, messages, negated=negated) for part in parts]
            if conjunction is negated:
                return lambda issue: any(test(issue) for test in tests)
            if len(tests) == 2:  # the commonest case, kept fast
                first, second = tests
                return lambda issue: first(issue) and second(issue)
            return lambda issue: all(test(issue) for test in tests)
        case Clause():
            try:
                return _opposite(node, scope) if negated else _clause(node, scope)
            except JqlError as error:
                messages.extend(error.messages)
                return _everything
        case Past():
            try:
                test = past(node, scope)
            except JqlError as error:
                messages.extend(error.messages)
                return _everything
            return (lambda issue: not test(issue)) if negated else test


def _opposite(clause: Clause, scope: Scope) -> Test:
    """Give the test of a clause under `NOT`: checked as it stands, run with its operator turned round."""
    _clause(clause, scope)
    turned = replace(clause, operator=OPPOSITES[clause.operator])
    if turned.field.casefold() == "text":
        return likeness(turned, [*text_getters(scope.state), comment_words])
    return _clause(turned, scope)


def _clause(clause: Clause, scope: Scope) -> Test:
    name = clause.field.casefold()
    if ".property[" in name:
        return property_test(clause)
    if name in KEYS:
        return placed(
            clause,
            lambda issue: (issue.id,),
            lambda one: issue_id(one, clause.field, scope),
            lambda one: place_of_key(found.key) if (found := scope.state.issues.get(one)) else None,
        )
    if name == "statuscategory":
        return equality(clause, category_getter(scope.state), lambda one: category(one, clause.field))
    if name == "text":
        allow(clause, frozenset({"~"}))
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
        allow(clause, LIKENESS)
        return likeness(clause, [comment_words])
    if field.kind in (Kind.TEXT, Kind.TEXTAREA, Kind.EPIC_NAME, Kind.URL):
        return likeness(clause, [getter(field.id)])
    if field.kind in (Kind.DERIVED, Kind.ANY, Kind.RANK):
        raise JqlError(f"Field '{clause.field}' is not searchable.")
    values = labels_getter(field.id) if field.kind is Kind.LABELS else ids_getter(field.id)

    def read(one: Operand) -> set[Any]:
        return reference(one, clause.field, field, scope)

    return (
        placed(clause, values, read, places(field, scope.state))
        if field.kind in PLACED
        else equality(clause, values, read)
    )
