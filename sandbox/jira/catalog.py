"""Which fields a site has: the system's own, and the custom ones of the state."""

from collections.abc import Mapping
from typing import Any

from sandbox.jira.model import Deployment, FieldDef, Kind

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_AGILE = "com.pyxis.greenhopper.jira:"

CUSTOM_SCHEMAS: Mapping[Kind, Mapping[str, str]] = {
    Kind.TEXT: {"type": "string", "custom": f"{_TYPES}textfield"},
    Kind.TEXTAREA: {"type": "string", "custom": f"{_TYPES}textarea"},
    Kind.URL: {"type": "string", "custom": f"{_TYPES}url"},
    Kind.NUMBER: {"type": "number", "custom": f"{_TYPES}float"},
    Kind.DATE: {"type": "date", "custom": f"{_TYPES}datepicker"},
    Kind.DATETIME: {"type": "datetime", "custom": f"{_TYPES}datetime"},
    Kind.LABELS: {"type": "array", "items": "string", "custom": f"{_TYPES}labels"},
    Kind.SELECT: {"type": "option", "custom": f"{_TYPES}select"},
    Kind.MULTISELECT: {"type": "array", "items": "option", "custom": f"{_TYPES}multiselect"},
    Kind.CASCADE: {"type": "option-with-child", "custom": f"{_TYPES}cascadingselect"},
    Kind.USER: {"type": "user", "custom": f"{_TYPES}userpicker"},
    Kind.MULTIUSER: {"type": "array", "items": "user", "custom": f"{_TYPES}multiuserpicker"},
    Kind.EPIC_LINK: {"type": "any", "custom": f"{_AGILE}gh-epic-link"},
    Kind.EPIC_NAME: {"type": "string", "custom": f"{_AGILE}gh-epic-label"},
    Kind.SPRINT: {"type": "array", "items": "json", "custom": f"{_AGILE}gh-sprint"},
    Kind.RANK: {"type": "any", "custom": f"{_AGILE}gh-lexo-rank"},
    Kind.ANY: {"type": "any", "custom": "com.example.sandbox:any"},
}

TYPES_OF_KIND: Mapping[str, Kind] = {
    **{schema["custom"]: kind for kind, schema in CUSTOM_SCHEMAS.items()},
    f"{_TYPES}radiobuttons": Kind.SELECT,
    f"{_TYPES}multicheckboxes": Kind.MULTISELECT,
}
"""What a type of custom field, by Jira's name of it, is made of."""

_TYPE_LABELS: Mapping[str, str] = {
    "textfield": "Short text",
    "textarea": "Paragraph",
    "url": "URL Field",
    "float": "Number",
    "datepicker": "Date",
    "datetime": "Time stamp",
    "labels": "Labels",
    "select": "Dropdown",
    "radiobuttons": "Radio Buttons",
    "multiselect": "Select List (multiple choices)",
    "multicheckboxes": "Checkboxes",
    "cascadingselect": "Select List (cascading)",
    "userpicker": "User Picker (single user)",
    "multiuserpicker": "User Picker (multiple users)",
    "people": "People",
}
"""How Cloud writes the type behind a field's name in JQL, `"Billable[Dropdown]"`."""

_SYSTEM: tuple[tuple[str, str, Kind, str, str, bool, bool], ...] = (
    # id, name, kind, schema type, item type, editable, navigable
    ("summary", "Summary", Kind.TEXT, "string", "", True, True),
    ("issuetype", "Issue Type", Kind.ISSUETYPE, "issuetype", "", True, True),
    ("project", "Project", Kind.PROJECT, "project", "", True, True),
    ("status", "Status", Kind.STATUS, "status", "", False, True),
    ("priority", "Priority", Kind.PRIORITY, "priority", "", True, True),
    ("resolution", "Resolution", Kind.RESOLUTION, "resolution", "", False, True),
    ("resolutiondate", "Resolved", Kind.DERIVED, "datetime", "", False, True),
    ("created", "Created", Kind.DERIVED, "datetime", "", False, True),
    ("updated", "Updated", Kind.DERIVED, "datetime", "", False, True),
    ("duedate", "Due date", Kind.DATE, "date", "", True, True),
    ("assignee", "Assignee", Kind.USER, "user", "", True, True),
    ("reporter", "Reporter", Kind.USER, "user", "", True, True),
    ("creator", "Creator", Kind.USER, "user", "", False, True),
    ("labels", "Labels", Kind.LABELS, "array", "string", True, True),
    ("fixVersions", "Fix versions", Kind.VERSIONS, "array", "version", True, True),
    ("versions", "Affects versions", Kind.VERSIONS, "array", "version", True, True),
    ("components", "Components", Kind.COMPONENTS, "array", "component", True, True),
    ("description", "Description", Kind.TEXTAREA, "string", "", True, True),
    ("environment", "Environment", Kind.TEXTAREA, "string", "", True, True),
    ("security", "Security Level", Kind.SECURITY, "securitylevel", "", True, True),
    ("parent", "Parent", Kind.PARENT, "issuelink", "", True, True),
    ("subtasks", "Sub-tasks", Kind.DERIVED, "array", "issuelinks", False, True),
    ("issuelinks", "Linked Issues", Kind.DERIVED, "array", "issuelinks", True, True),
    ("timeoriginalestimate", "Original estimate", Kind.NUMBER, "number", "", False, True),
    ("timeestimate", "Remaining Estimate", Kind.NUMBER, "number", "", False, True),
    ("timespent", "Time Spent", Kind.DERIVED, "number", "", False, True),
    ("timetracking", "Time tracking", Kind.DERIVED, "timetracking", "", True, False),
    ("comment", "Comment", Kind.DERIVED, "comments-page", "", True, False),
    ("worklog", "Log Work", Kind.DERIVED, "array", "worklog", True, False),
    ("attachment", "Attachment", Kind.ANY, "array", "attachment", False, False),
    ("watches", "Watchers", Kind.DERIVED, "watches", "", False, True),
    ("votes", "Votes", Kind.DERIVED, "votes", "", False, True),
    ("workratio", "Work Ratio", Kind.DERIVED, "number", "", False, True),
    ("lastViewed", "Last Viewed", Kind.DERIVED, "datetime", "", False, True),
)

