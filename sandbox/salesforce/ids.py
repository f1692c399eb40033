"""Salesforce record ids: made from an object's key prefix and a number, checked, and brought to 18 characters.

Nothing here needs a running stand-in: a generator may call `salesforce_id` while it writes a state file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

KEY_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        # Standard prefixes are the same in every org: recorded describes, and the well-known ones of User and so on.
        "Account": "001",
        "Contact": "003",
        "User": "005",
        "Opportunity": "006",
        "Organization": "00D",
        "Profile": "00e",
        "Group": "00G",
        "Lead": "00Q",
        "Event": "00U",
        "Case": "500",
        "OpportunityContactRole": "00K",
        "RecordType": "012",
        "WorkflowOutboundMessage": "04k",
        "OutboundNotification": "04l",
        "ListView": "00B",
        "AsyncApexJob": "750",
        "QueryLocator": "01g",
        # Custom prefixes are given by the org in order of creation; these are this org's.
        "Engagement__c": "a00",
        "Scope_Baseline__c": "a01",
        "Scope_Item__c": "a02",
        "Deliverable__c": "a03",
        "Syncline_Risk__c": "a04",
        "Engineering_Request__c": "a05",
        "Mitigation__c": "a06",
        "Deliverable_Dependency__c": "a07",
    }
)

_POD = "5g0"
"""Characters 4 to 6 of an id: one fixed, fictitious instance, so that ids depend only on object and number."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")


def suffix(id15: str) -> str:
    """Return the three characters that make a 15-character id safe to compare without regard to case."""
    out = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, char in enumerate(id15[start : start + 5]) if "A" <= char <= "Z")
        out += _SUFFIX[bits]
    return out


def salesforce_id(object_name: str, n: int, *, prefix: str | None = None) -> str:
    """Return the 18-character id of the n-th record of an object; the same for the same arguments.

    Args:
        object_name: API name, one of `KEY_PREFIXES` unless `prefix` is given.
        prefix: Key prefix of the object.
        n: Number of the record, from 0; at most 62**9 - 1.

    Raises:
        KeyError: The object has no key prefix here.
        ValueError: n is negative or too large.
    """
    if not 0 <= n < 62**9:
        raise ValueError(f"record number {n} is outside 0 .. 62**9 - 1")
    body = ""
    for _ in range(9):
        n, digit = divmod(n, 62)
        body = _DIGITS[digit] + body
    id15 = (prefix or KEY_PREFIXES[object_name]) + _POD + body
    return id15 + suffix(id15)


def to_18(value: str) -> str | None:
    """Return the 18-character form of an id, or None for what is none (wrong length, characters or suffix).

    An 18-character id whose letters lost their case is mended from its suffix, as Salesforce does.
    """
    if not _SHAPE.match(value):
        return None
    if len(value) == 15:
        return value + suffix(value)
    wanted = value[15:].upper()
    if suffix(value[:15]) == wanted:
        return value[:15] + wanted
    return _mended(value[:15], wanted)


def _mended(id15: str, wanted: str) -> str | None:
    out = ""
    for block, char in enumerate(wanted):
        bits = _SUFFIX.find(char)
        if bits < 0:
            return None
        for i, letter in enumerate(id15[block * 5 : block * 5 + 5]):
            out += letter.upper() if bits >> i & 1 else letter.lower()
    return out + wanted if suffix(out) == wanted else None
