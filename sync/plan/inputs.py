"""What a plan is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.core.port import Catalog, Inert, Json, Record, as_it_is
from mapping.rules import Rules
from sync.plan.types import Policy
from sync.reconcile.result import RiskState
from sync.reconcile.rules import Result
from sync.reconcile.view import EngagementView

BaseKey = tuple[str, str, str, str]
"""(connection, stream, id of the record, field id): see ``sync.plan.bases``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """One connection that may be written to.

    Attributes:
        connection: Its name.
        owned: Outward rules that syncline may write by.
        rules: Its compiled mapping.
        catalog: What the tool can hold.
        first_write_approved: A person has approved the first write.
        written_before: This store has already written to it.
        fixed: Stream -> key of its fixed partition, for the streams that have one: where a new record will lie.
        inert: How a text is kept from acting in the tool.
    """

    connection: str
    owned: frozenset[str]
    rules: Rules
    catalog: Catalog
    first_write_approved: bool
    written_before: bool
    fixed: Mapping[str, str] = field(default_factory=dict)
    inert: Inert = as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """How a plan is made.

    Attributes:
        policy: What happens to an owned field that a person edited.
        max_writes: A plan of more writes stops and asks.
        restamp: A status text whose instant is older is written anew though it says the same.
        adopt: Records that bear a mark of syncline are taken over as they are (``sync.plan.adoption``).
    """

    policy: Policy = Policy.HOLD
    max_writes: int = 500
    restamp: timedelta = timedelta(hours=24)
    adopt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """Everything that a plan depends on.

    Attributes:
        views: Engagement key -> its view.
        results: Engagement key -> its result. Engagements without one, or with a result without a status, are left as
            they are.
        risks: Engagement key -> the states of its risks after this run's lifecycle, for all engagements that ever had
            one.
        records: Reference -> the latest record as stored. Must hold: the engagements' records, the anchors, every
            record of a risk, every risk issue. Others are not needed.
        bases: What we last wrote.
        created: (connection, risk id) -> id of the record that we made for it, from the receipts: keeps a second from
            being made before the first was read.
        gone: Reference of a record in ``created`` -> what people called it, where its place was read and it is there no
            longer. Whether somebody deleted it or only hid it is told when it is to be made again: by then it is looked
            for in the tool.
        sinks: Connection -> what may be written there and how.
        instance: Id of this store's instance.
        now: The instant of the run (aware UTC).
        settings: How.
        adopted: Other instances whose records were taken over: their marks count as ours.
        unsettled: Connections with writes of which nobody knows yet whether they had effect.
    """

    views: Mapping[str, EngagementView]
    results: Mapping[str, Result]
    risks: Mapping[str, tuple[RiskState, ...]]
    records: Mapping[str, Record]
    bases: Mapping[BaseKey, Json]
    sinks: Mapping[str, Sink]
    instance: str
    now: datetime
    settings: PlanSettings = field(default_factory=PlanSettings)
    created: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    adopted: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
