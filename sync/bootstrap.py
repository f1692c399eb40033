"""The composition root: the only place that builds real things."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from connectors.core.port import Clock, ConnectorContext, ConnectorSpec, Partition, StreamSpec, TokenStore
from connectors.core.registry import load_connectors
from connectors.core.tokens import FileTokenStore, MemoryTokenStore
from connectors.core.transport import Budget, Transport
from sync.budget import HourlyBudget
from sync.clock import RealClock
from sync.config.credentials import secret, secrets_of
from sync.config.load import Config, Connection, checked, load
from sync.engine.apply import ApplySettings
from sync.engine.backfill import Backfill, BackfillSettings
from sync.engine.live import Live, Progress
from sync.engine.mapper import RulesMapper
from sync.engine.past import Mapped
from sync.engine.pull import PullSettings
from sync.engine.reading import read_of
from sync.engine.remap import Remap
from sync.engine.roster import Roster, read_roster
from sync.engine.run import Engine, EngineSettings
from sync.plan.inputs import PlanSettings
from sync.reconcile.settings import ReconcileSettings
from sync.selection import PlaceRef, ScopeRef, Selected, anchored_places, shared_places, wanted
from sync.show.gather import Gathering
from sync.store.database import Store
from sync.store.witness import Witness

Setting = tuple[str, str]
"""A connection's name, and the name of one of its settings."""

_TOKENS_SUFFIX = ".tokens"
_WITNESS_SUFFIX = ".last-run"


def load_config(path: Path) -> Config:
    """Read and check a configuration against the connectors that are installed.

    Raises:
        sync.config.problems.ConfigError: With every problem, by line.
    """
    return load(path, connector_specs())


def check_text(path: Path, text: str) -> Config:
    """Check a configuration that is to stand in ``path``, whether or not it does yet.

    Raises:
        sync.config.problems.ConfigError: With every problem, by line.
    """
    return checked(path, text, connector_specs())


def connector_specs() -> Mapping[str, ConnectorSpec]:
    """The installed connectors by kind."""
    return load_connectors().specs


def clock() -> Clock:
    """The machine's clock."""
    return RealClock()


def named(config: Config) -> tuple[Selected, ...]:
    """The engagements that the configuration names."""
    return tuple(
        Selected(
            key=key,
            record_connection=e.record.connection,
            record_key=e.record.key,
            places=tuple(PlaceRef(connection=p.connection, place=p.place, anchor=p.anchor) for p in e.places),
            scope=tuple(ScopeRef(connection=s.connection, stream=s.stream or "", place=s.place) for s in e.scope),
        )
        for key, e in config.engagements.items()
    )


def roster(config: Config, session: Session) -> Roster:
    """All engagements, named or discovered, by what is stored now."""
    return read_roster(session, named(config), config.discoveries)


def read_now(config: Config, session: Session) -> dict[str, tuple[Partition, ...]]:
    """What a run would read by what is stored now, by connection."""
    looked_at = [one.connection for one in config.discoveries]
    return read_of(session, roster(config, session).engagements, looked_at, streams(config))


def streams(config: Config) -> dict[str, tuple[StreamSpec, ...]]:
    """Connection -> the streams of its connector."""
    return {name: c.streams for name, c in config.connections.items()}


def reconcile_settings(config: Config) -> ReconcileSettings:
    """The thresholds of the configuration."""
    return ReconcileSettings(
        max_age=config.top.freshness.max_age,
        tolerance_working_days=config.top.reconcile.tolerance_working_days,
    )


def gathering(config: Config, session: Session) -> Gathering:
    """What the commands that look gather, by what is stored or laid over it."""
    return Gathering(
        engagements=roster(config, session).engagements,
        streams=streams(config),
        settings=reconcile_settings(config),
        people=config.top.people,
    )


def mapped(config: Config) -> dict[str, Mapped]:
    """Connection -> how its records are mapped, without connecting to it."""
    return {name: Mapped(mapper=mapper(c), streams=c.streams) for name, c in config.connections.items()}


def plan_settings(config: Config) -> PlanSettings:
    """How the configuration wants plans to be made."""
    write = config.top.write
    return PlanSettings(policy=write.policy, max_writes=write.max_writes, restamp=write.restamp)


def open_store(config: Config) -> Store:
    """The store of a configuration, opened and migrated.

    Raises:
        sync.store.database.StoreError: It cannot be opened, or was written by a newer release.
        sync.config.credentials.CredentialError: Its password is not where the configuration says.
    """
    url, hidden = config.store_url(), config.top.store.password
    password = None
    if hidden is not None and not url.startswith("sqlite:"):
        password = secret(hidden, place="store.password", folder=config.folder, environ=os.environ)
    return Store(url, now=clock().now(), password=password)


def is_store_there(config: Config) -> bool:
    """Whether the store was made already, as far as that can be told without making it: a server's always counts."""
    prefix, url = "sqlite:///", config.store_url()
    return not url.startswith(prefix) or Path(url.removeprefix(prefix)).exists()


def budget(config: Config, the_clock: Clock, *, share: float = 1.0) -> HourlyBudget:
    """The requests that the configuration allows in an hour, or a ``share`` of them, at the least one."""
    limits = {c.name: c.settings.requests_per_hour for c in config.connections.values()}
    return HourlyBudget({n: max(1, int(limit * share)) for n, limit in limits.items() if limit is not None}, the_clock)


