"""Faults on demand for the in-memory tool: what goes wrong, where, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.core.port import WriteKind


class Op(StrEnum):
    """Where a fault strikes."""

    PULL = "pull"
    FETCH = "fetch"
    SEND = "send"
    FIND = "find"
    SHOWN = "shown"
    CATALOG = "catalog"


class FaultKind(StrEnum):
    """What goes wrong."""

    FAIL = "fail"
    """Before any effect: a write's receipt says FAILED; a read raises RetriableError."""
    LOSE_REQUEST = "lose_request"
    """A write has no effect and its receipt says AMBIGUOUS."""
    LOSE_ANSWER = "lose_answer"
    """A write takes effect and its receipt says AMBIGUOUS."""
    REFUSE = "refuse"
    """A write's receipt says REFUSED."""
    STALE = "stale"
    """A write's receipt says STALE."""
    FATAL = "fatal"
    """FatalError: the whole connection, nothing written."""
    INTERRUPT = "interrupt"
    """InterruptedRunError: the budget is spent; nothing written."""
    KILL_BEFORE = "kill_before"
    """The process dies before the request leaves."""
    KILL_AFTER = "kill_after"
    """The process dies after the effect, before the answer (a read: after the request, before the page is yielded)."""
    PARTITION = "partition"
    """A pull yields PartitionFailure for the matching partitions; the others go on."""


class KilledError(BaseException):
    """The process died here (kill -9): no handler for ordinary errors may catch it."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that shall go wrong; empty criteria match everything.

    Attributes:
        kind: What.
        op: Where.
        times: How often it still strikes; None: until removed.
        after: How many matching occasions pass unharmed first (for a pull: pages; for a send: writes).
        stream: Only for records of this stream.
        partition: Only in this partition.
        target: Only writes to this record (id, or external id).
        write_kind: Only writes of this shape.
        message: Message of the error or receipt.
        retry_after_s: Wait that the tool asks for.
    """

    kind: FaultKind
    op: Op
    times: int | None = 1
    after: int = 0
    stream: str = ""
    partition: str = ""
    target: str = ""
    write_kind: WriteKind | None = None
    message: str = "as the test demanded"
    retry_after_s: float | None = None

    def strikes(
        self,
        op: Op,
        *,
        stream: str = "",
        partition: str = "",
        target: tuple[str, ...] = (),
        write_kind: WriteKind | None = None,
    ) -> bool:
        """Whether this occasion is hit; counts it."""
        matches = (
            op is self.op
            and self.times != 0
            and (not self.stream or self.stream == stream)
            and (not self.partition or self.partition == partition)
            and (not self.target or self.target in target)
            and (self.write_kind is None or self.write_kind is write_kind)
        )
        if not matches:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True
