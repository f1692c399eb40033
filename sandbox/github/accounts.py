"""What the state holds of accounts, teams, apps, tokens and webhooks. Fields are the keys of the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.github.state_fields import instant, maybe_instant

Level = Literal["read", "write", "admin"]
"""How far a permission of a token reaches."""


@dataclass(slots=True, kw_only=True)
class IssueType:
    """A type of issues, of an organization."""

    name: str
    id: int = 0
    description: str | None = None
    color: str | None = None
    is_enabled: bool = True
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Team:
    """A team of an organization. `parent` is a slug; `repositories` have roles by `owner/name`."""

    name: str
    slug: str = ""
    id: int = 0
    description: str | None = None
    privacy: str = "closed"
    members: dict[str, str] = field(default_factory=dict)
    repositories: dict[str, str] = field(default_factory=dict)
    parent: str | None = None
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Account:
    """A user, an organization or a bot."""

    login: str
    id: int = 0
    type: str = "User"
    name: str | None = None
    email: str | None = None
    company: str | None = None
    bio: str | None = None
    site_admin: bool = False
    members: dict[str, str] = field(default_factory=dict)
    base_permission: str = "read"
    issue_types: list[IssueType] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    location: str | None = None
    blog: str = ""
    created_at: str = instant()
    updated_at: str = instant()

    @property
    def is_organization(self) -> bool:
        """Whether members, not itself, act in it."""
        return self.type == "Organization"


@dataclass(slots=True, kw_only=True)
class Hook:
    """A webhook of a repository or an organization."""

    url: str = ""
    id: int = 0
    secret: str = ""
    content_type: str = "json"
    insecure_ssl: str = "0"
    events: list[str] = field(default_factory=lambda: ["push"])
    active: bool = True
    created_at: str = instant()
    updated_at: str = instant()
    last_status: int | None = None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One attempt to tell a hook."""

    id: int
    hook: int
    guid: str
    event: str
    action: str | None
    delivered_at: str = instant()
    redelivery: bool = False
    duration: float = 0.0
    status: str = "OK"
    status_code: int = 200
    repository_id: int | None = None
    installation_id: int | None = None
    payload: Any = None
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str | None = None


@dataclass(slots=True, kw_only=True)
class Installation:
    """An app's right to act on an account's repositories."""

    id: int
    account: str
    permissions: dict[str, Level]
    repositories: Any = "all"
    suspended: bool = False
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class App:
    """A GitHub App."""

    id: int
    slug: str
    name: str = ""
    owner: str = ""
    client_id: str = ""
    public_key: str = ""
    installations: list[Installation] = field(default_factory=list)
    hook: Hook | None = None
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Token:
    """A personal access token."""

    token: str
    login: str
    kind: str = "fine_grained"
    permissions: dict[str, Level] = field(default_factory=dict)
    repositories: Any = "all"
    scopes: list[str] = field(default_factory=list)
    expires_at: str | None = maybe_instant()


@dataclass(slots=True, kw_only=True)
class InstallationToken:
    """A token that an app got for an installation, perhaps narrowed."""

    token: str
    app: int
    installation: int
    permissions: dict[str, Level]
    repositories: Any = "all"
    expires_at: str = instant()
