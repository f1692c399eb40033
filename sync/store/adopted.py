"""What was taken over: other instances whose marks count as ours, and values that stand as if we had written them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync.plan.types import Agreed
from sync.store.tables import AdoptedRow, BaseRow


def adopt_instances(session: Session, instances: Iterable[str], now: datetime) -> None:
    """From now on records that bear the mark of these instances are ours. May be repeated."""
    for instance in sorted(instances):
        if session.get(AdoptedRow, instance) is None:
            session.add(AdoptedRow(instance=instance, at=now))


def adopted_instances(session: Session) -> frozenset[str]:
    """All instances that were ever taken over."""
    return frozenset(session.scalars(select(AdoptedRow.instance)))


def save_agreed(session: Session, agreed: Iterable[Agreed], now: datetime) -> int:
    """Let what the tools show stand as what we last wrote there, though no write of ours is known; how many fields."""
    count = 0
    for one in agreed:
        session.merge(
            BaseRow(
                connection=one.connection,
                stream=one.stream,
                id=one.id,
                field=one.field_id,
                value=one.value,
                write="",
                at=now,
            )
        )
        count += 1
    return count
