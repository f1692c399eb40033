"""GROUP BY, HAVING and the aggregate functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sandbox.salesforce.errors import refused
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql_ast import Call, Operand, Order, Path, Select
from sandbox.salesforce.soql_filter import Filter, sort_key
from sandbox.salesforce.soql_functions import formatted, innermost, operand_of
from sandbox.salesforce.soql_grammar import AGGREGATES, DATE_FUNCTIONS
from sandbox.salesforce.soql_scope import Getter, Scope
from sandbox.salesforce.state import Record

MAX_ROLLED = 3
"""Fields of one GROUP BY ROLLUP or CUBE, as SOQL allows."""

_NUMBERS = ("int", "double", "currency", "percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of an aggregate query; each is a record keyed by `_key` of what was asked for."""

    scope: Scope
    rows: list[Record]
    names: tuple[tuple[str, str], ...]
    """(key within a row, name in the answer) of each selected item."""

    def show(self, row: Record) -> dict[str, Any]:
        """Return one AggregateResult."""
        shown = {name: row[key] for key, name in self.names}
        return {"attributes": {"type": "AggregateResult"}, **shown}

    def sorted(self, orders: Iterable[Order]) -> list[Record]:
        """Return the groups in the order asked for."""
        rows = self.rows
        for order in reversed(tuple(orders)):
            key = _key(self.scope, order.operand)
            if rows and key not in rows[0]:
                raise refused("MALFORMED_QUERY", f"Ordered field must be grouped or aggregated: {key}")
            filled = [row for row in rows if row[key] is not None]
            empty = [row for row in rows if row[key] is None]
            field = _field(self.scope, order.operand)
            filled.sort(key=lambda row: sort_key(field, row[key]), reverse=order.descending)
            rows = filled + empty if order.nulls_last else empty + filled
        return rows


def group_rows(scope: Scope, select: Select, rows: list[Record]) -> Groups:
    """Group filtered records and compute what the query asks of each group.

    Raises:
        SalesforceError: MALFORMED_QUERY for a field that is neither grouped nor aggregated, or cannot be.
    """
    keys = {_key(scope, each): _getter(scope, each) for each in select.group_by}
    if len(keys) > MAX_ROLLED and select.rolled:
        raise refused("MALFORMED_QUERY", f"{select.rolled} takes at most {MAX_ROLLED} fields")
    names, calls = _columns(scope, select, keys)
    for order in select.order_by:
        if isinstance(order.operand, Call) and _key(scope, order.operand) not in keys:
            calls[_key(scope, order.operand)] = order.operand
    grouped = list(_buckets(select, keys, rows))
    kept = _having(scope, select, grouped)
    made = [{**row, **{key: _value(scope, call, row) for key, call in calls.items()}} for row in kept]
    return Groups(scope=scope, rows=made, names=names)


def _columns(
    scope: Scope, select: Select, keys: Mapping[str, Getter]
) -> tuple[tuple[tuple[str, str], ...], dict[str, Call]]:
    """Return (key, name in the answer) of each selected item, and the functions to compute, by key."""
    names: list[tuple[str, str]] = []
    calls: dict[str, Call] = {}
    unnamed = 0
    for item in select.items:
        if not isinstance(item.what, (Path, Call)):
            raise refused("MALFORMED_QUERY", "Grouped queries cannot have sub-selects or FIELDS()")
        key = _key(scope, item.what)
        if isinstance(item.what, Call):
            if key not in keys:
                calls[key] = item.what
            name = item.alias or f"expr{unnamed}"
            unnamed += 0 if item.alias else 1
        else:
            if key not in keys:
                raise refused("MALFORMED_QUERY", f"Field must be grouped or aggregated: {item.what.text}")
            name = item.alias or item.what.names[-1]
        if name.lower() in {other.lower() for _, other in names}:
            raise refused("MALFORMED_QUERY", f"duplicate alias: {name}")
        names.append((key, name))
    return tuple(names), calls


def _buckets(select: Select, keys: Mapping[str, Getter], rows: list[Record]) -> Iterator[Record]:
    """Yield the groups: "" holds the members, for functions and HAVING; ROLLUP and CUBE add groups of fewer fields."""
    for kept in _levels(select, list(keys)):
        buckets: dict[tuple[Any, ...], list[Record]] = {} if keys else {(): []}
        for row in rows:
            values = tuple(get(row) if key in kept else None for key, get in keys.items())
            buckets.setdefault(values, []).append(row)
        for values, members in buckets.items():
            yield {**dict(zip(keys, values, strict=True)), "": members, " ": kept}


