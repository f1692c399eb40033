"""One live connection to a Salesforce org."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.core.port import Catalog, CheckResult, ConnectorContext, Survey
from connectors.salesforce.catalog import read_catalog
from connectors.salesforce.check import check_connection
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.reader import SalesforceReader
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.survey import survey
from connectors.salesforce.writer import SalesforceWriter


class SalesforceConnector:
    """Reader, writer, catalog and check over one client. Makes no request until asked; not shared between threads."""

    def __init__(self, context: ConnectorContext) -> None:
        if not isinstance(context.settings, SalesforceSettings):
            raise TypeError(f"expected SalesforceSettings, got {type(context.settings).__name__}")
        self._client = SalesforceClient(context, context.settings)
        self._clock = context.clock
        self._reader = SalesforceReader(self._client, context.clock)
        self._writer = SalesforceWriter(self._client)

    @property
    def reader(self) -> SalesforceReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> SalesforceWriter:
        """The writing half."""
        return self._writer

    def catalog(
        self,
        places: Sequence[str],  # noqa: ARG002 - objects are the same for every place
        anchored: Collection[str] | None = None,  # noqa: ARG002 - as above
    ) -> Catalog:
        """Fields of all streams' objects that this user can see; one request."""
        return read_catalog(self._client)

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:  # noqa: ARG002 - objects are the same for every place
        """Reachability, API version, clock, identity, objects and fields, write permission, daily quota."""
        return check_connection(self._client, self._clock)

    def survey(self) -> Survey:
        """The values of picklists."""
        return survey(self._client)
