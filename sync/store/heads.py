"""How the head of each record changed, by our clock: which version, or gone or back, and by which run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sync.store.history_tables import HeadChangeRow
from sync.store.tables import HeadRow, RecordRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadState:
    """What a record was from an instant on, as far as we knew.

    Attributes:
        at: When we learned it: the beginning of the run. Where ``run`` is empty: at the latest then.
        run: The run; empty: an earlier release did not note it.
        record_seq: The version (``RecordRow.seq``); of what is gone: the last one.
        version: Its version token.
        digest: Hash of its content.
        updated: When that version was changed in the tool, if it says so.
        partition: Where it lay.
        key: What it was called.
        gone: Deleted in the tool, or no longer there.
        again: It went, was back, moved, or an earlier version held again: its ``updated`` does not tell when that was.
            Not so where the version before it has the same instant: the tool tells of no change between.
    """

    at: datetime
    run: str
    record_seq: int
    version: str
    digest: str
    updated: datetime | None
    partition: str
    key: str
    gone: bool
    again: bool


def note_heads(
    session: Session, heads: Iterable[HeadRow], appended: Iterable[RecordRow], *, at: datetime, run: str
) -> None:
    """Note what heads were made, save where the versions just appended tell it by themselves. In the same transaction.

    Args:
        session: In whose transaction.
        heads: The heads that were changed, as they are now.
        appended: The versions that were appended with it, flushed.
        at: The beginning of the run.
        run: The run.
    """
    newest: dict[str, RecordRow] = {}
    for row in appended:
        ref = f"{row.connection}:{row.stream}:{row.id}"
        if ref not in newest or newest[ref].seq < row.seq:
            newest[ref] = row
    untold = [head for head in heads if not _tells(newest.get(head.ref), head)]
    if not untold:
        return
    after = session.scalar(select(func.max(RecordRow.seq))) or 0
    session.add_all(
        HeadChangeRow(
            ref=head.ref,
            at=at,
            run=run,
            record_seq=head.record_seq,
            after=after,
            partition=head.partition,
            key=head.key,
            gone=head.gone,
        )
        for head in untold
    )
    session.flush()


def _tells(row: RecordRow | None, head: HeadRow) -> bool:
    if row is None:
        return False
    return (row.seq, row.partition, row.key, row.deleted) == (head.record_seq, head.partition, head.key, head.gone)


def head_states(session: Session, refs: Sequence[str]) -> dict[str, list[HeadState]]:
    """Reference -> all that the record ever was, the earliest first; a record that was never read is missing.

    Held in memory: ask for few at a time.
    """
    found: dict[str, list[tuple[tuple[int, int], HeadState]]] = {}
    versions: dict[int, HeadState] = {}
    by_stream: dict[tuple[str, str], list[str]] = {}
    for ref in refs:
        connection, stream, id_ = ref.split(":", 2)
        by_stream.setdefault((connection, stream), []).append(id_)
    for (connection, stream), ids in by_stream.items():
        of_stream = (RecordRow.connection == connection, RecordRow.stream == stream, RecordRow.id.in_(ids))
        for row in session.execute(_VERSIONS.where(*of_stream)):
            versions[row.seq] = state = _state(row)
            found.setdefault(f"{connection}:{stream}:{row.id}", []).append(((row.seq, 0), state))
    changes = select(HeadChangeRow).where(HeadChangeRow.ref.in_(refs)).order_by(HeadChangeRow.seq)
    for change in session.scalars(changes):
        state = replace(
            versions[change.record_seq],
            at=change.at,
            run=change.run,
            partition=change.partition,
            key=change.key,
            gone=change.gone,
            again=True,
        )
        found.setdefault(change.ref, []).append(((change.after, change.seq), state))
    return {ref: _told_apart([state for _, state in sorted(each, key=lambda s: s[0])]) for ref, each in found.items()}


def _told_apart(states: list[HeadState]) -> list[HeadState]:
    """A version that holds again since only the fields that were asked for had been others: its instant is its own."""
    return [
        replace(now, again=False) if now.again and before is not None and _same_in_the_tool(before, now) else now
        for before, now in zip([None, *states], states, strict=False)
    ]


def _same_in_the_tool(before: HeadState, now: HeadState) -> bool:
    """Whether the tool says of both that they are its change of one instant, in one place."""
    there = not before.gone and not now.gone and now.updated is not None
    return there and (before.updated, before.partition, before.key) == (now.updated, now.partition, now.key)


def load_versions(session: Session, seqs: Iterable[int]) -> dict[int, RecordRow]:
    """``seq`` -> that version. Held in memory: ask for few at a time."""
    return {row.seq: row for row in session.scalars(select(RecordRow).where(RecordRow.seq.in_(list(seqs))))}


_VERSIONS = select(
    RecordRow.id,
    RecordRow.seq,
    RecordRow.stored,
    RecordRow.run,
    RecordRow.version,
    RecordRow.digest,
    RecordRow.updated,
    RecordRow.partition,
    RecordRow.key,
    RecordRow.deleted,
)


def _state(row: Any) -> HeadState:
    return HeadState(
        at=row.stored,
        run=row.run,
        record_seq=row.seq,
        version=row.version,
        digest=row.digest,
        updated=row.updated,
        partition=row.partition,
        key=row.key,
        gone=row.deleted,
        again=False,
    )
