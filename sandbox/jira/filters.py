"""Filters: saved queries, whose they are and with whom they are shared."""

from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import access, jql, shapes
from sandbox.jira.groups import group_row
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, flag, listed, number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.values import MAX_SHORT_TEXT

SHARE_TYPES = ("user", "group", "project", "projectRole", "global", "authenticated", "loggedin")
SCOPES = ("GLOBAL", "AUTHENTICATED", "PRIVATE")
DEFAULT_COLUMNS = (
    "issuetype",
    "issuekey",
    "summary",
    "assignee",
    "reporter",
    "priority",
    "status",
    "created",
    "updated",
)


class Filters:
    """The handlers of `/filter`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("GET", "/filter/search", self.search),
            ("GET", "/filter/my", self.mine),
            ("PUT", "/filter/<int:filter_id>/favourite", self.like),
            ("DELETE", "/filter/<int:filter_id>/favourite", self.unlike),
            ("PUT", "/filter/<int:filter_id>/owner", self.give_away),
            ("GET", "/filter/defaultShareScope", self.scope),
            ("PUT", "/filter/defaultShareScope", self.set_scope),
        ]
        return [
            ("POST", "/filter", self.create),
            ("GET", "/filter/favourite", self.favourites),
            ("GET", "/filter/<int:filter_id>", self.get),
            ("PUT", "/filter/<int:filter_id>", self.edit),
            ("DELETE", "/filter/<int:filter_id>", self.delete),
            ("GET", "/filter/<int:filter_id>/columns", self.columns),
            ("PUT", "/filter/<int:filter_id>/columns", self.set_columns),
            ("DELETE", "/filter/<int:filter_id>/columns", self.reset_columns),
            ("GET", "/filter/<int:filter_id>/permission", self.shares),
            ("POST", "/filter/<int:filter_id>/permission", self.share),
            ("GET", "/filter/<int:filter_id>/permission/<int:share_id>", self.one_share),
            ("DELETE", "/filter/<int:filter_id>/permission/<int:share_id>", self.unshare),
            *(cloud if self._site.state.cloud else cloud[5:]),
        ]

    def create(self, call: Call) -> Json:
        """`POST /filter`: name and JQL, with a description and shares if wanted."""
        uid = self._site.caller(call).require()
        body = body_object(call.json_body(), shapes.FILTER)
        self._check(body, uid, besides=None)
        row: Row = {"id": self._site.state.next_id("filter"), "owner": uid, "name": body["name"]}
        row |= {"jql": body.get("jql") or "", "description": body.get("description") or "", "sharePermissions": []}
        row["favourites"] = [uid] if body.get("favourite") else []
        for share in body.get("sharePermissions") or ():
            row["sharePermissions"].append(self._read_share(call, share))
        self._site.state.filters[row["id"]] = row
        return self._shown(call, row)

    def get(self, call: Call, filter_id: int) -> Json:
        """`GET /filter/{id}`."""
        return self._shown(call, self._found(call, filter_id))

    def edit(self, call: Call, filter_id: int) -> Json:
        """`PUT /filter/{id}`; shares are replaced whole when they are given."""
        row = self._own(call, filter_id)
        body = body_object(call.json_body(), shapes.FILTER)
        self._check({"name": row["name"], **body}, row["owner"], besides=filter_id)
        if body.get("sharePermissions") is not None:
            row["sharePermissions"] = [self._read_share(call, share) for share in body["sharePermissions"]]
        row |= {key: body[key] for key in ("name", "jql", "description") if body.get(key) is not None}
        self._site.state.writes += 1
        return self._shown(call, row)

    def delete(self, call: Call, filter_id: int) -> Response:
        """`DELETE /filter/{id}`."""
        self._own(call, filter_id)
        del self._site.state.filters[filter_id]
        self._site.state.writes += 1
        return empty_response()

    def search(self, call: Call) -> Json:
        """`GET /filter/search` (Cloud): pages of 50; what is expanded is `expand`'s to say."""
        args, state = call.args, self._site.state
        start, size = number(args.get("startAt"), 0), number(args.get("maxResults"), 50)
        owner, part = args.get("accountId") or args.get("owner"), (args.get("filterName") or "").casefold()
        ids = {number(one, 0) for one in listed(args.getlist("id"))}
        rows = [
            row
            for row in self._visible(call)
            if part in row["name"].casefold()
            and (not ids or row["id"] in ids)
            and (owner is None or state.user_id(row["owner"]) == state.user_id(owner))
        ]
        order = args.get("orderBy") or "name"
        key = order.lstrip("+-")
        rows.sort(key=lambda row: row["id"] if key == "id" else str(row.get(key) or row["name"]).casefold())
        if order.startswith("-"):
            rows.reverse()
        expand = set(listed(args.getlist("expand")))
        basic = {"expand", "self", "id", "name"}
        shown = [{k: v for k, v in self._shown(call, row).items() if k in basic | expand} for row in rows]
        return page_bean(shown, start=start, size=size, link=f"{self._site.renderer(call).rest}/filter/search")

    def mine(self, call: Call) -> Json:
        """`GET /filter/my` (Cloud), with the favourites of other owners when told."""
        uid, state = self._site.caller(call).require(), self._site.state
        liked = flag(call.args.get("includeFavourites"))
        rows = [
            row
            for row in self._visible(call)
            if state.user_id(row["owner"]) == uid or (liked and uid in row.get("favourites", ()))
        ]
        return [self._shown(call, row) for row in rows]

    def favourites(self, call: Call) -> Json:
        """`GET /filter/favourite`."""
        uid = self._site.caller(call).require()
        return [self._shown(call, row) for row in self._visible(call) if uid in row.get("favourites", ())]

    def like(self, call: Call, filter_id: int) -> Json:
        """`PUT /filter/{id}/favourite` (Cloud)."""
        row, uid = self._found(call, filter_id), self._site.caller(call).require()
        row["favourites"] = [*(one for one in row.get("favourites", ()) if one != uid), uid]
        return self._shown(call, row)

    def unlike(self, call: Call, filter_id: int) -> Json:
        """`DELETE /filter/{id}/favourite` (Cloud)."""
        row, uid = self._found(call, filter_id), self._site.caller(call).require()
        row["favourites"] = [one for one in row.get("favourites", ()) if one != uid]
        return self._shown(call, row)

    def give_away(self, call: Call, filter_id: int) -> Response:
        """`PUT /filter/{id}/owner` (Cloud)."""
        row = self._own(call, filter_id)
        owner = self._site.state.user_id(body_object(call.json_body()).get("accountId"))
        if owner is None:
            raise HttpError(400, "The user with the given accountId does not exist.")
        row["owner"] = owner
        return empty_response()

    def columns(self, call: Call, filter_id: int) -> Json:
        """`GET /filter/{id}/columns`."""
        row = self._found(call, filter_id)
        if row.get("columns") is None:
            raise HttpError(404, "The filter has no columns of its own.")
        fields = self._site.state.fields
        shown = [{"label": fields[one].name if one in fields else "Key", "value": one} for one in row["columns"]]
        return shown if self._site.state.cloud else {"columnConfig": "FILTER", "columnLayoutItems": _layout(shown)}

    def set_columns(self, call: Call, filter_id: int) -> Response:
        """`PUT /filter/{id}/columns`: a form, or JSON."""
        row = self._own(call, filter_id)
        given = body_object(call.json_body()).get("columns") if call.is_json else call.form.getlist("columns")
        known = {*self._site.state.fields, "issuekey"}
        if not isinstance(given, list) or not all(isinstance(one, str) and one in known for one in given):
            raise HttpError(400, "columns must be a list of ids of fields.")
        row["columns"] = given
        return json_response({})

    def reset_columns(self, call: Call, filter_id: int) -> Response:
        """`DELETE /filter/{id}/columns`."""
        self._own(call, filter_id)["columns"] = None
        return empty_response()

    def shares(self, call: Call, filter_id: int) -> Json:
        """`GET /filter/{id}/permission`."""
        return [self._shown_share(call, one) for one in self._found(call, filter_id).get("sharePermissions") or ()]

    def one_share(self, call: Call, filter_id: int, share_id: int) -> Json:
        """`GET /filter/{id}/permission/{permissionId}`."""
        for one in self._found(call, filter_id).get("sharePermissions") or ():
            if one["id"] == share_id:
                return self._shown_share(call, one)
        raise HttpError(404, f"There is no share permission with id {share_id}.")

    def share(self, call: Call, filter_id: int) -> Response:
        """`POST /filter/{id}/permission`; on Data Center it gives the share alone."""
        row = self._own(call, filter_id)
        given = self._read_share(call, body_object(call.json_body()))
        row["sharePermissions"] = [*(row.get("sharePermissions") or ()), given]
        shown = [self._shown_share(call, one) for one in row["sharePermissions"]]
        return json_response(shown if self._site.state.cloud else shown[-1], status=201)

    def unshare(self, call: Call, filter_id: int, share_id: int) -> Response:
        """`DELETE /filter/{id}/permission/{permissionId}`."""
        row = self._own(call, filter_id)
        self.one_share(call, filter_id, share_id)
        row["sharePermissions"] = [one for one in row["sharePermissions"] if one["id"] != share_id]
        return empty_response()

    def scope(self, call: Call) -> Json:
        """`GET /filter/defaultShareScope`."""
        uid = self._site.caller(call).require()
        return {"scope": self._site.state.users[uid].get("shareScope", "PRIVATE")}

    def set_scope(self, call: Call) -> Json:
        """`PUT /filter/defaultShareScope`."""
        uid = self._site.caller(call).require()
        wanted = body_object(call.json_body()).get("scope")
        if wanted not in SCOPES:
            raise HttpError(400, f"scope must be one of {', '.join(SCOPES)}.")
        self._site.state.users[uid]["shareScope"] = wanted
        return {"scope": wanted}

    def _check(self, body: Row, owner: str, *, besides: int | None) -> None:
        """Check name and query.

        Raises:
            HttpError: 400.
        """
        errors: dict[str, str] = {}
        name = str(body.get("name") or "").strip()
        taken = {
            row["name"].casefold()
            for one, row in self._site.state.filters.items()
            if one != besides and row["owner"] == owner
        }
        if not name:
            errors["filterName"] = "You must specify a name to save this filter as."
        elif len(name) > MAX_SHORT_TEXT:
            errors["filterName"] = "The entered filter name is too long, it must be less than 255 chars."
        elif name.casefold() in taken:
            errors["filterName"] = "Filter with same name already exists."
        messages: list[str] = []
        try:
            jql.parse(body.get("jql") or "")
        except jql.JqlError as error:
            messages = error.messages
        if errors or messages:
            raise HttpError(400, body={"errorMessages": messages, "errors": errors})

    def _read_share(self, call: Call, given: Any) -> Row:
        """Read one share as sent; raises HttpError 400."""
        kind = given.get("type") if isinstance(given, dict) else None
        if kind not in SHARE_TYPES:
            raise HttpError(400, f"The type of a share must be one of {', '.join(SHARE_TYPES)}.")
        share: Row = {"id": self._site.state.next_id("share"), "type": kind}
        part = {
            name: value if isinstance(value := given.get(name), dict) else {} for name in ("group", "project", "user")
        }
        if kind == "group":
            name = (
                given.get("groupname")
                or part["group"].get("name")
                or given.get("groupId")
                or part["group"].get("groupId")
            )
            group = group_row(self._site.state, str(name))
            if group is None:
                raise HttpError(400, f"The group '{name}' does not exist.")
            share["group"] = group["name"]
        elif kind in ("project", "projectRole"):
            ref = given.get("projectId") or part["project"].get("id") or part["project"].get("key")
            share["project"] = self._site.project(call, str(ref))["id"]
        elif kind == "user":
            ref = given.get("accountId") or given.get("userKey") or part["user"]
            share["user"] = self._site.state.user_id(ref)
            if share["user"] is None:
                raise HttpError(400, "The user to share with does not exist.")
        return share

    def _shown_share(self, call: Call, share: Row) -> Row:
        renderer = self._site.renderer(call)
        shown: Row = {"id": share["id"], "type": share["type"]}
        if "group" in share:
            group = group_row(self._site.state, share["group"]) or {"name": share["group"], "groupId": ""}
            link = f"{renderer.rest}/group?groupname={quote(group['name'])}"
            shown["group"] = {**(group if self._site.state.cloud else {"name": group["name"]}), "self": link}
        if "project" in share:
            shown["project"] = {k: v for k, v in renderer.project(share["project"]).items() if k != "projectCategory"}
            if not self._site.state.cloud:
                shown["project"].pop("projectTypeKey", None)
        if "user" in share:
            shown["user"] = renderer.user(self._site.state.user_id(share["user"]))
        return shown

    def _shown(self, call: Call, row: Row) -> Row:
        renderer, base = self._site.renderer(call), self._site.caller(call).base
        uid, query = self._site.caller(call).uid, quote(row["jql"])
        shown: Row = {
            "self": f"{renderer.rest}/filter/{row['id']}",
            "id": str(row["id"]),
            "name": row["name"],
            "description": row.get("description") or "",
            "owner": renderer.user(self._site.state.user_id(row["owner"])),
            "jql": row["jql"],
            "viewUrl": f"{base}/issues/?filter={row['id']}",
            "searchUrl": f"{renderer.rest}/search{'/jql' if self._site.state.cloud else ''}?jql={query}",
            "favourite": uid in row.get("favourites", ()),
            "sharePermissions": [self._shown_share(call, one) for one in row.get("sharePermissions") or ()],
        }
        if self._site.state.cloud:
            return {
                **shown,
                "expand": "description,owner,jql,viewUrl,searchUrl,favourite,favouritedCount,sharePermissions,"
                "editPermissions,isWritable,subscriptions",
                "favouritedCount": len(row.get("favourites", ())),
                "editPermissions": [],
                "subscriptions": {"size": 0, "items": [], "max-results": 1000, "start-index": 0, "end-index": 0},
            }
        return {**shown, "editable": self._site.state.user_id(row["owner"]) == uid}

    def _visible(self, call: Call) -> list[Row]:
        uid = self._site.caller(call).uid
        return [row for row in self._site.state.filters.values() if access.may_use_filter(self._site.state, uid, row)]

    def _found(self, call: Call, filter_id: int) -> Row:
        """Find a filter that the caller may use; raises HttpError 400 (Cloud) or 404 (Data Center)."""
        row = self._site.state.filters.get(filter_id)
        if row is None or not access.may_use_filter(self._site.state, self._site.caller(call).uid, row):
            message = f"The selected filter with id '{filter_id}' does not exist."
            raise HttpError(400, message)
        return row

    def _own(self, call: Call, filter_id: int) -> Row:
        row, uid = self._found(call, filter_id), self._site.caller(call).require()
        if self._site.state.user_id(row["owner"]) != uid and not self._site.state.administers(uid):
            raise HttpError(400, "You do not own this filter, and so cannot change it.")
        return row


def _layout(columns: list[Row]) -> list[Row]:
    return [{"id": one["value"], "position": at} for at, one in enumerate(columns)]
