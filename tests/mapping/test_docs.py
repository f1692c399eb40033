"""Runs every example of ``docs/mapping.md``, and holds its tables against what the language really knows."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType
from mapping import outbound
from mapping.fitting import fitting
from mapping.inbound import InboundError, map_record
from mapping.language import SOURCES
from mapping.model import Deliverable, Engagement, ReferenceKind, WorkItem
from mapping.parse_inbound import STEP_KEYS
from mapping.parse_outbound import RULE_KEYS, outward
from mapping.rules import RulesError
from mapping.schema import kinds
from mapping.spec import OfRecord, OutType, Shape, Unknown
from mapping.spellings import SPELLING_KEYS
from mapping.transitions import TRANSITION_KEYS, way

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mapping.md"
TEXT = PAGE.read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\S+) ([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    line: int
    config: str = ""
    given: list[str] = field(default_factory=list)
    data: str = ""
    wanted: str = ""
    expected: str = ""


def examples() -> list[Example]:
    """A configuration (which may be absent), what is given (which is absent for problems), and what comes of it."""
    result, current = [], None
    for match in FENCE.finditer(TEXT):
        _, words, body = match.groups()
        current = current or Example(line=TEXT.count("\n", 0, match.start()) + 1)
        kind, *rest = words.split()
        if kind == "config":
            current.config = body
        elif kind in ("record", "show", "move"):
            current.given, current.data = [kind, *rest], body
        else:
            current.wanted, current.expected = words, body
            result.append(current)
            current = None
    assert current is None, "the last example has no outcome"
    return result


EXAMPLES = examples()


def plain(value):
    if is_dataclass(value) and not isinstance(value, type):
        return {k: plain(v) for k, v in asdict(value).items()}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if isinstance(value, (date, datetime, Decimal)):
        return str(value)
    return value


def test_every_fence_is_part_of_an_example():
    assert TEXT.count("```") == 2 * len(FENCE.findall(TEXT))
    assert len(EXAMPLES) >= 14


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"line {e.line}")
def test_example(example, texts, issue, row, compiled):
    overrides = tomllib.loads(example.config).get("mapping", {})
    kind = next(iter(overrides), "salesforce" if "salesforce" in example.given else "jira")
    if example.wanted == "problems":
        with pytest.raises(RulesError) as caught:
            compiled(kind, texts(kind), overrides[kind])
        assert [str(p) for p in caught.value.problems] == example.expected.splitlines()
        return
    rules = compiled(kind, texts(kind), overrides.get(kind))
    data = json.loads(example.data)
    if example.given[0] == "move":
        steps = way(rules.out("risk.issue").transitions, data["from"], data["to"], example.given[1])
        filled = [", ".join(f"{k}: {v}" for k, v in step.fields.items()) for step in steps]
        told = [f"{step.to} ({text})" if text else step.to for step, text in zip(steps, filled, strict=True)]
        assert told == json.loads(example.expected)
        return
    if example.given[0] == "show":
        rule = rules.out(example.given[1])
        catalog = Catalog(
            fields=tuple(
                FieldInfo(stream=rule.stream, name=f.name, id=f.name, type=FieldType.OTHER) for f in rule.fields
            )
        )
        fit = fitting(rule, issue(key=f"{example.given[2]}-1"), catalog) if example.given[2:] else rule
        assert outbound.values(fit, data, catalog) == json.loads(example.expected)
        return
    record = row(example.given[-1], data) if kind == "salesforce" else issue(data.get("fields", {}))
    if example.given[-1] == "versions":
        record = replace(record, stream="versions", payload=data)
    if example.wanted == "refused":
        with pytest.raises(InboundError) as refused:
            map_record(rules, record, Catalog(fields=()))
        assert str(refused.value) == f"{record.ref}, {example.expected.strip()}"
        return
    (entity,) = map_record(rules, record, Catalog(fields=()))
    kind = example.wanted.partition(" ")[2]
    assert isinstance(entity, kinds()[kind].cls if kind else (Deliverable, Engagement, WorkItem))
    expected = json.loads(example.expected)
    assert {name: plain(getattr(entity, name)) for name in expected} == expected


def test_every_word_of_the_language_is_on_the_page():
    words = set(STEP_KEYS) | {"steps", "is", "is_not", "at_least", "filled", "use", "makes", "attributes", "when"}
    words |= {"fields_at", "options", "ids", "kind", "version", "attribute", "too_long", "set", "fields"}
    words |= {*SPELLING_KEYS, *(kind.value for kind in ReferenceKind)}
    words |= {key for keys in RULE_KEYS.values() for key in keys} | set(outward())
    words |= {*TRANSITION_KEYS, *SOURCES, *(r.value for r in OfRecord)}
    words |= {s.value for s in Shape} | {t.value for t in OutType} | {u.value for u in Unknown}
    missing = {w for w in words if not re.search(rf"(?<![\w.]){re.escape(w)}(?![\w])", TEXT)}
    assert missing == set()


def test_the_tables_of_attributes_are_those_of_the_model():
    for name, kind in kinds().items():
        (cells,) = re.findall(rf"^\| `{name}` \| ([^|]*) \|$", TEXT, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", cells)) == set(kind.attributes), name
    for name, offer in outward().items():
        (cells,) = re.findall(rf"^\| `{name}` \| ([^|]*) \|", TEXT, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", cells)) == set(offer.attributes), name
