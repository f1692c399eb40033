"""Reconciles, from what is stored, the engagements that something has changed for; makes no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from connectors.core.port import StreamSpec
from sync.engine.live import Progress, RunContext
from sync.engine.summary import Note
from sync.reconcile.freshness import is_stale
from sync.reconcile.result import FindingKind
from sync.reconcile.risks import lifecycle
from sync.reconcile.rules import Result, reconcile
from sync.reconcile.scope import rival_sources
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import SourceState
from sync.selection import Selected
from sync.store.codec import encode
from sync.store.database import Store
from sync.store.made_with import note_made_with
from sync.store.model import clear_dirty, dirty, fold
from sync.store.records import Stamp
from sync.store.results import (
    bases_of_reconciliation,
    forget_engagement,
    forget_status,
    load_risks,
    save_findings,
    save_reconciled,
    save_risks,
    save_status,
    set_true_of,
)
from sync.store.touching import touched_engagements
from sync.store.types import digest
from sync.store.views import Surroundings, build_view, source_states, surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport:
    """What was reconciled.

    Attributes:
        reconciled: Keys of the engagements that were looked at again.
        failed: Engagements whose record is not there, or of which nothing says which source of scope counts.
    """

    reconciled: tuple[str, ...] = ()
    failed: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """The configured engagements, and what it takes to reconcile them.

    Attributes:
        engagements: All of them.
        streams: Connection -> the streams of its connector.
        mappings: Connection -> hash of the mapping that its model rows are made with.
        settings: Thresholds.
        whole: Whether these are all that there are. While a discovery cannot be made there may be more, and what was
            concluded of others stays.
    """

    engagements: Sequence[Selected]
    streams: Mapping[str, Sequence[StreamSpec]]
    mappings: Mapping[str, str]
    settings: ReconcileSettings
    whole: bool = True

    @property
    def mapping(self) -> str:
        """One hash for the mappings of all connections."""
        return digest(dict(self.mappings))

    @property
    def made_with(self) -> dict[str, str]:
        """See the function of this name. The catalogs, which the hashes end with, have a history of their own."""
        rules = {name: mapping.rpartition(":")[0] for name, mapping in self.mappings.items()}
        return made_with(self.engagements, rules, self.settings)


def made_with(engagements: Sequence[Selected], rules: Mapping[str, str], settings: ReconcileSettings) -> dict[str, str]:
    """What results are made with beside records and catalogs: what it is, for a person, and a digest of it.

    Args:
        engagements: All of the configuration.
        rules: Connection -> hash of its mapping alone.
        settings: Thresholds.
    """
    return {
        **{f"the mapping of {name}": one for name, one in rules.items()},
        "the thresholds": digest(_thresholds(settings)),
        "the engagements": digest(encode(tuple(engagements))),
    }


def reconcile_changed(store: Store, portfolio: Portfolio, run: RunContext, progress: Progress) -> ReconcileReport:
    """Reconcile every engagement that a changed record touches, or for which something else changed.

    Something else: the date, the mapping, the thresholds, the configuration, or which of its sources are stale. An
    engagement is stored in one transaction; what changed is forgotten only after all are done, so that a death repeats
    work and loses none.
    """
    with store.unit_of_work() as session:
        note_made_with(session, portfolio.made_with, at=run.now, run=run.id)
        session.commit()
        marks = dirty(session)
        around = surroundings(session, portfolio.engagements, portfolio.streams)
        touched = set(marks.get("engagement", ())) | touched_engagements(session, marks.get("ref", ()), around.shared)
        known = bases_of_reconciliation(session)
    reconciled: list[str] = []
    failed: list[Note] = []
    untouched: list[Selected] = []
    progress.start("reconcile", len(portfolio.engagements))
    try:
        for selected in portfolio.engagements:
            basis = _basis(portfolio, selected, around, run.now)
            if "all" in marks or fold(selected.key) in touched or known.get(selected.key) != basis:
                failed += _reconcile_one(store, portfolio, selected, around, run, basis)
                reconciled.append(selected.key)
            else:
                untouched.append(selected)
            progress.advance("reconcile", 1)
    finally:
        progress.done("reconcile")
    with store.unit_of_work() as session:
        gone = set(known) - {selected.key for selected in portfolio.engagements}
        for key in sorted(gone) if portfolio.whole else ():
            forget_engagement(session, key, Stamp(now=run.now, run=run.id))
        for selected in untouched:
            set_true_of(session, selected.key, _true_of(source_states(selected, around)))
        clear_dirty(session, marks)
        session.commit()
    return ReconcileReport(reconciled=tuple(reconciled), failed=tuple(failed))


def _basis(portfolio: Portfolio, selected: Selected, around: Surroundings, now: datetime) -> str:
    """What an engagement's result depends on beside the records; equal texts mean that it needs no new look."""
    states = source_states(selected, around)
    stale = [encode(s) for s in states if is_stale(s, now, portfolio.settings)]
    shared = {f"{c}:{p}": keys for (c, p), keys in around.shared.items() if selected.key in keys}
    whole = [
        now.date().isoformat(),
        portfolio.mapping,
        _thresholds(portfolio.settings),
        encode(selected),
        encode(shared),
        sorted((one.key, str(encode(one.scope))) for one in portfolio.engagements if one.scope),
        stale,
    ]
    return digest(whole)


def _thresholds(settings: ReconcileSettings) -> list[str]:
    return [str(getattr(settings, field.name)) for field in fields(settings)]


def _reconcile_one(
    store: Store, portfolio: Portfolio, selected: Selected, around: Surroundings, run: RunContext, basis: str
) -> tuple[Note, ...]:
    """What a person must look at. When its record is not there it has no status, since none could be true."""
    stamp = Stamp(now=run.now, run=run.id)
    with store.unit_of_work() as session:
        view = build_view(session, selected, around)
        if view is None:
            forget_status(session, selected.key, stamp, portfolio.mapping)
        else:
            result = reconcile(view, run.now, portfolio.settings)
            _save(session, result, stamp, portfolio.mapping)
            save_reconciled(session, selected.key, basis, run.now)
        session.commit()
    if view is None:
        return (_missing(selected),)
    rivals = rival_sources(view, run.now.astimezone(UTC).date())
    return (_undecided(selected, rivals),) if rivals else ()


def _save(session: Session, result: Result, stamp: Stamp, mapping: str) -> None:
    key = result.engagement
    if result.status is None:  # at rest, or its stage is not understood
        save_findings(session, key, result.findings, frozenset(FindingKind), stamp, mapping)
        forget_status(session, key, stamp, mapping)
        return
    save_findings(session, key, result.findings, result.concluded, stamp, mapping)
    previous = load_risks(session, key).get(key, ())
    states = lifecycle(previous, result.risks, stamp.now.date(), result.concluded)
    save_risks(session, key, states, stamp, mapping)
    save_status(session, result.status, stamp, mapping)


def _true_of(states: Sequence[SourceState]) -> datetime | None:
    """The instant that a status which rests on these sources is true of."""
    read = [s.read_at for s in states if s.read_at is not None]
    return min(read) if read and len(read) == len(states) else None


def _missing(selected: Selected) -> Note:
    return Note(
        place=f"engagement:{selected.key}",
        message=f"its record {selected.record_key} was not found on {selected.record_connection}",
    )


def _undecided(selected: Selected, rivals: Sequence[str]) -> Note:
    return Note(
        place=f"engagement:{selected.key}",
        message=f"{len(rivals)} sources give it scope ({', '.join(rivals)}), and nothing says which counts; name the"
        f" one that does at `scope` of [engagements.{selected.key}]",
    )
