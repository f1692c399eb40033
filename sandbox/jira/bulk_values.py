"""What a bulk edit says, in its own form by type of field, as the `fields` and `update` of an ordinary edit."""

from collections.abc import Mapping
from typing import Any

from sandbox.core.http import HttpError

_LISTS: Mapping[str, tuple[str, str]] = {
    "labelsFields": ("labels", "name"),
    "multipleVersionPickerFields": ("versions", "versionId"),
    "multiselectComponents": ("components", "componentId"),
}
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "singleLineTextFields": ("text",),
    "urlFields": ("url",),
    "clearableNumberFields": ("value",),
    "richTextFields": ("richText", "adfValue"),
    "datePickerFields": ("date", "formattedDate"),
    "dateTimePickerFields": ("dateTime", "formattedDateTime"),
    "singleSelectClearableUserPickerFields": ("user", "accountId"),
    "singleSelectFields": ("option", "optionId"),
}
"""Where the value of a field of each sort stands."""


def read(given: Any, selected: list[str]) -> dict[str, Any]:
    """Give the body of an ordinary edit, version 3, that does what a bulk edit asks.

    Args:
        given: `editedFieldsInput`.
        selected: `selectedActions`; a field that it does not name is left alone.

    Raises:
        HttpError: 400.
    """
    if not isinstance(given, Mapping):
        raise wrong("editedFieldsInput must be an object.")
    fields: dict[str, Any] = {}
    update: dict[str, Any] = {}
    for sort, entries in given.items():
        if sort in ("priority", "status", "issueType", "originalEstimateField", "timeTrackingField"):
            _single(sort, entries, fields, update)
            continue
        for entry in entries if isinstance(entries, list) else [entries]:
            if not isinstance(entry, Mapping) or not isinstance(entry.get("fieldId"), str):
                raise wrong(f"{sort}: fieldId is required.")
            if sort in _LISTS:
                _several(sort, entry, update)
            else:
                fields[entry["fieldId"]] = _value(sort, entry)
    named = {"originalEstimateField": "timetracking", "timeTrackingField": "timetracking"}
    wanted = {named.get(one, one) for one in selected}
    found = set(fields) | set(update)
    if missing := wanted - found:
        raise wrong(f"No value was given for the selected field {min(missing)}.")
    return {
        "fields": {name: value for name, value in fields.items() if name in wanted},
        "update": {name: value for name, value in update.items() if name in wanted},
    }


def wrong(message: str) -> HttpError:
    """Make a refusal in the form of the bulk interface."""
    return HttpError(400, body={"errors": [{"message": message}]})


def _single(sort: str, entry: Any, fields: dict[str, Any], update: dict[str, Any]) -> None:
    if not isinstance(entry, Mapping):
        raise wrong(f"{sort} must be an object.")
    match sort:
        case "priority":
            fields["priority"] = {"id": str(entry.get("priorityId"))}
        case "issueType":
            fields["issuetype"] = {"id": str(entry.get("issueTypeId"))}
        case "originalEstimateField":
            update["timetracking"] = [{"edit": {"originalEstimate": entry.get("originalEstimateField")}}]
        case "timeTrackingField":
            update["timetracking"] = [{"edit": {"remainingEstimate": entry.get("timeRemaining")}}]
        case _:
            raise wrong("The status cannot be changed by a bulk edit.")


def _value(sort: str, entry: Mapping[str, Any]) -> Any:
    if sort == "multipleSelectFields":
        return [{"id": str(one["optionId"])} for one in _objects(sort, entry.get("options"), "optionId")]
    if sort == "multipleSelectClearableUserPickerFields":
        return [{"accountId": one["accountId"]} for one in _objects(sort, entry.get("users"), "accountId")]
    if sort not in _TEXTS:
        raise wrong(f"{sort} is not supported here.")
    value: Any = entry
    for name in _TEXTS[sort]:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value in (None, ""):
        return None
    if sort == "singleSelectFields":
        return {"id": str(value)}
    return {"accountId": value} if sort == "singleSelectClearableUserPickerFields" else value


def _several(sort: str, entry: Mapping[str, Any], update: dict[str, Any]) -> None:
    rows, key = _LISTS[sort]
    values = [one[key] for one in _objects(sort, entry.get(rows), key)]
    found = values if sort == "labelsFields" else [{"id": str(one)} for one in values]
    match entry.get("bulkEditMultiSelectFieldOption"):
        case "ADD":
            update[entry["fieldId"]] = [{"add": one} for one in found]
        case "REMOVE":
            update[entry["fieldId"]] = [{"remove": one} for one in found]
        case "REPLACE":
            update[entry["fieldId"]] = [{"set": found}]
        case "REMOVE_ALL":
            update[entry["fieldId"]] = [{"set": []}]
        case other:
            raise wrong(f"bulkEditMultiSelectFieldOption: {other} is not valid.")


def _objects(sort: str, rows: Any, key: str) -> list[Mapping[str, Any]]:
    if not isinstance(rows or [], list) or any(not isinstance(one, Mapping) or key not in one for one in rows or []):
        raise wrong(f"{sort}: each entry needs {key}.")
    return list(rows or [])
