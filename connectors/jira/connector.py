"""One live connection to one Jira site."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.core.port import Catalog, CheckResult, ConnectorContext, Survey
from connectors.jira.catalog import read_catalog
from connectors.jira.check import check
from connectors.jira.client import JiraClient
from connectors.jira.reader import JiraReader
from connectors.jira.survey import survey
from connectors.jira.writer import JiraWriter


class JiraConnector:
    """See ``connectors.core.port.Connector``. Makes no request when made."""

    def __init__(self, context: ConnectorContext) -> None:
        self._client = JiraClient(context)
        self._reader = JiraReader(self._client)
        self._writer = JiraWriter(self._client)

    @property
    def reader(self) -> JiraReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> JiraWriter:
        """The writing half."""
        return self._writer

    def catalog(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Catalog:
        """Fields, and options and issue types of the places in which issues may be created."""
        found = read_catalog(self._client, places if anchored is None else sorted(anchored))
        self._writer.learn(found)
        return found

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:
        """Reachability, identity, clock, permissions, fields, issue types and rate budget."""
        return check(self._client, places, anchored)

    def survey(self) -> Survey:
        """Projects, resolutions and statuses."""
        return survey(self._client)
