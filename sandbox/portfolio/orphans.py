"""Tricks around `scope.orphan_work`: work that nobody sold, and work that only looks so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.portfolio import states
from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.model import Issue, Kind, Project, Security, UrlForm
from sandbox.portfolio.uncovered import has_partner, home

KIND = "scope.orphan_work"


def loose(b: Builder, d: Desk, kind: Kind | None = None, state: str | None = None, **fields: Any) -> Issue:
    """Make work of this engagement without any claim; in a given `project`, or in one of its places."""
    project: Project = fields.pop("project", None) or home(b, d)
    return b.issue(project, kind, state, **b.owned(d, project, **fields))


def _plain(kind: Kind | None, state: str | None, **fields: Any) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        b.plant(d, KIND, loose(b, d, kind, state, **fields), v.name, v.why)

    return build


def _labelled(*labels: str) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        b.plant(d, KIND, loose(b, d, labels=list(labels)), v.name, v.why)

    return build


def _under(**epic_fields: Any) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        epic = loose(b, d, Kind.EPIC, "progress", **epic_fields)
        story = loose(b, d, Kind.STORY, project=epic.project, parent=epic)
        b.plant(d, KIND, story, v.name, v.why)
        b.near(d, KIND, epic, "epic", "an epic is no work of its own")

    return build


def _claim_below(b: Builder, d: Desk, v: Variant) -> None:
    story = loose(b, d, Kind.STORY, "progress")
    b.claim(b.issue(story.project, Kind.SUB_TASK, "open", parent=story), d, b.pick(d.pool))
    b.plant(d, KIND, story, v.name, v.why)


def _dead_url(b: Builder, d: Desk, v: Variant) -> None:
    issue = loose(b, d)
    b.url(issue, d, d.engagement.id, UrlForm.LIGHTNING_18)
    b.plant(d, KIND, issue, v.name, v.why)


def _names_nobody(b: Builder, d: Desk, v: Variant) -> None:
    shared = next(each for each in d.readable if each.shared)
    issue = b.issue(shared, Kind.STORY, "progress")
    first = next(each for each in b.desks if each.engagement is shared.owners[0])
    b.plant(first, KIND, issue, v.name, v.why)


def _names_second(b: Builder, d: Desk, v: Variant) -> None:
    shared = next(each for each in d.readable if each.shared)
    second = next(each for each in b.desks if each.engagement is shared.owners[1])
    b.plant(second, KIND, b.issue(shared, engagement_field=second.engagement.key), v.name, v.why)


def _epic_names_second(b: Builder, d: Desk, v: Variant) -> None:
    shared = next(each for each in d.readable if each.shared)
    second = next(each for each in b.desks if each.engagement is shared.owners[1])
    epic = b.issue(shared, Kind.EPIC, "open", engagement_field=second.engagement.key)
    b.plant(second, KIND, b.issue(shared, Kind.STORY, "open", parent=epic), v.name, v.why)


def _in_silent(b: Builder, d: Desk, v: Variant) -> None:
    project = next(each for each in d.readable if each.silent)
    b.plant(d, KIND, loose(b, d, Kind.TASK, "done", project=project), v.name, v.why)


def _reopened(b: Builder, d: Desk, v: Variant) -> None:
    issue = loose(b, d, Kind.BUG)
    states.reopen(b.rng, issue)
    b.plant(d, KIND, issue, v.name, v.why)


def is_stale(d: Desk) -> bool:
    """Whether one of its places cannot be read while another can."""
    return d.stale and bool(d.readable)


POSITIVE: tuple[Variant, ...] = (
    Variant(name="plain", why="no claim anywhere", build=_plain(Kind.STORY, "progress")),
    Variant(name="bug", why="a bug without a claim", build=_plain(Kind.BUG, "open")),
    Variant(name="done", why="work already done is no less unsold", build=_plain(Kind.TASK, "done")),
    Variant(name="custom-type", why="any other standard type is work", build=_plain(Kind.SPIKE, "progress")),
    Variant(name="billable-yes", why="marked billable", build=_plain(Kind.STORY, "open", billable="Yes")),
    Variant(
        name="unresolvable-field",
        why="no baseline has the key that it claims",
        build=_plain(Kind.STORY, "progress", scope_field="SI-99"),
    ),
    Variant(
        name="unresolvable-label", why="no baseline has the key that its label claims", build=_labelled("scope:SI-98")
    ),
    Variant(
        name="unknown-engagement",
        why="it claims an item of an engagement that does not exist",
        build=_plain(Kind.TASK, "open", scope_field="ZZZ-01/SI-01"),
    ),
    Variant(
        name="similar-label", why="the label only resembles `out-of-contract`", build=_labelled("out-of-contract-check")
    ),
    Variant(name="under-unclaimed-epic", why="its epic claims nothing either", build=_under()),
    Variant(
        name="under-unbillable-epic",
        why="its epic is not billable, but billing is said on the work itself",
        build=_under(billable="No"),
    ),
    Variant(name="claim-below", why="its sub-task has a claim; claims are not inherited upwards", build=_claim_below),
    Variant(name="url-of-engagement", why="the URL leads to the engagement, not to a scope item", build=_dead_url),
    Variant(
        name="shared-names-nobody",
        why="in a shared place work that names nobody belongs to the first by key",
        build=_names_nobody,
        fits=has_partner,
    ),
    Variant(
        name="shared-names-second", why="its Engagement field names the second", build=_names_second, fits=has_partner
    ),
    Variant(
        name="shared-epic-names-second",
        why="its epic's Engagement field names the second",
        build=_epic_names_second,
        fits=has_partner,
    ),
    Variant(
        name="restricted",
        why="restricted, but seen",
        build=_plain(Kind.STORY, "progress", security=Security.SEEN),
    ),
    Variant(
        name="silent-place",
        why="old work in a place where nothing moved for 200 days",
        build=_in_silent,
        fits=lambda d: any(each.silent for each in d.readable),
    ),
    Variant(name="reopened", why="in progress again; the resolution is left over", build=_reopened),
    Variant(
        name="in-stale-engagement",
        why="seen in a place that can be read",
        build=_plain(Kind.BUG, "open"),
        fits=is_stale,
    ),
)


def _near(kind: Kind | None, state: str | None, **fields: Any) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        b.near(
            d,
            KIND,
            loose(b, d, kind, state, **{k: list(x) if isinstance(x, tuple) else x for k, x in fields.items()}),
            v.name,
            v.why,
        )

    return build


def _marked_above(levels: int) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        parent = loose(b, d, Kind.EPIC, "progress", labels=["out-of-contract"])
        story = loose(b, d, Kind.STORY, "open", project=parent.project, parent=parent)
        b.near(d, KIND, story, v.name, v.why)
        if levels > 1:
            sub = loose(b, d, Kind.SUB_TASK, "open", project=parent.project, parent=story)
            b.near(d, KIND, sub, v.name, v.why)

    return build


def _inherited(b: Builder, d: Desk, v: Variant) -> None:
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "progress"), d, b.pick(d.pool))
    b.near(d, KIND, b.issue(project, Kind.BUG, parent=epic), v.name, v.why)


def _key_of(keys: str) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        issue = b.issue(home(b, d), Kind.STORY)
        key = b.pick(getattr(d, keys))
        issue.scope_field = b.spelled(issue, d, key)
        b.near(d, KIND, issue, v.name, v.why)

    return build


def _dropped_by_status(b: Builder, d: Desk, v: Variant) -> None:
    issue = loose(b, d, Kind.STORY)
    states.drop_by_status(b.rng, issue)
    b.near(d, KIND, issue, v.name, v.why)


def _sub_task(b: Builder, d: Desk, v: Variant) -> None:
    story = loose(b, d, Kind.STORY, "dropped")
    b.near(d, KIND, b.issue(story.project, Kind.SUB_TASK, "progress", parent=story), v.name, v.why)


NEAR: tuple[Variant, ...] = (
    Variant(
        name="out-of-contract",
        why="marked out of contract",
        build=_near(Kind.STORY, "progress", labels=("out-of-contract",)),
    ),
    Variant(name="epic-out-of-contract", why="its epic is marked out of contract", build=_marked_above(1)),
    Variant(name="grandparent-out-of-contract", why="marked two levels up", build=_marked_above(2)),
    Variant(name="not-billable", why="Billable is No", build=_near(Kind.TASK, "progress", billable="No")),
    Variant(name="dropped", why="dropped work", build=_near(Kind.STORY, "dropped")),
    Variant(name="dropped-by-status", why="dropped by its status alone", build=_dropped_by_status),
    Variant(name="inherited", why="it inherits its epic's claim", build=_inherited),
    Variant(
        name="retired-item",
        why="its item lives only in an older baseline, which still resolves",
        build=_key_of("retired"),
        fits=lambda d: d.amended and bool(d.readable),
    ),
    Variant(
        name="future-item",
        why="its item lives only in a baseline that is not in force yet, which still resolves",
        build=_key_of("future"),
        fits=lambda d: d.ahead and bool(d.readable),
    ),
    Variant(
        name="deferred-item",
        why="its item is deferred, which still resolves",
        build=_key_of("deferred"),
    ),
    Variant(name="sub-task", why="a sub-task is never an orphan of its own", build=_sub_task),
    Variant(name="deliverable", why="a third-party deliverable is no work", build=_near(Kind.DELIVERABLE, "open")),
    Variant(
        name="invisible",
        why="it has a security level that the syncing account is not in",
        build=_near(Kind.STORY, "progress", security=Security.HIDDEN),
    ),
)
