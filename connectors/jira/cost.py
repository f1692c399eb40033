"""About how many requests reading a site from the beginning takes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from connectors.jira.client import CLOUD_PAGE, DATA_CENTER_PAGE
from connectors.jira.records import ISSUES
from connectors.jira.settings import Deployment


def requests_to_read(settings: BaseModel, stream: str, counts: Sequence[int]) -> int:
    """See ``connectors.core.port.ConnectorSpec.requests_to_read``: one search for all issues; versions by project."""
    if stream != ISSUES:
        return len(counts)
    cloud = getattr(settings, "deployment", Deployment.CLOUD) is Deployment.CLOUD
    page = CLOUD_PAGE if cloud else DATA_CENTER_PAGE - 1  # each page begins with the last issue of the one before
    return max(1, -(-sum(counts) // page))
