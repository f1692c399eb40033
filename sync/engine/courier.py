"""Carries the intents of one connection to its tool, so that a death at any instant loses nothing and repeats nothing.

Every intent is committed as SENDING before its request leaves, and what became of it is committed with the bases of
what was written. After a death, or when no answer came, only the tool can tell: it is asked before anything is sent
again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from connectors.core.errors import AmbiguousError, ConnectorError
from connectors.core.port import Catalog, Clock, Json, Outcome, Receipt, Record, Write, WriteKind, Writer
from sync.engine.compare import Shown, judge
from sync.engine.guard import guarded
from sync.engine.live import Mapper
from sync.plan.types import PlannedWrite
from sync.store import outbox
from sync.store.database import Store
from sync.store.outbox import State
from sync.store.tables import OutboxRow

_LOG = logging.getLogger(__name__)
_GONE = "the record is gone or hidden"
_STATES = {
    Outcome.DONE: State.DONE,
    Outcome.STALE: State.STALE,
    Outcome.REFUSED: State.REFUSED,
    Outcome.FAILED: State.FAILED,
    Outcome.AMBIGUOUS: State.AMBIGUOUS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One row of the outbox, in memory."""

    seq: int
    target: str
    planned: PlannedWrite

    @property
    def write(self) -> Write:
        """What the connector is given."""
        return self.planned.write


def intent_of(row: OutboxRow) -> Intent:
    """The intent of a row."""
    return Intent(seq=row.seq, target=row.target, planned=outbox.planned(row))


