"""Typed links between records, as the tool that holds them says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkType(StrEnum):
    """What a link says of the record that holds it, towards the other one. Each comes from either side."""

    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"
    DEPENDS_ON = "depends_on"
    NEEDED_BY = "needed_by"
    DUPLICATES = "duplicates"
    DUPLICATED_BY = "duplicated_by"
    CLONES = "clones"
    CLONED_BY = "cloned_by"
    CAUSES = "causes"
    CAUSED_BY = "caused_by"
    IMPLEMENTS = "implements"
    IMPLEMENTED_BY = "implemented_by"
    PARENT_OF = "parent_of"
    CHILD_OF = "child_of"
    RELATES = "relates"  # the same from both sides
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A typed tie from the record that holds it to another record, with its evidence.

    It is what the tool's own link says; what people wrote in prose is a ``Reference``, what names scope a ``Claim``.

    Attributes:
        type: What it says; UNMAPPED when the mapping does not know the tool's words for it.
        value: What the other record is called, or its id when its name is not told.
        ref: Reference of the other record, or None when its id is not told. It need not have been read.
        field: The field it was found in.
        text: The tool's own words for the type, in this direction (``is blocked by``), or the very text of the field.
    """

    type: LinkType
    value: str
    ref: str | None
    field: str
    text: str
