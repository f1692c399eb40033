"""The inward half of the mapping language: ``[inbound.…]`` tables into entity rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mapping.language import SOURCES, Checker, Path, one_of, show
from mapping.model import ReferenceKind
from mapping.schema import OF_THE_RECORD, Attribute, Kind, kinds
from mapping.spec import GATHERED, Condition, EntityRule, Shape, Step, Unknown
from mapping.values import UNITS_S, normal

STEP_KEYS = frozenset(
    {"field", "path", "record", "template", "parts", "value", "when", "values", "unknown", "type", "split", "prefix"}
    | {"has", "unit", "day_h", "week_d"}
    | {"currency", "currency_if_absent", "stream", "read", "object", "kinds", "pattern", "form"}
    | {"means", "said", "to", "called"}
)
"""All keys of a step."""

ONLY_FOR: Mapping[str, frozenset[Shape]] = {
    "split": frozenset({Shape.LIST, Shape.CLAIMS}),
    "prefix": frozenset({Shape.LIST, Shape.CLAIMS}),
    "has": frozenset({Shape.BOOLEAN}),
    "unit": frozenset({Shape.INTEGER}),
    "day_h": frozenset({Shape.INTEGER}),
    "week_d": frozenset({Shape.INTEGER}),
    "currency": frozenset({Shape.MONEY}),
    "currency_if_absent": frozenset({Shape.MONEY}),
    "stream": frozenset({Shape.REF, Shape.REFS, Shape.LINKS}),
    "read": frozenset({Shape.CLAIMS, Shape.REFERENCES}),
    "object": frozenset({Shape.CLAIMS}),
    "kinds": frozenset({Shape.REFERENCES}),
    "pattern": frozenset({Shape.TEXT, Shape.REF, Shape.REFS, Shape.LIST, Shape.LINKS}),
    "form": frozenset({Shape.TEXT, Shape.REF, Shape.REFS, Shape.LIST, Shape.LINKS}),
    "values": frozenset({Shape.TEXT, Shape.BOOLEAN, Shape.INTEGER, Shape.CHOICE, Shape.LINKS}),
    "value": frozenset({Shape.TEXT, Shape.BOOLEAN, Shape.INTEGER, Shape.CHOICE}),
    **dict.fromkeys(("means", "said", "to", "called"), frozenset({Shape.LINKS})),
}
"""Keys of a step that only attributes of some shapes take."""

READS = {Shape.CLAIMS: ("keys", "labels", "links", "ids"), Shape.REFERENCES: ("text", "value")}
"""How claims and references may be written."""

ALSO_READ_AS = {Shape.DATE: (Shape.DATETIME,), Shape.INTEGER: (Shape.DURATION,)}
"""What a ``type`` may say beside the attribute's own shape."""


