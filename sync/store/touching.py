"""Which engagements a changed record touches: those whose view could hold it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.store.family import Shared as Shared, ancestors, descendants, engagement_keys, refs_of_ids
from sync.store.mentions import MILESTONE, NAME, TIED, WORK, linked_work
from sync.store.model import fold, link_values, sources_linking
from sync.store.records import chunks
from sync.store.tables import EntityRow

_SCOPE_KINDS = ("engagement", "scope_baseline", "scope_item", "deliverable")


def touched_engagements(session: Session, refs: Iterable[str], shared: Shared) -> set[str]:
    """Folded keys of the engagements that the records ``refs`` touch, by what is stored of them now.

    More may be named than are concerned; none that is concerned is left out.

    Args:
        session: To read with.
        refs: References of changed records.
        shared: (connection, place) -> keys of the configured engagements that have it.
    """
    kinds = _kinds(session, refs)
    found = _by_work(session, kinds.get("work_item", set()), shared)
    found |= _by_scope(session, set().union(*(kinds.get(kind, set()) for kind in _SCOPE_KINDS)), shared)
    milestones = kinds.get("milestone", set())
    found |= _by_place(session, milestones, shared)
    found |= _by_place(session, sources_linking(session, TIED, milestones), shared)
    names = link_values(session, NAME, milestones) | {fold(ref.split(":", 2)[2]) for ref in milestones}
    pointing = sources_linking(session, MILESTONE, names)
    for kind in ("account", "person"):
        pointing |= sources_linking(session, kind, kinds.get(kind, ()))
    return found | engagement_keys(session, pointing, shared)


def _kinds(session: Session, refs: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in chunks(set(refs)):
        for kind, ref in session.execute(select(EntityRow.kind, EntityRow.ref).where(EntityRow.source.in_(part))):
            found.setdefault(kind, set()).add(ref)
    return found


def _by_place(session: Session, refs: Iterable[str], shared: Shared) -> set[str]:
    found: set[str] = set()
    for part in chunks(refs):
        places = select(EntityRow.connection, EntityRow.place).where(EntityRow.ref.in_(part)).distinct()
        for connection, place in session.execute(places):
            found.update(fold(key) for key in shared.get((connection, place), ()))
    return found


def _by_work(session: Session, refs: set[str], shared: Shared) -> set[str]:
    """By its places, claims and marks, those of its ancestors and descendants (they inherit), and what it tracks."""
    if not refs:
        return set()
    partners = linked_work(session, refs)
    family = ancestors(session, refs | partners | linked_work(session, partners)) | descendants(session, refs)
    found = _by_place(session, family, shared) | link_values(session, "engagement", family)
    claimed = refs_of_ids(session, "scope_item", link_values(session, "scope_item", family))
    keys = link_values(session, NAME, refs)
    for part in chunks(refs):
        keys.update(session.scalars(select(EntityRow.key_folded).where(EntityRow.ref.in_(part))))
    return found | engagement_keys(session, claimed | sources_linking(session, WORK, keys), shared)


def _by_scope(session: Session, refs: set[str], shared: Shared) -> set[str]:
    """By what it belongs to, and by the work that claims it: there a claim begins or ceases to resolve."""
    own = engagement_keys(session, refs, shared)
    claiming = sources_linking(session, "engagement", own)
    claiming |= sources_linking(session, "scope_item", (ref.split(":", 2)[2] for ref in refs))
    return own | _by_place(session, descendants(session, claiming), shared)
