"""Which tricks around scope also occur on GitHub and Launchpad, and those that only they have."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.portfolio import covered, orphans, twice, uncovered
from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.model import GITHUB, LAUNCHPAD, Kind, UrlForm

_UNCOVERED = {
    GITHUB: (
        "child-claims-another",
        "dropped-by-resolution",
        "dropped-tree",
        "bare-label",
        "mention-only",
        "third-party-deliverable-only",
        "unresolvable-claim",
        "url-of-baseline",
        "url-of-namesake",
    ),
    LAUNCHPAD: (
        "dropped-by-resolution",
        "dropped-by-status",
        "invisible-work",
        "mention-only",
        "url-of-baseline",
        "url-of-namesake",
    ),
}
_COVERED = {
    GITHUB: (
        "bug",
        "claimed-from-elsewhere",
        "custom-type",
        "done-work",
        "engagement-of-epic",
        "epic-only",
        "grandchild",
        "inherited",
        "inherits-past-unresolvable",
        "label-only",
        "lower-case",
        "not-billable",
        "out-of-contract-claim",
        "reopened",
        "sub-task-of-deliverable",
        "sub-task-only",
        "url-15",
        "url-18",
        "url-of-older-record",
    ),
    LAUNCHPAD: (
        "bug",
        "claimed-from-elsewhere",
        "done-work",
        "epic-only",
        "label-only",
        "not-billable",
        "out-of-contract-claim",
        "reopened",
        "restricted-work",
        "url-15",
        "url-18",
        "url-of-older-record",
    ),
}
_CLAIMING = {
    GITHUB: (
        "plain",
        "bug",
        "done",
        "custom-type",
        "unresolvable-label",
        "unknown-engagement",
        "similar-label",
        "under-unclaimed-epic",
        "under-unbillable-epic",
        "url-of-engagement",
        "shared-names-nobody",
        "shared-names-second",
        "shared-epic-names-second",
        "reopened",
        "in-stale-engagement",
        "out-of-contract",
        "epic-out-of-contract",
        "grandparent-out-of-contract",
        "not-billable",
        "dropped",
        "inherited",
        "retired-item",
        "future-item",
        "deferred-item",
        "deliverable",
        "two-labels",
        "label-and-url",
        "two-urls",
        "epic",
        "two-engagements",
        "two-engagements-shared",
        "with-closed-engagement",
        "with-retired-item",
        "qualified-and-not",
        "url-of-older-record",
        "url-15-and-18",
        "child-overrides",
        "one-resolves",
        "inherits-two",
    ),
    LAUNCHPAD: (
        "plain",
        "done",
        "unresolvable-label",
        "similar-label",
        "url-of-engagement",
        "restricted",
        "reopened",
        "in-stale-engagement",
        "out-of-contract",
        "not-billable",
        "dropped",
        "dropped-by-status",
        "retired-item",
        "future-item",
        "deferred-item",
        "invisible",
        "two-labels",
        "label-and-url",
        "two-urls",
        "two-engagements",
        "with-closed-engagement",
        "with-retired-item",
        "agree",
        "url-of-older-record",
        "url-15-and-18",
        "one-resolves",
    ),
}
"""Left out is what a tool cannot say: GitHub has no restricted issues, Launchpad no parents and no deliverables."""


def tools(b: Builder) -> list[str]:
    """Return which of the two run, in order."""
    return [each for each in (GITHUB, LAUNCHPAD) if each in b.truth.tools]


def covering(tool: str) -> list[Variant]:
    """Return the tricks of a tool that use up an item's key."""
    usual = [each for each in uncovered.POSITIVE if each.name in _UNCOVERED[tool]]
    usual += [each for each in covered.NEAR if each.name in _COVERED[tool]]
    return [*usual, *(_CHANGE_COVERING if tool == GITHUB else _BLUEPRINT_COVERING)]


def claiming(tool: str) -> list[Variant]:
    """Return the tricks of a tool around orphans and double claims."""
    every: Sequence[Variant] = (*orphans.POSITIVE, *orphans.NEAR, *twice.POSITIVE, *twice.NEAR)
    usual = [each for each in every if each.name in _CLAIMING[tool]]
    return [*usual, *(_CHANGE_CLAIMING if tool == GITHUB else _BLUEPRINT_CLAIMING)]


# ── pull requests ──


