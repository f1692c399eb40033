"""What Launchpad can hold: the same on every Launchpad and in every project, so that it need not be asked."""

from __future__ import annotations

from connectors.core.port import Catalog, FieldInfo, FieldType
from connectors.launchpad.records import BLUEPRINTS, BUG_TASKS, MILESTONES, PUBLIC_TYPES, RESTRICTED_TYPES
from connectors.launchpad.search import STATUSES

IMPORTANCES = ("Unknown", "Undecided", "Critical", "High", "Medium", "Low", "Wishlist")
DEFINITIONS = ("Approved", "Pending Approval", "Review", "Drafting", "Discussion", "New", "Superseded", "Obsolete")
IMPLEMENTATIONS = (
    "Unknown",
    "Not started",
    "Deferred",
    "Needs Infrastructure",
    "Blocked",
    "Started",
    "Slow progress",
    "Good progress",
    "Beta Available",
    "Needs Code Review",
    "Deployment",
    "Implemented",
    "Informational",
)
PRIORITIES = ("Not", "Undefined", "Low", "Medium", "High", "Essential")
_TYPES = PUBLIC_TYPES + RESTRICTED_TYPES

_BUG_TASK: tuple[tuple[str, str, FieldType, tuple[str, ...], bool], ...] = (
    ("status", "Status", FieldType.OPTION, STATUSES, True),
    ("importance", "Importance", FieldType.OPTION, IMPORTANCES, True),
    ("assignee_link", "Assignee", FieldType.PERSON, (), True),
    ("milestone_link", "Milestone", FieldType.REFERENCE, (), True),
    ("title", "Title", FieldType.TEXT, (), False),
    ("target_link", "Target", FieldType.REFERENCE, (), False),
    ("owner_link", "Owner", FieldType.PERSON, (), False),
    ("bug_watch_link", "Bug watch", FieldType.REFERENCE, (), False),
    ("is_complete", "Is complete", FieldType.BOOLEAN, (), False),
    ("date_created", "Date created", FieldType.DATETIME, (), False),
    ("date_closed", "Date closed", FieldType.DATETIME, (), False),
    ("label", "Tag", FieldType.TEXT, (), True),
    ("bug.title", "Bug title", FieldType.TEXT, (), False),
    ("bug.description", "Description", FieldType.LONG_TEXT, (), False),
    ("bug.tags", "Tags", FieldType.LABELS, (), True),
    ("bug.information_type", "Information type", FieldType.OPTION, _TYPES, False),
    ("bug.duplicate_of_link", "Duplicate of", FieldType.REFERENCE, (), False),
    ("bug.date_last_updated", "Date last updated", FieldType.DATETIME, (), False),
)
_BLUEPRINT: tuple[tuple[str, str, FieldType, tuple[str, ...], bool], ...] = (
    ("title", "Title", FieldType.TEXT, (), False),
    ("summary", "Summary", FieldType.LONG_TEXT, (), False),
    ("definition_status", "Definition status", FieldType.OPTION, DEFINITIONS, True),
    ("implementation_status", "Implementation status", FieldType.OPTION, IMPLEMENTATIONS, True),
    ("lifecycle_status", "Lifecycle status", FieldType.OPTION, ("Not started", "Started", "Complete"), False),
    ("priority", "Priority", FieldType.OPTION, PRIORITIES, True),
    ("assignee_link", "Assignee", FieldType.PERSON, (), True),
    ("milestone_link", "Milestone", FieldType.REFERENCE, (), True),
    ("whiteboard", "Whiteboard", FieldType.LONG_TEXT, (), False),
    ("text", "Block in the whiteboard", FieldType.LONG_TEXT, (), True),
    ("workitems_text", "Work items", FieldType.LONG_TEXT, (), True),
    ("information_type", "Information type", FieldType.OPTION, _TYPES, False),
    ("specification_url", "Specification URL", FieldType.URL, (), False),
    ("is_complete", "Is complete", FieldType.BOOLEAN, (), False),
)
_MILESTONE: tuple[tuple[str, str, FieldType, tuple[str, ...], bool], ...] = (
    ("name", "Name", FieldType.TEXT, (), False),
    ("title", "Title", FieldType.TEXT, (), False),
    ("summary", "Summary", FieldType.LONG_TEXT, (), True),
    ("date_targeted", "Date targeted", FieldType.DATE, (), True),
    ("is_active", "Is active", FieldType.BOOLEAN, (), True),
    ("release_link", "Release", FieldType.REFERENCE, (), False),
)


def fixed_catalog() -> Catalog:
    """Fields and choices of the web service's version ``devel``, from its description; no request.

    Whether this login may write a field differs from entry to entry, and Launchpad does not tell before it is tried:
    ``writable`` is False for what syncline never writes, else None. ``label`` and ``text`` are what the writes of tags
    and of the whiteboard's block are given.
    """
    tables = {BUG_TASKS: _BUG_TASK, BLUEPRINTS: _BLUEPRINT, MILESTONES: _MILESTONE}
    return Catalog(
        fields=tuple(
            FieldInfo(
                stream=stream, name=name, id=field, type=kind, options=options, writable=None if may_be else False
            )
            for stream, table in tables.items()
            for field, name, kind, options, may_be in table
        )
    )
