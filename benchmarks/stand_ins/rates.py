"""What a file of this folder says of its service: how it starts, what it holds, what is read and how fast at least."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests


def no_words(_folder: Path) -> Sequence[str]:
    return ()


def no_login(_session: requests.Session, _url: str, _folder: Path) -> None:
    """Nothing to do: whatever is measured is public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rate.

    Attributes:
        name: what is read and how, as the README tells it ("bug tasks, searched in pages of 300").
        count: how many of them `read` must find.
        at_least: how many a second of the wall clock are demanded.
        read: makes the requests through a session that is logged in, one after the other; gives how many it found.
    """

    name: str
    count: int
    at_least: int
    read: Callable[[requests.Session, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One service.

    Attributes:
        name: as in the figures.
        module: what `python -m` starts; takes `--port` and `--state`, and prints `ready NAME URL`.
        document: makes the state it is to hold.
        rates: what is measured.
        words: further words of its command line; gets a folder for files of its own.
        login: makes the session trusted and logged in; called after the state was loaded, and before each round.
    """

    name: str
    module: str
    document: Callable[[], Mapping[str, Any]]
    rates: Sequence[Rate]
    words: Callable[[Path], Sequence[str]] = no_words
    login: Callable[[requests.Session, str, Path], None] = no_login
