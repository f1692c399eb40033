"""Single values: how what a tool wrote is read as text, date, instant, number or money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mapping.model import Money

_CHECK_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"  # five bits each: which of five characters are capitals
_ID15 = re.compile(r"[0-9A-Za-z]{15}")
_ID18 = re.compile(r"[0-9A-Za-z]{15}[A-Z0-5a-z]{3}")
_CURRENCY = re.compile(r"[A-Z]{3}")


UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 8 * 3600, "w": 40 * 3600}
"""Seconds of the units of a duration; of a working day and a working week only unless a mapping says otherwise."""

_SPAN = re.compile(  # 2h, 2 hours, 1.5d; never months
    r"(\d+(?:\.\d+)?)\s*(w(?:ks?|eeks?)?|d(?:ays?)?|h(?:rs?|ours?)?|m(?:ins?|inutes?)?|s(?:ecs?|econds?)?)(?![a-z])\s*,?\s*"
)
_ISO_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_LONGEST_S = 10**11  # three thousand years


class NotReadableError(Exception):
    """A raw value is not of the expected type.

    Attributes:
        found: What stands there, shortened for a message.
        expected: What should.
    """

    def __init__(self, found: Any, expected: str) -> None:
        self.found = brief(found)
        self.expected = expected
        super().__init__(f"found {self.found}, expected {expected}")


def brief(raw: Any) -> str:
    """``raw`` for a message: at most 80 characters; objects and lists are only named as such."""
    if isinstance(raw, dict):
        return "an object"
    if isinstance(raw, list):
        return "a list"
    text = repr(raw)
    return text if len(text) <= 80 else text[:79] + "…"


def empty(raw: Any) -> bool:
    """Whether a tool says nothing: null, an empty list or object, or a text of blanks."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return not raw or raw.isspace()
    return isinstance(raw, (list, dict)) and not raw


def plain(raw: Any) -> Any:
    """The value inside an option, status or type object (its ``value``, else its ``name``); anything else as it is."""
    if isinstance(raw, dict):
        inner = raw.get("value", raw.get("name"))
        return raw if inner is None else inner
    return raw


def normal(raw: Any) -> str:
    """Normal form for value tables and conditions: without regard to case, outer blanks and curly apostrophes.

    Raises:
        NotReadableError: ``raw`` is a list, or an object without ``value`` and ``name``.
    """
    raw = plain(raw)
    if isinstance(raw, str):
        return raw.strip().replace("\u2019", "'").casefold()
    return text(raw).casefold()


def text(raw: Any) -> str:
    """Text as written; numbers and truth values in JSON's spelling.

    Raises:
        NotReadableError: ``raw`` is a list or an object without ``value`` and ``name``.
    """
    raw = plain(raw)
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    raise NotReadableError(raw, "text")


def day(raw: Any) -> date:
    """A calendar date ``YYYY-MM-DD``.

    Raises:
        NotReadableError: It is anything else.
    """
    if isinstance(raw, str) and len(raw) == 10 and raw[4] == "-" and raw[7] == "-":
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise NotReadableError(raw, "a date YYYY-MM-DD")


def instant(raw: Any) -> datetime:
    """An instant with its offset (``+0000``, ``+00:00`` or ``Z``), as aware UTC.

    Raises:
        NotReadableError: It is anything else; an instant without an offset is not guessed.
    """
    if isinstance(raw, str) and len(raw) > 10:
        try:
            parsed = datetime.fromisoformat(raw)
            if parsed.tzinfo is not None:
                return parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise NotReadableError(raw, "a date and time with an offset")


def number(raw: Any) -> Decimal:
    """A finite number; a text that holds one counts.

    Raises:
        NotReadableError: It is anything else.
    """
    if isinstance(raw, (int, float, str, Decimal)) and not isinstance(raw, bool):
        try:
            value = Decimal(str(raw).strip())
        except InvalidOperation:
            value = Decimal("nan")
        if value.is_finite():
            return value
    raise NotReadableError(raw, "a number")


