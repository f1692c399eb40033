"""The flags of ``syncline init``: what they say of the first configuration, and how to say it by them again."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from connectors.core.port import ConnectorSpec
from connectors.core.settings import Credential
from sync.cli.exits import Exit, StoppedError
from sync.config.draft import Draft, toml_value
from sync.config.problems import ConfigError, Problem

PLACES_OF_SECRETS = ("file", "env", "credential", "keyring")
_SETTING = re.compile(r"([a-z][a-z0-9-]*)\.([a-z_]+)")
_SHORTEST_SHOWN = 12  # characters; a longer text where a secret's place was expected may be the secret itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags as they were given, each a list of texts."""

    connections: Sequence[str] = ()
    settings: Sequence[str] = ()
    secrets: Sequence[str] = ()
    engagements: Sequence[str] = ()
    places: Sequence[str] = ()
    anchors: Sequence[str] = ()


@dataclass(kw_only=True)
class _Reading:
    """Reads flags into a draft, and collects what is wrong with them."""

    specs: Mapping[str, ConnectorSpec]
    draft: Draft = field(default_factory=Draft)
    problems: list[str] = field(default_factory=list)

    def connection(self, text: str, kinds: Mapping[str, str]) -> None:
        name, _, url = text.partition("=")
        kind = kinds.get(name) or kind_of(name, self.specs)
        if kind is None:
            known = ", ".join(sorted(self.specs))
            self.wrong(
                "--connection", text, f"NAME=URL, where NAME is a kind ({known}) or begins with one and a hyphen"
            )
        elif name in self.draft.connections:
            self.wrong("--connection", text, "each name once")
        else:
            self.draft.connections[name] = {"kind": kind, **({"url": url} if url else {})}

    def setting(self, text: str) -> None:
        name, setting, value = self._parts("--set", text, "NAME.SETTING=VALUE")
        table = self.draft.connections.get(name)
        if table is None or setting == "kind":
            return
        if is_credential(self.specs[table["kind"]], setting):
            self.problems.append(f"--set {name}.{setting}: a secret never lies in the configuration; use --secret")
        else:
            table[setting] = typed(self.specs[table["kind"]], setting, value)

    def secret(self, text: str) -> None:
        form = "NAME.SETTING=PLACE, where PLACE is file:PATH, env:NAME, credential:NAME or keyring:NAME"
        name, setting, value = self._parts("--secret", text, form)
        if name:
            place = place_of_secret(value)
            if place is None:
                self.wrong("--secret", f"{name}.{setting}=…", form + "; the secret itself is never given here")
            else:
                self.draft.connections[name][setting] = place

    def engagement(self, text: str) -> None:
        key, _, where = text.partition("=")
        connection, _, record = where.partition(":")
        if not key or (where and not (connection and record)):
            self.wrong(
                "--engagement", text, "KEY, or KEY=CONNECTION:RECORD where its commercial record is called otherwise"
            )
            return
        found = {"connection": connection, "key": record} if where else {"connection": "", "key": key}
        self.draft.engagements[key] = {"record": found, "places": []}

    def place(self, flag: str, text: str) -> None:
        key, _, where = text.partition("=")
        connection, _, name = where.partition(":")
        table = self.draft.connections.get(connection)
        if key not in self.draft.engagements or table is None or not name:
            keys, names = ", ".join(self.draft.engagements) or "none", ", ".join(self.draft.connections) or "none"
            what = "PLACE" if flag == "--place" else "ANCHOR"
            self.wrong(flag, text, f"KEY=CONNECTION:{what}; engagements named: {keys}; connections: {names}")
            return
        problem = add_place(self.draft, self.specs, key, connection, name, is_anchor=flag == "--anchor")
        if problem:
            self.wrong(flag, text, problem)

    def wrong(self, flag: str, found: str, expected: str) -> None:
        self.problems.append(f"{flag}: found {found!r}; expected {expected}")

    def _parts(self, flag: str, text: str, form: str) -> tuple[str, str, str]:
        left, equals, value = text.partition("=")
        match = _SETTING.fullmatch(left)
        shown = left if flag == "--secret" else text
        if match is None or not equals:
            self.wrong(flag, shown if len(shown) < 60 else "…", form)
            return "", "", ""
        if match[1] not in self.draft.connections:
            self.wrong(
                flag, shown, "the name of a --connection: " + (", ".join(self.draft.connections) or "none given")
            )
            return "", "", ""
        return match[1], match[2], value


def read_flags(flags: Flags, specs: Mapping[str, ConnectorSpec]) -> Draft:
    """What the flags say.

    Raises:
        StoppedError: Some cannot be understood; the message lists all of them.
    """
    reading = _Reading(specs=specs)
    kinds = dict(re.findall(r"^([a-z][a-z0-9-]*)\.kind=(\w+)$", "\n".join(flags.settings), re.MULTILINE))
    for text in flags.connections:
        reading.connection(text, {name: kind for name, kind in kinds.items() if kind in specs})
    for text in flags.settings:
        reading.setting(text)
    for text in flags.secrets:
        reading.secret(text)
    for text in flags.engagements:
        reading.engagement(text)
    for flag, texts in (("--place", flags.places), ("--anchor", flags.anchors)):
        for text in texts:
            reading.place(flag, text)
    if reading.problems:
        raise StoppedError(told(reading.problems), Exit.USAGE)
    return reading.draft


