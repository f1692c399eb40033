"""A SoW as a file tells it: its versions with their items, each with its line; and what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.core.port import Json
from connectors.file.settings import Column

MOST_BYTES = 2_000_000  # a SoW of 10,000 lines of 200 characters
MOST_ITEMS = 10_000
MOST_VERSIONS = 200
LONGEST_KEY = 80  # characters of an item's key, which people write on their work

_AMOUNT = re.compile(r"[-+]?\d[\d.,'\u2019\u00a0\u202f ]*", re.ASCII)
_SPACES = re.compile(r"['\u2019\u00a0\u202f ]")
_CODE = re.compile(r"[A-Z]{3}")
MOST_DIGITS = 20  # of an amount; more are none, and would be rounded
_SHOWN = 60  # characters of what was found


class SowError(Exception):
    """A file cannot be taken as a SoW; nothing of it is.

    Attributes:
        line: Line, from 1.
        column: Header of the column, key, or what else names the spot; empty: the line as a whole.
        found: What stands there, shortened.
        expected: What should, and so how to mend it.
    """

    def __init__(self, *, line: int, column: str, found: str, expected: str) -> None:
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
        at = f"line {line}" + (f", {column}" if column else "")
        super().__init__(f"{at}: found {found}, expected {expected}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One scope item of one version.

    Attributes:
        line: Where it begins.
        said: What its known columns say, as text: dates as ``YYYY-MM-DD``, amounts as plain decimals; none empty.
        columns: Every column of it as it stands in the file.
    """

    line: int
    said: Mapping[Column, str]
    columns: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the SoW.

    Attributes:
        number: Its number.
        line: Where it begins.
        signed: ``YYYY-MM-DD``, or empty: a draft.
        effective: ``YYYY-MM-DD``, or empty: from when it was signed.
        items: Its items in the order of the file.
    """

    number: int
    line: int
    signed: str
    effective: str
    items: tuple[Item, ...]


def shortened(value: Any) -> str:
    """A value for a message."""
    text = repr(value)
    return "nothing" if value in (None, "") else text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def day(text: str, *, line: int, column: str) -> str:
    """A date, checked.

    Raises:
        SowError: It is none, or one of another form.
    """
    try:
        if len(text) == len("2026-01-31") and text[4] == text[7] == "-":
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise SowError(line=line, column=column, found=shortened(text), expected="a date such as 2026-01-31")


def version_number(text: str, *, line: int, column: str) -> int:
    """The number of a version.

    Raises:
        SowError: It is no whole number from 1 to 9999.
    """
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 10_000:
        return int(text)
    raise SowError(line=line, column=column, found=shortened(text), expected="a version such as 1, 2, 3")


def amount(text: str, decimal: str | None, *, line: int, column: str) -> str:
    """An amount as a plain decimal.

    Both signs, or one of them several times, tell which one parts the cents. One sign once before exactly three digits
    does not (``12.000``), unless ``decimal`` says it.

    Raises:
        SowError: It is no number, or may mean two.
    """
    found = shortened(text)
    plain = _SPACES.sub("", text)
    if not _AMOUNT.fullmatch(text) or sum(map(str.isdigit, text)) > MOST_DIGITS:
        raise SowError(line=line, column=column, found=found, expected="an amount such as 12000.50")
    cents = decimal or _cents_sign(plain)
    if cents is None:
        mend = f"12000 or 12000.00, or decimal of the connection, since {text} may be {_both(plain)}"
        raise SowError(line=line, column=column, found=found, expected=mend)
    thousands = "," if cents == "." else "."
    whole, _, part = plain.partition(cents)
    groups = whole.lstrip("+-").split(thousands)
    right = all(len(g) == 3 for g in groups[1:]) and groups[0] and (len(groups) == 1 or len(groups[0]) <= 3)
    if not right or not (part == "" or part.isdecimal()) or (cents in plain and not part):
        raise SowError(line=line, column=column, found=found, expected="an amount such as 12000.50")
    return str(
        Decimal(f"{'-' if plain.startswith('-') else ''}{''.join(groups)}.{part or 0}").normalize().__format__("f")
    )


def _cents_sign(plain: str) -> str | None:
    """Which sign parts the cents; None: it cannot be told."""
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        return max(".,", key=plain.rindex)
    sign = "." if dots else ","
    if dots + commas > 1:
        return "," if sign == "." else "."
    if not dots + commas:
        return "."
    return None if len(plain) - plain.index(sign) == len(".000") and not plain.lstrip("+-").startswith("0") else sign


def _both(plain: str) -> str:
    whole, part = re.split("[.,]", plain.lstrip("+-"))
    return f"{whole}{part} or {f'{whole}.{part}'.rstrip('0').rstrip('.')}"


def currency(text: str, *, line: int, column: str) -> str:
    """An ISO 4217 code.

    Raises:
        SowError: It is none.
    """
    if _CODE.fullmatch(text):
        return text
    raise SowError(line=line, column=column, found=shortened(text), expected="a currency such as EUR")


def priced(said: dict[Column, str], usual: str | None, *, line: int, column: str) -> dict[Column, str]:
    """What a row says, with the usual currency beside a budget that has none.

    Raises:
        SowError: There is a budget, and nothing says in which currency.
    """
    if Column.BUDGET in said and Column.CURRENCY not in said:
        if usual is None:
            expected = "a currency such as EUR beside the budget, or currency of the connection"
            raise SowError(line=line, column=column, found="nothing", expected=expected)
        return {**said, Column.CURRENCY: usual}
    return said


def item_key(text: str, *, line: int, column: str) -> str:
    """The key of an item: short, and without the signs that part keys from each other.

    Raises:
        SowError: It is empty, too long, or holds one of them.
    """
    if text and len(text) <= LONGEST_KEY and not set(text) & set(",/\n\r\t"):
        return text
    expected = f"a key of at most {LONGEST_KEY} characters without comma and slash, such as SI-03"
    raise SowError(line=line, column=column, found=shortened(text), expected=expected)


def checked(versions: Iterable[Version], *, names: Mapping[Column, str]) -> tuple[Version, ...]:
    """The versions, each once, with each item once, and not more than can be.

    Args:
        versions: What the file tells.
        names: What the columns are called in the file.

    Raises:
        SowError: A version or an item is there twice, or there are none or too many.
    """
    found = tuple(versions)
    if not found or not any(v.items for v in found):
        raise SowError(line=1, column="", found="no scope item", expected="at least one")
    most = ((len(found), MOST_VERSIONS, "versions"), (sum(len(v.items) for v in found), MOST_ITEMS, "items"))
    for count, limit, what in most:
        if count > limit:
            raise SowError(line=1, column="", found=f"{count} {what}", expected=f"at most {limit} in one file")
    lines: dict[int, int] = {}
    for version in found:
        first = lines.setdefault(version.number, version.line)
        if first != version.line:
            was = f"version {version.number} again, which begins in line {first}"
            raise SowError(line=version.line, column=names[Column.VERSION], found=was, expected="each version once")
        _each_once(version, names)
    return found


def _each_once(version: Version, names: Mapping[Column, str]) -> None:
    lines: dict[str, int] = {}
    for item in version.items:
        key = item.said[Column.ITEM]
        first = lines.setdefault(key.casefold(), item.line)
        if first != item.line:
            was = f"{key!r} again, which stands in line {first} of version {version.number} too"
            raise SowError(line=item.line, column=names[Column.ITEM], found=was, expected="each item once in a version")
