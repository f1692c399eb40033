"""Cross-tool references in what people wrote: found by the spellings of every tool, with the very text as evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from mapping.model import Milestone, Reference, ReferenceKind, WorkItem
from mapping.prose import URL, address, content, host_of, urls_in
from mapping.spellings import Spelling

_Named = TypeVar("_Named", WorkItem, Milestone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a text stands, for what it says of its own surroundings.

    Attributes:
        owner: Kind of connector that its record came from.
        place: Place of its record.
        host: Host of its record's URL.
    """

    owner: str
    place: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """A URL that opens a record.

    Attributes:
        record_id: The record's id, in its long form.
        object: Name of the object that the URL names, or empty when it names none.
        host: Host (and port, unless it is the default one) of the URL.
        text: The URL as written.
    """

    record_id: str
    object: str
    host: str
    text: str


class Finder:
    """Finds references of some kinds. Immutable after it is made."""

    def __init__(self, spellings: Iterable[Spelling], kinds: Collection[ReferenceKind] = tuple(ReferenceKind)) -> None:
        """Keep the spellings.

        Args:
            spellings: Of all tools.
            kinds: Kinds of reference looked for.
        """
        wanted = [s for s in spellings if s.to in kinds]
        self._urls = tuple((s, p) for s in wanted for p in s.urls)
        self._texts = tuple((s, p) for s in wanted for p in s.texts)
        self._local = tuple((s, p) for s in wanted for p in s.local_texts)
        self._hints = tuple(dict.fromkeys(s.holds for s in wanted if s.texts or s.local_texts))

    def in_text(self, raw: Any, field: str, standing: Standing) -> tuple[Reference, ...]:
        """All references in free text, each once. Some bare words will mean no record (``UTF-8``).

        Args:
            raw: Whatever ``mapping.prose.content`` reads.
            field: What the field is called, for evidence.
            standing: Where the text stands.
        """
        text, urls = content(raw)
        found = [r for url in urls for r in self.of_url(url, field)]
        if any(hint in text for hint in self._hints):
            rest = URL.sub(" ", text) if urls else text
            found.extend(self._bare(rest, field, standing))
        return tuple(dict.fromkeys(found))

    def whole(self, raw: str, field: str, standing: Standing) -> Reference | None:
        """The one reference that a whole field holds: a URL, or words in any case. None: it is neither."""
        if "://" in raw:
            urls = tuple(urls_in(raw))
            return next(self.of_url(urls[0], field), None) if len(urls) == 1 else None
        said = raw.strip()
        for spelling, pattern in (*self._texts, *self._own(standing)):
            match = re.fullmatch(pattern.pattern, said, re.IGNORECASE)
            if match is not None:
                return _bare(spelling, match, field, standing, local=pattern in spelling.local_texts)
        return None

    def of_url(self, url: str, field: str) -> Iterator[Reference]:
        """What a URL opens; several when it has the form of several tools, of which its host then decides."""
        for spelling, _, value, host in self._opened(url):
            yield Reference(kind=spelling.to, value=value, host=host, field=field, text=url)

    def records(self, raw: Any) -> Iterator[RecordLink]:
        """The records that the URLs in a text open."""
        for url in content(raw)[1]:
            for spelling, match, value, host in self._opened(url):
                if spelling.to is ReferenceKind.RECORD:
                    named = match.groupdict().get("object") or ""
                    yield RecordLink(record_id=value, object=named, host=host, text=url)

    def names(self, url: str, owner: str) -> tuple[str, tuple[str, ...]]:
        """(host, names) under which the record with this URL is referred to, by the spellings of its own tool."""
        host, names = host_of(url), []
        for spelling, match, value, its_host in self._opened(url):
            if spelling.owner == owner:
                host = its_host
                names += [value, *(n for a in spelling.also if (n := spelling.called(match, "", a)) is not None)]
        return host, tuple(dict.fromkeys(names))

    def _opened(self, url: str) -> Iterator[tuple[Spelling, re.Match[str], str, str]]:
        host, rest = address(url)
        if not host:
            return
        seen: set[Spelling] = set()
        for spelling, pattern in self._urls:
            match = pattern.search(host + rest)
            value = spelling.called(match) if match is not None and spelling not in seen else None
            if match is not None and value is not None:
                seen.add(spelling)
                yield spelling, match, value, (match.groupdict().get("host") or host).lower()

    def _own(self, standing: Standing) -> Iterator[tuple[Spelling, re.Pattern[str]]]:
        return ((s, p) for s, p in self._local if s.owner == standing.owner)

    def _bare(self, text: str, field: str, standing: Standing) -> Iterator[Reference]:
        taken: list[tuple[int, int]] = []
        seen: set[tuple[re.Pattern[str], str]] = set()
        for local, patterns in ((False, self._texts), (True, tuple(self._own(standing)))):
            for spelling, pattern in patterns:
                for match in pattern.finditer(text) if spelling.holds in text else ():
                    if local and any(start < match.start() < end for start, end in taken):
                        continue  # the tail of another tool's spelling
                    taken += [] if local else [match.span()]
                    if (pattern, match.group()) in seen:
                        continue
                    seen.add((pattern, match.group()))
                    reference = _bare(spelling, match, field, standing, local=local)
                    if reference is not None:
                        yield reference


def _bare(spelling: Spelling, match: re.Match[str], field: str, standing: Standing, *, local: bool) -> Reference | None:
    value = spelling.called(match, standing.place)
    if value is None:
        return None
    host = standing.host if local else None
    return Reference(kind=spelling.to, value=value, host=host, field=field, text=match.group().strip())


def fold(name: str) -> str:
    """A name in the form in which names are compared: without regard to case or surrounding space."""
    return name.strip().casefold()


def names_of(entity: WorkItem | Milestone) -> frozenset[str]:
    """Folded names by which references mean this entity.

    A milestone's own key is no such name: other milestones are called so too.
    """
    own = entity.key if isinstance(entity, WorkItem) else entity.ref.split(":", 2)[2]
    return frozenset(map(fold, (own, *entity.names)))


def meant(reference: Reference, candidates: Iterable[_Named]) -> Iterator[_Named]:
    """Those of the candidates that are called as the reference says, and lie on its host if it states one."""
    for one in candidates:
        if fold(reference.value) in names_of(one) and _on(reference.host, one):
            yield one


def _on(host: str | None, one: WorkItem | Milestone) -> bool:
    return host is None or host.casefold() == (one.host or host_of(one.url))
