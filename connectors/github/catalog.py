"""Asks GitHub what it can hold: the fields of the configured project beside those that every issue has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.errors import FatalError
from connectors.core.port import Catalog, FieldInfo, FieldType, Json
from connectors.github.client import GithubClient
from connectors.github.records import ISSUES, MILESTONES
from connectors.github.settings import ProjectRef

_LONGEST_TITLE = 256  # characters of an issue's title
_LONGEST_BODY = 65_536  # characters of a body or comment
_LONGEST_FIELD = 1024  # characters of a project's text field

_BUILT_IN = (
    FieldInfo(stream=ISSUES, name="Title", id="title", type=FieldType.TEXT, max_length=_LONGEST_TITLE),
    FieldInfo(stream=ISSUES, name="Body", id="body", type=FieldType.LONG_TEXT, max_length=_LONGEST_BODY),
    FieldInfo(stream=ISSUES, name="State", id="state", type=FieldType.OPTION, options=("open", "closed")),
    FieldInfo(stream=ISSUES, name="Labels", id="labels", type=FieldType.LABELS),
    FieldInfo(stream=ISSUES, name="Milestone", id="milestone", type=FieldType.REFERENCE),
    FieldInfo(stream=ISSUES, name="Assignees", id="assignees", type=FieldType.OTHER),
    FieldInfo(stream=ISSUES, name="Type", id="type", type=FieldType.REFERENCE),
    FieldInfo(stream=MILESTONES, name="Title", id="title", type=FieldType.TEXT),
    FieldInfo(stream=MILESTONES, name="Description", id="description", type=FieldType.LONG_TEXT),
    FieldInfo(stream=MILESTONES, name="State", id="state", type=FieldType.OPTION, options=("open", "closed")),
    FieldInfo(stream=MILESTONES, name="Due on", id="due_on", type=FieldType.DATETIME),
)
_OURS = frozenset({"TEXT", "SINGLE_SELECT", "NUMBER", "DATE", "ITERATION"})
"""Kinds of project field that are the project's own; the others repeat what the issue says."""
_TYPES = {
    "TEXT": FieldType.TEXT,
    "SINGLE_SELECT": FieldType.OPTION,
    "NUMBER": FieldType.NUMBER,
    "DATE": FieldType.DATE,
}
_PROJECT = """query SynclineProject($owner: String!, $number: Int!) {
 repositoryOwner(login: $owner) { ... on ProjectV2Owner { projectV2(number: $number) {
  id title closed viewerCanUpdate
  fields(first: 100) { nodes { __typename
   ... on ProjectV2FieldCommon { id name dataType }
   ... on ProjectV2SingleSelectField { options { id name } } } } } } } }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectField:
    """One field of a project: its GraphQL id, name, kind (``TEXT`` …), and option ids by name."""

    id: str
    name: str
    kind: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Projects v2 project.

    Attributes:
        id: Its GraphQL id.
        title: Its title.
        closed: Whether it is closed.
        writable: Whether this login may change its items.
        fields: Its own fields by id.
    """

    id: str
    title: str
    closed: bool
    writable: bool
    fields: Mapping[str, ProjectField]


def read_project(client: GithubClient, ref: ProjectRef) -> Project:
    """The project that the settings name: one request.

    Raises:
        FatalError: There is none, or this login may not see it.
    """
    data = client.query(_PROJECT, {"owner": ref.owner, "number": ref.number}).data
    owner = data.get("repositoryOwner")
    found = owner.get("projectV2") if isinstance(owner, Mapping) else None
    if not isinstance(found, Mapping) or not found.get("id"):
        raise FatalError(
            f"{client.connection}: project {ref.owner}/{ref.number} does not exist or this login may not see it;"
            " correct project, or give the token or app the organisation permission Projects",
            connection=client.connection,
            place=f"project {ref.owner}/{ref.number}",
        )
    nodes = found.get("fields", {}).get("nodes") or ()
    fields = [_field(node) for node in nodes if isinstance(node, Mapping) and node.get("dataType") in _OURS]
    return Project(
        id=str(found["id"]),
        title=str(found.get("title", "")),
        closed=bool(found.get("closed")),
        writable=bool(found.get("viewerCanUpdate")),
        fields={f.id: f for f in fields},
    )


def _field(node: Mapping[str, Json]) -> ProjectField:
    options = {str(o.get("name")): str(o.get("id")) for o in node.get("options") or () if isinstance(o, Mapping)}
    return ProjectField(id=str(node["id"]), name=str(node["name"]), kind=str(node["dataType"]), options=options)


def catalog_of(project: Project | None, places: Sequence[str]) -> Catalog:
    """The catalog; ``record_types`` names the places, in which no records are created."""
    fields = project.fields.values() if project is not None else ()
    own = (
        FieldInfo(
            stream=ISSUES,
            name=f.name,
            id=f.id,
            type=_TYPES.get(f.kind, FieldType.OTHER),
            options=tuple(f.options),
            writable=project.writable if project is not None else None,
            max_length=_LONGEST_FIELD if f.kind == "TEXT" else None,
        )
        for f in fields
    )
    return Catalog(fields=(*_BUILT_IN, *own), record_types={place: () for place in places if "/" in place})


def project_fields(catalog: Catalog, wanted: Iterable[str]) -> dict[str, str]:
    """Which fields of the project are wanted: id to name, in the order of the ids."""
    built_in = {info.id for info in _BUILT_IN}
    found = {info.id: info.name for name in wanted for info in catalog.find(ISSUES, name) if info.id not in built_in}
    return dict(sorted(found.items()))
