"""Makes records of what GitHub answered; the same however it was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.core.port import Json, Record
from connectors.github.blocks import Block
from connectors.github.client import GithubClient
from connectors.github.errors import instant
from connectors.github.repositories import Repository
from connectors.github.spots import hint_of, labels_of

ISSUES = "issues"
MILESTONES = "milestones"

_HASH_LENGTH = 16  # hex digits, 64 bits
_PLAIN = ("title", "body", "state", "state_reason", "locked", "draft", "parent_issue_url", "closed_at")
_OF_MILESTONE = ("title", "description", "state", "due_on", "closed_at", "updated_at", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorState:
    """What an anchor shows beside the issue itself; none of it moves the issue's ``updated_at`` for certain.

    Attributes:
        item_id: Its item in the project, or None.
        fields: Wanted fields of the project by id: name and value (None: not set); None when no project is read.
        block: The managed comment, or None.
        comment_node: The comment's id in GraphQL, or empty.
        comment_id: The comment's id in the REST API, or empty.
    """

    item_id: str | None = None
    fields: Mapping[str, Mapping[str, Json]] | None = None
    block: Block | None = None
    comment_node: str = ""
    comment_id: str = ""

    def payload(self) -> dict[str, Json]:
        """What the payload of its record says."""
        found: dict[str, Json] = {"syncline_block": None}  # looked at, and there is none: a person may have deleted it
        if self.fields is not None:
            found["syncline_project"] = {
                "item_id": self.item_id,
                "fields": {name: dict(value) for name, value in self.fields.items()},
            }
        if self.block is not None:
            found["syncline_block"] = {
                "id": self.comment_id,
                "external_id": self.block.external_id,
                "text": self.block.text,
                "marker": dict(self.block.marker) if self.block.marker is not None else None,
            }
        return found

    def hash(self) -> str:
        """Changes whenever what is shown does."""
        return digest(self.payload())


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the records of one partition.

    Attributes:
        client: The client that they were read with.
        place: Partition key.
        repository: The repository.
        anchors: State of its anchors by issue id.
    """

    client: GithubClient
    place: str
    repository: Repository
    anchors: Mapping[str, AnchorState] = field(default_factory=dict)

    def issue(self, issue: Mapping[str, Json]) -> Record:
        """The record of one issue or pull request.

        Its version token begins with the address (which is all that tells where an id is), then has the update instant
        and a hash of what matters of the rest.

        Raises:
            RetriableError: It has no id or no number: that is no issue.
        """
        number, name = issue.get("id"), issue.get("number")
        if not isinstance(number, int) or not isinstance(name, int):
            raise self.client.nonsense("issue", "an issue without id or number")
        state = self.anchors.get(str(number))
        added: dict[str, Json] = {"syncline_repository": self.repository.shown()}
        if state is not None:
            added.update(state.payload())
        stated = issue.get("updated_at")
        hashed = digest([_matters(issue), added])
        return Record(
            connection=self.client.connection,
            stream=ISSUES,
            id=str(number),
            partition=self.place,
            key=f"{self.repository.full_name}#{name}",
            url=str(issue.get("html_url") or f"{self._web}/issues/{name}"),
            version=f"{hint_of(self.repository, name)}{stated or ''}#{hashed}",
            updated=instant(stated),
            visibility=self.repository.seen_by,
            payload={**issue, **added},
        )

    def milestone(self, milestone: Mapping[str, Json]) -> Record:
        """The record of one milestone; counts of its issues are no part of its version.

        Raises:
            RetriableError: It has no id: that is no milestone.
        """
        number = milestone.get("id")
        if not isinstance(number, int):
            raise self.client.nonsense("milestone", "a milestone without id")
        added = {"syncline_repository": self.repository.shown()}
        stated = milestone.get("updated_at")
        return Record(
            connection=self.client.connection,
            stream=MILESTONES,
            id=str(number),
            partition=self.place,
            key=f"{self.repository.full_name} {milestone.get('title') or number}",
            url=str(milestone.get("html_url") or f"{self._web}/milestones"),
            version=f"{stated or ''}#{digest([[milestone.get(k) for k in _OF_MILESTONE], added])}",
            updated=instant(stated),
            visibility=self.repository.seen_by,
            payload={**milestone, **added},
        )

    def milestone_gone(self, number: str) -> Record:
        """The tombstone of a milestone that was deleted."""
        return Record(
            connection=self.client.connection,
            stream=MILESTONES,
            id=number,
            partition=self.place,
            key=number,
            url=f"{self._web}/milestones",
            version="deleted",
            updated=None,
            visibility=self.repository.seen_by,
            payload={"id": int(number), "syncline_repository": self.repository.shown()},
            deleted=True,
        )

    @property
    def _web(self) -> str:
        return f"{self.client.settings.people_url}/{self.repository.full_name}"


def digest(value: Json) -> str:
    """A short hash that changes whenever ``value`` does."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _matters(issue: Mapping[str, Json]) -> list[Json]:
    """What of an issue makes a new version; the answers of a list and of a single read are alike in it."""
    return [
        [issue.get(name) for name in _PLAIN],
        sorted(labels_of(issue)),
        _part(issue.get("milestone"), "id", "title", "due_on", "state"),
        sorted(str(a.get("login")) for a in issue.get("assignees") or () if isinstance(a, Mapping)),
        _part(issue.get("type"), "name"),
        _part(issue.get("pull_request"), "merged_at"),
    ]


def _part(value: Json, *names: str) -> Json:
    return [value.get(name) for name in names] if isinstance(value, Mapping) else None


def is_anchor(issue: Mapping[str, Json], label: str) -> bool:
    """Whether an issue as answered is an anchor: it bears the label, and is no pull request."""
    return "pull_request" not in issue and label.casefold() in (name.casefold() for name in labels_of(issue))
