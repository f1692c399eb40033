"""SOQL's functions over one value: parts of dates, labels, amounts of money, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from sandbox.salesforce import stamps
from sandbox.salesforce.errors import refused
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql_ast import Call, Operand, Path
from sandbox.salesforce.soql_grammar import DATE_FUNCTIONS, DISPLAY_FUNCTIONS
from sandbox.salesforce.soql_scope import Getter, Resolved, Scope

_PARTS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "CALENDAR_MONTH": lambda day: day.month,
        "CALENDAR_QUARTER": lambda day: (day.month + 2) // 3,
        "CALENDAR_YEAR": lambda day: day.year,
        "DAY_IN_MONTH": lambda day: day.day,
        "DAY_IN_WEEK": lambda day: day.isoweekday() % 7 + 1,  # 1 is Sunday
        "DAY_IN_YEAR": lambda day: day.timetuple().tm_yday,
        "DAY_ONLY": lambda day: day.date().isoformat(),
        "FISCAL_MONTH": lambda day: day.month,
        "FISCAL_QUARTER": lambda day: (day.month + 2) // 3,
        "FISCAL_YEAR": lambda day: day.year,
        "HOUR_IN_DAY": lambda day: day.hour,
        "WEEK_IN_MONTH": lambda day: (day.day + 6) // 7,  # the first week is the first seven days
        "WEEK_IN_YEAR": lambda day: (day.timetuple().tm_yday + 6) // 7,
    }
)
_INSTANTS_ONLY = ("DAY_ONLY", "HOUR_IN_DAY")
_MONEY = "currency"


def operand_of(scope: Scope, operand: Operand) -> tuple[Getter, Field | None]:
    """Return how to read an operand that is no aggregate, and the field whose type its values have (None: a number).

    Raises:
        SalesforceError: INVALID_FIELD or MALFORMED_QUERY for a function that does not fit there or its argument.
    """
    if isinstance(operand, Path):
        resolved = scope.resolve(operand)
        return scope.getter(resolved), resolved.field
    if operand.name in DATE_FUNCTIONS:
        return _date_part(scope, operand)
    if operand.name in DISPLAY_FUNCTIONS:
        return _shown(scope, operand)
    raise refused("MALFORMED_QUERY", f"unexpected token: '{operand.name}'")


def innermost(scope: Scope, call: Call) -> Resolved:
    """Return the field that a function is over, however deep."""
    argument = call.argument
    while isinstance(argument, Call):
        argument = argument.argument
    if argument is None:
        raise refused("MALFORMED_QUERY", f"unexpected token: '{call.name}'")
    return scope.resolve(argument)


def _date_part(scope: Scope, call: Call) -> tuple[Getter, Field | None]:
    inner, zone = call.argument, _zone(scope, call)
    if isinstance(inner, Call):
        inner = inner.argument
    if not isinstance(inner, Path):
        raise refused("MALFORMED_QUERY", f"unexpected token: '{call.name}'")
    resolved = scope.resolve(inner)
    field, get, part = resolved.field, scope.getter(resolved), _PARTS[call.name]
    allowed = ("datetime",) if call.name in _INSTANTS_ONLY else ("date", "datetime")
    if field.type not in allowed or (zone is not UTC and field.type != "datetime"):
        message = f"field {field.name} does not support the function {call.name}"
        raise scope.error("INVALID_FIELD", call.position, message)

    def read(record: dict[str, Any]) -> Any:
        text = get(record)
        return None if text is None else part(_moment(text, field, zone))

    return read, replace(field, type="date", sortable=True, filterable=True) if call.name == "DAY_ONLY" else None


def _zone(scope: Scope, call: Call) -> tzinfo:
    if not isinstance(call.argument, Call):
        return UTC
    if call.argument.name != "CONVERTTIMEZONE":
        raise refused("MALFORMED_QUERY", f"unexpected token: '{call.argument.name}'")
    return scope.zone


def _moment(text: str, field: Field, zone: tzinfo) -> date | datetime:
    return stamps.from_api(text).astimezone(zone) if field.type == "datetime" else date.fromisoformat(text)


def _shown(scope: Scope, call: Call) -> tuple[Getter, Field | None]:
    if call.argument is None:
        raise refused("MALFORMED_QUERY", f"unexpected token: '{call.name}'")
    get, field = operand_of(scope, call.argument)
    show = _DISPLAYS[call.name](scope, call, field)
    return lambda record: show(get(record), record), field


def _label(scope: Scope, call: Call, field: Field | None) -> Callable[[Any, Any], Any]:
    if field is None or field.type not in ("picklist", "multipicklist", "combobox"):
        raise scope.error("INVALID_FIELD", call.position, "toLabel() takes a picklist field")
    labels = {each["value"]: each["label"] for each in field.info["picklistValues"]}

    def show(value: Any, _record: Any) -> Any:
        return None if value is None else ";".join(labels.get(each, each) for each in str(value).split(";"))

    return show


def _formatted(_scope: Scope, _call: Call, field: Field | None) -> Callable[[Any, Any], Any]:
    def show(value: Any, record: Any) -> Any:
        return formatted(value, field, record.get("CurrencyIsoCode"))

    return show


def formatted(value: Any, field: Field | None, currency: str | None) -> str | None:
    """Return a value as FORMAT() shows it in the locale en_US."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        digits = field.info["scale"] if field else 0
        shown = f"{value:,.{digits}f}"
        return f"{currency} {shown}" if currency and field is not None and field.type == _MONEY else shown
    if field is not None and field.type == "datetime":
        moment = stamps.from_api(value)
        return f"{moment.month}/{moment.day}/{moment.year}, {moment:%I:%M %p}".replace(", 0", ", ")
    if field is not None and field.type == "date":
        day = date.fromisoformat(value)
        return f"{day.month}/{day.day}/{day.year}"
    return str(value)


def _converted(scope: Scope, call: Call, field: Field | None) -> Callable[[Any, Any], Any]:
    if field is None or field.type != _MONEY or not scope.state.org.multi_currency:
        raise scope.error(
            "INVALID_FIELD", call.position, "convertCurrency() takes a currency field of a multi-currency org"
        )
    org = scope.state.org

    def show(value: Any, record: Any) -> Any:
        return None if value is None else round(org.converted(value, record.get("CurrencyIsoCode")), 2)

    return show


_DISPLAYS: Mapping[str, Callable[[Scope, Call, Field | None], Callable[[Any, Any], Any]]] = MappingProxyType(
    {"TOLABEL": _label, "FORMAT": _formatted, "CONVERTCURRENCY": _converted}
)
