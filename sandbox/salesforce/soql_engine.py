"""Runs a query: filters, groups, sorts and cuts an object's records, and says how each is to be shown."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.salesforce import sharing
from sandbox.salesforce.errors import refused
from sandbox.salesforce.names import is_polymorphic, name_object
from sandbox.salesforce.org import Access
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql_aggregate import group_rows, is_aggregate
from sandbox.salesforce.soql_ast import AllFields, Call, Item, Order, Path, Select, TypeOf
from sandbox.salesforce.soql_filter import Filter, Predicate, sort_key
from sandbox.salesforce.soql_functions import innermost, operand_of
from sandbox.salesforce.soql_grammar import DATE_FUNCTIONS, DISPLAY_FUNCTIONS
from sandbox.salesforce.soql_parser import parse
from sandbox.salesforce.soql_scope import Getter, Resolved, Scope, find_object
from sandbox.salesforce.soql_shape import Node, Shaper
from sandbox.salesforce.state import Record, State

MAX_OFFSET = 2_000
"""The largest OFFSET that SOQL takes."""
MAX_FIELDS_LIMIT = 200
"""FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT of at most this."""
SCOPES = ("everything", "mine")
"""What USING SCOPE knows here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All rows of a query, and how to show one. `total` differs from the number of rows only for COUNT().

    `rows` are stored records or finished groups; they do not change when the org does, so pages may be made later.
    """

    total: int
    rows: Sequence[Record]
    show: Callable[[Record], Any]
    source: SObject


Pager = Callable[[Answer], dict[str, Any]]
"""Gives the first page of a child sub-query's answer, with the address of the next where there is one."""


def whole(answer: Answer) -> dict[str, Any]:
    """Return an answer as one page."""
    return {"totalSize": answer.total, "done": True, "records": [answer.show(row) for row in answer.rows]}


