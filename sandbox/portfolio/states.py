"""The words in which each tool says that work is open, under way, done, dropped or open again."""

from __future__ import annotations

import random

from sandbox.portfolio.model import GITHUB, LAUNCHPAD, Issue, Kind
from sandbox.portfolio.sites import BLUEPRINT_STATUSES, PLACES

OPENING = {GITHUB: ("open",), LAUNCHPAD: ("New", "Confirmed", "Triaged", "Incomplete")}
SPECIFICATIONS = (Kind.EPIC, Kind.BLUEPRINT, Kind.ANCHOR)
"""What is a blueprint on Launchpad."""

_GITHUB_KINDS = {Kind.SUB_TASK: Kind.TASK, Kind.BLUEPRINT: Kind.STORY}
_LAUNCHPAD_KINDS = (*SPECIFICATIONS, Kind.BUG)


def fitting(site: str, kind: Kind) -> Kind:
    """Return the kind by which a tool says this: GitHub has no sub-tasks, Launchpad bugs and blueprints alone."""
    if site == GITHUB:
        return _GITHUB_KINDS.get(kind, kind)
    if site == LAUNCHPAD:
        return kind if kind in _LAUNCHPAD_KINDS else Kind.BUG
    return kind


def set_state(rng: random.Random, issue: Issue, state: str) -> None:
    """Give the issue a status (and resolution) of its tool that means `open`, `progress`, `done` or `dropped`."""
    issue.resolution = None
    if state == "dropped":
        drop(rng, issue)
    elif issue.project.site == LAUNCHPAD and issue.kind in SPECIFICATIONS:
        category = {"open": "new", "progress": "indeterminate", "done": "done"}[state]
        issue.status = rng.choice([name for name, means in BLUEPRINT_STATUSES.items() if means == category])
        issue.resolution = "Fixed" if state == "done" else None
    elif state == "done":
        site = PLACES[issue.project.site]
        issue.status = "merged" if issue.kind is Kind.CHANGE else rng.choice(site.finished)
        issue.resolution = site.resolutions[0]
    elif state == "open" or issue.project.site == GITHUB:
        issue.status = rng.choice(OPENING.get(issue.project.site, ("To Do",)))
    else:
        under_way = [name for name, means in PLACES[issue.project.site].statuses.items() if means == "indeterminate"]
        issue.status = rng.choice([name for name in under_way if name not in BLUEPRINT_STATUSES])


def drop(rng: random.Random, issue: Issue) -> None:
    """Close the issue with nothing done."""
    site = PLACES[issue.project.site]
    if site.name == GITHUB:
        issue.status = "closed unmerged" if issue.kind is Kind.CHANGE else "closed"
        issue.resolution = rng.choice(site.dropping_resolutions)
    elif site.name == LAUNCHPAD and rng.random() < 0.5:
        issue.status, issue.resolution = rng.choice(("New", "Confirmed", "Triaged")), "Duplicate"
    elif site.name == LAUNCHPAD or rng.random() >= 0.5:
        issue.status = rng.choice(site.dropping_statuses)
        issue.resolution = rng.choice(site.dropping_resolutions) if site.name != LAUNCHPAD else None
    else:
        issue.status = rng.choice(site.finished)
        issue.resolution = rng.choice(site.dropping_resolutions)


def drop_by_status(rng: random.Random, issue: Issue) -> None:
    """Close the issue by a status that says so, without a resolution."""
    issue.status, issue.resolution = rng.choice(PLACES[issue.project.site].dropping_statuses), None


def reopen(rng: random.Random, issue: Issue) -> None:
    """Let the issue be under way again, with a resolution left over where the tool keeps one."""
    site = PLACES[issue.project.site]
    issue.status = "open" if site.name == GITHUB else "In Progress"
    issue.resolution = "reopened" if site.name == GITHUB else None
    if site.name not in (GITHUB, LAUNCHPAD):
        issue.resolution = rng.choice(site.dropping_resolutions)
