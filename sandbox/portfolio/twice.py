"""Tricks around `scope.claimed_twice`: work claimed for two items, and work that only looks so."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.portfolio.builder import Builder, Desk, Variant
from sandbox.portfolio.model import Issue, Kind, Stage, UrlForm
from sandbox.portfolio.orphans import is_stale
from sandbox.portfolio.uncovered import has_partner, home

KIND = "scope.claimed_twice"


def two(b: Builder, d: Desk) -> list[str]:
    """Return two different items that are covered anyway."""
    return b.rng.sample(d.pool, 2)


def _both(
    first: str, second: str, kind: Kind | None = None, state: str | None = None
) -> Callable[[Builder, Desk, Variant], None]:
    def build(b: Builder, d: Desk, v: Variant) -> None:
        a, z = two(b, d)
        issue = b.issue(home(b, d), kind, state)
        b.claim(b.claim(issue, d, a, first), d, z, second)
        b.plant(d, KIND, issue, v.name, v.why)

    return build


def _sub_task(b: Builder, d: Desk, v: Variant) -> None:
    a, z = two(b, d)
    project = home(b, d)
    story = b.claim(b.issue(project, Kind.STORY), d, a)
    sub = b.claim(b.claim(b.issue(project, Kind.SUB_TASK, "open", parent=story), d, a, "field"), d, z, "label")
    b.plant(d, KIND, sub, v.name, v.why)
    b.near(d, KIND, story, "sub-task-claims-another", "only its sub-task claims a second item")


def _two_engagements(b: Builder, d: Desk, v: Variant) -> None:
    partner = d.partner
    assert partner is not None  # noqa: S101 - `fits` has seen to it
    shared = next(each for each in d.readable if each.shared)
    issue = b.issue(shared, Kind.STORY, "progress")
    issue.scope_field = f"{d.engagement.key}/{b.pick(d.pool)}"
    issue.labels.append(f"scope:{partner.engagement.key}/{b.pick(partner.pool)}")
    b.plant(d, KIND, issue, v.name, v.why)
    b.plant(partner, KIND, issue, v.name, v.why)


def _same_key_two_engagements(b: Builder, d: Desk, v: Variant) -> None:
    other = b.pick(
        [each for each in b.desks if each is not d and each.troubled and each is not d.partner and each.current]
    )
    project = b.pick(d.readable)
    issue = b.claim(b.issue(project, Kind.TASK), d, b.pick(d.pool), "field")
    b.claim(issue, other, b.pick(other.pool), "label")
    b.plant(d, KIND, issue, v.name, v.why)
    b.plant(other, KIND, issue, v.name, v.why)


def _with_closed(b: Builder, d: Desk, v: Variant) -> None:
    closed = b.pick([each for each in b.desks if each.engagement.stage is Stage.CLOSED])
    issue = b.claim(b.issue(home(b, d), Kind.TASK, "done"), d, b.pick(d.pool), "label")
    b.claim(issue, closed, b.pick(closed.pool), "field")
    b.plant(d, KIND, issue, v.name, v.why)
    b.near(closed, KIND, issue, v.name, "a closed engagement is at rest")


def _with_retired(b: Builder, d: Desk, v: Variant) -> None:
    issue = b.claim(b.issue(home(b, d), Kind.STORY), d, b.pick(d.pool), "field")
    issue.labels.append(f"scope:{b.spelled(issue, d, b.pick(d.retired))}")
    b.plant(d, KIND, issue, v.name, v.why)


POSITIVE: tuple[Variant, ...] = (
    Variant(name="field-and-label", why="field and label name different items", build=_both("field", "label")),
    Variant(name="field-two-keys", why="its field names two items", build=_both("field", "field")),
    Variant(name="label-and-url", why="label and URL name different items", build=_both("label", "url15")),
    Variant(name="two-labels", why="two labels name different items", build=_both("label", "label", Kind.BUG)),
    Variant(name="two-urls", why="two URLs name different items", build=_both("url", "url15")),
    Variant(name="epic", why="an epic claimed for two items", build=_both("field", "url", Kind.EPIC, "progress")),
    Variant(name="done", why="done work counts too", build=_both("field", "label", Kind.STORY, "done")),
    Variant(name="sub-task", why="a sub-task whose own claims differ", build=_sub_task),
    Variant(
        name="two-engagements-shared",
        why="in the shared place two engagements claim it, so that both have the finding",
        build=_two_engagements,
        fits=has_partner,
    ),
    Variant(
        name="two-engagements",
        why="a qualified label of another engagement beside its own claim: both have the finding",
        build=_same_key_two_engagements,
    ),
    Variant(
        name="with-closed-engagement",
        why="its second claim is of a closed engagement, which has no finding",
        build=_with_closed,
    ),
    Variant(
        name="with-retired-item",
        why="its second item lives only in an older baseline, which still resolves",
        build=_with_retired,
        fits=lambda d: d.amended and bool(d.readable),
    ),
    Variant(
        name="in-stale-engagement", why="seen in a place that can be read", build=_both("field", "label"), fits=is_stale
    ),
)


def _one(b: Builder, d: Desk, v: Variant) -> tuple[Issue, str]:
    key = b.pick(d.pool)
    issue = b.claim(b.issue(home(b, d)), d, key, "field")
    b.near(d, KIND, issue, v.name, v.why)
    return issue, key


def _agree(b: Builder, d: Desk, v: Variant) -> None:
    issue, key = _one(b, d, v)
    b.claim(issue, d, key, "label")


def _case(b: Builder, d: Desk, v: Variant) -> None:
    issue, key = _one(b, d, v)
    issue.labels.append(f"scope:{b.spelled(issue, d, key).lower()}")


def _repeated(b: Builder, d: Desk, v: Variant) -> None:
    issue, _ = _one(b, d, v)
    issue.scope_field = f"{issue.scope_field}, {issue.scope_field}"


def _qualified(b: Builder, d: Desk, v: Variant) -> None:
    issue, key = _one(b, d, v)
    issue.labels.append(f"scope:{d.engagement.key}/{key}")


def _older_url(b: Builder, d: Desk, v: Variant) -> None:
    old = d.older[0]
    key = b.pick([each for each in d.pool if each in {item.key for item in old.items}])
    issue = b.claim(b.issue(home(b, d)), d, key, "field")
    b.url(issue, d, old.item(key).id, UrlForm.LIGHTNING_18)
    b.near(d, KIND, issue, v.name, v.why)


def _both_urls(b: Builder, d: Desk, v: Variant) -> None:
    key = b.pick(d.pool)
    issue = b.claim(b.claim(b.issue(home(b, d)), d, key, "url"), d, key, "url15")
    b.near(d, KIND, issue, v.name, v.why)


def _override(b: Builder, d: Desk, v: Variant) -> None:
    a, z = two(b, d)
    project = home(b, d)
    epic = b.claim(b.issue(project, Kind.EPIC, "progress"), d, a)
    b.near(d, KIND, b.claim(b.issue(project, Kind.STORY, parent=epic), d, z), v.name, v.why)


def _dropped(b: Builder, d: Desk, v: Variant) -> None:
    a, z = two(b, d)
    b.near(d, KIND, b.claim(b.claim(b.issue(home(b, d), state="dropped"), d, a, "field"), d, z, "label"), v.name, v.why)


def _one_resolves(b: Builder, d: Desk, v: Variant) -> None:
    issue, _ = _one(b, d, v)
    issue.labels.append("scope:SI-97")


def _inherits_two(b: Builder, d: Desk, v: Variant) -> None:
    a, z = two(b, d)
    project = home(b, d)
    epic = b.claim(b.claim(b.issue(project, Kind.EPIC, "open"), d, a, "field"), d, z, "label")
    b.plant(d, KIND, epic, "epic-of-heirs", "the epic itself names two items")
    b.near(d, KIND, b.issue(project, Kind.STORY, parent=epic), v.name, v.why)


def _deliverable(b: Builder, d: Desk, v: Variant) -> None:
    a, z = two(b, d)
    issue = b.issue(home(b, d), Kind.DELIVERABLE, "open")
    b.near(d, KIND, b.claim(b.claim(issue, d, a, "field"), d, z, "label"), v.name, v.why)


NEAR: tuple[Variant, ...] = (
    Variant(name="agree", why="field and label name the same item", build=_agree),
    Variant(name="different-case", why="field and label differ only in case", build=_case),
    Variant(name="repeated-key", why="its field names the same item twice", build=_repeated),
    Variant(
        name="qualified-and-not", why="with and without the engagement's key it is the same item", build=_qualified
    ),
    Variant(
        name="url-of-older-record",
        why="the URL leads to an older baseline's record of the same item",
        build=_older_url,
        fits=lambda d: d.amended and bool(d.readable),
    ),
    Variant(name="url-15-and-18", why="two spellings of one record's id", build=_both_urls),
    Variant(name="child-overrides", why="the story's own claim takes the place of its epic's", build=_override),
    Variant(name="dropped", why="dropped work", build=_dropped),
    Variant(name="one-resolves", why="only one of its two claims resolves", build=_one_resolves),
    Variant(name="inherits-two", why="both claims are inherited", build=_inherits_two),
    Variant(name="deliverable", why="a third-party deliverable is no work", build=_deliverable),
)
