"""Which engagements a run is about: the named ones, and those that the records as last read tell of. No request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from connectors.core.port import Catalog, Record
from mapping.model import Engagement
from sync.discovery import Discovered, Discovery, discover, enlisted
from sync.engine.intake import looks_emptied
from sync.engine.live import RunContext
from sync.engine.pull import PullReport
from sync.engine.summary import Note
from sync.plan.types import Brake, BrakeKind
from sync.selection import Selected
from sync.store.database import Store
from sync.store.discovered import forget_other_discoveries, load_discovered, save_discovered
from sync.store.model import entities
from sync.store.partitions import doubt_catalog, known_catalog, partition_rows
from sync.store.records import Stamp, load_records
from sync.store.tables import EntityRow

_UNREAD = "the {1} of {0} were not yet read with all that it looks at; what it found before stays until they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The engagements there are, and what keeps more or others from being there.

    Attributes:
        engagements: The named ones, then the discovered ones.
        discovered: Name of a discovery -> what it discovers, named ones included.
        held: Engagements that are held back for what their records say.
        failed: Discoveries that cannot be made, and so stay as they were.
        brakes: Discoveries that suddenly find far fewer.
        lacking: Connections whose tools lack a field that a discovery looks at.
    """

    engagements: tuple[Selected, ...] = ()
    discovered: Mapping[str, tuple[Selected, ...]]
    held: tuple[Note, ...] = ()
    failed: tuple[Note, ...] = ()
    brakes: tuple[Brake, ...] = ()
    lacking: frozenset[str] = frozenset()


def read_roster(
    session: Session,
    named: Sequence[Selected],
    discoveries: Sequence[Discovery],
    accept_emptied: Collection[str] = (),
) -> Roster:
    """The roster by what is stored now. Stores nothing.

    Args:
        session: To read with.
        named: The engagements that the configuration names.
        discoveries: What else there is.
        accept_emptied: Discoveries (``connection:stream:discover.NAME``) of which a person said that they really find
            so few.
    """
    before = load_discovered(session) if discoveries else {}
    parts = [_discovered(session, one, before.get(one.name, {}), accept_emptied) for one in discoveries]
    mine = {one.name: part.engagements for one, part in zip(discoveries, parts, strict=True)}
    return Roster(
        engagements=enlisted(named, [engagement for found in mine.values() for engagement in found]),
        discovered=mine,
        held=tuple(note for part in parts for note in part.held),
        failed=tuple(note for part in parts for note in part.failed),
        brakes=tuple(brake for part in parts for brake in part.brakes),
        lacking=frozenset().union(*(part.lacking for part in parts)),
    )


class Register:
    """The roster of one engine, looked at again whenever records were read.

    Args:
        store: What is remembered.
        named: The engagements that the configuration names.
        discoveries: What else there is.
        accept_emptied: See ``read_roster``.
    """

    def __init__(
        self, store: Store, named: Sequence[Selected], discoveries: Sequence[Discovery], accept_emptied: Collection[str]
    ) -> None:
        self._store = store
        self._named = tuple(named)
        self._discoveries = tuple(discoveries)
        self._accept_emptied = accept_emptied
        self.looked_at = frozenset(one.connection for one in discoveries)
        self.roster = Roster(engagements=self._named, discovered={})

    def look(self) -> Roster:
        """The roster by what is stored now.

        A catalog that lacks what a discovery looks at is asked for again when its connection is read next.
        """
        with self._store.unit_of_work() as session:
            self.roster = read_roster(session, self._named, self._discoveries, self._accept_emptied)
            for name in sorted(self.roster.lacking):
                doubt_catalog(session, name)
            session.commit()
        return self.roster

    def keep(self, pulled: PullReport, run: RunContext) -> PullReport:
        """Remember the roster, so that a later run can tell what is missing; the report with what it tells.

        A catalog that may lack what a discovery looks at, since its records could not be read, is asked for again at
        the next run. May be repeated.
        """
        roster, stamp = self.roster, Stamp(now=run.now, run=run.id)
        unread = {tuple(note.place.split(":")[:2]) for note in pulled.failed}
        doubted = {one.connection for one in self._discoveries if (one.connection, one.sift.stream) in unread}
        with self._store.unit_of_work() as session:
            for name, found in roster.discovered.items():
                save_discovered(session, name, found, stamp)
            forget_other_discoveries(session, roster.discovered, stamp)
            for name in sorted(doubted):
                doubt_catalog(session, name)
            session.commit()
        return replace(pulled, failed=(*pulled.failed, *roster.failed), brakes=(*pulled.brakes, *roster.brakes))


