"""What an edit would change: the body of a create, edit or transition is checked whole before anything is touched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.http import HttpError, dumps
from sandbox.jira import adf, stamps, values
from sandbox.jira.auth import Caller
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.site import Site
from sandbox.jira.values import PLURAL, WrongValue

SELF_LINK = "You cannot link an issue to itself."

_LIST_VERBS = frozenset({"add", "remove", "set"})
_SPECIAL = frozenset({"comment", "worklog", "issuelinks", "timetracking"})
_CHANGELOG_NAMES = {"fixVersions": "Fix Version", "versions": "Version", "components": "Component"}


def not_on_screen(name: str) -> str:
    """Say, as Jira does, that a field cannot be set."""
    return f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."


@dataclass(slots=True, kw_only=True)
class Change:
    """A checked set of changes, not yet applied.

    Attributes:
        fields: new stored values.
        comments: bodies to be added, as wiki text, with their properties.
        worklogs: worklogs to be added.
        links: (type id, source, target), an end being None for the issue itself.
        properties: entity properties to be set.
        errors: by field; when there are any, nothing may be applied.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    comments: list[Row] = field(default_factory=list)
    worklogs: list[Row] = field(default_factory=list)
    links: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse the request when anything is wrong with it.

        Raises:
            HttpError: 400 with every field's error.
        """
        if self.errors:
            raise HttpError(400, body={"errorMessages": [], "errors": self.errors})


class Reader:
    """Reads the body of one request about one issue (which, on create, is not there yet)."""

    def __init__(
        self,
        site: Site,
        caller: Caller,
        *,
        project_id: str,
        issuetype_id: str,
        screen: frozenset[str] | None = None,
        adf_expected: bool | None = None,
    ) -> None:
        self._site = site
        self._state = site.state
        self._eyes = caller.eyes
        self._adf = caller.version == 3 if adf_expected is None else adf_expected
        self._project = site.state.projects[project_id]
        self._issuetype_id = issuetype_id
        self._screen = screen

    def read(self, body: Mapping[str, Any], issue: Issue | None) -> Change:
        """Check the `fields`, `update` and `properties` of a body.

        Args:
            body: of the request.
            issue: the one that is changed; None on create.
        """
        change = Change()
        fields, update = body.get("fields") or {}, body.get("update") or {}
        for name in set(fields) & set(update):
            change.errors[name] = f"Field '{name}' cannot appear in both 'fields' and 'update'"
        for name, value in fields.items():
            if name in _SPECIAL:
                self._special(change, issue, name, "set", value)
            else:
                self._set(change, name, value)
        for name, operations in update.items():
            for operation in operations if isinstance(operations, list) else [operations]:
                for verb, value in operation.items():
                    self._operate(change, issue, name, verb, value)
        change.properties = read_properties(self._site, body.get("properties"))
        self._keep_closed_sprints(change, issue)
        return change

    def _keep_closed_sprints(self, change: Change, issue: Issue | None) -> None:
        """Whoever sets the Sprint field names the sprint to be in; those that are closed stay."""
        for name, value in change.fields.items():
            if self._state.fields[name].kind is Kind.SPRINT:
                before = (issue.fields.get(name) if issue else None) or []
                closed = [one for one in before if self._state.sprints[one]["state"] == "closed"]
                change.fields[name] = [*closed, *(one for one in value or [] if one not in closed)]

    def _field(self, change: Change, name: str) -> FieldDef | None:
        found = self._state.fields.get(name)
        allowed = found is not None and found.on_screen(self._project["key"], self._issuetype_id)
        if self._screen is not None:
            allowed = name in self._screen
        if found is None or not allowed:
            change.errors[name] = not_on_screen(name)
            return None
        return found

    def _set(self, change: Change, name: str, value: Any) -> None:
        definition = self._field(change, name)
        if definition is None:
            return
        try:
            change.fields[name] = self._read(definition, value)
        except WrongValue as error:
            change.errors[name] = str(error)

    def _read(self, definition: FieldDef, value: Any) -> Any:
        if definition.id == "summary":
            _check_summary(value)
        stored = values.read(self._state, definition, value, project_id=self._project["id"], adf_expected=self._adf)
        if definition.kind is Kind.SECURITY and stored is not None:
            level = self._state.tables["security_levels"][stored]
            if level.get("projects") is not None and self._project["key"] not in level["projects"]:
                raise WrongValue("The security level selected is invalid.")
            if stored not in self._eyes.levels:
                raise WrongValue("The security level selected is invalid.")
        names_issue = definition.kind in (Kind.PARENT, Kind.EPIC_LINK) and isinstance(stored, str)
        if names_issue and not self._eyes.see(self._state.issues[stored]):
            raise WrongValue("Could not find issue by id or key.")
        return stored

    def _operate(self, change: Change, issue: Issue | None, name: str, verb: str, value: Any) -> None:
        if name in _SPECIAL:
            self._special(change, issue, name, verb, value)
            return
        definition = self._field(change, name)
        if definition is None:
            return
        if definition.kind not in PLURAL or verb == "set":
            if verb != "set":
                change.errors[name] = f"Field '{name}' does not support operation '{verb}'"
                return
            self._set(change, name, value)
            return
        if verb not in _LIST_VERBS:
            change.errors[name] = f"Field '{name}' does not support operation '{verb}'"
            return
        before = change.fields.get(name, issue.fields.get(name) if issue else None) or []
        try:
            (one,) = self._read(definition, [value])
        except WrongValue as error:
            change.errors[name] = str(error)
            return
        if verb == "remove":
            change.fields[name] = [other for other in before if other != one]
        else:
            change.fields[name] = before if one in before else [*before, one]

    def _special(self, change: Change, issue: Issue | None, name: str, verb: str, value: Any) -> None:
        try:
            if name == "comment" and verb == "add":
                body = values.read_long_text(value.get("body"), adf_expected=self._adf)
                change.comments.append({"body": body, "properties": value.get("properties") or []})
            elif name == "worklog" and verb == "add":
                worklog = read_worklog(self._site, value, adf_expected=self._adf)
                if "timeSpentSeconds" in worklog:
                    change.worklogs.append(worklog)
                else:
                    change.errors[name] = "Worklog must not be null."
            elif name == "issuelinks" and verb == "add":
                change.links.append(self._link(issue, value))
            elif name == "timetracking" and verb in ("set", "edit"):
                change.fields |= _read_estimates(value)
            else:
                change.errors[name] = f"Field '{name}' does not support operation '{verb}'"
        except (WrongValue, AttributeError) as error:
            change.errors[name] = str(error)

    def _link(self, issue: Issue | None, value: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
        type_id = self._state.row_id(self._state.tables["link_types"], value.get("type") or {})
        if type_id is None:
            raise WrongValue("No issue link type with the given name was found.")
        outward = value.get("outwardIssue")
        other = outward or value.get("inwardIssue") or {}
        found = self._state.issue(str(other.get("id") or other.get("key")))
        if found is None or not self._eyes.see(found):
            raise WrongValue("The issue to link to does not exist or you do not have permission to see it.")
        if found is issue:
            raise WrongValue(SELF_LINK)
        return (type_id, None, found.id) if outward else (type_id, found.id, None)


def read_properties(site: Site, given: Any) -> dict[str, Any]:
    """Check the `properties` of a body: a list of `{"key", "value"}`.

    Raises:
        HttpError: 400 when one is too large or has no key.
    """
    found = {}
    for one in given or []:
        if not isinstance(one, Mapping) or not one.get("key"):
            raise HttpError(400, "The property key cannot be empty.")
        check_property(site, one["key"], one.get("value"))
        found[one["key"]] = one.get("value")
    return found


def check_property(site: Site, key: str, value: Any) -> None:
    """Check an entity property.

    Raises:
        HttpError: 400 when key or value is too long.
    """
    if len(key) > values.MAX_SHORT_TEXT:
        raise HttpError(400, "The property key cannot be longer than 255 characters.")
    most = site.state.switches.property_bytes
    if len(dumps(value)) > most:
        raise HttpError(400, f"The property value cannot be longer than {most} bytes.")


def read_worklog(site: Site, value: Mapping[str, Any], *, adf_expected: bool) -> Row:
    """Check a worklog as sent.

    Raises:
        WrongValue: with Jira's words.
    """
    row: Row = {}
    if value.get("comment") is not None:
        row["comment"] = values.read_long_text(value["comment"], adf_expected=adf_expected)
    try:
        if value.get("timeSpentSeconds") is not None:
            row["timeSpentSeconds"] = int(value["timeSpentSeconds"])
        elif value.get("timeSpent"):
            row["timeSpentSeconds"] = stamps.parse_duration(value["timeSpent"])
        if value.get("started"):
            row["started"] = stamps.parse_instant(value["started"])
    except (ValueError, TypeError) as error:
        raise WrongValue(f"Invalid value in worklog: {error}") from error
    if "timeSpentSeconds" in row and row["timeSpentSeconds"] < 1:
        raise WrongValue("Worklog must not be null.")
    row.setdefault("started", site.now_ms)
    return row


def changelog_items(site: Site, issue: Issue, new: Mapping[str, Any]) -> list[Row]:
    """Describe what differs between an issue and its new field values, as the changelog does."""
    items: list[Row] = []
    for name, value in new.items():
        before = issue.fields.get(name)
        if adf.same(before or None, value or None):
            continue
        definition = site.state.fields[name]
        if definition.kind in (Kind.VERSIONS, Kind.COMPONENTS):
            items.extend(_item_each(site, definition, before or [], value or []))
            continue
        old_raw, old_words = values.words(site.state, definition, before)
        new_raw, new_words = values.words(site.state, definition, value)
        items.append(_item(site, definition, (old_raw, old_words), (new_raw, new_words)))
    return items


def _item_each(site: Site, definition: FieldDef, before: list[str], after: list[str]) -> Iterable[Row]:
    rows = site.state.versions if definition.kind is Kind.VERSIONS else site.state.components
    for one in before:
        if one not in after:
            yield _item(site, definition, (one, rows[one]["name"]), (None, None))
    for one in after:
        if one not in before:
            yield _item(site, definition, (None, None), (one, rows[one]["name"]))


def _item(
    site: Site, definition: FieldDef, before: tuple[str | None, str | None], after: tuple[str | None, str | None]
) -> Row:
    name = _CHANGELOG_NAMES.get(definition.id, definition.name if definition.custom else definition.id)
    item: Row = {"field": name, "fieldtype": "custom" if definition.custom else "jira"}
    if site.state.cloud:
        item["fieldId"] = definition.id
    return item | {"from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]}


def _check_summary(value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise WrongValue("You must specify a summary of the issue.")
    if len(value) > values.MAX_SHORT_TEXT:
        raise WrongValue("Summary can't exceed 255 characters.")
    if "\n" in value or "\r" in value:
        raise WrongValue("The summary is invalid because it contains newline characters.")


def _read_estimates(value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, target in (("originalEstimate", "timeoriginalestimate"), ("remainingEstimate", "timeestimate")):
        try:
            if value.get(f"{name}Seconds") is not None:
                found[target] = int(value[f"{name}Seconds"])
            elif value.get(name) is not None:
                found[target] = stamps.parse_duration(str(value[name]))
        except (ValueError, TypeError) as error:
            raise WrongValue(f"Time tracking: {error}") from error
    return found
