"""What the ``[connections.x]`` table of a folder of SoW files may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from connectors.core.settings import ConnectionSettings, web_address

_CURRENCY = re.compile(r"[A-Z]{3}")


class Column(StrEnum):
    """What a row of a SoW says. The value is its name in a TOML file, and the key of ``columns``."""

    ITEM = "item"
    TITLE = "title"
    VERSION = "version"
    SIGNED = "signed"
    EFFECTIVE = "effective"
    TEXT = "text"
    DUE = "due"
    BUDGET = "budget"
    CURRENCY = "currency"
    ACCEPTANCE = "acceptance"
    STATE = "state"


REQUIRED = (Column.ITEM, Column.TITLE, Column.VERSION, Column.SIGNED)
"""Columns that every sheet has; cells of ``SIGNED`` may be empty: the version is then a draft."""


class FileSettings(ConnectionSettings):
    """One folder of SoW files. Unknown keys are refused."""

    folder: Annotated[str, Field(min_length=1)] = "."
    """The folder; a relative one starts at the folder of the configuration."""
    columns: Mapping[Column, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Header of the column of each kind in a CSV file, where it is not called as here (``Item``, ``Title`` …)."""
    currency: str | None = None
    """ISO 4217 code of budgets beside which no currency stands."""
    decimal: Literal[".", ","] | None = None
    """What parts the cents in the budgets of CSV files; None: it must be plain from each."""
    web_url: str | None = None
    """Where people open the folder (``https://partner.example/sow``); None: records have no address."""

    @field_validator("columns")
    @classmethod
    def _each_its_own(cls, value: Mapping[Column, str]) -> Mapping[Column, str]:
        called: dict[str, Column] = {}
        for column in Column:
            header = value.get(column, column.value)
            first = called.setdefault(header.strip().casefold(), column)
            if first is not column:
                raise ValueError(
                    f"expected a header of its own for each column; {first} and {column} are both {header!r}"
                )
        return value

    @field_validator("currency")
    @classmethod
    def _code(cls, value: str | None) -> str | None:
        if value is not None and not _CURRENCY.fullmatch(value):
            raise ValueError("expected an ISO 4217 code such as EUR")
        return value

    @field_validator("web_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value, "https://partner.example/sow")

    def header(self, column: Column) -> str:
        """What the column is called in a CSV file."""
        return self.columns.get(column, column.value.capitalize())
