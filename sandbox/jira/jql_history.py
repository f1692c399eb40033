"""JQL on history: `WAS` and `CHANGED` with their predicates, answered from the changelog."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.jira import jql_dates
from sandbox.jira.jql import Empty, Function, JqlError, Operand, Past, Several, Value
from sandbox.jira.jql_names import find_field, reference
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import FieldDef, Issue, Kind

FIELDS = frozenset({"assignee", "fixVersions", "priority", "reporter", "resolution", "status"})
"""Fields whose history Jira can search."""

_NAMES = {"fixVersions": "Fix Version"}
"""How the changelog calls a field, where otherwise than by its id."""

_DAY_MS = 86_400_000
_FOREVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One entry of the history of a field: a value went and another came."""

    at: int
    by: str | None
    before: str | None
    before_name: str | None
    after: str | None
    after_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A time in which the field had a value: [start, end) in milliseconds."""

    value: str | None
    name: str | None
    start: float
    end: float
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Values by id or, for what is gone from the tables, by name."""

    ids: frozenset[str]
    names: frozenset[str]
    empty: bool

    def has(self, value: str | None, name: str | None) -> bool:
        if value is None and not name:
            return self.empty
        return value in self.ids or (name or "").casefold() in self.names


Limits = Callable[[float, float], bool]
"""Says whether a span (or an instant, start and end alike) lies in the time asked for."""


def past(node: Past, scope: Scope) -> Callable[[Issue], bool]:
    """Give the test of a clause on history.

    Raises:
        JqlError: the field has no history, or a predicate or value is wrong.
    """
    field = find_field(scope.state, node.field)
    if field is None:
        raise JqlError(f"Field '{node.field}' does not exist or you do not have permission to view it.")
    if field.id not in FIELDS:
        raise JqlError(f"History searches do not support the '{node.field}' field.")
    predicates = dict(node.predicates)
    if len(predicates) < len(node.predicates):
        raise JqlError(f"A predicate is given twice for the field '{node.field}'.")
    authors = _authors(predicates, scope)
    limits = _limits(predicates, node.field, scope)
    if node.operand is not None:
        if set(predicates) & {"from", "to"}:
            raise JqlError("The predicates 'from' and 'to' are not supported by the operator 'was'.")
        wanted = _wanted(node.operand, node.field, field, scope)
        return _was(field, wanted, limits, authors, negated=node.negated)
    ends = {name: _wanted(predicates[name], node.field, field, scope) for name in ("from", "to") if name in predicates}

    def changed(issue: Issue) -> bool:
        return any(
            limits(one.at, one.at)
            and (authors is None or one.by in authors)
            and ("from" not in ends or ends["from"].has(one.before, one.before_name))
            and ("to" not in ends or ends["to"].has(one.after, one.after_name))
            for one in _changes(issue, field)
        )

    return changed


def _was(
    field: FieldDef, wanted: _Wanted, limits: Limits, authors: frozenset[str] | None, *, negated: bool
) -> Callable[[Issue], bool]:
    def test(issue: Issue) -> bool:
        found = any(
            wanted.has(span.value, span.name)
            and limits(span.start, span.end)
            and (authors is None or span.by in authors)
            for span in _spans(issue, field)
        )
        return found is not negated

    return test


def _changes(issue: Issue, field: FieldDef) -> Iterator[_Change]:
    name = _NAMES.get(field.id, field.id)
    for entry in issue.entries:
        for item in entry["items"]:
            if item.get("fieldId", item.get("field")) in (field.id, name):
                yield _Change(
                    at=int(entry["created"]),
                    by=entry.get("author"),
                    before=item.get("from"),
                    before_name=item.get("fromString"),
                    after=item.get("to"),
                    after_name=item.get("toString"),
                )


def _spans(issue: Issue, field: FieldDef) -> Iterator[_Span]:
    """Give the times in which the field had each of its values, from the issue's creation on."""
    changes = list(_changes(issue, field))
    creator = issue.fields.get("creator")
    if field.kind is Kind.VERSIONS:
        yield from _spans_of_several(issue, field, changes)
        return
    if not changes:
        value = issue.fields.get(field.id)
        yield _Span(value=value, name=None, start=issue.created, end=_FOREVER, by=creator)
        return
    first = changes[0]
    yield _Span(value=first.before, name=first.before_name, start=issue.created, end=first.at, by=creator)
    for number, one in enumerate(changes):
        end = changes[number + 1].at if number + 1 < len(changes) else _FOREVER
        yield _Span(value=one.after, name=one.after_name, start=one.at, end=end, by=one.by)


