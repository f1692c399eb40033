"""The whole state of the stand-in, and its form as JSON.

The document (every key but `deployment`, `users`, `projects`, `issuetypes`, `statuses` and `issues` may be left out)::

    {
      "format": 1,
      "deployment": "cloud",                       # or "data-center"
      "site": {"title": "Nimbus Jira", "base_url": null, "time_zone": "UTC"},
                                                   # base_url: in self links; null = the address called
      "index_lag_seconds": 0,                      # how far /search runs behind writes
      "switches": {"bumps_updated": ["comment"], "limits": {"burst_per_second": 50}},   # see sandbox.jira.switches
      "faults": [ ... ],                           # rules as in sandbox.core.faults, in force from the start
      "users": [
        {"accountId": "5b10a:ann", "name": "ann", "key": "ann", "displayName": "Ann Example",
         "emailAddress": "ann@nimbus.example", "timeZone": "Europe/Berlin", "active": true, "accountType": "atlassian",
         "token": "secret",                        # Cloud needs accountId, Data Center name (key defaults to it);
         "scoped_token": "...",                    # token: the API token or PAT by which this user logs in;
         "token_expires": "2027-01-01T00:00:00.000+0000",         # left out = never
         "groups": ["jira-developers"]}            # scoped_token: one that is good at the gateway alone (Cloud)
      ],
      "oauth_clients": [{"client_id": "...", "client_secret": "...", "user": USER,      # who consents at /authorize
                         "scopes": [...], "redirect_uris": [...]}],                     # left out = all, any
      "filters": [{"id": 10000, "name": "Open ones", "owner": USER, "jql": "resolution = Unresolved", "description": "",
                   "sharePermissions": [{"id": 1, "type": "authenticated"}], "favourites": [USER]}],
                                                   # shares: global, authenticated, or user, group, project so named
      "groups": ["nobody-yet"],                    # groups without members; users name the others
      "project_categories": [{"id": "10000", "name": "Partners", "description": ""}],     # projects name the others
      "roles": [{"id": 10002, "name": "Administrators"}],      # of projects; left out = Administrators and Developers
      "boards": [{"id": 1, "name": "NIM board", "type": "scrum", "project": "NIM", "jql": "project = NIM",
                  "filter": 10000, "quickfilters": [{"id": 1, "name": "Mine", "jql": "assignee = currentUser()"}],
                  "estimation": "customfield_10016"}],         # a filter's query wins over jql, that over project
      "sprints": [{"id": 1, "name": "Sprint 1", "state": "active", "originBoardId": 1, "goal": "", "startDate": "...",
                   "endDate": "...", "completeDate": "..."}],     # future, active, closed
      "webhooks": [{"id": 1, "name": "syncline", "url": "http://127.0.0.1:1/", "events": ["jira:issue_updated"],
                    "jql": "project = NIM", "secret": "...", "enabled": true, "dynamic": false}],
      "projects": [
        {"id": "10000", "key": "NIM", "name": "Nimbus", "lead": USER, "description": "", "archived": false,
         "issuetypes": ["Story", "Epic"],          # names or ids; left out = all
         "browse": [USER], "edit": [USER], "administer": [USER],   # left out = everyone logged in
         "anonymous": false,                       # whether callers without valid credentials may browse
         "versions": [{"id": "1", "name": "1.0", "releaseDate": "2026-12-01", "startDate": "...", "released": false,
                       "archived": false, "description": "..."}],
         "components": [{"id": "1", "name": "API", "description": "..."}],
         "projectCategory": {...}, "roles": {"Developers": [{"user": USER}, {"group": "staff"}]}, "properties": {}}
      ],
      "issuetypes": [{"id": "10001", "name": "Story", "subtask": false, "hierarchyLevel": 0}],
                                                   # hierarchyLevel: 1 Epic, 0 standard (default), -1 sub-task
      "statuses": [{"id": "1", "name": "To Do", "category": "new", "description": ""}],  # new, indeterminate, done
      "resolutions": [{"id": "1", "name": "Done", "description": ""}],
      "priorities": [{"id": "3", "name": "Medium"}],
      "link_types": [{"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
      "security_levels": [{"id": "1", "name": "Partner confidential", "projects": ["NIM"], "members": [USER]}],
      "workflows": [{"name": "default", "initial": "To Do",
                     "transitions": [{"id": "11", "name": "Start", "from": ["To Do"], "to": "In Progress",
                                      "resolution": "Done",        # from left out = from any other status;
                                      "screen": ["assignee"], "required": ["customfield_10051"]}],
                     "projects": ["NIM"], "issuetypes": ["Story"]}],   # resolution: set on the way, null clears
                                                   # first that fits wins; none at all = any status to any other
      "fields": [{"id": "customfield_10051", "name": "Billable", "type": "select", "description": "",
                  "options": [{"id": "1", "value": "Yes"}], "projects": ["NIM"], "issuetypes": ["Story"],
                  "required": false}],             # required: create must give it, and edits may not empty it
                                                   # types: text textarea url number date datetime labels select
                                                   # multiselect cascadingselect user multiuser epiclink epicname
                                                   # sprint rank any; optionId: of the option above, in a cascade
      "issues": [
        {"id": "20001", "key": "NIM-1",
         "fields": {                               # as REST v2 shows them; references by id or by name
           "issuetype": {"name": "Story"}, "summary": "...", "description": "wiki text, or a document (ADF)",
           "status": {"name": "To Do"},
           "priority": {"name": "Medium"}, "resolution": null, "resolutiondate": null, "labels": ["a"],
           "assignee": USER, "reporter": USER, "creator": USER, "created": "2026-01-02T03:04:05.000+0000",
           "updated": "...", "duedate": "2026-12-24", "fixVersions": [{"name": "1.0"}], "versions": [],
           "components": [{"name": "API"}], "parent": {"key": "NIM-7"}, "security": {"name": "..."},
           "timeoriginalestimate": 28800, "timeestimate": 3600, "environment": null,
           "issuelinks": [{"id": "1", "type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-2"}}],
           "customfield_10051": {"value": "Yes"}, "customfield_10052": "NIM-01"},
         "properties": {"syncline": {...}},
         "remotelinks": [{"id": 1, "globalId": "...", "relationship": "...", "application": {}, "object": {...}}],
         "comments": [{"id": "1", "author": USER, "body": "...", "created": "...", "updated": "...",
                       "properties": [{"key": "k", "value": 1}]}],
         "worklogs": [{"id": "1", "author": USER, "comment": "...", "started": "...", "timeSpentSeconds": 3600,
                       "created": "...", "updated": "..."}],
         "attachments": [{"id": "1", "filename": "plan.pdf", "author": USER, "created": "...",
                          "mimeType": "application/pdf", "content": "..."}],       # content: Base64
         "voters": [USER], "watchers": [USER],
         "changelog": [{"id": "1", "author": USER, "created": "...", "items": [{"field": "status", "fieldtype": "jira",
                        "from": "1", "fromString": "To Do", "to": "3", "toString": "In Progress"}]}],
         "old_keys": ["OLD-3"],                    # keys it had before it was moved
         "rank": 3.0,                              # its place on boards; left out = the order of ids
         "archived": {"by": USER, "at": "..."}}    # left out = not archived
      ],
      "deleted_worklogs": [{"worklogId": 1, "updatedTime": 1763943600000}],
      "counters": {"issue": 20002}                 # next ids; left out = one above the highest in use
    }

`USER` is `{"accountId": ...}`, `{"name": ...}`, `{"key": ...}`, or just that string. Derived, never to be given: self
links, `statusCategory`, `subtasks`, the summary and status inside `parent` and `issuelinks`, `timespent`, `watches`,
`votes`.
Left out: `id` counts from 10001 in the order of the document; `updated` is `created`; `status` is the workflow's
initial one; the project comes from the key; `creator` is the reporter; comments and worklogs may also stand in
`fields.comment.comments` and `fields.worklog.worklogs`. A link stated on both its issues is one link. A `parent`,
`subtasks` or link that names an issue outside the document is kept and served as it came. A name that no table has is
an error naming issue and field.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.jira.index import SearchIndex
from sandbox.jira.model import Deployment, FieldDef, Issue, Link, Row
from sandbox.jira.switches import Switches

DEFAULT_ROLES: tuple[Row, ...] = ({"id": 10002, "name": "Administrators"}, {"id": 10001, "name": "Developers"})
"""The roles of a site whose document has none."""

TABLES = ("issuetypes", "statuses", "resolutions", "priorities", "link_types", "security_levels")
"""Tables of the whole site, whose rows have an id and a name."""


class State:
    """All that the stand-in knows, with the indexes it is read by. Not thread-safe: used under the service's lock."""

    def __init__(self, *, deployment: Deployment) -> None:
        self.deployment = deployment
        self.site: Row = {}
        self.index_lag_seconds = 0.0
        self.users: dict[str, Row] = {}
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        self.projects: dict[str, Row] = {}
        self.versions: dict[str, Row] = {}
        self.components: dict[str, Row] = {}
        self.workflows: list[Row] = []
        self.fields: dict[str, FieldDef] = {}
        self.field_rows: list[Row] = []
        self.issues: dict[str, Issue] = {}
        self.keys: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        self.links: dict[str, Link] = {}
        self.links_of: dict[str, list[str]] = {}
        self.deleted_worklogs: list[Row] = []
        self.counters: dict[str, int] = {}
        self.writes = 0
        self.fragments: dict[Any, bytes] = {}
        self.shown_users: dict[tuple[str, str], Row] = {}
        self.switches = Switches()
        self.index = SearchIndex()
        self.boards: dict[int, Row] = {}
        self.sprints: dict[int, Row] = {}
        self.ranks: dict[str, float] = {}
        self.oauth_clients: list[Row] = []
        self.access_tokens: dict[str, Row] = {}
        self.grants: dict[str, Row] = {}
        self.sessions: dict[str, str] = {}
        self.hooks: dict[int, Row] = {}
        self.tasks: dict[str, Row] = {}
        self.filters: dict[int, Row] = {}
        self.groups: list[str] = []
        self.roles: list[Row] = []
        self.project_categories: dict[str, Row] = {}
        self.property_tasks: dict[str, Row] = {}

    @property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud."""
        return self.deployment is Deployment.CLOUD

    def user_id(self, ref: Any) -> str | None:
        """Find a user by reference; None when there is none."""
        row = ref if isinstance(ref, Mapping) else {}
        given = [ref] if isinstance(ref, str) else [row.get(key) for key in ("accountId", "key", "name", "id")]
        names = [one for one in given if isinstance(one, str)]
        for name in names:
            if name in self.users:
                return str(name)
        for uid, row in self.users.items():
            if any(name and name in (row.get("accountId"), row.get("name"), row.get("key")) for name in names):
                return uid
        return None

    def row_id(self, rows: Mapping[str, Row], ref: Any) -> str | None:
        """Find a row by `{"id"}`, `{"name"}`, `{"value"}`, or a plain id or name; None when there is none."""
        if isinstance(ref, Mapping):
            if ref.get("id") is not None:
                return str(ref["id"]) if str(ref["id"]) in rows else None
            ref = ref.get("name", ref.get("value"))
        if str(ref) in rows:
            return str(ref)
        wanted = str(ref).casefold()
        return next((row_id for row_id, row in rows.items() if str(row.get("name")).casefold() == wanted), None)

    def project_id(self, ref: Any) -> str | None:
        """Find a project by id or key."""
        wanted = str(ref.get("id") or ref.get("key")) if isinstance(ref, Mapping) else str(ref)
        if wanted in self.projects:
            return wanted
        return next((one for one, row in self.projects.items() if row["key"].casefold() == wanted.casefold()), None)

    def project_of(self, issue: Issue) -> Row:
        """Give the project of an issue."""
        return self.projects[issue.fields["project"]]

    def rows_of_project(self, rows: Mapping[str, Row], project_id: str) -> dict[str, Row]:
        """Give the versions or components of one project."""
        return {row_id: row for row_id, row in rows.items() if row["projectId"] == project_id}

    def issue(self, ref: str) -> Issue | None:
        """Find an issue by id or key; keys it had before it was moved count, case does not."""
        found = self.issues.get(ref)
        if found is None and (issue_id := self.keys.get(ref.upper())):
            found = self.issues.get(issue_id)
        return found

    def administers(self, uid: str) -> bool:
        """Say whether a user administers the whole site: every project's list of administrators allows it."""
        lists = [row.get("administer") for row in self.projects.values()]
        return all(refs is None or uid in {self.user_id(ref) for ref in refs} for refs in lists)

    def known_roles(self) -> list[Row]:
        """Give the roles that projects have."""
        return self.roles or [dict(one) for one in DEFAULT_ROLES]

    def categories(self) -> dict[str, Row]:
        """Give the categories of projects by id: those of the state, and those that projects name."""
        rows = [row["projectCategory"] for row in self.projects.values() if row.get("projectCategory")]
        return {str(row["id"]): row for row in (*self.project_categories.values(), *rows)}

    def rank(self, issue: Issue) -> float:
        """Give an issue's place on boards; by its id when it was never ranked."""
        return self.ranks.get(issue.id, float(int(issue.id)))

    def next_id(self, counter: str) -> int:
        """Give the next number of a counter."""
        value = self.counters.get(counter, _first_id(counter))
        self.counters[counter] = value + 1
        return value

    def saw_id(self, counter: str, value: Any) -> None:
        """Keep a counter above an id in use."""
        if str(value).isdigit():
            self.counters[counter] = max(self.counters.get(counter, _first_id(counter)), int(value) + 1)

    def add_issue(self, issue: Issue) -> None:
        """Enter an issue into the indexes."""
        self.issues[issue.id] = issue
        for key in (*issue.old_keys, issue.key):
            self.keys[key] = issue.id
        self.adopt(issue)

    def adopt(self, issue: Issue) -> None:
        """Enter an issue among the children of its parent."""
        parent = issue.fields.get("parent")
        if isinstance(parent, str):
            self.children.setdefault(parent, []).append(issue.id)

    def disown(self, issue: Issue) -> None:
        """Take an issue from the children of its parent."""
        parent = issue.fields.get("parent")
        if isinstance(parent, str) and issue.id in self.children.get(parent, ()):
            self.children[parent].remove(issue.id)

    def add_link(self, link: Link) -> None:
        """Enter a link into the indexes."""
        self.links[link.id] = link
        for end in (link.source, link.target):
            if isinstance(end, str):
                self.links_of.setdefault(end, []).append(link.id)

    def remove_link(self, link: Link) -> None:
        """Take a link away."""
        del self.links[link.id]
        for end in (link.source, link.target):
            if isinstance(end, str):
                self.links_of[end].remove(link.id)

    def remove_issue(self, issue: Issue) -> None:
        """Take an issue away, with its links; the caller sees to its children."""
        for link_id in list(self.links_of.get(issue.id, ())):
            self.remove_link(self.links[link_id])
        self.disown(issue)
        del self.issues[issue.id]
        self.keys = {key: issue_id for key, issue_id in self.keys.items() if issue_id != issue.id}

    def relatives(self, issue: Issue) -> Iterable[Issue]:
        """Give the issues that show something of this one: parent, children, linked ones."""
        ids = list(self.children.get(issue.id, ()))
        if isinstance(parent := issue.fields.get("parent"), str):
            ids.append(parent)
        for link_id in self.links_of.get(issue.id, ()):
            link = self.links[link_id]
            ids.extend(end for end in (link.source, link.target) if isinstance(end, str))
        return [self.issues[one] for one in ids if one in self.issues]

    def before_write(self, issue: Issue) -> None:
        """Keep what the search index knows of the issue, before it changes."""
        if self.index_lag_seconds > 0 or self.switches.longest_lag > 0 or self.switches.late_every > 0:
            self.index.keep(issue.id, self.issues.get(issue.id))

    def after_write(self, issue: Issue, now: float) -> None:
        """Count a write, forget what was rendered, and queue the issue for the search index.

        Args:
            issue: the one written, created or just deleted.
            now: seconds since the epoch.
        """
        self.writes += 1
        issue.cache.clear()
        for relative in self.relatives(issue):
            relative.cache.clear()
        every = self.switches.late_every
        late = self.switches.late_seconds if every and self.writes % every == 0 else 0.0
        self.index.written(issue.id, now, self.issues.get(issue.id), late=late)

    def tables_changed(self) -> None:
        """Forget everything rendered, because something that issues refer to has changed."""
        self.writes += 1
        self.fragments.clear()
        self.shown_users.clear()
        for issue in self.issues.values():
            issue.cache.clear()

    def indexed(self, now: float, fresh: Iterable[str] = (), *, node: int = 1) -> tuple[Iterable[Issue], Any]:
        """Give the issues as a node's search index has them, and a mark that changes whenever that does.

        Args:
            now: seconds since the epoch.
            fresh: ids to be looked at as they are now.
            node: of a Data Center, counted from 1.
        """
        lag = self.index_lag_seconds
        self.index.forget(now, lag + self.switches.longest_lag)
        stale = self.index.stale(now, lag + self.switches.lag_of(node))
        mark = tuple((one, at) for one, (at, _) in stale.items())
        return self.index.seen(self.issues, stale, fresh), mark

    def dump_tables(self) -> Row:
        """Give all but the issues, as the state document has it."""
        projects = []
        for project_id, project in self.projects.items():
            versions = self.rows_of_project(self.versions, project_id).values()
            components = self.rows_of_project(self.components, project_id).values()
            projects.append({**project, "versions": list(versions), "components": list(components)})
        return copy.deepcopy(
            {
                "format": 1,
                "deployment": self.deployment.value,
                "site": self.site,
                "index_lag_seconds": self.index_lag_seconds,
                "users": list(self.users.values()),
                "projects": projects,
                **{name: list(rows.values()) for name, rows in self.tables.items()},
                "switches": self.switches.as_json(),
                "workflows": self.workflows,
                "fields": self.field_rows,
                "filters": list(self.filters.values()),
                "groups": self.groups,
                "roles": self.roles,
                "project_categories": list(self.project_categories.values()),
                "boards": list(self.boards.values()),
                "sprints": list(self.sprints.values()),
                "oauth_clients": self.oauth_clients,
                "access_tokens": self.access_tokens,
                "grants": self.grants,
                "sessions": self.sessions,
                "webhooks": list(self.hooks.values()),
                "deleted_worklogs": self.deleted_worklogs,
                "counters": self.counters,
            }
        )


def _first_id(counter: str) -> int:
    return 1 if counter.startswith("key ") else 10001
