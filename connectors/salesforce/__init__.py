"""Salesforce: the partner's commercial record, read over SOQL and written by sObject rows and collections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from connectors.core.port import Capabilities, Connector, ConnectorContext, ConnectorSpec, StreamSpec, WriteKind
from connectors.salesforce.inert import inert
from connectors.salesforce.settings import DEFAULT_OBJECTS, SalesforceSettings
from connectors.salesforce.ways import WAYS

__all__ = ["SPEC"]

_TITLES = {
    "engagements": "Engagements",
    "deliverables": "Deliverables",
    "scope_items": "Scope items",
    "baselines": "Scope baselines",
    "risks": "Risks",
    "requests": "Engineering requests",
    "mitigations": "Mitigations",
    "dependencies": "Dependencies of deliverables",
    "accounts": "Accounts",
    "users": "Users",
    "opportunities": "Opportunities",
    "opportunity_products": "Opportunity products",
}
_STANDARD = {"opportunities": "Opportunity", "opportunity_products": "OpportunityLineItem"}


def _mapping() -> str:
    return Path(__file__).with_name("mapping.toml").read_text(encoding="utf-8")


def _connect(context: ConnectorContext) -> Connector:
    from connectors.salesforce.connector import SalesforceConnector  # the client library loads when it is needed

    return SalesforceConnector(context)


def _streams_of(settings: BaseModel) -> tuple[str, ...]:
    if not isinstance(settings, SalesforceSettings):
        raise TypeError(f"expected SalesforceSettings, got {type(settings).__name__}")
    return settings.streams()


def _requests_to_read(settings: BaseModel, stream: str, counts: Sequence[int]) -> int:  # noqa: ARG001 - the signature of the port; all objects are read alike
    """The pages of one query for each object; that the first pages of several share a request saves a few."""
    from connectors.salesforce.client import PAGE_ROWS  # as above

    return sum(max(1, -(-count // PAGE_ROWS)) for count in counts)


SPEC = ConnectorSpec(
    kind="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    streams=tuple(
        StreamSpec(name=name, title=title, per_place=False, fixed_partition={**DEFAULT_OBJECTS, **_STANDARD}[name])
        for name, title in _TITLES.items()
    ),
    capabilities=Capabilities(
        writes=frozenset({WriteKind.SET_FIELDS, WriteKind.UPSERT}),
        guarded=True,
        tombstones=True,
        bounded=frozenset(_TITLES),
    ),
    mapping=_mapping,
    connect=_connect,
    ways=WAYS,
    inert=inert,
    streams_of=_streams_of,
    requests_to_read=_requests_to_read,
)
