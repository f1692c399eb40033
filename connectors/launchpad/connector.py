"""One live connection to one Launchpad."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.core.port import Catalog, CheckResult, ConnectorContext, Survey
from connectors.launchpad.catalog import fixed_catalog
from connectors.launchpad.check import check
from connectors.launchpad.client import LaunchpadClient
from connectors.launchpad.reader import LaunchpadReader
from connectors.launchpad.writer import LaunchpadWriter


class LaunchpadConnector:
    """See ``connectors.core.port.Connector``. Makes no request when made."""

    def __init__(self, context: ConnectorContext) -> None:
        self._client = LaunchpadClient(context)
        self._reader = LaunchpadReader(self._client)
        self._writer = LaunchpadWriter(self._client)

    @property
    def reader(self) -> LaunchpadReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> LaunchpadWriter:
        """The writing half."""
        return self._writer

    def catalog(
        self,
        places: Sequence[str],  # noqa: ARG002 - signature of the port; nothing is created in places
        anchored: Collection[str] | None = None,  # noqa: ARG002 - as above
    ) -> Catalog:
        """Fields and choices; no request."""
        return fixed_catalog()

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:  # noqa: ARG002 - signature of the port; Launchpad tells of no permission before it is tried
        """Reachability, identity, clock, the service's description, projects, and what a credential may write."""
        return check(self._client, places)

    def survey(self) -> Survey:
        """Nothing, and no request: Launchpad does not list the projects of a login, and its statuses are fixed."""
        return Survey()
