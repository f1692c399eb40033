"""Cross-tool references in what people wrote: found by the spellings of every tool, with the very text as evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from mapping.model import Milestone, Reference, ReferenceKind, WorkItem
from mapping.prose import address, content, host_of, urls_in, without_urls
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a URL opens by one spelling.

    Attributes:
        spelling: The spelling.
        match: What its pattern found.
        value: What the record is called.
        host: The host that counts: of the tool's pages.
        url: The URL as written.
    """

    spelling: Spelling
    match: re.Match[str]
    value: str
    host: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """What people wrote in one field, read once for all who look for something in it.

    Attributes:
        text: The text.
        urls: The URLs in it, each once.
        opened: What they open, in their order, by every spelling.
    """

    text: str
    urls: tuple[str, ...]
    opened: tuple[Opened, ...]


class Finder:
    """Finds references of some kinds. Immutable after it is made."""

    def __init__(self, spellings: Iterable[Spelling], kinds: Collection[ReferenceKind] = tuple(ReferenceKind)) -> None:
        """Keep the spellings.

        Args:
            spellings: Of all tools.
            kinds: Kinds of reference looked for.
        """
        known = tuple(spellings)
        wanted = [s for s in known if s.to in kinds]
        self._kinds = frozenset(kinds)
        self._urls = tuple((s, p) for s in known for p in s.urls)
        self._texts = tuple((s, p) for s in wanted for p in s.texts)
        local = [(s, p) for s in wanted for p in s.local_texts]
        self._local = {s.owner: tuple((o, p) for o, p in local if o.owner == s.owner) for s, _ in local}

    def read(self, raw: Any) -> Prose:
        """What people wrote, ready to be looked into by this finder or another one of the same spellings.

        Args:
            raw: Whatever ``mapping.prose.content`` reads.
        """
        if raw.__class__ is str and "://" not in raw:
            return Prose(text=raw, urls=(), opened=())
        text, urls = content(raw)
        return Prose(text=text, urls=urls, opened=tuple(o for url in urls for o in self._opened(url, *address(url))))

    def in_text(self, prose: Prose, field: str, standing: Standing) -> tuple[Reference, ...]:
        """All references in free text, each once. Some bare words will mean no record (``UTF-8``).

        Args:
            prose: The text.
            field: What the field is called, for evidence.
            standing: Where the text stands.
        """
        found = list(self._of(prose.opened, field)) if prose.opened else []
        patterns = [(False, s, p) for s, p in self._texts if s.may_be_in(prose.text)]
        patterns += [(True, s, p) for s, p in self._own(standing) if s.may_be_in(prose.text)]
        if patterns:
            found.extend(self._bare(prose, patterns, field, standing))
        return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)

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
        yield from self._of(self._opened(url, *address(url)), field)

    def records(self, prose: Prose) -> Iterator[RecordLink]:
        """The records that the URLs in a text open."""
        for one in prose.opened:
            if one.spelling.to is ReferenceKind.RECORD:
                named = one.match.groupdict().get("object") or ""
                yield RecordLink(record_id=one.value, object=named, host=one.host, text=one.url)

    def names(self, url: str, owner: str) -> tuple[str, tuple[str, ...]]:
        """(host, names) under which the record with this URL is referred to, by the spellings of its own tool."""
        host, rest = address(url)
        names: list[str] = []
        for one in self._opened(url, host, rest):
            spelling = one.spelling
            if spelling.owner == owner:
                host = one.host
                further = (spelling.called(one.match, "", a) for a in spelling.also)
                names += [one.value, *(n for n in further if n is not None)]
        return host, tuple(dict.fromkeys(names))

    def _of(self, opened: Iterable[Opened], field: str) -> Iterator[Reference]:
        for one in opened:
            if one.spelling.to in self._kinds:
                yield Reference(kind=one.spelling.to, value=one.value, host=one.host, field=field, text=one.url)

    def _opened(self, url: str, host: str, rest: str) -> Iterator[Opened]:
        if not host:
            return
        whole, seen = host + rest, ""
        for spelling, pattern in self._urls:  # the patterns of one spelling stand together
            match = pattern.search(whole) if spelling.id != seen else None
            value = spelling.called(match) if match is not None else None
            if match is not None and value is not None:
                seen = spelling.id
                its_host = (match.groupdict().get("host") or host).lower()
                yield Opened(spelling=spelling, match=match, value=value, host=its_host, url=url)

    def _own(self, standing: Standing) -> tuple[tuple[Spelling, re.Pattern[str]], ...]:
        return self._local.get(standing.owner, ())

    def _bare(
        self, prose: Prose, patterns: Iterable[tuple[bool, Spelling, re.Pattern[str]]], field: str, standing: Standing
    ) -> Iterator[Reference]:
        """Words found by patterns: (whether it counts only within the same tool, its spelling, the pattern)."""
        text = without_urls(prose.text) if prose.urls else prose.text
        taken: list[tuple[int, int]] = []
        seen: set[tuple[re.Pattern[str], str]] = set()
        for local, spelling, pattern in patterns:
            for match in pattern.finditer(text) if spelling.may_be_in(text) else ():
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
