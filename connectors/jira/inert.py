"""Texts as Jira shows them without acting on them: nobody is mentioned, nothing is linked, shown or formatted.

Long texts, and custom texts of one line where an administrator chose so, are wiki mark-up. A backslash would keep it
from acting, but Cloud turns mark-up into a document and gives it back spelt otherwise, and a field that is not mark-up
shows the backslash. So what would act is replaced by characters that look alike, which stay as they are everywhere.
Source: Atlassian's published transformer of wiki mark-up (``@atlaskit/editor-wikimarkup-transformer``) and the notation
guide of Jira.
"""

from __future__ import annotations

import re

from connectors.core.alike import wide, without_addresses
from connectors.core.port import FieldInfo, FieldType

_ALWAYS = str.maketrans({c: wide(c) for c in "[]{}|\\"})
"""Links, mentions and attachments; macros; tables; escapes and line breaks."""
_IMAGE = re.compile(r"!(?=\S[^!\n]*!)")
_EMPHASIS = re.compile(r"(?<!\w)([*_+^~-]|\?\?)(?=\S)(?=[^\n]*?\S\1(?!\w))")
_OPENING = re.compile(
    r"(?P<kept>^[ \t]*(?:h[1-6]|bq|))(?P<acts>(?<=[1-6q])\.|(?<![1-6q])(?:[*#]+(?=\s)|-(?=---)))", re.MULTILINE
)
"""What makes a line a heading, a quotation, a point of a list or a rule."""
_FACE = re.compile(r"(?<!\w)([:;])(?=[()PD](?!\w))")
_SIGN = re.compile(r"\((?=(?:x|!|\?|/|i|y|n|on|off|\+|-|\*[rgby]?|flag|flagoff)\))")
_DASHES = re.compile(r"(?<!\S)---?(?!\S)")


def inert(field: FieldInfo, text: str) -> str:
    """See ``connectors.core.port.ConnectorSpec.inert``. Lines that begin with a hyphen and a blank stay a list."""
    marked_up = field.type is FieldType.LONG_TEXT or (
        field.type is FieldType.TEXT and field.id.startswith("customfield_")
    )
    if not marked_up:
        return text
    text = without_addresses(text).translate(_ALWAYS)
    text = _DASHES.sub(lambda found: "\N{EM DASH}" if len(found[0]) == 3 else "\N{EN DASH}", text)
    text = _OPENING.sub(lambda found: found["kept"] + wide(found["acts"]), text)
    before = ""
    while text != before:  # what was replaced may have kept something else from acting
        before = text
        for pattern in (_IMAGE, _EMPHASIS, _FACE, _SIGN):
            text = pattern.sub(lambda found: wide(found[0]), text)
    return text
