"""Texts as Launchpad shows them without acting on them: it makes links of bug numbers, branches and addresses.

Source: ``_re_linkify`` of Launchpad's ``lib/lp/app/browser/stringformatter.py``. Launchpad mentions nobody in a text.
"""

from __future__ import annotations

import re

from connectors.core.alike import wide, without_addresses
from connectors.core.port import FieldInfo, FieldType

_NUMBERED = re.compile(
    r"\b(bug|faq)[ \t=-]*(?=(?:#|report|item|number|num\.?|no\.?)?[ \t=-]*\d)(?P<hash>#?)", re.IGNORECASE
)
_BRANCH = re.compile(r"\blp:", re.IGNORECASE)
_OOPS = re.compile(r"\b(oops)\s*-(?=\s*\w)", re.IGNORECASE)


def inert(field: FieldInfo, text: str) -> str:
    """See ``connectors.core.port.ConnectorSpec.inert``."""
    if field.type not in (FieldType.TEXT, FieldType.LONG_TEXT):
        return text
    text = _BRANCH.sub(lambda found: found[0][:-1] + wide(":"), without_addresses(text))
    text = _NUMBERED.sub(lambda found: f"{found[1]}: {found['hash']}", text)
    return _OOPS.sub("\\1 \N{EN DASH}", text)
