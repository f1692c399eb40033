"""Renders the truth into the state document of one Jira site (see `sandbox.jira.state`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sandbox.portfolio import mentions, scope_links
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import Form, Issue, Kind, Person, Portfolio, Project, Reading, Security
from sandbox.portfolio.registers import blocks
from sandbox.portfolio.sites import ODD_BILLABLE, SITES, Site
from sandbox.portfolio.workflows import workflows

Row = dict[str, Any]

BOT_EMAIL = "syncline@partner.example"
BOT_ACCOUNT = "712020:5e1f0000-syncline"
BOT_NAME = "syncline"
FIRST_PROJECT_ID = 10_000

TYPES: tuple[tuple[str, int], ...] = (
    (Kind.EPIC, 1),
    (Kind.STORY, 0),
    (Kind.TASK, 0),
    (Kind.BUG, 0),
    (Kind.SPIKE, 0),
    (Kind.DELIVERABLE, 0),
    (Kind.ANCHOR, 0),
    (Kind.SUB_TASK, -1),
    (Kind.RISK, -1),
)


def render_jira(truth: Portfolio, site_name: str, *, hosts: Hosts, token: str) -> Row:
    """Return the state document of a site.

    Args:
        truth: the portfolio, numbered.
        site_name: `jira` or `jira-dc`.
        hosts: addresses that go into descriptions.
        token: by which the syncing account logs in.
    """
    site = SITES[site_name]
    people = [each for each in truth.people if login(each, site)]
    projects = [each for each in truth.projects if each.site == site_name and each.reading is not Reading.MISSING]
    everyone = [login(each, site) for each in people]
    document: Row = {
        "format": 1,
        "deployment": site.deployment,
        "site": {"title": f"Fictitious Partner ({site_name})"},
        "users": [_bot(site, token), *(_user(each, site) for each in people)],
        "projects": [_project(FIRST_PROJECT_ID + n, each, site, everyone) for n, each in enumerate(projects)],
        "issuetypes": _issue_types(),
        "statuses": _numbered(site.statuses, lambda name: {"name": name, "category": site.statuses[name]}),
        "resolutions": _numbered(site.resolutions, lambda name: {"name": name}),
        "priorities": _numbered(("Highest", "High", "Medium", "Low"), lambda name: {"name": name}),
        "link_types": [{"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
        "security_levels": [
            {"id": "10101", "name": Security.SEEN.value, "members": [_bot_login(site), *everyone]},
            {"id": "10102", "name": Security.HIDDEN.value, "members": everyone},
        ],
        "workflows": workflows(site),
        "fields": _fields(site),
        "issues": [
            _issue(each, site, hosts, other.get(each.id))
            for project in projects
            for other in (blocks(project),)
            for each in project.issues
        ],
    }
    if site.deployment != "cloud":
        document["faults"] = [throttle_once()]
    return document


def throttle_once() -> Row:
    """Return the fault by which a site answers its first search with 429."""
    headers = {"Retry-After": "1"}
    action = {"kind": "status", "status": 429, "headers": headers, "body": '{"message":"Rate limit exceeded."}'}
    return {"id": "throttled-once", "route": "/rest/api/2/search", "times": 1, "action": action}


def login(person: Person, site: Site) -> str | None:
    """Return by what the site names a person, if it knows them."""
    return person.cloud_id if site.deployment == "cloud" else person.dc_login


def _bot_login(site: Site) -> str:
    return BOT_ACCOUNT if site.deployment == "cloud" else BOT_NAME


def _bot(site: Site, token: str) -> Row:
    names = {"accountId": BOT_ACCOUNT, "accountType": "app"} if site.deployment == "cloud" else {"name": BOT_NAME}
    return {**names, "displayName": "Syncline", "emailAddress": BOT_EMAIL, "token": token, "active": True}


def _user(person: Person, site: Site) -> Row:
    if site.deployment == "cloud":
        row: Row = {"accountId": person.cloud_id, "displayName": person.cloud_name, "accountType": "atlassian"}
    else:
        row = {"name": person.dc_login, "key": f"JIRAUSER{person.key[1:]}", "displayName": person.dc_name}
    if person.email:
        row["emailAddress"] = person.email
    return {**row, "active": person.active}


def _numbered(names: Any, row: Any, first: int = 1) -> list[Row]:
    return [{"id": str(n), **row(name)} for n, name in enumerate(names, start=first)]


def _issue_types() -> list[Row]:
    return [
        {"id": str(10_001 + n), "name": str(name), "subtask": level < 0, "hierarchyLevel": level}
        for n, (name, level) in enumerate(TYPES)
    ]


def _project(number: int, project: Project, site: Site, everyone: list[str | None]) -> Row:
    row: Row = {
        "id": str(number),
        "key": project.key,
        "name": project.name,
        "description": "Work of " + ", ".join(each.key for each in project.owners),
        "versions": [
            {
                "id": str(each.id),
                "name": each.name,
                "released": each.released,
                **({"archived": True} if each.archived else {}),
                **({"releaseDate": each.release.isoformat()} if each.release else {}),
            }
            for each in project.versions
        ],
    }
    lead = login(project.owners[0].manager, site)
    row["lead"] = lead or everyone[0]
    if project.reading is Reading.UNREADABLE:
        row |= {"browse": everyone, "edit": everyone}
    return row


def _fields(site: Site) -> list[Row]:
    kinds: dict[str, Row] = {
        "Scope item": {"type": "text"},
        "Engagement": {"type": "text"},
        "Billable": {"type": "select", "options": _options("Yes", "No", ODD_BILLABLE, first=10_201)},
        "Syncline status": {
            "type": "select",
            "options": _options("Green", "Amber", "Red", "Unknown", first=10_211),
            "issuetypes": [Kind.ANCHOR.value],
        },
        "Syncline status text": {"type": "textarea", "issuetypes": [Kind.ANCHOR.value]},
        "Epic Link": {"type": "epiclink"},
        "Epic Name": {"type": "epicname", "issuetypes": [Kind.EPIC.value]},
    }
    return [{"id": field_id, "name": name, **kinds[name]} for name, field_id in site.fields.items()]


def _options(*values: str, first: int) -> list[Row]:
    return _numbered(values, lambda value: {"value": value}, first)


# ── issues ──


def stamp(instant: datetime) -> str:
    """Return an instant as Jira writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _issue(issue: Issue, site: Site, hosts: Hosts, blocked: Issue | None) -> Row:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    assert issue.updated is not None  # noqa: S101 - likewise
    fields: Row = {
        "issuetype": {"name": issue.kind.value},
        "summary": mentions.title(issue),
        "description": _description(issue, hosts),
        "status": {"name": issue.status},
        "priority": {"name": ("High", "Medium", "Medium", "Low")[issue.id % 4]},
        "labels": list(issue.labels),
        "created": stamp(issue.created),
        "updated": stamp(issue.updated),
    }
    if issue.resolution:
        fields["resolution"] = {"name": issue.resolution}
        fields["resolutiondate"] = stamp(issue.resolved or issue.updated)
    if issue.assignee:
        fields["assignee"] = login(issue.assignee, site)
    if issue.reporter:
        fields["reporter"] = login(issue.reporter, site)
    if issue.due:
        fields["duedate"] = issue.due.isoformat()
    if issue.versions:
        fields["fixVersions"] = [{"name": each.name} for each in issue.versions]
    if issue.security:
        fields["security"] = {"name": issue.security.value}
    if issue.estimate_seconds:
        fields["timeoriginalestimate"] = issue.estimate_seconds
        spent = sum(each.seconds for each in issue.worklogs)
        fields["timeestimate"] = 0 if issue.resolution else max(0, issue.estimate_seconds - spent)
    if blocked is not None:
        fields["issuelinks"] = [{"id": str(issue.id), "type": {"name": "Blocks"}, "outwardIssue": {"key": blocked.key}}]
    fields |= _parent(issue, site) | _custom(issue, site)
    links = [_remote_link(each, hosts) for each in mentions.of_form(issue, Form.REMOTE_LINK)]
    return {
        "id": str(issue.id),
        "key": issue.key,
        "fields": fields,
        "comments": [
            *(_comment(issue, n, site) for n in range(len(issue.comments))),
            *(_said(text, issue, n, site) for n, text in enumerate(mentions.comments(issue, hosts))),
        ],
        "worklogs": [_worklog(issue, n, site) for n in range(len(issue.worklogs))],
        "changelog": _changelog(issue, site),
        **({"remotelinks": links} if links else {}),
    }


