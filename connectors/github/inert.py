"""Texts as GitHub shows them without acting on them: nobody is mentioned, and nothing is referred to."""

from __future__ import annotations

import re

from connectors.core.alike import wide, without_addresses
from connectors.core.port import FieldInfo, FieldType

BLOCK = "text"
"""The field of the managed comment, whose text lies in a fence (``blocks``): GitHub reads nothing inside one."""
_ACTS = re.compile(r"@(?=\w)|#(?=\d)|(?<=\bGH)-(?=\d)|<(?=[A-Za-z/!?])", re.IGNORECASE)


def inert(field: FieldInfo, text: str) -> str:
    """See ``connectors.core.port.ConnectorSpec.inert``."""
    if field.id == BLOCK or field.type not in (FieldType.TEXT, FieldType.LONG_TEXT):
        return text
    return _ACTS.sub(lambda found: wide(found[0]), without_addresses(text))