_CLOUD_ONLY: tuple[tuple[str, str, Kind, str, str, bool, bool], ...] = (
    ("statuscategorychangedate", "Status Category Changed", Kind.DERIVED, "datetime", "", False, True),
)

_CLAUSES: Mapping[str, tuple[str, ...]] = {
    "resolutiondate": ("resolutiondate", "resolved"),
    "created": ("created", "createdDate"),
    "updated": ("updated", "updatedDate"),
    "duedate": ("due", "duedate"),
    "issuetype": ("issuetype", "type"),
    "fixVersions": ("fixVersion",),
    "versions": ("affectedVersion",),
    "components": ("component",),
    "security": ("level",),
    "timeoriginalestimate": ("originalEstimate", "timeoriginalestimate"),
    "timeestimate": ("remainingEstimate", "timeestimate"),
    "timetracking": (),
    "comment": ("comment",),
    "attachment": ("attachments",),
    "watches": ("watchers",),
    "votes": ("votes",),
    "subtasks": ("subtasks",),
    "issuelinks": ("issueLink",),
}


def system_fields(deployment: Deployment) -> list[FieldDef]:
    """List the fields that every site has."""
    rows = _SYSTEM + (_CLOUD_ONLY if deployment is Deployment.CLOUD else ())
    found = []
    for field_id, name, kind, type_name, items, editable, navigable in rows:
        schema = {"type": type_name, **({"items": items} if items else {}), "system": field_id}
        found.append(
            FieldDef(
                id=field_id,
                name=_data_center_name(field_id, name) if deployment is Deployment.DATA_CENTER else name,
                kind=kind,
                schema=schema,
                editable=editable,
                navigable=navigable,
                clauses=_CLAUSES.get(field_id, (field_id,)),
            )
        )
    return found


def clause_names(field_id: str, name: str, schema: Mapping[str, Any], deployment: Deployment) -> tuple[str, ...]:
    """Give the names of a custom field in JQL: by number, by name and, on Cloud, by name and type."""
    names = (f"cf[{int(field_id.removeprefix('customfield_'))}]", name)
    label = _TYPE_LABELS.get(str(schema.get("custom")).rpartition(":")[2])
    return (*names, f"{name}[{label}]") if label and deployment is Deployment.CLOUD else names


def custom_field(row: Mapping[str, Any], issuetype_ids: Mapping[str, str], deployment: Deployment) -> FieldDef:
    """Read one field of the state document.

    A field whose id is not `customfield_NNNNN` becomes a system field of any kind, so that a recorded issue can be
    served with all it had.

    Args:
        row: as in `sandbox.jira.state`.
        issuetype_ids: ids by name and by id.
        deployment: of the site.

    Raises:
        ValueError: naming what is wrong.
    """
    field_id = str(row["id"])
    kind = Kind(row.get("type", "any"))
    if kind not in CUSTOM_SCHEMAS:
        raise ValueError(f"field {field_id}: {kind} is not a type that a custom field may have")
    custom = field_id.startswith("customfield_")
    schema: dict[str, Any] = {"type": "any", "system": field_id}
    if custom:
        schema = {**CUSTOM_SCHEMAS[kind], "customId": int(field_id.removeprefix("customfield_"))}
    projects, types = row.get("projects"), row.get("issuetypes")
    name = str(row["name"])
    schema = row.get("schema") or schema
    return FieldDef(
        id=field_id,
        name=name,
        kind=kind,
        schema=schema,
        custom=custom,
        options=tuple(_option(one) for one in row.get("options") or ()),
        projects=None if projects is None else frozenset(projects),
        issuetypes=None if types is None else frozenset(issuetype_ids[str(one)] for one in types),
        editable=custom and kind is not Kind.RANK,
        required=bool(row.get("required")),
        clauses=clause_names(field_id, name, schema, deployment) if custom else (field_id,),
    )


def _option(row: Mapping[str, Any]) -> Mapping[str, Any]:
    under = {"optionId": str(row["optionId"])} if row.get("optionId") is not None else {}
    disabled = {"disabled": True} if row.get("disabled") else {}
    return {"id": str(row["id"]), "value": row["value"], **under, **disabled}


def _data_center_name(field_id: str, name: str) -> str:
    return {"fixVersions": "Fix Version/s", "versions": "Affects Version/s", "components": "Component/s"}.get(
        field_id, name if field_id != "duedate" else "Due Date"
    )
