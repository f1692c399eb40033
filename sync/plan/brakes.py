"""What in a plan stops a run to ask a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sync.plan.inputs import PlanInput
from sync.plan.types import Brake, BrakeKind, PlannedWrite


def brakes_of(given: PlanInput, writes: Sequence[PlannedWrite]) -> Iterator[Brake]:
    """The first write ever to a connection, and a plan that is unusually large."""
    counts: dict[str, int] = {}
    for planned in writes:
        counts[planned.write.connection] = counts.get(planned.write.connection, 0) + 1
    for connection, count in sorted(counts.items()):
        sink = given.sinks[connection]
        if not sink.written_before and not sink.first_write_approved:
            yield Brake(
                kind=BrakeKind.FIRST_WRITE,
                connection=connection,
                message=f"these {count} writes would be the first ever to {connection}",
                mend=f"look at the plan, then set first_write_approved = true in [connections.{connection}]",
            )
    most = given.settings.max_writes
    if len(writes) > most:
        yield Brake(
            kind=BrakeKind.LARGE_PLAN,
            connection="",
            message=f"the plan holds {len(writes)} writes, more than {most}",
            mend="look at the plan, then raise max_writes in [write]",
        )


def gathered(brakes: Iterable[Brake]) -> tuple[Brake, ...]:
    """One brake for each kind, connection and way to go on.

    Its message names the first record and how many more there are.
    """
    found: dict[tuple[str, str, str], list[Brake]] = {}
    for brake in sorted(set(brakes), key=lambda brake: brake.message):
        found.setdefault((brake.kind.value, brake.connection, brake.mend), []).append(brake)
    return tuple(_told(found[key]) for key in sorted(found))


def _told(same: Sequence[Brake]) -> Brake:
    more = len(same) - 1
    return replace(same[0], message=f"{same[0].message}, and {more} more such") if more else same[0]
