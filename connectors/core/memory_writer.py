"""The writing half of the in-memory connector: every shape of write, with faults on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.errors import ConnectorError, FatalError, InterruptedRunError, RetriableError
from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.memory_tool import MemoryRow, MemoryTool
from connectors.core.port import Catalog, Json, Outcome, Receipt, Write, WriteKind

_OUTCOMES = {
    FaultKind.FAIL: Outcome.FAILED,
    FaultKind.LOSE_REQUEST: Outcome.AMBIGUOUS,
    FaultKind.REFUSE: Outcome.REFUSED,
    FaultKind.STALE: Outcome.STALE,
}


class MemoryWriter:
    """Sends UPSERTs in batches of up to ``batch_size`` (no external id twice in one), all other writes one by one."""

    def __init__(self, tool: MemoryTool, connection: str) -> None:
        self._tool = tool
        self._connection = connection

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """Group writes into requests; see the port."""
        found: list[list[Write]] = []
        for write in writes:
            if found and self._joins(found[-1], write):
                found[-1].append(write)
            else:
                found.append([write])
        return [tuple(batch) for batch in found]

    def send(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        """Make one request; see the port."""
        faults = [self._strike(write) for write in batch]
        kinds = {fault.kind for fault in faults if fault is not None}
        if FaultKind.KILL_BEFORE in kinds:
            raise KilledError
        self._tool.asked(Op.SEND, " ".join(write.id for write in batch))
        for fault in faults:
            self._refuse_all(fault)
        receipts = tuple(self._one(write, fault) for write, fault in zip(batch, faults, strict=True))
        if FaultKind.KILL_AFTER in kinds:
            raise KilledError
        return receipts

    def find(self, write: Write) -> Receipt | None:
        """Look for the record that carries the marker identity of a CREATE; see the port."""
        self._tool.asked(Op.FIND, write.external_id)
        self._raise(self._tool.strike(Op.FIND, stream=write.stream, target=(write.external_id,)), "find")
        for row in self._tool.rows.values():
            if (
                row.stream == write.stream
                and row.external_id == write.external_id
                and self._tool.get(row.stream, row.id) is not None
            ):
                return Receipt(write_id=write.id, outcome=Outcome.DONE, record_id=row.id, key=row.key)
        return None

    def shown(
        self,
        writes: Sequence[Write],
        catalog: Catalog,  # noqa: ARG002 - the port's signature; this tool needs no catalog
    ) -> Mapping[str, Mapping[str, Json] | None]:
        """What the tool shows now for the fields of each write; one request."""
        if not writes:
            return {}
        self._tool.asked(Op.SHOWN, " ".join(write.id for write in writes))
        for write in writes:
            self._raise(self._strike(write, Op.SHOWN), "shown")
        return {write.id: self._shown(write) for write in writes}

    def _joins(self, batch: Sequence[Write], write: Write) -> bool:
        return (
            write.kind is WriteKind.UPSERT
            and batch[0].kind is WriteKind.UPSERT
            and batch[0].stream == write.stream
            and len(batch) < self._tool.batch_size
            and all(other.external_id != write.external_id for other in batch)
        )

    def _strike(self, write: Write, op: Op = Op.SEND) -> Fault | None:
        return self._tool.strike(
            op,
            stream=write.stream,
            partition=write.partition,
            target=(write.target, write.external_id),
            write_kind=write.kind,
        )

    def _refuse_all(self, fault: Fault | None) -> None:
        """Raise for a fault that keeps the whole request from having any effect."""
        if fault is not None and fault.kind is FaultKind.FATAL:
            raise FatalError(fault.message, connection=self._connection)
        if fault is not None and fault.kind is FaultKind.INTERRUPT:
            raise InterruptedRunError(fault.message, connection=self._connection)

    def _raise(self, fault: Fault | None, place: str) -> None:
        self._refuse_all(fault)
        if fault is not None and fault.kind in (FaultKind.KILL_BEFORE, FaultKind.KILL_AFTER):
            raise KilledError
        if fault is not None:
            raise RetriableError(
                fault.message, retry_after_s=fault.retry_after_s, connection=self._connection, place=place
            )

    def _one(self, write: Write, fault: Fault | None) -> Receipt:
        outcome = _OUTCOMES.get(fault.kind) if fault is not None else None
        if fault is not None and outcome is not None:
            return Receipt(write_id=write.id, outcome=outcome, message=fault.message, retry_after_s=fault.retry_after_s)
        try:
            row = self._effect(write)
        except _NotDoneError as exc:
            return Receipt(write_id=write.id, outcome=exc.outcome, message=str(exc))
        self._tool.effects.append(write)
        if fault is not None and fault.kind is FaultKind.LOSE_ANSWER:
            return Receipt(write_id=write.id, outcome=Outcome.AMBIGUOUS, message=fault.message)
        return Receipt(write_id=write.id, outcome=Outcome.DONE, record_id=row.id, key=row.key)

    def _effect(self, write: Write) -> MemoryRow:
        if write.kind is WriteKind.CREATE:
            return self._create(write)
        if write.kind is WriteKind.UPSERT:
            return self._upsert(write)
        row = self._tool.get(write.stream, write.target)
        if row is None:
            raise _NotDoneError(f"{write.stream} {write.target} is gone or hidden", outcome=Outcome.REFUSED)
        if self._tool.guarded and write.version and write.version.split(".")[0] != str(row.version):
            raise _NotDoneError("changed since it was read", outcome=Outcome.STALE)
        self._change(row, write)
        self._tool.touch(row)
        return row

    def _change(self, row: MemoryRow, write: Write) -> None:
        match write.kind:
            case WriteKind.ADD_LABEL:
                if write.values["label"] not in row.labels:
                    row.labels.append(write.values["label"])
            case WriteKind.REMOVE_LABEL:
                row.labels[:] = [label for label in row.labels if label != write.values["label"]]
            case WriteKind.PUT_LINK:
                row.links[write.external_id] = dict(write.values)
            case WriteKind.TRANSITION:
                wanted = write.values["status"]
                if self._tool.statuses and wanted not in self._tool.statuses:
                    raise _NotDoneError(f"no transition leads to {wanted!r}", outcome=Outcome.REFUSED)
                row.fields[self._tool.status_field] = wanted
            case _:
                row.fields.update(write.values)
                if write.marker is not None:
                    row.marker = write.marker

    def _create(self, write: Write) -> MemoryRow:
        row = self._tool.add(write.stream, write.partition, write.values, external_id=write.external_id)
        row.parent = write.target
        row.marker = write.marker
        return row

    def _upsert(self, write: Write) -> MemoryRow:
        row = self._by_external_id(write)
        if row is None:
            return self._tool.add(write.stream, write.partition, write.values, external_id=write.external_id)
        self._tool.change(row.stream, row.id, write.values)
        return row

    def _by_external_id(self, write: Write) -> MemoryRow | None:
        for row in self._tool.rows.values():
            if row.stream == write.stream and row.external_id == write.external_id and not row.deleted:
                return row
        return None

    def _shown(self, write: Write) -> Mapping[str, Json] | None:
        if write.kind is WriteKind.UPSERT:
            found = self._by_external_id(write)
            return {} if found is None else {name: found.fields.get(name) for name in write.values}
        row = self._tool.get(write.stream, write.target)
        if row is None:
            return None
        match write.kind:
            case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
                label = write.values["label"]
                return {"label": label if label in row.labels else None}
            case WriteKind.PUT_LINK:
                link = row.links.get(write.external_id, {})
                return {name: link.get(name) for name in write.values}
            case WriteKind.TRANSITION:
                return {"status": row.fields.get(self._tool.status_field)}
            case _:
                return {name: row.fields.get(name) for name in write.values}


class _NotDoneError(ConnectorError):
    """The tool says no to one write."""

    def __init__(self, message: str, *, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome
