"""Texts as Salesforce shows them without acting on them: only a rich text area reads a text, as HTML."""

from __future__ import annotations

from connectors.core.alike import wide
from connectors.core.port import FieldInfo

_HTML = str.maketrans({c: wide(c) for c in "<>&"})


def inert(field: FieldInfo, text: str) -> str:
    """See ``connectors.core.port.ConnectorSpec.inert``."""
    return text.translate(_HTML) if field.rich else text