def _custom(issue: Issue, site: Site) -> Row:
    values: Row = {}
    if issue.scope_field:
        values["Scope item"] = issue.scope_field
    if issue.engagement_field:
        values["Engagement"] = issue.engagement_field
    if issue.billable:
        values["Billable"] = {"value": issue.billable}
    if issue.kind is Kind.EPIC and "Epic Name" in site.fields:
        values["Epic Name"] = issue.summary[:40]
    return {site.fields[name]: value for name, value in values.items()}


def _parent(issue: Issue, site: Site) -> Row:
    if issue.parent is None:
        return {}
    if site.deployment != "cloud" and issue.parent.kind is Kind.EPIC:
        return {site.fields["Epic Link"]: issue.parent.key}
    return {"parent": {"key": issue.parent.key}}


def _description(issue: Issue, hosts: Hosts) -> str:
    links = scope_links.sentences(issue, hosts, named="[the line|{}]")
    return "\n\n".join([issue.text, *links, *mentions.sentences(issue, hosts)])


def _remote_link(target: Issue, hosts: Hosts) -> Row:
    page = mentions.address(target, hosts)
    return {"globalId": page, "relationship": "relates to", "object": {"url": page, "title": target.key}}


def _said(text: str, issue: Issue, n: int, site: Site) -> Row:
    assert issue.updated is not None  # noqa: S101 - numbering stamps every issue
    at = stamp(issue.updated)
    author = login(issue.reporter, site) if issue.reporter else _bot_login(site)
    return {"id": str(issue.id * 10 + 5 + n), "author": author, "body": text, "created": at, "updated": at}


