"""GROUP BY, HAVING and the aggregate functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.errors import refused
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql_ast import Call, Operand, Order, Path, Select
from sandbox.salesforce.soql_filter import Filter, sort_key
from sandbox.salesforce.soql_scope import Getter, Scope
from sandbox.salesforce.state import Record

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
    names, calls, unnamed = [], {}, 0
    for item in select.items:
        if not isinstance(item.what, (Path, Call)):
            raise refused("MALFORMED_QUERY", "Grouped queries cannot have sub-selects or FIELDS()")
        key = _key(scope, item.what)
        if isinstance(item.what, Call):
            calls[key] = item.what
            name = item.alias or f"expr{unnamed}"
            unnamed += 0 if item.alias else 1
        else:
            if key not in keys:
                raise refused("MALFORMED_QUERY", f"Field must be grouped or aggregated: {item.what.text}")
            name = item.alias or item.what.names[-1]
        names.append((key, name))
    for order in select.order_by:
        if isinstance(order.operand, Call):
            calls[_key(scope, order.operand)] = order.operand
    buckets: dict[tuple[Any, ...], list[Record]] = {} if keys else {(): []}
    for row in rows:
        buckets.setdefault(tuple(get(row) for get in keys.values()), []).append(row)
    grouped = [
        {**dict(zip(keys, values, strict=True)), "": members} for values, members in buckets.items()
    ]  # "" holds the members, for HAVING
    kept = _having(scope, select, grouped)
    made = [{**row, **{key: _value(scope, call, row[""]) for key, call in calls.items()}} for row in kept]
    return Groups(scope=scope, rows=made, names=tuple(names))


def _having(scope: Scope, select: Select, grouped: list[Record]) -> list[Record]:
    if select.having is None:
        return grouped
    grouped_by = {_key(scope, each) for each in select.group_by}

    def lookup(operand: Operand) -> tuple[Getter, Field | None]:
        if isinstance(operand, Call):
            return lambda row: _value(scope, operand, row[""]), _field(scope, operand)
        key = _key(scope, operand)
        if key not in grouped_by:
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
    """Return the field whose type a value has; None for counts and means, which are numbers."""
    if isinstance(operand, Path):
        return scope.resolve(operand).field
    if operand.name in ("MIN", "MAX") and operand.argument:
        return scope.resolve(operand.argument).field
    return None


def _getter(scope: Scope, operand: Operand) -> Getter:
    if isinstance(operand, Call):
        raise refused("MALFORMED_QUERY", f"unexpected token: '{operand.name}'")
    resolved = scope.resolve(operand)
    if not resolved.field.info["groupable"]:
        message = f"field '{resolved.field.name}' can not be grouped in a query call"
        raise scope.error("MALFORMED_QUERY", operand.position, message)
    return scope.getter(resolved)


def _value(scope: Scope, call: Call, members: list[Record]) -> Any:
    if call.argument is None:
        return len(members)
    resolved = scope.resolve(call.argument)
    field, get = resolved.field, scope.getter(resolved)
    counting = call.name in ("COUNT", "COUNT_DISTINCT")
    if not field.info["aggregatable"] or (call.name in ("SUM", "AVG") and field.type not in _NUMBERS):
        message = f"field {field.name} does not support aggregate operator {call.name}"
        raise scope.error("MALFORMED_QUERY", call.position, message)
    values = [value for value in map(get, members) if value is not None]
    if counting:
        return len(values) if call.name == "COUNT" else len({sort_key(field, value) for value in values})
    if not values:
        return None
    match call.name:
        case "MIN":
            return min(values, key=lambda value: sort_key(field, value))
        case "MAX":
            return max(values, key=lambda value: sort_key(field, value))
        case "SUM":
            return sum(values)
        case _:
            return sum(values) / len(values)
