"""A thousand configurations, each with one change: refused at the right line, or valid; never a traceback."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from connectors.core.registry import load_connectors
from sync.config.load import load
from sync.config.problems import ConfigError, Problem
from sync.config.schema import config_schema

SPECS = load_connectors(plugins=()).specs
EXAMPLE = (Path(__file__).parents[3] / "config.example.toml").read_text(encoding="utf-8")
EXTRA = """
[mapping.jira.inbound.work_item.attributes.due.steps]
target = { field = "Target end", when = { path = "fields.issuetype.name", is_not = "Epic" } }
due = { path = "fields.duedate" }

[mapping.jira.inbound.work_item]
when = { path = "fields.issuetype.name", is_not = "Gate" }

[mapping.jira.inbound.gate]
stream = "issues"
makes = "milestone"
when = [{ path = "fields.issuetype.name", is = "Gate" }, { path = "fields.duedate", filled = true }]

[mapping.jira.inbound.gate.attributes]
key = { path = "fields.summary" }
due = { path = "fields.duedate", type = "datetime" }

[mapping.jira.inbound.work_item.attributes.parent_key]
path = "fields.customfield_10400"
pattern = '/browse/(?P<key>[A-Z]+-[0-9]+)$'
form = "{key}"

[mapping.jira.references.spoken]
to = "work"
value = "{project}-{number}"
texts = ['ticket (?P<number>[0-9]+) of (?P<project>[A-Z]+)']

[mapping.jira.outbound."anchor.status".fields]
"Syncline status" = false
"Health" = { attribute = "status", type = "option", values = { green = "OK", amber = "Hm", red = "No", unknown = "?" } }

[mapping.github.outbound."work.label"]
prefix = "syncline-"

