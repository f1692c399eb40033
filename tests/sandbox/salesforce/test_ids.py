from __future__ import annotations

import pytest

from sandbox.salesforce.ids import KEY_PREFIXES, salesforce_id, to_18


def test_the_suffix_is_the_published_one() -> None:
    # The id of the Master record type, the same in every org (recorded describes).
    assert to_18("012000000000000") == "012000000000000AAA"
    # A recorded record type id with letters of both cases.
    assert to_18("01254000001upcK") == "01254000001upcKAAQ"


def test_ids_bear_the_objects_prefix_and_differ() -> None:
    made = {salesforce_id(name, n) for name in KEY_PREFIXES for n in (0, 1, 61, 62, 10**9)}
    assert len(made) == len(KEY_PREFIXES) * 5
    for name, prefix in KEY_PREFIXES.items():
        record_id = salesforce_id(name, 62)
        assert record_id.startswith(prefix)
        assert to_18(record_id) == to_18(record_id[:15]) == record_id


def test_ids_that_differ_in_case_alone_differ_in_suffix() -> None:
    lower, upper = salesforce_id("Account", 36), salesforce_id("Account", 10)
    assert lower[:15].lower() == upper[:15].lower()
    assert lower[15:] != upper[15:]


def test_an_id_whose_case_was_lost_is_mended() -> None:
    record_id = salesforce_id("Account", 62**4 + 40)
    assert to_18(record_id.lower()) == record_id
    assert to_18(record_id.upper()) == record_id


@pytest.mark.parametrize(
    "text", ["", "001", "001-00000000001", "0015g0000000001AAB", "0015g0000000001A", "0015g0000000001AA9"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert to_18(text) is None


@pytest.mark.parametrize("n", [-1, 62**9])
def test_a_number_out_of_range_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        salesforce_id("Account", n)
