"""What the ``[connections.x]`` table of a GitHub connection may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, StrictInt, field_validator, model_validator

from connectors.core.settings import ConnectionSettings, Credential, web_address

_PUBLIC_API = "api.github.com"
_PROJECT = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)/([1-9]\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRef:
    """A Projects v2 project: the account that owns it, and its number there."""

    owner: str
    number: int


class GithubSettings(ConnectionSettings):
    """One login, or one installation of an app, on GitHub.com, GHE.com or a GitHub Enterprise Server.

    Unknown keys are refused. Exactly one of ``token`` and ``app_id`` with ``installation_id`` and ``private_key``.
    """

    url: str = "https://api.github.com"
    """Address of the REST API; of an Enterprise Server ``https://HOST/api/v3``, of GHE.com ``https://api.SUB.ghe.com``."""
    web_url: str | None = None
    """Address at which people open GitHub, when it does not follow from ``url``."""
    token: Credential | None = None
    """Fine-grained personal access token."""
    app_id: str | None = None
    """Id (or client id) of a GitHub App."""
    installation_id: StrictInt | None = None
    """Id of its installation on the organisation."""
    private_key: Credential | None = None
    """Its RSA key in PEM form."""
    project: str | None = None
    """Projects v2 project whose fields show the status on anchors: ``ORG/NUMBER``."""
    anchor_label: str = Field(default="engagement-anchor", min_length=1)
    """Label of the issues that stand for engagements: their project fields and managed comment are read too."""
    ca_file: str | None = None
    """Path of additional CA certificates in PEM form."""
    overlap_seconds: StrictInt = Field(default=120, ge=60, le=3600)
    """How long after its stamp a change may become visible, in seconds; no cursor comes nearer to the server's time."""

    points_per_minute: StrictInt | None = Field(default=850, ge=10)
    """Most points spent in a minute (a read counts 1, a write 5): below the 900 of GitHub's secondary limit."""

    @field_validator("url", "web_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value, "https://api.github.com")

    @field_validator("project")
    @classmethod
    def _project_form(cls, value: str | None) -> str | None:
        if value is not None and not _PROJECT.fullmatch(value):
            raise ValueError("expected ORG/NUMBER, as at the end of the project's address (orgs/ORG/projects/NUMBER)")
        return value

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        app = {"app_id": self.app_id, "installation_id": self.installation_id, "private_key": self.private_key}
        given = [name for name, value in app.items() if value is not None]
        if (self.token is None) == (not given):
            raise ValueError("expected either token, or app_id, installation_id and private_key")
        if given and len(given) < len(app):
            raise ValueError(f"{' and '.join(n for n in app if n not in given)} required with {given[0]}")
        return self

    @property
    def people_url(self) -> str:
        """Address at which people open GitHub."""
        if self.web_url is not None:
            return self.web_url
        parts = urlsplit(self.url)
        host = "github.com" if parts.hostname == _PUBLIC_API else parts.netloc.removeprefix("api.")
        return f"{parts.scheme}://{host}"

    @property
    def project_ref(self) -> ProjectRef | None:
        """The project of ``project``."""
        found = _PROJECT.fullmatch(self.project or "")
        return ProjectRef(owner=found[1], number=int(found[2])) if found else None

    @property
    def reads_blocks(self) -> bool:
        """Whether managed comments matter on this connection."""
        return "anchor.block" in self.owned
