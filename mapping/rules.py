"""The mapping language compiled: one connector's default text with a user's override over it, checked as a whole."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from connectors.core.port import Catalog
from mapping.language import Checker, Path, merge, show
from mapping.parse_inbound import Stream, read_inbound
from mapping.parse_outbound import read_outbound
from mapping.spec import EntityRule, OutRule, Problem, RulesError, Source, Step, Target
from mapping.spellings import Spelling, read_spellings

__all__ = ["Problem", "Rules", "RulesError", "compile_rules"]

_T = TypeVar("_T")
_LANGUAGE_VERSION = 1  # the only ``version`` of a mapping text that is understood
_MOST_BOUND = 16  # catalogs kept in bound form: more connections of one kind than anyone configures
_NO_FIELDS = frozenset({Target.LINK, Target.BLOCK})  # what they write is not among a record's fields
_SEMANTICS = 2  # to be raised when equal texts begin to map differently, so that stored models are mapped again


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A compiled mapping. Build it with ``compile_rules``; it may be shared between threads.

    Attributes:
        kind: Kind of connector it is for.
        hash: Changes whenever records could map differently; 16 hexadecimal digits.
        entities: Inward rules in the order in which they are asked.
        outward: Outward rules by name.
        streams: What the mapping says of each stream.
        spellings: How records are referred to: those of this kind, then those of the other kinds that were given.
    """

    kind: str
    hash: str
    entities: tuple[EntityRule, ...]
    outward: Mapping[str, OutRule]
    streams: Mapping[str, Stream]
    spellings: tuple[Spelling, ...] = ()
    _bound: dict[tuple[str, int], tuple[Catalog, Any]] = field(default_factory=dict, compare=False, repr=False)

    def fields(self, stream: str, *, owned: Collection[str] | None = None) -> tuple[str, ...]:
        """Names that a reader must ask for, so that records of ``stream`` can be mapped and compared; sorted.

        Args:
            stream: The stream.
            owned: Outward rules whose fields are wanted too; None: those of all rules.
        """
        names: set[str] = set()
        for rule in self.entities:
            if rule.stream == stream:
                names.update(s.field_in(self.streams[stream].fields_at) for s in _sources(rule))
        for name, out in self.outward.items():
            if out.stream == stream and (owned is None or name in owned):
                names.update(f.name for f in out.fields if out.target not in _NO_FIELDS and not out.prefix)
                names.update({"labels", "status"} if out.target is Target.ISSUE else set())
                asked = (c.source for only in (out.only, *(f.only for f in out.fields)) for c in only)
                names.update(part.field_in(out.record_at) for source in asked for part in _parts(source))
        return tuple(sorted(names - {""}))

    def out(self, name: str) -> OutRule | None:
        """The outward rule called ``name``, or None when the mapping has none."""
        return self.outward.get(name)

    def out_names(self) -> tuple[str, ...]:
        """Names of all outward rules, sorted."""
        return tuple(sorted(self.outward))

    def bound(self, name: str, catalog: Catalog, make: Callable[[Rules, Catalog], _T]) -> _T:
        """What ``make`` yields for this catalog object, made once while it is among the latest 16 that were given."""
        key = (name, id(catalog))  # the catalog is kept beside what was made, so that its id is not given to another
        held = self._bound.get(key)
        if held is None:
            held = (catalog, make(self, catalog))
            self._bound[key] = held
            for oldest in list(self._bound)[:-_MOST_BOUND]:
                self._bound.pop(oldest, None)
        return cast(_T, held[1])


def compile_rules(
    kind: str,
    default_text: str,
    override: Mapping[str, Any] | None = None,
    source: str = "mapping.toml",
    spellings: Sequence[Spelling] = (),
) -> Rules:
    """Read, merge, check and compile a mapping.

    Args:
        kind: Kind of connector; the text must be for it.
        default_text: TOML text of the connector's default mapping.
        override: The user's ``[mapping.<kind>]`` table, merged over the default key by key.
        source: What the default text is called in a problem about the text as a whole.
        spellings: How the records of every kind of connector are referred to (``spellings_of``); those of ``kind``
            itself are taken from the text.

    Raises:
        RulesError: Something is wrong with the mapping; it holds all problems.
    """
    try:
        default = tomllib.loads(default_text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError([Problem(path=(), found=f"{source}: {error}", expected="valid TOML")]) from error
    override = override or {}
    merged = merge(default, override)
    check = Checker(override)
    root = check.table(merged, (), ("kind", "version", "streams", "references", "inbound", "outbound"))
    check.choice(root, "kind", (), (kind,), required=True)
    if root.get("version") != _LANGUAGE_VERSION:
        check.problem(("version",), show(root.get("version", "nothing")), str(_LANGUAGE_VERSION))
    streams = _streams(check, root.get("streams", {}))
    own = read_spellings(check, kind, root.get("references", {}))
    entities = read_inbound(check, root.get("inbound", {}), streams)
    outward = read_outbound(check, root.get("outbound", {}), streams)
    if not check.problems:
        _unused(check, streams, entities, outward)
    if check.problems:
        raise RulesError(check.problems)
    known = (*own, *sorted((s for s in spellings if s.owner != kind), key=lambda s: s.owner))
    canonical = json.dumps([_SEMANTICS, merged, [s.identity for s in known]], sort_keys=False, default=str)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return Rules(kind=kind, hash=digest, entities=entities, outward=outward, streams=streams, spellings=known)


def _streams(check: Checker, raw: Any) -> dict[str, Stream]:
    result = {}
    for name, value in check.table(raw, ("streams",)).items():
        path: Path = ("streams", name)
        table = check.table(value, path, ("fields_at", "options", "ids"))
        at = check.text(table, "fields_at", path)
        result[name] = Stream(
            fields_at=tuple(at.split(".")) if at else (),
            option_objects=check.choice(table, "options", path, ("objects", "texts")) == "objects",
            checked_ids=check.choice(table, "ids", path, ("checked", "plain")) == "checked",
        )
    return result


def _unused(
    check: Checker, streams: Iterable[str], entities: Iterable[EntityRule], outward: Mapping[str, OutRule]
) -> None:
    used = {r.stream for r in entities} | {r.stream for r in outward.values()}
    used |= {s.stream for r in entities for steps in r.attributes.values() for s in steps if s.stream is not None}
    for name in streams:
        if name not in used:
            check.problem(("streams", name), "a stream that no rule reads or writes", "a rule, or no such stream")


def _sources(rule: EntityRule) -> Iterator[Source]:
    steps: list[Step] = [s for steps in rule.attributes.values() for s in steps]
    conditions = (c.source for c in (*rule.when, *(c for s in steps for c in s.when)))
    for source in (*conditions, *(s for step in steps for s in (step.source, step.currency) if s is not None)):
        yield from _parts(source)


def _parts(source: Source) -> Iterator[Source]:
    yield from (part for _, part in source.parts) if source.parts else (source,)
