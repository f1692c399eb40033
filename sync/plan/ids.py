"""Stable ids of writes and of plans: equal content, equal id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from connectors.core.port import Json, Move, Write, WriteKind
from sync.reconcile.identity import short_id


def write_id(
    *,
    connection: str,
    kind: WriteKind,
    stream: str,
    target: str,
    partition: str,
    external_id: str,
    values: Mapping[str, Json],
    moves: Sequence[Move] = (),
) -> str:
    """``W-`` and ten characters, from what is to be written and where; what stood there before does not count."""
    canonical = json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
    steps = [json.dumps([m.name, m.to, dict(m.fields)], sort_keys=True, ensure_ascii=False) for m in moves]
    return short_id("W", connection, kind.value, stream, target, partition, external_id, canonical, *steps)


def identified(write: Write) -> Write:
    """The write with the id of what it holds, whatever id it had."""
    made = write_id(
        connection=write.connection,
        kind=write.kind,
        stream=write.stream,
        target=write.target,
        partition=write.partition,
        external_id=write.external_id,
        values=write.values,
        moves=write.moves,
    )
    return replace(write, id=made)


def plan_id(writes: Iterable[Write]) -> str:
    """``P-`` and ten characters, from the writes in their order and from what each is made over."""
    parts = [json.dumps([w.id, dict(w.before)], sort_keys=True, ensure_ascii=False) for w in writes]
    return short_id("P", *parts)
