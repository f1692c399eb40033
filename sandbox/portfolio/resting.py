"""What is quiet by nature: items not in force, engagements at rest, places that are stale or only look so."""

from __future__ import annotations

from sandbox.portfolio import orphans, owed, owed_table, twice, uncovered
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.model import DATA_CENTER, Baseline, Kind, Reading

STALE = "source.stale"


def plant(b: Builder) -> None:
    """Note the quiet ones of every engagement, and the places that cannot be read."""
    for desk in b.desks:
        if not desk.active:
            _at_rest(b, desk)
        elif desk.stale:
            _unread(b, desk)
        else:
            _not_in_force(b, desk)
        _places(b, desk)


def _not_in_force(b: Builder, d: Desk) -> None:
    for key in d.deferred:
        b.near(d, uncovered.KIND, d.item(key), "deferred", "the item is deferred")
    for key in d.cancelled:
        b.near(d, uncovered.KIND, d.item(key), "cancelled", "the item is cancelled")
    _only_in(b, d, d.older, d.retired, "retired", "only an older baseline has the item")
    _only_in(b, d, d.newer, d.future, "future", "only a baseline that is not in force yet has the item")


def _only_in(b: Builder, d: Desk, baselines: list[Baseline], keys: list[str], name: str, why: str) -> None:
    for baseline in baselines:
        for item in baseline.items:
            if item.key in keys:
                b.near(d, uncovered.KIND, item, name, why)


def _unread(b: Builder, d: Desk) -> None:
    for key in d.free:
        b.near(d, uncovered.KIND, d.item(key), "stale-source", "not concluded while a place cannot be read")


def _at_rest(b: Builder, d: Desk) -> None:
    why = f"a {d.engagement.stage.value.lower()} engagement is at rest"
    baseline = d.current or d.engagement.baselines[0]
    for key in d.free:
        b.near(d, uncovered.KIND, baseline.item(key), "at-rest", why)
    if d.readable:
        b.near(d, orphans.KIND, orphans.loose(b, d, Kind.STORY, "progress"), "at-rest", why)
        double = b.issue(d.readable[0], Kind.STORY, "open", scope_field=", ".join(d.pool[:2]))
        b.near(d, twice.KIND, double, "at-rest", why)
    late = owed.deliverable(b, d, promised=b.day(30), needed=b.day(-15))
    b.near(d, owed_table.LATE, late, "at-rest", why)
    apart = owed.deliverable(b, d, promised=b.day(30), needed=b.day(90))
    place = d.readable[0] if d.readable else d.engagement.places[0]
    apart.version = b.version(place, b.day(70))
    b.near(d, owed_table.DISAGREE, apart, "at-rest", why)


def _places(b: Builder, d: Desk) -> None:
    for place in d.engagement.places:
        if place.reading is not Reading.READABLE:
            if d.active:
                why = "the syncing account may not browse it"
                if place.reading is Reading.MISSING:
                    why = "the site has no such project any more"
                b.plant(d, STALE, place, place.reading.value, why)
            else:
                b.near(d, STALE, place, "at-rest", "unreadable, but the engagement is at rest")
        elif place.empty:
            b.near(d, STALE, place, "empty", "a project without issues can be read completely")
        elif place.silent:
            b.near(d, STALE, place, "silent", "nothing moved for 200 days, but it is read")
        elif place.site == DATA_CENTER and d.active:
            b.near(d, STALE, place, "throttled-once", "its site answers 429 once, with Retry-After")