def told(problems: Sequence[str]) -> str:
    """All problems as one message."""
    return "\n".join([*problems, "nothing was written; syncline init --help shows how the flags are used"])


def problems_of(error: ConfigError, draft: Draft, specs: Mapping[str, ConnectorSpec]) -> list[str]:
    """What is wrong with a draft, with the flag that mends it; no lines, since there is no file yet."""
    return [_problem(p, draft, specs) for p in error.problems]


def _problem(problem: Problem, draft: Draft, specs: Mapping[str, ConnectorSpec]) -> str:
    flag = ""
    match problem.key.split("."):
        case ["connections", name, *rest] if name in draft.connections:
            spec = specs[draft.connections[name]["kind"]]
            known = rest[0] if rest and rest[0] in spec.settings.model_fields else ""
            if known and is_credential(spec, known):
                flag = f" (--secret {name}.{known}=file:PATH or env:NAME)"
            elif known:
                flag = f" (--set {name}.{known}=…)"
        case ["connections"]:
            flag = " (--connection NAME=URL)"
        case _:
            pass
    return f"{problem.key}: found {problem.found}; expected {problem.expected}{flag}"


def kind_of(name: str, specs: Mapping[str, ConnectorSpec]) -> str | None:
    """The kind of connector that a connection's name tells: it is the kind, or begins with it and a hyphen."""
    if name in specs:
        return name
    return max((k for k in specs if name.startswith(f"{k}-")), key=len, default=None)


def is_credential(spec: ConnectorSpec, setting: str) -> bool:
    """Whether a setting says where a secret is."""
    info = spec.settings.model_fields.get(setting)
    return info is not None and Credential in (info.annotation, *get_args(info.annotation))


def typed(spec: ConnectorSpec, setting: str, text: str) -> Any:
    """``text`` as the setting wants it: a number, a truth value, a list (by commas), a table, or the text itself."""
    schema = spec.settings.model_json_schema()["properties"].get(setting, {})
    kinds = {one.get("type") for one in (schema, *schema.get("anyOf", ()))}
    if "array" in kinds:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kinds & {"integer", "number", "boolean", "object"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, KeyError):
            return text  # the check says what was expected
    return text


def place_of_secret(text: str) -> dict[str, str] | None:
    """``file:PATH`` and the like as a credential's table; None: it is none of these."""
    where, _, name = text.partition(":")
    return {where: name} if where in PLACES_OF_SECRETS and name.strip() else None


def add_place(
    draft: Draft, specs: Mapping[str, ConnectorSpec], key: str, connection: str, name: str, *, is_anchor: bool
) -> str:
    """Add a place to an engagement, or an anchor with the place in which it lies; what was expected, or nothing."""
    form = specs[draft.connections[connection]["kind"]].anchor if is_anchor else None
    match = re.fullmatch(form.pattern, name) if form is not None else None
    if is_anchor and (match is None or "place" not in match.groupdict()):
        return form.example if form is not None else "a place; records of this tool are no anchors"
    place = match["place"] if match is not None else name
    places: list[dict[str, str]] = draft.engagements[key]["places"]
    entry = next((p for p in places if (p["connection"], p["place"]) == (connection, place)), None)
    if entry is None:
        entry = {"connection": connection, "place": place}
        places.append(entry)
    if is_anchor:
        entry["anchor"] = name
    return ""


def as_flags(draft: Draft, unsaved: Mapping[tuple[str, str], str]) -> str:
    """A command line that says what a draft says; of secrets only where they lie, and nothing of those ``unsaved``."""
    return shlex.join(_words(draft, unsaved))


def _words(draft: Draft, unsaved: Mapping[tuple[str, str], str]) -> Iterator[str]:
    yield from ("syncline", "init")
    for name, table in draft.connections.items():
        yield from ("--connection", f"{name}={table['url']}" if "url" in table else name)
        for setting, value in table.items():
            if isinstance(value, dict) and len(value) == 1 and set(value) <= set(PLACES_OF_SECRETS):
                ((where, what),) = value.items()
                if (name, setting) not in unsaved:
                    yield from ("--secret", f"{name}.{setting}={where}:{what}")
            elif setting not in {"kind", "url", "first_write_approved"}:
                text = (
                    ",".join(value)
                    if isinstance(value, list)
                    else value
                    if isinstance(value, str)
                    else toml_value(value)
                )
                yield from ("--set", f"{name}.{setting}={text}")
    for key, table in draft.engagements.items():
        record = table["record"]
        yield from ("--engagement", f"{key}={record['connection']}:{record['key']}")
        for place in table["places"]:
            if "anchor" in place:
                yield from ("--anchor", f"{key}={place['connection']}:{place['anchor']}")
            else:
                yield from ("--place", f"{key}={place['connection']}:{place['place']}")
