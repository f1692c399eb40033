"""Whose scope a baseline or a scope item is, from which source, and which scope items there are at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from mapping.model import Access, Engagement, ScopeBaseline, ScopeItem
from sync.reconcile.view import ClaimIndex, ScopeSource
from sync.selection import ScopeRef, Selected
from sync.store.codec import decode
from sync.store.model import entities_in, fold
from sync.store.tables import EntityRow, LinkRow

_BASELINE, _ITEM = "scope_baseline", "scope_item"
_At = tuple[str, str, str]
"""Where something lies: connection, stream, place."""


class _Source(NamedTuple):
    """A source of scope in the order in which it counts."""

    rank: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The scope of one engagement.

    Attributes:
        baselines: All its baselines; what stands in a place without versions is one too.
        items: The scope items of these.
        sources: Where they come from, what counts first first.
    """

    baselines: tuple[ScopeBaseline, ...]
    items: tuple[ScopeItem, ...]
    sources: tuple[ScopeSource, ...]


class Owners:
    """Whose what has no engagement's record above it is: by the key that it names, else by its place.

    Args:
        engagements: The configured engagements.
        shared: (connection, place) -> keys of those that have it.
    """

    def __init__(self, engagements: Iterable[Selected], shared: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
        self._wanted = {fold(e.key): e.scope for e in engagements}
        self._alone = {at: fold(keys[0]) for at, keys in shared.items() if len(keys) == 1}

    def of(self, parent_key: str, connection: str, place: str) -> str | None:
        """Folded key of the engagement; None: nobody says, or several have the place."""
        return parent_key or self._alone.get((connection, place))

    def counts(self, engagement: str, at: _At) -> bool:
        """Whether what lies at (connection, stream, place) may be scope of the engagement of that folded key."""
        wanted = self._wanted.get(engagement, ())
        return not wanted or any(source.gives(*at) for source in wanted)


def scope_of(session: Session, selected: Selected, engagement: Engagement, owners: Owners) -> Scope:
    """The scope of a configured engagement, from the sources that the configuration names, or from all there are."""
    mine = _Mine(selected, engagement, owners)
    found: dict[_Source, dict[str, ScopeBaseline]] = {}
    named = EntityRow.ref.in_(engagement.baseline_refs)
    for row in mine.rows(session, _BASELINE, EntityRow.parent == engagement.ref, named):
        baseline = decode(ScopeBaseline, row.data)
        found.setdefault(_source(row, selected.scope), {})[row.ref] = baseline
    loose: list[ScopeItem] = []
    for row in mine.rows(session, _ITEM):
        standing = _standing(engagement, row)
        found.setdefault(_source(row, selected.scope), {})[standing.ref] = standing
        loose.append(replace(decode(ScopeItem, row.data), baseline_ref=standing.ref))
    baselines = {ref: baseline for source in sorted(found) for ref, baseline in found[source].items()}
    bound = entities_in(session, ScopeItem, EntityRow.parent, (r for r, b in baselines.items() if not b.standing))
    return Scope(
        baselines=tuple(baselines.values()),
        items=(*bound, *loose),
        sources=tuple(ScopeSource(name=s.name, baselines=frozenset(found[s])) for s in sorted(found)),
    )


def claim_index(session: Session, owners: Owners) -> ClaimIndex:
    """Which scope items exist, in baselines of whatever state, over all engagements."""
    own = select(EntityRow.ref, EntityRow.key).where(EntityRow.kind == "engagement")
    engagements = {ref: fold(key) for ref, key in session.execute(own)}
    links = select(LinkRow.value, LinkRow.source).where(LinkRow.kind == "baseline")
    named = {ref: engagements[source] for ref, source in session.execute(links) if source in engagements}
    baselines: dict[str, tuple[str, _At]] = {}
    for ref, _, parent, key, connection, place in session.execute(_owned(_BASELINE)):
        owner = engagements.get(parent) if parent else named.get(ref) or owners.of(key, connection, place)
        if owner is not None:
            baselines[ref] = (owner, _at(ref, place))
    items: dict[str, set[str]] = {}
    refs: dict[str, tuple[str, str]] = {}
    for ref, item, parent, key, connection, place in session.execute(_owned(_ITEM)):
        owner = None if parent else owners.of(key, connection, place)
        found = baselines.get(parent) if parent else owner and (owner, _at(ref, place))
        if found and owners.counts(*found):
            items.setdefault(found[0], set()).add(item)
            refs[ref] = (found[0], item)
    item_row, work_row = aliased(EntityRow), aliased(EntityRow)
    both = (
        select(item_row.ref)
        .join(work_row, (work_row.ref == item_row.ref) & (work_row.kind == "work_item"))
        .where(item_row.kind == _ITEM)
    )
    return ClaimIndex(
        items={key: frozenset(values) for key, values in items.items()},
        records={ref.split(":", 2)[2]: named for ref, named in refs.items()},
        work={ref: refs[ref] for ref in session.scalars(both) if ref in refs},
    )


@dataclass(frozen=True, slots=True)
class _Mine:
    """Finds the rows that belong to one engagement, of sources that may give it scope."""

    selected: Selected
    engagement: Engagement
    owners: Owners

    def rows(self, session: Session, kind: str, *bound: ColumnElement[bool]) -> Iterator[EntityRow]:
        """Rows that are ``bound`` to its record, and those with nothing above them that are its by key or place."""
        keys = {fold(self.engagement.key), fold(self.selected.key)}
        in_places = [
            and_(EntityRow.parent_key == "", EntityRow.connection == c, EntityRow.place == p)
            for c, p in self.selected.read_places()
        ]
        free = and_(EntityRow.parent == "", or_(EntityRow.parent_key.in_(keys), *in_places))
        query = select(EntityRow).where(EntityRow.kind == kind, or_(*bound, free)).order_by(EntityRow.ref)
        for row in session.scalars(query):
            owner = self.owners.of(row.parent_key, row.connection, row.place)
            mine = row.parent or owner in keys or row.ref in self.engagement.baseline_refs
            if mine and self.owners.counts(fold(self.selected.key), _at(row.ref, row.place)):
                yield row


def _owned(kind: str) -> Select[str, str, str, str, str, str]:
    return select(
        EntityRow.ref, EntityRow.key, EntityRow.parent, EntityRow.parent_key, EntityRow.connection, EntityRow.place
    ).where(EntityRow.kind == kind)


def _at(ref: str, place: str) -> _At:
    connection, stream, _ = ref.split(":", 2)
    return connection, stream, place


def _standing(engagement: Engagement, row: EntityRow) -> ScopeBaseline:
    """What stands in a stream, as the one baseline that it always is; several places of the engagement make one."""
    connection, stream, _ = row.ref.split(":", 2)
    return ScopeBaseline(
        ref=f"{connection}:{stream}:{engagement.key}",
        key=f"{connection} {stream}",
        url="",
        access=Access.INTERNAL,
        engagement_ref=engagement.ref,
        version=0,
        signed_on=None,
        standing=True,
    )


def _source(row: EntityRow, wanted: Sequence[ScopeRef]) -> _Source:
    """The first that the configuration names and that gives the row; without a word the stream that it lies in."""
    at = _at(row.ref, row.place)
    for rank, ref in enumerate(wanted):
        if ref.gives(*at):
            return _Source(rank=rank, name=" ".join(filter(None, (ref.connection, ref.place or ref.stream))))
    return _Source(rank=len(wanted), name=f"{at[0]} {at[1]}")
