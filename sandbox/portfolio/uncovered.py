"""Tricks around `scope.uncovered` that do uncover an item, each with its name."""

from __future__ import annotations

from sandbox.portfolio import states
from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.model import Issue, Item, Kind, Project, Security, UrlForm
from sandbox.portfolio.sites import PLACES

KIND = "scope.uncovered"


def uncovered(b: Builder, d: Desk, v: Variant, key: str) -> Item:
    """Note that the item is uncovered."""
    b.plant(d, KIND, d.item(key), v.name, v.why)
    return d.item(key)


def home(b: Builder, d: Desk) -> Project:
    """Return a readable place of the engagement."""
    return b.pick(d.readable)


def pool_issue(b: Builder, d: Desk, project: Project, kind: Kind | None = None, state: str | None = None) -> Issue:
    """Make an issue that claims one of the items that are covered anyway."""
    return b.claim(b.issue(project, kind, state), d, b.pick(d.pool))


def _nothing(b: Builder, d: Desk, v: Variant) -> None:
    uncovered(b, d, v, d.take())


def _past_due(b: Builder, d: Desk, v: Variant) -> None:
    uncovered(b, d, v, d.take()).due = b.day(-24)


def _dropped_resolution(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    for _ in range(b.rng.randint(1, 2)):
        issue = b.claim(b.issue(home(b, d), state="done"), d, key)
        issue.resolution = b.pick(PLACES[issue.project.site].dropping_resolutions)
    uncovered(b, d, v, key)


def _dropped_status(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = b.claim(b.issue(home(b, d)), d, key, "label")
    states.drop_by_status(b.rng, issue)
    uncovered(b, d, v, key)


def _cancelled_resolved_done(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = b.claim(b.issue(home(b, d)), d, key)
    issue.status, issue.resolution = "Cancelled", "Done"
    uncovered(b, d, v, key)


def _dropped_tree(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "dropped"), d, key)
    story = b.issue(project, Kind.STORY, "dropped", parent=epic)
    b.issue(project, Kind.SUB_TASK, "dropped", parent=story)
    uncovered(b, d, v, key)


def _child_claims_other(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "dropped"), d, key)
    story = b.issue(project, Kind.STORY, "progress", parent=epic)
    b.claim(story, d, b.pick(d.pool))
    uncovered(b, d, v, key)


def _same_key_of_partner(b: Builder, d: Desk, v: Variant) -> None:
    partner = d.partner
    assert partner is not None  # noqa: S101 - `fits` has seen to it
    key = d.take(partner.pool)
    shared = next(each for each in d.readable if each.shared)
    b.issue(shared, Kind.STORY, "progress", scope_field=f"{partner.engagement.key}/{key}")
    b.issue(shared, Kind.TASK, "open", scope_field=key, engagement_field=partner.engagement.key)
    uncovered(b, d, v, key)


def _unresolvable(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    project = home(b, d)
    epic = b.issue(project, Kind.EPIC, "progress", **b.owned(d, project))
    epic.scope_field = f"SI-9{key[-1]}"
    epic.summary = f"{d.item(key).name}: everything"
    uncovered(b, d, v, key)


def _deliverable_only(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    b.claim(b.issue(home(b, d), Kind.DELIVERABLE, "progress"), d, key)
    uncovered(b, d, v, key)


def _risk_only(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    anchor = d.engagement.anchor
    assert anchor is not None  # noqa: S101 - anchors are made first
    risk = b.issue(anchor.project, Kind.RISK, "open", parent=anchor, summary=f"{d.item(key).name} may start late")
    b.claim(risk, d, key, "field")
    uncovered(b, d, v, key)


def _hidden_only(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    b.claim(b.issue(home(b, d), Kind.STORY, "progress", security=Security.HIDDEN), d, key)
    uncovered(b, d, v, key)


def _mention_only(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = pool_issue(b, d, home(b, d), Kind.STORY)
    issue.summary = f"{issue.summary}, prepares {key}"
    issue.text = f"{issue.text} See also {key} in the statement of work."
    uncovered(b, d, v, key)


def _bare_label(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    issue = pool_issue(b, d, home(b, d), Kind.TASK)
    issue.labels += [key, f"scope-{key}"]
    uncovered(b, d, v, key)


def _url_of_namesake(b: Builder, d: Desk, v: Variant) -> None:
    other = next(
        each for each in b.desks if each is not d and each.current and set(each.pool) & set(d.free) and each.active
    )
    key = d.take(other.pool)
    issue = b.issue(b.pick(d.own or d.readable), Kind.STORY, "progress")
    b.url(issue, d, other.item(key).id, UrlForm.LIGHTNING_18)
    uncovered(b, d, v, key)


def _wrong_object_url(b: Builder, d: Desk, v: Variant) -> None:
    key = d.take()
    assert d.current is not None  # noqa: S101 - `fits` has seen to it
    issue = pool_issue(b, d, home(b, d), Kind.TASK)
    b.url(issue, d, d.current.id, UrlForm.SHORT_18)
    uncovered(b, d, v, key)


def has_partner(d: Desk) -> bool:
    """Whether a place is shared with another engagement."""
    return d.partner is not None


def is_second(d: Desk) -> bool:
    """Whether a place is shared with another engagement whose key comes first."""
    return d.partner is not None and d.partner.engagement.key < d.engagement.key


POSITIVE: tuple[Variant, ...] = (
    Variant(name="no-work", why="nothing claims it", build=_nothing),
    Variant(name="past-due-no-work", why="nothing claims it, and it was due last month", build=_past_due),
    Variant(
        name="dropped-by-resolution",
        why="the only work was closed with a resolution that means nothing was done",
        build=_dropped_resolution,
    ),
    Variant(
        name="dropped-by-status",
        why="the only work is in a status that means nothing was done, without any resolution",
        build=_dropped_status,
    ),
    Variant(
        name="cancelled-resolved-done",
        why="the only work is in status Cancelled, though its resolution says Done",
        build=_cancelled_resolved_done,
    ),
    Variant(
        name="dropped-tree",
        why="epic, story and sub-task are all dropped",
        build=_dropped_tree,
    ),
    Variant(
        name="child-claims-another",
        why="the epic that claims it is dropped, and its live child claims another item of its own",
        build=_child_claims_other,
    ),
    Variant(
        name="same-key-of-partner",
        why="work in the shared place claims the same key of the other engagement",
        build=_same_key_of_partner,
        fits=has_partner,
    ),
    Variant(
        name="unresolvable-claim",
        why="the epic meant for it claims a key that no baseline has",
        build=_unresolvable,
    ),
    Variant(
        name="third-party-deliverable-only",
        why="only a third-party deliverable claims it, which is no work",
        build=_deliverable_only,
    ),
    Variant(name="risk-only", why="only a risk claims it, which is no work", build=_risk_only),
    Variant(
        name="invisible-work",
        why="the only work has a security level that the syncing account is not in",
        build=_hidden_only,
    ),
    Variant(
        name="mention-only",
        why="work mentions the key in its summary and its prose, which is no claim",
        build=_mention_only,
    ),
    Variant(
        name="bare-label",
        why="a label bears the key without `scope:`, which is no claim",
        build=_bare_label,
    ),
    Variant(
        name="url-of-namesake",
        why="work names the item of the same key of another engagement by URL",
        build=_url_of_namesake,
    ),
    Variant(
        name="url-of-baseline",
        why="work names the baseline by URL, not the item",
        build=_wrong_object_url,
    ),
)
