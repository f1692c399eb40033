"""What each place of work can hold: two fictitious Jira sites, GitHub and Launchpad; each has its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sandbox.portfolio.model import CLOUD, DATA_CENTER, GITHUB, LAUNCHPAD

ODD_RESOLUTION = "Shelved"
"""A resolution of both Jira sites that does not say whether anything was done."""

ODD_BILLABLE = "Ask first"
"""An option of the field Billable that is neither yes nor no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What one site can hold.

    `statuses` maps a status to the key of its category (`new`, `indeterminate`, `done`); the `dropping` ones mean that
    nothing was done; `fields` maps a field's visible name to its id.
    """

    name: str
    deployment: str
    host: str
    statuses: Mapping[str, str]
    finished: tuple[str, ...]
    resolutions: tuple[str, ...]
    dropping_resolutions: tuple[str, ...]
    dropping_statuses: tuple[str, ...]
    fields: Mapping[str, str]


SITES: Mapping[str, Site] = MappingProxyType(
    {
        CLOUD: Site(
            name=CLOUD,
            deployment="cloud",
            host="https://partner.example",
            statuses=MappingProxyType(
                {
                    "To Do": "new",
                    "In Progress": "indeterminate",
                    "In Review": "indeterminate",
                    "Done": "done",
                    "Cancelled": "done",
                }
            ),
            finished=("Done",),
            resolutions=("Done", "Won't Do", "Duplicate", "Cannot Reproduce", "Declined", ODD_RESOLUTION),
            dropping_resolutions=("Won't Do", "Duplicate", "Cannot Reproduce", "Declined"),
            dropping_statuses=("Cancelled",),
            fields=MappingProxyType(
                {
                    "Scope item": "customfield_10041",
                    "Engagement": "customfield_10042",
                    "Billable": "customfield_10043",
                    "Syncline status": "customfield_10051",
                    "Syncline status text": "customfield_10052",
                }
            ),
        ),
        DATA_CENTER: Site(
            name=DATA_CENTER,
            deployment="data-center",
            host="https://jira.partner.example",
            statuses=MappingProxyType(
                {
                    "To Do": "new",
                    "In Progress": "indeterminate",
                    "In Review": "indeterminate",
                    "Blocked": "indeterminate",
                    "Done": "done",
                    "Closed": "done",
                    "Cancelled": "done",
                    "Rejected": "done",
                }
            ),
            finished=("Done", "Closed"),
            resolutions=(
                *("Done", "Fixed", "Won't Fix", "Duplicate", "Cannot Reproduce", "Invalid", "Obsolete"),
                ODD_RESOLUTION,
            ),
            dropping_resolutions=("Won't Fix", "Duplicate", "Cannot Reproduce", "Invalid", "Obsolete"),
            dropping_statuses=("Cancelled", "Rejected"),
            fields=MappingProxyType(
                {
                    "Scope item": "customfield_11204",
                    "Engagement": "customfield_11317",
                    "Billable": "customfield_10990",
                    "Syncline status": "customfield_12001",
                    "Syncline status text": "customfield_12002",
                    "Epic Link": "customfield_10008",
                    "Epic Name": "customfield_10009",
                }
            ),
        ),
    }
)

GITHUB_SITE = Site(
    name=GITHUB,
    deployment=GITHUB,
    host="https://github.example",
    statuses=MappingProxyType({"open": "new", "closed": "done", "merged": "done", "closed unmerged": "done"}),
    finished=("closed",),
    resolutions=("completed", "not_planned", "duplicate"),
    dropping_resolutions=("not_planned", "duplicate"),
    dropping_statuses=("closed unmerged",),
    fields=MappingProxyType({}),
)
"""`merged` and `closed unmerged` are a pull request's; the resolutions are GitHub's `state_reason`."""

BLUEPRINT_STATUSES: Mapping[str, str] = MappingProxyType(
    {"Not started": "new", "Started": "indeterminate", "Good progress": "indeterminate", "Implemented": "done"}
)
LAUNCHPAD_SITE = Site(
    name=LAUNCHPAD,
    deployment=LAUNCHPAD,
    host="https://launchpad.example",
    statuses=MappingProxyType(
        {
            "New": "new",
            "Incomplete": "new",
            "Confirmed": "new",
            "Triaged": "new",
            "In Progress": "indeterminate",
            "Fix Committed": "indeterminate",
            "Fix Released": "done",
            "Opinion": "done",
            "Invalid": "done",
            "Won't Fix": "done",
            **BLUEPRINT_STATUSES,
        }
    ),
    finished=("Fix Released",),
    resolutions=("Fixed", "Duplicate"),
    dropping_resolutions=("Duplicate",),
    dropping_statuses=("Opinion", "Invalid", "Won't Fix"),
    fields=MappingProxyType({}),
)
"""A bug of resolution `Duplicate` is marked as the duplicate of another, whatever its status."""

PLACES: Mapping[str, Site] = MappingProxyType({**SITES, GITHUB: GITHUB_SITE, LAUNCHPAD: LAUNCHPAD_SITE})
"""Every connection where work may lie; `SITES` are the Jira ones alone."""
