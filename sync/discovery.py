"""Which engagements there are: those that the configuration names, and those that stored records tell of.

Pure: what is discovered depends on the conditions, on the records as last read, and on what was discovered before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter

from connectors.core.port import Catalog, Form, Record
from mapping.model import Engagement, Stage
from mapping.sift import Sift, UnclearPartError
from sync.reconcile.view import fold
from sync.selection import PlaceRef, ScopeRef, Selected

ENGAGEMENT_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""Must fit Key__c (40 characters) and a label (no space)."""

OF_THE_ENGAGEMENT = ("contract", "key", "name")
"""Parts of a template that every engagement has, from the model; empty where its record does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTemplate:
    """One place that each discovered engagement has.

    Attributes:
        connection: Name of its connection.
        place: Template of the place's key, with names of parts in braces.
        anchor: Template of the key of its anchor, or None.
        place_form: How places are spelt there; None: anyhow.
        anchor_form: How anchors are spelt there; None: anyhow.
    """

    connection: str
    place: str
    anchor: str | None = None
    place_form: Form | None = None
    anchor_form: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTemplate:
    """One source of scope that each discovered engagement has.

    Attributes:
        connection: Name of its connection.
        stream: Stream of its baselines; empty: any.
        place: Template of the place that is read for it, or None.
        place_form: How places are spelt there; None: anyhow.
    """

    connection: str
    stream: str = ""
    place: str | None = None
    place_form: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """One ``[discover.NAME]`` table.

    Attributes:
        name: Its name.
        connection: Connection whose records of engagements are looked at.
        sift: Which of them count, and the parts of the templates.
        places: The places of each engagement.
        scope: The sources of scope of each, those first that count first.
    """

    name: str
    connection: str
    sift: Sift
    places: tuple[PlaceTemplate, ...]
    scope: tuple[ScopeTemplate, ...] = ()

    @property
    def origin(self) -> str:
        """What an engagement that it discovers says it comes from."""
        return f"discover.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class HeldBack:
    """An engagement that is not taken up, or not changed, for what its record says.

    Attributes:
        key: Its key.
        reason: Why, for a person.
    """

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What one discovery finds.

    Attributes:
        engagements: Sorted by key, none twice.
        held: Those that are held back, sorted; one that was discovered before stays as it was.
    """

    engagements: tuple[Selected, ...] = ()
    held: tuple[HeldBack, ...] = ()


def discover(
    discovery: Discovery,
    candidates: Iterable[tuple[Engagement, Record]],
    catalog: Catalog,
    before: Mapping[str, Selected],
) -> Discovered:
    """The engagements of one discovery.

    The order of the candidates changes nothing. A closed engagement that was discovered before stays, though it may
    meet the conditions no longer: it comes to rest, and is not forgotten.

    Args:
        discovery: What is looked for.
        candidates: Every engagement of the connection with its record.
        catalog: What the tool can hold.
        before: What it discovered before, by folded key.
    """
    sifted = discovery.sift.bound(catalog)
    found: dict[str, Selected] = {}
    held: dict[str, HeldBack] = {}
    for engagement, record in sorted(candidates, key=lambda pair: (fold(pair[0].key), pair[1].ref)):
        folded = fold(engagement.key)
        try:
            parts = sifted(record)
            taken = None if parts is None else _selected(discovery, engagement, parts)
        except (UnclearPartError, _MisspeltError) as error:
            reason = f"{discovery.origin}: {error}; correct it in {record.url or record.ref}"
            held[folded] = HeldBack(key=engagement.key, reason=reason)
            taken = before.get(folded)
        if taken is None and engagement.stage is Stage.CLOSED:
            taken = before.get(folded)
        if taken is not None and folded in found:
            reason = f"{discovery.origin}: several records bear this key; the first of them stands"
            held[folded] = HeldBack(key=engagement.key, reason=reason)
        elif taken is not None:
            found[folded] = taken
    return Discovered(
        engagements=tuple(found[key] for key in sorted(found)), held=tuple(held[key] for key in sorted(held))
    )


