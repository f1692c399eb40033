"""Where reading stands (cursors)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.core.cursor_text import load
from connectors.github.errors import instant
from connectors.github.repositories import Repository, repository_of

_FORMAT = 1
UNDELIVERED = ""
"""Hash of an anchor that was met and whose record has not been delivered yet."""
UNSEEN = "unseen"
"""Hash of an anchor whose record was delivered without what it shows beside the issue, which could not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnchor:
    """An anchor that was met in a partition.

    Attributes:
        number: Its number in the repository.
        comment: GraphQL id of its managed comment, or empty.
        hash: What it showed when its record was last delivered; or ``UNDELIVERED``, ``UNSEEN``.
    """

    number: int
    comment: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesCursor:
    """How far the issues of one repository have been read.

    Attributes:
        repository: The repository as the delivered records say it is.
        seen: Server instant at which that was last known to be so.
        since: The next read asks for what was updated at this instant or later; None: for everything.
        etags: ETag of the answer to that very question by its address (of each page, if it had several); empty: not
            known.
        anchors: Anchors by issue id.
    """

    repository: Repository
    seen: datetime
    since: datetime | None = None
    etags: Mapping[str, str] = field(default_factory=dict)
    anchors: Mapping[str, KnownAnchor] = field(default_factory=dict)

    def text(self) -> str:
        """As opaque text."""
        return json.dumps(
            {
                "v": _FORMAT,
                "repository": self.repository.facts(),
                "seen": self.seen.isoformat(),
                "since": stamp(self.since) if self.since is not None else None,
                "etags": dict(self.etags),
                "anchors": {k: [a.number, a.comment, a.hash] for k, a in sorted(self.anchors.items())},
            }
        )


def issues_cursor(text: str | None) -> IssuesCursor | None:
    """The cursor that ``text`` holds; None (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    repository, seen = repository_of(data.get("repository")), instant(data.get("seen"))
    since, etags = data.get("since"), data.get("etags")
    if repository is None or seen is None or (since is not None and instant(since) is None):
        return None
    try:
        anchors = {
            str(k): KnownAnchor(number=int(a[0]), comment=str(a[1]), hash=str(a[2]))
            for k, a in dict(data.get("anchors") or {}).items()
        }
    except (TypeError, ValueError, IndexError, KeyError):
        return None
    return IssuesCursor(
        repository=repository,
        seen=seen,
        since=instant(since),
        etags={str(k): str(v) for k, v in etags.items()} if isinstance(etags, dict) else {},
        anchors=anchors,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestonesCursor:
    """What was last seen of a repository's milestones.

    Attributes:
        repository: The repository as the delivered records say it is.
        etags: ETag of each page by its address; empty: not known.
        hashes: Version token by milestone id.
    """

    repository: Repository
    etags: Mapping[str, str]
    hashes: Mapping[str, str]

    def text(self) -> str:
        """As opaque text."""
        return json.dumps(
            {
                "v": _FORMAT,
                "repository": self.repository.facts(),
                "etags": dict(self.etags),
                "hashes": dict(self.hashes),
            }
        )


def milestones_cursor(text: str | None) -> MilestonesCursor | None:
    """The cursor that ``text`` holds; None (read everything) when there is none or it is not understood."""
    data = load(text, _FORMAT)
    repository = repository_of(data.get("repository"))
    parts = [data.get(name) for name in ("etags", "hashes")]
    if repository is None or not all(isinstance(part, dict) for part in parts):
        return None
    etags, hashes = (part or {} for part in parts)
    return MilestonesCursor(repository=repository, etags=etags, hashes=hashes)


def stamp(moment: datetime) -> str:
    """An instant as GitHub takes it: whole seconds, rounded down, in UTC whatever its zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