def _comment(issue: Issue, n: int, site: Site) -> Row:
    said = issue.comments[n]
    row = {"id": str(issue.id * 10 + n), "author": login(said.author, site), "body": said.body}
    return {**row, "created": stamp(said.at), "updated": stamp(said.at)}


def _worklog(issue: Issue, n: int, site: Site) -> Row:
    log = issue.worklogs[n]
    row: Row = {"id": str(issue.id * 10 + n), "author": login(log.author, site), "comment": log.comment}
    at = stamp(log.started)
    return {**row, "started": at, "timeSpentSeconds": log.seconds, "created": at, "updated": at}


def _changelog(issue: Issue, site: Site) -> list[Row]:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    assert issue.updated is not None  # noqa: S101 - likewise
    author = login(issue.reporter, site) if issue.reporter else _bot_login(site)
    items: list[Row] = []
    dues = [*issue.earlier_dues, *([issue.due] if issue.due and issue.earlier_dues else [])]
    for before, after in pairwise(dues):
        moved = {"from": before.isoformat(), "fromString": f"{before} 00:00:00.0"}
        items.append({"field": "duedate", **moved, "to": after.isoformat(), "toString": f"{after} 00:00:00.0"})
    if issue.status != "To Do":
        ids = {name: str(n) for n, name in enumerate(site.statuses, start=1)}
        change = {"from": ids["To Do"], "fromString": "To Do", "to": ids[issue.status], "toString": issue.status}
        items.append({"field": "status", **change})
    step: timedelta = (issue.updated - issue.created) / (len(items) + 1)
    return [
        {
            "id": str(issue.id * 10 + n),
            "author": author,
            "created": stamp(issue.created + step * (n + 1)),
            "items": [{"fieldtype": "jira", **item}],
        }
        for n, item in enumerate(items)
    ]
