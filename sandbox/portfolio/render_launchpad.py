"""Renders the truth into the state document of Launchpad (see `sandbox.launchpad.state`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.portfolio import mentions, scope_links, states
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import (
    GITHUB,
    LAUNCHPAD,
    Form,
    Issue,
    Kind,
    Portfolio,
    Project,
    Reading,
    Security,
    Version,
)
from sandbox.portfolio.sites import PLACES

Row = dict[str, Any]

BOT = "syncline-bot"
CONSUMER = "syncline"
TOKEN_KEY = "syncline-sandbox"  # noqa: S105 - the public half of a token; the secret comes from outside
UPSTREAM = "fictitious-upstream"
"""A project that is no engagement's place: some bugs have a task there too."""
TYPES = {None: "Public", Security.SEEN: "Private", Security.HIDDEN: "Private Security"}


def render_launchpad(truth: Portfolio, *, hosts: Hosts, secret: str) -> Row:
    """Return the state document.

    Args:
        truth: the portfolio, numbered.
        hosts: addresses that go into descriptions.
        secret: of the OAuth token by which the syncing account logs in.
    """
    present = [each for each in truth.projects if each.site == LAUNCHPAD and each.reading is not Reading.MISSING]
    people = [each for each in truth.people if each.launchpad]
    bugs = [issue for each in present for issue in each.issues if not issue.slug]
    whole = [each for each in bugs if each.twin is None]
    owner = str(people[0].launchpad)
    created = min(issue.created for issue in bugs if issue.created)
    watched = sorted({target.project.key for each in whole for target in mentions.of_form(each, Form.WATCH)})
    upstream: Row = {"name": UPSTREAM, "display_name": "Fictitious Upstream", "owner": owner, "official_bugs": True}
    return {
        "format": 1,
        "host": hosts.launchpad_web.partition("://")[2],
        "date": stamp(created),
        "people": [
            {"name": BOT, "display_name": "Syncline", "emails": ["syncline@partner.example"]},
            *({"name": each.launchpad, "display_name": each.name, "emails": [each.email]} for each in people),
        ],
        "tokens": [{"key": TOKEN_KEY, "secret": secret, "person": BOT, "consumer": CONSUMER, "level": "WRITE_PRIVATE"}],
        "bug_trackers": [
            {
                "name": each.replace("/", "-"),
                "title": each,
                "base_url": f"{hosts.github}/{each}/issues",
                "bug_tracker_type": "GitHub Issues",
            }
            for each in watched
        ],
        "projects": [upstream, *(_project(each, owner, hosts) for each in present)],
        "bugs": [_bug(each, [each, *(twin for twin in bugs if twin.twin is each)], hosts) for each in whole],
    }


def stamp(instant: datetime) -> str:
    """Return an instant as Launchpad writes it."""
    return instant.isoformat()


def _project(project: Project, owner: str, hosts: Hosts) -> Row:
    manager = project.owners[0].manager.launchpad
    return {
        "name": project.key,
        "display_name": project.name,
        "owner": manager or owner,
        "summary": "Work of " + ", ".join(each.key for each in project.owners),
        "official_bugs": True,
        "series": [{"name": "trunk", "milestones": [_milestone(each) for each in project.versions]}],
        "specifications": [_blueprint(each, owner, hosts) for each in project.issues if each.slug],
    }


def _milestone(version: Version) -> Row:
    row: Row = {"name": version.name, "is_active": not version.released}
    if version.release:
        row["date_targeted"] = version.release.isoformat()
    return row


def _blueprint(issue: Issue, owner: str, hosts: Hosts) -> Row:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    said = [*scope_links.sentences(issue, hosts), *mentions.sentences(issue, hosts)]
    row: Row = {
        "name": issue.slug,
        "title": mentions.title(issue),
        "summary": "\n\n".join([issue.text, *said]),
        "owner": (issue.reporter.launchpad if issue.reporter else None) or owner,
        "definition_status": "Approved",
        "implementation_status": issue.status,
        "priority": ("High", "Medium", "Low")[issue.id % 3],
        "assignee": issue.assignee.launchpad if issue.assignee else None,
        "date_created": stamp(issue.created),
    }
    if board := mentions.whiteboard(issue, hosts):
        row["whiteboard"] = board
    if issue.versions:
        row["milestone"] = issue.versions[0].name
    if issue.kind is Kind.EPIC:
        done = PLACES[LAUNCHPAD].statuses[issue.status] == "done"
        row["workitems_text"] = f"Write the test plan: DONE\nReview with the partner: {'DONE' if done else 'TODO'}"
    return row


def _bug(issue: Issue, tasks: list[Issue], hosts: Hosts) -> Row:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    reporter = str(issue.reporter.launchpad) if issue.reporter else BOT
    said = [*scope_links.sentences(issue, hosts), *mentions.sentences(issue, hosts)]
    row: Row = {
        "id": issue.number,
        "title": mentions.title(issue),
        "description": "\n\n".join([issue.text, *said]),
        "owner": reporter,
        "date_created": stamp(issue.created),
        "date_last_updated": stamp(max(each.updated for each in tasks if each.updated)),
        "information_type": TYPES[issue.security],
        "tags": list(issue.labels),
        "duplicate_of": _original(issue).number if issue.resolution == "Duplicate" else None,
        "tasks": [_task(each, reporter) for each in tasks],
        "messages": [
            {"owner": str(each.author.launchpad), "content": each.body, "date_created": stamp(each.at)}
            for each in issue.comments
        ],
        "watches": [_watch(each, issue, n) for n, each in enumerate(mentions.of_form(issue, Form.WATCH))],
    }
    if row["watches"]:
        row["tasks"][0]["bug_watch"] = row["watches"][0]["id"]  # the task follows what it watches
    if issue.security is not None:
        row["subscribers"] = [BOT] if issue.security is Security.SEEN else [reporter]
    elif issue.number % 7 == 0 and len(tasks) == 1:
        upstream: Row = {"target": UPSTREAM, "status": "Triaged", "owner": reporter}
        row["tasks"].append({**upstream, "date_created": stamp(issue.created)})
    return row


def _task(issue: Issue, reporter: str) -> Row:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    row: Row = {
        "target": issue.project.key,
        "status": issue.status,
        "importance": ("High", "Medium", "Low", "Undecided")[issue.number % 4],
        "assignee": issue.assignee.launchpad if issue.assignee else None,
        "owner": reporter,
        "date_created": stamp(issue.created),
    }
    if issue.versions:
        row["milestone"] = issue.versions[0].name
    if issue.resolved is not None:
        row["date_closed"] = stamp(issue.resolved)
    return row


def _watch(target: Issue, issue: Issue, n: int) -> Row:
    remote = str(target.number) if target.project.site == GITHUB else target.key
    tracker = target.project.key.replace("/", "-")
    return {"id": issue.number * 10 + n, "bug_tracker": tracker, "remote_bug": remote, "remote_status": target.status}


def _original(issue: Issue) -> Issue:
    """Return the public bug of the project that a duplicate is marked as a duplicate of."""
    for each in issue.project.issues:
        plain = each.kind not in states.SPECIFICATIONS and each.security is None and each.twin is None
        if plain and each.resolution != "Duplicate" and each is not issue:
            return each
    raise ValueError(f"no bug of {issue.project.key} can be the original of a duplicate")
