"""Tells which projects the login can see, however many they are, in few requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Json
from connectors.jira.client import JiraClient

_KEYS_A_REQUEST = 50  # Atlassian's description of ``GET /project/search``


def unseen_projects(client: JiraClient, keys: Collection[str]) -> frozenset[str]:
    """Those of ``keys`` that the login cannot see; empty when the site does not tell.

    Cloud: one request for 50 keys; Data Center: one for all projects.
    """
    wanted = sorted(keys)
    seen: set[str] = set()
    try:
        if client.cloud:
            for start in range(0, len(wanted), _KEYS_A_REQUEST):
                chunk = wanted[start : start + _KEYS_A_REQUEST]
                answer = client.get("project/search", {"keys": chunk, "maxResults": _KEYS_A_REQUEST})
                seen.update(_keys(client, answer.get("values") if isinstance(answer, Mapping) else None))
        else:
            seen.update(_keys(client, client.get("project")))
    except (NotFoundError, RefusedError):
        return frozenset()
    return frozenset(key for key in wanted if key.casefold() not in seen)


def _keys(client: JiraClient, projects: Json) -> list[str]:
    if not isinstance(projects, list) or not all(isinstance(p, Mapping) for p in projects):
        raise client.nonsense("GET project", "no list of projects")
    return [str(p.get("key", "")).casefold() for p in projects]
