"""Which records refer to each other by the names that people use for them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.store.model import link_values, sources_linking
from sync.store.records import chunks
from sync.store.tables import EntityRow

WORK, MILESTONE, NAME, TIED = "work", "milestone", "name", "tied"
"""Kinds of link: to a work item or milestone by its name; an entity's own further names; a work item's milestones."""


def called(session: Session, kind: str, names: Iterable[str]) -> set[str]:
    """References of the entities of one kind that are called by one of these folded names, on whatever connection."""
    found: set[str] = set()
    wanted = set(names)
    for part in chunks(wanted):
        query = select(EntityRow.ref).where(EntityRow.kind == kind, EntityRow.key_folded.in_(part))
        found.update(session.scalars(query))
    return found | _of_kind(session, kind, sources_linking(session, NAME, wanted))


def linked_work(session: Session, refs: Iterable[str]) -> set[str]:
    """References of the work items that refer to one of these work items, or to which one of these refers.

    By names alone, so that some may be named that the host of an address rules out.
    """
    mine = set(refs)
    own = link_values(session, NAME, mine)
    for part in chunks(mine):
        own.update(session.scalars(select(EntityRow.key_folded).where(EntityRow.ref.in_(part))))
    referring = _of_kind(session, "work_item", sources_linking(session, WORK, own))
    return referring | called(session, "work_item", link_values(session, WORK, mine))


def _of_kind(session: Session, kind: str, refs: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(set(refs)):
        query = select(EntityRow.ref).where(EntityRow.kind == kind, EntityRow.ref.in_(part))
        found.update(session.scalars(query))
    return found
