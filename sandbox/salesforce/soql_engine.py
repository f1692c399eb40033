"""Runs a query: filters, groups, sorts and cuts an object's records, and says how each is to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.errors import refused
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql_aggregate import group_rows
from sandbox.salesforce.soql_ast import AllFields, Call, Item, Operand, Order, Path, Select
from sandbox.salesforce.soql_filter import Filter, sort_key
from sandbox.salesforce.soql_parser import parse
from sandbox.salesforce.soql_scope import Getter, Resolved, Scope, find_object
from sandbox.salesforce.soql_shape import Node, Shaper
from sandbox.salesforce.state import Access, Record, State

MAX_OFFSET = 2_000
"""The largest OFFSET that SOQL takes."""
MAX_FIELDS_LIMIT = 200
"""FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT of at most this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All rows of a query, and how to show one. `total` differs from the number of rows only for COUNT().

    `rows` are stored records or finished groups; they do not change when the org does, so pages may be made later.
    """

    total: int
    rows: Sequence[Record]
    show: Callable[[Record], Any]


class Engine:
    """Queries of one user at one API version.

    `deleted` includes the recycle bin (queryAll).
    """

    def __init__(self, state: State, access: Access, *, version: str, deleted: bool = False) -> None:
        self._state = state
        self._access = access
        self._version = version
        self._deleted = deleted

    def run(self, soql: str) -> Answer:
        """Answer a query.

        Raises:
            SalesforceError: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE, NUMBER_OUTSIDE_VALID_RANGE,
                INVALID_QUERY_FILTER_OPERATOR, with the place in the query.
        """
        return self._select(soql, parse(soql))

    def _select(self, soql: str, select: Select) -> Answer:
        scope = self._scope(soql, select)
        if select.offset > MAX_OFFSET:
            raise refused("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
        rows = self._filtered(scope, select)
        calls = [item.what for item in select.items if isinstance(item.what, Call)]
        if calls and calls[0].argument is None:
            return self._count(select, rows)
        if calls or select.group_by:
            found = group_rows(scope, select, rows)
            rows = found.sorted(select.order_by)
            return Answer(total=len(_cut(rows, select)), rows=_cut(rows, select), show=found.show)
        node = self._node(scope, select)
        shaper = Shaper(scope, self._version)
        rows = _cut(self._sorted(scope, select.order_by, rows), select)
        return Answer(total=len(rows), rows=rows, show=lambda row: shaper.render(node, scope.sobject, row))

    def _scope(self, soql: str, select: Select) -> Scope:
        sobject = find_object(self._state, self._access, soql, select.source)
        return Scope(
            state=self._state,
            access=self._access,
            soql=soql,
            sobject=sobject,
            alias=select.alias,
            deleted=self._deleted,
        )

    def _filtered(self, scope: Scope, select: Select) -> list[Record]:
        rows = self._state.rows(scope.sobject, deleted=self._deleted)
        if scope.sobject.name == "Event" and not self._deleted:
            rows = (row for row in rows if not row.get("IsArchived"))  # archived activities: queryAll alone
        if select.where is None:
            return list(rows)
        return list(filter(self._filter(scope).build(select.where), rows))

    def _filter(self, scope: Scope) -> Filter:
        def lookup(operand: Operand) -> tuple[Getter, Field | None]:
            if isinstance(operand, Call):
                raise refused("MALFORMED_QUERY", f"unexpected token: '{operand.name}'")
            resolved = scope.resolve(operand)
            return scope.getter(resolved), resolved.field

        def sub_query(select: Select) -> list[Any]:
            inner = self._scope(scope.soql, select)
            if len(select.items) != 1 or not isinstance(select.items[0].what, Path):
                raise refused("MALFORMED_QUERY", "A semi-join sub-select must have exactly one field")
            get = inner.getter(inner.resolve(select.items[0].what))
            return [get(row) for row in self._filtered(inner, select)]

        return Filter(scope, lookup, sub_query)

    @staticmethod
    def _count(select: Select, rows: list[Record]) -> Answer:
        if len(select.items) != 1 or select.order_by or select.group_by:
            raise refused("MALFORMED_QUERY", "count() must be the only element in the select list")
        return Answer(total=len(_cut(rows, select)), rows=(), show=dict)

    def _sorted(self, scope: Scope, orders: Iterable[Order], rows: list[Record]) -> list[Record]:
        for order in reversed(tuple(orders)):
            if isinstance(order.operand, Call):
                raise refused("MALFORMED_QUERY", f"unexpected token: '{order.operand.name}'")
            resolved = scope.resolve(order.operand)
            if not resolved.field.sortable:
                message = f"field '{resolved.field.name}' can not be sorted in a query call"
                raise scope.error("MALFORMED_QUERY", order.operand.position, message)
            rows = sort_rows(rows, scope.getter(resolved), resolved.field, order)
        return rows

    def _node(self, scope: Scope, select: Select) -> Node:
        node = Node()
        for item in select.items:
            match item.what:
                case Path():
                    self._column(scope, node, item, item.what)
                case Select():
                    self._children(scope, node, item.what)
                case AllFields():
                    self._all_fields(scope, select, node, item.what)
                case Call():  # _select has sent these to the grouping
                    raise refused("MALFORMED_QUERY", f"unexpected token: '{item.what.name}'")
        return node

    @staticmethod
    def _column(scope: Scope, node: Node, item: Item, path: Path) -> None:
        if item.alias is not None:
            message = "only aggregate expressions use field aliasing"
            raise scope.error("MALFORMED_QUERY", path.position, message)
        if not node.add(scope.resolve(path)):
            raise refused("INVALID_FIELD", f"duplicate field selected: {path.text}")

    def _all_fields(self, scope: Scope, select: Select, node: Node, wanted: AllFields) -> None:
        bounded = select.limit is not None and select.limit <= MAX_FIELDS_LIMIT
        if wanted.which not in ("ALL", "STANDARD", "CUSTOM") or (wanted.which != "STANDARD" and not bounded):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {MAX_FIELDS_LIMIT}"
            raise scope.error("MALFORMED_QUERY", wanted.position, message)
        for field in scope.sobject.fields:
            if wanted.which != "ALL" and field.info["custom"] is not (wanted.which == "CUSTOM"):
                continue
            if self._access.sees(scope.sobject, field.name):
                node.add(Resolved(hops=(), field=field, sobject=scope.sobject))

    def _children(self, scope: Scope, node: Node, select: Select) -> None:
        child = scope.sobject.children_by_name.get(select.source.text.lower())
        target = self._state.schema.objects[child.object_name] if child else None
        if child is None or target is None or not self._access.sees(target):
            message = (
                f"Didn't understand relationship '{select.source.text}' in FROM part of query call. If you are "
                "attempting to use a custom "
                "relationship, be sure to append the '__r' after the custom relationship name. Please "
                "reference your WSDL or the describe call for the appropriate names."
            )
            raise scope.error("INVALID_TYPE", select.source.position, message)
        inner = Scope(
            state=self._state,
            access=self._access,
            soql=scope.soql,
            sobject=target,
            alias=select.alias,
            deleted=self._deleted,
        )
        found = self._sorted(inner, select.order_by, self._filtered(inner, select))
        by_parent: dict[str, list[Record]] = {}
        for row in found:
            by_parent.setdefault(row.get(child.field_name) or "", []).append(row)
        inner_node, shaper = self._node(inner, select), Shaper(inner, self._version)

        def show(parent: Record) -> Any:
            rows = _cut(by_parent.get(parent["Id"], []), select)
            shown = [shaper.render(inner_node, target, row) for row in rows]
            return {"totalSize": len(shown), "done": True, "records": shown} if shown else None

        node.entries[child.name] = show


def sort_rows(rows: list[Record], get: Getter, field: Field | None, order: Order) -> list[Record]:
    """Return rows sorted by one item of ORDER BY; equal ones keep their order."""
    filled = [row for row in rows if get(row) is not None]
    empty = [row for row in rows if get(row) is None]
    filled.sort(key=lambda row: sort_key(field, get(row)), reverse=order.descending)
    return filled + empty if order.nulls_last else empty + filled


def _cut(rows: list[Record], select: Select) -> list[Record]:
    end = None if select.limit is None else select.offset + select.limit
    return rows[select.offset : end]
