"""What the ``[connections.x]`` table of a Launchpad connection may hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, StrictInt, field_validator, model_validator

from connectors.core.settings import ConnectionSettings, Credential, web_address

_PRODUCTION = "https://api.launchpad.net"


class Watches(StrEnum):
    """Of which bugs the bug watches are read; each costs one request more."""

    LINKED = "linked"
    """Of those whose task in the project says that it follows a watch."""
    ALL = "all"
    """Of every bug that changed."""


class LaunchpadSettings(ConnectionSettings):
    """One Launchpad and one login on it. Unknown keys are refused."""

    url: str = _PRODUCTION
    """Service root without the version; production by default (never the library's default, which is staging)."""
    web_url: str | None = None
    """Address at which people open Launchpad; by default ``url`` without ``api.``."""
    consumer_key: str = Field(default="syncline", min_length=1)
    """OAuth consumer key that the credential was made for; a credential in INI form brings its own."""
    credentials: Credential
    """The OAuth credential: the INI text that launchpadlib writes, or ``token:secret``."""
    version: str = Field(default="devel", pattern=r"^devel$")
    """Version of the web service; only ``devel`` has blueprints and whiteboards."""
    ca_file: str | None = None
    """Path of additional CA certificates in PEM form."""
    overlap_minutes: StrictInt = Field(default=5, ge=1, le=1440)
    """How far each read reaches back before the last one, in minutes: for changes that were committed late."""
    lists_minutes: StrictInt = Field(default=60, ge=0, le=1440)
    """Shortest time between two reads of a project's blueprints, or milestones; they cannot be read incrementally."""
    census_hours: StrictInt = Field(default=24, ge=1, le=168)
    """Time between two looks at which bug tasks a project still has, in hours."""
    watches: Watches = Watches.LINKED
    """Of which bugs the bug watches are read: ``linked`` or ``all``."""

    @field_validator("url", "web_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value, "https://api.launchpad.net/")

    @model_validator(mode="after")
    def _root_without_version(self) -> Self:
        if self.url.endswith(f"/{self.version}"):
            raise ValueError(f"url is the service root without the version: leave out /{self.version}")
        return self

    @property
    def root(self) -> str:
        """Address of the web service in its version, with a slash at the end."""
        return f"{self.url}/{self.version}/"

    @property
    def people_url(self) -> str:
        """Address at which people open Launchpad, without a slash at the end."""
        return self.web_url or self.url.replace("://api.", "://", 1)
