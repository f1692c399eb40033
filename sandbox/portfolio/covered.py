"""Tricks around `scope.uncovered` that look uncovered and are not, each with its name."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.portfolio import states
from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.model import Issue, Kind, Security, UrlForm
from sandbox.portfolio.uncovered import KIND, home, is_second, pool_issue


def covered(b: Builder, d: Desk, v: Variant, key: str) -> None:
    """Note that the item is covered after all."""
    b.near(d, KIND, d.item(key), v.name, v.why)


def _by(kind: Kind | None, state: str | None, how: str | None) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        key = d.take()
        b.claim(b.issue(home(b, d), kind, state), d, key, how)
        covered(b, d, v, key)

    return build


def _inherited(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "dropped"), d, key)
    b.issue(project, Kind.STORY, "progress", parent=epic)
    covered(b, d, v, key)


def _grandchild(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "dropped"), d, key)
    story = b.issue(project, Kind.STORY, "dropped", parent=epic)
    b.issue(project, Kind.SUB_TASK, "open", parent=story)
    covered(b, d, v, key)


def _inherits_past_unresolvable(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "dropped"), d, key)
    story = b.issue(project, Kind.STORY, "progress", parent=epic)
    story.labels.append("scope:SI-99")
    b.near(d, "scope.orphan_work", story, v.name, v.why)
    covered(b, d, v, key)


def _sub_task(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    story = pool_issue(b, d, project, Kind.STORY)
    b.claim(b.issue(project, Kind.SUB_TASK, "progress", parent=story), d, key)
    covered(b, d, v, key)


def _sub_task_of_deliverable(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    owed = b.claim(b.issue(project, Kind.DELIVERABLE, "progress"), d, key)
    b.issue(project, Kind.SUB_TASK, "open", parent=owed)
    covered(b, d, v, key)


def _lower_case(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = b.claim(b.issue(home(b, d), Kind.STORY, "open"), d, key, "field")
    issue.scope_field = (issue.scope_field or "").lower()
    covered(b, d, v, key)


def _spaced_list(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = b.issue(home(b, d), Kind.STORY, "open")
    b.claim(b.claim(issue, d, b.pick(d.pool), "field"), d, key, "field")
    issue.scope_field = f" {(issue.scope_field or '').replace(', ', ' ,  ')} "
    b.plant(d, "scope.claimed_twice", issue, "field-two-keys-spaced", "its field names two items")
    covered(b, d, v, key)


def _older_record(b: Builder, d: Desk, v: Variant) -> None:
    old = next(each for each in d.older if set(d.free) & {item.key for item in each.items})
    key = d.take(item.key for item in old.items)
    issue = b.issue(home(b, d), Kind.STORY, "progress")
    b.url(issue, d, old.item(key).id, UrlForm.LIGHTNING_15)
    covered(b, d, v, key)


def _reopened(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = b.claim(b.issue(home(b, d), Kind.STORY), d, key)
    states.reopen(b.rng, issue)
    covered(b, d, v, key)


def _labelled(label: str | None, billable: str | None) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        key = d.take()
        issue = b.claim(b.issue(home(b, d), Kind.TASK, "open", billable=billable), d, key)
        if label:
            issue.labels.append(label)
        covered(b, d, v, key)

    return build


def _restricted(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    b.claim(b.issue(home(b, d), Kind.STORY, "progress", security=Security.SEEN), d, key)
    covered(b, d, v, key)


def _silent(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = next(each for each in d.readable if each.silent)
    b.claim(b.issue(project, Kind.STORY, "open"), d, key)
    covered(b, d, v, key)


def _field_of_epic(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    shared = next(each for each in d.readable if each.shared)
    epic = b.issue(shared, Kind.EPIC, "open", engagement_field=d.engagement.key)
    b.issue(shared, Kind.STORY, "open", parent=epic, scope_field=key)
    covered(b, d, v, key)


def _elsewhere(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    other = b.pick([each for each in b.desks if each is not d and each.active and each.own and each is not d.partner])
    issue: Issue = b.issue(b.pick(other.own), Kind.STORY, "progress")
    b.claim(issue, d, key, b.pick(("field", "label")))
    b.near(other, "scope.orphan_work", issue, v.name, "it claims an item of another engagement")
    covered(b, d, v, key)


NEAR: tuple[Variant, ...] = (
    Variant(name="inherited", why="a live story inherits the claim of its dropped epic", build=_inherited),
    Variant(name="grandchild", why="a live sub-task inherits from a dropped epic, two levels up", build=_grandchild),
    Variant(
        name="inherits-past-unresolvable",
        why="the story's own claim resolves nowhere, so that it inherits its epic's",
        build=_inherits_past_unresolvable,
    ),
    Variant(name="label-only", why="the only claim is a label", build=_by(Kind.STORY, "progress", "label")),
    Variant(name="url-15", why="the only claim is a URL with an id of 15 characters", build=_by(None, "open", "url15")),
    Variant(name="url-18", why="the only claim is a URL with an id of 18 characters", build=_by(None, "open", "url")),
    Variant(name="done-work", why="work already done covers", build=_by(Kind.STORY, "done", None)),
    Variant(name="bug", why="a bug is work", build=_by(Kind.BUG, "open", None)),
    Variant(name="custom-type", why="any other standard type is work", build=_by(Kind.SPIKE, "open", None)),
    Variant(name="epic-only", why="an epic without children covers", build=_by(Kind.EPIC, "open", None)),
    Variant(name="sub-task-only", why="a sub-task with a claim of its own covers", build=_sub_task),
    Variant(
        name="sub-task-of-deliverable",
        why="a sub-task inherits the claim of a third-party deliverable",
        build=_sub_task_of_deliverable,
    ),
    Variant(name="lower-case", why="keys compare without regard to case", build=_lower_case),
    Variant(name="spaced-list", why="the field names it among several, with spaces", build=_spaced_list),
    Variant(
        name="url-of-older-record",
        why="the URL leads to an older baseline's record of the same item",
        build=_older_record,
        fits=lambda d: d.amended and bool(d.readable),
    ),
    Variant(name="reopened", why="in progress again; the resolution is left over", build=_reopened),
    Variant(name="not-billable", why="work that is not billable covers", build=_labelled(None, "No")),
    Variant(name="out-of-contract-claim", why="marked work covers", build=_labelled("out-of-contract", None)),
    Variant(name="restricted-work", why="the only work is restricted, but seen", build=_restricted),
    Variant(
        name="silent-place",
        why="the only work lies in a place where nothing moved for 200 days",
        build=_silent,
        fits=lambda d: any(each.silent for each in d.readable),
    ),
    Variant(
        name="engagement-of-epic",
        why="the story's unqualified claim belongs to the engagement that its epic names",
        build=_field_of_epic,
        fits=is_second,
    ),
    Variant(
        name="claimed-from-elsewhere",
        why="a qualified claim in another engagement's place",
        build=_elsewhere,
    ),
)
