"""What can be set where: fields, create and edit metadata."""

from typing import Any

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira import access, screens
from sandbox.jira.model import FieldDef, Kind, Row
from sandbox.jira.paging import listed, number, page_bean
from sandbox.jira.site import Site
from sandbox.jira.state import State


class Meta:
    """The handlers of `/field`, createmeta and editmeta."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def fields(self, _call: Call) -> Json:
        """`GET /field`."""
        rows: list[Row] = [self._key_field()]
        rows += [field_row(self._site.state, field) for field in self._site.state.fields.values()]
        return rows

    def _key_field(self) -> Row:
        row: Row = {
            "id": "issuekey",
            "name": "Key",
            "custom": False,
            "orderable": False,
            "navigable": True,
            "searchable": False,
            "clauseNames": ["id", "issue", "issuekey", "key"],
        }
        return {**row, "key": "issuekey"} if self._site.state.cloud else row

    def field_search(self, call: Call) -> Json:
        """`GET /field/search` (Cloud)."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        wanted = (call.args.get("query") or "").casefold()
        kinds = listed(call.args.getlist("type"))
        rows = [
            {"id": field.id, "name": field.name, "schema": field.schema}
            for field in self._site.state.fields.values()
            if wanted in field.name.casefold() and (not kinds or ("custom" if field.custom else "system") in kinds)
        ]
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}/field/search")

    def editmeta(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/editmeta`."""
        issue = self._site.issue(call, ref)
        fields = screens.fields_of(
            self._site, self._site.renderer(call), issue.fields["project"], issue.fields["issuetype"], create=False
        )
        return {"fields": {row.pop("fieldId"): row for row in fields}}

    def create_types(self, call: Call, project_ref: str) -> Json:
        """`GET /issue/createmeta/{project}/issuetypes`."""
        renderer = self._site.renderer(call)
        return self._page(
            call,
            [renderer.issuetype(one) for one in self._makeable(call, self._place(call, project_ref))],
            "issueTypes",
        )

    def create_fields(self, call: Call, project_ref: str, type_id: str) -> Json:
        """`GET /issue/createmeta/{project}/issuetypes/{id}`."""
        project = self._place(call, project_ref)
        if type_id not in self._site.types_of(project["id"]):
            raise HttpError(400, "The issue type does not exist in the project.")
        rows = screens.fields_of(self._site, self._site.renderer(call), project["id"], type_id, create=True)
        return self._page(call, rows if self._makeable(call, project) else [], "fields")

    def _place(self, call: Call, ref: str) -> Row:
        """Find a project that the caller sees; raises HttpError 400, as the descriptions say."""
        try:
            return self._site.project(call, ref)
        except HttpError as error:
            raise HttpError(400, error.message) from error

    def _makeable(self, call: Call, project: Row) -> list[str]:
        """List the ids of the types of which the caller may make issues: none without the permission."""
        may = access.may_edit(self._site.state, self._site.caller(call).uid, project)
        return list(self._site.types_of(project["id"])) if may else []

    def _page(self, call: Call, rows: list[Row], name: str) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        page = rows[start : start + size]
        shown: Row = {"maxResults": size, "startAt": start, "total": len(rows)}
        if self._site.state.cloud:
            return {**shown, name: page}
        return {**shown, "isLast": start + size >= len(rows), "values": page}

    def createmeta(self, call: Call) -> Json:
        """`GET /issue/createmeta`: the old form, with `projectKeys`, `projectIds`, `issuetypeNames`, `issuetypeIds`."""
        renderer, args = self._site.renderer(call), call.args
        keys, ids = listed(args.getlist("projectKeys")), listed(args.getlist("projectIds"))
        names, type_ids = listed(args.getlist("issuetypeNames")), listed(args.getlist("issuetypeIds"))
        with_fields = "projects.issuetypes.fields" in (args.get("expand") or "")
        projects = []
        for project_id, project in self._site.state.projects.items():
            if project_id not in renderer.caller.eyes.projects:
                continue
            if (keys or ids) and project["key"] not in keys and project_id not in ids:
                continue
            types = []
            for type_id in self._makeable(call, project):
                row: dict[str, Any] = renderer.issuetype(type_id)
                if (names or type_ids) and row["name"] not in names and type_id not in type_ids:
                    continue
                if with_fields:
                    fields = screens.fields_of(self._site, renderer, project_id, type_id, create=True)
                    row |= {"expand": "fields", "fields": {one["fieldId"]: one for one in fields}}
                types.append(row)
            if not self._makeable(call, project):
                continue
            shown = renderer.project(project_id)
            projects.append(
                {key: shown[key] for key in ("self", "id", "key", "name", "avatarUrls")} | {"issuetypes": types}
            )
        return {"expand": "projects", "projects": projects}


def field_row(state: State, field: FieldDef) -> Row:
    """Show a field as `/field` does."""
    row: Row = {"id": field.id}
    if state.cloud:
        row["key"] = field.id
    row |= {
        "name": field.name,
        "custom": field.custom,
        "orderable": field.editable,
        "navigable": field.navigable,
        "searchable": bool(field.clauses) and field.kind is not Kind.ANY,
        "clauseNames": list(field.clauses),
    }
    return {**row, "schema": field.schema} if field.schema else row
