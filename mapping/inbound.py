"""Record to model: what a tool said, as the rules understand it; what they do not understand is kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.core.port import Catalog, Record, Visibility
from mapping.confidentiality import narrowest
from mapping.entities import AnyEntity
from mapping.get import NOTHING, UNKNOWN, Answer, Context, Getter, Said, Test, conditions, fields_below
from mapping.links import Finder, Standing
from mapping.model import Access, Unmapped
from mapping.read import ask, watched
from mapping.rules import Rules
from mapping.schema import Attribute, Kind, kinds
from mapping.spec import GATHERED, EntityRule, Shape, Step
from mapping.values import NotReadableError

__all__ = ["InboundError", "map_record"]


_VISIBLE = {visibility: Access(visibility.value) for visibility in Visibility}


class InboundError(Exception):
    """One record cannot be mapped; every other one can.

    Attributes:
        ref: Reference of the record.
        field: The tool's field.
        found: What stands there, shortened.
        expected: What should.
    """

    def __init__(self, *, ref: str, field: str, found: str, expected: str) -> None:
        self.ref = ref
        self.field = field
        self.found = found
        self.expected = expected
        super().__init__(f"{ref}, {field}: found {found}, expected {expected}")


def map_record(rules: Rules, record: Record, catalog: Catalog) -> tuple[AnyEntity, ...]:
    """Entities that a record yields, at most one of each kind; none for a deleted record or a stream without rules.

    Depends on nothing but its arguments; the same arguments give equal entities. The rules are bound to a catalog
    object once, so give the same one for many records.

    Raises:
        InboundError: The record holds something that is not of the expected type, or lacks what its entity must have.
    """
    if record.deleted:
        return ()
    made: dict[str, AnyEntity] = {}
    bound = rules.bound("inbound", catalog, bind)
    for maker in bound.get(record.stream, ()):
        if maker.kind.name not in made:
            entity = maker.make(record)
            if entity is not None:
                made[maker.kind.name] = entity
    return _alike(tuple(made.values()))


def _alike(made: tuple[AnyEntity, ...]) -> tuple[AnyEntity, ...]:
    """The entities of one record, all as narrow as the narrowest: what one rule knows to be restricted is, in each."""
    if len(made) < 2:
        return made
    access = narrowest(entity.access for entity in made)
    return tuple(entity if entity.access is access else replace(entity, access=access) for entity in made)


def bind(rules: Rules, catalog: Catalog, *, watch: bool = False) -> dict[str, tuple[Maker, ...]]:
    """The rules of each stream, bound to a catalog.

    Args:
        rules: The rules.
        catalog: The catalog.
        watch: Whether what each step says can be noted (slower).
    """
    known = kinds()
    result: dict[str, tuple[Maker, ...]] = {}
    for rule in rules.entities:
        maker = _maker(rules, rule, known[rule.makes], catalog, watch=watch)
        result[rule.stream] = (*result.get(rule.stream, ()), maker)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """One entity rule bound to a catalog."""

    rule: EntityRule
    kind: Kind
    fields_at: tuple[str, ...]
    test: Test | None
    fill: tuple[tuple[str, Answer], ...]
    defaults: Mapping[str, Any]
    owner: str
    finder: Finder

    def make(self, record: Record, said: list[Said] | None = None) -> AnyEntity | None:
        """The entity, or None when the rule does not take the record. What its steps say goes to ``said``.

        Raises:
            InboundError: As ``map_record``.
        """
        host, names = self.finder.names(record.url, self.owner)
        context = Context(
            record=record,
            fields=fields_below(record.payload, self.fields_at),
            standing=Standing(owner=self.owner, place=record.partition, host=host),
            said=said,
        )
        try:
            if self.test is not None and not self.test(context):
                return None
            given = dict(self.defaults)
            for name, get in self.fill:
                given[name] = get(context)
        except NotReadableError as error:
            raise InboundError(
                ref=record.ref, field=context.label, found=error.found, expected=error.expected
            ) from error
        given["key"] = given["key"] or record.key
        given["updated"] = given["updated"] or record.updated
        visible = _VISIBLE[record.visibility]
        given["access"] = visible if given["access"] is None else narrowest((visible, given["access"]))
        if self.kind.placed:
            given["connection"] = record.connection
            given["place"] = record.partition
            given["host"] = host
            given["names"] = tuple(n for n in names if n != given["key"])
        entity: Any = self.kind.cls
        made: AnyEntity = entity(ref=record.ref, url=record.url, unmapped=tuple(context.unmapped), **given)
        return made


def _maker(rules: Rules, rule: EntityRule, kind: Kind, catalog: Catalog, *, watch: bool) -> Maker:
    getter = Getter(stream=rule.stream, fields_at=rules.streams[rule.stream].fields_at, catalog=catalog)
    return Maker(
        rule=rule,
        kind=kind,
        fields_at=getter.fields_at,
        test=conditions(rule.when, getter),
        fill=tuple(
            (n, _fill(rules, kind.attributes[n], steps, getter, watch=watch)) for n, steps in rule.attributes.items()
        ),
        defaults={n: _nothing(a) for n, a in kind.attributes.items()},
        owner=rules.kind,
        finder=Finder(s for s in rules.spellings if s.owner == rules.kind),
    )


def _nothing(attribute: Attribute) -> Any:
    if attribute.name in ("key", "access", "updated") or attribute.optional:
        return None
    if attribute.shape in GATHERED:
        return ()
    return {Shape.TEXT: "", Shape.BOOLEAN: False}.get(attribute.shape)


def _fill(rules: Rules, attribute: Attribute, steps: tuple[Step, ...], getter: Getter, *, watch: bool) -> Answer:
    asked = [ask(attribute, step, getter, rules) for step in steps]
    if watch:
        asked = [watched(attribute, step, getter, a) for step, a in zip(steps, asked, strict=True)]
    if attribute.shape in GATHERED:
        return _gather(asked)
    return _first(attribute, steps, asked)


def _gather(asked: list[Answer]) -> Answer:
    def gather(context: Context) -> tuple[Any, ...]:
        found: list[Any] = []
        for get in asked:
            answer = get(context)
            if answer.__class__ is tuple:
                found.extend(answer)
        if not found:
            return ()
        return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)

    return gather


def _first(attribute: Attribute, steps: tuple[Step, ...], asked: list[Answer]) -> Answer:
    nothing = _nothing(attribute)
    label = next((s.source.label for s in reversed(steps) if s.source is not None), attribute.name)
    unmapped = getattr(attribute.choices, "UNMAPPED", None) if attribute.choices is not None else None

    def unanswered(context: Context) -> Any:
        """Nobody knew a value."""
        if unmapped is not None:
            return unmapped
        if attribute.must_have_value:
            context.label = label
            raise NotReadableError(None, f"a value, since every {attribute.name} has one")
        return nothing

    def first(context: Context) -> Any:
        for get in asked:
            answer = get(context)
            if answer is NOTHING:
                continue
            return unanswered(context) if answer is UNKNOWN else answer
        if unmapped is not None:
            context.unmapped.append(Unmapped(attribute=attribute.name, field=label, value=""))
        return unanswered(context)

    return first