def enlisted(named: Sequence[Selected], discovered: Iterable[Selected]) -> tuple[Selected, ...]:
    """All engagements: the named ones in their order, then the discovered ones as they come.

    Who was there first keeps the key and the record: a named engagement wins, and of several discoveries the first.
    """
    keys: set[str] = set()
    records: set[tuple[str, str]] = set()
    found = []
    for one in (*named, *discovered):
        record = (one.record_connection, fold(one.record_key))
        if one.origin and (fold(one.key) in keys or record in records):
            continue
        keys.add(fold(one.key))
        records.add(record)
        found.append(one)
    return tuple(found)


def template_parts(template: str) -> frozenset[str]:
    """The names in braces.

    Raises:
        ValueError: It is no template: a brace without its other, or more than a name between two.
    """
    names = set()
    for _, name, form, conversion in Formatter().parse(template):
        if name is None:
            continue
        if form or conversion or not re.fullmatch(r"\w+", name):
            raise ValueError("more than the name of a part in braces")
        names.add(name)
    return frozenset(names)


class _MisspeltError(Exception):
    """A template makes something that no place or anchor of its connection can be called."""


def _selected(discovery: Discovery, engagement: Engagement, parts: Mapping[str, str]) -> Selected:
    if not ENGAGEMENT_KEY.fullmatch(engagement.key):
        raise _MisspeltError(
            f"found the engagement key {engagement.key!r}, expected letters, digits, dots and hyphens, at most 40"
        )
    own = {"contract": engagement.contract or "", "key": engagement.key, "name": engagement.name}
    maker = _Maker(discovery=discovery, said={**own, **parts})
    places = {(place.connection, place.place): place for place in maker.places()}
    return Selected(
        key=engagement.key,
        record_connection=discovery.connection,
        record_key=engagement.key,
        places=tuple(places.values()),
        scope=tuple(maker.scope()),
        origin=discovery.origin,
        left_out=tuple(dict.fromkeys(maker.left_out)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes the places and sources of scope of one engagement, and notes those that it does not have."""

    discovery: Discovery
    said: Mapping[str, str]
    left_out: list[str] = field(default_factory=list)

    def places(self) -> Iterator[PlaceRef]:
        for template in self.discovery.places:
            on = template.connection
            place = self._made(template.place, template.place_form, f"no place on {on}")
            if place is None:
                continue
            anchor = None
            if template.anchor is not None:
                anchor = self._made(template.anchor, template.anchor_form, f"no anchor in {place} on {on}")
            lies = _place_of(anchor, template.anchor_form)
            if lies is not None and fold(lies) != fold(place):
                raise _MisspeltError(f"the anchor {anchor} lies in {lies}, and not in {place} as its place says")
            yield PlaceRef(connection=on, place=place, anchor=anchor)

    def scope(self) -> Iterator[ScopeRef]:
        for one in self.discovery.scope:
            place = None
            if one.place is not None:
                place = self._made(one.place, one.place_form, f"no scope on {one.connection}")
                if place is None:
                    continue
            yield ScopeRef(connection=one.connection, stream=one.stream, place=place)

    def _made(self, template: str, form: Form | None, without: str) -> str | None:
        """What a template makes; None, and noted, while a part of it is empty."""
        parts = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        lacking = [name for name in parts if not self.said[name]]
        if lacking:
            self.left_out.append(f"{without}: {self._fields(lacking)} is empty")
            return None
        made = template.format_map(self.said)
        if form is not None and not re.fullmatch(form.pattern, made):
            raise _MisspeltError(f"found {made!r} by {self._fields(parts) or template}, expected {form.example}")
        return made

    def _fields(self, parts: Sequence[str]) -> str:
        """The fields behind parts, as people call them."""
        sources = self.discovery.sift.parts
        return " and ".join(dict.fromkeys(sources[n].label if n in sources else f"the {n}" for n in parts))


def _place_of(anchor: str | None, form: Form | None) -> str | None:
    """The place that an anchor lies in, where its name tells."""
    found = re.fullmatch(form.pattern, anchor) if form is not None and anchor is not None else None
    return found.groupdict().get("place") if found else None
