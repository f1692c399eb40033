"""A plan as JSON and back, without loss: what ``plan --out`` writes and ``apply FILE`` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from connectors.core.port import Move, Write, WriteKind
from sync.plan.ids import identified, plan_id
from sync.plan.types import Agreed, Brake, BrakeKind, Conflict, FieldLine, Held, Plan, PlannedWrite, Policy

FORMAT = "syncline-plan"
VERSION = 1
"""Raised when a file of an older release could no longer be read as it was meant."""

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


class PlanFormatError(Exception):
    """A file that is not a plan which this release can apply.

    Attributes:
        path: Where in the document, such as ``writes[3].kind``; empty: the whole.
        found: What stands there.
        expected: What should.
    """

    def __init__(self, path: str, found: str, expected: str) -> None:
        self.path = path
        self.found = found
        self.expected = expected
        super().__init__(f"{path or 'plan'}: found {found}, expected {expected}")


def dumps(plan: Plan) -> str:
    """The plan as a JSON document, indented for reading; equal plans give equal documents."""
    return json.dumps(to_json(plan), ensure_ascii=False, indent=2) + "\n"


def loads(text: str) -> Plan:
    """The plan of a JSON document.

    Raises:
        PlanFormatError: It is no plan, of another version, or was changed since it was written (ids no longer fit).
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise PlanFormatError("", f"no JSON ({error})", "a JSON document") from error
    return from_json(raw)


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": plan.id,
        "made": plan.made.isoformat(),
        "writes": [_planned_json(planned) for planned in plan.writes],
        "conflicts": [
            {
                "engagement": c.engagement,
                "connection": c.connection,
                "target": c.target,
                "target_key": c.target_key,
                "field": c.field,
                "field_id": c.field_id,
                "base": c.base,
                "theirs": c.theirs,
                "ours": c.ours,
                "policy": c.policy.value,
            }
            for c in plan.conflicts
        ],
        "held": [
            {
                "engagement": h.engagement,
                "connection": h.connection,
                "rule": h.rule,
                "target": h.target,
                "reason": h.reason,
                "by_catalog": h.by_catalog,
            }
            for h in plan.held
        ],
        "agreed": [
            {"connection": a.connection, "stream": a.stream, "id": a.id, "field_id": a.field_id, "value": a.value}
            for a in plan.agreed
        ],
        "brakes": [
            {"kind": b.kind.value, "connection": b.connection, "message": b.message, "mend": b.mend}
            for b in plan.brakes
        ],
    }


def _planned_json(planned: PlannedWrite) -> dict[str, Any]:
    write = planned.write
    return {
        "id": write.id,
        "engagement": planned.engagement,
        "rule": planned.rule,
        "cause": planned.cause,
        "connection": write.connection,
        "kind": write.kind.value,
        "stream": write.stream,
        "target": write.target,
        "target_key": planned.target_key,
        "target_url": planned.target_url,
        "external_id": write.external_id,
        "partition": write.partition,
        "values": dict(write.values),
        "before": dict(write.before),
        "version": write.version,
        "marker": None if write.marker is None else dict(write.marker),
        "reason": write.reason,
        "moves": [{"name": move.name, "to": move.to, "fields": dict(move.fields)} for move in write.moves],
        "lines": [{"field": line.field, "before": line.before, "after": line.after} for line in planned.lines],
    }


class _Node:
    """One JSON object of the document, that knows where it stands."""

    def __init__(self, raw: Any, path: str) -> None:
        if not isinstance(raw, Mapping):
            raise PlanFormatError(path, _kind(raw), "an object")
        self._raw = raw
        self.path = path

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def any(self, key: str) -> Any:
        if key not in self._raw:
            raise PlanFormatError(self.at(key), "nothing", "a value")
        return self._raw[key]

    def text(self, key: str) -> str:
        value = self.any(key)
        if not isinstance(value, str):
            raise PlanFormatError(self.at(key), _kind(value), "a text")
        return value

    def flag(self, key: str) -> bool:
        """False when it is missing: an earlier release wrote the document."""
        value = self._raw.get(key, False)
        if not isinstance(value, bool):
            raise PlanFormatError(self.at(key), _kind(value), "true or false")
        return value

    def object(self, key: str) -> dict[str, Any]:
        value = self.any(key)
        if not isinstance(value, Mapping):
            raise PlanFormatError(self.at(key), _kind(value), "an object")
        return dict(value)

    def choice(self, key: str, choices: type[_E]) -> _E:
        value = self.text(key)
        try:
            return choices(value)
        except ValueError as error:
            raise PlanFormatError(self.at(key), repr(value), "one of " + ", ".join(choices)) from error

    def each(self, key: str, read: Callable[[_Node], _T]) -> tuple[_T, ...]:
        value = self.any(key)
        if not isinstance(value, list):
            raise PlanFormatError(self.at(key), _kind(value), "a list")
        return tuple(read(_Node(one, f"{self.at(key)}[{number}]")) for number, one in enumerate(value))


