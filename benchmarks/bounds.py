"""The least number of requests that a job can take of each tool, from the tools' own limits; pure arithmetic.

Start-up (login, catalog) is not in it: it is listed apart. Each constant bears its source.
"""

from __future__ import annotations

CLOUD_SEARCH_PAGE = 100
"""Issues with fields in one page of `search/jql`: Atlassian's documentation, "Search for issues using JQL"."""
DATA_CENTER_SEARCH_PAGE = 1000
"""Issues in one page of `search` on Data Center: `jira.search.views.default.max`, 1000 unless changed."""
SALESFORCE_QUERY_PAGE = 2000
"""Rows in one answer to a query: Salesforce's REST API Developer Guide, "Query", default and largest batch size."""
SALESFORCE_COMPOSITE_QUERIES = 5
"""Queries in one composite request: REST API Developer Guide, "Composite": 25 subrequests, of which 5 queries."""
SALESFORCE_COLLECTION = 200
"""Records in one collection upsert: REST API Developer Guide, "sObject Collections"."""


def pages(records: int, size: int) -> int:
    """Pages that so many records take; a search that finds nothing takes one, too."""
    return max(1, -(-records // size))


def jira_full_pull(*, issues: int, projects: int, cloud: bool) -> int:
    """All issues of all projects by one search, and the versions, which come by project only."""
    return pages(issues, CLOUD_SEARCH_PAGE if cloud else DATA_CENTER_SEARCH_PAGE) + projects


def jira_quiet(*, changed: int, cloud: bool) -> int:
    """One search over all projects; it brings what changed."""
    return pages(changed, CLOUD_SEARCH_PAGE if cloud else DATA_CENTER_SEARCH_PAGE)


def jira_writes(*, edited_issues: int, created: int, links: int, transitions: int) -> int:
    """One request an edited issue (fields, labels and property in one body), an issue made, a link, a transition."""
    return edited_issues + created + links + transitions


def salesforce_read(*, rows: tuple[int, ...]) -> int:
    """The first pages of all objects, five to a composite request, and each further page by itself."""
    return pages(len(rows), SALESFORCE_COMPOSITE_QUERIES) + sum(pages(r, SALESFORCE_QUERY_PAGE) - 1 for r in rows)


def salesforce_writes(*, guarded: int, upserts: int) -> int:
    """One request a guarded update (its header is the request's), 200 upserts by external id to a request."""
    return guarded + (pages(upserts, SALESFORCE_COLLECTION) if upserts else 0)
