"""Reads a list over several pages as a whole, so that nothing is passed over while it changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.core.errors import RetriableError
from connectors.core.port import Json
from connectors.github.client import Answer, GithubClient, items_of, next_page

_MOST_PASSES = 6

Items = Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A whole list.

    Attributes:
        items: Its items by id, as last shown.
        etags: ETag of each page by its address, in order; empty when they could not tell that nothing changed.
        ended: Whether the list was read to its end.
    """

    items: Mapping[int, Mapping[str, Json]]
    etags: Mapping[str, str]
    ended: bool


def walk(client: GithubClient, first: Answer, url: str, *, enough: Callable[[Items], bool] = lambda _: False) -> Walked:
    """The list that begins with ``first``, which was answered at ``url``; further pages as ``Link`` gives them.

    Pages are numbered, so that an item that goes from an early page pulls one from the next page back, which is then
    seen on neither. A list of several pages is therefore read until one pass finds every page as it was in the pass
    before (with their ETags, so that this is free of GitHub's primary limit).

    Args:
        client: The client.
        first: Its first page.
        url: Where that was answered.
        enough: Tells by a page's items whether those behind it are not wanted.

    Raises:
        RetriableError: It keeps changing while it is read.
    """
    walker = _Walker(client, enough)
    walker.take(url, first)
    walker.on(url, first)
    for _ in range(_MOST_PASSES):
        if len(walker.order) == 1 or not walker.again():
            return Walked(items=walker.items, etags=walker.etags(), ended=walker.ended)
    place = f"GET {url.partition('?')[0]}"
    message = f"{client.connection}: {place}: the list keeps changing while it is read"
    raise RetriableError(message, connection=client.connection, place=place)


def first_unless_unchanged(client: GithubClient, url: str, etags: Mapping[str, str]) -> tuple[Answer | None, datetime]:
    """The list's first page, or None when every page is as its ETag says; and the server instant of the first request.

    Args:
        client: The client.
        url: Address of the first page.
        etags: ETag of each page by its address when it was last read, in order; empty: not known.
    """
    if url not in etags:
        return client.get(url), client.asked_at()
    as_of: datetime | None = None
    for address, etag in etags.items():
        answer = client.get(address, etag=etag)
        as_of = as_of or client.asked_at()
        if not answer.unchanged:
            return (answer if address == url else client.get(url)), as_of
    return None, as_of or client.asked_at()


class _Walker:
    def __init__(self, client: GithubClient, enough: Callable[[Items], bool]) -> None:
        self._client = client
        self._enough = enough
        self._pages: dict[str, tuple[str, Answer]] = {}
        self.order: list[str] = []
        self.items: dict[int, Mapping[str, Json]] = {}
        self.ended = True

    def take(self, url: str, answer: Answer) -> bool:
        """Keep one page; whether it differs from when it was last taken."""
        for item in items_of(self._client, answer, "GET list"):
            number = item.get("id")
            if not isinstance(number, int):
                raise self._client.nonsense("GET list", "an item without id")
            self.items[number] = item
        hashed = hashlib.sha256(json.dumps(answer.body, sort_keys=True).encode()).hexdigest()
        changed = url not in self._pages or self._pages[url][0] != hashed
        self._pages[url] = (hashed, answer)
        return changed

    def on(self, url: str, answer: Answer) -> bool:
        """Follow the links behind a page; whether any page differed."""
        self.order = [url]
        changed = False
        while (following := self._following(answer)) is not None:
            known = self._pages.get(following)
            answer = self._client.get(following, etag=known[1].etag if known else None)
            if answer.unchanged and known:
                answer = known[1]
            else:
                changed |= self.take(following, answer)
            self.order.append(following)
        return changed

    def again(self) -> bool:
        """One more pass; whether any page differed."""
        url = self.order[0]
        known = self._pages[url][1]
        answer = self._client.get(url, etag=known.etag)
        changed = not answer.unchanged and self.take(url, answer)
        return self.on(url, known if answer.unchanged else answer) or changed

    def etags(self) -> dict[str, str]:
        last = self._pages[self.order[-1]][1]
        if not self.ended or len(items_of(self._client, last, "GET list")) >= self._client.page:
            return {}  # a full last page may get a successor without changing itself
        etags = {url: self._pages[url][1].etag or "" for url in self.order}
        return etags if all(etags.values()) else {}

    def _following(self, answer: Answer) -> str | None:
        following = next_page(answer)
        self.ended = following is None or following in self.order
        if self.ended or self._enough(items_of(self._client, answer, "GET list")):
            return None
        return following