def _levels(select: Select, keys: list[str]) -> Iterator[frozenset[str]]:
    """Yield the sets of fields that are told apart, the finest first."""
    if select.rolled == "ROLLUP":
        yield from (frozenset(keys[:n]) for n in range(len(keys), -1, -1))
    elif select.rolled == "CUBE":
        for n in range(len(keys), -1, -1):
            yield from (frozenset(each) for each in combinations(keys, n))
    else:
        yield frozenset(keys)


def _having(scope: Scope, select: Select, grouped: list[Record]) -> list[Record]:
    if select.having is None:
        return grouped
    grouped_by = {_key(scope, each) for each in select.group_by}

    def lookup(operand: Operand) -> tuple[Getter, Field | None]:
        key = _key(scope, operand)
        if isinstance(operand, Call) and key not in grouped_by:
            return lambda row: _value(scope, operand, row), _field(scope, operand)
        if isinstance(operand, Path) and key not in grouped_by:
            raise refused("MALFORMED_QUERY", f"Field must be grouped or aggregated: {operand.text}")
        return lambda row: row[key], _field(scope, operand)

    def no_sub_query(_select: Select) -> list[Any]:
        raise refused("MALFORMED_QUERY", "HAVING cannot have sub-selects")

    return list(filter(Filter(scope, lookup, no_sub_query).build(select.having), grouped))


def _key(scope: Scope, operand: Operand) -> str:
    if isinstance(operand, Call):
        return f"{operand.name}({_key(scope, operand.argument) if operand.argument else ''})"
    resolved = scope.resolve(operand)
    return ".".join([*(hop.name for hop in resolved.hops), resolved.field.name])


def _field(scope: Scope, operand: Operand) -> Field | None:
    """Return the field whose type a value has; None for counts, means and parts of dates, which are numbers."""
    if isinstance(operand, Path):
        return scope.resolve(operand).field
    if operand.name in ("MIN", "MAX") and operand.argument:
        return _field(scope, operand.argument)
    if operand.name in DATE_FUNCTIONS:
        return operand_of(scope, operand)[1]
    return None


def _getter(scope: Scope, operand: Operand) -> Getter:
    if isinstance(operand, Call):
        if operand.name not in DATE_FUNCTIONS:
            raise refused("MALFORMED_QUERY", f"unexpected token: '{operand.name}'")
        return operand_of(scope, operand)[0]
    resolved = scope.resolve(operand)
    if not resolved.field.info["groupable"]:
        message = f"field '{resolved.field.name}' can not be grouped in a query call"
        raise scope.error("MALFORMED_QUERY", operand.position, message)
    return scope.getter(resolved)


def is_aggregate(call: Call) -> bool:
    """Say whether a function is over a group, itself or within."""
    inner = call.argument
    return call.name in AGGREGATES or call.name == "GROUPING" or (isinstance(inner, Call) and is_aggregate(inner))


def _value(scope: Scope, call: Call, group: Record) -> Any:
    """Return what a function gives for a group."""
    if call.name == "GROUPING":
        if call.argument is None or _key(scope, call.argument) not in group:
            raise scope.error("MALFORMED_QUERY", call.position, "GROUPING() takes a field of GROUP BY ROLLUP or CUBE")
        return 0 if _key(scope, call.argument) in group[" "] else 1
    if call.name not in AGGREGATES:
        if call.name != "FORMAT" or not isinstance(call.argument, Call) or not is_aggregate(call):
            raise scope.error("MALFORMED_QUERY", call.position, f"Field must be grouped or aggregated: {call.name}")
        return formatted(_value(scope, call.argument, group), _field(scope, call.argument), None)
    return _aggregate(scope, call, group[""])


def _aggregate(scope: Scope, call: Call, members: list[Record]) -> Any:
    if call.argument is None:
        if call.name != "COUNT":
            raise scope.error("MALFORMED_QUERY", call.position, f"unexpected token: '{call.name}'")
        return len(members)
    if isinstance(call.argument, Call) and is_aggregate(call.argument):
        raise scope.error("MALFORMED_QUERY", call.position, f"unexpected token: '{call.argument.name}'")
    field, (get, shown) = innermost(scope, call).field, operand_of(scope, call.argument)
    if not field.info["aggregatable"] or (
        call.name in ("SUM", "AVG") and (shown is None or field.type not in _NUMBERS)
    ):
        message = f"field {field.name} does not support aggregate operator {call.name}"
        raise scope.error("MALFORMED_QUERY", call.position, message)
    values = [value for value in map(get, members) if value is not None]
    if call.name == "COUNT":
        return len(values)
    if call.name == "COUNT_DISTINCT":
        return len({sort_key(shown, value) for value in values})
    if not values:
        return None
    match call.name:
        case "MIN":
            return min(values, key=lambda value: sort_key(shown, value))
        case "MAX":
            return max(values, key=lambda value: sort_key(shown, value))
        case "SUM":
            return sum(values)
        case _:
            return sum(values) / len(values)
