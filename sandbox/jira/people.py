"""Finding people: by name, by group, by what they may do; and their own properties."""

from collections.abc import Iterable
from html import escape

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira import access
from sandbox.jira.groups import Groups
from sandbox.jira.model import Row
from sandbox.jira.paging import listed, number, page_bean
from sandbox.jira.site import Site, Table

MAX_USERS = 1000
"""Users that a list gives at most."""

SEARCHED = ("displayName", "emailAddress", "name")


class People:
    """The handlers of `/user` and `/users`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("GET", "/users/search", self.everyone),
            ("GET", "/users", self.everyone),
            ("GET", "/user/bulk", self.bulk),
            ("GET", "/user/search/query", self.query),
            ("GET", "/user/email", self.email),
        ]
        return [
            ("GET", "/user", self.get),
            ("GET", "/user/search", self.search),
            ("GET", "/user/picker", self.picker),
            ("GET", "/user/assignable/search", self.assignable),
            ("GET", "/user/assignable/multiProjectSearch", self.assignable_in_all),
            ("GET", "/user/viewissue/search", self.viewers),
            ("GET", "/user/permission/search", self.permitted),
            ("GET", "/groupuserpicker", self.groups_and_users),
            *(cloud if self._site.state.cloud else []),
        ]

    def get(self, call: Call) -> Json:
        """`GET /user?accountId=` or `?username=` or `?key=`."""
        self._site.caller(call).require()
        ref = next((call.args[key] for key in ("accountId", "username", "key") if call.args.get(key)), None)
        if ref is None:
            raise HttpError(400, "Either the 'username' or the 'key' query parameters need to be provided")
        found = self._site.state.user_id(ref)
        if found is None:
            raise HttpError(404, f"The user '{ref}' does not exist")
        extra = {name: {"size": 0, "items": []} for name in ("groups", "applicationRoles")}
        return {**(self._site.renderer(call).user(found) or {}), **extra, "expand": "groups,applicationRoles"}

    def search(self, call: Call) -> Json:
        """`GET /user/search`: by name, mail or account id; pages of 50."""
        args = call.args
        if account := args.get("accountId"):
            self._site.caller(call).require()
            found = self._site.state.user_id(account)
            return self._shown(call, [found] if found else [])
        wanted = args.get("query") if self._site.state.cloud else args.get("username")
        if wanted is None:
            raise HttpError(400, "The 'query' or 'username' query parameter is required.")
        return self._page(call, self._like(wanted))

    def everyone(self, call: Call) -> Json:
        """`GET /users` and `/users/search` (Cloud): active, inactive and apps."""
        return self._page(call, self._site.state.users)

    def bulk(self, call: Call) -> Json:
        """`GET /user/bulk` (Cloud): by `accountId`, given several times; who is unknown is left out."""
        self._site.caller(call).require()
        ids = call.args.getlist("accountId")
        if not ids:
            raise HttpError(400, "The accountId query parameter is required.")
        return self._bean(call, self._shown(call, [one for one in ids if one in self._site.state.users]), "/user/bulk")

    def query(self, call: Call) -> Json:
        """`GET /user/search/query` (Cloud): `is assignee of PROJECT`; reporter, watcher, voter likewise."""
        self._site.caller(call).require()
        words = (call.args.get("query") or "").split()
        roles = {"assignee": "assignee", "reporter": "reporter", "watcher": "watchers", "voter": "voters"}
        if len(words) != 4 or words[0] != "is" or words[1] not in roles or words[2] != "of":
            raise HttpError(400, "The query must be of the form 'is assignee of KEY'.")
        wanted = {one.strip("() ").upper() for one in words[3].split(",")}
        found: dict[str, None] = {}
        for issue in self._site.state.issues.values():
            project = self._site.state.project_of(issue)["key"]
            if wanted & {project, issue.key} and self._site.caller(call).eyes.see(issue):
                name = roles[words[1]]
                here = getattr(issue, name) if name in ("watchers", "voters") else [issue.fields.get(name)]
                found |= dict.fromkeys(one for one in here if one)
        return self._bean(call, self._shown(call, found), "/user/search/query")

    def email(self, call: Call) -> Json:
        """`GET /user/email` (Cloud)."""
        self._site.caller(call).require()
        found = self._site.state.user_id(call.args.get("accountId") or "")
        if found is None:
            raise HttpError(404, "The user does not exist.")
        return {"accountId": found, "email": self._site.state.users[found].get("emailAddress") or ""}

    def picker(self, call: Call) -> Json:
        """`GET /user/picker`: for a field in which one types."""
        self._site.caller(call).require()
        wanted = call.args.get("query") or ""
        out = set(listed([*call.args.getlist("exclude"), *call.args.getlist("excludeAccountIds")]))
        found = [one for one in self._like(wanted) if one not in out]
        rows = [self._picked(call, one, wanted) for one in found[: number(call.args.get("maxResults"), 50)]]
        return {"users": rows, "total": len(found), "header": f"Showing {len(rows)} of {len(found)} matching users"}

    def groups_and_users(self, call: Call) -> Json:
        """`GET /groupuserpicker`."""
        groups = Groups(self._site).picker(call)
        return {"users": self.picker(call), "groups": groups}

    def _picked(self, call: Call, uid: str, wanted: str) -> Row:
        user = self._site.renderer(call).user(uid) or {}
        name = escape(str(user["displayName"]))
        shown: Row = {
            key: user[key] for key in ("accountId", "accountType", "name", "key", "displayName") if key in user
        }
        marked = f"<strong>{escape(wanted)}</strong>"
        return {**shown, "html": name.replace(escape(wanted), marked) if wanted else name}

    def assignable(self, call: Call) -> Json:
        """`GET /user/assignable/search`: for a project or an issue."""
        ref = call.args.get("project") or call.args.get("projectKey")
        if ref is None and (issue := call.args.get("issueKey") or call.args.get("issueId")):
            ref = self._site.issue(call, issue).fields["project"]
        if ref is None:
            raise HttpError(400, "A project or issue must be named.")
        return self._page(call, self._who(call, [self._site.project(call, ref)], access.may_browse))

    def assignable_in_all(self, call: Call) -> Json:
        """`GET /user/assignable/multiProjectSearch`."""
        keys = listed(call.args.getlist("projectKeys"))
        if not keys:
            raise HttpError(400, "The projectKeys query parameter is required.")
        return self._page(call, self._who(call, [self._site.project(call, one) for one in keys], access.may_browse))

    def viewers(self, call: Call) -> Json:
        """`GET /user/viewissue/search`."""
        return self._page(call, self._who(call, [self._project(call)], access.may_browse))

    def permitted(self, call: Call) -> Json:
        """`GET /user/permission/search`."""
        wanted = listed(call.args.getlist("permissions"))
        if not wanted:
            raise HttpError(400, "The permissions query parameter is required.")
        check = access.may_edit if set(wanted) - {"BROWSE", "BROWSE_PROJECTS"} else access.may_browse
        if any("ADMINISTER" in one for one in wanted):
            check = access.may_administer
        return self._page(call, self._who(call, [self._project(call)], check))

    def _project(self, call: Call) -> Row:
        if key := call.args.get("issueKey"):
            return self._site.state.project_of(self._site.issue(call, key))
        if key := call.args.get("projectKey"):
            return self._site.project(call, key)
        raise HttpError(400, "A project or issue must be named.")

    def _who(self, call: Call, projects: list[Row], check: access.Check) -> list[str]:
        """List the active users, alike to the query if there is one, who pass the check in all the projects."""
        self._site.caller(call).require()
        state = self._site.state
        wanted = call.args.get("query") or call.args.get("username") or call.args.get("accountId") or ""
        found = [one for one in self._like(wanted) if state.users[one].get("active", True)]
        return [one for one in found if all(check(state, one, project) for project in projects)]

    def _like(self, wanted: str) -> list[str]:
        words, users = wanted.casefold(), self._site.state.users
        if words in ("", ".", "%"):
            return list(users)
        return [
            uid
            for uid, row in users.items()
            if words == uid.casefold() or any(words in str(row.get(key) or "").casefold() for key in SEARCHED)
        ]

    def _shown(self, call: Call, ids: Iterable[str]) -> list[Row]:
        renderer = self._site.renderer(call)
        return [row for one in ids if (row := renderer.user(one)) is not None]

    def _page(self, call: Call, ids: Iterable[str]) -> list[Row]:
        """Cut a plain list, 50 users unless told otherwise."""
        self._site.caller(call).require()
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        if start < 0 or size < 0:
            raise HttpError(400, "startAt and maxResults must not be negative.")
        return self._shown(call, list(ids)[start : start + min(size, MAX_USERS)])

    def _bean(self, call: Call, rows: list[Row], path: str) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}{path}")