[mapping.salesforce.inbound.engagement.attributes.budget]
currency_if_absent = "EUR"
"""
WHOLE = EXAMPLE + EXTRA
LINES = WHOLE.splitlines()
PAIR = re.compile(r"""^(\s*(?:\{ )?)("[^"]+"|[A-Za-z_]+)( = )(.*?)(\s*(?:#[^"']*)?)$""")
HEADER = re.compile(r"^\[.*\]$")
INNER = re.compile(r"(?<=[{,] )([a-z_]+)(?= = )")
COUNT = 1000


@dataclass(frozen=True)
class Mutant:
    """One mistake: the text, the lines (from 1) that may be named, and whether it is surely a mistake."""

    how: str
    text: str
    lines: frozenset[int]
    wrong: bool = False


def put(at: int, *new: str) -> str:
    """The example with other lines in the place of one."""
    return "\n".join([*LINES[:at], *new, *LINES[at + 1 :]]) + "\n"


PAIRS = [at for at, line in enumerate(LINES) if PAIR.match(line) and not line.startswith("#")]
HEADERS = [at for at, line in enumerate(LINES) if HEADER.match(line)]


def above(at: int) -> int:
    """The header that a line stands under, as a line number."""
    return max((h for h in HEADERS if h <= at), default=0) + 1


def below(at: int) -> int:
    """The next line that says something, as a line number: there a list that was left open is noticed."""
    said = (n for n in range(at + 1, len(LINES)) if LINES[n].strip() and not LINES[n].startswith("#"))
    return next(said, at + 1) + 1


def until(at: int) -> range:
    """Line numbers from a header to the next."""
    return range(at + 1, min((h for h in HEADERS if h > at), default=len(LINES)) + 1)


def parts(at: int) -> tuple[str, str, str, str, str]:
    match = PAIR.match(LINES[at])
    assert match is not None
    return match.groups()


def misspelt(word: str, rng: random.Random) -> str:
    letters = [i for i, c in enumerate(word) if c.isalpha()]
    at = rng.choice(letters)
    return rng.choice([word[:at] + word[at] + word[at:], word[:at] + word[at + 1 :], word[:at] + "q" + word[at + 1 :]])


def key_misspelt(rng: random.Random) -> Mutant:
    at = rng.choice(PAIRS)
    lead, key, equals, value, rest = parts(at)
    free = key.startswith('"') or re.match(
        r"\[(people|mapping\..*(values|fields|steps|attributes)\]$)", LINES[above(at) - 1]
    )
    text = put(at, lead + misspelt(key, rng) + equals + value + rest)
    return Mutant("key misspelt", text, frozenset({at + 1, above(at)}), wrong=not free)


def inner_key_misspelt(rng: random.Random) -> Mutant:
    at = rng.choice([at for at in PAIRS if INNER.search(LINES[at])])
    match = rng.choice(list(INNER.finditer(LINES[at])))
    new = LINES[at][: match.start()] + misspelt(match[1], rng) + LINES[at][match.end() :]
    users = {n for n, line in enumerate(LINES, start=1) if f"{{{match[1]}}}" in line}  # a part that templates name
    return Mutant("inner key misspelt", put(at, new), frozenset({at + 1, *users}), wrong=True)


def type_changed(rng: random.Random) -> Mutant:
    at = rng.choice(PAIRS)
    lead, key, equals, *_ = parts(at)
    new = rng.choice(
        ["true", "false", "7", "-1", "1.5", "[]", "{}", '"x"', "2026-11-24", "[[1]]", "{ a = 1 }", "inf", "['x', 1]"]
    )
    return Mutant(
        "type changed", put(at, lead + key + equals + new), frozenset({at + 1, above(at), below(at), *named(at)})
    )


def named(at: int) -> set[int]:
    """Lines of the mapping's headers like the one above a line."""
    header = LINES[above(at) - 1]
    return {n + 1 for n, line in enumerate(LINES) if header.startswith("[mapping") and line == header}


def out_of_range(rng: random.Random) -> Mutant:
    numbers = [at for at in PAIRS if re.fullmatch(r'[\d.]+|"\d+[smhd]"', parts(at)[3])]
    at = rng.choice(numbers)
    lead, key, equals, _, rest = parts(at)
    new = rng.choice(["-5", "0", "99999999999999999999", "1e400", "nan", '"0d"', '"-3h"', '"5 weeks"', '"9999999d"'])
    return Mutant("out of range", put(at, lead + key + equals + new + rest), frozenset({at + 1}))


def value_misspelt(rng: random.Random) -> Mutant:
    at = rng.choice([at for at in PAIRS if re.search(r'"[A-Za-z_.-]{3,}"', parts(at)[3])])
    lead, key, equals, value, rest = parts(at)
    match = rng.choice(list(re.finditer(r'(?<=")[A-Za-z_.-]{3,}(?=")', value)))
    new = value[: match.start()] + misspelt(match[0], rng) + value[match.end() :]
    users = {n + 1 for n, line in enumerate(LINES) if f'"{match[0]}"' in line}
    return Mutant("value misspelt", put(at, lead + key + equals + new + rest), frozenset({at + 1, above(at), *users}))


def line_cut(rng: random.Random) -> Mutant:
    at = rng.choice([*PAIRS, *HEADERS])
    cut = "\n".join([*LINES[:at], *LINES[at + 1 :]]) + "\n"
    if at in PAIRS:
        hang = {n for n, line in enumerate(LINES, start=1) if re.match(r"\[(mapping|connections)", line)}
        hang |= {n - 1 for n, line in enumerate(LINES, start=1) if re.search(r'"[^"]*\{\w+\}', line)}  # names a part
        return Mutant("line cut", cut, frozenset({above(at), at, at + 1} | hang))
    orphans = {above(at - 1), *until(at)} | {n - 1 for n in until(at)}
    return Mutant("header cut", cut, frozenset(orphans | using(LINES[at])))


def using(header: str) -> set[int]:
    """Lines that name the connection of a header."""
    name = header.strip("[]").rpartition(".")[2]
    return {
        n for n, line in enumerate(LINES, start=1) if re.search(rf'"{re.escape(name)}"|"{re.escape(name)}:', line)
    } | {n - 1 for n, line in enumerate(LINES, start=1) if re.search(rf'"{re.escape(name)}"|"{re.escape(name)}:', line)}


def header_misspelt(rng: random.Random) -> Mutant:
    at = rng.choice(HEADERS)
    words = list(re.finditer(r"[a-z_]{3,}", LINES[at]))
    match = rng.choice(words)
    new = LINES[at][: match.start()] + misspelt(match[0], rng) + LINES[at][match.end() :]
    below = {n + 1 for n in HEADERS if LINES[n].startswith(LINES[at][:-1])}
    return Mutant("header misspelt", put(at, new), frozenset({*until(at), *using(LINES[at]), *below}))


def doubled(rng: random.Random) -> Mutant:
    at = rng.choice([*PAIRS, *HEADERS])
    if at in HEADERS:
        return Mutant("table twice", WHOLE + LINES[at] + "\n", frozenset({len(LINES) + 1, len(LINES) + 2}), wrong=True)
    return Mutant("key twice", put(at, LINES[at], LINES[at]), frozenset({at + 2}), wrong=True)


def broken(rng: random.Random) -> Mutant:
    at = rng.choice([*PAIRS, *HEADERS])
    line = LINES[at]
    marks = [i for i, c in enumerate(line) if c in '[]{}"=,' and "#" not in line[:i]]
    i = rng.choice(marks)
    new = rng.choice([line[:i] + line[i + 1 :], line[:i] + line[i] + line[i:], line[:i] + "\x07" + line[i:], line[:i]])
    return Mutant(
        "broken TOML",
        put(at, new),
        frozenset({at + 1, at + 2, below(at), above(at), *until(above(at) - 1), *using(line), len(LINES) + 1}),
    )


def nonsense(rng: random.Random) -> Mutant:
    at = rng.randrange(len(LINES))
    new = rng.choice(
        [
            "= 1",
            "key",
            "[",
            "]]",
            "[]",
            "[ ]",
            "a.b = ",
            '"',
            "'''",
            '"""',
            "\x00",
            "\\",
            "[[version]]",
            "[version]",
            "{}",
        ]
    )
    return Mutant("nonsense", put(at, LINES[at], new), frozenset({at + 2, at + 3, len(LINES) + 2}), wrong=True)


def mapping_word(rng: random.Random) -> Mutant:
    """A word of the mapping language under a key where it does not belong."""
    mapping = [at for at in PAIRS if LINES[above(at) - 1].startswith("[mapping")]
    at = rng.choice(mapping)
    lead, key, equals, *_ = parts(at)
    return Mutant(
        "mapping word", put(at, lead + key + equals + rng.choice(WORDS)), frozenset({at + 1, above(at), *named(at)})
    )


WORDS = (
    *('{ path = "a..b" }', '{ field = "A", path = "b" }', '{ value = "x" }', "{ steps = {} }", "{ when = {} }"),
    *('{ path = "x", unknown = "guess" }', '{ path = "x", pattern = "(" }', '{ path = "x", form = "{y" }'),
    *('{ path = "x", values = { a = 1 } }', '{ path = "x", when = { path = "y" } }', "false", "[1, { a = 2 }]"),
)
WAYS: tuple[Callable[[random.Random], Mutant], ...] = (
    key_misspelt,
    inner_key_misspelt,
    type_changed,
    out_of_range,
    value_misspelt,
    line_cut,
    header_misspelt,
    doubled,
    broken,
    nonsense,
    mapping_word,
)


def mutants() -> Iterator[Mutant]:
    rng = random.Random(20261124)  # noqa: S311 - the same thousand every time; nothing is kept secret by it
    for n in range(COUNT):
        yield WAYS[n % len(WAYS)](rng)


def test_what_is_changed_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "syncline.toml"
    file.write_text(WHOLE, encoding="utf-8")
    assert load(file, SPECS).connections.keys() == {"jira", "jira-dc", "salesforce", "github", "launchpad", "sow"}


def problems(file: Path, text: str) -> tuple[Problem, ...]:
    """What is wrong with a configuration; nothing when it is valid."""
    file.write_text(text, encoding="utf-8")
    try:
        load(file, SPECS)
    except ConfigError as error:
        return error.problems
    return ()


SCHEMA = Draft202012Validator(config_schema(SPECS))


def fits_the_schema(text: str) -> bool | None:
    """None: it is no TOML."""
    try:
        return SCHEMA.is_valid(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def test_what_is_changed_fits_the_schema() -> None:
    Draft202012Validator.check_schema(config_schema(SPECS))
    for text in (EXAMPLE, WHOLE):
        assert list(SCHEMA.iter_errors(tomllib.loads(text))) == []


@pytest.mark.parametrize("share", range(4))
def test_each_is_refused_at_its_line_or_is_valid(tmp_path: Path, share: int) -> None:
    missed, refused, alarms, caught = [], 0, [], []
    for mutant in [m for n, m in enumerate(mutants()) if n % 4 == share]:
        found = problems(tmp_path / "syncline.toml", mutant.text)
        refused += bool(found)
        last = mutant.text.count("\n") + 1
        told = all(p.found and p.expected and 1 <= p.line <= last for p in found)
        right = bool({p.line for p in found} & mutant.lines) if found else not mutant.wrong
        if not (told and right):
            missed.append((mutant.how, sorted(mutant.lines), [str(p) for p in found]))
        fits = fits_the_schema(mutant.text)
        alarms += [(mutant.how, sorted(mutant.lines))] if fits is False and not found else []
        caught += [not fits] if fits is not None and found else []
    assert missed == []
    assert alarms == []  # an editor never marks what is right
    assert sum(caught) > 0.75 * len(caught)  # and marks most of what is wrong
    assert refused > COUNT / 4 * 0.6  # most of the changes are mistakes
