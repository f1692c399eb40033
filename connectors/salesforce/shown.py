"""Compares a value that was sent with what Salesforce shows for it, and gives it back in the form it was sent in."""

from __future__ import annotations

from connectors.core.port import Json
from connectors.salesforce.soql import full_id, parse_instant


def in_form_of(shown: Json, *known: Json) -> Json:
    """The first of ``known`` that means what Salesforce shows; else ``shown`` as it is."""
    for value in known:
        if means_same(shown, value):
            return value
    return shown


def means_same(shown: Json, sent: Json) -> bool:
    """Whether ``shown`` is what Salesforce makes of ``sent``.

    It prints instants with milliseconds and ``+0000``, keeps an empty text as null, trims white space at both ends,
    ends lines as it likes, prints whole numbers with a decimal point, and prints ids with 18 characters.
    """
    if shown == sent and isinstance(shown, bool) == isinstance(sent, bool):
        return True
    if shown in (None, "") or sent in (None, ""):
        return shown in (None, "") and sent in (None, "")
    if not isinstance(shown, str) or not isinstance(sent, str):
        return False
    instant = parse_instant(shown)
    if instant is not None:
        return instant == parse_instant(sent)
    if _text(shown) == _text(sent):
        return True
    return full_id(sent) is not None and full_id(shown) == full_id(sent)


def _text(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()
