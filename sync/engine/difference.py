"""What another mapping makes of the stored records, beside what they were: counted, with a few examples.

However many records are compared, no more is kept than a few examples of each change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from connectors.core.port import Record
from mapping.model import Entity, Unmapped
from sync.store.codec import encode
from sync.store.model import kind_of

MOST_EXAMPLES = 3
"""Records that are kept as examples of one change."""
_MOST_VALUES = 200  # values told one by one; a tool whose field takes any text could have as many as records


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One record as an example.

    Attributes:
        ref: Its reference.
        key: What people call it.
        before: What the attribute was; None where it was nothing, or where no attribute is told.
        after: What it becomes.
        message: Why it is held, or empty.
    """

    ref: str
    key: str
    before: Any = None
    after: Any = None
    message: str = ""


@dataclass(slots=True, kw_only=True)
class Change:
    """Records that one thing happens to: how many, and the first of them."""

    records: int = 0
    examples: list[Example] = field(default_factory=list)

    def note(self, record: Record, *, before: Any = None, after: Any = None, message: str = "") -> None:
        """One more; it becomes an example while there are few."""
        self.records += 1
        if len(self.examples) < MOST_EXAMPLES:
            example = Example(ref=record.ref, key=record.key, before=before, after=after, message=message)
            self.examples.append(example)


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A value of a tool that stands in no value table."""

    stream: str
    kind: str
    attribute: str
    field: str
    value: str


@dataclass(slots=True, kw_only=True)
class Difference:
    """What became of the records of one connection that were mapped again. Grows with the model, not with the records.

    Attributes:
        records: How many were mapped.
        otherwise: How many of them became anything else than they were.
        attributes: (stream, kind, attribute) -> records in which it changed.
        appeared: (stream, kind) -> records that yield such an entity now, and did not.
        vanished: (stream, kind) -> records that yielded one, and do not any more.
        held: Records that this mapping refuses, and that were not held before.
        freed: Records that were held, and are not any more.
        unmapped: Values that this mapping does not understand, where the last one did or did not see them -> records.
        understood: Values that were not understood, and are now or are not looked at any more -> records.
        other_values: Records of such values beyond the first 200.
    """

    records: int = 0
    otherwise: int = 0
    attributes: dict[tuple[str, str, str], Change] = field(default_factory=dict)
    appeared: dict[tuple[str, str], Change] = field(default_factory=dict)
    vanished: dict[tuple[str, str], Change] = field(default_factory=dict)
    held: Change = field(default_factory=Change)
    freed: Change = field(default_factory=Change)
    unmapped: Counter[Value] = field(default_factory=Counter)
    understood: Counter[Value] = field(default_factory=Counter)
    other_values: int = 0

    def add(
        self,
        records: Sequence[Record],
        before: Mapping[str, Sequence[Entity]],
        held: Collection[str],
        after: Mapping[str, Sequence[Entity]],
        refused: Mapping[str, str],
    ) -> None:
        """Take some records in.

        Args:
            records: The records.
            before: Reference -> the entities that are stored of it; a record without any may be missing.
            held: References of those that were held.
            after: Reference -> the entities that it yields now; what is refused is missing.
            refused: Reference -> why this mapping cannot understand it: it is held, and its stored entities stay.
        """
        for record in records:
            self.records += 1
            if record.ref in refused:
                if record.ref not in held:
                    self.held.note(record, message=refused[record.ref])
                continue
            if record.ref in held:
                self.freed.note(record)
            if self._compare(record, before.get(record.ref, ()), after.get(record.ref, ())):
                self.otherwise += 1

    def counts(self) -> dict[str, int]:
        """How many were mapped, became otherwise, are held now, and are not any more."""
        return {
            "records": self.records,
            "otherwise": self.otherwise,
            "held": self.held.records,
            "freed": self.freed.records,
        }

    def by_attribute(self) -> dict[str, int]:
        """``kind.attribute``, or a kind that came or went -> records, the commonest first."""
        found: Counter[str] = Counter()
        for (_, kind, name), change in self.attributes.items():
            found[f"{kind}.{name}"] += change.records
        for (_, kind), change in (*self.appeared.items(), *self.vanished.items()):
            found[kind] += change.records
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def to_json(self) -> dict[str, Any]:
        """The documented form of ``--json``; the commonest changes first."""
        return {
            "records": self.records,
            "otherwise": self.otherwise,
            "attributes": [
                {"stream": stream, "kind": kind, "attribute": name, **_told(change)}
                for (stream, kind, name), change in _commonest(self.attributes)
            ],
            "appeared": [{"stream": s, "kind": k, **_told(change)} for (s, k), change in _commonest(self.appeared)],
            "vanished": [{"stream": s, "kind": k, **_told(change)} for (s, k), change in _commonest(self.vanished)],
            "held": _told(self.held),
            "freed": _told(self.freed),
            "no_longer_understood": _values(self.unmapped),
            "now_understood": _values(self.understood),
            "other_values": self.other_values,
        }

    def _compare(self, record: Record, before: Sequence[Entity], after: Sequence[Entity]) -> bool:
        """Note what differs; whether anything does. A record yields at most one entity of a kind."""
        were = {kind_of(type(one)): one for one in before}
        are = {kind_of(type(one)): one for one in after}
        if were == are:
            return False
        for kind in sorted(were.keys() | are.keys()):
            was, now = were.get(kind), are.get(kind)
            at = (record.stream, kind)
            if was is None:
                self.appeared.setdefault(at, Change()).note(record)
            elif now is None:
                self.vanished.setdefault(at, Change()).note(record)
            else:
                self._note_attributes(record, kind, was, now)
            self._note_values(at, set(was.unmapped if was else ()), set(now.unmapped if now else ()))
        return True

    def _note_attributes(self, record: Record, kind: str, was: Entity, now: Entity) -> None:
        for name in (f.name for f in fields(now) if f.name != "unmapped"):
            before, after = getattr(was, name), getattr(now, name)
            if before != after:
                change = self.attributes.setdefault((record.stream, kind, name), Change())
                change.note(record, before=before, after=after)

    def _note_values(self, at: tuple[str, str], was: set[Unmapped], now: set[Unmapped]) -> None:
        for counts, found in ((self.unmapped, now - was), (self.understood, was - now)):
            for one in found:
                value = Value(*at, one.attribute, one.field, one.value)
                if value in counts or len(counts) < _MOST_VALUES:
                    counts[value] += 1
                else:
                    self.other_values += 1


def _commonest(changes: Mapping[Any, Change]) -> list[tuple[Any, Change]]:
    return sorted(changes.items(), key=lambda one: (-one[1].records, one[0]))


def _told(change: Change) -> dict[str, Any]:
    return {"records": change.records, "examples": encode(change.examples)}


def _values(counts: Counter[Value]) -> list[dict[str, Any]]:
    return [{**encode(v), "records": n} for v, n in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
