"""What the ``[connections.x]`` table of a Salesforce connection may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StrictInt, field_validator, model_validator

from connectors.core.settings import ConnectionSettings, Credential, Number

DEFAULT_OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "accounts": "Account",
        "users": "User",
        "engagements": "Engagement__c",
        "baselines": "Scope_Baseline__c",
        "scope_items": "Scope_Item__c",
        "deliverables": "Deliverable__c",
        "risks": "Syncline_Risk__c",
        "requests": "Engineering_Request__c",
        "mitigations": "Mitigation__c",
        "dependencies": "Deliverable_Dependency__c",
    }
)
"""Object of each stream, as installed from ``deploy/salesforce``."""

FURTHER_STREAMS = ("opportunities", "opportunity_products")
"""Streams that are read only where ``objects`` names their objects (``Opportunity``, ``OpportunityLineItem``)."""

REGISTERS = frozenset({"risks", "requests", "mitigations", "dependencies"})
"""Streams of which an org need not have the object: no rule rests on them, and what is not there is not read."""

NOT_EVERYWHERE = frozenset({"CurrencyIsoCode", "Rate__c", "Effort_Hours__c", "Risk_Owner__c"})
"""Fields that an org need not have: the first is there where several currencies are, the others came later."""

DEFAULT_EXTERNAL_IDS: Mapping[str, str] = MappingProxyType(
    {"engagements": "Key__c", "risks": "Risk_Key__c", "requests": "Request_Key__c"}
)
"""External id field of each stream that has one, as installed from ``deploy/salesforce``."""

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Flow(StrEnum):
    """How the login proves itself; the username-password flows end with Salesforce's Summer '27 and are not offered."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT = "jwt"


class SalesforceSettings(ConnectionSettings):
    """One Salesforce org and one login on it. Unknown keys are refused."""

    url: str
    """My Domain address, https (``https://partner.my.salesforce.com``)."""
    flow: Flow
    """``client_credentials`` or ``jwt``."""
    client_id: str
    """Consumer key of the External Client App."""
    client_secret: Credential | None = None
    """Its consumer secret; required for ``client_credentials``."""
    username: str | None = None
    """User to act as; required for ``jwt``."""
    private_key: Credential | None = None
    """RSA key in PEM form whose certificate the app holds; required for ``jwt``."""
    api_version: str = Field(default="60.0", pattern=r"^\d{2,3}\.0$")
    """Version of the REST API."""
    ca_file: str | None = None
    """Path of additional CA certificates in PEM form."""
    overlap_minutes: StrictInt = Field(default=10, ge=1, le=1440)
    """How far each read reaches back before the last one: a transaction may commit rows stamped this long ago."""
    objects: Mapping[str, str | Literal[False]] = Field(default_factory=lambda: dict(DEFAULT_OBJECTS))
    """API name of the object of each stream; streams that are not named keep their default. False: it is not read."""
    external_ids: Mapping[str, str] = Field(default_factory=lambda: dict(DEFAULT_EXTERNAL_IDS))
    """API name of the external id field of a stream; it must be marked External ID and Unique."""
    daily_share: Number = Field(default=0.10, gt=0, le=1)
    """Share of the org's API requests in 24 hours that syncline may use."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("expected an https address such as https://partner.my.salesforce.com")
        if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError("expected an address without user, password, path, query or fragment")
        return value.rstrip("/")

    @field_validator("objects", "external_ids")
    @classmethod
    def _api_names(cls, value: Mapping[str, str | Literal[False]]) -> Mapping[str, str | Literal[False]]:
        known = (*DEFAULT_OBJECTS, *FURTHER_STREAMS)
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise ValueError(f"unknown streams {', '.join(unknown)}; expected {', '.join(known)}")
        wrong = sorted(name for name in value.values() if name is not False and not _API_NAME.fullmatch(name))
        if wrong:
            raise ValueError(f"expected API names such as Engagement__c, found {', '.join(map(repr, wrong))}")
        return value

    @model_validator(mode="after")
    def _flow_needs(self) -> Self:
        needed: dict[str, object] = (
            {"client_secret": self.client_secret}
            if self.flow is Flow.CLIENT_CREDENTIALS
            else {"username": self.username, "private_key": self.private_key}
        )
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            raise ValueError(f'{" and ".join(missing)} required with flow = "{self.flow}"')
        return self

    def streams(self) -> tuple[str, ...]:
        """Names of the streams that are read and written."""
        known = (*DEFAULT_OBJECTS, *FURTHER_STREAMS)
        return tuple(s for s in known if self.objects.get(s, DEFAULT_OBJECTS.get(s, False)) is not False)

    def object_of(self, stream: str) -> str:
        """API name of a stream's object."""
        return self.objects.get(stream) or DEFAULT_OBJECTS[stream]

    def external_id_of(self, stream: str) -> str | None:
        """API name of a stream's external id field, if it has one."""
        return self.external_ids.get(stream) or DEFAULT_EXTERNAL_IDS.get(stream)
