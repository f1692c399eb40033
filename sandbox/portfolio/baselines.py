"""Statements of work: each engagement's baselines and their items, and how they drifted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sandbox.portfolio import words
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.model import Baseline, Item, ItemState

SCENARIOS: dict[str, tuple[tuple[int, int | None], ...]] = {
    "plain": ((1, -200),),
    "amended": ((1, -220), (2, -60)),
    "unsigned": ((1, -220), (2, -70), (3, None)),
    "future": ((1, -180), (2, 20)),
    "out-of-order": ((1, -240), (2, -40), (3, -110)),
    "draft": ((1, None),),
    "healthy": ((1, -210), (2, 30)),
    "worrying": ((1, -190),),
}
"""Versions of each scenario with the day they were signed, from today; None is unsigned, a positive one lies ahead."""

DUE_OFFSETS = (-24, 9, 16, 45, 60, 75, 90, 120)
"""Days from today; none is within two days of the 30 days that make a missing item urgent."""


def build(b: Builder, desk: Desk) -> None:
    """Make the baselines of one engagement with an item for each key it needs."""
    versions = SCENARIOS[desk.scenario]
    signed = [version for version, on in versions if on is not None and on <= 0]
    current = max(signed, default=0)
    keys = _keys(b, desk)
    base = [_item(b, desk, key) for key in keys]
    for version, on in versions:
        made = Baseline(
            number=b.next_number("Scope_Baseline__c"), version=version, signed_on=None if on is None else b.day(on)
        )
        desk.engagement.baselines.append(made)
        made.items = [_copy(b, each) for each in base]
        if version == current:
            desk.current = made
        elif version < current:
            _make_older(b, desk, made)
        else:
            _make_newer(b, desk, made)
    if desk.current is not None:
        for key in desk.deferred:
            desk.item(key).state = ItemState.DEFERRED
        for key in desk.cancelled:
            desk.item(key).state = ItemState.CANCELLED


def _keys(b: Builder, desk: Desk) -> list[str]:
    extra = 2 if desk.stale or not desk.active else 0
    count = max(5, len(desk.pool) + desk.wanted + extra)
    fresh = [f"SI-{n:02d}" for n in range(1, count + 9) if f"SI-{n:02d}" not in desk.pool]
    keys = sorted([*desk.pool, *fresh[: count - len(desk.pool)]])
    desk.free = [key for key in keys if key not in desk.pool]
    b.rng.shuffle(desk.free)
    spare = len(desk.free) - desk.wanted - extra
    desk.pool += desk.free[:spare] if spare > 0 else []
    desk.free = desk.free[spare:] if spare > 0 else desk.free
    last = int(keys[-1].removeprefix("SI-"))
    desk.deferred = [f"SI-{last + 1:02d}"]
    desk.cancelled = [f"SI-{last + 2:02d}"] if b.rng.random() < 0.6 else []
    return sorted([*keys, *desk.deferred, *desk.cancelled])


def _item(b: Builder, desk: Desk, key: str) -> Item:
    name, text, acceptance = b.pick(words.SCOPE_ITEMS)
    return Item(
        number=0,
        key=key,
        name=name,
        text=f"{text} ({b.pick(words.WHERE)})",
        due=b.day(b.pick(DUE_OFFSETS)),
        budget=Decimal(b.rng.randint(4, 60) * 1000),
        currency=desk.engagement.currency,
        acceptance=acceptance,
    )


def _copy(b: Builder, item: Item) -> Item:
    return Item(
        number=b.next_number("Scope_Item__c"),
        key=item.key,
        name=item.name,
        text=item.text,
        due=item.due,
        budget=item.budget,
        currency=item.currency,
        acceptance=item.acceptance,
    )


def _make_older(b: Builder, desk: Desk, made: Baseline) -> None:
    """Let an older baseline lack one item, have one that was retired since, and differ in three."""
    desk.older.append(made)
    added = desk.pool[-1]
    made.items = [each for each in made.items if each.key != added]
    changed = b.rng.sample(made.items, 3)
    changed[0].text = f"{changed[0].text} First wording."
    changed[1].due -= timedelta(days=30)
    changed[2].budget += Decimal(2500)
    retired = f"SI-{60 + made.version:02d}"
    made.items.append(_copy(b, _item(b, desk, retired)))
    desk.retired.append(retired)


def _make_newer(b: Builder, desk: Desk, made: Baseline) -> None:
    """Let a baseline that is not in force yet have one item more."""
    if desk.scenario == "draft":
        return
    desk.newer.append(made)
    future = f"SI-{80 + made.version:02d}"
    made.items.append(_copy(b, _item(b, desk, future)))
    desk.future.append(future)
