"""Reads a SoW from TOML: ``[[baseline]]`` for each version, ``[[baseline.item]]`` for each of its items."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.core.positions import KeyPath, Positions
from connectors.file import sow
from connectors.file.settings import Column, FileSettings
from connectors.file.sow import Item, SowError, Version

_OF_VERSION = (Column.VERSION, Column.SIGNED, Column.EFFECTIVE)
_DATES = frozenset({Column.SIGNED, Column.EFFECTIVE, Column.DUE})


def read_document(text: str, settings: FileSettings) -> tuple[Version, ...]:
    """The versions of a TOML text.

    Raises:
        SowError: With the first thing that is wrong.
    """
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, at = (int(match[1]), f"character {match[2]}") if match else (text.count("\n") + 1, "")
        found = str(error).split(" (at ", maxsplit=1)[0]
        raise SowError(line=line, column=at, found=found, expected="TOML 1.0") from error
    except ValueError as error:  # of a whole number that Python does not take; it names no place
        match = re.search(r"[\d_]{4000,}", text)
        line = text.count("\n", 0, match.start()) + 1 if match else 1
        found = "a number of thousands of digits"
        raise SowError(line=line, column="", found=found, expected="an amount such as 12000.50") from error
    except RecursionError as error:
        raise SowError(
            line=1, column="", found="tables nested too deep", expected="[[baseline.item]] tables"
        ) from error
    reader = _Document(Positions(text), settings)
    return sow.checked(reader.versions(raw), names={column: f"key {column}" for column in Column})


class _Document:
    def __init__(self, positions: Positions, settings: FileSettings) -> None:
        self._positions = positions
        self._settings = settings

    def versions(self, raw: Mapping[str, Any]) -> Iterator[Version]:
        """Each ``[[baseline]]``, in the order of the file."""
        self._known(raw, ("baseline",), ())
        for n, table in enumerate(self._tables(raw.get("baseline", []), ("baseline",))):
            path: KeyPath = ("baseline", n)
            self._known(table, (*_OF_VERSION, "item"), path)
            said = self._said({k: v for k, v in table.items() if k != "item"}, path)
            where = self._where(path, Column.VERSION)
            items = self._tables(table.get("item", []), (*path, "item"))
            yield Version(
                number=sow.version_number(said.get(Column.VERSION, ""), line=where[0], column=where[1]),
                line=self._positions.line(path),
                signed=said.get(Column.SIGNED, ""),
                effective=said.get(Column.EFFECTIVE, ""),
                items=tuple(self._item(item, (*path, "item", i)) for i, item in enumerate(items)),
            )

    def _item(self, table: Mapping[str, Any], path: KeyPath) -> Item:
        line = self._positions.line(path)
        mine = {column.value for column in Column if column not in _OF_VERSION}
        said = self._said({k: v for k, v in table.items() if k in mine}, path)
        said[Column.ITEM] = sow.item_key(said.get(Column.ITEM, ""), line=line, column=f"key {Column.ITEM}")
        if Column.TITLE not in said:
            raise SowError(line=line, column=f"key {Column.TITLE}", found="nothing", expected="a title")
        said = sow.priced(said, self._settings.currency, line=line, column=f"key {Column.CURRENCY}")
        return Item(line=line, said=said, columns={k: _plain(v) for k, v in table.items()})

    def _said(self, table: Mapping[str, Any], path: KeyPath) -> dict[Column, str]:
        found = {Column(key): self._text(Column(key), value, path) for key, value in table.items()}
        return {column: text for column, text in found.items() if text}

    def _text(self, column: Column, value: Any, path: KeyPath) -> str:
        line, name = self._where(path, column)
        whole = isinstance(value, int) and not isinstance(value, bool)
        match column:
            case _ if column in _DATES:
                right = isinstance(value, date) and not isinstance(value, datetime)
                expected, text = "a date such as 2026-01-31, without quotes", str(value)
            case Column.VERSION:
                right, expected, text = whole, "a version such as 1, 2, 3", str(value)
            case Column.BUDGET:
                right = (whole and abs(value) < 10**sow.MOST_DIGITS) or (
                    isinstance(value, Decimal)
                    and value.is_finite()
                    and len(value.as_tuple().digits) <= sow.MOST_DIGITS
                    and abs(value.adjusted()) < 20
                )
                expected, text = (
                    "an amount such as 12000.50, without quotes",
                    format(Decimal(value), "f") if right else "",
                )
            case _:
                right, expected, text = isinstance(value, str), "a text in quotes", str(value).strip()
        if not right:
            raise SowError(line=line, column=name, found=sow.shortened(_plain(value)), expected=expected)
        return sow.currency(text, line=line, column=name) if column is Column.CURRENCY else text

    def _tables(self, value: Any, path: KeyPath) -> list[dict[str, Any]]:
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        expected = f"[[{'.'.join(str(p) for p in path if isinstance(p, str))}]] tables"
        raise SowError(
            line=self._positions.line(path),
            column=f"key {path[-1]}",
            found=sow.shortened(_plain(value)),
            expected=expected,
        )

    def _known(self, table: Mapping[str, Any], known: tuple[str, ...], path: KeyPath) -> None:
        for key in table:
            if key not in known:
                line = self._positions.line((*path, key))
                raise SowError(
                    line=line, column=f"key {key}", found="a key that is not known", expected=", ".join(known)
                )

    def _where(self, path: KeyPath, column: Column) -> tuple[int, str]:
        return self._positions.line((*path, column.value)), f"key {column}"


def _plain(value: Any) -> Any:
    """A value of TOML as JSON holds it."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case str() | bool() | int() | None:
            return value
        case _:
            return str(value)
