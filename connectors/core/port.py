"""The port: what a connector promises to the engine, and what it is given.

Pull and write touch the network; nothing else here does. Everything that crosses the port is a frozen value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from connectors.core.asking import (
    Choice as Choice,
    Offered as Offered,
    Question as Question,
    Survey as Survey,
    Way as Way,
)
from connectors.core.clock import Clock as Clock
from connectors.core.transport import Transport
from connectors.core.values import (
    Catalog as Catalog,
    FieldInfo as FieldInfo,
    FieldType as FieldType,
    Held as Held,
    Json as Json,
    Move as Move,
    Outcome as Outcome,
    Page as Page,
    Partition as Partition,
    PartitionFailure as PartitionFailure,
    Receipt as Receipt,
    Record as Record,
    Visibility as Visibility,
    Wanted as Wanted,
    Write as Write,
    WriteKind as WriteKind,
)


class Reader(Protocol):
    """The reading half of a connector."""

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        """Yield all records changed since the cursors, grouped so that the fewest requests are made.

        May repeat records; never omits one that changed between a cursor and ``as_of``, whatever index lag, late
        commits, time zones or page shifts there are (each connector says how in its docs page). Reading may be
        abandoned at any page.

        Raises:
            FatalError: The whole connection is unusable.
            RetriableError: The connection is down or limited for now, after the transport's own retries.
        """
        ...

    def fetch(
        self, stream: str, ids: Sequence[str], fields: Sequence[str], catalog: Catalog
    ) -> Mapping[str, Record | None]:
        """Read records by id, read-after-write consistent, in the fewest requests. None: gone or hidden."""
        ...


class Writer(Protocol):
    """The writing half of a connector; a tool that can only be read has none."""

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """Group writes into requests, keeping their order. One batch is one request to the tool."""
        ...

    def send(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        """Make the one request of a batch; a receipt for each write in order.

        Never retries by itself; never raises for the tool's refusal (that is a receipt).

        Raises:
            FatalError: Credentials or permission for the whole connection are wrong; nothing was written.
        """
        ...

    def find(self, write: Write) -> Receipt | None:
        """For a CREATE: the record that carries the write's marker identity, if it exists.

        By a read-after-write consistent look-up (never a search index alone). None: it certainly does not exist.

        Raises:
            RetriableError: It cannot be told for now.
        """
        ...

    def shown(self, writes: Sequence[Write], catalog: Catalog) -> Mapping[str, Mapping[str, Json] | None]:
        """What the tool shows now for the fields of each write, by write id.

        Read-after-write consistent, in the fewest requests. Values come in the same JSON form as ``Write.values`` and
        ``Write.before``, so that they can be compared: used before a write to see whether it has drifted, and after it
        to verify. For labels: ``{"label": name}`` when it is there, else ``{"label": None}``. For links: what is there
        under the global id, ``None`` values when there is none. For an UPSERT of a record that does not exist: ``{}``.
        None: the record is gone or hidden. CREATE writes are not asked here (see ``find``).

        Raises:
            RetriableError: It cannot be told for now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that ``syncline check`` looked at.

    Attributes:
        name: What was checked (``reachability``, ``identity``, ``fields``, ``write permission``, ``clock``,
            ``rate budget`` …).
        ok: Whether it is as it must be; None: could not be told.
        found: What was found, for a person.
        mend: How to mend it, or empty.
    """

    name: str
    ok: bool | None
    found: str
    mend: str = ""


class Connector(Protocol):
    """One live connection to one tool. Not shared between threads."""

    @property
    def reader(self) -> Reader:
        """The reading half."""
        ...

    @property
    def writer(self) -> Writer | None:
        """The writing half, or None for a tool that can only be read."""
        ...

    def catalog(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Catalog:
        """Ask the tool what it can hold.

        Args:
            places: Partition keys that are read.
            anchored: Those of them that have an anchor: only there records are created and statuses shown. None: all.
        """
        ...

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:
        """Look at reachability, identity, permissions, clock skew and rate budget; never raises for what it finds.

        Args:
            places: Partition keys of all places that engagements use: each must be readable.
            anchored: Those of them that have an anchor, where records are created and statuses shown: only there the
                permissions for that are needed. None: all of them.
        """
        ...

    def survey(self) -> Survey:
        """What this login can see that a first configuration could name (``syncline init``).

        Raises:
            FatalError: The whole connection is unusable.
            RetriableError: The connection is down or limited for now.
        """
        ...


class TokenStore(Protocol):
    """Keeps tokens that the tool gives us at run time; never in an ordinary store row, log or report."""

    def get(self, name: str) -> str | None:
        """The token last put under ``name``, or None."""
        ...

    def put(self, name: str, value: str) -> None:
        """Keep ``value`` under ``name``, durable before returning."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorContext:
    """What a connector is given when it is made.

    Attributes:
        connection: Its name in the configuration.
        settings: Its validated ``[connections.x]`` table, an instance of the spec's settings model.
        secrets: The values of the credentials that the settings name, by setting name. Never logged.
        transport: The one place an HTTP request leaves.
        tokens: Token store.
        clock: Time.
        folder: Where relative paths of the settings start: the configuration's folder.
    """

    connection: str
    settings: BaseModel
    secrets: Mapping[str, str]
    transport: Transport
    tokens: TokenStore
    clock: Clock
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """One kind of record of a connector.

    Attributes:
        name: Name of the stream.
        title: Plural for people ("Jira issues").
        per_place: True: one partition for each place that the engagements name (a project); False: one fixed partition.
        fixed_partition: Key of the fixed partition, when not ``per_place``.
        by_version: Whether the reader is told what is held (``Wanted.held``): a search that tells which records may
            have changed, and not their versions, makes it read them one by one.
        whole: Whether its records come whole, whatever fields are asked for: a newly wanted field needs no new reading.
        kept: Whether a record that no longer comes stays: only a tombstone says that it is gone.
    """

    name: str
    title: str
    per_place: bool
    fixed_partition: str = ""
    by_version: bool = False
    whole: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do, as data, so that nothing elsewhere asks which tool it is.

    Attributes:
        writes: The shapes of write it makes.
        guarded: Whether SET_FIELDS is refused by the tool itself when the record changed since ``version``.
        tombstones: Whether deletions come with the incremental read.
        bounded: Names of the streams that can be read between two instants (``Wanted.since``, ``Wanted.until``).
    """

    writes: frozenset[WriteKind]
    guarded: bool
    tombstones: bool
    bounded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a name is spelt that a person gives in the configuration.

    Attributes:
        pattern: Regular expression that the whole name fits; in an anchor's, the group ``place``: where it lies.
        example: One such name, with what it is ("a project key such as NIM").
    """

    pattern: str
    example: str


