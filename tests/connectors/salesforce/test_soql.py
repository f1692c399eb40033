"""SOQL is written so that no value can become syntax, and no instant another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from connectors.core.errors import PartitionError
from connectors.core.port import Catalog, FieldInfo, FieldType
from connectors.salesforce import soql

NAMED = Catalog(
    fields=tuple(
        FieldInfo(stream="engagements", name=name, id=api, type=FieldType.TEXT)
        for name, api in [("Stage", "Stage__c"), ("Owner", "Owner1__c"), ("Owner", "Owner2__c")]
    )
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "'plain'"),
        ("it's", r"'it\'s'"),
        ("a\\", r"'a\\'"),
        ("a\nb", r"'a\nb'"),
        ("' OR Id != '", r"'\' OR Id != \''"),
    ],
)
def test_a_string_stays_a_string(text, written):
    assert soql.literal(text) == written


def test_an_instant_is_written_in_utc_to_the_second():
    there = datetime(2026, 3, 2, 11, 0, 0, 900_000, tzinfo=timezone(timedelta(hours=1)))
    assert soql.instant(there) == "2026-03-02T10:00:00Z"


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="aware"):
        soql.instant(datetime(2026, 3, 2))  # noqa: DTZ001 - that it is naive is the point


@pytest.mark.parametrize("text", ["2026-03-02", "soon", "2026-03-02T10:00:00", None, 7])
def test_what_is_no_instant_is_none(text):
    assert soql.parse_instant(text) is None


def test_an_instant_as_salesforce_prints_it_is_read():
    assert soql.parse_instant("2026-03-02T10:00:00.000+0000") == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("001000000000001", "001000000000001AAA"),
        ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
        ("00530000009M943", "00530000009M943AAC"),
        ("001A0000006Vm9rIAC", "001A0000006Vm9rIAC"),
    ],
)
def test_a_short_id_is_lengthened(short, full):
    assert soql.full_id(short) == full


@pytest.mark.parametrize("text", ["", "abc", "001000000000001A", "../Account/0010", "00100000000000'"])
def test_what_is_no_record_id_is_none(text):
    assert soql.full_id(text) is None


def test_names_are_resolved_and_never_guessed():
    assert soql.resolve("engagements", ["Stage", "Stage__c", "Account__r.Name"], NAMED) == (
        "Stage__c",
        "Account__r.Name",
    )
    with pytest.raises(PartitionError, match="Owner1__c, Owner2__c"):
        soql.resolve("engagements", ["Owner"], NAMED)
    with pytest.raises(PartitionError, match="no field"):
        soql.resolve("engagements", ["Id FROM User--"], NAMED)


def test_in_conditions_are_split_so_that_no_url_is_too_long():
    values = ["ü" * 30 + str(n) for n in range(500)]
    chunks = list(soql.chunks_for_in(values, spent=500))
    assert [v for chunk in chunks for v in chunk] == values
    assert all(len(quote(", ".join(map(soql.literal, c)), safe="")) < 16_000 for c in chunks)
