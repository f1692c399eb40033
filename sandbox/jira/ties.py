"""What ties an issue to other things: remote links, entity properties (neither bumps `updated`), and issue links."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import applying, shapes
from sandbox.jira.edits import SELF_LINK, check_property
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site
from sandbox.jira.values import MAX_SHORT_TEXT


class RemoteLinks:
    """The handlers of `/issue/{ref}/remotelink`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def list_all(self, call: Call, ref: str) -> Json:
        """`GET`: all of them, or the one with `globalId`."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        wanted = call.args.get("globalId")
        if wanted is None:
            return [renderer.remote_link(issue, row) for row in issue.remotelinks]
        for row in issue.remotelinks:
            if row.get("globalId") == wanted:
                return renderer.remote_link(issue, row)
        raise HttpError(404, f"Failed to find a remote issue link with global id '{wanted}'.")

    def get(self, call: Call, ref: str, link_id: int) -> Json:
        """`GET /{id}`."""
        issue = self._site.issue(call, ref)
        return self._site.renderer(call).remote_link(issue, self._found(issue, link_id))

    def put(self, call: Call, ref: str) -> Response:
        """`POST`: creates (201), or replaces whole the one with the same `globalId` (200)."""
        issue = self._site.writable(call, ref)
        body = self._body(call)
        there = None
        if body.get("globalId"):
            there = next((row for row in issue.remotelinks if row.get("globalId") == body["globalId"]), None)
        self._site.state.before_write(issue)
        if there is None:
            link_id = self._site.state.next_id("remotelink")
            issue.remotelinks = [*issue.remotelinks, {**body, "id": link_id}]
        else:
            link_id = there["id"]
            issue.remotelinks = [{**body, "id": link_id} if row is there else row for row in issue.remotelinks]
        self._site.touched(issue, bump=self._site.bumps("remote_link"))
        link = f"{self._site.renderer(call).rest}/issue/{issue.key}/remotelink/{link_id}"
        return json_response({"id": link_id, "self": link}, status=200 if there else 201)

    def replace(self, call: Call, ref: str, link_id: int) -> Response:
        """`PUT /{id}`."""
        issue = self._site.writable(call, ref)
        there = self._found(issue, link_id)
        body = self._body(call)
        self._site.state.before_write(issue)
        issue.remotelinks = [{**body, "id": link_id} if row is there else row for row in issue.remotelinks]
        self._site.touched(issue, bump=self._site.bumps("remote_link"))
        return empty_response()

    def delete(self, call: Call, ref: str, link_id: int) -> Response:
        """`DELETE /{id}`."""
        issue = self._site.writable(call, ref)
        return self._remove(issue, self._found(issue, link_id))

    def delete_by_global_id(self, call: Call, ref: str) -> Response:
        """`DELETE ?globalId=`."""
        issue = self._site.writable(call, ref)
        wanted = call.args.get("globalId")
        if not wanted:
            raise HttpError(400, "The globalId query parameter is required.")
        for row in issue.remotelinks:
            if row.get("globalId") == wanted:
                return self._remove(issue, row)
        raise HttpError(404, f"Failed to find a remote issue link with global id '{wanted}'.")

    def _remove(self, issue: Issue, gone: Row) -> Response:
        self._site.state.before_write(issue)
        issue.remotelinks = [row for row in issue.remotelinks if row is not gone]
        self._site.touched(issue, bump=self._site.bumps("remote_link"))
        return empty_response()

    @staticmethod
    def _found(issue: Issue, link_id: int) -> Row:
        for row in issue.remotelinks:
            if row["id"] == link_id:
                return row
        raise HttpError(404, f"No issue link with id '{link_id}' exists.")

    @staticmethod
    def _body(call: Call) -> dict[str, Any]:
        body = body_object(call.json_body(), shapes.REMOTE)
        target = body.get("object") or {}
        errors = {}
        if not target.get("url"):
            errors["url"] = "'url' is required"
        if not target.get("title"):
            errors["title"] = "'title' is required"
        if len(str(body.get("globalId") or "")) > MAX_SHORT_TEXT:
            errors["globalId"] = "The global ID should not exceed 255 characters."
        if errors:
            raise HttpError(400, body={"errorMessages": [], "errors": errors})
        return {key: body.get(key) for key in ("globalId", "application", "relationship", "object")}


class Properties:
    """The handlers of `/issue/{ref}/properties`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def keys(self, call: Call, ref: str) -> Json:
        """`GET`: the keys."""
        issue = self._site.issue(call, ref)
        link = f"{self._site.renderer(call).rest}/issue/{issue.id}/properties"
        return {"keys": [{"self": f"{link}/{key}", "key": key} for key in issue.properties]}

    def get(self, call: Call, ref: str, key: str) -> Json:
        """`GET /{key}`."""
        issue = self._site.issue(call, ref)
        if key not in issue.properties:
            raise HttpError(404, f"The property with key '{key}' does not exist.")
        return {"key": key, "value": issue.properties[key]}

    def put(self, call: Call, ref: str, key: str) -> Response:
        """`PUT /{key}`: 201 when new, 200 when it was there."""
        issue = self._site.writable(call, ref)
        if not call.get_data():
            raise HttpError(400, "The property value cannot be empty.")
        value = call.json_body()
        check_property(self._site, key, value)
        status = 200 if key in issue.properties else 201
        self._site.state.before_write(issue)
        issue.properties = {**issue.properties, key: value}
        self._site.touched(issue, bump=self._site.bumps("property"))
        uid = self._site.caller(call).uid
        self._site.tell("issue_property_set", issue, user=uid, property={"key": key, "value": value})
        return json_response({}, status=status)

    def delete(self, call: Call, ref: str, key: str) -> Response:
        """`DELETE /{key}`."""
        issue = self._site.writable(call, ref)
        if key not in issue.properties:
            raise HttpError(404, f"The property with key '{key}' does not exist.")
        self._site.state.before_write(issue)
        issue.properties = {name: value for name, value in issue.properties.items() if name != key}
        self._site.touched(issue, bump=self._site.bumps("property"))
        self._site.tell("issue_property_deleted", issue, user=self._site.caller(call).uid, property={"key": key})
        return empty_response()


