"""The whole state of the stand-in, and its form as JSON.

The document (every key but `deployment`, `users`, `projects`, `issuetypes`, `statuses` and `issues` may be left out)::

    {
      "format": 1,
      "deployment": "cloud",                       # or "data-center"
      "site": {"title": "Nimbus Jira", "base_url": null, "time_zone": "UTC"},
                                                   # base_url: in self links; null = the address called
      "index_lag_seconds": 0,                      # how far /search runs behind writes
      "faults": [ ... ],                           # rules as in sandbox.core.faults, in force from the start
      "users": [
        {"accountId": "5b10a:ann", "name": "ann", "key": "ann", "displayName": "Ann Example",
         "emailAddress": "ann@nimbus.example", "timeZone": "Europe/Berlin", "active": true, "accountType": "atlassian",
         "token": "secret"}                        # Cloud needs accountId, Data Center name (key defaults to it);
      ],                                           # token: the API token or PAT by which this user logs in
      "projects": [
        {"id": "10000", "key": "NIM", "name": "Nimbus", "lead": USER, "description": "", "archived": false,
         "issuetypes": ["Story", "Epic"],          # names or ids; left out = all
         "browse": [USER], "edit": [USER], "administer": [USER],   # left out = everyone logged in
         "anonymous": false,                       # whether callers without valid credentials may browse
         "versions": [{"id": "1", "name": "1.0", "releaseDate": "2026-12-01", "startDate": "...", "released": false,
                       "archived": false, "description": "..."}],
         "components": [{"id": "1", "name": "API", "description": "..."}],
         "projectCategory": {...}}
      ],
      "issuetypes": [{"id": "10001", "name": "Story", "subtask": false, "hierarchyLevel": 0, "description": ""}],
                                                   # hierarchyLevel: 1 Epic, 0 standard, -1 sub-task (default by subtask)
      "statuses": [{"id": "1", "name": "To Do", "category": "new", "description": ""}],  # new, indeterminate, done
      "resolutions": [{"id": "1", "name": "Done", "description": ""}],
      "priorities": [{"id": "3", "name": "Medium"}],
      "link_types": [{"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
      "security_levels": [{"id": "1", "name": "Partner confidential", "projects": ["NIM"], "members": [USER]}],
      "workflows": [{"name": "default", "initial": "To Do",
                     "transitions": [{"id": "11", "name": "Start", "from": ["To Do"], "to": "In Progress",
                                      "resolution": "Done"}],      # from left out = from any other status;
                     "projects": ["NIM"], "issuetypes": ["Story"]}],   # resolution: set on the way, null clears
                                                   # first that fits wins; none at all = any status to any other
      "fields": [{"id": "customfield_10051", "name": "Billable", "type": "select", "description": "",
                  "options": [{"id": "1", "value": "Yes"}], "projects": ["NIM"], "issuetypes": ["Story"]}],
                                                   # types: text textarea url number date datetime labels select
                                                   # multiselect user multiuser epiclink epicname any
      "issues": [
        {"id": "20001", "key": "NIM-1",
         "fields": {                               # as REST v2 shows them; references by id or by name
           "issuetype": {"name": "Story"}, "summary": "...", "description": "wiki text", "status": {"name": "To Do"},
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
         "changelog": [{"id": "1", "author": USER, "created": "...", "items": [{"field": "status", "fieldtype": "jira",
                        "from": "1", "fromString": "To Do", "to": "3", "toString": "In Progress"}]}],
         "old_keys": ["OLD-3"]}                    # keys it had before it was moved
      ],
      "deleted_worklogs": [{"worklogId": 1, "updatedTime": 1763943600000}],
      "counters": {"issue": 20002}                 # next ids; left out = one above the highest in use
    }

`USER` is `{"accountId": ...}`, `{"name": ...}`, `{"key": ...}`, or just that string. Derived, never to be given: self links,
`statusCategory`, `subtasks`, the summary and status inside `parent` and `issuelinks`, `timespent`, `watches`. Left out: `id` counts
from 10001 in the order of the document; `updated` is `created`; `status` is the workflow's initial one; the project comes from
the key; `creator` is the reporter; comments and worklogs may also stand in `fields.comment.comments` and
`fields.worklog.worklogs`. A link stated on both its issues is one link. A `parent`, `subtasks` or link that names an issue outside the
document is kept and served as it came. A name that no table has is an error naming issue and field.
"""