def candidates(session: Session, discovery: Discovery) -> Iterator[tuple[Engagement, Record]]:
    """Every stored engagement that a discovery looks at, with its record."""
    known = entities(session, Engagement, EntityRow.connection == discovery.connection)
    records = load_records(session, (one.ref for one in known))
    pairs = ((one, records[one.ref]) for one in known if one.ref in records)
    return (pair for pair in pairs if pair[1].stream == discovery.sift.stream)


def unknown_fields(discovery: Discovery, catalog: Catalog) -> str:
    """What a discovery looks at and the tool does not have, with what to do; empty: nothing."""
    unknown = discovery.sift.unknown(catalog)
    if not unknown:
        return ""
    names = ", ".join(map(repr, unknown))
    return (
        f"{discovery.connection} has no field {names} on its {discovery.sift.stream}, or this login may not read it;"
        f" correct [{discovery.origin}], or make the field and let the login read it"
    )


def _discovered(
    session: Session, discovery: Discovery, before: Mapping[str, Selected], accept_emptied: Collection[str]
) -> Roster:
    """What one discovery finds; what it found before stays while it cannot be made, or finds far fewer."""
    catalog = known_catalog(session, discovery.connection)
    stays = tuple(before[key] for key in sorted(before))
    lacks = unknown_fields(discovery, catalog)
    if lacks:
        note = Note(place=discovery.origin, message=lacks)
        return Roster(engagements=stays, discovered={}, failed=(note,), lacking=frozenset({discovery.connection}))
    if not _is_read(session, discovery, catalog):
        note = Note(place=discovery.origin, message=_UNREAD.format(discovery.connection, discovery.sift.stream))
        return Roster(engagements=stays, discovered={}, failed=(note,))
    found = discover(discovery, candidates(session, discovery), catalog, before)
    held = tuple(Note(place=f"engagement:{one.key}", message=one.reason) for one in found.held)
    place = f"{discovery.connection}:{discovery.sift.stream}:{discovery.origin}"
    brake = None if place in accept_emptied else _emptied(discovery, found, before, place)
    if brake is None:
        return Roster(engagements=found.engagements, discovered={}, held=held)
    return Roster(engagements=enlisted((), (*found.engagements, *stays)), discovered={}, held=held, brakes=(brake,))


def _is_read(session: Session, discovery: Discovery, catalog: Catalog) -> bool:
    """Whether its records were once completely read with all the fields that it looks at."""
    stream = discovery.sift.stream
    looked_at = {name for name in discovery.sift.fields() if catalog.find(stream, name)}
    rows = [row for (_, at), row in partition_rows(session, discovery.connection).items() if at.stream == stream]
    return bool(rows) and all(row.complete_at is not None and looked_at <= set(row.fields) for row in rows)


def _emptied(discovery: Discovery, found: Discovered, before: Mapping[str, Selected], place: str) -> Brake | None:
    """Of few engagements that all are gone is told too: no status may vanish because somebody lost a permission."""
    formerly = {one.key for one in before.values()}
    left = len(formerly & {one.key for one in found.engagements})
    if not formerly or (left and not looks_emptied(left, len(formerly))):
        return None
    return Brake(
        kind=BrakeKind.SOURCE_EMPTIED,
        connection=discovery.connection,
        message=f"{discovery.origin} found {len(formerly)} engagements, and finds {left} of them now; all of them stay",
        mend=f"look at [{discovery.origin}], and whether syncline's login still sees its fields and records; if there"
        f" really are no more: --accept-emptied {place}",
    )