def _change_only(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    b.claim(b.issue(uncovered.home(b, d), Kind.CHANGE, "done"), d, key)
    uncovered.uncovered(b, d, v, key)


def _change_beside_issue(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    place = uncovered.home(b, d)
    b.claim(b.issue(place, Kind.CHANGE, "dropped"), d, key, "label")
    b.claim(b.issue(place, Kind.TASK, "open"), d, key, "label")
    covered.covered(b, d, v, key)


def _change(b: Builder, d: Desk, v: Variant) -> None:
    b.near(d, orphans.KIND, orphans.loose(b, d, Kind.CHANGE, "open"), v.name, v.why)


def _change_for_two(b: Builder, d: Desk, v: Variant) -> None:
    a, z = twice.two(b, d)
    change = b.claim(b.issue(uncovered.home(b, d), Kind.CHANGE, "open"), d, a, "label")
    b.near(d, twice.KIND, b.claim(change, d, z, "url"), v.name, v.why)


_CHANGE_COVERING = (
    Variant(name="change-only", why="only a merged pull request claims it", build=_change_only),
    Variant(name="change-beside-issue", why="an issue claims it beside a pull request", build=_change_beside_issue),
)
_CHANGE_CLAIMING = (
    Variant(name="change", why="a pull request is no work of its own", build=_change),
    Variant(name="change-for-two-items", why="a pull request may serve two items", build=_change_for_two),
)

# ── blueprints and bugs of Launchpad ──


def _blueprint_covers(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    b.claim(b.issue(uncovered.home(b, d), Kind.BLUEPRINT, "progress"), d, key, "url")
    covered.covered(b, d, v, key)


def _blueprint_alone(b: Builder, d: Desk, v: Variant) -> None:
    b.plant(d, orphans.KIND, orphans.loose(b, d, Kind.BLUEPRINT, "progress"), v.name, v.why)


def _blueprint_with_items(b: Builder, d: Desk, v: Variant) -> None:
    b.near(d, orphans.KIND, orphans.loose(b, d, Kind.EPIC, "progress"), v.name, v.why)


def _blueprint_twice(b: Builder, d: Desk, v: Variant) -> None:
    a, z = twice.two(b, d)
    made = b.issue(uncovered.home(b, d), Kind.BLUEPRINT, "open")
    for key in (a, z):
        b.url(made, d, d.item(key).id, UrlForm.LIGHTNING_18)
    b.plant(d, twice.KIND, made, v.name, v.why)


def _duplicate(b: Builder, d: Desk, v: Variant) -> None:
    bug = orphans.loose(b, d, Kind.BUG, "open")
    bug.status, bug.resolution = "Confirmed", "Duplicate"
    b.near(d, orphans.KIND, bug, v.name, v.why)


def _task_elsewhere(b: Builder, d: Desk, v: Variant) -> None:
    """Let a bug have a task in the projects of two engagements; its tags mean each engagement's own item."""
    others = [each for each in b.desks if each is not d and each.troubled and each.own and set(each.pool) & set(d.pool)]
    other = b.pick(others)
    key = b.pick(sorted(set(d.pool) & set(other.pool)))
    bug = b.claim(b.issue(b.pick(d.own), Kind.BUG, "progress"), d, key, "label")
    twin = b.twin(bug, b.pick(other.own), "open")
    b.near(d, twice.KIND, bug, v.name, v.why)
    b.near(other, twice.KIND, twin, v.name, v.why)


def _tasks_of_two(b: Builder, d: Desk, v: Variant) -> None:
    other = b.pick([each for each in b.desks if each is not d and each.troubled and each.own])
    bug = b.issue(b.pick(d.own), Kind.BUG, "progress")
    twin = b.twin(bug, b.pick(other.own), "open")
    b.plant(d, orphans.KIND, bug, v.name, v.why)
    b.plant(other, orphans.KIND, twin, v.name, v.why)


_BLUEPRINT_COVERING = (
    Variant(name="blueprint-only", why="a blueprint without work items is work", build=_blueprint_covers),
)
_BLUEPRINT_CLAIMING = (
    Variant(name="blueprint", why="a blueprint without work items is work", build=_blueprint_alone),
    Variant(name="tasks-of-two-engagements", why="each task of a bug is work of its own", build=_tasks_of_two),
    Variant(name="blueprint-with-work-items", why="with work items it is an epic", build=_blueprint_with_items),
    Variant(name="duplicate", why="a bug that duplicates another is dropped", build=_duplicate),
    Variant(name="blueprint-for-two-items", why="two URLs in a blueprint name two items", build=_blueprint_twice),
    Variant(
        name="tag-of-two-tasks",
        why="one tag on a bug with a task in two projects: each task claims its own engagement's item",
        build=_task_elsewhere,
    ),
)
