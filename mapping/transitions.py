"""How an issue is moved through its workflow: named, guarded steps, and the shortest way over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mapping.language import Checker, Path, show
from mapping.spec import TransitionRule
from mapping.values import normal

LIFECYCLE = ("open", "closed")
"""The states of a risk."""

TRANSITION_KEYS = ("from", "to", "only_if", "fields")
"""All keys of a transition."""

MOST_STEPS = 4
"""Longest way that an issue is moved: who watches it is told of each step."""


def read_transitions(check: Checker, raw: Any, statuses: Mapping[str, Any], path: Path) -> tuple[TransitionRule, ...]:
    """All transitions of ``[….transitions]``, in their order."""
    found: list[TransitionRule] = []
    for name, value in check.table(raw, path).items():
        rule = _transition(check, name, value, (*path, name))
        if rule is None:
            continue
        earlier = next((other for other in found if _covers(other, rule)), None)
        if earlier is not None:
            what = f"a transition that is never taken, since {earlier.name!r} before it leads the same way"
            check.problem((*path, name), what, "another way, or another condition")
        found.append(rule)
    wanted = {normal(status) for status in statuses.values() if isinstance(status, str)}
    for rule in found:
        onward = any(not other.sources or normal(rule.to) in map(normal, other.sources) for other in found)
        if normal(rule.to) not in wanted and not onward:
            what = f"{show(rule.to)}, which is no wanted status and from which no other transition leads on"
            check.problem((*path, rule.name, "to"), what, "one of the statuses, or a transition that goes on from it")
    return tuple(found)


def _transition(check: Checker, name: str, raw: Any, path: Path) -> TransitionRule | None:
    before = len(check.problems)
    table = check.table(raw, path, TRANSITION_KEYS)
    to = check.text(table, "to", path, required=True)
    sources = check.texts(table, "from", path)
    if "from" in table and not sources:
        check.problem((*path, "from"), "no status", "a status or a list of statuses; leave it out for any")
    only_if = check.choice(table, "only_if", path, LIFECYCLE)
    fields = check.table(table.get("fields", {}), (*path, "fields"))
    for key in fields:
        check.text(fields, key, (*path, "fields"))
    if to is not None and normal(to) in map(normal, sources):
        check.problem((*path, "from"), f"{show(to)}, to which it leads", "other statuses")
    if to is None or len(check.problems) > before:
        return None
    return TransitionRule(name=name, to=to, sources=sources, only_if=only_if, fields=fields)


def _covers(earlier: TransitionRule, later: TransitionRule) -> bool:
    """Whether the earlier one is taken wherever the later one could be."""
    wide = not earlier.sources or set(map(normal, later.sources)) <= set(map(normal, earlier.sources))
    always = wide and (bool(later.sources) or not earlier.sources)
    return always and normal(earlier.to) == normal(later.to) and earlier.only_if in (None, later.only_if)


def way(
    rules: tuple[TransitionRule, ...], current: str, wanted: str, lifecycle: str
) -> tuple[TransitionRule, ...] | None:
    """The fewest transitions that lead from one status to another; of several such ways the first by the table's order.

    Args:
        rules: The transitions.
        current: Name of the status that the issue has.
        wanted: Name of the status that it shall have; not ``current``.
        lifecycle: The risk's: transitions for another one are not taken.

    Returns:
        At most ``MOST_STEPS`` transitions; None when there is no such way.
    """
    ways: list[tuple[TransitionRule, ...]] = [()]
    passed = {normal(current)}
    for _ in range(MOST_STEPS):
        longer = [(*before, rule) for before in ways for rule in _onward(rules, before, current, lifecycle)]
        for one in longer:
            if normal(one[-1].to) == normal(wanted):
                return one
        ways = []
        for one in longer:
            if normal(one[-1].to) not in passed:
                passed.add(normal(one[-1].to))
                ways.append(one)
    return None


def _onward(
    rules: tuple[TransitionRule, ...], before: tuple[TransitionRule, ...], current: str, lifecycle: str
) -> Iterator[TransitionRule]:
    here = normal(before[-1].to if before else current)
    for rule in rules:
        from_here = not rule.sources or here in map(normal, rule.sources)
        if from_here and normal(rule.to) != here and rule.only_if in (None, lifecycle):
            yield rule