class IssueLinks:
    """The handlers of `/issueLink`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def create(self, call: Call) -> Response:
        """`POST`: `inwardIssue` is the source ("blocks"), `outwardIssue` the target; 201 without a body."""
        state = self._site.state
        body = body_object(call.json_body(), shapes.LINK)
        uid = self._site.caller(call).require()
        type_id = state.row_id(state.tables["link_types"], body.get("type") or {})
        if type_id is None:
            name = (body.get("type") or {}).get("name")
            raise HttpError(404, f"No issue link type with name '{name}' found.")
        ends = []
        for side in ("inwardIssue", "outwardIssue"):
            ref = body.get(side) or {}
            ends.append(self._site.writable(call, str(ref.get("id") or ref.get("key"))))
        if ends[0] is ends[1]:
            raise HttpError(400, SELF_LINK)
        applying.add_link(self._site, type_id, ends[0].id, ends[1].id, uid)
        return empty_response(status=201)

    def get(self, call: Call, link_id: str) -> Json:
        """`GET /{id}`."""
        renderer = self._site.renderer(call)
        link = self._site.state.links.get(link_id)
        ends = [end for end in (link.source, link.target) if isinstance(end, str)] if link else []
        if link is None or not all(renderer.caller.eyes.see(self._site.state.issues[one]) for one in ends):
            raise HttpError(404, f"No issue link with id '{link_id}' exists.")
        return {
            "id": link.id,
            "self": f"{renderer.rest}/issueLink/{link.id}",
            "type": renderer.link_type(link.type_id),
            "inwardIssue": renderer.short_issue(link.source),
            "outwardIssue": renderer.short_issue(link.target),
        }

    def delete(self, call: Call, link_id: str) -> Response:
        """`DELETE /{id}`."""
        uid = self._site.caller(call).require()
        self.get(call, link_id)
        applying.remove_link(self._site, self._site.state.links[link_id], uid)
        return empty_response()
