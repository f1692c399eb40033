"""One field value as a client sent it: checked as Salesforce checks it, and brought to the form that REST shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from sandbox.salesforce import stamps
from sandbox.salesforce.errors import Fault, SalesforceError
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.schema import Field

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_TOKENS = MappingProxyType(
    {
        str: "VALUE_STRING",
        bool: "VALUE_TRUE",
        int: "VALUE_NUMBER_INT",
        float: "VALUE_NUMBER_FLOAT",
        dict: "START_OBJECT",
    }
)


def refuse(code: str, message: str, *fields: str) -> SalesforceError:
    """Return a 400 whose one reason names fields (always a list, maybe empty)."""
    return SalesforceError(400, Fault(code=code, message=message, fields=tuple(fields)))


def _unreadable(field: Field, value: Any) -> SalesforceError:
    token = _TOKENS.get(type(value), "START_ARRAY")
    kind = "datetime" if field.type == "datetime" else field.type
    shown = str(value).lower() if isinstance(value, bool) else value
    message = (
        f"Cannot deserialize instance of {kind} from {token} value {shown} or request may be missing a required field "
        "at [line:1, column:2]"
    )
    return SalesforceError(400, Fault(code="JSON_PARSER_ERROR", message=message))


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    text = value.strip()  # the platform trims what it stores
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise refuse("STRING_TOO_LONG", message, field.name)
    return text or None


def _email(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    if text is not None and not _EMAIL.match(text):
        raise refuse("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", field.name)
    return text


def _picklist(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    chosen = [] if text is None else text.split(";") if field.type == "multipicklist" else [text]
    for each in chosen:
        if field.restricted is not None and each not in field.restricted:
            message = f"{field.label}: bad value for restricted picklist field: {each}"
            raise refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    return text


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _unreadable(field, value)


def _number(field: Field, value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _unreadable(field, value)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise _unreadable(field, value) from error
    whole = field.type == "int"
    if whole and number != number.to_integral_value():
        raise _unreadable(field, value)
    digits = field.info["digits"] if whole else field.info["precision"] - field.info["scale"]
    if not number.is_finite() or abs(number) >= Decimal(10) ** (digits or 18):
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise refuse("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    if whole:
        return int(number)
    return float(number.quantize(Decimal(1).scaleb(-field.info["scale"]), rounding=ROUND_HALF_UP))


def _date(field: Field, value: Any) -> str:
    return _stamp(field, value, stamps.normal_date)


def _datetime(field: Field, value: Any) -> str:
    return _stamp(field, value, stamps.normal_datetime)


def _stamp(field: Field, value: Any, read: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    try:
        return read(value)
    except ValueError as error:
        raise _unreadable(field, value) from error


def _reference(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    found = to_18(value)
    if found is None:
        raise refuse("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", field.name)
    return found


_READERS: Mapping[str, Callable[[Field, Any], Any]] = MappingProxyType(
    {
        "boolean": _boolean,
        "int": _number,
        "double": _number,
        "currency": _number,
        "percent": _number,
        "date": _date,
        "datetime": _datetime,
        "email": _email,
        "picklist": _picklist,
        "multipicklist": _picklist,
        "reference": _reference,
        "id": _reference,
    }
)


def read_value(field: Field, value: Any) -> Any:
    """Return the value to store for what a client sent; None for null and for text that is empty after trimming.

    Raises:
        SalesforceError: JSON_PARSER_ERROR for the wrong JSON type or an unreadable date, STRING_TOO_LONG,
            INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST, INVALID_EMAIL_ADDRESS, NUMBER_OUTSIDE_VALID_RANGE, MALFORMED_ID,
            INVALID_TYPE_ON_FIELD_IN_RECORD for a null boolean. Whether a reference leads anywhere is not asked here.
    """
    if value is None or value == "":
        if field.type == "boolean":
            message = f"{field.label}: value not of required type: "
            raise refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", message, field.name)
        return None
    read: Callable[[Field, Any], Any] = _READERS.get(field.type) or _text
    return read(field, value)