_TESTED = ("field", "path", "record")  # what a condition may look at
_OF_DURATIONS = frozenset({"unit", "day_h", "week_d"})
_IN_LINKS = ("said", "to", "called")  # keys of a step that lead into the entry of a link


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a mapping says of a stream.

    Attributes:
        fields_at: Keys that lead to the fields in a record's payload.
        option_objects: Options are objects with a ``value``.
        checked_ids: Ids have a short and a long form (``mapping.values.checked_id``).
    """

    fields_at: Path = ()
    option_objects: bool = False
    checked_ids: bool = False


def read_inbound(check: Checker, raw: Any, streams: Mapping[str, Stream]) -> tuple[EntityRule, ...]:
    """All entity rules of ``[inbound]``."""
    known = kinds()
    rules: list[EntityRule] = []
    for name, value in check.table(raw, ("inbound",)).items():
        path = ("inbound", name)
        table = check.table(value, path, ("stream", "makes", "when", "attributes"))
        stream = check.choice(table, "stream", path, streams, required=True)
        makes = check.choice(table, "makes", path, known, required=True)
        if stream is None or makes is None:
            continue
        reader = _Reader(check=check, streams=streams, fields_at=streams[stream].fields_at)
        attributes = reader.attributes(known[makes], table.get("attributes", {}), (*path, "attributes"))
        when = reader.conditions(table, path)
        for earlier in rules:
            if earlier.stream == stream and earlier.makes == makes and covers(earlier.when, when):
                check.problem(
                    path, f"a rule that is never asked, since inbound.{earlier.name} comes first", "a condition"
                )
        rules.append(EntityRule(name=name, stream=stream, makes=makes, when=when, attributes=attributes))
    return tuple(rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    check: Checker
    streams: Mapping[str, Stream]
    fields_at: Path

    def attributes(self, kind: Kind, raw: Any, path: Path) -> dict[str, tuple[Step, ...]]:
        result = {}
        for name, value in self.check.table(raw, path).items():
            if name not in kind.attributes:
                found = "an attribute that the record itself gives" if name in OF_THE_RECORD else "an unknown attribute"
                self.check.problem((*path, name), found, one_of(kind.attributes))
                continue
            result[name] = self._attribute(kind.attributes[name], value, (*path, name))
        for name, attribute in kind.attributes.items():
            if attribute.must_be_mapped and name not in result:
                self.check.problem((*path, name), "nothing", f"a rule, since every {kind.name} has one")
        return result

    def _attribute(self, attribute: Attribute, raw: Any, path: Path) -> tuple[Step, ...]:
        if isinstance(raw, dict) and "steps" in raw:
            table = self.check.table(raw, path, ("steps",))
            named = self.check.table(table["steps"], (*path, "steps"))
            places = {n: (*path, "steps", n) for n in named}
        else:
            named, places = {"": raw}, {"": path}
        steps = [(n, s) for n, v in named.items() if (s := self._step(attribute, n, v, places[n])) is not None]
        if not steps and not named:
            self.check.problem((*path, "steps"), "no steps", "at least one")
        if attribute.shape not in GATHERED:
            self._shadowed([s for _, s in steps], places)
        return tuple(s for _, s in steps)

    def _shadowed(self, steps: list[Step], places: Mapping[str, Path]) -> None:
        for at, step in enumerate(steps):
            for earlier in steps[:at]:
                answers_all = earlier.source is None or (
                    earlier.unknown is not Unknown.NEXT and earlier.source == step.source and earlier.has == step.has
                )
                plainly = not earlier.when or earlier.when == step.when
                ours = self.check.overridden(places[step.name]) or not self.check.overridden(places[earlier.name])
                if answers_all and (plainly or (ours and covers(earlier.when, step.when))):
                    message = f"a step that is never asked, since {earlier.name!r} before it always answers"
                    self.check.problem(places[step.name], message, "another order, or a condition")
                    break
        if steps and steps[-1].unknown is Unknown.NEXT:
            path = places[steps[-1].name]
            self.check.problem((*path, "unknown"), "'next' in the last step", "an answer, since no step follows")

    def _step(self, attribute: Attribute, name: str, raw: Any, path: Path) -> Step | None:
        check, shape = self.check, attribute.shape
        before = len(check.problems)
        table = check.table(raw, path, STEP_KEYS)
        for key, shapes in ONLY_FOR.items():
            if key in table and shape not in shapes:
                check.problem((*path, key), f"{key} for a {shape.value}", f"no {key}, which only {_names(shapes)} take")
        source = check.source(table, path, self.fields_at)
        if source is None and "value" not in table and len(check.problems) == before:
            check.problem(path, "no source", one_of((*SOURCES, "value")))
        if source is not None and "value" in table:
            check.problem((*path, "value"), "a value beside a source", f"only one of {', '.join((*SOURCES, 'value'))}")
        read_as = check.choice(table, "type", path, (shape.value, *(s.value for s in ALSO_READ_AS.get(shape, ()))))
        step = Step(
            name=name,
            source=source,
            constant=self._answer(attribute, table["value"], (*path, "value")) if "value" in table else None,
            when=self.conditions(table, path),
            type=Shape(read_as or shape.value),
            split=check.text(table, "split", path),
            prefix=check.text(table, "prefix", path),
            has=check.text(table, "has", path),
            currency_if_absent=check.text(table, "currency_if_absent", path),
            stream=check.choice(table, "stream", path, self.streams, required=shape in (Shape.REF, Shape.REFS)),
            read=check.choice(table, "read", path, READS.get(shape, ()), required=shape in READS) or "",
            object=check.text(table, "object", path),
            kinds=self._kinds(table, path),
            pattern=self._pattern(table, path),
            form=check.text(table, "form", path, required="pattern" in table) or "",
        )
        groups = set(step.pattern.groupindex) if step.pattern is not None else set()
        for group in sorted(check.names_in(step.form, (*path, "form")) - groups):
            check.problem((*path, "form"), f"{{{group}}}", "a named group of the pattern")
        step = self._with_table(attribute, step, table, path)
        if step.type is Shape.DURATION or table.keys() & _OF_DURATIONS:
            step = self._with_duration(attribute, step, table, path)
        if shape is Shape.LINKS:
            step = self._with_link(attribute, step, table, path)
        if "currency" in table:
            step = replace(step, currency=self._currency(table["currency"], (*path, "currency")))
        return step if len(check.problems) == before else None

    def _with_duration(self, attribute: Attribute, step: Step, table: Mapping[str, Any], path: Path) -> Step:
        check = self.check
        if not attribute.name.endswith("_s"):
            check.problem((*path, "type"), "a duration", f"another type, since {attribute.name} is no length of time")
        for key in sorted(_OF_DURATIONS & table.keys()) if step.type is not Shape.DURATION else ():
            check.problem((*path, key), f"{key} for a whole number", 'type = "duration" beside it')
        unit = check.choice(table, "unit", path, list(UNITS_S))
        hours, days = check.number(table, "day_h", path, 24) or 8, check.number(table, "week_d", path, 7) or 5
        day_s = round(hours * 3600)
        lengths = {**UNITS_S, "d": day_s, "w": round(day_s * days)}
        return replace(step, unit=lengths[unit] if unit else None, day_s=day_s, week_s=lengths["w"])

    def _with_link(self, attribute: Attribute, step: Step, table: Mapping[str, Any], path: Path) -> Step:
        if ("means" in table) == ("values" in table):
            found = "both means and values" if "means" in table else "neither means nor values"
            self.check.problem(path, found, "what the link says: means, or values for the tool's words")
        if ("to" in table) != ("stream" in table):
            self.check.problem(
                path, "only one of to and stream", "both, or neither: an id and the stream that it is of"
            )
        said, to, called = (self.check.keys(table, key, path) for key in _IN_LINKS)
        means = self._answer(attribute, table["means"], (*path, "means")) if "means" in table else None
        return replace(step, means=means, said=said, to=to, called=called)

    def _currency(self, raw: Any, path: Path) -> Any:
        return self.check.source(self.check.table(raw, path, ("field", "path", "record")), path, self.fields_at)

    def _kinds(self, table: Mapping[str, Any], path: Path) -> frozenset[ReferenceKind]:
        known = {k.value: k for k in ReferenceKind}
        given = self.check.texts(table, "kinds", path)
        for kind in given:
            if kind not in known:
                self.check.problem((*path, "kinds"), show(kind), one_of(known))
        return frozenset(known[k] for k in given if k in known) or frozenset(ReferenceKind)

    def _pattern(self, table: Mapping[str, Any], path: Path) -> re.Pattern[str] | None:
        said = self.check.text(table, "pattern", path)
        if said is None:
            return None
        try:
            return re.compile(said)
        except re.error as error:
            self.check.problem((*path, "pattern"), f"{show(said)}, {error}", "a regular expression")
            return None

    def _with_table(self, attribute: Attribute, step: Step, table: Mapping[str, Any], path: Path) -> Step:
        if "values" not in table:
            if attribute.shape is Shape.CHOICE and step.source is not None:
                self.check.problem((*path, "values"), "nothing", "a value table")
            if "unknown" in table:
                self.check.problem((*path, "unknown"), "an answer to unknown values", "a value table, or no unknown")
            return step
        answers: dict[str, Any] = {}
        for key, value in self.check.table(table["values"], (*path, "values")).items():
            if normal(key) in answers:
                self.check.problem((*path, "values", key), "a value that is there twice", "each value once")
            answers[normal(key)] = self._answer(attribute, value, (*path, "values", key))
        unknown = table.get("unknown")
        if isinstance(unknown, dict):
            use = self.check.table(unknown, (*path, "unknown"), ("use",))
            if "use" not in use:
                self.check.problem((*path, "unknown", "use"), "nothing", "the value to use")
                return step
            answer = self._answer(attribute, use["use"], (*path, "unknown", "use"))
            return replace(step, table=answers, unknown=Unknown.USE, use=answer)
        allowed = [u.value for u in Unknown if u is not Unknown.USE]
        word = self.check.choice(table, "unknown", path, allowed, required=True)
        return replace(step, table=answers, unknown=Unknown(word or "keep_raw"))

    def _answer(self, attribute: Attribute, value: Any, path: Path) -> Any:
        """A value of the mapping text as a value of the model."""
        if attribute.choices is not None:
            names = [c.value for c in attribute.choices]
            if value in names:
                return attribute.choices(value)
            self.check.problem(path, show(value), one_of(names))
            return None
        wanted = {Shape.BOOLEAN: bool, Shape.INTEGER: int}.get(attribute.shape, str)
        if type(value) is not wanted:
            self.check.problem(path, show(value), {bool: "true or false", int: "a whole number", str: "a text"}[wanted])
        return value

    def conditions(self, table: Mapping[str, Any], path: Path) -> tuple[Condition, ...]:
        """What ``when`` says."""
        return read_conditions(self.check, table.get("when", []), (*path, "when"), self.fields_at)


def read_conditions(check: Checker, raw: Any, path: Path, fields_at: Path) -> tuple[Condition, ...]:
    """Conditions as they are written: one table, or a list of tables that must all hold."""
    listed = raw if isinstance(raw, list) else [raw]
    return tuple(c for item in listed if (c := _condition(check, item, path, fields_at)) is not None)


def _condition(check: Checker, raw: Any, path: Path, fields_at: Path) -> Condition | None:
    before = len(check.problems)
    table = check.table(raw, path, (*_TESTED, "is", "is_not", "at_least", "filled"))
    source = check.source(table, path, fields_at)
    if source is None:
        if len(check.problems) == before:
            check.problem(path, "no source", one_of(_TESTED))
        return None
    tests = [k for k in ("is", "is_not", "at_least", "filled") if k in table]
    if not tests:
        check.problem(path, "no test", "one of is, is_not, at_least, filled")
    least, filled = table.get("at_least"), table.get("filled")
    if least is not None and (isinstance(least, bool) or not isinstance(least, (int, float))):
        check.problem((*path, "at_least"), show(least), "a number")
        return None
    if filled is not None and not isinstance(filled, bool):
        check.problem((*path, "filled"), show(filled), "true or false")
    return Condition(
        source=source,
        among=frozenset(map(normal, check.texts(table, "is", path))) if "is" in table else None,
        not_among=frozenset(map(normal, check.texts(table, "is_not", path))) if "is_not" in table else None,
        at_least=None if least is None else float(least),
        filled=filled,
    )


def _names(shapes: frozenset[Shape]) -> str:
    return ", ".join(sorted(s.value for s in shapes))


def covers(earlier: tuple[Condition, ...], later: tuple[Condition, ...]) -> bool:
    """Whether the earlier conditions surely hold wherever the later ones do."""
    return all(any(_implies(one, wanted) for one in later) for wanted in earlier)


def _implies(one: Condition, other: Condition) -> bool:
    """Whether one condition surely makes the other hold; what is not plain counts as no."""
    if one == other:
        return True
    if one.source != other.source:
        return False
    if other == Condition(source=other.source, among=other.among) and other.among is not None:
        return one.among is not None and one.among <= other.among
    says_something = one.among or one.at_least is not None or one.filled is True
    return bool(says_something) and other == Condition(source=other.source, filled=True)
