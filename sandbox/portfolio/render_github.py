"""Renders the truth into the state document of GitHub (see `sandbox.github.state`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.portfolio import mentions, scope_links
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.layout import ORGANISATION
from sandbox.portfolio.model import GITHUB, Issue, Kind, Person, Portfolio, Project, Reading, Version

Row = dict[str, Any]

BOT = "syncline-bot"
PROJECT_NUMBER = 1
TYPES = {Kind.EPIC: "Epic", Kind.STORY: "Feature", Kind.TASK: "Task", Kind.BUG: "Bug", Kind.SPIKE: "Spike"}
PERMISSIONS = {
    "metadata": "read",
    "contents": "read",
    "issues": "write",
    "pull_requests": "write",
    "members": "read",
    "organization_projects": "write",
}


NO_LIMITS = ("user", "graphql", "rest_points", "graphql_points", "content_minute", "content_hour")
"""Rate limits that are turned off: a sandbox is read and written as fast as it can be."""


def render_github(truth: Portfolio, *, hosts: Hosts, token: str) -> Row:
    """Return the state document.

    Args:
        truth: the portfolio, numbered.
        hosts: addresses that go into descriptions.
        token: the fine-grained token by which the syncing account logs in.
    """
    present = [each for each in truth.projects if each.site == GITHUB and each.reading is not Reading.MISSING]
    people = [each for each in truth.people if each.github]
    first = stamp(min(issue.created for each in present for issue in each.issues if issue.created))
    return {
        "deployment": "cloud",
        "limits": dict.fromkeys(NO_LIMITS),
        "html_url": hosts.github,
        "accounts": [
            _organisation(people, first),
            {"login": BOT, "type": "User", "name": "Syncline", "created_at": first},
            *({"login": each.github, "type": "User", "name": each.name, "created_at": first} for each in people),
        ],
        "tokens": [
            {
                "token": token,
                "login": BOT,
                "kind": "fine_grained",
                "permissions": PERMISSIONS,
                "repositories": "all",
            }
        ],
        "repositories": [_repository(each, people, hosts) for each in present],
        "projects": [_project(truth, first)],
    }


def stamp(instant: datetime) -> str:
    """Return an instant as GitHub writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _organisation(people: list[Person], first: str) -> Row:
    names = (*dict.fromkeys(TYPES.values()),)
    members = {str(each.github): "admin" if n == 0 else "member" for n, each in enumerate(people)}
    return {
        "login": ORGANISATION,
        "type": "Organization",
        "name": "Fictitious Partner",
        "created_at": first,
        "members": {BOT: "member", **members},
        "base_permission": "none",
        "issue_types": [{"name": name, "id": n} for n, name in enumerate(names, start=1)],
    }


def _project(truth: Portfolio, first: str) -> Row:
    anchors = [anchor for each in truth.engagements for anchor in each.anchors if anchor.project.site == GITHUB]
    shown = [each for each in anchors if each.project.reading is Reading.READABLE]
    options = [{"name": name} for name in ("Green", "Amber", "Red", "Unknown")]
    return {
        "owner": ORGANISATION,
        "number": PROJECT_NUMBER,
        "title": "Engagements",
        "created_at": first,
        "creator": BOT,
        "fields": [
            {"name": "Syncline status", "type": "SINGLE_SELECT", "options": options},
            {"name": "Syncline status text", "type": "TEXT"},
        ],
        "items": [{"content": each.key} for each in shown],
    }


def _repository(project: Project, people: list[Person], hosts: Hosts) -> Row:
    created = min(issue.created for issue in project.issues if issue.created)
    pushed = max(issue.updated for issue in project.issues if issue.updated)
    spelled: dict[str, str] = {}
    for issue in project.issues:
        for label in (*issue.labels, *scope_links.labels(issue)):
            spelled.setdefault(label.casefold(), label)  # a repository has each label in one spelling
    writers = {str(each.github): "write" for each in people}
    if project.reading is Reading.READABLE:
        writers[BOT] = "write"
    return {
        "full_name": project.key,
        "private": project.private,
        "description": f"Work of {', '.join(each.key for each in project.owners)}",
        "created_at": stamp(created),
        "updated_at": stamp(pushed),
        "pushed_at": stamp(pushed),
        "collaborators": writers,
        "labels": [{"name": label, "color": "c5def5"} for label in spelled.values()],
        "milestones": [_milestone(each, n, created) for n, each in enumerate(project.versions, start=1)],
        "issues": [_issue(each, spelled, hosts) for each in project.issues],
    }


def _milestone(version: Version, number: int, created: datetime) -> Row:
    row: Row = {
        "number": number,
        "id": version.id,
        "title": version.name,
        "state": "closed" if version.released else "open",
        "creator": BOT,
        "created_at": stamp(created),
        "updated_at": stamp(created),
    }
    if version.release:
        row["due_on"] = f"{version.release.isoformat()}T08:00:00Z"
    if version.released:
        row["closed_at"] = stamp(created)
    return row


def _issue(issue: Issue, spelled: dict[str, str], hosts: Hosts) -> Row:
    assert issue.created is not None  # noqa: S101 - numbering stamps every issue
    assert issue.updated is not None  # noqa: S101 - likewise
    author = issue.reporter.github if issue.reporter else BOT
    said = [*scope_links.sentences(issue, hosts, named="[the line]({})"), *mentions.sentences(issue, hosts)]
    marks = dict.fromkeys(spelled[each.casefold()] for each in (*issue.labels, *scope_links.labels(issue)))
    row: Row = {
        "number": issue.number,
        "id": issue.id,
        "title": mentions.title(issue),
        "body": "\n\n".join([issue.text, *said]),
        "user": author,
        "state": "open" if issue.status == "open" else "closed",
        "labels": list(marks),
        "assignees": [issue.assignee.github] if issue.assignee and issue.assignee.github else [],
        "created_at": stamp(issue.created),
        "updated_at": stamp(issue.updated),
        "comments": [
            {"user": each.author.github, "body": each.body, "created_at": stamp(each.at), "updated_at": stamp(each.at)}
            for each in issue.comments
        ],
    }
    if issue.kind in TYPES:
        row["type"] = TYPES[issue.kind]
    if issue.versions:
        row["milestone"] = issue.project.versions.index(issue.versions[0]) + 1
    if issue.parent is not None:
        row["parent"] = issue.parent.key
    if row["state"] == "closed":
        row |= {"closed_at": stamp(issue.updated), "closed_by": author}
    if issue.kind is Kind.CHANGE:
        row["pull_request"] = _pull(issue, author)
    elif issue.resolution is not None:
        row["state_reason"] = issue.resolution
    return row


def _pull(issue: Issue, author: str | None) -> Row:
    assert issue.updated is not None  # noqa: S101 - numbering stamps every issue
    row: Row = {
        "head": f"topic-{issue.number}",
        "base": "main",
        "commits": 1 + issue.id % 4,
        "additions": issue.id % 90,
    }
    if issue.status == "merged":
        row |= {"merged_at": stamp(issue.updated), "merged_by": author}
    return row