def _kind(raw: Any) -> str:
    return "nothing" if raw is None else type(raw).__name__


def from_json(raw: Any) -> Plan:
    """The plan of JSON values.

    Raises:
        PlanFormatError: As for ``loads``.
    """
    node = _Node(raw, "")
    if node.any("format") != FORMAT or node.any("version") != VERSION:
        found = f"{node.any('format')!r} of version {node.any('version')!r}"
        raise PlanFormatError("", found, f"{FORMAT!r} of version {VERSION}")
    plan = Plan(
        id=node.text("id"),
        made=_instant(node, "made"),
        writes=node.each("writes", _planned),
        conflicts=node.each("conflicts", _conflict),
        held=node.each("held", _held),
        brakes=node.each("brakes", _brake),
        agreed=node.each("agreed", _agreed),
    )
    if plan.id != plan_id(planned.write for planned in plan.writes):
        raise PlanFormatError("id", plan.id, "the id of these writes: the plan was changed since it was made")
    return plan


def _instant(node: _Node, key: str) -> datetime:
    text = node.text(key)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlanFormatError(node.at(key), repr(text), "an instant") from error
    if instant.tzinfo is None:
        raise PlanFormatError(node.at(key), repr(text), "an instant with its offset")
    return instant


def _planned(node: _Node) -> PlannedWrite:
    marker = node.any("marker")
    write = Write(
        id=node.text("id"),
        connection=node.text("connection"),
        kind=node.choice("kind", WriteKind),
        stream=node.text("stream"),
        target=node.text("target"),
        external_id=node.text("external_id"),
        partition=node.text("partition"),
        values=node.object("values"),
        before=node.object("before"),
        version=node.text("version"),
        marker=None if marker is None else node.object("marker"),
        reason=node.text("reason"),
        moves=node.each("moves", _move),
    )
    expected = identified(write).id
    if write.id != expected:
        raise PlanFormatError(node.at("id"), write.id, f"{expected}: the write was changed since the plan was made")
    return PlannedWrite(
        write=write,
        engagement=node.text("engagement"),
        rule=node.text("rule"),
        cause=node.text("cause"),
        target_key=node.text("target_key"),
        target_url=node.text("target_url"),
        lines=node.each("lines", _line),
    )


def _move(node: _Node) -> Move:
    return Move(name=node.text("name"), to=node.text("to"), fields=node.object("fields"))


def _line(node: _Node) -> FieldLine:
    return FieldLine(field=node.text("field"), before=node.any("before"), after=node.any("after"))


def _conflict(node: _Node) -> Conflict:
    return Conflict(
        engagement=node.text("engagement"),
        connection=node.text("connection"),
        target=node.text("target"),
        target_key=node.text("target_key"),
        field=node.text("field"),
        field_id=node.text("field_id"),
        base=node.any("base"),
        theirs=node.any("theirs"),
        ours=node.any("ours"),
        policy=node.choice("policy", Policy),
    )


def _held(node: _Node) -> Held:
    return Held(
        engagement=node.text("engagement"),
        connection=node.text("connection"),
        rule=node.text("rule"),
        target=node.text("target"),
        reason=node.text("reason"),
        by_catalog=node.flag("by_catalog"),
    )


def _agreed(node: _Node) -> Agreed:
    return Agreed(
        connection=node.text("connection"),
        stream=node.text("stream"),
        id=node.text("id"),
        field_id=node.text("field_id"),
        value=node.any("value"),
    )


def _brake(node: _Node) -> Brake:
    return Brake(
        kind=node.choice("kind", BrakeKind),
        connection=node.text("connection"),
        message=node.text("message"),
        mend=node.text("mend"),
    )
