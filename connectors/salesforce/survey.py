"""What Salesforce tells whoever writes a first configuration: the values of its picklists."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.port import Offered, Survey
from connectors.salesforce.catalog import describe_all
from connectors.salesforce.client import SalesforceClient


def survey(client: SalesforceClient) -> Survey:
    """The active values of all picklists of the streams' objects, restricted or not; one request."""
    return Survey(values=tuple(_values(client)))


def _values(client: SalesforceClient) -> Iterator[Offered]:
    for stream, described in describe_all(client).items():
        for field in (described or {}).get("fields", ()):
            for value in field.get("picklistValues") or ():
                if value.get("active", True) and value.get("value"):
                    label = str(value.get("label") or "")
                    yield Offered(
                        stream=stream,
                        field=str(field["name"]),
                        value=str(value["value"]),
                        hint=f"shown as {label}" if label != str(value["value"]) else "",
                    )
