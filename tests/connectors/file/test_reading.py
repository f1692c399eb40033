"""What a file of a SoW becomes, and what is told when it is not right."""

from __future__ import annotations

import base64
import logging
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.core.port import Catalog
from connectors.file import SPEC
from connectors.file.settings import FileSettings
from connectors.file.sow import MOST_BYTES
from mapping.inbound import map_record
from mapping.model import Money, ScopeBaseline, ScopeItem, ScopeState
from mapping.rules import compile_rules

HEAD = "Item,Title,Version,Signed,Due,Budget,State,Phase\n"
ROWS = 'SI-01,Images,1,2026-01-05,2026-06-30,12000.50,Active,A\nSI-02,"Backup, daily",1,,,,Deferred,B\n'
TOML = """\
[[baseline]]
version = 1
signed = 2026-01-05

[[baseline.item]]
item = "SI-01"
title = "Images"
due = 2026-06-30
budget = 12000.50
phase = "A"

[[baseline]]
version = 2
signed = 2026-03-01
effective = 2026-04-01

[[baseline.item]]
item = "SI-01"
title = "Images and more"
"""


def model(records: Any) -> tuple[dict[int, ScopeBaseline], dict[str, ScopeItem]]:
    assert isinstance(records, list), records
    rules = compile_rules("file", SPEC.mapping())
    entities = [e for r in records for e in map_record(rules, r, Catalog(fields=()))]
    baselines = {e.version: e for e in entities if isinstance(e, ScopeBaseline)}
    return baselines, {e.ref.partition("/")[2]: e for e in entities if isinstance(e, ScopeItem)}


def test_a_sheet_becomes_a_baseline_with_its_items(sow: Any) -> None:
    sow.write(HEAD + ROWS)
    records = sow.pull()
    baselines, items = model(records)
    assert baselines[1].signed_on == date(2026, 1, 5)
    images, backup = items["1/si-01"], items["1/si-02"]
    assert images.baseline_ref == backup.baseline_ref == baselines[1].ref
    assert (images.key, images.title, images.due) == ("SI-01", "Images", date(2026, 6, 30))
    assert images.budget == Money(amount=Decimal("12000.5"), currency="EUR")
    assert (backup.title, backup.state, backup.budget) == ("Backup, daily", ScopeState.DEFERRED, None)
    assert [r.key for r in records if r.payload["sort"] == "item"] == ["NIM-01.csv:2", "NIM-01.csv:3"]
    (whole,) = [r for r in records if r.payload["sort"] == "file"]
    assert base64.b64decode(whole.payload["bytes"]) == (HEAD + ROWS).encode()


def test_a_document_tells_several_versions_with_their_lines(sow: Any) -> None:
    sow.write(TOML, "NIM-01.toml")
    records = sow.pull("NIM-01.toml")
    baselines, items = model(records)
    assert baselines[2].effective_on == date(2026, 4, 1)
    assert (items["1/si-01"].title, items["2/si-01"].title) == ("Images", "Images and more")
    assert items["1/si-01"].budget == Money(amount=Decimal("12000.5"), currency="EUR")
    assert [r.payload["line"] for r in records] == [1, 1, 5, 12, 17]
    assert next(r for r in records if r.payload["line"] == 5).payload["columns"]["phase"] == "A"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + (HEAD + ROWS).encode(),
        (HEAD + ROWS).replace("\n", "\r\n").encode(),
        HEAD.replace(",", ";").encode() + b'SI-01;Images;1;2026-01-05;2026-06-30;"12.000,50";active;A\n',
        HEAD.replace(",", "\t").encode() + b"SI-01\tImages\t1\t2026-01-05\t2026-06-30\t12,000.50\tACTIVE\tA\n",
    ],
    ids=["byte order mark", "carriage returns", "semicolons", "tabs"],
)
def test_sheets_as_programs_write_them_say_the_same(sow: Any, data: bytes) -> None:
    sow.write(data)
    image = model(sow.pull())[1]["1/si-01"]
    assert (image.title, image.state) == ("Images", ScopeState.ACTIVE)
    assert image.budget == Money(amount=Decimal("12000.5"), currency="EUR")


def test_columns_can_be_called_otherwise(sow: Any) -> None:
    sow.write("Pos.;Leistung;Stand;Unterschrift;Betrag\n1.1;Abbilder;1;2026-01-05;1.000,00\n")
    columns = {"item": "Pos.", "title": "Leistung", "version": "Stand", "signed": "Unterschrift", "budget": "Betrag"}
    item = model(sow.pull(columns=columns))[1]["1/1.1"]
    assert (item.title, item.budget) == ("Abbilder", Money(amount=Decimal(1000), currency="EUR"))


