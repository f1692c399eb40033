"""Groups, which users name, and the roles of projects, which users and groups have."""

import hashlib
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, listed, number, page_bean
from sandbox.jira.site import Site, Table
from sandbox.jira.state import State
from sandbox.jira.versions import administered


def group_names(state: State) -> list[str]:
    """List the names of the groups: those of the state and those that users name."""
    of_users = {str(name) for row in state.users.values() for name in row.get("groups") or ()}
    return sorted(of_users | set(state.groups))


def group_row(state: State, ref: str) -> Row | None:
    """Find a group by its name or id: `{"name", "groupId"}`."""
    for name in group_names(state):
        if ref in (name, group_id(name)):
            return {"name": name, "groupId": group_id(name)}
    return None


def group_id(name: str) -> str:
    """Give a group's id, made of its name."""
    digest = hashlib.sha256(f"group {name}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def members(state: State, name: str) -> list[str]:
    """List the users of a group."""
    return [uid for uid, row in state.users.items() if name in (row.get("groups") or ())]


class Groups:
    """The handlers of `/group` and `/groups`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud = [("GET", "/group/bulk", self.bulk), ("GET", "/user/groups", self.of_user)]
        return [
            ("GET", "/group", self.get),
            ("POST", "/group", self.create),
            ("DELETE", "/group", self.delete),
            ("GET", "/group/member", self.page_of_members),
            ("POST", "/group/user", self.add),
            ("DELETE", "/group/user", self.remove),
            ("GET", "/groups/picker", self.picker),
            *(cloud if self._site.state.cloud else []),
        ]

    def get(self, call: Call) -> Json:
        """`GET /group`; on Data Center, for older clients."""
        return self._shown(call, self._named(call))

    def create(self, call: Call) -> Response:
        """`POST /group`: for who administers the site."""
        self._allowed(call)
        name = body_object(call.json_body()).get("name")
        if not isinstance(name, str) or not name.strip():
            raise HttpError(400, "The name of the group is required.")
        if group_row(self._site.state, name) is not None:
            raise HttpError(400, f"A group or user with the name '{name}' already exists.")
        self._site.state.groups.append(name)
        return json_response(self._shown(call, name), status=201)

    def delete(self, call: Call) -> Response:
        """`DELETE /group`."""
        self._allowed(call)
        name, state = self._named(call), self._site.state
        state.groups = [one for one in state.groups if one != name]
        for row in state.users.values():
            row["groups"] = [one for one in row.get("groups") or () if one != name]
        return json_response({})

    def bulk(self, call: Call) -> Json:
        """`GET /group/bulk` (Cloud): pages of 50."""
        state, args = self._site.state, call.args
        names, ids = listed(args.getlist("groupName")), listed(args.getlist("groupId"))
        rows = [
            {"name": name, "groupId": group_id(name)}
            for name in group_names(state)
            if (not names and not ids) or name in names or group_id(name) in ids
        ]
        return self._page(call, rows, "/group/bulk")

    def page_of_members(self, call: Call) -> Json:
        """`GET /group/member`: pages of 50."""
        name, renderer = self._named(call), self._site.renderer(call)
        inactive = call.args.get("includeInactiveUsers") == "true"
        rows = [renderer.user(one) for one in members(self._site.state, name)]
        return self._page(call, [row for row in rows if row and (inactive or row["active"])], "/group/member")

    def add(self, call: Call) -> Response:
        """`POST /group/user`."""
        self._allowed(call)
        name, body = self._named(call), body_object(call.json_body())
        uid = self._site.state.user_id(body.get("accountId") or body.get("name"))
        if uid is None:
            raise HttpError(404, "The user does not exist.")
        row = self._site.state.users[uid]
        if name in (row.get("groups") or ()):
            raise HttpError(400, f"Cannot add user. '{row.get('displayName')}' is already a member of '{name}'")
        row["groups"] = [*(row.get("groups") or ()), name]
        return json_response(self._shown(call, name), status=201)

    def remove(self, call: Call) -> Response:
        """`DELETE /group/user`."""
        self._allowed(call)
        name = self._named(call)
        uid = self._site.state.user_id(call.args.get("accountId") or call.args.get("username") or "")
        if uid is None or name not in (self._site.state.users[uid].get("groups") or ()):
            raise HttpError(404 if uid is None else 400, f"The user is not a member of '{name}'.")
        row = self._site.state.users[uid]
        row["groups"] = [one for one in row["groups"] if one != name]
        if name not in group_names(self._site.state):
            self._site.state.groups.append(name)
        return json_response({})

    def picker(self, call: Call) -> Json:
        """`GET /groups/picker`: by a part of the name."""
        part = (call.args.get("query") or "").casefold()
        left_out = set(listed(call.args.getlist("exclude")))
        found = [one for one in group_names(self._site.state) if part in one.casefold() and one not in left_out]
        size = number(call.args.get("maxResults"), 20)
        rows = []
        for name in found[:size]:
            row: Row = {"name": name, "html": name, "labels": []}
            rows.append({**row, "groupId": group_id(name)} if self._site.state.cloud else row)
        header = f"Showing {len(rows)} of {len(found)} matching groups"
        return {"header": header, "total": len(found), "groups": rows}

    def of_user(self, call: Call) -> Json:
        """`GET /user/groups` (Cloud)."""
        self._site.caller(call).require()
        uid = self._site.state.user_id(call.args.get("accountId") or "")
        if uid is None:
            raise HttpError(404, "The user does not exist.")
        rest = self._site.renderer(call).rest
        return [
            {"name": name, "groupId": group_id(name), "self": f"{rest}/group?groupId={group_id(name)}"}
            for name in self._site.state.users[uid].get("groups") or ()
        ]

    def _page(self, call: Call, rows: list[Any], path: str) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}{path}")

    def _shown(self, call: Call, name: str) -> Row:
        renderer = self._site.renderer(call)
        users = [renderer.user(one) for one in members(self._site.state, name)]
        shown: Row = {"name": name, "self": f"{renderer.rest}/group?groupname={quote(name)}", "expand": "users"}
        if self._site.state.cloud:
            shown["groupId"] = group_id(name)
        page = {"size": len(users), "items": users if "users" in (call.args.get("expand") or "") else []}
        return {**shown, "users": {**page, "max-results": 50, "start-index": 0, "end-index": max(0, len(users) - 1)}}

    def _named(self, call: Call) -> str:
        self._site.caller(call).require()
        ref = call.args.get("groupId") or call.args.get("groupname")
        if not ref:
            raise HttpError(400, "The query parameter 'groupname' or 'groupId' is required.")
        found = group_row(self._site.state, ref)
        if found is None:
            raise HttpError(404, f"The group named '{ref}' does not exist.")
        return str(found["name"])

    def _allowed(self, call: Call) -> None:
        if not self._site.state.administers(self._site.caller(call).require()):
            raise HttpError(403, "Only administrators may manage groups.")


class Roles:
    """The handlers of `/role` and of a project's roles."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        return [
            ("GET", "/role", self.everywhere),
            ("GET", "/role/<int:role_id>", self.get),
            ("GET", "/project/<ref>/role", self.of_project),
            ("GET", "/project/<ref>/role/<int:role_id>", self.in_project),
            ("POST", "/project/<ref>/role/<int:role_id>", self.add),
            ("PUT", "/project/<ref>/role/<int:role_id>", self.set),
            ("DELETE", "/project/<ref>/role/<int:role_id>", self.remove),
            *([("GET", "/project/<ref>/roledetails", self.details)] if self._site.state.cloud else []),
        ]

    def everywhere(self, call: Call) -> Json:
        """`GET /role`."""
        self._site.caller(call).require()
        return [self._shown(call, row) for row in self._rows()]

    def get(self, call: Call, role_id: int) -> Json:
        """`GET /role/{id}`."""
        self._site.caller(call).require()
        return self._shown(call, self._found(role_id))

    def of_project(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/role`: addresses by name."""
        project, rest = self._site.project(call, ref), self._site.renderer(call).rest
        return {row["name"]: f"{rest}/project/{project['id']}/role/{row['id']}" for row in self._rows()}

    def details(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/roledetails` (Cloud)."""
        self._site.project(call, ref)
        return [
            {key: value for key, value in self._shown(call, row).items() if key != "actors"} for row in self._rows()
        ]

    def in_project(self, call: Call, ref: str, role_id: int) -> Json:
        """`GET /project/{ref}/role/{id}`."""
        project, row = self._site.project(call, ref), self._found(role_id)
        return self._shown(call, row, project)

    def add(self, call: Call, ref: str, role_id: int) -> Json:
        """`POST /project/{ref}/role/{id}`: users and groups beside those there are."""
        project, row = self._site.project(call, ref), self._found(role_id)
        administered(self._site, call, project, "change the actors of a role")
        there = self._actors(project, row)
        self._put(project, row, [*there, *(one for one in self._read(call) if one not in there)])
        return self._shown(call, row, project)

    def set(self, call: Call, ref: str, role_id: int) -> Json:
        """`PUT /project/{ref}/role/{id}`: `categorisedActors`, whole."""
        project, row = self._site.project(call, ref), self._found(role_id)
        administered(self._site, call, project, "change the actors of a role")
        given = body_object(call.json_body()).get("categorisedActors")
        lists = given if isinstance(given, dict) else {}
        users = lists.get("atlassian-user-role-actor") or []
        groups = lists.get("atlassian-group-role-actor") or lists.get("atlassian-group-role-actor-id") or []
        self._put(project, row, self._checked(users, groups))
        return self._shown(call, row, project)

    def remove(self, call: Call, ref: str, role_id: int) -> Response:
        """`DELETE /project/{ref}/role/{id}?user=` or `?group=`."""
        project, row = self._site.project(call, ref), self._found(role_id)
        administered(self._site, call, project, "change the actors of a role")
        group = call.args.get("group") or call.args.get("groupId")
        (gone,) = self._checked([call.args["user"]] if call.args.get("user") else [], [group] if group else [])[:1] or (
            None,
        )
        there = self._actors(project, row)
        if gone is None or gone not in there:
            raise HttpError(404 if gone else 400, "The actor to remove is not in the role.")
        self._put(project, row, [one for one in there if one != gone])
        return empty_response()

    def _rows(self) -> list[Row]:
        return self._site.state.known_roles()

    def _found(self, role_id: int) -> Row:
        for row in self._rows():
            if int(row["id"]) == role_id:
                return row
        raise HttpError(404, f"Can not find project role with id: {role_id}")

    def _actors(self, project: Row, role: Row) -> list[Row]:
        held = project.get("roles") or {}
        return list(held.get(role["name"]) or [])

    def _put(self, project: Row, role: Row, actors: list[Row]) -> None:
        project["roles"] = {**(project.get("roles") or {}), role["name"]: actors}

    def _read(self, call: Call) -> list[Row]:
        body = body_object(call.json_body())
        users, groups = body.get("user") or [], body.get("group") or body.get("groupId") or []
        return self._checked(users, groups)

    def _checked(self, users: Any, groups: Any) -> list[Row]:
        """Find the actors named; raises HttpError 400 or 404."""
        if not isinstance(users, list) or not isinstance(groups, list):
            raise HttpError(400, "The actors must be lists of users and groups.")
        found: list[Row] = []
        for ref in users:
            uid = self._site.state.user_id(ref) if isinstance(ref, str) else None
            if uid is None:
                raise HttpError(404, f"We can't find '{ref}' as a user.")
            found.append({"user": uid})
        for ref in groups:
            group = group_row(self._site.state, str(ref))
            if group is None:
                raise HttpError(404, f"We can't find '{ref}' as a group.")
            found.append({"group": group["name"]})
        return found

    def _shown(self, call: Call, row: Row, project: Row | None = None) -> Row:
        renderer, cloud = self._site.renderer(call), self._site.state.cloud
        place = f"project/{project['id']}/role" if project else "role"
        actors = []
        for at, actor in enumerate(self._actors(project, row) if project else []):
            if "user" in actor:
                user = renderer.user(actor["user"]) or {}
                shown: Row = {"displayName": user["displayName"], "type": "atlassian-user-role-actor"}
                shown |= {"actorUser": {"accountId": actor["user"]}} if cloud else {"name": user.get("name")}
            else:
                group = {"name": actor["group"], "displayName": actor["group"]}
                shown = {**group, "type": "atlassian-group-role-actor"}
                if cloud:
                    shown["actorGroup"] = {**group, "groupId": group_id(actor["group"])}
            actors.append({"id": 10_000 + at, **shown})
        told: Row = {"self": f"{renderer.rest}/{place}/{row['id']}", "name": row["name"], "id": int(row["id"])}
        return {**told, "description": row.get("description") or "", "actors": actors}
