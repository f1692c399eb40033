"""Which scope items each piece of work claims, and to which engagements it belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mapping.model import Claim, WorkClass, WorkItem
from sync.reconcile.view import EngagementView, fold


class ItemRef(NamedTuple):
    """A scope item over all baselines: folded engagement key and folded item key."""

    engagement: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """What the rules ask about one work item.

    Attributes:
        item: The work item.
        own: The scope items that its own resolving claims name.
        held: These, or when there are none those of its nearest ancestor that has any.
        at_home_in: Folded keys of the engagements that it belongs to by its place and its ``Engagement`` field alone.
        belongs_to: Folded keys of all engagements that it belongs to: by its place and field, and by its claims.
        out_of_contract: It or an ancestor is marked so.
        is_scope: Its record is itself a scope item, which it then holds, and hands down; it is no work on it.
    """

    item: WorkItem
    own: frozenset[ItemRef]
    held: frozenset[ItemRef]
    at_home_in: frozenset[str]
    belongs_to: frozenset[str]
    out_of_contract: bool
    is_scope: bool = False


def work_facts(view: EngagementView) -> tuple[WorkFacts, ...]:
    """The facts of every work item of the view, sorted by reference."""
    reader = _Reader(view)
    return tuple(reader.facts(item) for item in sorted(view.work, key=lambda item: item.ref))


class _Reader:
    """Answers for the items of one view; remembers own claims, which every descendant asks for."""

    def __init__(self, view: EngagementView) -> None:
        self._by_ref = {item.ref: item for item in view.work}
        self._by_key = {(item.connection, fold(item.key)): item for item in sorted(view.work, key=lambda i: i.ref)}
        self._items = view.known.folded_items
        self._records = view.known.records
        self._scope = view.known.work
        self._places = _places(view)
        self._own: dict[str, frozenset[ItemRef]] = {}

    def facts(self, item: WorkItem) -> WorkFacts:
        chain = tuple(self._chain(item))
        own = self._own_claims(item)
        held = own or next((claims for above in chain[1:] if (claims := self._own_claims(above))), own)
        return WorkFacts(
            item=item,
            own=own,
            held=held,
            at_home_in=self._at_home_in(item),
            belongs_to=self._belongs_to(item, frozenset(ref.engagement for ref in held)),
            out_of_contract=any(one.out_of_contract for one in chain),
            is_scope=item.ref in self._scope,
        )

    def _chain(self, item: WorkItem) -> Iterator[WorkItem]:
        """The item, its parent, and so on; ends where a loop would begin. A change hands nothing down."""
        seen: set[str] = set()
        current: WorkItem | None = item
        while current is not None and current.ref not in seen:
            seen.add(current.ref)
            if current is item or current.work_class is not WorkClass.CHANGE:
                yield current
            current = self._parent(current)

    def _parent(self, item: WorkItem) -> WorkItem | None:
        if item.parent_ref is not None and item.parent_ref in self._by_ref:
            return self._by_ref[item.parent_ref]
        if item.parent_key is not None:
            return self._by_key.get((item.connection, fold(item.parent_key)))
        return None

    def _at_home_in(self, item: WorkItem) -> frozenset[str]:
        engagements = self._places.get((item.connection, item.place), ())
        return self._named(item, engagements) or frozenset(engagements[:1])

    def _belongs_to(self, item: WorkItem, claimed: frozenset[str]) -> frozenset[str]:
        engagements = self._places.get((item.connection, item.place), ())
        return self._named(item, engagements) | claimed or frozenset(engagements[:1])

    def _named(self, item: WorkItem, engagements: tuple[str, ...]) -> frozenset[str]:
        """Engagements of the place that the field of the item, else of its nearest ancestor, names.

        In a place of one: that one.
        """
        if len(engagements) <= 1:
            return frozenset(engagements)
        for one in self._chain(item):
            named = frozenset(map(fold, one.engagement_keys)) & frozenset(engagements)
            if named:
                return named
        return frozenset()

    def _own_claims(self, item: WorkItem) -> frozenset[ItemRef]:
        if item.ref not in self._own:
            itself = self._scope.get(item.ref)
            self._own[item.ref] = self._resolve(item) if itself is None else frozenset({ItemRef(*map(fold, itself))})
        return self._own[item.ref]

    def _resolve(self, item: WorkItem) -> frozenset[ItemRef]:
        qualified = {ref for claim in item.claims if (ref := self._qualified(claim)) is not None}
        resolving = {ref for ref in qualified if ref.item in self._items.get(ref.engagement, frozenset())}
        bare = {fold(claim.item_key) for claim in item.claims if self._is_bare(claim)}
        if bare:
            resolving |= {
                ItemRef(engagement, key)
                for engagement in self._home(item, frozenset(ref.engagement for ref in resolving))
                for key in bare & self._items.get(engagement, frozenset())
            }
        return frozenset(resolving)

    def _home(self, item: WorkItem, claimed: frozenset[str]) -> frozenset[str]:
        """Engagements that an unqualified claim of this item means."""
        engagements = self._places.get((item.connection, item.place), ())
        return self._named(item, engagements) or claimed & frozenset(engagements) or frozenset(engagements[:1])

    def _qualified(self, claim: Claim) -> ItemRef | None:
        if claim.record_id:
            named = self._records.get(claim.record_id)
            return None if named is None else ItemRef(*map(fold, named))
        if claim.engagement_key is not None and claim.item_key:
            return ItemRef(fold(claim.engagement_key), fold(claim.item_key))
        return None

    @staticmethod
    def _is_bare(claim: Claim) -> bool:
        return not claim.record_id and claim.engagement_key is None and bool(claim.item_key)


def _places(view: EngagementView) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Folded engagement keys of each place, sorted.

    The view's own places count though ``shared`` should not name them.
    """
    found = {place: {fold(key) for key in keys} for place, keys in view.shared.items()}
    for place in view.places:
        found.setdefault((place.connection, place.place), set()).add(fold(view.engagement.key))
    return {place: tuple(sorted(keys)) for place, keys in found.items()}
