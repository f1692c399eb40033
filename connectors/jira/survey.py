"""What Jira tells whoever writes a first configuration: projects, and the values of its workflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.core.errors import SkippableError
from connectors.core.port import Choice, Json, Offered, Survey
from connectors.jira.client import JiraClient
from connectors.jira.records import ISSUES

_PAGE = 50  # Atlassian's description of ``GET /project/search``
_NO_CATEGORY = "undefined"  # key of the category "No Category" (Atlassian's description of statuses)


def survey(client: JiraClient) -> Survey:
    """The projects that this login can see, resolutions, statuses and the words of links: one request each.

    Of projects one a page of 50 on Cloud. A site that keeps one of these lists to itself leaves it out.
    """
    values = (*_resolutions(client), *_statuses(client), *_links(client))
    return Survey(places=tuple(_projects(client)), values=values)


def _projects(client: JiraClient) -> Iterator[Choice]:
    for project in _cloud_projects(client) if client.cloud else _list(client, "project"):
        if isinstance(project.get("key"), str) and project.get("archived") is not True:
            yield Choice(key=project["key"], title=str(project.get("name") or ""))


def _cloud_projects(client: JiraClient) -> Iterator[Mapping[str, Json]]:
    start = 0
    while True:
        answer = client.get("project/search", {"startAt": start, "maxResults": _PAGE, "orderBy": "key"})
        found = answer.get("values") if isinstance(answer, Mapping) else None
        if not isinstance(found, list):
            raise client.nonsense("GET project/search", "no list of projects")
        yield from (project for project in found if isinstance(project, Mapping))
        start += len(found)
        if not found or answer.get("isLast") is True or start >= int(answer.get("total") or 0):
            return


def _resolutions(client: JiraClient) -> Iterator[Offered]:
    for row in _list(client, "resolution"):
        name, said = row.get("name"), row.get("description")
        if isinstance(name, str) and name:
            yield Offered(stream=ISSUES, field="fields.resolution.name", value=name, hint=str(said or ""))


def _statuses(client: JiraClient) -> Iterator[Offered]:
    """The categories of the statuses; one without a category says nothing, and is decided by its name."""
    seen: set[tuple[str, str]] = set()
    for row in _list(client, "status"):
        category = row.get("statusCategory")
        key = str(category.get("key") or "") if isinstance(category, Mapping) else ""
        name = str(row.get("name") or "")
        by_name = key == _NO_CATEGORY
        if not (key and name) or (key, name if by_name else "") in seen:
            continue
        seen.add((key, name if by_name else ""))
        yield Offered(
            stream=ISSUES,
            field="fields.status.statusCategory.key",
            value=key,
            hint="a status without a category" if by_name else f"the category of the status {name}",
            by="fields.status.name" if by_name else "",
            by_value=name if by_name else "",
        )


def _links(client: JiraClient) -> Iterator[Offered]:
    for row in _list(client, "issueLinkType", "issueLinkTypes"):
        for side in ("outward", "inward"):
            words = row.get(side)
            if isinstance(words, str) and words.strip():
                hint = f"of the link type {row.get('name')}"
                yield Offered(stream=ISSUES, field=f"fields.issuelinks.type.{side}", value=words, hint=hint)


def _list(client: JiraClient, path: str, key: str = "") -> Sequence[Mapping[str, Json]]:
    try:
        answer = client.get(path)
    except SkippableError:
        return ()
    if key and isinstance(answer, Mapping):
        answer = answer.get(key)
    return [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else ()