Inert = Callable[[FieldInfo, str], str]
"""Makes a text harmless for a field of one tool: see ``ConnectorSpec.inert``."""


RequestsToRead = Callable[[BaseModel, str, Sequence[int]], int]
"""About how many requests a reading takes: see ``ConnectorSpec.requests_to_read``."""


def as_it_is(field: FieldInfo, text: str) -> str:  # noqa: ARG001 - the signature of Inert
    """The text itself: for a tool that reads nothing in a text."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSpec:
    """All that registers a connector. ``connectors/X/__init__.py`` holds one as ``SPEC``.

    Attributes:
        kind: Value of ``kind`` in the configuration (``jira``).
        title: For people (``Jira``).
        settings: Pydantic model of its ``[connections.x]`` table (without ``kind``); secrets are fields of type
            ``connectors.core.settings.Credential``.
        streams: Its streams, the most telling first.
        capabilities: What it can do.
        mapping: Text of its default ``mapping.toml``.
        connect: Makes a live connection; makes no request by itself.
        place: How its places are spelt; None: anyhow, or it has none.
        anchor: How the keys of its anchors are spelt; None: anyhow, or it has none.
        ways: The ways to log in, for whoever writes a first configuration; empty: what the settings demand is asked.
        inert: What to write into a field so that people read a text and the tool does nothing by it: mentions nobody,
            refers to nothing, shows no image, runs no macro. Pure; its own answer stays as it is; the tool gives it
            back as it was written. Of a link or a block the field is named by what the write holds (``text``).
        streams_of: Names of those of ``streams`` that a connection of such settings has; None: all of them.
        requests_to_read: About how many requests it takes to read partitions of a stream from the beginning, by the
            connection's settings, the stream's name and how many records each partition has. Pure, and for a forecast:
            what starting and looking at anchors takes is not in it. None: it cannot be told.
    """

    kind: str
    title: str
    settings: type[BaseModel]
    streams: tuple[StreamSpec, ...]
    capabilities: Capabilities
    mapping: Callable[[], str]
    connect: Callable[[ConnectorContext], Connector]
    place: Form | None = None
    anchor: Form | None = None
    ways: tuple[Way, ...] = ()
    inert: Inert = as_it_is
    streams_of: Callable[[BaseModel], tuple[str, ...]] | None = None
    requests_to_read: RequestsToRead | None = None
