"""Makes records of what Jira answered; one odd issue stops nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from connectors.core.port import Catalog, Json, Record, Visibility
from connectors.jira.client import JiraClient, parse_instant

ISSUES = "issues"
VERSIONS = "versions"

_ALWAYS = ("updated", "security")  # the connector itself needs them: version token and visibility
_KEPT = frozenset({"id", "key", "self", "fields", "properties"})
_HASH_LENGTH = 16  # hex digits, 64 bits


def field_ids(names: Iterable[str], catalog: Catalog) -> list[str]:
    """Ids to ask for, from ids or visible names; all ids of a repeated name; names absent on this site are left out."""
    found = {info.id for name in names for info in catalog.find(ISSUES, name)}
    return sorted(found.union(_ALWAYS))


def digest(value: Json) -> str:
    """A short hash that changes whenever ``value`` does."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def issue_record(client: JiraClient, issue: Mapping[str, Json], partitions: Sequence[str] = ()) -> Record:
    """The record of one issue; the same however it was read, by a search or by its id.

    The payload is the issue as answered, without what belongs to the request (``expand``), without what its links
    repeat of the other issues (whose changes are no change of this one), and on Data Center without properties, which
    only some of its answers have. The version token is the update instant with a hash of the rest, so that a newly
    asked field, or on Cloud a marker (which does not move the update instant), makes a new version too.

    Args:
        client: The client that it was read with.
        issue: The issue as answered.
        partitions: Project keys that were asked for.

    Raises:
        RetriableError: It has no id or no key: that is no issue.
    """
    number, key = issue.get("id"), issue.get("key")
    if not isinstance(number, (str, int)) or not isinstance(key, str) or not key:
        raise client.nonsense("issue", "an issue without id or key")
    kept = _KEPT if client.cloud else _KEPT - {"properties"}
    payload = {name: value for name, value in issue.items() if name in kept}
    fields = payload.get("fields")
    held: Mapping[str, Json] = fields if isinstance(fields, Mapping) else {}
    if isinstance(links := held.get("issuelinks"), list):
        held = payload["fields"] = {**held, "issuelinks": [_link(link) for link in links]}
    stated = held.get("updated")
    return Record(
        connection=client.connection,
        stream=ISSUES,
        id=str(number),
        partition=_partition(key, partitions),
        key=key,
        url=f"{client.settings.people_url}/browse/{key}",
        version=f"{stated or ''}#{digest([held, payload.get('properties') or {}])}",
        updated=parse_instant(stated),
        visibility=Visibility.RESTRICTED if held.get("security") else Visibility.INTERNAL,
        payload=payload,
    )


def _link(link: Json) -> Json:
    """A link with nothing of the other issue but its id and key."""
    if not isinstance(link, Mapping):
        return link
    sides = {side: link[side] for side in ("inwardIssue", "outwardIssue") if isinstance(link.get(side), Mapping)}
    return {**link, **{side: {k: v for k, v in one.items() if k in ("id", "key")} for side, one in sides.items()}}


def _partition(key: str, partitions: Sequence[str]) -> str:
    prefix = key.rpartition("-")[0]
    for name in partitions:
        if name.casefold() == prefix.casefold():
            return name
    # A renamed project is still found under its old key, and its issues carry the new one.
    return partitions[0] if len(partitions) == 1 else prefix


def version_record(client: JiraClient, version: Mapping[str, Json], project: str) -> Record:
    """The record of one project version; its token is a hash, since Jira keeps no update instant for it.

    Raises:
        RetriableError: It has no id: that is no version.
    """
    number = version.get("id")
    if not isinstance(number, (str, int)):
        raise client.nonsense("version", "a version without id")
    return Record(
        connection=client.connection,
        stream=VERSIONS,
        id=str(number),
        partition=project,
        key=str(version.get("name") or number),
        url=f"{client.settings.people_url}/projects/{project}/versions/{number}",
        version=digest(version),
        updated=None,
        visibility=Visibility.INTERNAL,
        payload=version,
    )


def version_tombstone(client: JiraClient, number: str, project: str) -> Record:
    """The record of a version that a whole read of its project no longer holds: deleted or merged."""
    return Record(
        connection=client.connection,
        stream=VERSIONS,
        id=number,
        partition=project,
        key=number,
        url=f"{client.settings.people_url}/projects/{project}/versions/{number}",
        version="deleted",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload={"id": number},
        deleted=True,
    )
