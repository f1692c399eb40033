"""What a mapping leaves undecided of the values and fields that are really there, with what could be decided."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.port import Catalog, Offered
from mapping.rules import Rules
from mapping.schema import kinds
from mapping.spec import EntityRule, Shape, Step, Unknown
from mapping.ties import LinkType
from mapping.values import normal

_ALIKE = 0.8  # of 1: two spellings of one word ("Wont Fix" and "Won't Fix" are 0.94), not two words
_ALIKE_NAMES = (
    0.75  # of 1: a field by a name of nearly the same letters ("Scope items"); "Parent" is no "Sprint" (0.67)
)
_OWN_STEP = "named"
_LEFT = frozenset({Unknown.KEEP_RAW, Unknown.REFUSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A value that records hold and that was not understood.

    Attributes:
        rule: Keys to the step that read it, as ``mapping.why.Because.rule``.
        value: The value.
        records: How many of the records that were looked at hold it.
        example: Key of one of them.
    """

    rule: str
    value: str
    records: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """One value that no value table holds.

    Attributes:
        table: Keys from the mapping's root to the value table that it could be added to.
        attribute: Attribute of the model that it is for.
        field: The tool's field.
        value: The value.
        choices: What it can mean.
        guess: The likely one of them, to be confirmed by a person, or None.
        reason: What is known of it, for a person; of a guess: why.
        step: What else the step must say, where it is not there yet.
    """

    table: tuple[str, ...]
    attribute: str
    field: str
    value: str
    choices: tuple[str | bool, ...]
    guess: str | bool | None = None
    reason: str = ""
    step: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """A field that the mapping reads by its visible name, and the tool does not have.

    Attributes:
        keys: Keys from the mapping's root to the name.
        attribute: Attribute of the model that it is for.
        name: The name.
        alike: Names of fields that the tool has and that look like it, the likest first.
    """

    keys: tuple[str, ...]
    attribute: str
    name: str
    alike: tuple[str, ...]


def undecided(rules: Rules, offered: Iterable[Offered], seen: Iterable[Seen]) -> tuple[Undecided, ...]:
    """The values, each once: those that records hold first, then those that the tool merely offers.

    Depends on nothing but its arguments. A value that is not decided stays as the mapping's ``unknown`` says.

    Args:
        rules: The mapping.
        offered: Values that the tools of its kind offer.
        seen: Values that their records hold and that were not understood.
    """
    offered, seen = list(offered), list(seen)
    found: dict[tuple[tuple[str, ...], str], Undecided] = {}
    by_name = {(one.field, _folded(one.value)) for one in offered if one.by}
    for one in seen:
        for rule, attribute, step in _steps(rules):
            covered = (_field(step), _folded(one.value)) in by_name
            if ".".join(_keys(rule, attribute, step)) == one.rule and step.table is not None and not covered:
                many = f"{one.records} records hold it, such as {one.example}" if one.records > 1 else ""
                reason = many or f"{one.example} holds it"
                _add(found, _of(rule, attribute, step, value=one.value, reason=reason))
    for value in offered:
        for rule, attribute, step in _steps(rules):
            if rule.stream == value.stream and _field(step) == value.field and _unknown(step, value.value):
                _add(found, _offered(rule, attribute, step, value))
    return tuple(found.values())


def unfound(rules: Rules, catalogs: Iterable[Catalog]) -> tuple[Unfound, ...]:
    """Fields that no catalog of the tools of this kind has, each once; a stream of which nothing is known has none."""
    catalogs = list(catalogs)
    found: dict[tuple[str, ...], Unfound] = {}
    for rule, attribute, step in _steps(rules):
        known = {f.name: f for c in catalogs for f in c.fields if f.stream == rule.stream}
        name = step.source.name if step.source is not None else None
        if name is None or not known or any(c.find(rule.stream, name) for c in catalogs):
            continue
        alike = {n.casefold(): n for n in known}
        close = difflib.get_close_matches(name.casefold(), alike, n=4, cutoff=_ALIKE_NAMES)
        holding = [n for n in alike if name.casefold() in n and n not in close]
        keys = (*_keys(rule, attribute, step), "field")
        names = tuple(alike[n] for n in [*close, *sorted(holding)[:4]])
        found[keys] = Unfound(keys=keys, attribute=attribute, name=name, alike=names)
    return tuple(found.values())


def _add(found: dict[tuple[tuple[str, ...], str], Undecided], one: Undecided | None) -> None:
    if one is not None:
        found.setdefault((one.table, _folded(one.value)), one)


def _steps(rules: Rules) -> Iterator[tuple[EntityRule, str, Step]]:
    for rule in rules.entities:
        for attribute, steps in rule.attributes.items():
            yield from ((rule, attribute, step) for step in steps)


def _keys(rule: EntityRule, attribute: str, step: Step) -> tuple[str, ...]:
    return ("inbound", rule.name, "attributes", attribute, *(("steps", step.name) if step.name else ()))


def _field(step: Step) -> str:
    """What a step reads, as ``Offered.field`` names it; of a link its words."""
    if step.source is None:
        return ""
    keys = (step.source.name,) if step.source.name is not None else step.source.path or ()
    return ".".join((*keys, *step.said))


def _unknown(step: Step, value: str) -> bool:
    return step.table is not None and step.unknown in _LEFT and _folded(value) not in step.table


def _folded(value: str) -> str:
    return normal(value)


def _offered(rule: EntityRule, attribute: str, step: Step, offered: Offered) -> Undecided | None:
    if not (offered.by and step.name):
        return _of(rule, attribute, step, value=offered.value, reason=offered.hint)
    made = _of(rule, attribute, step, value=offered.by_value, reason=offered.hint)
    if made is None:
        return None
    return Undecided(
        table=(*_keys(rule, attribute, step)[:-1], _OWN_STEP, "values"),
        step={"path": offered.by, "unknown": Unknown.NEXT.value},
        attribute=attribute,
        field=offered.by,
        value=offered.by_value,
        choices=made.choices,
        reason=offered.hint,
    )


def _of(rule: EntityRule, attribute: str, step: Step, *, value: str, reason: str) -> Undecided | None:
    choices = _choices(rule, attribute)
    if not choices or step.table is None:
        return None
    close = difflib.get_close_matches(_folded(value), step.table, n=1, cutoff=_ALIKE)
    guess: Any = step.table[close[0]] if close else None
    if close:
        like = f'spelt like "{close[0]}", which means {meaning(guess)}'
        reason = f"{like}; {reason}" if reason else like
    return Undecided(
        table=(*_keys(rule, attribute, step), "values"),
        attribute=attribute,
        field=_field(step),
        value=value,
        choices=choices,
        guess=guess,
        reason=reason,
    )


def meaning(value: Any) -> str:
    """What a value table answers, as a mapping writes it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _choices(rule: EntityRule, attribute: str) -> tuple[str | bool, ...]:
    known = kinds()[rule.makes].attributes[attribute]
    if known.choices is not None:
        return tuple(str(c) for c in known.choices if c.name != "UNMAPPED")
    if known.shape is Shape.LINKS:
        return tuple(str(c) for c in LinkType if c is not LinkType.UNMAPPED)
    return (True, False) if known.shape is Shape.BOOLEAN else ()