class Engine:
    """Queries of one user at one API version.

    Args:
        state: The org.
        access: Which objects and fields the user may see.
        version: The API version, for addresses of records.
        deleted: Includes the recycle bin (queryAll).
        user_id: Whose rows and days; None sees all rows, in UTC.
        pager: Cuts the answers of child sub-queries into pages.
    """

    def __init__(
        self,
        state: State,
        access: Access,
        *,
        version: str,
        deleted: bool = False,
        user_id: str | None = None,
        pager: Pager = whole,
    ) -> None:
        self._state = state
        self._access = access
        self._version = version
        self._deleted = deleted
        self._user_id = user_id
        self._pager = pager
        self._zone = zone_of(state, user_id)

    def run(self, soql: str, ids: frozenset[str] | None = None) -> Answer:
        """Answer a query, over the records of those ids alone where they are given.

        Raises:
            SalesforceError: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE, NUMBER_OUTSIDE_VALID_RANGE,
                INVALID_QUERY_FILTER_OPERATOR, with the place in the query.
        """
        try:
            return self._select(soql, parse(soql), ids)
        except RecursionError as error:
            raise refused("MALFORMED_QUERY", "SOQL statement is too complicated") from error

    def condition(self, object_name: str, where: str) -> Predicate:
        """Return a condition of WHERE as a predicate over an object's records.

        Raises:
            SalesforceError: As `run`.
        """
        soql = f"SELECT Id FROM {object_name} WHERE {where}"  # noqa: S608 - the stand-in's own language, of its own state
        select = parse(soql)
        if select.where is None:
            raise refused("MALFORMED_QUERY", "a condition was expected")
        return self._filter(self._scope(soql, select)).build(select.where)

    def _select(self, soql: str, select: Select, ids: frozenset[str] | None = None) -> Answer:
        scope = self._scope(soql, select)
        if select.offset > MAX_OFFSET:
            raise refused("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
        rows = self._filtered(scope, select)
        if ids is not None:
            rows = [row for row in rows if row["Id"] in ids]
        calls = [item.what for item in select.items if isinstance(item.what, Call)]
        if calls and calls[0].name == "COUNT" and calls[0].argument is None:
            return self._count(scope, select, rows)
        if select.group_by or any(is_aggregate(call) for call in calls):
            found = group_rows(scope, select, rows)
            rows = _cut(found.sorted(select.order_by), select)
            return Answer(total=len(rows), rows=rows, show=found.show, source=scope.sobject)
        if select.having is not None:
            raise refused("MALFORMED_QUERY", "HAVING needs a GROUP BY or an aggregate function")
        node = self._node(scope, select)
        shaper = Shaper(scope, self._version)
        rows = _cut(self._sorted(scope, select.order_by, rows), select)
        return Answer(
            total=len(rows), rows=rows, show=lambda row: shaper.render(node, scope.sobject, row), source=scope.sobject
        )

    def _scope(self, soql: str, select: Select) -> Scope:
        return self._scope_of(soql, select, find_object(self._state, self._access, soql, select.source))

    def _scope_of(self, soql: str, select: Select, sobject: SObject) -> Scope:
        return Scope(
            state=self._state,
            access=self._access,
            soql=soql,
            sobject=sobject,
            alias=select.alias,
            parents={alias.lower(): path.names for alias, path in select.parents},
            deleted=self._deleted,
            user_id=self._user_id,
            zone=self._zone,
        )

    def _filtered(self, scope: Scope, select: Select) -> list[Record]:
        rows = self._state.rows(scope.sobject, deleted=self._deleted)
        if scope.sobject.name == "Event" and not self._deleted:
            rows = (row for row in rows if not row.get("IsArchived"))  # archived activities: queryAll alone
        if self._state.org.sharing.restricts(scope.sobject.name):
            rows = (row for row in rows if sharing.reads_id(self._state, self._user_id, row))
        if select.scope not in SCOPES:
            raise refused("MALFORMED_QUERY", f"Invalid scope: {select.scope}")
        if select.scope == "mine":
            rows = (row for row in rows if row.get("OwnerId") == self._user_id)
        if select.where is None:
            return list(rows)
        return list(filter(self._filter(scope).build(select.where), rows))

    def _filter(self, scope: Scope) -> Filter:
        def sub_query(select: Select) -> list[Any]:
            inner = self._scope(scope.soql, select)
            if len(select.items) != 1 or not isinstance(select.items[0].what, Path):
                raise refused("MALFORMED_QUERY", "A semi-join sub-select must have exactly one field")
            get = inner.getter(inner.resolve(select.items[0].what))
            return [get(row) for row in self._filtered(inner, select)]

        return Filter(scope, lambda operand: operand_of(scope, operand), sub_query)

    @staticmethod
    def _count(scope: Scope, select: Select, rows: list[Record]) -> Answer:
        if len(select.items) != 1 or select.order_by or select.group_by:
            raise refused("MALFORMED_QUERY", "count() must be the only element in the select list")
        return Answer(total=len(_cut(rows, select)), rows=(), show=dict, source=scope.sobject)

    def _sorted(self, scope: Scope, orders: Iterable[Order], rows: list[Record]) -> list[Record]:
        orders = tuple(orders)
        if not orders and self._state.switches.shuffled_without_order:
            self._state.counters["shuffle"] = self._state.counters.get("shuffle", 0) + 1
            random.Random(self._state.counters["shuffle"]).shuffle(rows)
        for order in reversed(orders):
            get, field = operand_of(scope, order.operand)
            if field is not None and not field.sortable:
                message = f"field '{field.name}' can not be sorted in a query call"
                raise scope.error("MALFORMED_QUERY", order.operand.position, message)
            rows = sort_rows(rows, get, field, order)
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
                case TypeOf():
                    self._typeof(scope, node, item.what)
                case Call():
                    self._function(scope, node, item, item.what)
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
        inner = self._scope_of(scope.soql, select, target)
        found = self._sorted(inner, select.order_by, self._filtered(inner, select))
        by_parent: dict[str, list[Record]] = {}
        for row in found:
            by_parent.setdefault(row.get(child.field_name) or "", []).append(row)
        inner_node, shaper = self._node(inner, select), Shaper(inner, self._version)

        def show(parent: Record) -> Any:
            rows = _cut(by_parent.get(parent["Id"], []), select)
            answer = Answer(
                total=len(rows), rows=rows, show=lambda row: shaper.render(inner_node, target, row), source=target
            )
            return self._pager(answer) if rows else None

        node.entries[child.name] = show

    @staticmethod
    def _function(scope: Scope, node: Node, item: Item, call: Call) -> None:
        """Select a function that changes how a value is shown; parts of dates can only be grouped by."""
        if call.name in DATE_FUNCTIONS or call.name not in DISPLAY_FUNCTIONS:
            raise scope.error("MALFORMED_QUERY", call.position, f"Field must be grouped or aggregated: {call.name}")
        get, _ = operand_of(scope, call)
        name = item.alias or innermost(scope, call).field.name
        if name in node.entries:
            raise refused("INVALID_FIELD", f"duplicate field selected: {name}")
        node.entries[name] = get

    def _typeof(self, scope: Scope, node: Node, wanted: TypeOf) -> None:
        """Select what TYPEOF says of a parent: by its object, or of any other."""
        hop = scope.sobject.by_relationship.get(wanted.relation.names[0].lower())
        if hop is None or len(wanted.relation.names) > 1 or not is_polymorphic(hop):
            message = f"TYPEOF takes a relationship that leads to several objects, not {wanted.relation.text}"
            raise scope.error("MALFORMED_QUERY", wanted.relation.position, message)
        shaper = Shaper(scope, self._version)
        shapes: dict[str, Node] = {}
        for source, paths in wanted.whens:
            target = find_object(self._state, self._access, scope.soql, source)
            if target.name not in hop.reference_to:
                message = f"{target.name} is not at the end of {wanted.relation.text}"
                raise scope.error("INVALID_TYPE", source.position, message)
            shapes[target.name] = _node_of(Scope.of_parent(scope, target), paths)
        of_name = Scope.of_parent(scope, name_object())
        rest = _node_of(of_name, wanted.otherwise, of_name=True) if wanted.otherwise else None

        def show(record: Record) -> Any:
            found = scope.parent(record, hop)
            owner = self._state.schema.of_id(found["Id"]) if found else None
            if found is None or owner is None:
                return None
            shape = shapes.get(owner.name, rest)
            return shaper.render(shape, owner, found) if shape else {"attributes": shaper.attributes(owner, found)}

        node.entries[hop.relationship or hop.name] = show


def _node_of(scope: Scope, paths: Iterable[Path], *, of_name: bool = False) -> Node:
    node = Node(of_name=of_name)
    for path in paths:
        node.add(scope.resolve(path))
    return node


def zone_of(state: State, user_id: str | None) -> tzinfo:
    """Return the time zone of a user, UTC where none is known."""
    name = state.tables["User"].get(user_id or "", {}).get("TimeZoneSidKey")
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def sort_rows(rows: list[Record], get: Getter, field: Field | None, order: Order) -> list[Record]:
    """Return rows sorted by one item of ORDER BY; equal ones keep their order."""
    keyed = [(sort_key(field, get(row)), row) for row in rows]
    empty = [row for value, row in keyed if value is None]
    filled = [pair for pair in keyed if pair[0] is not None]
    filled.sort(key=itemgetter(0), reverse=order.descending)
    ordered = [row for _, row in filled]
    return ordered + empty if order.nulls_last else empty + ordered


def _cut(rows: list[Record], select: Select) -> list[Record]:
    end = None if select.limit is None else select.offset + select.limit
    return rows[select.offset : end]
