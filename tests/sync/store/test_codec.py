from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from connectors.core.port import Catalog, Write
from mapping.entities import ENTITY_TYPES
from mapping.model import Entity
from sync.plan.types import Conflict, PlannedWrite
from sync.reconcile.result import Finding, RiskState, Status
from sync.store.codec import decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=2))
st.register_type_strategy(
    Write,
    st.builds(
        Write,
        values=st.dictionaries(st.text(max_size=3), JSON),
        before=st.just({}),
        marker=st.none() | st.just({"k": 1}),
    ),
)
st.register_type_strategy(PlannedWrite, st.builds(PlannedWrite, write=st.from_type(Write), lines=st.just(())))


@pytest.mark.parametrize("cls", [*ENTITY_TYPES, Finding, RiskState, Status, Catalog, PlannedWrite])
def test_every_stored_class_survives_json(cls: type[Any]) -> None:
    @given(st.from_type(cls))
    def there_and_back(value: Any) -> None:
        assert decode(cls, json.loads(json.dumps(encode(value)))) == value

    there_and_back()


def test_a_conflict_survives_with_both_values() -> None:
    conflict = Conflict(
        engagement="E-1",
        connection="crm",
        target="1",
        target_key="E-1",
        field="Status",
        field_id="status",
        base=None,
        theirs={"value": "Red"},
        ours=["Green"],
        policy="hold",  # type: ignore[arg-type]  # decoded to the member that it equals
    )
    assert decode(Conflict, json.loads(json.dumps(encode(conflict)))) == conflict


def test_an_attribute_that_a_newer_release_wrote_is_ignored() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Small:
        day: date

    assert decode(Small, {"day": "2026-11-24", "later": 1}) == Small(day=date(2026, 11, 24))


def test_what_cannot_be_encoded_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(TypeError, match="object"):
        encode(object())
    assert all(fields(cls) for cls in ENTITY_TYPES if cls is not Entity)
