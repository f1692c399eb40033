"""Reads the ``[discover.NAME]`` tables: what no table can say alone, checked and compiled."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Protocol

from connectors.core.port import ConnectorSpec, StreamSpec
from connectors.core.positions import KeyPath
from mapping.language import Checker
from mapping.rules import Rules
from mapping.sift import Sift, read_sift
from sync.config.scope import says_whose, source_problems
from sync.config.settings import DiscoverSettings, PlaceTemplateSettings, ScopeSettings
from sync.discovery import OF_THE_ENGAGEMENT, Discovery, PlaceTemplate, ScopeTemplate, template_parts

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")  # it is part of what --accept-emptied takes, and of an origin


class Known(Protocol):
    """What must be known of a connection."""

    @property
    def spec(self) -> ConnectorSpec:
        """The connector that serves it."""
        ...

    @property
    def streams(self) -> tuple[StreamSpec, ...]:
        """What is read of it."""
        ...

    @property
    def rules(self) -> Rules:
        """Its mapping."""
        ...


class Problems(Protocol):
    """Takes one problem: key, what was found, what was expected."""

    def __call__(self, key: KeyPath, found: str, expected: str) -> None:
        """Note it."""
        ...


def read_discoveries(
    tables: Mapping[str, DiscoverSettings], connections: Mapping[str, Known], names: Collection[str], add: Problems
) -> tuple[Discovery, ...]:
    """The discoveries of a configuration; what is wrong with them goes to ``add``.

    Args:
        tables: The tables by name.
        connections: Those connections that are right.
        names: Names of all connections, right or not.
        add: Takes the problems.
    """
    reader = _Reader(connections, names, add)
    found = [reader.read(name, table) for name, table in tables.items()]
    return tuple(one for one in found if one is not None)


class _Reader:
    def __init__(self, connections: Mapping[str, Known], names: Collection[str], add: Problems) -> None:
        self._connections = connections
        self._names = names
        self._add = add

    def read(self, name: str, table: DiscoverSettings) -> Discovery | None:
        key: KeyPath = ("discover", name)
        if not _NAME.fullmatch(name):
            self._add(key, repr(name), "a name of small letters, digits and hyphens, beginning with a letter")
        connection = self._connection((*key, "connection"), table.connection)
        sift = None if connection is None else self._sift(name, table, connection)
        known = {*OF_THE_ENGAGEMENT, *table.parts}
        given = [(place.connection, place.place) for place in table.places]
        for i, one in enumerate(given):
            if given.index(one) != i:
                self._add((*key, "places", i), f"{one[1]} on {one[0]} again", "each place once")
        places = [
            self._place((*key, "places", i), place, known, sure=sift is not None or connection is None)
            for i, place in enumerate(table.places)
        ]
        on = {place.connection for place in table.places}
        scope = [self._source((*key, "scope", i), one, known, on) for i, one in enumerate(table.scope)]
        if sift is None:
            return None
        return Discovery(
            name=name,
            connection=table.connection,
            sift=sift,
            places=tuple(place for place in places if place is not None),
            scope=tuple(source for source in scope if source is not None),
        )

    def _connection(self, key: KeyPath, name: str) -> Known | None:
        if name not in self._names:
            names = ", ".join(sorted(self._names)) or "none"
            self._add(key, repr(name), f"the name of a connection of this file: {names}")
        return self._connections.get(name)

    def _sift(self, name: str, table: DiscoverSettings, connection: Known) -> Sift | None:
        streams = _of_engagements(connection)
        if not streams:
            found = (
                f"{table.connection}, whose mapping makes engagements of no records, or only of those of single places"
            )
            makers = ", ".join(n for n, c in self._connections.items() if _of_engagements(c)) or "none is here"
            self._add(("discover", name, "connection"), found, f"a connection that has engagements: {makers}")
            return None
        check = Checker({})
        at = (("discover", name, "only"), ("discover", name, "parts"))
        sift = read_sift(check, streams[0], connection.rules, when=table.only, parts=table.parts, at=at)
        for problem in check.problems:
            self._add(problem.path, problem.found, problem.expected)
        for part in sorted(set(OF_THE_ENGAGEMENT) & set(table.parts)):
            self._add(("discover", name, "parts", part), repr(part), "another name: every engagement has this part")
        return sift

    def _makers(self) -> str:
        known = self._connections.items()
        return ", ".join(name for name, one in known if any(r.makes == "engagement" for r in one.rules.entities))

    def _place(
        self, key: KeyPath, place: PlaceTemplateSettings, known: Collection[str], *, sure: bool
    ) -> PlaceTemplate | None:
        spelt = [
            self._template((*key, word), text, known)
            for word, text in (("place", place.place), ("anchor", place.anchor))
            if text is not None
        ]
        connection = self._connection((*key, "connection"), place.connection)
        if connection is None or not all(spelt) or not sure:
            return None
        spec = connection.spec
        if not any(stream.per_place for stream in connection.streams):
            found = f"{place.connection}, a {spec.title} connection, which has no places"
            self._add((*key, "connection"), found, "a connection whose tool has places (projects, repositories)")
        self._fixed(key, place, spec)
        return PlaceTemplate(
            connection=place.connection,
            place=place.place,
            anchor=place.anchor,
            place_form=spec.place,
            anchor_form=spec.anchor,
        )

    def _fixed(self, key: KeyPath, place: PlaceTemplateSettings, spec: ConnectorSpec) -> None:
        """What templates without a part make, the same for each engagement, can be looked at now."""
        if not template_parts(place.place) and spec.place is not None:
            made = place.place.format()
            if not re.fullmatch(spec.place.pattern, made):
                self._add((*key, "place"), repr(made), spec.place.example)
        if place.anchor is not None and not template_parts(place.anchor):
            self._add((*key, "anchor"), f"{place.anchor!r} for each engagement", "one for each, such as {anchor}")

    def _source(
        self, key: KeyPath, source: ScopeSettings, known: Collection[str], on: Collection[str]
    ) -> ScopeTemplate | None:
        spelt = source.place is None or self._template((*key, "place"), source.place, known)
        connection = self._connection((*key, "connection"), source.connection)
        if connection is None or not spelt:
            return None
        connected = (connection.spec, connection.streams, connection.rules)
        has_places = source.connection in on
        for problem in source_problems(key, source, connected, has_places=has_places, is_template=True):
            self._add(*problem)
        if source.place is not None and not template_parts(source.place) and not says_whose(connection.rules):
            self._add((*key, "place"), f"{source.place!r} for each engagement", "one for each, such as {key}.csv")
        return ScopeTemplate(
            connection=source.connection,
            stream=source.stream or "",
            place=source.place,
            place_form=connection.spec.place,
        )

    def _template(self, key: KeyPath, text: str, known: Collection[str]) -> bool:
        try:
            parts = template_parts(text)
        except ValueError as error:
            self._add(key, f"{text!r}, {error}", "a text with names of parts in braces, such as {project}")
            return False
        unknown = sorted(parts - set(known))
        for part in unknown:
            self._add(key, f"{{{part}}}", f"one of {', '.join(sorted(known))}; or put it among the parts")
        return not unknown


def _of_engagements(connection: Known) -> list[str]:
    """Its streams that can tell of engagements; records of places are read only for engagements known before."""
    read = {stream.name for stream in connection.streams if not stream.per_place}
    return [r.stream for r in connection.rules.entities if r.makes == "engagement" and r.stream in read]
