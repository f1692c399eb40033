"""Field values: from what a client or a state document says to what is stored, and their words for the changelog."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.jira import adf, stamps
from sandbox.jira.model import FieldDef, Kind, Row
from sandbox.jira.state import State

MAX_SHORT_TEXT = 255
"""Characters of a single-line text or summary."""

MAX_LONG_TEXT = 32_767
"""Characters of a description, comment or multi-line text; Jira's default limit."""

TABLE_OF_KIND: Mapping[Kind, str] = {
    Kind.ISSUETYPE: "issuetypes",
    Kind.STATUS: "statuses",
    Kind.PRIORITY: "priorities",
    Kind.RESOLUTION: "resolutions",
    Kind.SECURITY: "security_levels",
}

SPRINT_WRONG = "Number value expected as the Sprint id."

PLURAL = frozenset({Kind.LABELS, Kind.MULTISELECT, Kind.MULTIUSER, Kind.VERSIONS, Kind.COMPONENTS})
"""Kinds whose value is a list, never null."""


class WrongValue(ValueError):  # noqa: N818 - the word is Jira's own
    """A value that the field does not take; the message is Jira's."""


def read(
    state: State,
    field: FieldDef,
    value: Any,
    *,
    project_id: str,
    adf_expected: bool = False,
    limited: bool = True,
) -> Any:
    """Turn a value as sent into what is stored.

    Args:
        state: where references are looked up.
        field: the field it is for.
        value: as in a request body or a state document.
        project_id: whose versions and components count.
        adf_expected: version 3 of the interface, where long text is a document.
        limited: whether texts may be too long; what a state document holds was once accepted somewhere, in either form.

    Raises:
        WrongValue: with Jira's own words.
    """
    if field.kind in PLURAL:
        return _read_list(state, field, value, project_id)
    if value is None or value == "":
        return None
    if field.kind is Kind.SPRINT:
        return _read_sprints(state, value)
    if field.kind is Kind.TEXTAREA:
        either = adf_expected or (not limited and adf.is_document(value))
        return read_long_text(value, adf_expected=either, limited=limited)
    if not limited and field.kind in (Kind.TEXT, Kind.URL, Kind.EPIC_NAME):
        return str(value)
    return _read_one(state, field, value)


def _read_one(state: State, field: FieldDef, value: Any) -> Any:
    match field.kind:
        case Kind.TEXT | Kind.URL | Kind.EPIC_NAME:
            return _short_text(value)
        case Kind.NUMBER:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise WrongValue("Operation value must be a number")
            return value
        case Kind.DATE | Kind.DATETIME:
            return _read_time(field, value)
        case Kind.USER:
            return _read_user(state, field, value)
        case Kind.SELECT:
            return _read_option(field, value, field.options)
        case Kind.CASCADE:
            return _read_cascade(field, value)
        case Kind.PROJECT:
            found = state.project_id(value)
            if found is None:
                raise WrongValue("valid project is required")
            return found
        case Kind.ISSUETYPE | Kind.STATUS | Kind.PRIORITY | Kind.RESOLUTION | Kind.SECURITY:
            return _read_row(state, field, value)
        case Kind.PARENT | Kind.EPIC_LINK:
            return _read_issue(state, value)
        case _:
            return value


