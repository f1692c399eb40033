"""The files that the documentation shows are files that syncline takes, and says the same of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from connectors.file.settings import Column

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "connectors" / "file.md").read_text(encoding="utf-8")


def _block(page: str, language: str, begins: str) -> str:
    (found,) = re.findall(rf"^```{language}\n({re.escape(begins)}.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_sheet_of_the_page_on_scope_is_taken(sow: Any) -> None:
    sow.write(_block((DOCS / "scope.md").read_text(encoding="utf-8"), "csv", "Item;Title"))
    records = sow.pull()
    assert [r.id for r in records if r.payload["sort"] == "baseline"] == ["NIM-01.csv/1", "NIM-01.csv/2"]
    assert [r.payload["budget"] for r in records if r.payload["sort"] == "item"] == ["12000.5", "8000"] * 2


def test_the_document_of_the_page_on_files_is_taken(sow: Any) -> None:
    sow.write(_block(PAGE, "toml", "[[baseline]]"), "NIM-01.toml")
    (item,) = [r for r in sow.pull("NIM-01.toml") if r.payload["sort"] == "item"]
    assert (item.payload["due"], item.payload["budget"]) == ("2026-07-31", "12000.50")


def test_the_page_names_every_column() -> None:
    table = PAGE.partition("| column |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+)`", table)) - {"columns"} == {column.value for column in Column}
