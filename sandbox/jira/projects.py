"""Projects: made, changed, archived, deleted; what is asked about a new one, and the categories they are in."""

import re
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import applying, moving, shapes
from sandbox.jira.issues import level
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, number
from sandbox.jira.site import Site, Table
from sandbox.jira.versions import administered

KEY = re.compile(r"[A-Z][A-Z0-9_]{1,9}")
"""What a project's key is made of, unless an administrator says otherwise."""

RECENT = 20
LEVELS = {1: "Epic", 0: "Base", -1: "Subtask"}


class Projects:
    """The handlers that make and change projects."""

    def __init__(self, site: Site, show: Any) -> None:
        self._site = site
        self._show = show

    def table(self) -> Table:
        """List the routes."""
        project = "/project/<ref>"
        cloud: Table = [
            ("GET", "/project/recent", self.recent),
            ("POST", f"{project}/archive", self.archive),
            ("POST", f"{project}/restore", self.restore),
            ("GET", f"{project}/hierarchy", self.hierarchy),
            ("GET", f"{project}/features", self.features),
            ("GET", "/projectvalidate/validProjectKey", self.valid_key),
            ("GET", "/projectvalidate/validProjectName", self.valid_name),
        ]
        server: Table = [
            ("PUT", f"{project}/archive", self.archive),
            ("PUT", f"{project}/restore", self.restore),
            ("GET", "/projects/picker", self.picker),
        ]
        return [
            ("POST", "/project", self.create),
            ("PUT", project, self.edit),
            ("DELETE", project, self.delete),
            ("GET", "/projectvalidate/key", self.validate_key),
            ("GET", "/projectCategory", self.categories),
            ("POST", "/projectCategory", self.create_category),
            ("GET", "/projectCategory/<category_id>", self.category),
            ("PUT", "/projectCategory/<category_id>", self.edit_category),
            ("DELETE", "/projectCategory/<category_id>", self.delete_category),
            *(cloud if self._site.state.cloud else server),
        ]

    def create(self, call: Call) -> Response:
        """`POST /project`: key, name, type and lead."""
        uid = self._administrator(call)
        body = body_object(call.json_body(), shapes.PROJECT)
        errors = self._wrong_key(body.get("key"))
        if not (body.get("name") or "").strip():
            errors["projectName"] = "You must specify a valid project name."
        elif self._named(body["name"]):
            errors["projectName"] = "A project with that name already exists."
        lead = self._lead(body, errors) or uid
        if errors:
            raise HttpError(400, body={"errorMessages": [], "errors": errors})
        state = self._site.state
        row: Row = {"id": str(state.next_id("project")), "key": body["key"], "name": body["name"], "lead": lead}
        row |= {key: body[key] for key in ("description", "projectTypeKey", "assigneeType") if body.get(key)}
        self._categorise(row, body)
        state.projects[row["id"]] = row
        state.writes += 1
        link = f"{self._site.renderer(call).rest}/project/{row['id']}"
        return json_response({"self": link, "id": int(row["id"]), "key": row["key"]}, status=201)

    def edit(self, call: Call, ref: str) -> Json:
        """`PUT /project/{ref}`: only what is given; a new key leaves the old one to nobody."""
        row = self._site.project(call, ref)
        administered(self._site, call, row, "edit projects")
        body = body_object(call.json_body(), shapes.PROJECT)
        errors: dict[str, str] = {}
        if body.get("key") not in (None, row["key"]):
            errors |= self._wrong_key(body["key"])
        lead = self._lead(body, errors)
        if body.get("name") and (self._named(body["name"]) or row) is not row:
            errors["projectName"] = "A project with that name already exists."
        if errors:
            raise HttpError(400, body={"errorMessages": [], "errors": errors})
        if body.get("key") not in (None, row["key"]):
            self._rename(row, body["key"])
        row |= {key: body[key] for key in ("name", "description", "assigneeType") if body.get(key) is not None}
        row |= {"lead": lead} if lead else {}
        self._categorise(row, body)
        self._site.state.tables_changed()
        return self._show(call, row["id"])

    def _rename(self, row: Row, key: str) -> None:
        """Give a project and its issues another key; the issues answer to their old ones too."""
        state, before = self._site.state, row["key"]
        row["key"] = key
        state.counters[f"key {key}"] = state.counters.get(f"key {before}", 1)
        for issue in state.issues.values():
            if issue.fields["project"] == row["id"]:
                issue.old_keys = [*issue.old_keys, issue.key]
                issue.key = f"{key}-{issue.key.rpartition('-')[2]}"
                state.keys[issue.key] = issue.id
        for board in state.boards.values():
            if board.get("project") == before:
                board["project"] = key

    def delete(self, call: Call, ref: str) -> Response:
        """`DELETE /project/{ref}`, with its issues, versions, components and boards."""
        uid, row = self._administrator(call), self._site.project(call, ref)
        state = self._site.state
        for issue in [one for one in state.issues.values() if one.fields["project"] == row["id"]]:
            applying.delete(self._site, issue, uid)
        for rows in (state.versions, state.components):
            for gone in state.rows_of_project(rows, row["id"]):
                del rows[gone]
        boards = {one for one, board in state.boards.items() if state.project_id(board.get("project")) == row["id"]}
        state.boards = {one: board for one, board in state.boards.items() if one not in boards}
        state.sprints = {one: each for one, each in state.sprints.items() if each["originBoardId"] not in boards}
        del state.projects[row["id"]]
        state.tables_changed()
        return empty_response()

    def archive(self, call: Call, ref: str) -> Response:
        """Archive a project with its issues."""
        return self._archived(call, ref, archived=True)

    def restore(self, call: Call, ref: str) -> Response:
        """Take a project out of the archive, with its issues."""
        self._archived(call, ref, archived=False)
        if self._site.state.cloud:
            return json_response(self._show(call, self._site.project(call, ref)["id"]))
        return empty_response(status=202)

    def _archived(self, call: Call, ref: str, *, archived: bool) -> Response:
        uid, row = self._administrator(call), self._site.project(call, ref)
        row["archived"] = archived
        for issue in self._site.state.issues.values():
            if issue.fields["project"] == row["id"] and (issue.archived is None) is archived:
                moving.archive(self._site, issue, uid) if archived else moving.restore(self._site, issue)
        return empty_response()

    def recent(self, call: Call) -> Json:
        """`GET /project/recent` (Cloud): nobody looks at projects in a browser here, so the first ones."""
        self._site.caller(call).require()
        seen = self._site.caller(call).eyes.projects
        return [self._show(call, one) for one in self._site.state.projects if one in seen][:RECENT]

    def hierarchy(self, call: Call, ref: str) -> Json:
        """`GET /project/{id}/hierarchy` (Cloud)."""
        project = self._site.project(call, ref)
        types = self._site.state.tables["issuetypes"]
        found: dict[int, list[Row]] = {}
        for type_id in self._site.types_of(project["id"]):
            row = types[type_id]
            found.setdefault(level(row), []).append({"id": int(type_id), "name": row["name"], "avatarId": 1})
        levels = [{"level": one, "name": LEVELS.get(one, "Level"), "issueTypes": rows} for one, rows in found.items()]
        return {"projectId": int(project["id"]), "hierarchy": sorted(levels, key=lambda one: -int(one["level"]))}

    def features(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/features` (Cloud): company-managed projects have none to switch."""
        self._site.project(call, ref)
        return {"features": []}

    def picker(self, call: Call) -> Json:
        """`GET /projects/picker` (Data Center)."""
        wanted, seen = (call.args.get("query") or "").casefold(), self._site.caller(call).eyes.projects
        rows = [row for one, row in self._site.state.projects.items() if one in seen]
        found = [row for row in rows if wanted in f"{row['key']} {row['name']}".casefold()]
        shown = [{"id": row["id"], "key": row["key"], "name": row["name"], "html": row["name"]} for row in found]
        cut = shown[: number(call.args.get("maxResults"), 50)]
        return {"projects": cut, "total": len(found), "header": f"Showing {len(cut)} of {len(found)} matching projects"}

    def validate_key(self, call: Call) -> Json:
        """`GET /projectvalidate/key`."""
        shown: Row = {"errorMessages": [], "errors": self._wrong_key(call.args.get("key"))}
        return {**shown, "status": 400 if shown["errors"] else 200} if self._site.state.cloud else shown

    def valid_key(self, call: Call) -> Json:
        """`GET /projectvalidate/validProjectKey` (Cloud): the key, or one like it that is free."""
        key = re.sub(r"^[^A-Z]+|[^A-Z0-9_]", "", (call.args.get("key") or "").upper())[:6] or "KEY"
        key = key if len(key) > 1 else f"{key}KEY"
        return self._free(key, lambda one: not self._wrong_key(one))

    def valid_name(self, call: Call) -> Json:
        """`GET /projectvalidate/validProjectName` (Cloud): the name, or one like it that is free."""
        name = call.args.get("name") or ""
        if not name.strip():
            raise HttpError(400, "The name query parameter is required.")
        return self._free(name, lambda one: self._named(one) is None)

    def _free(self, text: str, good: Any) -> str:
        return next(one for one in (text, *(f"{text}{count}" for count in range(2, 10_000))) if good(one))

    def _wrong_key(self, key: Any) -> dict[str, str]:
        if not isinstance(key, str) or not key:
            return {"projectKey": "You must specify a project key."}
        if not KEY.fullmatch(key):
            return {"projectKey": "Project keys must start with an uppercase letter, followed by capitals or digits."}
        if self._site.state.project_id(key) is not None:
            return {"projectKey": f"A project with the key '{key}' already exists."}
        return {}

    def _named(self, name: str) -> Row | None:
        rows = self._site.state.projects.values()
        return next((row for row in rows if row["name"].casefold() == name.casefold()), None)

    def _lead(self, body: Row, errors: dict[str, str]) -> str | None:
        ref = body.get("leadAccountId") or body.get("lead")
        found = self._site.state.user_id(ref) if ref else None
        if ref and found is None:
            errors["projectLead"] = f"The user '{ref}' does not exist."
        return found

    def _categorise(self, row: Row, body: Row) -> None:
        if body.get("categoryId") is not None:
            row["projectCategory"] = dict(self._category(str(body["categoryId"])))

    def categories(self, call: Call) -> Json:
        """`GET /projectCategory`."""
        return [self._shown(call, row) for row in self._site.state.categories().values()]

    def category(self, call: Call, category_id: str) -> Json:
        """`GET /projectCategory/{id}`."""
        return self._shown(call, self._category(category_id))

    def create_category(self, call: Call) -> Response:
        """`POST /projectCategory`."""
        self._administrator(call)
        body = body_object(call.json_body())
        if not isinstance(body.get("name"), str) or not body["name"].strip():
            raise HttpError(400, "The name of the category is required.")
        if any(row["name"].casefold() == body["name"].casefold() for row in self._site.state.categories().values()):
            raise HttpError(409, f"The project category '{body['name']}' already exists.")
        row = {"id": str(self._site.state.next_id("category")), "name": body["name"]}
        row["description"] = str(body.get("description") or "")
        self._site.state.project_categories[row["id"]] = row
        return json_response(self._shown(call, row), status=201)

    def edit_category(self, call: Call, category_id: str) -> Json:
        """`PUT /projectCategory/{id}`."""
        self._administrator(call)
        row, body = self._category(category_id), body_object(call.json_body())
        new = {**row, **{key: str(body[key]) for key in ("name", "description") if body.get(key)}}
        self._put_category(category_id, new)
        return self._shown(call, new)

    def delete_category(self, call: Call, category_id: str) -> Response:
        """`DELETE /projectCategory/{id}`."""
        self._administrator(call)
        self._category(category_id)
        self._put_category(category_id, None)
        return empty_response()

    def _put_category(self, category_id: str, new: Row | None) -> None:
        state = self._site.state
        state.project_categories.pop(category_id, None)
        if new is not None:
            state.project_categories[category_id] = new
        for project in state.projects.values():
            if str((project.get("projectCategory") or {}).get("id")) == category_id:
                project["projectCategory"] = new
        state.tables_changed()

    def _category(self, category_id: str) -> Row:
        found = self._site.state.categories().get(category_id)
        if found is None:
            raise HttpError(404, f"Could not find a project category with id '{category_id}'.")
        return found

    def _shown(self, call: Call, row: Row) -> Row:
        link = f"{self._site.renderer(call).rest}/projectCategory/{row['id']}"
        return {"self": link, "id": str(row["id"]), "name": row["name"], "description": row.get("description") or ""}

    def _administrator(self, call: Call) -> str:
        uid = self._site.caller(call).require()
        if not self._site.state.administers(uid):
            raise HttpError(403, "You must have global administrator rights for that.")
        return uid
