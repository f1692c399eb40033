"""What the ``[connections.x]`` table of a Jira connection may hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, StrictBool, StrictInt, field_validator, model_validator

from connectors.core.settings import ConnectionSettings, Credential, web_address


class Deployment(StrEnum):
    """The two kinds of Jira: they differ in searching, in logging in and in what one request can hold."""

    CLOUD = "cloud"
    DATA_CENTER = "data-center"


class JiraSettings(ConnectionSettings):
    """One Jira site and one login on it. Unknown keys are refused."""

    url: str
    """Base address, with the context path if there is one; for scoped Cloud tokens ``https://api.atlassian.com/ex/jira/CLOUDID``."""
    deployment: Deployment
    """``cloud`` or ``data-center``."""
    email: str | None = None
    """E-mail address of the login; required for Cloud (Basic authentication with an API token)."""
    token: Credential
    """API token (Cloud) or personal access token (Data Center)."""
    site_url: str | None = None
    """Address at which people open the site, when it is not ``url`` (gateway addresses)."""
    ca_file: str | None = None
    """Path of additional CA certificates in PEM form."""
    overlap_minutes: StrictInt = Field(default=5, ge=1, le=1440)
    """How far each read reaches back before the last one, in minutes: the search index lags behind the issues."""
    versions_minutes: StrictInt = Field(default=60, ge=0, le=1440)
    """Shortest time between two reads of a project's versions, in minutes; they cannot be read incrementally."""
    notify_users: StrictBool = True
    """False: edits send no mail. Jira lets only project administrators do that, and refuses the edit otherwise."""

    @field_validator("url", "site_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value, "https://partner.example")

    @model_validator(mode="after")
    def _cloud_needs_email(self) -> Self:
        if self.deployment is Deployment.CLOUD and not self.email:
            raise ValueError('email is required with deployment = "cloud"')
        return self

    @property
    def people_url(self) -> str:
        """Address at which people open the site."""
        return self.site_url or self.url
