"""Versions of projects: listed, made, changed, merged and removed, with the issues that name them."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import access, shapes, stamps
from sandbox.jira.applying import log, tell_updated
from sandbox.jira.edits import changelog_items
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object, listed, number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.values import MAX_SHORT_TEXT

FIX, AFFECTED = "fixVersions", "versions"
POSITIONS = ("Earlier", "Later", "First", "Last")


def administered(site: Site, call: Call, project: Row, what: str) -> str:
    """Give the caller's id when it administers the project.

    Raises:
        HttpError: 401 or 403.
    """
    uid = site.caller(call).require()
    if not access.may_administer(site.state, uid, project):
        raise HttpError(403, f"You must have global or project administrator rights to {what}.")
    return uid


def named(rows: dict[str, Row], body: Row, *, besides: str | None = None, word: str) -> str:
    """Check the name of a new or changed row and give it.

    Raises:
        HttpError: 400 when it is missing, too long or taken.
    """
    name = body.get("name")
    error = None
    if not isinstance(name, str) or not name.strip():
        error = f"You must specify a valid {word} name"
    elif len(name) > MAX_SHORT_TEXT:
        error = f"The {word} name must not exceed 255 characters in length."
    elif any(row["name"].casefold() == name.casefold() for one, row in rows.items() if one != besides):
        error = f"A {word} with this name already exists in this project."
    if error is not None:
        raise HttpError(400, body={"errorMessages": [], "errors": {"name": error}})
    return str(name)


def replace_in_issues(site: Site, field_id: str, gone: str, new: str | None, uid: str, *, bump: bool = True) -> None:
    """Take a version or component from a field of every issue that has it, and put another in its place.

    Args:
        site: whose issues.
        field_id: the field.
        gone: id of the row that is taken away.
        new: id of the one put in its place; None puts nothing.
        uid: who does it.
        bump: whether that moves `updated`.
    """
    for issue in site.state.issues.values():
        held = issue.fields.get(field_id) or []
        if gone not in held:
            continue
        site.state.before_write(issue)
        kept = [one for one in held if one != gone]
        value = {field_id: kept if new is None or new in kept else [*kept, new]}
        items = changelog_items(site, issue, value)
        issue.fields = {**issue.fields, **value}
        log(site, issue, uid, items)
        site.touched(issue, bump=bump)
        tell_updated(site, issue, uid, items)


def having(site: Site, field_id: str, row_id: str) -> list[Issue]:
    """List the issues that name a version or component in a field."""
    return [one for one in site.state.issues.values() if row_id in (one.fields.get(field_id) or ())]


class Versions:
    """The handlers of `/version` and of a project's list of them."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        return [
            ("GET", "/project/<ref>/version", self.page),
            ("GET", "/project/<ref>/versions", self.of_project),
            ("POST", "/version", self.create),
            ("GET", "/version/<version_id>", self.get),
            ("PUT", "/version/<version_id>", self.edit),
            ("DELETE", "/version/<version_id>", self.delete),
            ("POST", "/version/<version_id>/removeAndSwap", self.remove_and_swap),
            ("PUT", "/version/<version_id>/mergeto/<target_id>", self.merge),
            ("POST", "/version/<version_id>/move", self.move),
            ("GET", "/version/<version_id>/relatedIssueCounts", self.related),
            ("GET", "/version/<version_id>/unresolvedIssueCount", self.unresolved),
            *([("GET", "/version/<version_id>/relatedwork", self.related_work)] if self._site.state.cloud else []),
        ]

    def of_project(self, call: Call, ref: str) -> list[Row]:
        """`GET /project/{ref}/versions`: all of them."""
        project = self._site.project(call, ref)
        renderer, state = self._site.renderer(call), self._site.state
        return [renderer.version(one, full=True) for one in state.rows_of_project(state.versions, project["id"])]

    def page(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/version`: pages of 50; by `query` and `status`, in the order of `orderBy`."""
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        wanted, kinds = (call.args.get("query") or "").casefold(), listed(call.args.getlist("status"))
        rows = [
            row
            for row in self.of_project(call, ref)
            if wanted in f"{row['name']} {row.get('description') or ''}".casefold()
            and (not kinds or _kind(row) in kinds)
        ]
        order = call.args.get("orderBy") or "sequence"
        name = order.lstrip("+-")
        if name in ("name", "startDate", "releaseDate", "description"):
            rows.sort(key=lambda row: str(row.get(name) or ""))
        if order.startswith("-"):
            rows.reverse()
        link = f"{self._site.renderer(call).rest}/project/{ref}/version"
        return page_bean(rows, start=start, size=size, link=link)

    def get(self, call: Call, version_id: str) -> Json:
        """`GET /version/{id}`."""
        return self._site.renderer(call).version(self._found(call, version_id)["id"], full=True)

    def create(self, call: Call) -> Response:
        """`POST /version`: in the project named by `projectId` or `project`."""
        body = body_object(call.json_body(), shapes.VERSION)
        self._site.caller(call).require()
        project = self._site.project(call, str(body.get("projectId") or body.get("project")))
        administered(self._site, call, project, "create versions")
        state = self._site.state
        name = named(state.rows_of_project(state.versions, project["id"]), body, word="version")
        version_id = str(state.next_id("versions"))
        given = _dates(body)
        given |= {key: body[key] for key in ("description", "released", "archived") if key in body}
        state.versions[version_id] = {"id": version_id, "name": name, "projectId": project["id"], **given}
        state.tables_changed()
        shown = self.get(call, version_id)
        self._site.tell("jira:version_created", version=shown)
        return json_response(shown, status=201)

    def edit(self, call: Call, version_id: str) -> Json:
        """`PUT /version/{id}`: name, dates, released, archived, description. Does not bump the issues."""
        row = self._found(call, version_id)
        state = self._site.state
        project = state.projects[row["projectId"]]
        uid = administered(self._site, call, project, "edit versions")
        body = body_object(call.json_body(), shapes.VERSION)
        if "name" in body:
            named(state.rows_of_project(state.versions, project["id"]), body, besides=version_id, word="version")
        was_released = bool(row.get("released"))
        known = ("name", "description", "released", "archived")
        row |= {**{key: body[key] for key in known if key in body}, **_dates(body)}
        state.tables_changed()
        if self._site.bumps("version"):
            for issue in having(self._site, FIX, version_id):
                state.before_write(issue)
                self._site.touched(issue)
        if (address := body.get("moveUnfixedIssuesTo")) and body.get("released"):
            self._move_unfixed(call, version_id, str(address), uid)
        shown = self.get(call, version_id)
        event = "updated"
        if "released" in body and bool(body["released"]) is not was_released:
            event = "released" if body["released"] else "unreleased"
        self._site.tell(f"jira:version_{event}", version=shown)
        return shown

    def _move_unfixed(self, call: Call, version_id: str, address: str, uid: str) -> None:
        """Take the unresolved issues of a version that is released to another one, named by its address."""
        target = self._found(call, address.rstrip("/").rpartition("/")[2])["id"]
        for issue in having(self._site, FIX, version_id):
            if issue.fields.get("resolution") is None:
                self._site.state.before_write(issue)
                kept = [one for one in issue.fields[FIX] if one not in (version_id, target)]
                items = changelog_items(self._site, issue, {FIX: [*kept, target]})
                issue.fields = {**issue.fields, FIX: [*kept, target]}
                log(self._site, issue, uid, items)
                self._site.touched(issue)

    def delete(self, call: Call, version_id: str) -> Response:
        """`DELETE /version/{id}`: with `moveFixIssuesTo` and `moveAffectedIssuesTo`."""
        targets = (call.args.get("moveFixIssuesTo"), call.args.get("moveAffectedIssuesTo"))
        return self._remove(call, version_id, *targets)

    def remove_and_swap(self, call: Call, version_id: str) -> Response:
        """`POST /version/{id}/removeAndSwap`."""
        body = body_object(call.json_body())
        return self._remove(call, version_id, body.get("moveFixIssuesTo"), body.get("moveAffectedIssuesTo"))

    def merge(self, call: Call, version_id: str, target_id: str) -> Response:
        """`PUT /version/{id}/mergeto/{moveIssuesTo}`: the version goes, its issues name the other one."""
        return self._remove(call, version_id, target_id, target_id)

    def _remove(self, call: Call, version_id: str, fix: Any, affected: Any) -> Response:
        row = self._found(call, version_id)
        state = self._site.state
        uid = administered(self._site, call, state.projects[row["projectId"]], "delete versions")
        targets = [None if one is None else self._found(call, str(one)) for one in (fix, affected)]
        if any(one is not None and (one is row or one["projectId"] != row["projectId"]) for one in targets):
            raise HttpError(400, "The version to move issues to must be another one of the same project.")
        shown = self.get(call, version_id)
        for field_id, target in zip((FIX, AFFECTED), targets, strict=True):
            replace_in_issues(self._site, field_id, version_id, target["id"] if target else None, uid)
        del state.versions[version_id]
        state.tables_changed()
        self._site.tell("jira:version_deleted", version=shown)
        return empty_response()

    def move(self, call: Call, version_id: str) -> Json:
        """`POST /version/{id}/move`: behind another version (`after`, an address), or to a `position`."""
        row = self._found(call, version_id)
        state = self._site.state
        administered(self._site, call, state.projects[row["projectId"]], "move versions")
        body = body_object(call.json_body())
        order = [one for one in state.rows_of_project(state.versions, row["projectId"]) if one != version_id]
        before = list(state.rows_of_project(state.versions, row["projectId"])).index(version_id)
        if body.get("after"):
            other = self._found(call, str(body["after"]).rstrip("/").rpartition("/")[2])["id"]
            if other not in order:
                raise HttpError(400, "The version to move behind must be another one of the same project.")
            at = order.index(other) + 1
        elif body.get("position") in POSITIONS:
            step = {"Earlier": max(0, before - 1), "Later": before + 1, "First": 0, "Last": len(order)}
            at = step[str(body["position"])]
        else:
            raise HttpError(400, "Either 'after' or 'position' must be given.")
        order.insert(at, version_id)
        moved = iter(order)
        state.versions = {
            (kept := next(moved) if one["projectId"] == row["projectId"] else key): state.versions[kept]
            for key, one in list(state.versions.items())
        }
        state.tables_changed()
        shown = self.get(call, version_id)
        self._site.tell("jira:version_moved", version=shown)
        return shown

    def related(self, call: Call, version_id: str) -> Json:
        """`GET /version/{id}/relatedIssueCounts`."""
        self._found(call, version_id)
        return {
            "self": f"{self._site.renderer(call).rest}/version/{version_id}",
            "issuesFixedCount": len(having(self._site, FIX, version_id)),
            "issuesAffectedCount": len(having(self._site, AFFECTED, version_id)),
            "issueCountWithCustomFieldsShowingVersion": 0,
            "customFieldUsage" if self._site.state.cloud else "customFieldNames": [],
        }

    def unresolved(self, call: Call, version_id: str) -> Json:
        """`GET /version/{id}/unresolvedIssueCount`."""
        self._found(call, version_id)
        issues = having(self._site, FIX, version_id)
        return {
            "self": f"{self._site.renderer(call).rest}/version/{version_id}",
            "issuesUnresolvedCount": sum(one.fields.get("resolution") is None for one in issues),
            **({"issuesCount": len(issues)} if self._site.state.cloud else {}),
        }

    def related_work(self, call: Call, version_id: str) -> Json:
        """`GET /version/{id}/relatedwork` (Cloud): nothing was ever added."""
        self._found(call, version_id)
        return []

    def _found(self, call: Call, version_id: str) -> Row:
        row = self._site.state.versions.get(version_id)
        if row is None or row["projectId"] not in self._site.caller(call).eyes.projects:
            raise HttpError(404, f"Could not find version for id '{version_id}'")
        return row


def _kind(row: Row) -> str:
    return "archived" if row.get("archived") else "released" if row.get("released") else "unreleased"


def _dates(body: Row) -> Row:
    """Read the plain dates of a version; null takes one away. Times that clients send with them are cut off.

    Raises:
        HttpError: 400.
    """
    found: Row = {}
    for name in ("startDate", "releaseDate"):
        if name not in body:
            continue
        try:
            found[name] = stamps.parse_date(body[name][:10]) if body[name] else None
        except ValueError as error:
            message = f"'{body[name]}' is not a date in the format yyyy-MM-dd"
            raise HttpError(400, body={"errorMessages": [], "errors": {name: message}}) from error
    return found