class Courier:
    """Delivers intents of one connection during one run.

    Args:
        store: The outbox's store.
        writer: The connection's writing half.
        mapper: Its mapping.
        catalog: What its tool can hold.
        clock: Time.
        settle_s: A request that was cut off may still take effect in the tool within this many seconds of its sending:
            a CREATE that is not found sooner is looked for again before it counts as never made.
        blocked: Targets (``OutboxRow.target``) of earlier intents of unknown effect: nothing is sent to them.

    Attributes:
        done: What was sent and had effect, in order.
        stopped: Why the connection cannot be written to any further in this run, or None.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        mapper: Mapper,
        catalog: Catalog,
        clock: Clock,
        *,
        settle_s: float,
        blocked: Collection[str] = (),
    ) -> None:
        self.done: list[Intent] = []
        self.stopped: ConnectorError | None = None
        self._store = store
        self._writer = writer
        self._mapper = mapper
        self._catalog = catalog
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._blocked = set(blocked)
        self._unanswered: set[str] = set()
        self._waiting: list[Intent] = []

    def recover(self, intents: Sequence[Intent]) -> None:
        """Find out what became of intents of unknown effect: DONE, or FAILED without effect, or still unknown.

        Records of those that stay unknown are not written to in this run.
        """
        self._resolve(intents, State.FAILED)

    def deliver(self, intents: Sequence[Intent]) -> None:
        """Send intents that are PLANNED, in order; each ends in a typed state.

        What proves to be without effect though no answer came is sent once more, and so is what waited behind it.
        """
        if self.stopped is not None:
            self._end_all(intents, State.DROPPED, f"the connection stopped before its turn: {self.stopped}")
            return
        unanswered = self._send_all(self._look(intents))
        again = self._resolve(unanswered, State.PLANNED)
        waiting, self._waiting = self._waiting, []
        self._resolve(self._send_all(sorted([*again, *waiting], key=lambda i: i.seq)), State.FAILED)
        for intent in self._waiting:
            self._end(intent, State.WAITING, "an earlier write of the same record did not end well")
        self._waiting = []

    def verify(self, read: Mapping[int, Record]) -> list[Intent]:
        """Those of ``done`` of which the tool does not show what was written.

        A record that was read since, and shows it, is proof enough; the tool is asked about all others.

        Args:
            read: Records that were read by their id after everything was sent, by the ``seq`` of the intent.

        Raises:
            ConnectorError: It cannot be told for now.
        """
        asked = [i for i in self.done if i.write.kind is not WriteKind.CREATE and not self._proven(i, read.get(i.seq))]
        shown = self._shown(asked)
        return [i for i in asked if judge(i.planned, shown.get(i.write.id), self._mapper) is not Shown.AS_WANTED]

    def _proven(self, intent: Intent, record: Record | None) -> bool:
        planned = intent.planned
        shown = None if record is None else self._mapper.shows(planned.rule, planned.write, record, self._catalog)
        return shown is not None and judge(planned, shown, self._mapper) is Shown.AS_WANTED

    # Before sending ---------------------------------------------------------------------------------------------

    def _look(self, intents: Sequence[Intent]) -> list[Intent]:
        """Those that may be sent: what is already so, has drifted or is gone is ended here."""
        fields = [i for i in intents if i.write.kind is not WriteKind.CREATE]
        try:
            shown = self._shown(fields)
        except ConnectorError as error:
            self._stop(error)
            self._end_all(intents, State.FAILED, f"it could not be looked at before writing: {error}")
            return []
        ready = []
        for intent in intents:
            if intent.write.kind is WriteKind.CREATE:
                ready += [intent] if self._is_new(intent) else []
                continue
            match judge(intent.planned, shown.get(intent.write.id), self._mapper):
                case Shown.AS_BEFORE:
                    ready.append(intent)
                case Shown.AS_WANTED:
                    self._end_found(intent, State.DONE, "it was already so")
                case Shown.GONE:
                    self._end(intent, State.STALE, _GONE)
                case Shown.DRIFTED:
                    self._end_found(intent, State.STALE, "it has changed in the tool since the plan was made")
        return ready

    def _is_new(self, intent: Intent) -> bool:
        """Whether a CREATE is certainly not made yet; one that was ever sent is looked for first."""
        with self._store.unit_of_work() as session:
            if not outbox.was_sent_before(session, intent.write, intent.seq):
                return True
        try:
            found = self._find(intent)
        except ConnectorError as error:
            self._end(intent, State.FAILED, f"whether it was made before cannot be told: {error}")
            return False
        if found is not None:
            self._end(intent, State.DONE, "it was made before", found)
        return found is None

    # Sending ----------------------------------------------------------------------------------------------------

    def _send_all(self, intents: Sequence[Intent]) -> list[Intent]:
        """Send in batches; return those whose effect is not known."""
        by_id = {i.write.id: i for i in intents}
        unanswered: list[Intent] = []
        for batch in self._writer.batches([i.write for i in intents]):
            free = []
            for intent in (by_id[write.id] for write in batch):
                if self.stopped is not None:
                    self._end(intent, State.DROPPED, f"the connection stopped before its turn: {self.stopped}")
                elif intent.target in self._blocked | self._unanswered:
                    self._waiting.append(intent)
                else:
                    free.append(intent)
            if free:
                unanswered += self._send(free)
        return unanswered

    def _send(self, batch: Sequence[Intent]) -> list[Intent]:
        """Make one request; return the intents whose effect is not known."""
        with self._store.unit_of_work() as session:
            outbox.mark_sending(session, [i.seq for i in batch], self._clock.now())
            session.commit()
        receipts = self._receipts(batch)
        with self._store.unit_of_work() as session:
            for intent, receipt in zip(batch, receipts, strict=True):
                state = _STATES[receipt.outcome]
                outbox.end(
                    session,
                    intent.seq,
                    state,
                    self._clock.now(),
                    record_id=receipt.record_id,
                    key=receipt.key,
                    message=receipt.message,
                )
            session.commit()
        for intent, receipt in zip(batch, receipts, strict=True):
            self._note(intent, receipt.outcome)
        return [i for i, r in zip(batch, receipts, strict=True) if r.outcome is Outcome.AMBIGUOUS]

    def _receipts(self, batch: Sequence[Intent]) -> tuple[Receipt, ...]:
        writes = [self._unguarded(i) for i in batch]
        try:
            receipts = {r.write_id: r for r in self._writer.send(writes)}
        except AmbiguousError as error:
            return tuple(_receipt(w, Outcome.AMBIGUOUS, str(error)) for w in writes)
        except ConnectorError as error:  # nothing was written, and nothing will be
            self._stop(error)
            return tuple(_receipt(w, Outcome.FAILED, str(error)) for w in writes)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the request may have had effect
            _LOG.exception("sending failed", extra={"writes": [w.id for w in writes]})
            return tuple(_receipt(w, Outcome.AMBIGUOUS, f"unexpected {type(error).__name__}") for w in writes)
        return tuple(receipts.get(w.id) or _receipt(w, Outcome.AMBIGUOUS, "no receipt came") for w in writes)

    def _unguarded(self, intent: Intent) -> Write:
        """Our own earlier write of this run has moved the record's version: the guard would see only ourselves."""
        own = any(done.target == intent.target for done in self.done)
        return replace(intent.write, version="") if own else intent.write

    def _note(self, intent: Intent, outcome: Outcome) -> None:
        where = {"write": intent.write.id, "connection": intent.write.connection, "target": intent.planned.target_key}
        if outcome is Outcome.DONE:
            self.done.append(intent)
            _LOG.info("written", extra={**where, "reason": intent.write.reason})
            return
        (self._unanswered if outcome is Outcome.AMBIGUOUS else self._blocked).add(intent.target)
        _LOG.warning("not written", extra={**where, "outcome": outcome.value})

    # Asking the tool --------------------------------------------------------------------------------------------

    def _resolve(self, intents: Sequence[Intent], without_effect: State) -> list[Intent]:
        """Ask the tool what became of intents; return those without effect, now in state ``without_effect``."""
        self._unanswered -= {i.target for i in intents}
        creates = [i for i in intents if i.write.kind is WriteKind.CREATE]
        fields = [i for i in intents if i.write.kind is not WriteKind.CREATE]
        none = [i for i in creates if not self._was_made(i)]
        if fields:
            none += self._without_effect(fields)
        for intent in none:
            self._end(intent, without_effect, "it was sent, no answer came, and it had no effect")
        return none

    def _was_made(self, intent: Intent) -> bool:
        """True also when it cannot be told: then it must not be sent again either, and stays unknown."""
        try:
            found = self._find(intent) or self._find_later(intent)
        except ConnectorError as error:
            self._unknown(intent, error)
            return True
        if found is not None:
            self._end(intent, State.DONE, "it was found in the tool", found)
            self.done.append(intent)
        return found is not None

    def _find_later(self, intent: Intent) -> Receipt | None:
        """Look again when what was cut off can no longer take effect."""
        with self._store.unit_of_work() as session:
            sent = session.get_one(OutboxRow, intent.seq).sent
        wait = timedelta(0) if sent is None else sent + self._settle - self._clock.now()
        if wait <= timedelta(0):
            return None
        self._clock.sleep(wait.total_seconds())
        return self._find(intent)

    def _without_effect(self, intents: Sequence[Intent]) -> list[Intent]:
        try:
            shown = self._shown(intents)
        except ConnectorError as error:
            for intent in intents:
                self._unknown(intent, error)
            return []
        none = []
        for intent in intents:
            if judge(intent.planned, shown.get(intent.write.id), self._mapper) is not Shown.AS_WANTED:
                none.append(intent)
            elif self._end_found(intent, State.DONE, "it was found in the tool"):
                self.done.append(intent)
        return none

    def _find(self, intent: Intent) -> Receipt | None:
        with guarded(intent.write.connection, "looking for a record"):
            return self._writer.find(intent.write)

    def _shown(self, intents: Sequence[Intent]) -> Mapping[str, Mapping[str, Json] | None]:
        if not intents:
            return {}
        with guarded(intents[0].write.connection, "looking at what is shown"):
            return self._writer.shown([i.write for i in intents], self._catalog)

    def _end_found(self, intent: Intent, state: State, message: str) -> bool:
        """End what was seen in the tool; the id of an upserted record, which no answer told, is asked for first."""
        found = None
        if intent.write.kind is WriteKind.UPSERT:
            try:
                found = self._find(intent)
            except ConnectorError as error:
                self._unknown(intent, error)
                return False
        self._end(intent, state, message, found)
        return True

    def _unknown(self, intent: Intent, error: ConnectorError) -> None:
        self._blocked.add(intent.target)
        self._end(intent, State.AMBIGUOUS, f"whether it had effect cannot be told: {error}")

    # Ending -----------------------------------------------------------------------------------------------------

    def _stop(self, error: ConnectorError) -> None:
        self.stopped = error

    def _end_all(self, intents: Sequence[Intent], state: State, message: str) -> None:
        for intent in intents:
            self._end(intent, state, message)

    def _end(self, intent: Intent, state: State, message: str, receipt: Receipt | None = None) -> None:
        with self._store.unit_of_work() as session:
            outbox.end(
                session,
                intent.seq,
                state,
                self._clock.now(),
                record_id=receipt.record_id if receipt else "",
                key=receipt.key if receipt else "",
                message=message,
            )
            session.commit()
        if state in (State.STALE, State.FAILED):
            self._blocked.add(intent.target)


def _receipt(write: Write, outcome: Outcome, message: str) -> Receipt:
    return Receipt(write_id=write.id, outcome=outcome, message=message)
