"""Lays an earlier state over the store for one transaction, so that every query by name answers from it.

Temporary views take the names of the tables: they show the rows of the table, save those of the records that were
otherwise then, and the rows of then in their place. What is read is read as always; nothing is written to the store, no
writer has to wait, and all of it is gone when the transaction ends. On disk: the records that were otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    MetaData,
    Select,
    String,
    Table,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from mapping.model import Entity
from sync.reconcile.result import RiskLifecycle
from sync.store.heads import HeadState, head_states
from sync.store.history_tables import CatalogVersionRow, HeadChangeRow, ReadRow
from sync.store.model import entity_row, link_rows
from sync.store.tables import (
    Base,
    CatalogRow,
    DiscoveredRow,
    EntityRow,
    FindingRow,
    HeadRow,
    HistoryRow,
    LinkRow,
    PartitionRow,
    RecordRow,
    RiskRow,
    StatusRow,
)

_BATCH = 500
_BY_RECORD: Mapping[type[Base], str] = {HeadRow: "ref", EntityRow: "source", LinkRow: "source"}
_WHOLE: tuple[type[Base], ...] = (PartitionRow, CatalogRow, FindingRow, RiskRow, StatusRow)
_BY_OUR_CLOCK: tuple[type[Base], ...] = (DiscoveredRow,)
_UNTIL: Mapping[type[Base], str] = {RecordRow: "stored", HeadChangeRow: "at", HistoryRow: "at"}


class Past:
    """An earlier state over the store, in one transaction. Filled by the caller, then laid over it by ``cover``.

    Args:
        session: The transaction. It must not be committed.
        instant: The instant of that state.
    """

    def __init__(self, session: Session, instant: datetime) -> None:
        self._session = session
        self._instant = instant
        self._metadata = MetaData()
        self._rows = {cls: _copy(cls, self._metadata) for cls in (*_BY_RECORD, *_WHOLE, *_BY_OUR_CLOCK)}
        self._refs = Table("past_refs", self._metadata, Column("ref", String, primary_key=True), prefixes=["TEMPORARY"])
        self._metadata.create_all(session.connection(), checkfirst=False)

    def find_changed(self, mappings: Mapping[str, str], *, by_tool: bool) -> None:
        """Find the records that were, or may have been, otherwise.

        Args:
            mappings: Connection -> hash of the mapping that the rows of then are made with.
            by_tool: By the clock of the tools; else by ours.
        """
        changed = [_changed_by_tool(self._instant)] if by_tool else [_learned_after(self._instant)]
        moved = select(HeadChangeRow.ref)
        changed.append(moved if by_tool else moved.where(HeadChangeRow.at > self._instant))
        changed += [
            select(HeadRow.ref).where(HeadRow.connection == name, HeadRow.mapped != made, HeadRow.gone.is_(False))
            for name, made in mappings.items()
        ]
        self._session.execute(insert(self._refs).from_select(["ref"], union(*changed)))

    def changed(self) -> Iterator[dict[str, list[HeadState]]]:
        """The records found, some at a time: reference -> all that each ever was, the earliest first."""
        last = ""
        while True:
            query = select(self._refs.c.ref).where(self._refs.c.ref > last).order_by(self._refs.c.ref).limit(_BATCH)
            refs = self._session.scalars(query).all()
            if not refs:
                return
            last = refs[-1]
            yield head_states(self._session, refs)

    def put(self, heads: Mapping[str, HeadState], mapped: Mapping[str, tuple[HeadState, tuple[Entity, ...]]]) -> None:
        """Put records as they were then.

        Args:
            heads: Reference -> what it was.
            mapped: Reference -> its entities, with the state that they were mapped from (an earlier one where what it
                was could not be mapped).
        """
        self._add(HeadRow, [_head(ref, state) for ref, state in heads.items()])
        entities: list[dict[str, Any]] = []
        links: list[dict[str, Any]] = []
        for ref, (state, made) in mapped.items():
            place = (ref.split(":", 1)[0], state.partition)
            entities += [entity_row(ref, n, entity, place, "") for n, entity in enumerate(made)]
            links += link_rows(ref, made)
        self._add(EntityRow, entities)
        self._add(LinkRow, links)

    def put_results(self) -> None:
        """Put findings, risks, statuses and what was discovered as last kept by then; a status without ``true_of``."""
        latest = select(func.max(HistoryRow.seq)).where(HistoryRow.at <= self._instant)
        rows = self._session.scalars(
            select(HistoryRow).where(HistoryRow.seq.in_(latest.group_by(HistoryRow.kind, HistoryRow.subject))),
            execution_options={"yield_per": _BATCH},
        )
        for part in rows.partitions():
            findings = {row.subject: row for row in part if row.kind == "finding"}
            for finding in self._session.scalars(select(FindingRow).where(FindingRow.id.in_(findings))):
                self._add(FindingRow, [_result(finding, findings[finding.id])])
            risks = {row.subject: row for row in part if row.kind == "risk"}
            for risk in self._session.scalars(select(RiskRow).where(RiskRow.id.in_(risks))):
                self._add(RiskRow, [_result(risk, risks[risk.id])])
            found = {row.subject: row.data for row in part if row.kind == "discovered"}
            one_by_one = [(name, key, data) for name, several in found.items() for key, data in several.items()]
            self._add(DiscoveredRow, [{"discovery": n, "key": key, "data": data} for n, key, data in one_by_one])
            self._add(StatusRow, [_status(row) for row in part if row.kind == "status" and row.data is not None])

    def put_reads(self, *, by_tool: bool) -> None:
        """Put how far every partition was read by then; by the tools' clock: how far back it is known now."""
        told = {} if by_tool else reads_at(self._session, self._instant)
        found = []
        for row in self._session.scalars(select(PartitionRow)):
            if by_tool:
                known = row.complete_at is not None and row.complete_at >= self._instant
                complete_at, error = (self._instant, "") if known else (row.complete_at, row.error)
            elif (row.connection, row.stream, row.key) in told:
                complete_at, error = told[row.connection, row.stream, row.key]
            else:
                continue
            found.append({**_values(row), "complete_at": complete_at, "error": error})
        self._add(PartitionRow, found)

    def put_catalogs(self, catalogs: Mapping[str, Any]) -> None:
        """Put what each connection's tool could hold: connection -> catalog, encoded."""
        rows = self._session.scalars(select(CatalogRow).where(CatalogRow.connection.in_(catalogs)))
        self._add(CatalogRow, [{**_values(row), "data": catalogs[row.connection]} for row in rows])

    def cover(self, *, by_tool: bool) -> None:
        """Let every later query of this transaction answer from that state.

        By the tools' clock all versions, and what was ever discovered, stay in sight; else only what was kept by then.
        """
        connection = self._session.connection()
        for cls, key in _BY_RECORD.items():
            now, then = _real(self._session, cls), self._rows[cls]
            otherwise = exists().where(self._refs.c.ref == now.c[key])
            self._view(cls, union_all(select(now).where(~otherwise), select(then)))
        for cls in (*_WHOLE, *(() if by_tool else _BY_OUR_CLOCK)):
            self._view(cls, select(self._rows[cls]))
        if not by_tool:
            for seen, column in _UNTIL.items():
                now = _real(self._session, seen)
                until = literal(self._instant, now.c[column].type)
                self._view(seen, select(now).where(now.c[column] <= until))
        if connection.dialect.name == "postgresql":
            for name in self._metadata.tables:
                connection.execute(text(f"ANALYZE {name}"))
            connection.execute(text("DISCARD PLANS"))  # else a statement prepared before sees the tables themselves
        self._session.expunge_all()

    def _view(self, cls: type[Base], query: Any) -> None:
        connection = self._session.connection()
        told = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        name = connection.dialect.identifier_preparer.quote(cls.__tablename__)
        connection.exec_driver_sql(f"CREATE TEMPORARY VIEW {name} AS {told}")

    def _add(self, cls: type[Base], rows: Sequence[Any]) -> None:
        if rows:
            values = [row if isinstance(row, dict) else _values(row) for row in rows]
            self._session.execute(insert(self._rows[cls]), values)


