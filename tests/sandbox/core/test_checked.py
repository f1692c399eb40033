"""What JSON cannot hold is refused by place, whichever stand-in is given it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.core.checked import refuse_what_json_cannot_hold
from sandbox.core.clock import Clock
from sandbox.github import loading as github
from sandbox.jira import loading as jira
from sandbox.launchpad.service import LaunchpadService
from sandbox.salesforce import loading as salesforce

DEEP: Any = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"a": [{"b": "x\ud800"}]},
            r'^a\[0\].b: expected a text in Unicode, found half a surrogate pair in "x\\ud800"$',
        ),
        ({"a": {"\udfff": 1}}, "^the name of a key of a: expected a text in Unicode"),
        ({"\udfff": 1}, "^the name of a key of the document: expected"),
        ({"a": ({"n": float("nan")},)}, r"^a\[0\].n: expected a number, found nan$"),
        ([float("-inf")], r"^\[0\]: expected a number, found -inf$"),
        ({"a": DEEP}, "^the document: nested too deeply$"),
    ],
)
def test_it_is_named_by_place(document: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        refuse_what_json_cannot_hold(document)


def test_whole_texts_and_numbers_pass() -> None:
    refuse_what_json_cannot_hold({"a": ["\U0001f600", "ü", 1.5, None, True, -(10**30)], "😀": {}})


@pytest.mark.parametrize(
    "load",
    [
        lambda document: github.load(document, Clock()),
        lambda document: jira.load({"deployment": "cloud", **document}),
        LaunchpadService,
        lambda document: salesforce.load(document, Clock()),
    ],
    ids=["github", "jira", "launchpad", "salesforce"],
)
def test_each_stand_in_refuses_half_a_surrogate_pair_in_a_state(load: Callable[[Any], object]) -> None:
    with pytest.raises(ValueError, match="a key of the document: expected a text in Unicode"):
        load({"\ud83d": []})