def integer(raw: Any) -> int:
    """A whole number (``2`` and ``2.0`` alike).

    Raises:
        NotReadableError: It is anything else.
    """
    value = number(raw)
    if abs(value) > 10**15 or value != value.to_integral_value():
        raise NotReadableError(raw, "a whole number")
    return int(value)


def seconds(raw: Any, *, unit_s: int | None, day_s: int, week_s: int) -> int:
    """A length of time in whole seconds: a number of units, ``1w 2d 4h 30m``, or ISO 8601 (``P1DT2H``).

    Args:
        raw: What stands there.
        unit_s: Seconds of one unit of a bare number; None: a bare number is not understood.
        day_s: Seconds of a day: of work, not of the calendar.
        week_s: Seconds of a week of work.

    Raises:
        NotReadableError: It is anything else, negative, or no whole number of seconds.
    """
    found = _span(text(raw).strip(), {"w": week_s, "d": day_s, "h": 3600, "m": 60, "s": 1})
    if found is None and unit_s is not None:
        found = number(raw) * unit_s
    if found is None or not 0 <= found <= _LONGEST_S or found != found.to_integral_value():
        raise NotReadableError(
            raw, "a duration such as 1w 2d 4h 30m or P1DT2H" + (", or a number that is not negative" if unit_s else "")
        )
    return int(found)


def _span(said: str, lengths: Mapping[str, int]) -> Decimal | None:
    """A text of numbers with units as seconds; None: it is none."""
    iso = _ISO_SPAN.fullmatch(said)
    if iso is not None and any(iso.groups()):
        return sum((Decimal(n) * lengths[u] for n, u in zip(iso.groups(), "wdhms", strict=True) if n), Decimal())
    parts = list(_SPAN.finditer(said.lower()))
    if not parts or "".join(p.group() for p in parts) != said.lower():
        return None
    if len({p[2][0] for p in parts}) < len(parts):
        return None
    return sum((Decimal(p[1]) * lengths[p[2][0]] for p in parts), Decimal())


def boolean(raw: Any) -> bool:
    """A JSON truth value.

    Raises:
        NotReadableError: It is anything else.
    """
    if isinstance(raw, bool):
        return raw
    raise NotReadableError(raw, "true or false")


def money(raw: Any, currency: Any) -> Money:
    """An amount in a currency.

    Raises:
        NotReadableError: The amount is no number, or the currency no ISO 4217 code.
    """
    amount = number(raw)
    code = plain(currency)
    if not isinstance(code, str) or not _CURRENCY.fullmatch(code.strip()):
        raise NotReadableError(currency, "an ISO 4217 currency code")
    return Money(amount=amount, currency=code.strip())


def _checksum(id15: str) -> str:
    return "".join(
        _CHECK_ALPHABET[sum(1 << i for i, c in enumerate(id15[start : start + 5]) if "A" <= c <= "Z")]
        for start in (0, 5, 10)
    )


def checked_id(raw: str) -> str | None:
    """The long form of an id that has a form of 15 characters and one of 18 with a checksum; None: ``raw`` is none.

    A 15-character id gets its checksum; an 18-character id whose letters were folded (by a tool that does not keep
    case) gets its case back from the checksum, and is None when its checksum cannot be right.
    """
    if _ID15.fullmatch(raw):
        return raw + _checksum(raw)
    if not _ID18.fullmatch(raw):
        return None
    body, check = raw[:15], raw[15:].upper()
    if _checksum(body) == check:
        return body + check
    restored = "".join(
        c.upper() if _CHECK_ALPHABET.index(check[i // 5]) >> (i % 5) & 1 else c.lower() for i, c in enumerate(body)
    )
    folded = body in (body.lower(), body.upper())
    return restored + check if folded and _checksum(restored) == check else None