@pytest.mark.parametrize(
    ("budget", "decimal", "amount"),
    [
        ("12000", None, "12000"),
        ("12000,5", None, "12000.5"),
        ("0.125", None, "0.125"),
        ("1.234.567", None, "1234567"),
        ("1'234.50", None, "1234.5"),
        ("12.000", ",", "12000"),
        ("12.000", ".", "12"),
        ("-3,00", None, "-3"),
    ],
)
def test_an_amount_that_is_plain_is_read(sow: Any, budget: str, decimal: str | None, amount: str) -> None:
    sow.write(f'Item;Title;Version;Signed;Budget\nSI-1;X;1;;"{budget}"\n')
    found = model(sow.pull(decimal=decimal))[1]["1/si-1"].budget
    assert found == Money(amount=Decimal(amount), currency="EUR")


def broken(row: str) -> str:
    return HEAD + ROWS + row


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["line 1", "Item, Title, Version, Signed"]),
        ("Position,Name\nA,B\n", ["line 1", "Position, Name", "columns of the connection"]),
        (HEAD, ["line 1", "no scope item"]),
        (HEAD.replace("Phase", "Item"), ["line 1, column Item", "two columns"]),
        (
            broken("SI-03,X,1,,,12.000,Active,A\n"),
            ["line 4, column Budget", "'12.000'", "12000.00", "may be 12000 or 12", "decimal"],
        ),
        (broken("SI-03,X,1,,,1.2.3,Active,A\n"), ["line 4, column Budget", "12000.50"]),
        (broken("SI-03,X,1,,,about 5,Active,A\n"), ["line 4, column Budget", "'about 5'"]),
        (broken("SI-03,X,1,,30.06.2026,,Active,A\n"), ["line 4, column Due", "'30.06.2026'", "2026-01-31"]),
        (broken("SI-03,X,1,2026-01-06,,,Active,A\n"), ["line 4, column Signed", "2026-01-06", "line 2", "2026-01-05"]),
        (broken(f"SI-03,X,1,,,{'9' * 40},Active,A\n"), ["line 4, column Budget", "12000.50"]),  # never rounded
        (broken("SI-03,X,1,,2026-W05-1,,Active,A\n"), ["line 4, column Due", "2026-01-31"]),
        (broken("SI-03,X,one,,,,Active,A\n"), ["line 4, column Version", "'one'"]),
        (broken(",X,1,,,,Active,A\n"), ["line 4, column Item", "nothing", "a key"]),
        (broken("A/B,X,1,,,,Active,A\n"), ["line 4, column Item", "'A/B'", "slash"]),
        (broken("SI-03,,1,,,,Active,A\n"), ["line 4, column Title", "nothing"]),
        (broken("si-01,X,1,,,,Active,A\n"), ["line 4, column Item", "line 2", "once"]),
        (broken("SI-03,X,1\n"), ["line 4", "3 cells", "8"]),
        (broken('SI-03,"X\nno end,1,,,,Active,A\n'), ["line 4", "quotes closed"]),
        ((HEAD + ROWS).encode("utf-16"), ["UTF-16", "CSV UTF-8"]),
        ((HEAD + ROWS).encode() + b"SI-03,K\xfcche,1,,,,,\n", ["line 4", "0xfc", "UTF-8"]),
        ((HEAD + ROWS).encode() + b"\0", ["line 4", "NUL"]),
        (b"x" * (MOST_BYTES + 1), [str(MOST_BYTES + 1), "bytes"]),
    ],
)
def test_a_broken_sheet_is_told_with_its_line_and_brings_nothing(sow: Any, text: Any, said: list[str]) -> None:
    sow.write(HEAD + ROWS)
    assert isinstance(sow.pull(), list)
    before = dict(sow.cursors)
    sow.write(text)
    error = sow.pull()
    assert isinstance(error, str)
    assert error.startswith("sow: NIM-01.csv: ")
    assert "what was read of it before stays" in error
    for word in said:
        assert word in error
    assert sow.cursors == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("signed = 2026-01-05", 'signed = "soon"', ["line 3, key signed", "'soon'", "2026-01-31"]),
        ("signed = 2026-01-05", "signed = 2026-01-05T10:00:00Z", ["line 3, key signed", "without quotes"]),
        ("signed = 2026-01-05", "signed = [", ["line 5", "TOML 1.0"]),
        ("version = 2", "version = 1", ["line 12, key version", "version 1 again", "line 1"]),
        ("version = 2", "version = 2\nowner = 1", ["line 14, key owner", "not known"]),
        ("version = 2", "", ["line 12, key version", "nothing"]),
        ("budget = 12000.50", 'budget = "12000"', ["line 9, key budget", "'12000'", "without quotes"]),
        ("budget = 12000.50", "budget = nan", ["line 9, key budget", "amount"]),
        ("budget = 12000.50", f"budget = {'9' * 25}.5", ["line 9, key budget", "amount"]),
        ("budget = 12000.50", f"budget = {'9' * 5000}", ["line 9", "thousands of digits"]),
        ("budget = 12000.50", "budget = 5\ncurrency = 'Euro'", ["line 10, key currency", "EUR"]),
        ('title = "Images"\n', "", ["line 5, key title", "nothing"]),
        ('item = "SI-01"\ntitle = "Images"\n', "title = 1\n", ["line 6, key title", "in quotes"]),
        ("[[baseline.item]]", "[baseline.item]", ["line 5, key item", "[[baseline.item]]"]),
    ],
)
def test_a_broken_document_is_told_with_its_line(sow: Any, old: str, new: str, said: list[str]) -> None:
    assert old in TOML
    sow.write(TOML.replace(old, new, 1), "NIM-01.toml")
    error = sow.pull("NIM-01.toml")
    assert isinstance(error, str)
    for word in said:
        assert word in error


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"columns": {"item": "Pos", "title": "pos"}}, "item and title are both 'pos'"),
        ({"columns": {"item": "Title"}}, "item and title are both 'title'"),
        ({"columns": {"position": "Pos"}}, "'item'"),
        ({"currency": "Euro"}, "EUR"),
        ({"decimal": ";"}, "'.' or ','"),
        ({"web_url": "sow"}, "https://partner.example/sow"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        FileSettings.model_validate(table)


def test_a_budget_without_any_currency_is_no_budget(sow: Any) -> None:
    sow.write("Item,Title,Version,Signed,Budget\nSI-1,X,1,,5\n")
    error = sow.pull(currency=None)
    assert "line 2, column Currency: found nothing" in error
    assert "currency of the connection" in error


def test_what_is_no_file_is_told_and_not_waited_for(sow: Any) -> None:
    assert "no readable file" in sow.pull("missing.csv")
    os.mkfifo(sow.folder / "pipe.csv")
    assert "no plain file" in sow.pull("pipe.csv")


def test_an_unchanged_file_brings_nothing_and_other_settings_read_it_again(sow: Any) -> None:
    sow.write(HEAD + ROWS)
    assert len(sow.pull()) == 4
    assert sow.pull() == []
    assert len(sow.pull(currency="USD")) == 4


def test_a_new_version_leaves_the_old_one_and_an_edit_of_a_signed_one_is_told(sow: Any, caplog: Any) -> None:
    sow.write(HEAD + ROWS)
    sow.pull()
    sow.write(HEAD + "SI-01,Other images,2,2026-03-01,,,,\n")
    with caplog.at_level(logging.WARNING):
        assert not any(r.deleted for r in sow.pull())
        assert caplog.messages == []
        sow.write(HEAD + ROWS.splitlines()[0] + "\n")
        (gone,) = [r for r in sow.pull() if r.deleted]
    assert gone.id == "NIM-01.csv/1/si-02"
    assert caplog.messages == [
        "sow: NIM-01.csv: version 1 was signed, and was changed without a new version; it is read as it now stands"
    ]


def edits(records: Any) -> list[int]:
    return [r.payload["edits"] for r in records if r.payload.get("sort") == "baseline"]


def test_signing_a_draft_another_order_and_other_settings_are_no_edits(sow: Any, caplog: Any) -> None:
    draft = HEAD + "SI-01,Images,1,,,5,,\nSI-02,Backup,1,,,7,,\n"
    sow.write(draft)
    assert edits(sow.pull()) == [0]
    sow.write(draft.replace("Images,1,", "Other images,1,2026-01-05"))
    assert edits(sow.pull()) == [0]
    sow.write(
        "".join(sorted((sow.folder / "NIM-01.csv").read_text().splitlines(keepends=True)[1:], reverse=True)).join(
            [HEAD, ""]
        )
    )
    assert edits(sow.pull()) == [0]
    assert edits(sow.pull(currency="USD")) == [0]
    assert caplog.messages == []
    sow.write((sow.folder / "NIM-01.csv").read_text().replace("Backup", "Backups"))
    assert edits(sow.pull()) == [1]
    assert len(caplog.messages) == 1


def test_a_file_that_is_being_written_is_left_for_later(sow: Any, monkeypatch: Any) -> None:
    sow.write(HEAD + ROWS)
    path, opened = sow.folder / "NIM-01.csv", Path.open

    def growing(self: Path, *args: Any, **kwargs: Any) -> Any:
        with opened(path, "ab") as file:  # somebody else writes a row meanwhile
            file.write(b"SI-03,More,1,,,,,\n")
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", growing)
    assert "being written" in sow.pull()
    monkeypatch.undo()
    assert len(sow.pull()) == 5


def test_check_tells_the_versions_of_each_file(sow: Any) -> None:
    sow.write(HEAD + ROWS)
    sow.write("Item\n", "deep/broken.csv")
    _folder, good, bad = sow.connector().check(["NIM-01.csv", "deep/broken.csv"])
    assert (good.ok, good.found) == (True, "version 1, signed 2026-01-05, 2 items")
    assert bad.ok is False
    assert "line 1" in bad.found
    assert "docs/connectors/file.md" in bad.mend


def test_check_tells_of_a_folder_that_is_not_there_before_any_file_is_named(sow: Any) -> None:
    (there,) = sow.connector().check([])
    assert there.ok is True
    (lacking,) = sow.connector(folder=str(sow.folder / "SOW")).check([])
    assert lacking.ok is False
    assert f"no readable folder at {sow.folder / 'SOW'}" in lacking.found
    assert lacking.mend