def read_long_text(value: Any, *, adf_expected: bool, limited: bool = True) -> str:
    """Turn a description, comment or multi-line text as sent into wiki text.

    Raises:
        WrongValue: wrong form, or too long.
    """
    if adf_expected:
        if not adf.is_document(value):
            raise WrongValue("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
        try:
            value = adf.Written.of(value)
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise WrongValue("INVALID_INPUT: the document is not valid Atlassian Document Format") from error
    if not isinstance(value, str):
        raise WrongValue("Operation value must be a string")
    if limited and len(value) > MAX_LONG_TEXT:
        raise WrongValue("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
    return value


def words(state: State, field: FieldDef, stored: Any) -> tuple[str | None, str | None]:
    """Give a stored value as a changelog item shows it: the raw form and the readable one."""
    if stored is None or stored == []:
        return None, "" if field.kind in PLURAL else None
    match field.kind:
        case Kind.LABELS:
            return None, " ".join(stored)
        case Kind.VERSIONS | Kind.COMPONENTS:
            rows = state.versions if field.kind is Kind.VERSIONS else state.components
            return ", ".join(stored), ", ".join(rows[one]["name"] for one in stored if one in rows)
        case Kind.MULTISELECT:
            return f"[{', '.join(stored)}]", ",".join(option_value(field, one) for one in stored)
        case Kind.MULTIUSER:
            return f"[{', '.join(stored)}]", ", ".join(state.users[one]["displayName"] for one in stored)
        case Kind.SELECT | Kind.CASCADE:
            return _chosen(field, stored)
        case Kind.SPRINT:
            names = [str(state.sprints[one]["name"]) for one in stored if one in state.sprints]
            return ", ".join(map(str, stored)), ", ".join(names)
        case Kind.USER:
            return stored, state.users[stored]["displayName"]
        case Kind.ISSUETYPE | Kind.STATUS | Kind.PRIORITY | Kind.RESOLUTION | Kind.SECURITY:
            return stored, state.tables[TABLE_OF_KIND[field.kind]][stored]["name"]
        case Kind.PARENT | Kind.EPIC_LINK if isinstance(stored, str) and stored in state.issues:
            return stored, state.issues[stored].key
        case Kind.DATE:
            return stored, f"{stored} 00:00:00.0"
        case _:
            return None, str(stored)


def _read_sprints(state: State, value: Any) -> list[int]:
    """Read the Sprint field: the id of one (as clients write it), or a list of ids or objects (as a document has)."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        number = one.get("id") if isinstance(one, Mapping) else one
        if isinstance(number, bool) or not str(number).isascii() or not str(number).isdecimal():
            raise WrongValue(SPRINT_WRONG)
        if int(str(number)) not in state.sprints:
            raise WrongValue(f"Sprint with id '{number}' does not exist or you do not have permission to view it.")
        found.append(int(str(number)))
    return found


def option_value(field: FieldDef, option_id: str) -> str:
    """Give the text of an option."""
    return next((str(option["value"]) for option in field.options if option["id"] == option_id), option_id)


def _chosen(field: FieldDef, option_id: str) -> tuple[str | None, str]:
    """Give one option as a changelog item shows it; of a cascading select, the one above it too."""
    told = option_value(field, option_id)
    if field.kind is not Kind.CASCADE:
        return option_id, told
    above = field.option_above(option_id)
    if above is None:
        return None, f"Parent values: {told}({option_id})"
    return None, f"Parent values: {option_value(field, above)}({above})Level 1 values: {told}({option_id})"


def _short_text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue("Operation value must be a string")
    if len(value) > MAX_SHORT_TEXT:
        raise WrongValue("The entered text is too long. It exceeds the allowed limit of 255 characters.")
    return value


def _read_time(field: FieldDef, value: Any) -> str | int:
    try:
        return stamps.parse_date(value) if field.kind is Kind.DATE else stamps.parse_instant(value)
    except (ValueError, TypeError) as error:
        raise WrongValue(f"Error parsing date string: {value}") from error


def _read_user(state: State, field: FieldDef, value: Any) -> str:
    found = state.user_id(value) if isinstance(value, (str, Mapping)) else None
    if found is None:
        if state.cloud:
            raise WrongValue(f"Specify a valid value for {field.id}")
        name = value.get("name") if isinstance(value, Mapping) else value
        raise WrongValue(f"User '{name}' does not exist.")
    return found


def _read_cascade(field: FieldDef, value: Any) -> str:
    """Give the lowest option chosen: the child, where there is one."""
    parent = _read_option(field, value, field.options_under(None))
    child = value.get("child")
    return parent if child is None else _read_option(field, child, field.options_under(parent))


def _read_option(field: FieldDef, value: Any, options: Iterable[Mapping[str, Any]]) -> str:
    if not isinstance(value, Mapping):
        raise WrongValue("Specify a valid 'id' or 'name' for " + field.name)
    key = "id" if "id" in value else "value"
    for option in options:
        if str(option[key]) == str(value.get(key)):
            return str(option["id"])
    if key == "id":
        raise WrongValue(f"Option id '{value['id']}' is not valid")
    raise WrongValue(f"Option value '{value.get('value')}' is not valid")


def _read_row(state: State, field: FieldDef, value: Any) -> str:
    found = state.row_id(state.tables[TABLE_OF_KIND[field.kind]], value)
    if found is None:
        if field.kind is Kind.ISSUETYPE:
            raise WrongValue("Specify a valid issue type" if state.cloud else "The issue type selected is invalid.")
        raise WrongValue(f"The {field.name.lower()} selected is invalid.")
    return found


def _read_issue(state: State, value: Any) -> Any:
    ref = (value.get("id") or value.get("key")) if isinstance(value, Mapping) else value
    issue = state.issue(str(ref))
    if issue is not None:
        return issue.id
    if isinstance(value, Mapping) and "fields" in value:
        return value  # an issue outside the state, in a state document
    raise WrongValue("Could not find issue by id or key.")


def _read_list(state: State, field: FieldDef, value: Any, project_id: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise WrongValue("data was not an array")
    match field.kind:
        case Kind.LABELS:
            return list(dict.fromkeys(_label(one) for one in value))
        case Kind.MULTISELECT:
            return [_read_option(field, one, field.options) for one in value]
        case Kind.MULTIUSER:
            return [_read_user(state, field, one) for one in value]
        case _:
            rows = state.versions if field.kind is Kind.VERSIONS else state.components
            word = "Version" if field.kind is Kind.VERSIONS else "Component"
            return list(_rows_named(state, state.rows_of_project(rows, project_id), value, word))


def _rows_named(state: State, rows: Mapping[str, Row], value: Iterable[Any], word: str) -> Iterable[str]:
    for one in value:
        found = state.row_id(rows, one)
        if found is None:
            key = "id" if isinstance(one, Mapping) and "id" in one else "name"
            raise WrongValue(f"{word} {key} '{one.get(key) if isinstance(one, Mapping) else one}' is not valid")
        yield found


def _label(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue("Operation value must be a string")
    if " " in value:
        raise WrongValue(f"The label '{value}' contains spaces which is invalid.")
    if len(value) > MAX_SHORT_TEXT:
        raise WrongValue(f"The label '{value}' is too long. It exceeds the allowed limit of 255 characters.")
    return value
