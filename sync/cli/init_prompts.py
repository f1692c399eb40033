"""Questions on a terminal: one line, one of some choices, several of them."""

from __future__ import annotations

import re
import sys
import termios
import time
from collections.abc import Iterator, Sequence

import click

from connectors.core.port import Choice
from sync.cli.output import say, say_hanging
from sync.show.text import one_line

_PASTE_S = 0.5  # longer than a terminal takes to hand over a pasted key
MOST_LISTED = 40
"""Choices that are listed at once; of more than these a part of the name is asked for."""


def prompt(question: str, default: str = "", *, may_be_empty: bool = False) -> str:
    """One line, or what stands in brackets.

    Raises:
        click.Abort: The person stopped it.
    """
    if default or may_be_empty:
        answer = click.prompt(f"  {question}", default=default, show_default=bool(default))
    else:
        answer = click.prompt(f"  {question}")
    return str(answer).strip()


def forget_input() -> None:
    """Throw away what was typed or pasted ahead of the next question."""
    time.sleep(_PASTE_S)
    termios.tcflush(sys.stdin, termios.TCIFLUSH)


def one_of(question: str, choices: Sequence[str], *, default: str) -> str | None:
    """One of the choices, by number or name; None: the default, where that is none of them."""
    while True:
        text = prompt(f"{question} (number or name)", default)
        if text == default and default not in choices:
            return None
        if text.isdecimal() and 1 <= int(text) <= len(choices):
            return choices[int(text) - 1]
        if text in choices:
            return text
        say(f"  expected a number up to {len(choices)}, or one of: {', '.join(choices)}")


def several(
    question: str, choices: Sequence[Choice], *, default: str, means: Sequence[str], free: bool = False
) -> list[str]:
    """Keys of some of the choices, by numbers, ranges or names with commas.

    Args:
        question: What is asked.
        choices: What there is; listed first.
        default: What stands in brackets.
        means: The keys that it means.
        free: Whether names that are not listed may be given too.
    """
    show_choices(choices)
    while True:
        text = prompt(f"{question} (numbers or names with commas; all; none)", default)
        if text == default:
            return list(means)
        if text in {"all", "none", "nothing"}:
            return [c.key for c in choices] if text == "all" else []
        words = [w.strip() for w in text.split(",") if w.strip()]
        found = {w: list(_chosen(w, choices)) or ([w] if free else []) for w in words}
        wrong = [w for w, keys in found.items() if not keys]
        if not wrong:
            return list(dict.fromkeys(key for keys in found.values() for key in keys))
        like = [c for c in choices if any(w.casefold() in f"{c.key} {c.title}".casefold() for w in wrong)]
        say(f"  not there: {', '.join(wrong)}" + ("; like it:" if like else ""))
        show_choices(like, of=choices)


def show_choices(choices: Sequence[Choice], of: Sequence[Choice] | None = None) -> None:
    """The choices with their numbers among those that they are ``of``, or among themselves."""
    number = {c.key: n for n, c in enumerate(of or choices, 1)}
    for choice in choices[:MOST_LISTED]:
        say_hanging(f"  {number[choice.key]:>3} {choice.key}  {one_line(choice.title, 80)}".rstrip())
    if len(choices) > MOST_LISTED:
        say(f"  … and {len(choices) - MOST_LISTED} more: type a part of a name to see those like it")


def _chosen(word: str, choices: Sequence[Choice]) -> Iterator[str]:
    span = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", word)
    if span is not None:
        first, last = int(span[1]), int(span[2] or span[1])
        if 1 <= first <= last <= len(choices):
            yield from (c.key for c in choices[first - 1 : last])
            return
    yield from (c.key for c in choices if c.key.casefold() == word.casefold())
