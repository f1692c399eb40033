"""The dialogue of ``syncline init``: asks on a terminal what the flags did not say, and teaches while it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from connectors.core.errors import ConnectorError
from connectors.core.port import CheckResult, Choice, ConnectorSpec, Question, Way
from mapping.spec import OutRule, Target
from mapping.undecided import meaning
from sync.cli.init_flags import add_place, is_credential, place_of_secret, typed
from sync.cli.init_look import (
    Found,
    Suggested,
    active,
    called,
    left_undecided,
    left_unfound,
    read_places,
    suggestions,
    try_connection,
)
from sync.cli.init_prompts import MOST_LISTED, forget_input, one_of, prompt, several, show_choices
from sync.cli.look_at_tools import show_results
from sync.cli.output import say, say_hanging
from sync.config.draft import Decision, Draft, FieldName
from sync.config.problems import ConfigError
from sync.show.text import one_line


@dataclass(kw_only=True)
class Dialogue:
    """One conversation.

    Attributes:
        path: The file that is to be written.
        specs: The installed connectors.
        draft: What is known so far; the flags' word to begin with.
        secrets: Secrets that were typed, by connection and setting.
        found: What was found in the tools.
        secrets_explained: Whether it was said where a secret can be; once is enough.
    """

    path: Path
    specs: Mapping[str, ConnectorSpec]
    draft: Draft
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    found: Found = field(default_factory=Found)
    secrets_explained: bool = False

    def run(self) -> None:
        """Ask everything; the draft is complete afterwards.

        Raises:
            click.Abort: The person stopped it.
        """
        say(f"This writes {self.path.name} by asking. Nothing is written before the end, and nothing into your tools.")
        say("Ctrl-C stops it. ENTER takes what stands in brackets.")
        for name in list(self.draft.connections):
            self._settle(name)
        while self._another():
            pass
        self._engagements()
        self._places()
        self._fields()
        self._values()
        self._owned()

    # --- connections ---

    def _another(self) -> bool:
        kinds = sorted(self.specs)
        say(f"\nA tool: {', '.join(f'{n} {self.specs[k].title}' for n, k in enumerate(kinds, 1))}")
        more = "no more" if self.draft.connections else ""
        kind = one_of("Which", kinds, default=more)
        if kind is None:
            return False
        taken = self.draft.connections
        plain = next(n for n in (kind, *(f"{kind}-{i}" for i in range(2, 100))) if n not in taken)
        name = prompt("What you call this connection (a short word; it stands in every report)", plain)
        if name in taken or not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
            say(f"found {name!r}; expected a new name of small letters, digits and hyphens")
            return True
        taken[name] = {"kind": kind}
        self._settle(name)
        return True

    def _settle(self, name: str) -> None:
        """Ask what is missing of a connection, and try it until it works or the person goes on without."""
        table = self.draft.connections[name]
        spec = self.specs[table["kind"]]
        say(f"\n{name} ({spec.title}); more about each setting: docs/connectors/{spec.kind}.md")
        way = self._way(spec, table)
        table.update({k: v for k, v in way.given.items() if k not in table})
        for question in way.questions:
            if question.setting not in table:
                self._setting(name, spec, question)
        while not self._works(name):
            word = prompt("ENTER tries again, a setting's name changes it, 'keep' goes on, 'drop' forgets it", "again")
            if word == "keep":
                return
            if word == "drop":
                del self.draft.connections[name]
                return
            if word in spec.settings.model_fields:
                known = next((q for w in spec.ways for q in w.questions if q.setting == word), None)
                self._setting(name, spec, known or Question(setting=word, ask=word))
            elif word != "again":
                say("settings: " + ", ".join(spec.settings.model_fields))

    def _way(self, spec: ConnectorSpec, table: Mapping[str, Any]) -> Way:
        ways = [w for w in spec.ways if all(table.get(k, v) == v for k, v in w.given.items())]
        if not spec.ways:
            needed = [n for n, f in spec.settings.model_fields.items() if f.is_required()]
            return Way(title=spec.title, questions=tuple(Question(setting=n, ask=n) for n in needed))
        fitting = [w for w in ways if {q.setting for q in w.questions} & table.keys() - {"url"}]
        if len(ways) > 1 and len(fitting) == 1:
            return fitting[0]
        if len(ways) < 2:
            return (ways or list(spec.ways))[0]
        say("How: " + ", ".join(f"{n} {w.title}" for n, w in enumerate(ways, 1)))
        titles = [w.title for w in ways]
        chosen = one_of("Which", titles, default=titles[0])
        return ways[titles.index(chosen or titles[0])]

    def _setting(self, name: str, spec: ConnectorSpec, question: Question) -> None:
        if question.teach:
            say_hanging(f"  {question.teach}")
        setting, table = question.setting, self.draft.connections[name]
        if is_credential(spec, setting):
            self._secret(name, question)
            return
        info = spec.settings.model_fields[setting]
        optional = not info.is_required()
        default = str(info.default) if isinstance(info.default, (str, int, float)) else ""
        text = prompt(question.ask, str(table.get(setting, default)), may_be_empty=optional)
        if text:
            table[setting] = typed(spec, setting, text)
        else:
            table.pop(setting, None)

    def _secret(self, name: str, question: Question) -> None:
        if not self.secrets_explained:
            say_hanging(
                "  It never lies in the configuration. ENTER to type it now, unseen: it is kept in a file of mode "
                "0600. Or say where it already is: file:PATH, env:NAME, credential:NAME (systemd) or keyring:NAME."
            )
            self.secrets_explained = True
        while True:
            text = prompt(question.ask, "type it")
            place = place_of_secret(text)
            if text != "type it" and place is None:
                say("that is no file:PATH, env:NAME, credential:NAME or keyring:NAME; ENTER first, then type it unseen")
                continue
            self.secrets.pop((name, question.setting), None)
            if place is None:
                hidden = click.prompt(f"  {question.ask} (not shown)", hide_input=True)
                if "-----BEGIN" in hidden:
                    forget_input()  # the other lines of what was pasted must not answer the next questions, shown
                    say("a key of several lines cannot be typed: put it into a file of mode 0600, and say file:PATH")
                    continue
                place = {"file": self._secret_file(f"{name}-{question.setting.replace('_', '-')}")}
                self.secrets[name, question.setting] = str(hidden).strip()
            self.draft.connections[name][question.setting] = place
            return

    def _secret_file(self, name: str) -> str:
        """A file beside the configuration that is not there yet."""
        names = (f"secrets/{name}", *(f"secrets/{name}-{n}" for n in range(2, 1000)))
        return next(n for n in names if not (self.path.parent / n).exists())

    def _works(self, name: str) -> bool:
        say(f"trying {name} …")
        try:
            results = try_connection(self.draft, self.secrets, self.path, name, self.found)
        except ConfigError as error:
            results = [
                CheckResult(name=p.key.removeprefix(f"connections.{name}."), ok=False, found=p.found, mend=p.expected)
                for p in error.problems
            ]
        show_results("", results)
        return all(r.ok is not False for r in results)

    # --- engagements and their places ---

    def _engagements(self) -> None:
        known = {e.key: (name, e) for name, e in self.found.engagements}
        for table in self.draft.engagements.values():
            if not table["record"]["connection"] and table["record"]["key"] in known:
                table["record"]["connection"] = known[table["record"]["key"]][0]
        if self.draft.engagements or not known:
            if not known:
                say("\nNo connection shows engagement records: name them in the file later.")
            return
        say(f"\n{len(known)} engagements are there:")
        choices = [Choice(key=k, title=f"{e.name} ({e.stage})") for k, (_, e) in known.items()]
        under_way = [k for k, (_, e) in known.items() if active(e)]
        default = f"the {len(under_way)} that are active" if under_way else "all"
        chosen = several("Which of them", choices, default=default, means=under_way or list(known))
        for key in chosen:
            name, engagement = known[key]
            self.draft.engagements[key] = {"record": {"connection": name, "key": key}, "places": []}
            self.draft.names[key] = engagement.name

    def _places(self) -> None:
        if not self.draft.engagements or any(e["places"] for e in self.draft.engagements.values()):
            return
        asked: dict[str, list[str]] = {}
        for name in self.found.rules:
            spec = self.specs[self.draft.connections[name]["kind"]]
            if any(rule.makes == "work_item" for rule in self.found.rules[name].entities):
                say(f"\nWhere on {name} is their work? ({spec.place.example if spec.place else 'its places'})")
                listed = self.found.places[name]
                means = [c.key for c in listed] if len(listed) <= MOST_LISTED else []
                default = f"all {len(means)}" if means else "none"
                asked[name] = several("Places", list(listed), default=default, means=means, free=not listed)
        if any(asked.values()):
            say("looking at a sample of their records; at a tool that gives them one by one this takes a while …")
            try:
                read_places(self.draft, self.secrets, self.path, asked, self.found)
            except ConnectorError as error:
                say(f"not all could be looked at: {error}")
        suggested = suggestions(self.found, list(self.draft.engagements))
        for key in self.draft.engagements:
            self._places_of(key, suggested.get(key, []))
        used = {(p["connection"], p["place"]) for e in self.draft.engagements.values() for p in e["places"]}
        left = [f"{n}:{p}" for n, several in asked.items() for p in several if (n, p) not in used]
        if left:
            say_hanging(f"\nNamed by no engagement, and so not read: {', '.join(left)}")

    def _places_of(self, key: str, suggested: Sequence[Suggested]) -> None:
        say(f"\n{key} {one_line(self.draft.names.get(key, ''), 60)}")
        for one in suggested:
            unlike = "" if one.likely else "; not among these, since another engagement has its anchor there"
            say_hanging(f"  {one.connection}:{one.anchor or one.place} ({one.why}{unlike})")
        these = [one for one in suggested if one.likely]
        if not suggested:
            say("  no record that was looked at names it")
        while True:
            default = "these" if these else "none"
            text = prompt(
                "Its places (CONNECTION:PLACE or CONNECTION:ANCHOR, with commas; + in front adds to these)", default
            )
            self.draft.engagements[key]["places"] = []
            if text == "these" or text.startswith("+"):
                for one in these:
                    name = one.anchor or one.place
                    add_place(self.draft, self.specs, key, one.connection, name, is_anchor=one.anchor is not None)
            if text in {"these", "none"}:
                return
            wrong = [
                w for w in text.removeprefix("+").split(",") if w.strip() and not self._typed_place(key, w.strip())
            ]
            if not wrong:
                return
            say(f"not understood: {', '.join(wrong)}; connections: {', '.join(self.draft.connections)}")

    def _typed_place(self, key: str, text: str) -> bool:
        connection, _, name = text.partition(":")
        table = self.draft.connections.get(connection)
        if table is None or not name:
            return False
        spec = self.specs[table["kind"]]
        for form, is_anchor in ((spec.anchor, True), (spec.place, False)):
            if form is not None and re.fullmatch(form.pattern, name):
                return not add_place(self.draft, self.specs, key, connection, name, is_anchor=is_anchor)
        return spec.place is None and not add_place(self.draft, self.specs, key, connection, name, is_anchor=False)

    # --- mapping ---

    def _fields(self) -> None:
        for kind, one in left_unfound(self.draft, self.found):
            if not one.alike:
                self.draft.fields.append(FieldName(kind=kind, about=one, name=None))
                continue
            say(f"\n{kind} has no field {one.name!r}, in which the mapping looks for {one.attribute}.")
            show_choices([Choice(key=name) for name in one.alike])
            name = one_of("Which field is it", list(one.alike), default="none")
            self.draft.fields.append(FieldName(kind=kind, about=one, name=name))

    def _values(self) -> None:
        left = left_undecided(self.draft, self.found)
        if left:
            say(f"\n{len(left)} values of your tools are not known to the mapping. Those not decided are kept.")
        for kind, one in left:
            words = [meaning(c) for c in one.choices]
            name = called(self.found, one.field)
            say_hanging(f"{kind}: {name} {one.value!r}" + (f" ({one.reason})" if one.reason else ""))
            say(f"  as {one.attribute} it can mean: {', '.join(f'{n} {w}' for n, w in enumerate(words, 1))}")
            likely = f"; likely {meaning(one.guess)}" if one.guess is not None else ""
            word = one_of(f"It means{likely}", words, default="not decided")
            means = one.choices[words.index(word)] if word is not None else None
            self.draft.decisions.append(Decision(kind=kind, about=one, means=means))

    def _owned(self) -> None:
        for name, rules in self.found.rules.items():
            if "owned" in self.draft.connections[name] or not rules.outward:
                continue
            say(f"\nWhat may syncline write on {name}? The first write asks again, after syncline plan has shown it.")
            outward = list(rules.outward.values())
            choices = [Choice(key=rule.name, title=_what(rule)) for rule in outward]
            chosen = several("Which", choices, default="nothing", means=[])
            self.draft.connections[name]["owned"] = chosen


def _what(rule: OutRule) -> str:
    """What an outward rule writes, for a person."""
    names = ", ".join(f.name for f in rule.fields)
    match rule.target:
        case Target.LABEL:
            return f"labels beginning with {rule.prefix}, beside people's own"
        case Target.LINK:
            return "a link to the engagement's record"
        case Target.BLOCK:
            return "one block of text, beside what people wrote"
        case Target.ISSUE:
            return f"records of the type {rule.record_type}, below the anchor"
        case Target.RECORD:
            return f"records of its own in {rule.stream}"
        case Target.FIELDS:
            return f"the fields {names}"
