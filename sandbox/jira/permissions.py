"""Permissions: which there are, who has them where. What `access` knows is told under Jira's names."""

from typing import Any

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira import access
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, listed
from sandbox.jira.site import Site, Table

PERMISSIONS = {
    "BROWSE_PROJECTS": ("10", "Browse Projects"),
    "CREATE_ISSUES": ("11", "Create Issues"),
    "EDIT_ISSUES": ("12", "Edit Issues"),
    "TRANSITION_ISSUES": ("46", "Transition Issues"),
    "ADD_COMMENTS": ("15", "Add Comments"),
    "LINK_ISSUES": ("21", "Link Issues"),
    "DELETE_ISSUES": ("16", "Delete Issues"),
    "WORK_ON_ISSUES": ("20", "Work On Issues"),
    "ASSIGN_ISSUES": ("13", "Assign Issues"),
    "CREATE_ATTACHMENTS": ("19", "Create Attachments"),
    "MANAGE_WATCHERS": ("32", "Manage Watchers"),
    "MANAGE_SPRINTS_PERMISSION": ("-1", "Manage Sprints"),
    "SET_ISSUE_SECURITY": ("26", "Set Issue Security"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects"),
    "ADMINISTER": ("0", "Administer Jira"),
}
"""Id and name by key."""

GLOBAL = frozenset({"ADMINISTER"})


def check_of(key: str) -> access.Check:
    """Give what says whether a permission is had in a project."""
    if key == "BROWSE_PROJECTS":
        return access.may_browse
    return access.may_administer if key.startswith("ADMINISTER") else access.may_edit


class Permissions:
    """The handlers of `/permissions` and `/mypermissions`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("POST", "/permissions/check", self.check),
            ("POST", "/permissions/project", self.projects),
        ]
        return [
            ("GET", "/mypermissions", self.mine),
            ("GET", "/permissions", self.all),
            *(cloud if self._site.state.cloud else []),
        ]

    def all(self, call: Call) -> Json:
        """`GET /permissions`."""
        self._site.caller(call).require()
        return {"permissions": {key: _told(key) for key in PERMISSIONS}}

    def mine(self, call: Call) -> Json:
        """`GET /mypermissions`, for one project or issue or the whole site."""
        state, caller, args = self._site.state, self._site.caller(call), call.args
        project: Row | None = None
        if ref := args.get("projectKey") or args.get("projectId"):
            project = self._site.project(call, ref)
        elif ref := args.get("issueKey") or args.get("issueId"):
            project = state.project_of(self._site.issue(call, ref))
        wanted = listed(args.getlist("permissions"))
        if state.cloud and not wanted:
            raise HttpError(400, "The 'permissions' query parameter is required.")
        if unknown := [one for one in wanted if one not in PERMISSIONS]:
            raise HttpError(400, f"Unrecognized permission: {', '.join(unknown)}")
        places = [project] if project else list(state.projects.values())
        rows = {}
        for key in wanted or PERMISSIONS:
            had = any(check_of(key)(state, caller.uid, one) for one in places)
            rows[key] = {**_told(key), "havePermission": had}
        return {"permissions": rows}

    def check(self, call: Call) -> Json:
        """`POST /permissions/check` (Cloud): of oneself, or of another user for who administers the site."""
        state, me = self._site.state, self._site.caller(call).require()
        body = body_object(call.json_body())
        uid = state.user_id(body["accountId"]) if body.get("accountId") else me
        if uid != me and not state.administers(me):
            raise HttpError(403, "Only administrators may ask about other users.")
        had = [one for one in self._known(body.get("globalPermissions") or []) if uid and state.administers(uid)]
        shown = []
        groups = body.get("projectPermissions") or []
        if not isinstance(groups, list) or not all(isinstance(one, dict) for one in groups):
            raise HttpError(400, "projectPermissions must be a list of objects.")
        for group in groups:
            projects, issues = self._ids(group.get("projects")), self._ids(group.get("issues"))
            for key in self._known(group.get("permissions")):
                test = check_of(key)
                good = [one for one in projects if one in state.projects and test(state, uid, state.projects[one])]
                fine = [one for one in issues if one in state.issues and self._may(uid, test, one)]
                shown.append({"permission": key, "projects": list(map(int, good)), "issues": list(map(int, fine))})
        return {"globalPermissions": had, "projectPermissions": shown}

    def _may(self, uid: str | None, test: access.Check, issue_id: str) -> bool:
        issue = self._site.state.issues[issue_id]
        seen = access.Eyes(self._site.state, uid).see(issue)
        return seen and test(self._site.state, uid, self._site.state.project_of(issue))

    def projects(self, call: Call) -> Json:
        """`POST /permissions/project` (Cloud): where the caller has all the permissions named."""
        uid, state = self._site.caller(call).require(), self._site.state
        tests = [check_of(key) for key in self._known(body_object(call.json_body()).get("permissions"))]
        rows = [row for row in state.projects.values() if all(test(state, uid, row) for test in tests)]
        return {"projects": [{"id": int(row["id"]), "key": row["key"]} for row in rows]}

    @staticmethod
    def _known(given: Any) -> list[str]:
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise HttpError(400, "The permissions must be a list of keys.")
        if unknown := [one for one in given if one not in PERMISSIONS]:
            raise HttpError(400, f"Unrecognized permission: {', '.join(unknown)}")
        return given

    @staticmethod
    def _ids(given: Any) -> list[str]:
        if given is not None and (not isinstance(given, list) or any(type(one) not in (int, str) for one in given)):
            raise HttpError(400, "Projects and issues are named by lists of ids.")
        return [str(one) for one in given or ()]


def _told(key: str) -> Row:
    permission_id, name = PERMISSIONS[key]
    kind = "GLOBAL" if key in GLOBAL else "PROJECT"
    return {"id": permission_id, "key": key, "name": name, "type": kind, "description": name}
