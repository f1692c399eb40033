"""The small things as REST shows them: users, statuses, versions, options, comments, worklogs, changelog entries."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from sandbox.jira import adf, sprint_values, stamps
from sandbox.jira.auth import Caller
from sandbox.jira.jql_names import STATUS_CATEGORIES
from sandbox.jira.model import FieldDef, Issue, Kind, Link, Row
from sandbox.jira.state import State

_CATEGORY_COLOURS = {"undefined": "medium-gray", "new": "blue-gray", "indeterminate": "yellow", "done": "green"}
_AVATAR_SIZES = ("48x48", "24x24", "16x16", "32x32")


class Renderer:
    """Renders the state's rows for one caller."""

    def __init__(self, state: State, caller: Caller) -> None:
        self.state = state
        self.caller = caller
        self.rest = f"{caller.base}/rest/api/{caller.version}"
        self._plain: Mapping[Kind, Callable[[Any], Any]] = {
            Kind.PROJECT: self.project,
            Kind.ISSUETYPE: self.issuetype,
            Kind.STATUS: self.status,
            Kind.PRIORITY: self.priority,
            Kind.RESOLUTION: self.resolution,
            Kind.SECURITY: self.security,
            Kind.USER: self.user,
            Kind.DATETIME: self.instant,
            Kind.TEXTAREA: self.long_text,
            Kind.PARENT: self.short_issue,
        }

    def instant(self, milliseconds: int) -> str:
        """Write an instant in the caller's zone."""
        return stamps.render_instant(milliseconds, self.caller.zone)

    def long_text(self, text: str | None) -> Any:
        """Write long text: wiki mark-up in version 2, a document in version 3."""
        return adf.document_of(text) if text is not None and self.caller.version == 3 else text

    def user(self, uid: str | None) -> Row | None:
        """Show a user. What it gives is kept and shared, so nobody may change it."""
        if uid is None:
            return None
        key = (self.rest, uid)
        kept = self.state.shown_users.get(key)
        if kept is None:
            kept = self.state.shown_users[key] = self._user(uid)
        return kept

    def _user(self, uid: str) -> Row:
        row = self.state.users[uid]
        avatars = {size: f"{self.caller.base}/secure/useravatar?size={size}&ownerId={uid}" for size in _AVATAR_SIZES}
        shown: Row = {"self": f"{self.rest}/user?{'accountId' if self.state.cloud else 'username'}={uid}"}
        names = ("accountId",) if self.state.cloud else ("name", "key")
        shown |= {name: row[name] for name in names if row.get(name)}
        if row.get("emailAddress"):
            shown["emailAddress"] = row["emailAddress"]
        shown |= {"avatarUrls": avatars, "displayName": row.get("displayName", uid), "active": row.get("active", True)}
        shown["timeZone"] = row.get("timeZone") or self.state.site.get("time_zone") or "UTC"
        if self.state.cloud:
            shown["accountType"] = row.get("accountType", "atlassian")
        return shown

    def category(self, key: str) -> Row:
        """Show a status category."""
        category_id, name = STATUS_CATEGORIES[key]
        return {
            "self": f"{self.rest}/statuscategory/{category_id}",
            "id": int(category_id),
            "key": key,
            "colorName": _CATEGORY_COLOURS[key],
            "name": name,
        }

    def status(self, status_id: str) -> Row:
        """Show a status."""
        row = self.state.tables["statuses"][status_id]
        return {
            "self": f"{self.rest}/status/{status_id}",
            "description": row.get("description") or "",
            "iconUrl": f"{self.caller.base}/images/icons/statuses/generic.png",
            "name": row["name"],
            "id": status_id,
            "statusCategory": self.category(row.get("category", "new")),
        }

    def issuetype(self, type_id: str) -> Row:
        """Show an issue type."""
        row = self.state.tables["issuetypes"][type_id]
        subtask = bool(row.get("subtask"))
        shown = {
            "self": f"{self.rest}/issuetype/{type_id}",
            "id": type_id,
            "description": row.get("description") or "",
            "iconUrl": f"{self.caller.base}/images/icons/issuetypes/{'subtask' if subtask else 'generic'}.png",
            "name": row["name"],
            "subtask": subtask,
        }
        if self.state.cloud:
            shown["hierarchyLevel"] = row.get("hierarchyLevel", -1 if subtask else 0)
        return shown

    def project(self, project_id: str) -> Row:
        """Show a project as a field value."""
        row = self.state.projects[project_id]
        shown = {
            "self": f"{self.rest}/project/{project_id}",
            "id": project_id,
            "key": row["key"],
            "name": row["name"],
            "projectTypeKey": row.get("projectTypeKey", "software"),
            "avatarUrls": {
                size: f"{self.caller.base}/secure/projectavatar?size={size}&pid={project_id}" for size in _AVATAR_SIZES
            },
        }
        if self.state.cloud:
            shown["simplified"] = False
        if row.get("projectCategory"):
            shown["projectCategory"] = {
                "self": f"{self.rest}/projectCategory/{row['projectCategory']['id']}",
                **row["projectCategory"],
            }
        return shown

    def version(self, version_id: str, *, full: bool = False) -> Row:
        """Show a version; `full` as the version resource does."""
        row = self.state.versions[version_id]
        shown: Row = {"self": f"{self.rest}/version/{version_id}", "id": version_id}
        if row.get("description") is not None:
            shown["description"] = row["description"]
        shown |= {
            "name": row["name"],
            "archived": row.get("archived", False),
            "released": row.get("released", False),
        }
        shown |= {
            key: row[key] for key in ("startDate", "releaseDate") if row.get(key) and (full or key != "startDate")
        }
        if full:
            shown["projectId"] = int(row["projectId"])
        return shown

    def component(self, component_id: str, *, full: bool = False) -> Row:
        """Show a component; `full` as the component resource does."""
        row = self.state.components[component_id]
        shown: Row = {"self": f"{self.rest}/component/{component_id}", "id": component_id, "name": row["name"]}
        if row.get("description") is not None:
            shown["description"] = row["description"]
        if full:
            project = self.state.projects[row["projectId"]]
            shown |= {"assigneeType": row.get("assigneeType", "PROJECT_DEFAULT"), "isAssigneeTypeValid": False}
            if row.get("lead"):
                shown["lead"] = self.user(self.state.user_id(row["lead"]))
            shown |= {"project": project["key"], "projectId": int(project["id"])}
        return shown

    def priority(self, row_id: str) -> Row:
        """Show a priority."""
        row = self.state.tables["priorities"][row_id]
        icon = f"{self.caller.base}/images/icons/priorities/{row['name'].lower()}.svg"
        return {"self": f"{self.rest}/priority/{row_id}", "iconUrl": icon, "name": row["name"], "id": row_id}

    def resolution(self, row_id: str) -> Row:
        """Show a resolution."""
        row = self.state.tables["resolutions"][row_id]
        return {
            "self": f"{self.rest}/resolution/{row_id}",
            "id": row_id,
            "description": row.get("description") or "",
            "name": row["name"],
        }

    def security(self, row_id: str) -> Row:
        """Show a security level."""
        row = self.state.tables["security_levels"][row_id]
        return {
            "self": f"{self.rest}/securitylevel/{row_id}",
            "id": row_id,
            "description": row.get("description") or "",
            "name": row["name"],
        }

    def link_type(self, row_id: str) -> Row:
        """Show a link type."""
        row = self.state.tables["link_types"][row_id]
        return {
            "id": row_id,
            "name": row["name"],
            "inward": row.get("inward", row["name"]),
            "outward": row.get("outward", row["name"]),
            "self": f"{self.rest}/issueLinkType/{row_id}",
        }

    def option(self, field: FieldDef, option_id: str) -> Row:
        """Show a select's option."""
        value = next((option["value"] for option in field.options if option["id"] == option_id), option_id)
        return {"self": f"{self.rest}/customFieldOption/{option_id}", "value": value, "id": option_id}

    def short_issue(self, ref: Any) -> Row:
        """Show an issue inside another: parent, sub-task, end of a link."""
        if not isinstance(ref, str):
            return dict(ref)
        issue = self.state.issues[ref]
        fields = issue.fields
        priority = fields.get("priority")
        return {
            "id": issue.id,
            "key": issue.key,
            "self": f"{self.rest}/issue/{issue.id}",
            "fields": {
                "summary": fields.get("summary"),
                "status": self.status(fields["status"]),
                **({"priority": self.priority(priority)} if priority else {}),
                "issuetype": self.issuetype(fields["issuetype"]),
            },
        }

    def link(self, link: Link, issue: Issue) -> Row:
        """Show a link as one of its issues has it."""
        outward = link.source == issue.id
        return {
            "id": link.id,
            "self": f"{self.rest}/issueLink/{link.id}",
            "type": self.link_type(link.type_id),
            "outwardIssue" if outward else "inwardIssue": self.short_issue(link.target if outward else link.source),
        }

    def comment(self, issue: Issue, row: Row, *, properties: bool = False) -> Row:
        """Show a comment."""
        shown: Row = {"self": f"{self.rest}/issue/{issue.id}/comment/{row['id']}", "id": row["id"]}
        if row.get("author"):
            shown["author"] = self.user(row["author"])
        if row.get("body") is not None:
            shown["body"] = self.long_text(row["body"])
        if row.get("updateAuthor") or row.get("author"):
            shown["updateAuthor"] = self.user(row.get("updateAuthor") or row["author"])
        shown["created"] = self.instant(row["created"])
        shown["updated"] = self.instant(row.get("updated") or row["created"])
        if self.state.cloud:
            shown["jsdPublic"] = True
        if row.get("visibility"):
            shown["visibility"] = row["visibility"]
        if properties:
            shown["properties"] = row.get("properties") or []
        return shown

    def worklog(self, issue: Issue, row: Row, *, properties: bool = False) -> Row:
        """Show a worklog."""
        shown: Row = {"self": f"{self.rest}/issue/{issue.id}/worklog/{row['id']}"}
        shown |= {
            "author": self.user(row["author"]),
            "updateAuthor": self.user(row.get("updateAuthor") or row["author"]),
        }
        if row.get("comment"):
            shown["comment"] = self.long_text(row["comment"])
        shown |= {
            "created": self.instant(row["created"]),
            "updated": self.instant(row.get("updated") or row["created"]),
            "started": self.instant(row.get("started") or row["created"]),
            "timeSpent": stamps.render_duration(row["timeSpentSeconds"]),
            "timeSpentSeconds": row["timeSpentSeconds"],
            "id": row["id"],
            "issueId": issue.id,
        }
        if properties:
            shown["properties"] = row.get("properties") or []
        return shown

    def entry(self, row: Row) -> Row:
        """Show an entry of the changelog."""
        shown: Row = {"id": row["id"]}
        if row.get("author"):
            shown["author"] = self.user(row["author"])
        return {**shown, "created": self.instant(row["created"]), "items": row["items"]}

    def changelog(self, issue: Issue, *, newest: int | None = None) -> Row:
        """Show the changelog as `expand=changelog` gives it, newest first on Cloud; only so many, when told."""
        rows = issue.entries if newest is None else issue.entries[max(0, len(issue.entries) - newest) :]
        histories = [self.entry(row) for row in (rows[::-1] if self.state.cloud else rows)]
        return {"startAt": 0, "maxResults": len(histories), "total": len(issue.entries), "histories": histories}

    def attachment(self, row: Row) -> Row:
        """Show an attachment."""
        attachment_id, name = row["id"], quote(row["filename"])
        shown: Row = {
            "self": f"{self.rest}/attachment/{attachment_id}",
            "id": attachment_id,
            "filename": row["filename"],
        }
        shown |= {"author": self.user(row["author"])} if row.get("author") else {}
        shown |= {"created": self.instant(row["created"]), "mimeType": row["mimeType"]}
        shown["size"] = len(b64decode(row["content"]))
        place = f"{self.rest}/attachment/content/{attachment_id}"
        small = f"{self.rest}/attachment/thumbnail/{attachment_id}"
        if not self.state.cloud:
            place, small = (
                f"{self.caller.base}/secure/{one}/{attachment_id}/{name}" for one in ("attachment", "thumbnail")
            )
        shown["content"] = place
        return {**shown, "thumbnail": small} if row["mimeType"].startswith("image/") else shown

    def votes(self, issue: Issue) -> Row:
        """Show how many voted, and whether the caller did."""
        link = f"{self.rest}/issue/{issue.key}/votes"
        return {"self": link, "votes": len(issue.voters), "hasVoted": self.caller.uid in issue.voters}

    def watches(self, issue: Issue) -> Row:
        """Show how many watch, and whether the caller does."""
        link = f"{self.rest}/issue/{issue.key}/watchers"
        return {"self": link, "watchCount": len(issue.watchers), "isWatching": self.caller.uid in issue.watchers}

    def remote_link(self, issue: Issue, row: Row) -> Row:
        """Show a remote link."""
        shown: Row = {"id": row["id"], "self": f"{self.rest}/issue/{issue.id}/remotelink/{row['id']}"}
        if row.get("globalId") is not None:
            shown["globalId"] = row["globalId"]
        shown["application"] = row.get("application") or {}
        if row.get("relationship") is not None:
            shown["relationship"] = row["relationship"]
        status = (row.get("object") or {}).get("status") or {}
        return {**shown, "object": {"icon": {}, **(row.get("object") or {}), "status": {"icon": {}, **status}}}

    def value(self, field: FieldDef, stored: Any) -> Any:
        """Show a stored field value."""
        if field.kind in (Kind.LABELS, Kind.MULTISELECT, Kind.MULTIUSER, Kind.VERSIONS, Kind.COMPONENTS):
            return self._several(field, stored or [])
        if stored is None:
            return None
        if field.kind in self._plain:
            return self._plain[field.kind](stored)
        if field.kind is Kind.SELECT:
            return self.option(field, stored)
        if field.kind is Kind.CASCADE:
            above = field.option_above(stored)
            shown = self.option(field, stored)
            return {**self.option(field, above), "child": shown} if above else shown
        if field.kind is Kind.SPRINT:
            return sprint_values.field_value(self.state, stored)
        if field.kind is Kind.EPIC_LINK:
            return self.state.issues[stored].key if isinstance(stored, str) else stored["key"]
        return stored

    def _several(self, field: FieldDef, stored: list[Any]) -> list[Any]:
        match field.kind:
            case Kind.MULTISELECT:
                return [self.option(field, one) for one in stored]
            case Kind.MULTIUSER:
                return [self.user(one) for one in stored]
            case Kind.VERSIONS:
                return [self.version(one) for one in stored if one in self.state.versions]
            case Kind.COMPONENTS:
                return [self.component(one) for one in stored if one in self.state.components]
            case _:
                return list(stored)
