"""The reading half: cursors in, pages of records out, and records by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Catalog, Json, Page, PartitionFailure, Record, Wanted
from connectors.jira.client import BULK_FETCH, MARKER_PROPERTY, JiraClient
from connectors.jira.issues import IssueReading
from connectors.jira.records import ISSUES, VERSIONS, field_ids, issue_record, version_record
from connectors.jira.versions import VersionReading


class JiraReader:
    """Reads one Jira site; ``docs/connectors/jira.md`` says what may repeat, and why nothing is lost."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._issues = IssueReading(client)
        self._versions = VersionReading(client)

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        """See ``connectors.core.port.Reader.pull``.

        A cycle without changes is one search a site, and one request for each project whose versions are due.
        """
        yield from self._issues.pull([w for w in wanted if w.partition.stream == ISSUES], catalog)
        yield from self._versions.pull([w for w in wanted if w.partition.stream == VERSIONS], self._issues.hidden)

    def fetch(
        self, stream: str, ids: Sequence[str], fields: Sequence[str], catalog: Catalog
    ) -> Mapping[str, Record | None]:
        """See ``connectors.core.port.Reader.fetch``. Cloud: 100 issues a request; Data Center and versions: one."""
        if stream == VERSIONS:
            return {number: self._version(number) for number in ids}
        issues = issues_by_id(self._client, ids, field_ids(fields, catalog))
        return {number: issue_record(self._client, found) if found else None for number, found in issues.items()}

    def _version(self, number: str) -> Record | None:
        try:
            version = self._client.get(f"version/{number}")
        except NotFoundError:
            return None
        if not isinstance(version, Mapping):
            raise self._client.nonsense(f"GET version/{number}", "no version")
        return version_record(self._client, version, self._project_key(version))

    def _project_key(self, version: Mapping[str, Json]) -> str:
        """A version names its project by id alone."""
        number = version.get("projectId")
        project = self._client.get(f"project/{number}") if number is not None else {}
        key = project.get("key") if isinstance(project, Mapping) else None
        return str(key or number or "")


def issues_by_id(client: JiraClient, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Mapping[str, Json] | None]:
    """Issues with their marker, past the search index: true after any write before it. None: gone or hidden.

    Raises:
        RetriableError: Jira could not tell for some of them.
    """
    found: dict[str, Mapping[str, Json] | None] = dict.fromkeys(ids)
    wanted = list(found)
    if not client.cloud:
        for number in wanted:
            found[number] = _one(client, number, fields)
        return found
    for start in range(0, len(wanted), BULK_FETCH):
        body = {
            "issueIdsOrKeys": wanted[start : start + BULK_FETCH],
            "fields": list(fields),
            "properties": [MARKER_PROPERTY],
        }
        answer = client.ask("issue/bulkfetch", body)
        issues = answer.get("issues") if isinstance(answer, Mapping) else None
        if not isinstance(issues, list):
            raise client.nonsense("POST issue/bulkfetch", "no list of issues")
        for issue in issues:
            if str(issue.get("id")) in found:
                found[str(issue["id"])] = issue
        for number in _failed(client, answer):
            if found.get(number, ...) is None:  # asked for, and not answered: by itself it says whether it is gone
                found[number] = _one(client, number, fields)
    return found


def _failed(client: JiraClient, answer: Mapping[str, Json]) -> list[str]:
    """Ids of issues that a bulkfetch could not give; Jira means those it may give later, not those that are gone."""
    errors = answer.get("issueErrors") or []
    if not isinstance(errors, list) or not all(isinstance(e, Mapping) and e.get("id") for e in errors):
        raise client.nonsense("POST issue/bulkfetch", "errors that name no issue")
    return [str(e["id"]) for e in errors]


def _one(client: JiraClient, number: str, fields: Sequence[str]) -> Mapping[str, Json] | None:
    place = f"issue/{number}"
    try:
        issue = client.get(place, {"fields": ",".join(fields), "properties": MARKER_PROPERTY})
    except NotFoundError:
        return None
    except RefusedError as exc:
        if exc.status == 403:
            return None
        raise
    if not isinstance(issue, Mapping):
        raise client.nonsense(f"GET {place}", "no issue")
    return issue
