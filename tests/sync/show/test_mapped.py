"""Values of the model on one short line."""

from typing import Any

import pytest

from mapping.ties import Link, LinkType
from sync.show.mapped import brief
from sync.store.codec import encode


def test_a_link_says_what_it_means_and_of_what():
    base = {"ref": "jira:issues:10012", "field": "issuelinks"}
    known = Link(type=LinkType.BLOCKED_BY, value="NIM-12", text="wird blockiert von", **base)
    odd = Link(type=LinkType.UNMAPPED, value="NIM-13", text="is triggering", **base)
    assert brief(encode((known, odd))) == "blocked by NIM-12, is triggering NIM-13"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"amount": "12000.5", "currency": "EUR"}, "12000.5 EUR"),
        ({"name": "Done", "id": "3"}, "Done"),
        (["a", {"value": "b"}], "a, b"),
        (None, ""),
    ],
)
def test_a_value_is_told_as_a_person_reads_it(value: Any, told: str) -> None:
    assert brief(value) == told
