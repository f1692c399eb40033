"""What a configuration may hold, beside what the connectors add."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema, field_validator

from connectors.core.settings import Credential, plain_number
from sync.plan.types import Policy

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_STORES = ("sqlite", "postgresql", "postgresql+psycopg")
_HEALTH = re.compile(r"(?:127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}|unix:/.+")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a number with a unit, such as "90s", "15m", "2h" or "1d"')
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError as error:
        raise ValueError("expected at most 3660d") from error


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(gt=timedelta(0), le=timedelta(days=3660)),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*{_DURATION.pattern}\s*$"}),
]
"""Ten years at the most: every instant less such a time is still an instant."""


class Section(BaseModel):
    """A table of the configuration; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    """``[store]``."""

    url: str = "sqlite:///syncline.sqlite3"
    """SQLAlchemy address. A relative SQLite path starts at the configuration file's folder."""
    password: Credential | None = None
    """Of the PostgreSQL user that the address names; it is never in the address. Not looked at for SQLite."""

    @field_validator("url")
    @classmethod
    def _supported(cls, url: str) -> str:
        scheme, _, _rest = url.partition("://")
        if scheme not in _STORES:
            raise ValueError("expected an address that begins with sqlite:/// or postgresql+psycopg://")
        return url


class FreshnessSettings(Section):
    """``[freshness]``."""

    max_age: Duration = timedelta(hours=2)
    """A source that was last read longer ago than this is stale, and what rests on it is unknown."""


class ReconcileOptions(Section):
    """``[reconcile]``."""

    tolerance_working_days: Annotated[StrictInt, Field(ge=0, le=260)] = 5
    """Dates of one deliverable that lie further apart than this disagree."""


class WriteSettings(Section):
    """``[write]``."""

    policy: Policy = Policy.HOLD
    """What happens to an owned field that a person edited: hold, ours, theirs."""
    max_writes: Annotated[StrictInt, Field(ge=1)] = 200
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


class ScopeSettings(Section):
    """One of the sources of an engagement's scope."""

    connection: str
    stream: str | None = None
    """Stream of its baselines, where the connection has several that give scope; None: any."""
    place: Annotated[str, Field(min_length=1)] | None = None
    """Place that is read for it, such as a file; None: the records of the engagement, wherever they lie there."""


class EngagementSettings(Section):
    """``[engagements.KEY]``."""

    record: RecordSettings
    places: tuple[PlaceSettings, ...] = ()
    scope: tuple[ScopeSettings, ...] = ()
    """Where its scope comes from: of several sources the first that has a baseline in force counts. Empty: from the one
    source that there is."""


class PlaceTemplateSettings(Section):
    """One of the ``places`` of a discovery: templates with names of parts in braces."""

    connection: str
    place: Annotated[str, Field(min_length=1)]
    """Makes the place of each engagement. While a part of it is empty, the engagement has no such place."""
    anchor: Annotated[str, Field(min_length=1)] | None = None
    """Makes the key of the issue that shows the engagement's status. While a part of it is empty, there is none."""


class DiscoverSettings(Section):
    """``[discover.NAME]``: engagements that records tell of, so that a new contract needs no edit."""

    connection: str
    """Connection that holds the records of engagements."""
    only: Any = Field(default_factory=list)
    """Conditions on the record, as ``when`` of the mapping has them; left out: every engagement of the connection."""
    parts: dict[str, Any] = Field(default_factory=dict)
    """Name -> where it stands in the record (``field``, ``path`` or ``record``), for the templates."""
    places: tuple[PlaceTemplateSettings, ...] = ()
    scope: tuple[ScopeSettings, ...] = ()
    """As of a named engagement; ``place`` is a template. While a part of it is empty, there is no such source."""


class DaemonSettings(Section):
    """``[daemon]``."""

    interval: Duration = timedelta(minutes=5)
    """From the beginning of one run to the beginning of the next, give or take a tenth."""
    hang: Duration = timedelta(minutes=10)
    """A run that gives no sign of life for so long hangs; systemd's watchdog then restarts it."""
    health: str | None = None
    """Where the state is told by HTTP: ``127.0.0.1:PORT``, or ``unix:PATH``. None: nowhere."""

    @field_validator("health")
    @classmethod
    def _on_this_machine(cls, health: str | None) -> str | None:
        if health is None or _HEALTH.fullmatch(health):
            return health
        raise ValueError(
            'expected "127.0.0.1:PORT", "[::1]:PORT" or "unix:/PATH": health is told on this machine alone'
        )


class TopLevel(Section):
    """The whole document, connections and mapping still raw."""

    version: Annotated[Literal[1], BeforeValidator(plain_number)]
    store: StoreSettings = StoreSettings()
    freshness: FreshnessSettings = FreshnessSettings()
    reconcile: ReconcileOptions = ReconcileOptions()
    write: WriteSettings = WriteSettings()
    daemon: DaemonSettings = DaemonSettings()
    connections: dict[str, dict[str, object]] = Field(default_factory=dict)
    engagements: dict[str, EngagementSettings] = Field(default_factory=dict)
    discover: dict[str, DiscoverSettings] = Field(default_factory=dict)
    mapping: dict[str, dict[str, object]] = Field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """E-mail or name of a person -> their logins, each ``connection:login``."""
