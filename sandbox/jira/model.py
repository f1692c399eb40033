"""The records that the stand-in holds in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Row = dict[str, Any]
"""One entry of a table of the state, as in the state document."""


class Deployment(StrEnum):
    """Which Jira is imitated."""

    CLOUD = "cloud"
    DATA_CENTER = "data-center"


class Kind(StrEnum):
    """What the value of a field is made of."""

    TEXT = "text"
    TEXTAREA = "textarea"
    URL = "url"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    LABELS = "labels"
    SELECT = "select"
    MULTISELECT = "multiselect"
    CASCADE = "cascadingselect"
    USER = "user"
    MULTIUSER = "multiuser"
    VERSIONS = "versions"
    COMPONENTS = "components"
    PROJECT = "project"
    ISSUETYPE = "issuetype"
    STATUS = "status"
    PRIORITY = "priority"
    RESOLUTION = "resolution"
    SECURITY = "security"
    PARENT = "parent"
    EPIC_LINK = "epiclink"
    EPIC_NAME = "epicname"
    SPRINT = "sprint"
    RANK = "rank"
    DERIVED = "derived"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDef:
    """One field of the site.

    Attributes:
        id: `summary` or `customfield_NNNNN`.
        schema: as `/field` gives it; None for the few that have none.
        options: `{"id", "value"}` of a select; those of the second level of a cascading one name theirs as `optionId`.
        projects: keys of the projects whose screens have it; None is all.
        issuetypes: ids of the types whose screens have it; None is all.
        editable: whether create and edit may set it.
        navigable: whether `*navigable` gives it.
        required: whether create must give it, where it is on the screen.
    """

    id: str
    name: str
    kind: Kind
    schema: Mapping[str, Any] | None
    custom: bool = False
    options: tuple[Mapping[str, Any], ...] = ()
    projects: frozenset[str] | None = None
    issuetypes: frozenset[str] | None = None
    editable: bool = True
    navigable: bool = True
    required: bool = False
    clauses: tuple[str, ...] = ()

    def options_under(self, option_id: str | None) -> list[Mapping[str, Any]]:
        """List the options of the first level, or those under one of it."""
        return [one for one in self.options if one.get("optionId") == option_id]

    def option_above(self, option_id: str) -> str | None:
        """Give the option that one of the second level is under."""
        return next((one.get("optionId") for one in self.options if one["id"] == option_id), None)

    def on_screen(self, project_key: str, issuetype_id: str) -> bool:
        """Say whether an issue of that project and type can have the field set."""
        return (
            self.editable
            and (self.projects is None or project_key in self.projects)
            and (self.issuetypes is None or issuetype_id in self.issuetypes)
        )


@dataclass(slots=True, kw_only=True)
class Issue:
    """One issue.

    `fields` holds stored values: ids of users, statuses, versions and so on; plain text and numbers as they are. Values
    are replaced, never changed in place, so that a shallow copy is a snapshot.

    Attributes:
        created: milliseconds since the epoch; `updated` and `resolved` likewise.
        attachments: each with its bytes in `content`, as Base64.
        voters: ids of users; `watchers` likewise.
        entries: the changelog, oldest first.
        archived: who archived it (`by`) and when (`at`, milliseconds); None when it is not.
    """

    id: str
    key: str
    created: int
    updated: int
    resolved: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    remotelinks: list[Row] = field(default_factory=list)
    comments: list[Row] = field(default_factory=list)
    worklogs: list[Row] = field(default_factory=list)
    attachments: list[Row] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    old_keys: list[str] = field(default_factory=list)
    archived: Row | None = None
    cache: dict[Any, Any] = field(default_factory=dict)

    def snapshot(self) -> "Issue":
        """Copy what a search index would keep."""
        return Issue(
            id=self.id,
            key=self.key,
            created=self.created,
            updated=self.updated,
            resolved=self.resolved,
            fields=dict(self.fields),
            properties=dict(self.properties),
            remotelinks=list(self.remotelinks),
            comments=list(self.comments),
            worklogs=list(self.worklogs),
            attachments=list(self.attachments),
            voters=list(self.voters),
            watchers=list(self.watchers),
            entries=list(self.entries),
            archived=self.archived,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One issue link: the source "blocks" the target.

    Each end is an issue id, or the raw stub of an issue outside the state.
    """

    id: str
    type_id: str
    source: str | Mapping[str, Any]
    target: str | Mapping[str, Any]
