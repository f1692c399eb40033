"""What may be shown where: no fact reaches a sink that is seen more widely than the record it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from mapping.model import Access

_WIDTH = {Access.PUBLIC: 2, Access.INTERNAL: 1, Access.RESTRICTED: 0}

HIDDEN_TITLE = "(restricted)"
"""Stands for the title of a record that may not be named."""


class Fact(Protocol):
    """Anything that knows how widely it may be seen."""

    @property
    def access(self) -> Access:
        """How widely it may be seen."""
        ...


def may_show(access_of_fact: Access, access_of_sink: Access) -> bool:
    """Whether a fact may be written to a sink: only where the sink is seen by no more people than the fact."""
    return _WIDTH[access_of_sink] <= _WIDTH[access_of_fact]


def narrowest(levels: Iterable[Access]) -> Access:
    """The narrowest of some levels; PUBLIC when there are none."""
    return min(levels, key=_WIDTH.__getitem__, default=Access.PUBLIC)


def showable(title: str, fact: Fact, access_of_sink: Access) -> str:
    """``title`` where it may be shown, else ``HIDDEN_TITLE``: a key may be named anywhere, its words may not."""
    return title if may_show(fact.access, access_of_sink) else HIDDEN_TITLE
