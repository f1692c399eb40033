"""WHERE and HAVING as predicates over records."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, assert_never

from sandbox.salesforce import stamps
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql_ast import (
    Call,
    Choices,
    Comparison,
    Condition,
    Group,
    Literal,
    LiteralKind,
    Logic,
    Membership,
    Negation,
    Operand,
    Select,
)
from sandbox.salesforce.soql_dates import named_span
from sandbox.salesforce.soql_scope import Getter, Scope
from sandbox.salesforce.state import Record

Predicate = Callable[[Record], bool]
SubQuery = Callable[[Select], list[Any]]
"""Runs the sub-query of an IN and returns the values of its one column."""
Lookup = Callable[[Operand], tuple[Getter, Field | None]]
"""Returns how to read an operand, and its field (None for a count, which is a number)."""

_NUMBERS = ("int", "double", "currency", "percent")
_IDS = ("id", "reference")
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
_TYPE_NAMES = MappingProxyType(
    {"datetime": "dateTime", "currency": "double", "percent": "double", "picklist": "string"}
)


def sort_key(field: Field | None, value: Any) -> Any:
    """Return a value in the form in which it is compared: text without regard to case, the rest as it is."""
    if isinstance(value, str) and (field is None or field.type not in (*_IDS, "date", "datetime")):
        return value.casefold()
    if value is None and field is not None and field.type == "boolean":
        return False  # for SOQL no boolean is null, not even that of a parent that is not there
    return value


class Filter:
    """Builds predicates for one scope."""

    def __init__(self, scope: Scope, lookup: Lookup, sub_query: SubQuery) -> None:
        self._scope = scope
        self._lookup = lookup
        self._sub_query = sub_query

    def build(self, condition: Condition) -> Predicate:
        """Return the predicate of a condition.

        Raises:
            SalesforceError: INVALID_FIELD for a field that is unknown, not filterable, or compared with a literal of
                another type; INVALID_QUERY_FILTER_OPERATOR for ids and operators that do not fit.
        """
        match condition:
            case Group(logic=logic, conditions=conditions):
                parts = tuple(self.build(each) for each in conditions)
                if logic is Logic.AND:
                    return lambda record: all(part(record) for part in parts)
                return lambda record: any(part(record) for part in parts)
            case Negation(condition=inner):
                part = self.build(inner)
                return lambda record: not part(record)
            case Membership():
                return self._membership(condition)
            case Choices():
                return self._choices(condition)
            case Comparison():
                return self._comparison(condition)
            case _:
                assert_never(condition)

    def _comparison(self, condition: Comparison) -> Predicate:
        get, field = self._operand(condition.operand)
        literal, sign = condition.literal, condition.operator
        if sign == "LIKE":
            return self._like(condition, get, field)
        if literal.kind is LiteralKind.NAMED_DATE:
            return self._named_date(condition, get, field)
        wanted = self._value(condition.operand, field, literal)
        if literal.kind is LiteralKind.MONEY:
            get = self._in_one_currency(get)
        if sign in ("=", "!="):
            same = sign == "="
            return lambda record: (sort_key(field, get(record)) == wanted) is same
        ordered = _ORDERED[sign]

        def compare(record: Record) -> bool:
            value = sort_key(field, get(record))
            return value is not None and wanted is not None and ordered(value, wanted)

        return compare

    def _in_one_currency(self, get: Getter) -> Getter:
        org = self._scope.state.org

        def read(record: Record) -> Any:
            value = get(record)
            return None if value is None else org.converted(value, record.get("CurrencyIsoCode"))

        return read

    def _like(self, condition: Comparison, get: Getter, field: Field | None) -> Predicate:
        if field is None or field.type in (*_NUMBERS, *_IDS, "boolean", "date", "datetime"):
            kind = field.type if field else "number"
            raise refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {kind} field")
        pattern = re.compile(_like_pattern(condition.literal.text), re.IGNORECASE | re.DOTALL)
        return lambda record: pattern.fullmatch(get(record) or "") is not None

    def _named_date(self, condition: Comparison, get: Getter, field: Field | None) -> Predicate:
        if field is None or field.type not in ("date", "datetime"):
            raise self._mismatch(condition.operand, field, quoted=True)
        try:
            days = named_span(condition.literal.text, self._scope.state.now().astimezone(self._scope.zone).date())
            start, end = (self._begin(day, field) for day in days)
        except (OverflowError, ValueError) as error:
            raise refused("MALFORMED_QUERY", f"Invalid date literal: {condition.literal.text}") from error
        tests: dict[str, Callable[[str], bool]] = {
            "=": lambda value: start <= value < end,
            "<": lambda value: value < start,
            "<=": lambda value: value < end,
            ">": lambda value: value >= end,
            ">=": lambda value: value >= start,
        }
        if condition.operator == "!=":
            return lambda record: (value := get(record)) is None or not start <= value < end
        test = tests[condition.operator]
        return lambda record: (value := get(record)) is not None and test(value)

    def _begin(self, day: date, field: Field) -> str:
        """Return a day, or the instant at which it begins for the user."""
        if field.type == "date":
            return day.isoformat()
        return stamps.to_api(datetime(day.year, day.month, day.day, tzinfo=self._scope.zone))

    def _choices(self, condition: Choices) -> Predicate:
        get, field = self._operand(condition.operand)
        if field is None or field.type != "multipicklist":
            kind = field.type if field else "number"
            raise refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {kind} field")
        wanted = [
            {each.strip().casefold() for each in literal.text.split(";")}
            for literal in condition.values
            if literal.kind is LiteralKind.STRING
        ]
        inside = not condition.negated

        def chosen(record: Record) -> bool:
            held = {each.casefold() for each in (get(record) or "").split(";") if each}
            return any(each <= held for each in wanted) is inside

        return chosen

    def _membership(self, condition: Membership) -> Predicate:
        get, field = self._operand(condition.operand)
        if isinstance(condition.values, Select):
            if field is None or field.type not in _IDS:
                raise refused("INVALID_FIELD", "The left operand of a semi-join must be an id or a reference")
            wanted = set(self._sub_query(condition.values)) - {None}
        else:
            wanted = {self._value(condition.operand, field, literal) for literal in condition.values}
        inside = not condition.negated
        return lambda record: (sort_key(field, get(record)) in wanted) is inside

    def _operand(self, operand: Operand) -> tuple[Getter, Field | None]:
        get, field = self._lookup(operand)
        if field is not None and not field.filterable:
            message = f"field '{field.name}' can not be filtered in a query call"
            raise self._scope.error("INVALID_FIELD", operand.position, message)
        return get, field

    def _value(self, operand: Operand, field: Field | None, literal: Literal) -> Any:
        """Return a literal in the form of `sort_key`, or refuse it for the field's type."""
        kind, text = literal.kind, literal.text
        expected = "double" if field is None else field.type
        if kind is LiteralKind.NULL or (kind is LiteralKind.STRING and not text and expected not in _NUMBERS):
            return False if expected == "boolean" else None
        if expected in _NUMBERS and kind is LiteralKind.NUMBER:
            return float(text)
        if expected == "currency" and kind is LiteralKind.MONEY and self._scope.state.org.multi_currency:
            return self._scope.state.org.converted(float(text[3:]), text[:3].upper())
        if expected == "boolean" and kind is LiteralKind.BOOLEAN:
            return text.lower() == "true"
        if expected == "date" and kind is LiteralKind.DATE:
            return _read(stamps.normal_date, text)
        if expected == "datetime" and kind is LiteralKind.DATETIME:
            return _read(stamps.normal_datetime, text)
        if expected in _IDS and kind is LiteralKind.STRING:
            return self._id(text)
        if expected not in (*_NUMBERS, *_IDS, "boolean", "date", "datetime") and kind is LiteralKind.STRING:
            return text.casefold()
        raise self._mismatch(operand, field, quoted=kind is LiteralKind.STRING)

    def _id(self, text: str) -> str:
        found = to_18(text)
        if found is None:
            raise refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return found

    def _mismatch(self, operand: Operand, field: Field | None, *, quoted: bool) -> SalesforceError:
        kind = "double" if field is None else _TYPE_NAMES.get(field.type, field.type)
        name = field.name if field else operand.name if isinstance(operand, Call) else operand.text
        text_like = field is not None and field.type not in (*_NUMBERS, "boolean", "date", "datetime")
        quotes = "should be enclosed in quotes" if text_like else "should not be enclosed in quotes"
        tail = f" and {quotes}" if quoted or text_like else ""
        message = f"value of filter criterion for field '{name}' must be of type {kind}{tail}"
        return self._scope.error("INVALID_FIELD", operand.position, message)


def _read(reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text)
    except ValueError as error:
        raise refused("MALFORMED_QUERY", f"Invalid date: {text}") from error


def _like_pattern(text: str) -> str:
    """Return LIKE's pattern as a regular expression: % any run, _ one character, after a backslash themselves."""
    out, escaped = "", False
    for char in text:
        if escaped or char not in "%_\\":
            out += re.escape(char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            out += ".*" if char == "%" else "."
    return out
