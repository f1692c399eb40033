from __future__ import annotations

import pytest

from mapping.rules import RulesError, compile_rules
from mapping.spellings import spellings_of


@pytest.mark.parametrize(
    ("table", "path", "found"),
    [
        ({"value": "{n}", "texts": ["(?P<n>x)"]}, "references.mine.to", "nothing"),
        ({"to": "place", "value": "x", "texts": ["x"]}, "references.mine.to", "'place'"),
        ({"to": "work", "texts": ["x"]}, "references.mine.value", "nothing"),
        ({"to": "work", "value": "x"}, "references.mine", "no pattern"),
        ({"to": "work", "value": "{n}", "texts": ["x"]}, "references.mine.value", "{n}"),
        ({"to": "work", "value": "{place}", "texts": ["x"]}, "references.mine.value", "{place}"),
        (
            {"to": "work", "value": "{", "texts": ["x"]},
            "references.mine.value",
            "'{'",
        ),
        (
            {"to": "work", "value": "x", "also": ["y"], "texts": ["x"]},
            "references.mine.also",
            "further names without urls",
        ),
        ({"to": "work", "value": "x", "also": ["{n}"], "urls": ["x"]}, "references.mine.also", "{n}"),
        ({"to": "work", "value": "x", "texts": ["x"], "case": "camel"}, "references.mine.case", "'camel'"),
        ({"to": "work", "value": "x", "texts": ["x"], "read": "text"}, "references.mine.read", "an unknown key"),
    ],
)
def test_each_mistake_is_named_by_its_key_path(texts, table, path, found):
    override = {"references": {"mine": table}}
    with pytest.raises(RulesError) as caught:
        compile_rules("jira", texts("jira"), override)
    assert any(".".join(p.path) == path and p.found.startswith(found) for p in caught.value.problems)
    with pytest.raises(RulesError):
        spellings_of("jira", texts("jira"), override)


def test_a_pattern_that_is_none_is_refused_with_the_reason(texts):
    override = {"references": {"mine": {"to": "work", "value": "x", "texts": ["("]}}}
    with pytest.raises(RulesError) as caught:
        spellings_of("jira", texts("jira"), override)
    (problem,) = caught.value.problems
    assert problem.path == ("references", "mine", "texts")
    assert "unterminated" in problem.found


def test_a_spelling_may_be_taken_away(texts):
    assert {s.name for s in spellings_of("jira", texts("jira"))} == {"issue", "version"}
    assert {s.name for s in spellings_of("jira", texts("jira"), {"references": {"issue": False}})} == {"version"}
    with pytest.raises(RulesError):
        spellings_of("jira", "kind = ")


def test_the_hash_changes_with_the_spellings_of_another_tool(texts, compiled, jira):
    assert compiled("jira", texts("jira")).hash == jira.hash
    assert compile_rules("jira", texts("jira")).hash != jira.hash
