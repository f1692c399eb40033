"""Tables are read at every width, and objects for scripts say which form they have."""

from __future__ import annotations

import json

import pytest
from rich.console import Console
from rich.text import Text

from sync.cli import output

COLUMNS = ("engagement", "needed by", "deliverable", "dates", "id")
ROW = ("NIM-01", "2027-03-05", "Quota in the new regions", "2027-02-15 due date of the tracking issue", "F-25hy8d94kx")


def _printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> str:
    monkeypatch.setattr(output, "console", lambda: Console(highlight=False, markup=False, width=width))
    output.table("", COLUMNS, [ROW])
    return capsys.readouterr().out


def test_a_table_that_fits_is_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_rest = _printed(monkeypatch, capsys, 120).splitlines()
    assert first.split() == ["engagement", "needed", "by", "deliverable", "dates", "id"]


@pytest.mark.parametrize("width", [40, 60])
def test_dates_and_ids_are_never_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    text = _printed(monkeypatch, capsys, width)
    assert "needed by: 2027-03-05" in text.splitlines()
    assert "id: F-25hy8d94kx" in text.splitlines()
    assert max(map(len, text.splitlines())) <= width


def test_a_block_shows_untrusted_text_safely(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(highlight=False, markup=False, width=20))
    output.table("", COLUMNS, [(*ROW[:2], "\x1b[31mred\u202e [bold]", *ROW[3:])])
    assert "deliverable: [31mred\n[bold]\n" in "\n".join(x.rstrip() for x in capsys.readouterr().out.splitlines())


EVIL = "\x1b]0;title\x07\x1b[31m\u202e"


@pytest.mark.parametrize("text", [EVIL, Text(EVIL), Text.assemble(("■ RED", "bold"), "  ", EVIL)])
def test_no_text_reaches_the_terminal_as_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str | Text
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(highlight=False, markup=False, width=120))
    output.say(text)
    output.table("", ("what",), [(text,)])
    shown = capsys.readouterr().out
    assert "title" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_every_object_names_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"run": "r1"})
    assert json.loads(capsys.readouterr().out) == {"version": 1, "run": "r1"}


def test_what_does_not_fit_the_line_of_a_point_is_set_in_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(highlight=False, markup=False, width=40))
    output.say_hanging(
        "  jira:issues:A: refused\nfield one: too long for the line that it stands on\r\nfield two\x1b[2J"
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "  jira:issues:A: refused",
        "      field one: too long for the line",
        "      that it stands on",
        "      field two[2J",
    ]


def test_a_long_address_of_a_point_is_kept_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(highlight=False, markup=False, width=40))
    address = "https://jira.example/" + "x" * 60
    output.say_hanging(f"  see {address}")
    assert capsys.readouterr().out.splitlines()[-1].strip() == address