def first_known(session: Session) -> datetime | None:
    """When the first record that is known was stored; None: none is."""
    return session.scalar(select(func.min(RecordRow.stored)))


def history_since(session: Session) -> datetime | None:
    """From when on what went and how far was read is kept to the run; None: nothing was read yet."""
    return session.scalar(select(func.min(ReadRow.at)))


def reads_at(session: Session, instant: datetime) -> dict[tuple[str, str, str], tuple[datetime | None, str]]:
    """(connection, stream, partition key) -> how far it was read at ``instant``, and why it could not be."""
    found: dict[tuple[str, str, str], tuple[datetime | None, str]] = {}
    latest = select(func.max(ReadRow.seq)).where(ReadRow.at <= instant).group_by(ReadRow.connection)
    for row in session.scalars(select(ReadRow).where(ReadRow.seq.in_(latest))):
        for stream, keys in row.data.items():
            for key, (complete_at, error) in keys.items():
                told = None if complete_at is None else datetime.fromisoformat(complete_at)
                found[row.connection, stream, key] = (told, error)
    return found


def catalog_versions(session: Session) -> dict[str, list[tuple[datetime, int]]]:
    """Connection -> since when each of its catalogs was the latest, and its ``seq``; the earliest first."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    columns = (CatalogVersionRow.connection, CatalogVersionRow.at, CatalogVersionRow.seq)
    for connection, at, seq in session.execute(select(*columns).order_by(CatalogVersionRow.seq)):
        found.setdefault(connection, []).append((at, seq))
    return found


def _learned_after(instant: datetime) -> Select[str]:
    ref = RecordRow.connection + ":" + RecordRow.stream + ":" + RecordRow.id
    return select(ref).where(RecordRow.stored > instant)


def _changed_by_tool(instant: datetime) -> Select[str]:
    return select(HeadRow.ref).where(or_(HeadRow.updated > instant, HeadRow.updated.is_(None)))


def _copy(cls: type[Base], metadata: MetaData) -> Table:
    """A temporary table with the columns of a table, and an index for each of its indexes."""
    real = Base.metadata.tables[cls.__tablename__]
    columns = [Column(c.name, c.type, primary_key=c.primary_key, nullable=True) for c in real.columns]
    made = Table(f"past_{real.name}", metadata, *columns, prefixes=["TEMPORARY"])
    for index in real.indexes:
        Index(f"past_{index.name}", *(made.c[c.name] for c in index.columns))
    return made


def _real(session: Session, cls: type[Base]) -> Table:
    """The table itself, by a name that no view takes."""
    connection = session.connection()
    schema = "main" if connection.dialect.name == "sqlite" else str(connection.scalar(select(func.current_schema())))
    return Base.metadata.tables[cls.__tablename__].to_metadata(MetaData(), schema=schema)


def _values(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _head(ref: str, state: HeadState) -> HeadRow:
    connection, stream, id_ = ref.split(":", 2)
    return HeadRow(
        ref=ref,
        connection=connection,
        stream=stream,
        id=id_,
        partition=state.partition,
        key=state.key,
        version=state.version,
        digest=state.digest,
        updated=state.updated,
        gone=state.gone,
        generation=0,
        mapped="",
        record_seq=state.record_seq,
    )


def _result(row: FindingRow | RiskRow, then: HistoryRow) -> dict[str, Any]:
    """A finding or risk as it was; the last that is known of a finding that was closed."""
    closed = then.data is None or then.data.get("lifecycle") == RiskLifecycle.CLOSED
    values = {**_values(row), "changed": then.at, "closed": then.at if closed else None, "mapping": then.mapping}
    if then.data is not None:
        values["data"] = then.data
    return values | ({"lifecycle": then.data["lifecycle"]} if isinstance(row, RiskRow) else {})


def _status(then: HistoryRow) -> dict[str, Any]:
    return {
        "engagement": then.engagement,
        "colour": then.data["colour"],
        "true_of": None,
        "data": then.data,
        "first_seen": then.at,
        "changed": then.at,
        "mapping": then.mapping,
    }
