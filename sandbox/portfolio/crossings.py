"""Everyday references between tools: pull requests that name stories, bugs that name issues; none contradicts."""

from __future__ import annotations

from sandbox.portfolio import states
from sandbox.portfolio.builder import Builder
from sandbox.portfolio.model import (
    GITHUB,
    JIRA_SITES,
    LAUNCHPAD,
    Form,
    Issue,
    Kind,
    Mention,
    Project,
    Reading,
)
from sandbox.portfolio.sites import PLACES

SHARE = {GITHUB: 0.5, LAUNCHPAD: 0.4}
"""How many of the records of a tool name another one; of Jira's issues fewer do."""

JIRA_SHARE = 0.05
FIXES_SHARE = 0.4
"""How many pull requests name an issue of their own repository."""


def plant(b: Builder) -> None:
    """Let records name others of their engagement, on another tool and in the same state."""
    places = [each for each in b.truth.projects if each.reading is Reading.READABLE and not each.empty]
    for place in places:
        others = [each for each in places if each.site != place.site and set(each.owners) & set(place.owners)]
        for issue in place.issues:
            if issue.kind is Kind.CHANGE and b.rng.random() < FIXES_SHARE:
                own = [each for each in place.issues if each.kind not in (Kind.CHANGE, Kind.ANCHOR)]
                issue.mentions.append(Mention(target=b.pick(own), form=Form.NUMBER_IN_TEXT))
            if others and b.rng.random() < SHARE.get(place.site, JIRA_SHARE):
                _name(b, issue, b.pick(others))


def _name(b: Builder, issue: Issue, place: Project) -> None:
    if issue.mentions or issue.twin or issue.kind in (Kind.ANCHOR, Kind.RISK):
        return
    twins = {id(each.twin) for project in b.truth.projects for each in project.issues if each.twin}
    fitting = [each for each in place.issues if _agree(issue, each) and each.twin is None and id(each) not in twins]
    if id(issue) not in twins and fitting:
        target = b.pick(fitting)
        issue.mentions.append(Mention(target=target, form=b.pick(_forms(issue, target))))


def _agree(issue: Issue, target: Issue) -> bool:
    """Whether the two cannot contradict each other: both are finished or neither, or a finished change names any."""
    if target.kind in (Kind.ANCHOR, Kind.RISK) or target.security is not None:
        return False
    mine, other = _finished(issue), _finished(target)
    return mine == other or (mine and issue.kind is Kind.CHANGE)


def _finished(issue: Issue) -> bool:
    return PLACES[issue.project.site].statuses[issue.status] == "done"


def _forms(issue: Issue, target: Issue) -> tuple[Form, ...]:
    """Return how people of one tool name what lies in another."""
    blueprint = target.project.site == LAUNCHPAD and target.kind in states.SPECIFICATIONS
    if issue.project.site == LAUNCHPAD and issue.kind in states.SPECIFICATIONS:
        return (Form.WHITEBOARD_URL,) if blueprint else (Form.WHITEBOARD_URL, Form.WHITEBOARD_KEY)
    if blueprint:
        return (Form.URL,)
    if issue.project.site == LAUNCHPAD and target.project.site == GITHUB:
        return (Form.WATCH, Form.WATCH, Form.URL) if target.kind is not Kind.CHANGE else (Form.URL,)
    if issue.kind is Kind.CHANGE and target.project.site in JIRA_SITES:
        return (Form.KEY_IN_TITLE, Form.KEY_IN_TITLE, Form.URL)
    return (Form.KEY_IN_TEXT, Form.URL, Form.KEY_IN_TITLE)
