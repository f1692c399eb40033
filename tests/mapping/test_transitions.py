"""Named, guarded transitions: the fewest that lead there, none that may not be taken, and mistakes told by key."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from mapping.rules import RulesError
from mapping.spec import TransitionRule
from mapping.transitions import MOST_STEPS, way


def rule(name, to, *sources, only_if=None, **fields):
    return TransitionRule(name=name, to=to, sources=sources, only_if=only_if, fields=fields)


RULES = (
    rule("start", "In Progress", "To Do"),
    rule("review", "In Review", "In Progress"),
    rule("close", "Done", "In Review", only_if="closed", resolution="Fixed"),
    rule("drop", "Done", "Blocked"),
    rule("reopen", "To Do", "Done", only_if="open"),
)


def names(current, wanted, lifecycle, rules=RULES):
    found = way(rules, current, wanted, lifecycle)
    return None if found is None else [step.name for step in found]


@pytest.mark.parametrize(
    ("current", "wanted", "lifecycle", "expected"),
    [
        ("In Review", "Done", "closed", ["close"]),
        ("To Do", "Done", "closed", ["start", "review", "close"]),
        ("to do", "DONE", "closed", ["start", "review", "close"]),
        ("Blocked", "Done", "open", ["drop"]),
        ("To Do", "Done", "open", None),
        ("Done", "To Do", "open", ["reopen"]),
        ("Done", "To Do", "closed", None),
        ("Elsewhere", "Done", "closed", None),
    ],
)
def test_the_way_over_the_steps_that_may_be_taken(current, wanted, lifecycle, expected):
    assert names(current, wanted, lifecycle) == expected


def test_a_step_from_anywhere_and_the_shorter_way_win():
    rules = (*RULES, rule("any", "Done", only_if="closed"))
    assert names("To Do", "Done", "closed", rules) == ["any"]
    assert names("Elsewhere", "Done", "closed", rules) == ["any"]


def test_a_way_has_at_most_four_steps():
    chain = tuple(rule(f"s{n}", f"S{n + 1}", f"S{n}") for n in range(9))
    assert names("S0", f"S{MOST_STEPS}", "open", chain) == ["s0", "s1", "s2", "s3"]
    assert names("S0", f"S{MOST_STEPS + 1}", "open", chain) is None


def shortest(rules, current, wanted, lifecycle):
    """Length of the shortest way, by trying everything."""
    able = [r for r in rules if r.only_if in (None, lifecycle)]
    for length in range(1, MOST_STEPS + 1):
        for chain in permutations(able, length):
            here = current
            for step in chain:
                if step.sources and here not in step.sources:
                    break
                here = step.to
            else:
                if here == wanted:
                    return length
    return None


STATES = st.sampled_from("ABCDE")
STEP = st.builds(
    lambda to, sources, only_if: rule("x", to, *(s for s in sources if s != to), only_if=only_if),
    STATES,
    st.sets(STATES, max_size=2),
    st.sampled_from([None, "open", "closed"]),
)


@given(
    st.lists(STEP, max_size=6), STATES, STATES, st.sampled_from(["open", "closed"]), st.randoms(use_true_random=False)
)
def test_no_shorter_way_is_overlooked_and_every_step_leads_on(
    rules, current, wanted, lifecycle, shuffler: random.Random
):
    if current == wanted:
        return
    found = way(tuple(rules), current, wanted, lifecycle)
    assert (None if found is None else len(found)) == shortest(rules, current, wanted, lifecycle)
    here = current
    for step in found or ():
        assert not step.sources or here in step.sources
        assert step.only_if in (None, lifecycle)
        here = step.to
    shuffler.shuffle(rules)
    again = way(tuple(rules), current, wanted, lifecycle)
    assert (again is None) == (found is None)
    assert found is None or len(again) == len(found)


@pytest.mark.parametrize(
    ("transitions", "path", "found"),
    [
        ({"a": {"from": "To Do"}}, "a.to", "nothing"),
        ({"a": {"to": "Done", "from": []}}, "a.from", "no status"),
        ({"a": {"to": "Done", "from": ["done"]}}, "a.from", "'Done', to which it leads"),
        ({"a": {"to": "Done", "only_if": "late"}}, "a.only_if", "'late'"),
        ({"a": {"to": "Done", "fields": {"resolution": 1}}}, "a.fields.resolution", "1"),
        ({"a": {"to": "Done", "via": "x"}}, "a.via", "an unknown key"),
        ({"a": {"to": "Nowhere", "from": "To Do"}}, "a.to", "'Nowhere', which is no wanted status"),
        (
            {"a": {"to": "Done"}, "b": {"to": "done", "from": "To Do"}},
            "b",
            "a transition that is never taken, since 'a'",
        ),
        ({"a": {"to": "Done"}, "b": {"to": "Done", "only_if": "open"}}, "b", "a transition that is never taken"),
        ([], "", "a list"),
    ],
)
def test_a_mistake_is_told_by_its_key(compiled, texts, transitions, path, found):
    override = {"outbound": {"risk.issue": {"transitions": transitions}}}
    with pytest.raises(RulesError) as caught:
        compiled("jira", texts("jira"), override)
    at = [
        (".".join(p.path).removeprefix("outbound.risk.issue.transitions").lstrip("."), p.found)
        for p in caught.value.problems
    ]
    assert any(where == path and what.startswith(found) for where, what in at), at


def test_steps_that_differ_in_their_condition_stand_side_by_side(compiled, texts):
    steps = {"a": {"to": "Done", "from": "To Do", "only_if": "closed"}, "b": {"to": "Done", "from": "To Do"}}
    rules = compiled("jira", texts("jira"), {"outbound": {"risk.issue": {"transitions": steps}}})
    assert [t.name for t in rules.out("risk.issue").transitions] == ["a", "b"]
