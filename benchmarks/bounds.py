"""The least number of requests that a job can take of each tool, from the tools' own limits; pure arithmetic.

Start-up (login, catalog) is not in it: it is listed apart. Each constant bears its source; the numbers
themselves stand where the demo reckons with them.
"""

from __future__ import annotations

from sync.cli.demo_least import (
    FIELDS_A_REQUEST,
    ISSUES_A_PAGE,
    ITEMS_A_PAGE,
    QUERIES_A_REQUEST,
    ROWS_A_PAGE,
    TASKS_A_PAGE,
    UPSERTS_A_REQUEST,
)

CLOUD_SEARCH_PAGE = ISSUES_A_PAGE["cloud"]
"""Issues with fields in one page of `search/jql`: Atlassian's documentation, "Search for issues using JQL"."""
DATA_CENTER_SEARCH_PAGE = ISSUES_A_PAGE["data-center"]
"""Issues in one page of `search` on Data Center: `jira.search.views.default.max`, 1000 unless changed."""
SALESFORCE_QUERY_PAGE = ROWS_A_PAGE
"""Rows in one answer to a query: Salesforce's REST API Developer Guide, "Query", default and largest batch size."""
SALESFORCE_COMPOSITE_QUERIES = QUERIES_A_REQUEST
"""Queries in one composite request: REST API Developer Guide, "Composite": 25 subrequests, of which 5 queries."""
SALESFORCE_COLLECTION = UPSERTS_A_REQUEST
"""Records in one collection upsert: REST API Developer Guide, "sObject Collections"."""
GITHUB_PAGE = ITEMS_A_PAGE
"""Issues or milestones in one page: GitHub's REST documentation, `per_page`, at most 100."""
GITHUB_MUTATIONS = FIELDS_A_REQUEST
"""Project field mutations in one document: no documented limit but ten seconds of time; 20 is what is done safely."""
LAUNCHPAD_PAGE = TASKS_A_PAGE
"""Entries in one batch: Launchpad's configuration `max_batch_size`, 300."""


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


def github_full_pull(*, issues: tuple[int, ...], milestones: tuple[int, ...], anchors: int) -> int:
    """Two lists of each repository, and one GraphQL request for the project's fields on all anchors."""
    return sum(pages(count, GITHUB_PAGE) for count in (*issues, *milestones)) + bool(anchors)


def github_quiet(*, repositories: int, changed: tuple[int, ...], anchors: int) -> int:
    """Both lists of each repository (304 where nothing changed), and one GraphQL request for all anchors."""
    return 2 * repositories + sum(pages(count, GITHUB_PAGE) - 1 for count in changed) + bool(anchors)


def github_writes(*, fields: int, blocks: int, labelled: int, removed: int) -> int:
    """20 project fields a document, one request a comment, an issue that gets labels, and a label that goes."""
    return (pages(fields, GITHUB_MUTATIONS) if fields else 0) + blocks + labelled + removed


def launchpad_full_pull(*, lists: tuple[int, ...], bugs: int, watched: int) -> int:
    """Tasks, blueprints and milestones by project; each bug by itself (no list has its fields), and its watches."""
    return sum(pages(count, LAUNCHPAD_PAGE) for count in lists) + bugs + watched


def launchpad_quiet(*, projects: int, lately: int) -> int:
    """One search a project, and one request more for each in which bugs were written within the overlap.

    The search shows those, but not whether they changed again. Blueprints and milestones have no search by date and are
    not in it.
    """
    return projects + lately


def launchpad_writes(*, bugs: int, blueprints: int) -> int:
    """One request an edited entry: a bug's tags are one list, a blueprint's whiteboard one text."""
    return bugs + blueprints
