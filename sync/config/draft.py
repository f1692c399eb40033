"""A first configuration while it is made, and its text: commented TOML in which what a tool said is only a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapping.undecided import Undecided, Unfound

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_WIDTH = 110

_OPENING = """\
# syncline's configuration, begun by `syncline init`. All keys, with what they mean: config.example.toml.
# Everything is validated before anything runs: syncline check
version = 1

[store]
url = "sqlite:///syncline.sqlite3"

# --- connections: one table for each account on a tool. Secrets are never here: a credential names where one is. ------
"""
_ENGAGEMENTS = """
# --- engagements: one table for each; its commercial record, and the places where its work is ------------------------
# The anchor is the record of a place that shows the engagement's status and bears its risks.
# New contracts can be taken up without an edit here: docs/discovery.md
"""
_NO_ENGAGEMENT = """
# None is named yet, so nothing is read. For example:
#[engagements.KEY]
#record = { connection = "CONNECTION", key = "KEY" }
#places = [{ connection = "CONNECTION", place = "PLACE", anchor = "ANCHOR" }]
"""
_MAPPING = """
# --- mapping: how your tools spell things, over the connectors' defaults (docs/mapping.md) ----------------------------
# `syncline check --mapping` shows what your records become, and by which rule.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said of a value that the mapping did not understand: its meaning, or None for not decided yet."""

    kind: str
    about: Undecided
    means: str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldName:
    """Which field a person said is meant, or None: there is none."""

    kind: str
    about: Unfound
    name: str | None


@dataclass(kw_only=True)
class Draft:
    """What is known so far.

    Attributes:
        connections: The tables of the connections by name, with ``kind`` and what the settings may hold.
        engagements: The tables of the engagements by key.
        names: Names of accounts and programmes by engagement key, for a comment.
        decisions: Values that the mapping's tables did not hold.
        fields: Fields that the mapping named otherwise.
    """

    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    engagements: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    fields: list[FieldName] = field(default_factory=list)

    def only(self, connection: str) -> Draft:
        """A draft of this connection alone."""
        return Draft(connections={connection: self.connections[connection]})

    def text(self) -> str:
        """The configuration. Equal drafts give equal texts."""
        parts = [_OPENING, *(_connection(n, table) for n, table in self.connections.items()), _ENGAGEMENTS]
        parts += [_engagement(k, table, self.names.get(k, "")) for k, table in self.engagements.items()]
        parts += [] if self.engagements else [_NO_ENGAGEMENT]
        said = [*_fields(self.fields), *_decisions(self.decisions)]
        return "".join([*parts, *([_MAPPING, *said] if said else [])])


def toml_value(value: Any) -> str:
    """A value as TOML: text, whole number, number, truth value, list or table of such.

    Whatever a text holds that could break out of it, or that a person cannot see, is written as an escape. A lone
    surrogate, which no TOML can hold, becomes a question mark.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{_escaped(value)}"'
        case int() | float():
            return repr(value)
        case Mapping():
            inner = ", ".join(f"{toml_key(str(k))} = {toml_value(v)}" for k, v in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case Sequence():
            return f"[{', '.join(map(toml_value, value))}]"
        case _:
            raise TypeError(f"no TOML for {type(value).__name__}")


def toml_key(key: str) -> str:
    """A key, bare where it can be."""
    return key if _BARE_KEY.fullmatch(key) else toml_value(key)


def toml_comment(text: str) -> str:
    """``text`` as what may stand in a comment: one line, and nothing in it that a person cannot see."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _escaped(text: str) -> str:
    out = []
    for c in text.encode("utf-8", "replace").decode():
        if c in _SHORT_ESCAPES:
            out.append(_SHORT_ESCAPES[c])
        elif c.isprintable():
            out.append(c)
        else:
            out.append(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")
    return "".join(out)


def _connection(name: str, table: Mapping[str, Any]) -> str:
    lines = [f"\n[connections.{toml_key(name)}]"]
    lines += [
        f"{toml_key(k)} = {toml_value(v)}" for k, v in table.items() if k not in {"owned", "first_write_approved"}
    ]
    owned = table.get("owned", [])
    lines.append("# What syncline may write here." + ("" if owned else " Nothing: this connection is read only."))
    lines.append(f"owned = {toml_value(owned)}")
    lines.append("# The first write stops and asks, until a person has looked at `syncline plan` and approved.")
    lines.append(f"first_write_approved = {toml_value(table.get('first_write_approved', False))}")
    return "\n".join(lines) + "\n"


def _engagement(key: str, table: Mapping[str, Any], name: str) -> str:
    lines = [f"\n[engagements.{toml_key(key)}]" + (f"  # {toml_comment(name)}" if toml_comment(name) else "")]
    lines.append(f"record = {toml_value(table['record'])}")
    places = table.get("places", [])
    lines += ["places = [", *(f"  {toml_value(place)}," for place in places), "]"] if places else ["places = []"]
    return "\n".join(lines) + "\n"


def _fields(named: Sequence[FieldName]) -> Iterator[str]:
    for one in named:
        header = f"[mapping.{'.'.join(map(toml_key, (one.kind, *one.about.keys[:-1])))}]"
        said = f"# {one.about.attribute}: no field is called {toml_value(one.about.name)} here"
        if one.name is None:
            yield f'\n{said}, so nothing is read.\n#{header}\n#field = "NAME"\n'
        else:
            yield f"\n{said}.\n{header}\nfield = {toml_value(one.name)}\n"


def _decisions(decisions: Sequence[Decision]) -> Iterator[str]:
    """Table by table, since TOML lets each be opened once."""
    tables: dict[tuple[str, ...], list[Decision]] = {}
    for one in decisions:
        tables.setdefault((one.kind, *one.about.table), []).append(one)
    for keys, several in tables.items():
        decided = any(one.means is not None for one in several)
        off = "" if decided else "#"
        about = several[0].about
        yield f"\n# {about.attribute}, by {toml_comment(about.field)}\n"
        if about.step is not None:
            header = ".".join(map(toml_key, ("mapping", *keys[:-1])))
            yield f"{off}[{header}]\n" + "".join(f"{off}{k} = {toml_value(v)}\n" for k, v in about.step.items())
        yield f"{off}[{'.'.join(map(toml_key, ('mapping', *keys)))}]\n"
        yield from (_decision(one) for one in several)


def _decision(one: Decision) -> str:
    key = toml_value(one.about.value)
    reason = toml_comment(one.about.reason)
    if one.means is not None:
        return f"{key} = {toml_value(one.means)}" + (f"  # {reason}" if reason else "") + "\n"
    choices = " or ".join(toml_value(c) for c in one.about.choices)
    why = f" ({reason})" if reason else ""
    if one.about.guess is None:
        return f"# not decided, and so kept as it is{why}: {key} = {choices}\n"
    return f"# perhaps{why}; to be confirmed:\n#{key} = {toml_value(one.about.guess)}\n"
