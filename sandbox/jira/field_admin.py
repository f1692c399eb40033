"""Custom fields: made, renamed, taken away; their contexts, of which each has one, and their options."""

from dataclasses import replace
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira.catalog import CUSTOM_SCHEMAS, TYPES_OF_KIND, clause_names, custom_field
from sandbox.jira.meta import field_row
from sandbox.jira.model import FieldDef, Kind, Row
from sandbox.jira.paging import body_object, listed, number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.values import MAX_SHORT_TEXT

MAX_OPTIONS = 1000
"""Options that one request may add."""

FIRST_CONTEXT = 10_000
"""A field's context has the number of the field, counted from here."""


class FieldAdmin:
    """The handlers of custom fields, for who administers the site; options are for everyone to read."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        context = "/field/<field_id>/context"
        options = f"{context}/<context_id>/option"
        cloud: Table = [
            ("PUT", "/field/<field_id>", self.edit),
            ("DELETE", "/field/<field_id>", self.delete),
            ("GET", context, self.contexts),
            ("GET", f"{context}/projectmapping", self.projects),
            ("GET", f"{context}/issuetypemapping", self.types),
            ("GET", options, self.options),
            ("POST", options, self.add_options),
            ("PUT", options, self.edit_options),
            ("DELETE", f"{options}/<option_id>", self.delete_option),
        ]
        server: Table = [("GET", "/customFields/<field_id>/options", self.all_options)]
        return [
            ("POST", "/field", self.create),
            ("GET", "/customFieldOption/<option_id>", self.option),
            *(cloud if self._site.state.cloud else server),
        ]

    def create(self, call: Call) -> Response:
        """`POST /field`: a name and a type of Jira's own."""
        self._administrator(call)
        body = body_object(call.json_body())
        name, kind = body.get("name"), TYPES_OF_KIND.get(str(body.get("type")))
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_SHORT_TEXT:
            raise HttpError(400, body={"errorMessages": [], "errors": {"name": "The field's name is required."}})
        if kind is None or kind in (Kind.ANY, Kind.SPRINT, Kind.RANK):
            raise HttpError(400, body={"errorMessages": [], "errors": {"type": "The field's type is unknown."}})
        number_ = max([10_050, *(int(one[12:]) for one in self._site.state.fields if one.startswith("customfield_"))])
        row: Row = {"id": f"customfield_{number_ + 1}", "name": name, "type": kind.value}
        row |= {"description": str(body.get("description") or ""), "options": []}
        row["schema"] = {**CUSTOM_SCHEMAS[kind], "custom": body["type"], "customId": number_ + 1}
        self._site.state.field_rows.append(row)
        self._site.state.fields[row["id"]] = custom_field(row, {}, self._site.state.deployment)
        self._site.state.tables_changed()
        return json_response(field_row(self._site.state, self._site.state.fields[row["id"]]), status=201)

    def edit(self, call: Call, field_id: str) -> Response:
        """`PUT /field/{id}` (Cloud): name and description."""
        self._administrator(call)
        field, row = self._custom(field_id)
        body = body_object(call.json_body())
        row |= {key: str(body[key]) for key in ("name", "description") if body.get(key)}
        clauses = clause_names(field_id, row["name"], field.schema or {}, self._site.state.deployment)
        self._site.state.fields[field_id] = replace(field, name=row["name"], clauses=clauses)
        self._site.state.tables_changed()
        return empty_response()

    def delete(self, call: Call, field_id: str) -> Response:
        """`DELETE /field/{id}` (Cloud), with what issues have in it."""
        self._administrator(call)
        _, row = self._custom(field_id)
        for issue in self._site.state.issues.values():
            issue.fields.pop(field_id, None)
        del self._site.state.fields[field_id]
        self._site.state.field_rows.remove(row)
        self._site.state.tables_changed()
        place = f"{self._site.renderer(call).rest}/field"
        return Response(status=303, headers={"Location": place})

    def contexts(self, call: Call, field_id: str) -> Json:
        """`GET /field/{id}/context` (Cloud): one, of all projects or of some."""
        self._administrator(call)
        field, _ = self._custom(field_id)
        shown = {
            "id": self._context(field),
            "name": f"Default Configuration Scheme for {field.name}",
            "description": "",
            "isGlobalContext": field.projects is None,
            "isAnyIssueType": field.issuetypes is None,
        }
        return self._bean(call, [shown])

    def projects(self, call: Call, field_id: str) -> Json:
        """`GET /field/{id}/context/projectmapping` (Cloud)."""
        self._administrator(call)
        field, _ = self._custom(field_id)
        context = {"contextId": self._context(field)}
        ids = [self._site.state.project_id(key) for key in sorted(field.projects or ())]
        return self._bean(
            call, [{**context, "projectId": one} for one in ids] or [{**context, "isGlobalContext": True}]
        )

    def types(self, call: Call, field_id: str) -> Json:
        """`GET /field/{id}/context/issuetypemapping` (Cloud)."""
        self._administrator(call)
        field, _ = self._custom(field_id)
        context = {"contextId": self._context(field)}
        rows = [{**context, "issueTypeId": one} for one in sorted(field.issuetypes or ())]
        return self._bean(call, rows or [{**context, "isAnyIssueType": True}])

    def options(self, call: Call, field_id: str, context_id: str) -> Json:
        """`GET /field/{id}/context/{id}/option` (Cloud)."""
        self._administrator(call)
        field, _ = self._select(field_id, context_id)
        wanted = listed(call.args.getlist("optionId"))
        rows = [_shown(one) for one in field.options if not wanted or one["id"] in wanted]
        return self._bean(call, rows)

    def add_options(self, call: Call, field_id: str, context_id: str) -> Json:
        """`POST /field/{id}/context/{id}/option` (Cloud)."""
        self._administrator(call)
        field, row = self._select(field_id, context_id)
        given = self._given(call)
        taken = {(one.get("optionId"), str(one["value"]).casefold()) for one in field.options}
        for one in given:
            above = one.get("optionId")
            if above is not None and (field.kind is not Kind.CASCADE or field.option_above(str(above)) is not None):
                raise HttpError(400, f"The option {above} can have no options under it.")
            if above is not None and str(above) not in {each["id"] for each in field.options}:
                raise HttpError(404, f"The field has no option {above}.")
            if not isinstance(one.get("value"), str) or (above and str(above), one["value"].casefold()) in taken:
                raise HttpError(400, "Each option needs a value that the field does not have yet.")
        highest = max([0, *(int(one["id"]) for each in self._site.state.fields.values() for one in each.options)])
        made = [
            {
                "id": str(highest + at),
                "value": one["value"],
                "disabled": bool(one.get("disabled")),
                **({"optionId": str(one["optionId"])} if one.get("optionId") is not None else {}),
            }
            for at, one in enumerate(given, start=1)
        ]
        self._put(field, row, [*field.options, *made])
        return {"options": [_shown(one) for one in made]}

    def edit_options(self, call: Call, field_id: str, context_id: str) -> Json:
        """`PUT /field/{id}/context/{id}/option` (Cloud)."""
        self._administrator(call)
        field, row = self._select(field_id, context_id)
        given = {str(one.get("id")): one for one in self._given(call)}
        if unknown := set(given) - {one["id"] for one in field.options}:
            raise HttpError(404, f"The field has no option {', '.join(sorted(unknown))}.")
        new = [
            {**one, **{key: given[one["id"]][key] for key in ("value", "disabled") if key in given.get(one["id"], {})}}
            for one in field.options
        ]
        self._put(field, row, new)
        return {"options": [_shown(one) for one in new if one["id"] in given]}

    def delete_option(self, call: Call, field_id: str, context_id: str, option_id: str) -> Response:
        """`DELETE /field/{id}/context/{id}/option/{id}` (Cloud): not while an issue has it."""
        self._administrator(call)
        field, row = self._select(field_id, context_id)
        if option_id not in {one["id"] for one in field.options}:
            raise HttpError(404, f"The field has no option {option_id}.")
        if field.options_under(option_id):
            raise HttpError(400, "Options with cascading options cannot be deleted without deleting those first.")
        held = [issue.fields.get(field_id) for issue in self._site.state.issues.values()]
        if any(option_id == one or (isinstance(one, list) and option_id in one) for one in held):
            raise HttpError(400, "The option is in use.")
        self._put(field, row, [one for one in field.options if one["id"] != option_id])
        return empty_response()

    def all_options(self, call: Call, field_id: str) -> Json:
        """`GET /customFields/{id}/options` (Data Center)."""
        self._site.caller(call).require()
        name = field_id if field_id.startswith("customfield_") else f"customfield_{field_id}"
        field, _ = self._custom(name)
        rest = self._site.renderer(call).rest
        rows = [
            {
                "id": int(one["id"]),
                "value": one["value"],
                "disabled": False,
                "self": f"{rest}/customFieldOption/{one['id']}",
            }
            for one in field.options
        ]
        return {"total": len(rows), "options": rows}

    def option(self, call: Call, option_id: str) -> Json:
        """`GET /customFieldOption/{id}`."""
        self._site.caller(call).require()
        for field in self._site.state.fields.values():
            for one in field.options:
                if one["id"] == option_id:
                    shown = {
                        "self": f"{self._site.renderer(call).rest}/customFieldOption/{option_id}",
                        "value": one["value"],
                    }
                    return shown if self._site.state.cloud else {**shown, "id": int(option_id), "disabled": False}
        raise HttpError(404, f"A custom field option with id '{option_id}' does not exist.")

    def _put(self, field: FieldDef, row: Row, options: list[Any]) -> None:
        row["options"] = [dict(one) for one in options]
        self._site.state.fields[field.id] = replace(field, options=tuple(row["options"]))
        self._site.state.tables_changed()

    def _given(self, call: Call) -> list[Row]:
        given = body_object(call.json_body()).get("options")
        if (
            not isinstance(given, list)
            or not 0 < len(given) <= MAX_OPTIONS
            or not all(isinstance(x, dict) for x in given)
        ):
            raise HttpError(400, f"options must be a list of 1 to {MAX_OPTIONS} objects.")
        return given

    def _custom(self, field_id: str) -> tuple[FieldDef, Row]:
        for row in self._site.state.field_rows:
            if str(row["id"]) == field_id and field_id.startswith("customfield_"):
                return self._site.state.fields[field_id], row
        raise HttpError(404, f"The custom field '{field_id}' was not found.")

    def _select(self, field_id: str, context_id: str) -> tuple[FieldDef, Row]:
        field, row = self._custom(field_id)
        if context_id != self._context(field):
            raise HttpError(404, f"The context '{context_id}' was not found.")
        if field.kind not in (Kind.SELECT, Kind.MULTISELECT, Kind.CASCADE):
            raise HttpError(400, "The field has no options.")
        return field, row

    @staticmethod
    def _context(field: FieldDef) -> str:
        return str(FIRST_CONTEXT + int(field.id.removeprefix("customfield_")))

    def _bean(self, call: Call, rows: list[Row]) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=call.base_url)

    def _administrator(self, call: Call) -> None:
        if not self._site.state.administers(self._site.caller(call).require()):
            raise HttpError(403, "Only administrators may look at or change custom fields.")


def _shown(option: Any) -> Row:
    under = {"optionId": option["optionId"]} if option.get("optionId") else {}
    return {"id": option["id"], "value": option["value"], "disabled": bool(option.get("disabled")), **under}
