"""Rebuilds what syncline knew at an earlier instant, or what was true in the tools then, from the stored versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from connectors.core.port import Catalog, StreamSpec
from mapping.model import Entity
from sync.engine.intake import mapping_hash
from sync.engine.live import Mapper
from sync.store.codec import decode, encode
from sync.store.heads import HeadState, load_versions
from sync.store.history_tables import CatalogVersionRow
from sync.store.made_with import made_with_at
from sync.store.partitions import known_catalog
from sync.store.past import Past, catalog_versions, first_known, history_since
from sync.store.records import record_of
from sync.store.tables import RecordRow


class PastError(Exception):
    """That instant cannot be shown; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant to look at.

    Attributes:
        instant: The instant (aware UTC).
        by_tool: What was true in the tools then, by what is known now; else what syncline knew then.
    """

    instant: datetime
    by_tool: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How the records of a connection are mapped: by its mapping of today."""

    mapper: Mapper
    streams: Sequence[StreamSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """What of an earlier state is not known, or not as it was.

    Attributes:
        exact_since: From when on what went and how far was read is kept to the run, where that is later; else None.
        changed: What results were made with, for a person, that is another today.
        unknown: ``connection:stream`` -> how many records have no known state at that instant. They are left out.
        undated: How many records went, or came back, later than the state shown, nobody knows when: shown as before.
    """

    exact_since: datetime | None = None
    changed: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    undated: int = 0


def rewind(session: Session, moment: Moment, connections: Mapping[str, Mapped], now: datetime) -> Unsure:
    """Lay the state of ``moment`` over the store for the rest of this transaction: every query answers from it.

    Only what was otherwise then is mapped again. Makes no request and keeps no writer waiting. In memory: some hundreds
    of records at a time; on disk: the records that were otherwise, until the transaction ends.

    Args:
        session: The transaction; it must not be committed.
        moment: What to look at.
        connections: The configured connections. Records of others that were otherwise then are left out.
        now: The present.

    Returns:
        What is unsure of it; for what of the configuration was another then, ask ``made_otherwise``.

    Raises:
        PastError: It lies in the future, or before anything was known.
    """
    _refuse(session, moment, now)
    since = history_since(session)
    past = Past(session, moment.instant)
    catalogs = _Catalogs(session, moment, connections)
    then = {name: catalogs.at(name, moment.instant) for name in connections}
    mappings = {name: mapping_hash(one.mapper, one.streams, then[name]) for name, one in connections.items()}
    past.find_changed(mappings, by_tool=moment.by_tool)
    unknown, undated = _put_records(session, past, moment, connections, catalogs)
    past.put_reads(by_tool=moment.by_tool)
    if not moment.by_tool:
        past.put_results()
    past.put_catalogs({name: encode(catalog) for name, catalog in then.items()})
    past.cover(by_tool=moment.by_tool)
    return Unsure(
        exact_since=since if since is not None and since > moment.instant and not moment.by_tool else None,
        unknown=dict(sorted(unknown.items())) if moment.by_tool else {},
        undated=undated,
    )


def made_otherwise(session: Session, moment: Moment, today: Mapping[str, str]) -> tuple[str, ...]:
    """What results were made with at a moment that is another today, for a person, sorted.

    Args:
        session: Of the store, ``rewind`` or not.
        moment: The moment; by the tools' clock nothing was made then.
        today: What the same would be made with today (``sync.engine.reconcile.made_with``).
    """
    then = {} if moment.by_tool else made_with_at(session, moment.instant)
    return tuple(sorted(what for what, digest in then.items() if today.get(what, digest) != digest))


def _refuse(session: Session, moment: Moment, now: datetime) -> None:
    if moment.instant > now:
        raise PastError(
            f"{moment.instant:%Y-%m-%d %H:%M:%S} UTC lies in the future (it is {now:%Y-%m-%d %H:%M:%S} UTC); leave the "
            "option out to see what is known now, or give an earlier instant (a date means the end of that day)"
        )
    first = first_known(session)
    if not moment.by_tool and first is not None and moment.instant < first:
        raise PastError(
            f"nothing was known yet at {moment.instant:%Y-%m-%d %H:%M:%S} UTC: the first record was read at "
            f"{first:%Y-%m-%d %H:%M:%S} UTC; give that instant or a later one"
        )


class _Catalogs:
    """The catalogs of the connections as they were; by the tools' clock: as they are now."""

    def __init__(self, session: Session, moment: Moment, connections: Iterable[str]) -> None:
        self._session = session
        self._versions = {} if moment.by_tool else catalog_versions(session)
        self._now = {name: known_catalog(session, name) for name in connections}
        self._decoded: dict[int, Catalog] = {}

    def at(self, connection: str, instant: datetime) -> Catalog:
        """The catalog at ``instant``; where none was kept by then: the first one."""
        versions = self._versions.get(connection)
        if not versions:
            return self._now[connection]
        seq = max((v for v in versions if v[0] <= instant), key=lambda v: v[1], default=versions[0])[1]
        if seq not in self._decoded:
            self._decoded[seq] = decode(Catalog, self._session.get_one(CatalogVersionRow, seq).data)
        return self._decoded[seq]


def _put_records(
    session: Session,
    past: Past,
    moment: Moment,
    connections: Mapping[str, Mapped],
    catalogs: _Catalogs,
) -> tuple[Counter[str], int]:
    """Put all that was otherwise; how many records of each stream have no known state then, how many are undated."""
    unknown: Counter[str] = Counter()
    undated = 0
    for batch in past.changed():
        then: dict[str, Sequence[HeadState]] = {}
        for ref, states in batch.items():
            last = max((n for n, state in enumerate(states) if _instant(state, moment) <= moment.instant), default=-1)
            if last < 0:
                unknown[":".join(ref.split(":", 2)[:2])] += 1
                continue
            then[ref] = states[: last + 1]
            undated += any(_is_undated(state, moment) for state in states[last + 1 : last + 2])
        mapped = _map_all(session, then, moment, connections, catalogs)
        past.put({ref: states[-1] for ref, states in then.items()}, mapped)
    return unknown, undated


def _map_all(
    session: Session,
    then: Mapping[str, Sequence[HeadState]],
    moment: Moment,
    connections: Mapping[str, Mapped],
    catalogs: _Catalogs,
) -> dict[str, tuple[HeadState, tuple[Entity, ...]]]:
    """Map the records of which all states until the moment are given; what was gone then is missing."""
    mapped = {}
    versions = load_versions(session, (states[-1].record_seq for states in then.values() if not states[-1].gone))
    for ref, states in then.items():
        name = ref.split(":", 1)[0]
        if name in connections:
            found = _map(session, versions, states, moment, connections[name].mapper, catalogs)
            if found is not None:
                mapped[ref] = found
    return mapped


def _instant(state: HeadState, moment: Moment) -> datetime:
    """When a state began by the clock that is asked for; by ours where the tool does not say."""
    if moment.by_tool and state.updated is not None and not state.again:
        return state.updated
    return state.at


def _is_undated(state: HeadState, moment: Moment) -> bool:
    return state.again if moment.by_tool else not state.run


def _map(
    session: Session,
    versions: Mapping[int, RecordRow],
    states: Sequence[HeadState],
    moment: Moment,
    mapper: Mapper,
    catalogs: _Catalogs,
) -> tuple[HeadState, tuple[Entity, ...]] | None:
    """What a record was mapped to; where it could not be understood, what it was mapped to before.

    That was last done when the next version came.
    """
    until = moment.instant
    for state in reversed(states):
        if state.gone:
            return None
        row = versions.get(state.record_seq) or session.get_one(RecordRow, state.record_seq)
        record = replace(record_of(row, state.partition), key=state.key)
        try:
            return state, mapper.map(record, catalogs.at(record.connection, until))
        except Exception:  # noqa: BLE001 - the boundary of one record: it was held then, as any is that cannot be mapped
            until = state.at
    return None