@contextmanager
def connected(
    config: Config, the_clock: Clock, spending: Budget | None = None, trial: Mapping[Setting, str] | None = None
) -> Iterator[Mapping[str, Live]]:
    """All connections of a configuration; made without a request, closed at the end.

    Args:
        config: The configuration.
        the_clock: Time.
        spending: What their requests are taken from; None: a new budget of the configuration.
        trial: None: in earnest. Else the secrets that lie nowhere yet, by connection and setting, and nothing is left
            on disk: tokens that the tools give are kept for as long as the connections are.

    Raises:
        sync.config.credentials.CredentialError: A secret is not where the configuration says.
    """
    budget_ = spending or budget(config, the_clock)
    tokens = FileTokenStore(_beside(config, _TOKENS_SUFFIX)) if trial is None else MemoryTokenStore()
    secrets = {c.name: _secrets(config, c, trial or {}) for c in config.connections.values()}
    transports = {
        c.name: _transport(config, c, the_clock, budget_, secrets[c.name]) for c in config.connections.values()
    }
    try:
        yield {
            c.name: _live(config, c, the_clock, transports[c.name], secrets[c.name], tokens)
            for c in config.connections.values()
        }
    finally:
        for transport in transports.values():
            transport.close()


def engine(
    config: Config,
    store: Store,
    live: Mapping[str, Live],
    the_clock: Clock,
    progress: Progress,
    accept_emptied: Collection[str] = (),
) -> Engine:
    """The engine of a configuration on an open store and live connections.

    ``accept_emptied``: partitions (``connection:stream:KEY``) of which a person said that they really are that empty.
    """
    plan = plan_settings(config)
    settings = EngineSettings(
        pull=PullSettings(accept_emptied=frozenset(accept_emptied)),
        reconcile=reconcile_settings(config),
        plan=plan,
        apply=ApplySettings(max_writes=plan.max_writes),
    )
    witness = Witness(_beside(config, _WITNESS_SUFFIX)) if store.path or store.is_server else None
    return Engine(store, live, named(config), the_clock, settings, progress, witness, config.discoveries)


def backfill(
    config: Config, store: Store, connection: Live, the_clock: Clock, progress: Progress
) -> tuple[Backfill, tuple[Partition, ...]]:
    """The reader of a connection's history, and the partitions that the engagements want of it, stream by stream."""
    with store.unit_of_work() as session:
        engagements = roster(config, session).engagements
    spec = config.connections[connection.name].spec
    looked_at = [one.connection for one in config.discoveries]
    partitions = wanted(engagements, streams(config), looked_at=looked_at).get(connection.name, ())
    order = {s.name: i for i, s in enumerate(spec.streams)}
    reader = Backfill(
        store,
        replace(connection, anchored=anchored_places(engagements, connection.name)),
        shared_places(engagements),
        spec.capabilities.bounded,
        the_clock,
        progress,
        BackfillSettings(),
    )
    return reader, tuple(sorted(partitions, key=lambda p: (order[p.stream], p.key)))


def remap(config: Config, store: Store, live: Mapping[str, Live], the_clock: Clock, progress: Progress) -> Remap:
    """What maps the stored records again."""
    with store.unit_of_work() as session:
        engagements = roster(config, session).engagements
        wanted_now = read_now(config, session)
    return Remap(store, live, shared_places(engagements), wanted_now, the_clock, progress)


def mapper(connection: Connection) -> RulesMapper:
    """The mapping of a configured connection."""
    return RulesMapper(rules=connection.rules, owned=frozenset(connection.settings.owned))


def _transport(
    config: Config, connection: Connection, the_clock: Clock, spending: Budget, secrets: Mapping[str, str]
) -> Transport:
    settings = connection.settings
    ca_file: str | None = getattr(settings, "ca_file", None)
    return Transport(
        connection=connection.name,
        clock=the_clock,
        timeout_s=settings.timeout_s,
        patience_s=settings.patience_s,
        secrets=tuple(secrets.values()),
        ca_file=str(config.folder / ca_file) if ca_file else None,
        budget=spending,
    )


def _secrets(config: Config, connection: Connection, known: Mapping[Setting, str]) -> dict[str, str]:
    here = {setting: value for (name, setting), value in known.items() if name == connection.name}
    return secrets_of(
        connection.settings, connection=connection.name, folder=config.folder, environ=os.environ, known=here
    )


def _live(
    config: Config,
    connection: Connection,
    the_clock: Clock,
    transport: Transport,
    secrets: Mapping[str, str],
    tokens: TokenStore,
) -> Live:
    context = ConnectorContext(
        connection=connection.name,
        settings=connection.settings,
        secrets=secrets,
        transport=transport,
        tokens=tokens,
        clock=the_clock,
        folder=config.folder,
    )
    cost = connection.spec.requests_to_read
    return Live(
        name=connection.name,
        connector=connection.spec.connect(context),
        streams=connection.streams,
        mapper=mapper(connection),
        rules=connection.rules,
        owned=frozenset(connection.settings.owned),
        first_write_approved=connection.settings.first_write_approved,
        requests=lambda: transport.requests_made,
        inert=connection.spec.inert,
        renew=transport.renew,
        requests_to_read=partial(cost, connection.settings) if cost is not None else None,
        looked_at=_looked_at(config, connection.name),
    )


def _looked_at(config: Config, name: str) -> dict[str, tuple[str, ...]]:
    """Stream -> fields that discoveries look at in a connection."""
    found: dict[str, tuple[str, ...]] = {}
    for one in config.discoveries:
        if one.connection == name:
            found[one.sift.stream] = (*found.get(one.sift.stream, ()), *one.sift.fields())
    return found


def _beside(config: Config, suffix: str) -> Path:
    """Beside an SQLite store, else in the service's state directory, else beside the configuration; of mode 0600."""
    url = config.store_url()
    prefix = "sqlite:///"
    state = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if url.startswith(prefix):
        beside = Path(url.removeprefix(prefix))
    else:
        beside = Path(state) / config.path.name if state else config.path
    return beside.with_name(beside.name + suffix)
