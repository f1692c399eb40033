"""What the state holds of Projects v2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.github.state_fields import DAY, DERIVED, instant, maybe_instant, references


@dataclass(slots=True, kw_only=True)
class Option:
    """A choice of a single select field."""

    name: str
    id: str = ""
    color: str = "GRAY"
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Iteration:
    """An iteration of an iteration field."""

    title: str
    start_date: str = field(metadata=DAY)
    id: str = ""
    duration: int = 14


@dataclass(slots=True, kw_only=True)
class ProjectField:
    """A field of a project."""

    name: str
    type: str
    id: int = 0
    options: list[Option] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    duration: int = 14
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Draft:
    """A draft issue: it lives in a project alone."""

    title: str
    body: str = ""
    assignees: list[str] = field(default_factory=list)
    creator: str | None = None
    id: int = 0


@dataclass(slots=True, kw_only=True)
class ProjectItem:
    """An issue, a pull request or a draft in a project. Values are as in the document, by field name."""

    id: int = 0
    creator: str | None = None
    created_at: str = instant()
    updated_at: str = instant()
    archived: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    value_times: dict[str, str] = field(default_factory=dict)
    spelt: dict[str, Any] = field(default_factory=dict, repr=False, metadata=references("content"))
    draft: Draft | None = field(default=None, metadata=DERIVED)
    issue: int | None = field(default=None, metadata=DERIVED)


@dataclass(slots=True, kw_only=True)
class View:
    """A view of a project. Fields are named by their ids."""

    name: str
    number: int = 0
    id: int = 0
    layout: str = "table"
    filter: str | None = None
    visible_fields: list[int] = field(default_factory=list)
    sort_by: list[Any] = field(default_factory=list)
    group_by: list[int] = field(default_factory=list)
    vertical_group_by: list[int] = field(default_factory=list)
    creator: str | None = None
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class StatusUpdate:
    """What somebody said of how a project stands."""

    id: int = 0
    body: str | None = None
    status: Literal["AT_RISK", "COMPLETE", "INACTIVE", "OFF_TRACK", "ON_TRACK"] | None = None
    start_date: str | None = field(default=None, metadata=DAY)
    target_date: str | None = field(default=None, metadata=DAY)
    creator: str | None = None
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Project:
    """A project (Projects v2) of an organization or a user."""

    owner: str
    title: str
    number: int = 0
    id: int = 0
    short_description: str | None = None
    readme: str | None = None
    public: bool = False
    closed: bool = False
    creator: str | None = None
    created_at: str = instant()
    updated_at: str = instant()
    closed_at: str | None = maybe_instant()
    fields: list[ProjectField] = field(default_factory=list)
    items: list[ProjectItem] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    status_updates: list[StatusUpdate] = field(default_factory=list)
