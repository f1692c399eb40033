"""Which of the records that were read a reference means, and which records are linked over tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mapping.links import fold, meant, names_of
from mapping.model import Milestone, Reference, ReferenceKind, WorkItem
from sync.reconcile.view import EngagementView

_Found = TypeVar("_Found", WorkItem, Milestone)


class Lookup:
    """Finds the work items and milestones that references mean; made once for a view."""

    def __init__(self, view: EngagementView) -> None:
        self._order = {(place.connection, place.place): number for number, place in reversed([*enumerate(view.places)])}
        self._connections = {place.connection for place in view.places}
        self._work = _by_name(view.work)
        self._milestones = _by_name(view.milestones)

    def work(self, reference: Reference) -> WorkItem | None:
        """The one work item that is meant, if it was read.

        By the host that the reference was written with; then by the order of the engagement's places.
        """
        return self._pick(reference, self._work)

    def milestone(self, reference: Reference) -> Milestone | None:
        """The one milestone that is meant, if it was read; chosen as work items are."""
        return self._pick(reference, self._milestones)

    def all_work(self, reference: Reference, connection: str) -> tuple[WorkItem, ...]:
        """Every work item that is meant.

        A bare key means what is called so on the connection of the record in which it stands; if nothing is, all that
        is called so elsewhere.
        """
        found = tuple(meant(reference, self._work.get(fold(reference.value), ())))
        here = tuple(item for item in found if item.connection == connection)
        return here if here and reference.host is None else found

    def _pick(self, reference: Reference, index: Mapping[str, Sequence[_Found]]) -> _Found | None:
        last = len(self._order)
        ranked = [
            (self._order.get((one.connection, one.place), last), one.connection not in self._connections, one.ref, one)
            for one in meant(reference, index.get(fold(reference.value), ()))
        ]
        return min(ranked, key=lambda entry: entry[:3])[3] if ranked else None


def _by_name(entities: Iterable[_Found]) -> dict[str, list[_Found]]:
    found: dict[str, list[_Found]] = {}
    for one in entities:
        for name in names_of(one):
            found.setdefault(name, []).append(one)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two work items on different connections, one of which refers to the other.

    Attributes:
        one: The one.
        other: The other.
        source: That of the two in which the reference stands.
        reference: The reference.
    """

    one: WorkItem
    other: WorkItem
    source: WorkItem
    reference: Reference


def links_over_tools(view: EngagementView) -> dict[str, tuple[Link, ...]]:
    """Reference of a work item -> its links, in a stable order; those of one tie each from its own side."""
    lookup = Lookup(view)
    found: dict[str, list[Link]] = {}
    for source in sorted(view.work, key=lambda item: item.ref):
        for target, reference in _targets(lookup, source):
            for one, other in ((source, target), (target, source)):
                link = Link(one=one, other=other, source=source, reference=reference)
                found.setdefault(one.ref, []).append(link)
    return {ref: tuple(links) for ref, links in found.items()}


def _targets(lookup: Lookup, source: WorkItem) -> Iterator[tuple[WorkItem, Reference]]:
    for reference in source.references:
        if reference.kind is ReferenceKind.WORK:
            for target in lookup.all_work(reference, source.connection):
                if target.connection != source.connection:
                    yield target, reference