def _spans_of_several(issue: Issue, field: FieldDef, changes: list[_Change]) -> Iterator[_Span]:
    """As `_spans`, where the field holds several at once: backwards from what it holds now."""
    creator = issue.fields.get("creator")
    held: dict[str, float] = dict.fromkeys(issue.fields.get(field.id) or (), _FOREVER)
    empty_until = None if held else _FOREVER
    for one in reversed(changes):
        if one.after is not None and one.after in held:
            yield _Span(value=one.after, name=one.after_name, start=one.at, end=held.pop(one.after), by=one.by)
            if not held:
                empty_until = one.at
        if one.before is not None:
            if not held and empty_until is not None:
                yield _Span(value=None, name=None, start=one.at, end=empty_until, by=one.by)
                empty_until = None
            held[one.before] = one.at
    for value, end in held.items():
        yield _Span(value=value, name=None, start=issue.created, end=end, by=creator)
    if not held and empty_until is not None:
        yield _Span(value=None, name=None, start=issue.created, end=empty_until, by=creator)


def _items(operand: Operand) -> tuple[Operand, ...]:
    return operand.items if isinstance(operand, Several) else (operand,)


def _wanted(operand: Operand, name: str, field: FieldDef, scope: Scope) -> _Wanted:
    ids: set[Any] = set()
    names: set[str] = set()
    empty = False
    known = {
        str(item.get(end) or "").casefold()
        for issue in scope.state.issues.values()
        for entry in issue.entries
        for item in entry["items"]
        if item.get("fieldId", item.get("field")) in (field.id, _NAMES.get(field.id))
        for end in ("fromString", "toString")
    }
    for one in _items(operand):
        if isinstance(one, Empty) or (isinstance(one, Value) and one.text.casefold() == "unresolved"):
            empty = True
            continue
        past_name = one.text.casefold() if isinstance(one, Value) and one.text.casefold() in known else ""
        if past_name:
            names.add(past_name)  # so that what was renamed or removed since is still found
        try:
            ids |= reference(one, name, field, scope)
        except JqlError:
            if not past_name:
                raise
    return _Wanted(ids=frozenset(map(str, ids)), names=frozenset(names), empty=empty)


def _authors(predicates: dict[str, Operand], scope: Scope) -> frozenset[str] | None:
    if "by" not in predicates:
        return None
    people = scope.state.fields["assignee"]
    found: set[Any] = set()
    for one in _items(predicates["by"]):
        found |= reference(one, "by", people, scope)
    return frozenset(found)


def _limits(predicates: dict[str, Operand], name: str, scope: Scope) -> Limits:
    """Read the predicates of time."""
    after, before = -_FOREVER, _FOREVER
    low, high = -_FOREVER, _FOREVER

    def at(operand: Operand, word: str) -> int:
        if not isinstance(operand, Value | Function):
            raise JqlError(f"The {word.upper()} predicate must be supplied with only 1 date value.")
        try:
            return jql_dates.instant(operand, name, scope.moment)
        except JqlError as error:
            told = (one.replace(f"for field '{name}'", f"for predicate '{word}'", 1) for one in error.messages)
            raise JqlError(*told) from error

    if "after" in predicates:
        after = at(predicates["after"], "after")
    if "before" in predicates:
        before = at(predicates["before"], "before")
    if "on" in predicates:
        low = at(predicates["on"], "on")
        high = low + _DAY_MS - 1
    if "during" in predicates:
        operand = predicates["during"]
        if not isinstance(operand, Several) or len(operand.items) != 2:
            raise JqlError("The DURING predicate must be supplied with exactly 2 date values.")
        first, last = (at(one, "during") for one in operand.items)
        low, high = max(low, first), min(high, last)

    def inside(start: float, end: float) -> bool:
        """An instant is a span of no length; a span counts when any of it lies inside."""
        if start == end:
            return start > after and start < before and low <= start <= high
        return end > after and start < before and start <= high and end > low

    return inside
