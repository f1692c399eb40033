"""Which fields a screen has, what they take, and which must be given: on create, on edit, on a transition."""

from collections.abc import Iterable, Set as AbstractSet

from sandbox.jira import issue_json, workflow
from sandbox.jira.edits import Change
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.render import Renderer
from sandbox.jira.site import Site
from sandbox.jira.state import State
from sandbox.jira.values import PLURAL, TABLE_OF_KIND
from sandbox.jira.workflow import Transition

ALWAYS = frozenset({"summary", "issuetype", "project"})
"""Fields that every issue has."""


def required(state: State, project_id: str, type_id: str) -> frozenset[str]:
    """Give the custom fields that an issue of that project and type must have."""
    key = state.projects[project_id]["key"]
    return frozenset(one.id for one in state.fields.values() if one.required and one.on_screen(key, type_id))


def on_transition(state: State, way: Transition) -> frozenset[str]:
    """Give the fields that a transition may carry: its screen's; without one, a done status takes the resolution."""
    if way.screen is not None:
        return way.screen | way.required
    done = state.tables["statuses"][way.to].get("category") == "done"
    return way.required | (frozenset({"resolution"}) if done else frozenset())


def ways(site: Site, renderer: Renderer, issue: Issue, found: Iterable[Transition], expand: Iterable[str]) -> list[Row]:
    """Show transitions, with the fields of their screens when `expand` asks for them."""
    shown = [(way, issue_json.transition_json(renderer, way)) for way in found]
    with_fields = "transitions.fields" in expand
    return [{**row, "fields": of_transition(site, renderer, issue, way)} if with_fields else row for way, row in shown]


def expanded(site: Site, renderer: Renderer, issue: Issue, expand: AbstractSet[str]) -> Row:
    """Give what `expand` asks for beside an issue: its transitions, what can be edited, its operations."""
    extra: Row = {}
    if expand & {"transitions", "transitions.fields"}:
        extra["transitions"] = ways(site, renderer, issue, workflow.transitions(site.state, issue), expand)
    if "editmeta" in expand:
        rows = fields_of(site, renderer, issue.fields["project"], issue.fields["issuetype"], create=False)
        extra["editmeta"] = {"fields": {row.pop("fieldId"): row for row in rows}}
    if "operations" in expand:
        extra["operations"] = {"linkGroups": []}
    return extra


def require(site: Site, change: Change, names: Iterable[str], issue: Issue | None) -> None:
    """Note an error for each of the fields that neither the change nor the issue has."""
    for name in sorted(names):
        value = change.fields.get(name, issue.fields.get(name) if issue else None)
        if value in (None, []) and name not in change.errors:
            change.errors[name] = f"{site.state.fields[name].name} is required."


def of_transition(site: Site, renderer: Renderer, issue: Issue, way: Transition) -> Row:
    """Describe the fields of a transition's screen."""
    shown: Row = {}
    for name in sorted(on_transition(site.state, way)):
        field = site.state.fields[name]
        row = _described(site, renderer, field, issue.fields["project"])
        shown[name] = {**row, "required": name in way.required}
        shown[name].pop("fieldId")
    return shown


def fields_of(site: Site, renderer: Renderer, project_id: str, type_id: str, *, create: bool) -> list[Row]:
    """Describe the fields that create or edit may set."""
    key = site.state.projects[project_id]["key"]
    rows = []
    for field in site.state.fields.values():
        if not field.on_screen(key, type_id) or (field.id == "project" and not create):
            continue
        if create and field.id in ("comment", "worklog"):
            continue
        rows.append(_described(site, renderer, field, project_id))
    return rows


def _described(site: Site, renderer: Renderer, field: FieldDef, project_id: str) -> Row:
    row: Row = {
        "required": field.required or field.id in ALWAYS,
        "schema": field.schema,
        "name": field.name,
        "fieldId": field.id,
        "key": field.id,
        "hasDefaultValue": field.id == "priority",
        "operations": _operations(field),
    }
    allowed = _allowed(site, renderer, field, project_id)
    return row if allowed is None else {**row, "allowedValues": allowed}


def _allowed(site: Site, renderer: Renderer, field: FieldDef, project_id: str) -> list[Row] | None:
    state = site.state
    match field.kind:
        case Kind.SELECT | Kind.MULTISELECT:
            return [renderer.option(field, option["id"]) for option in field.options]
        case Kind.CASCADE:
            return [
                {
                    **renderer.option(field, one["id"]),
                    "children": [renderer.option(field, under["id"]) for under in field.options_under(one["id"])],
                }
                for one in field.options_under(None)
            ]
        case Kind.VERSIONS:
            return [renderer.version(one) for one in state.rows_of_project(state.versions, project_id)]
        case Kind.COMPONENTS:
            return [renderer.component(one) for one in state.rows_of_project(state.components, project_id)]
        case Kind.ISSUETYPE:
            return [renderer.issuetype(one) for one in site.types_of(project_id)]
        case Kind.PROJECT:
            return [renderer.project(project_id)]
        case _ if field.kind in TABLE_OF_KIND:
            return [renderer.value(field, one) for one in state.tables[TABLE_OF_KIND[field.kind]]]
        case _:
            return None


def _operations(field: FieldDef) -> list[str]:
    if field.kind in PLURAL:
        return ["add", "set", "remove"]
    if field.id in ("comment", "worklog", "issuelinks"):
        return ["add"]
    return ["set", "edit"] if field.id == "timetracking" else ["set"]
