"""One live connection to one GitHub."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.core.port import Catalog, CheckResult, ConnectorContext, Survey
from connectors.github.catalog import catalog_of
from connectors.github.check import check
from connectors.github.client import GithubClient
from connectors.github.projects import ProjectDesk
from connectors.github.reader import GithubReader
from connectors.github.repositories import Places
from connectors.github.spots import Spots
from connectors.github.survey import survey
from connectors.github.writer import GithubWriter


class GithubConnector:
    """See ``connectors.core.port.Connector``. Makes no request when made."""

    def __init__(self, context: ConnectorContext) -> None:
        self._client = GithubClient(context)
        self._places = Places(self._client)
        self._projects = ProjectDesk(self._client)
        spots = Spots(self._client, self._places)
        self._reader = GithubReader(self._client, self._places, spots)
        self._writer = GithubWriter(self._client, spots, self._projects)

    @property
    def reader(self) -> GithubReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> GithubWriter:
        """The writing half."""
        return self._writer

    def catalog(
        self,
        places: Sequence[str],
        anchored: Collection[str] | None = None,  # noqa: ARG002 - signature of the port; one project serves all places
    ) -> Catalog:
        """Fields of the configured project, if there is one (one request), and those of every issue."""
        found = catalog_of(self._projects.read(), places)
        self._writer.learn(found)
        return found

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:
        """Reachability, identity, clock, repositories, the project's fields and the rate budget."""
        return check(self._client, self._places, self._projects, places, anchored)

    def survey(self) -> Survey:
        """Repositories."""
        return survey(self._client)
