"""Prints: JSON for scripts, tables and progress for people."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from connectors.core.port import Clock
from sync.show.text import clean, cleaned

_LINE_EVERY_S = 5.0

_HANGING = " " * 4
_LONGEST_WORD = 30  # longer than any date, id or kind of finding; addresses and file names may be broken

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for scripts instead.")


def print_json(data: Mapping[str, Any]) -> None:
    """One JSON object on standard output; its ``version`` is raised when a key is renamed or changes its meaning."""
    click.echo(json.dumps({"version": 1, **data}, indent=2, ensure_ascii=False, default=str))


def console() -> Console:
    """Standard output; without colours when it is no terminal. Wide enough for a table when piped."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 140)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print a table, or where it is too wide for the terminal one block of lines a row; texts are made safe here."""
    out = console()
    cells = [[_safe(cell) for cell in row] for row in rows]
    if _least_width(columns, cells) > out.width:
        _print_blocks(out, title, columns, cells)
        return
    shown = Table(
        title=title, title_justify="left", header_style="bold", pad_edge=False, box=None, padding=(0, 2, 0, 0)
    )
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in cells:
        shown.add_row(*row)
    out.print(shown)


def _safe(text: str | Text) -> Text:
    return cleaned(text) if isinstance(text, Text) else Text(clean(text))


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """Cells in which no date, id or word of usual length must be broken, side by side."""
    least = [_longest_word(name) for name in columns]
    for row in rows:
        least = [max(width, _longest_word(cell.plain)) for width, cell in zip(least, row, strict=True)]
    return sum(min(width, _LONGEST_WORD) + 2 for width in least)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _print_blocks(out: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    if title:
        out.print(Text(title))
    for row in rows:
        for name, cell in zip(columns, row, strict=True):
            if cell.plain.strip():
                out.print(Text.assemble((f"{name}: " if name else "", "bold"), cell))
        out.print()


def say(text: str | Text = "") -> None:
    """One line for a person on standard output; the text is made safe here, styled or not."""
    console().print(_safe(text))


def say_hanging(text: str) -> None:
    """A point of a list on standard output, made safe as by ``say``; what does not fit its first line is set in.

    The blanks at its beginning say how far it is set in.
    """
    out = console()
    first, *rest = clean(text).splitlines() or [""]
    left = first[: len(first) - len(first.lstrip(" "))]
    inner = left + _HANGING
    for number, line in enumerate((first, *rest)):
        lines = textwrap.wrap(
            line.strip(),
            width=max(out.width, len(inner) + _LONGEST_WORD),
            initial_indent=inner if number else left,
            subsequent_indent=inner,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for part in lines:
            out.print(Text(part), soft_wrap=True)


def note(text: str) -> None:
    """One line on standard error."""
    click.echo(clean(text), err=True)


class Lines:
    """Progress as plain lines on standard error with an estimate of the end, at most one every some seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: dict[str, float] = {}
        self._done: dict[str, int] = {}
        self._total: dict[str, int | None] = {}
        self._told = float("-inf")

    def start(self, task: str, total: int | None) -> None:
        """Work named ``task`` begins; ``total`` units if that is known."""
        self._began[task], self._done[task], self._total[task] = self._clock.monotonic(), 0, total

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """``done`` more units are done."""
        self._done[task] = self._done.get(task, 0) + done
        self._total[task] = total if total is not None else self._total.get(task)
        now = self._clock.monotonic()
        if now - self._told >= _LINE_EVERY_S:
            self._told = now
            note(f"{task}: {self._so_far(task, now)}")

    def done(self, task: str) -> None:
        """The work is over."""
        note(f"{task}: {self._done.get(task, 0)} done")

    def _so_far(self, task: str, now: float) -> str:
        done, total = self._done[task], self._total.get(task)
        if not total or not done:
            return str(done)
        left = (now - self._began[task]) * max(0, total - done) / done
        return f"{done} of {total} ({100 * done // total} %), about {left:.0f} s left"


class Bars:
    """Progress with an estimate of the end on a terminal, a plain line at the end of each step otherwise."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, int] = {}

    @contextmanager
    def shown(self) -> Iterator[Bars]:
        """Show progress while inside."""
        if not self._terminal:
            yield self
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            self._progress = progress
            yield self
        self._progress = None

    def start(self, task: str, total: int | None) -> None:
        """Work named ``task`` begins; ``total`` units if that is known."""
        self._counts[task] = 0
        if self._progress is not None:
            self._tasks[task] = self._progress.add_task(clean(task), total=total)

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """``done`` more units are done."""
        self._counts[task] = self._counts.get(task, 0) + done
        if self._progress is not None and task in self._tasks:
            self._progress.update(self._tasks[task], advance=done)
            if total is not None:
                self._progress.update(self._tasks[task], total=total)

    def done(self, task: str) -> None:
        """The work is over."""
        if self._progress is not None and task in self._tasks:
            self._progress.remove_task(self._tasks.pop(task))
        elif not self._terminal:
            note(f"{task}: {self._counts.get(task, 0)}")
