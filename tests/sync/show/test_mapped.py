"""How a value is told on one short line."""

from __future__ import annotations

from typing import Any

import pytest

from sync.show.mapped import brief


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
