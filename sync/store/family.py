"""Kinship of entities: ancestors and descendants of work items, and the engagement that a scope record belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sync.store.model import fold, sources_linking
from sync.store.records import chunks
from sync.store.tables import EntityRow, HeadRow

_WORK = "work_item"
_SCOPE = frozenset({"scope_baseline", "scope_item"})
Shared = Mapping[tuple[str, str], tuple[str, ...]]
_Step = Callable[[Session, set[str]], set[str]]


def ancestors(session: Session, refs: Iterable[str]) -> set[str]:
    """Work items with all their ancestors."""
    return _walk(session, set(refs), _parents)


def descendants(session: Session, refs: Iterable[str]) -> set[str]:
    """Work items with all their descendants."""
    return _walk(session, set(refs), _children)


def engagement_keys(session: Session, refs: Iterable[str], shared: Shared) -> set[str]:
    """Folded keys of the engagements that engagements, baselines, scope items and deliverables belong to.

    ``shared``: (connection, place) -> keys of the engagements that have it: whose what lies there is, when it does not
    say so itself.
    """
    keys: set[str] = set()
    seen: set[str] = set()
    frontier = set(refs)
    while frontier:
        seen |= frontier
        parents: set[str] = set()
        unowned: set[str] = set()
        for part in chunks(frontier):
            query = select(
                EntityRow.ref,
                EntityRow.kind,
                EntityRow.key_folded,
                EntityRow.parent,
                EntityRow.parent_key,
                EntityRow.connection,
                EntityRow.place,
            ).where(EntityRow.ref.in_(part), EntityRow.kind != _WORK)
            for ref, kind, key, parent, parent_key, connection, place in session.execute(query):
                if kind == "engagement":
                    keys.add(key)
                elif parent:
                    parents.add(parent)
                elif kind in _SCOPE:
                    unowned.add(ref)
                    keys.update([parent_key] if parent_key else map(fold, shared.get((connection, place), ())))
        frontier = (parents | sources_linking(session, "baseline", unowned)) - seen
    return keys


def refs_of_ids(session: Session, kind: str, ids: Iterable[str]) -> set[str]:
    """References of the entities of one kind whose records have these ids, on whatever connection."""
    found: set[str] = set()
    for part in chunks(set(ids)):
        query = (
            select(EntityRow.ref)
            .join(HeadRow, HeadRow.ref == EntityRow.source)
            .where(EntityRow.kind == kind, HeadRow.id.in_(part))
        )
        found.update(session.scalars(query))
    return found


def _walk(session: Session, start: set[str], step: _Step) -> set[str]:
    seen, frontier = set(start), set(start)
    while frontier:
        frontier = step(session, frontier) - seen
        seen |= frontier
    return seen


def _parents(session: Session, refs: set[str]) -> set[str]:
    found: set[str] = set()
    by_key: dict[str, set[str]] = {}
    for part in chunks(refs):
        query = select(EntityRow.parent, EntityRow.connection, EntityRow.parent_key).where(
            EntityRow.kind == _WORK, EntityRow.ref.in_(part)
        )
        for parent, connection, key in session.execute(query):
            if parent:
                found.add(parent)
            elif key:
                by_key.setdefault(connection, set()).add(key)
    return found | _with_keys(session, by_key, EntityRow.key_folded)


def _children(session: Session, refs: set[str]) -> set[str]:
    found: set[str] = set()
    by_key: dict[str, set[str]] = {}
    for part in chunks(refs):
        children = select(EntityRow.ref).where(EntityRow.kind == _WORK, EntityRow.parent.in_(part))
        found.update(session.scalars(children))
        own = select(EntityRow.connection, EntityRow.key_folded).where(EntityRow.kind == _WORK, EntityRow.ref.in_(part))
        for connection, key in session.execute(own):
            by_key.setdefault(connection, set()).add(key)
    return found | _with_keys(session, by_key, EntityRow.parent_key)


def _with_keys(session: Session, by_connection: dict[str, set[str]], named: InstrumentedAttribute[str]) -> set[str]:
    """References of the work items whose column ``named`` holds one of the keys, each on its connection."""
    found: set[str] = set()
    for connection, keys in by_connection.items():
        for part in chunks(keys):
            query = select(EntityRow.ref).where(
                EntityRow.kind == _WORK, EntityRow.connection == connection, named.in_(part)
            )
            found.update(session.scalars(query))
    return found
