"""What a configuration may hold, beside what the connectors add."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sync.plan.types import Policy

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a number with a unit, such as "90s", "15m", "2h" or "1d"')
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]


class Section(BaseModel):
    """A table of the configuration; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    """``[store]``."""

    url: str = "sqlite:///syncline.sqlite3"
    """SQLAlchemy address. A relative SQLite path starts at the configuration file's folder."""


class FreshnessSettings(Section):
    """``[freshness]``."""

    max_age: Duration = timedelta(hours=2)
    """A source that was last read longer ago than this is stale, and what rests on it is unknown."""


class ReconcileOptions(Section):
    """``[reconcile]``."""

    tolerance_working_days: Annotated[int, Field(ge=0, le=260)] = 5
    """Dates of one deliverable that lie further apart than this disagree."""


class WriteSettings(Section):
    """``[write]``."""

    policy: Policy = Policy.HOLD
    """What happens to an owned field that a person edited: hold, ours, theirs."""
    max_writes: Annotated[int, Field(ge=1)] = 200
    """A plan with more writes than this stops and asks."""
    restamp: Duration = timedelta(hours=24)
    """A status that has not changed is written again, with a new instant, after this time."""


class RecordSettings(Section):
    """``record`` of an engagement: where its commercial record is."""

    connection: str
    key: Annotated[str, Field(min_length=1)]


class PlaceSettings(Section):
    """One of the ``places`` of an engagement: where its work is."""

    connection: str
    place: Annotated[str, Field(min_length=1)]
    anchor: str | None = None
    """Key of the issue that shows the engagement's status, with its risks below it."""


class EngagementSettings(Section):
    """``[engagements.KEY]``."""

    record: RecordSettings
    places: tuple[PlaceSettings, ...] = ()


class TopLevel(Section):
    """The whole document, connections and mapping still raw."""

    version: Literal[1]
    store: StoreSettings = StoreSettings()
    freshness: FreshnessSettings = FreshnessSettings()
    reconcile: ReconcileOptions = ReconcileOptions()
    write: WriteSettings = WriteSettings()
    connections: dict[str, dict[str, object]] = Field(default_factory=dict)
    engagements: dict[str, EngagementSettings] = Field(default_factory=dict)
    mapping: dict[str, dict[str, object]] = Field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """E-mail or name of a person -> their logins, each ``connection:login``."""
