"""Reads a SoW from CSV: one row for each item of each version, columns by the names in the first row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.file import sow
from connectors.file.settings import REQUIRED, Column, FileSettings
from connectors.file.sow import Item, SowError, Version

_DELIMITERS = (",", ";", "\t")
_LONGEST_CELL = 100_000  # characters, below csv's own limit of 131,072


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The first row: what the cells are called, and where the known columns stand."""

    names: Sequence[str]
    at: dict[Column, int]


def read_sheet(text: str, settings: FileSettings) -> tuple[Version, ...]:
    """The versions of a CSV text.

    Raises:
        SowError: With the first thing that is wrong.
    """
    rows, head = _head(text, settings)
    names = {column: f"column {settings.header(column)}" for column in Column}
    found: dict[int, list[tuple[_Row, dict[Column, str]]]] = {}
    for row in rows:
        said = _said(row, head, names, settings)
        number = sow.version_number(said.get(Column.VERSION, ""), line=row.line, column=names[Column.VERSION])
        found.setdefault(number, []).append((row, said))
    versions = (
        Version(
            number=number,
            line=told[0][0].line,
            signed=_agreed(Column.SIGNED, number, told, names[Column.SIGNED]),
            effective=_agreed(Column.EFFECTIVE, number, told, names[Column.EFFECTIVE]),
            items=tuple(_item(row, said, head) for row, said in told),
        )
        for number, told in sorted(found.items())
    )
    return sow.checked(versions, names=names)


def _head(text: str, settings: FileSettings) -> tuple[Iterator[_Row], _Head]:
    """The rows below the first, and the first, by the delimiter with which it has every column that must be there."""
    wanted = {settings.header(column).strip().casefold(): column for column in Column}
    seen: list[str] = []
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        first = next(rows, None)
        names = [cell.strip() for cell in first.cells] if first else []
        at = {wanted[name.casefold()]: i for i, name in reversed([*enumerate(names)]) if name.casefold() in wanted}
        if first is not None and at.keys() >= set(REQUIRED):
            for column, i in at.items():
                if [name.casefold() for name in names].count(names[i].casefold()) > 1:
                    was = f"two columns {names[i]!r}"
                    raise SowError(
                        line=first.line, column=f"column {settings.header(column)}", found=was, expected="one"
                    )
            return rows, _Head(names=names, at=at)
        seen = max(seen, names, key=len)
    missing = ", ".join(settings.header(c) for c in REQUIRED)
    mend = (
        f"a first row with at least {missing} (or as columns of the connection calls them), by comma, semicolon or tab"
    )
    raise SowError(line=1, column="", found=", ".join(filter(None, seen))[:200] or "nothing", expected=mend)


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """The rows that hold anything, each with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SowError(line=line, column="", found=str(error), expected="a row of CSV, quotes closed") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _Row(line=line, cells=cells)


def _said(row: _Row, head: _Head, names: dict[Column, str], settings: FileSettings) -> dict[Column, str]:
    """What the known columns of a row say, checked; the empty ones are left out."""
    cells = row.cells
    if len(cells) < len(head.names) or any(cell.strip() for cell in cells[len(head.names) :]):
        raise SowError(
            line=row.line, column="", found=f"{len(cells)} cells", expected=f"{len(head.names)}, as in line 1"
        )
    said = {column: cells[i].strip() for column, i in head.at.items() if cells[i].strip()}
    for column, text in said.items():
        if len(text) > _LONGEST_CELL:
            found, expected = f"{len(text)} characters", f"at most {_LONGEST_CELL}"
            raise SowError(line=row.line, column=names[column], found=found, expected=expected)
        match column:
            case Column.SIGNED | Column.EFFECTIVE | Column.DUE:
                said[column] = sow.day(text, line=row.line, column=names[column])
            case Column.BUDGET:
                said[column] = sow.amount(text, settings.decimal, line=row.line, column=names[column])
            case Column.CURRENCY:
                said[column] = sow.currency(text, line=row.line, column=names[column])
            case _:
                continue
    said[Column.ITEM] = sow.item_key(said.get(Column.ITEM, ""), line=row.line, column=names[Column.ITEM])
    if Column.TITLE not in said:
        raise SowError(line=row.line, column=names[Column.TITLE], found="nothing", expected="a title")
    return sow.priced(said, settings.currency, line=row.line, column=names[Column.CURRENCY])


def _agreed(column: Column, number: int, told: Sequence[tuple[_Row, dict[Column, str]]], name: str) -> str:
    """What the rows of a version say of it; they need not all say it."""
    said = [(values[column], row.line) for row, values in told if column in values]
    for text, line in said:
        if text != said[0][0]:
            was = f"{text} for version {number}, which line {said[0][1]} says was {said[0][0]}"
            raise SowError(line=line, column=name, found=was, expected="one date for each version")
    return said[0][0] if said else ""


def _item(row: _Row, said: dict[Column, str], head: _Head) -> Item:
    columns = {name: cell for name, cell in zip(head.names, row.cells, strict=False) if name}
    return Item(line=row.line, said=said, columns=columns)
