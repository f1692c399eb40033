"""The state in memory: accounts, repositories, projects, who may do what; loaded from and dumped as one JSON document.

The document, every key optional save those marked `!`. Instants are ISO 8601 with a zone, kept to the second, written
back as `2026-11-24T10:00:00Z`; days are `2026-11-24`. People are named by login, repositories by `owner/name`, issues
and pull requests elsewhere by `owner/name#number`::

    {
      "deployment": "cloud",                    or "ghes": no limits, one API version, `X-GitHub-Enterprise-Version`
      "html_url": "https://github.example",     the address that `html_url`s begin with; else the host of the request
      "accounts": [
        {"login": "fictive-partner",!           case is kept, not compared
         "type": "Organization",                or "User" (unless told) or "Bot"
         "id": 1001, "name": null, "email": null, "company": null, "bio": null, "created_at": "...",
         "members": {"ada": "admin", "bob": "member"},          of an organization
         "base_permission": "read",             what members may do in its repositories: none read write admin
         "issue_types": [{"name": "Bug",! "id": 1, "description": null, "color": "red", "is_enabled": true}],
         "teams": [{"name": "Core",! "slug": "core", "id", "description": null, "privacy": "closed",     or "secret"
                    "members": {"ada": "maintainer", "bob": "member"}, "parent": "slug of another team",
                    "repositories": {"owner/name": "write"}}],  roles, as of collaborators
         "location": null, "blog": ""}
      ],
      "apps": [
        {"id": 7,! "slug": "sync-app",! "name": "...", "owner": "fictive-partner", "client_id": "Iv1.7",
         "public_key": "-----BEGIN PUBLIC KEY-----...",         checks the RS256 JWT whose `iss` is the id or client_id
         "installations": [{"id": 70,! "account": "fictive-partner",! "repositories": "all",    or ["owner/name", ...]
                            "permissions": {"issues": "write", "pull_requests": "read", ...},! "suspended": false}],
         "hook": {"url": "http://127.0.0.1:8080/app",! ...}}    its webhook, as those of repositories
      ],                                        an app acts as the account `slug[bot]`, made when missing
      "tokens": [
        {"token": "...",! "login": "ada",! "kind": "fine_grained",                              or "classic"
         "permissions": {"issues": "write"},    of a fine-grained token, by GitHub's names; metadata is always read
         "repositories": "all",                 of a fine-grained token: all that its user reaches, or a list
         "scopes": ["repo", "read:org"],        of a classic token: repo public_repo read:org admin:org project ...
         "expires_at": null}
      ],
      "repositories": [
        {"full_name": "fictive-partner/sizing",! "id": 5001, "private": false, "description": null, "archived": false,
         "has_issues": true, "homepage": null, "default_branch": "main", "topics": [],
         "created_at", "updated_at", "pushed_at": "...",
         "previous_names": ["fictive-partner/old-name"],        answer 301 to `/repositories/ID`
         "collaborators": {"carol": "write"},   read triage write maintain admin
         "branches": [{"name": "stable",! "sha", "protected": false}],  beside the default one
         "files": {"README.md": "text"},        read only, the same on every branch
         "labels": [{"name": "bug",! "id", "color": "d73a4a", "description": null, "default": false}],
         "milestones": [{"title": "v1",! "number": 1, "id", "state": "open", "description", "creator",
                         "due_on": "2026-12-01T08:00:00Z", "created_at", "updated_at", "closed_at"}],
         "issues": [                            pull requests among them
           {"number": 1, "id", "title": "...",! "body": null, "user": "ada",!
            "state": "open", "state_reason": null,              closed: completed (unless told), not_planned, duplicate
            "labels": ["bug"],                  a label that the repository lacks is made
            "assignees": ["bob"], "milestone": 1, "type": "Bug", "locked": false, "active_lock_reason": null,
            "created_at", "updated_at", "closed_at": "...", "closed_by": "bob",
            "app": "sync-app",                  it was made through this app
            "parent": "fictive-partner/sizing#2", "blocked_by": ["fictive-partner/sizing#3"],
            "sub_issues": ["owner/name#4"],     the same as their `parent`, and their order
            "reactions": {"+1": 2},             counts alone; with people:
            "reacted": [{"user": "bob",! "content": "heart",! "id", "created_at"}],
            "comments": [{"id", "user": "bob",! "body": "...",! "created_at", "updated_at", "app": null, "reactions",
                          "reacted", "pinned_at": null, "pinned_by": null}],
            "events": [{"event": "labeled",! "id", "actor": "ada", "created_at", "label": "bug",
                        "milestone": "v1", "rename": {"from": "a", "to": "b"}, "assignee": "bob", "assigner": "ada",
                        "issue": "owner/name#2",                the other end: sub_issue_added, blocked_by_added,
                                                                cross-referenced, ...
                        "issue_type": "Bug", "prev_issue_type": null, "state_reason": null, "commit_id": null,
                        "reviewer": "bob", "app": null}],
            "pull_request": {                   makes it a pull request
              "head": "topic", "head_sha": "40 hex digits", "head_repository": "owner/fork", "base": "main",
              "base_sha", "draft": false, "merged_at": null, "merged_by": null, "merge_commit_sha": null,
              "mergeable": true, "requested_reviewers": ["bob"], "requested_teams": ["core"],
              "commits": 1, "additions": 1, "deletions": 0, "changed_files": 1,
              "closes": ["owner/name#4"],       issues that it closes when merged (GraphQL closingIssuesReferences)
              "reviews": [{"user": "bob",! "id", "state": "APPROVED", "body": "", "submitted_at", "commit_id"}],
              "review_comments": [{"user",! "id", "body",! "path": "a.py", "line": 1, "diff_hunk", "review": ID,
                                   "commit_id", "created_at", "updated_at"}],
              "checks": [{"name": "build",! "id", "status": "completed", "conclusion": "success", "started_at",
                          "completed_at", "app": null}]}},      check runs of the head commit
           {"number": 8, "title": "gone", "user": "ada", "deleted": true},                      answers 410
           {"number": 9, "title": "moved", "user": "ada", "transferred_to": "owner/name#5"}     answers 301
         ],
         "releases": [{"tag_name": "v1.0",! "id", "name", "body", "draft": false, "prerelease": false, "author",
                       "target_commitish": "main", "created_at", "published_at": "...", "reactions", "reacted",
                       "assets": [{"name": "a.txt",! "id", "label": null, "content_type", "data": "base 64",
                                   "uploader", "download_count": 0, "created_at", "updated_at"}]}],
         "hooks": [{"url": "http://127.0.0.1:8080/hook",! "id", "secret": "...", "events": ["issues"], "active": true,
                    "created_at", "updated_at"}]}
      ],
      "organization_hooks": {"fictive-partner": [{...}]},       as hooks; also of projects_v2_item
      "projects": [
        {"owner": "fictive-partner",! "number": 1, "id", "title": "Roadmap",! "short_description": null, "readme": null,
         "public": false, "closed": false, "creator", "created_at", "updated_at",
         "fields": [                            beside the built-in ones (Title, Assignees, Labels, Milestone, ...)
           {"name": "Status",! "id", "type": "SINGLE_SELECT",!  TEXT NUMBER DATE SINGLE_SELECT ITERATION
            "options": [{"name": "Todo",! "id": "8 hex digits", "color": "GRAY", "description": ""}]},
           {"name": "Sprint", "type": "ITERATION", "duration": 14,
            "iterations": [{"title": "Sprint 1",! "id": "8 hex digits", "start_date": "2026-11-16",! "duration": 14}]}],
         "views": [{"name": "Open",! "number", "id", "layout": "table", "filter": "is:open", "visible_fields": [ID],
                    "sort_by": [[ID, "asc"]], "group_by": [], "vertical_group_by": [], "creator"}],
         "status_updates": [{"status": "ON_TRACK",              AT_RISK COMPLETE INACTIVE OFF_TRACK ON_TRACK, or null
                             "id", "body", "start_date", "target_date", "creator", "created_at", "updated_at"}],
         "items": [{"content": "owner/name#1",  or {"title": "...", "body": "", "assignees": [], "creator"}: a draft
                    "id", "creator", "created_at", "updated_at", "archived": false,
                    "values": {"Status": "Todo", "Estimate": 3, "Due": "2026-12-01", "Sprint": "Sprint 1"}}]}
      ],
      "switches": {...},                        what the outside evidence does not settle: `sandbox.github.switches`
      "limits": {...},                          rate limits: `sandbox.github.switches`
      "faults": [{...}]                         rules of sandbox.core.faults, in force from the start
    }

What is left out: ids count up per kind in document order, those of comments and events by `created_at` (accounts from
1001, repositories from 5001, all else from 100001), passing over those given; numbers of issues, milestones and
projects count up per repository or owner; `created_at` is the load's instant, `updated_at` falls back on `closed_at`,
then `created_at`; SHAs are made from the place. Logins that are mentioned but have no account get one of type User.
Events are as given: a closed issue without a `closed` event has none. Node ids are made from the ids as GitHub makes
them, see `sandbox.github.ids.node_id`. A document is checked whole at load: one ValueError names all that is wrong.

A dump is a document that loads to the same state; beside the above it bears `"counters"`, `"installation_tokens"` and
`"deliveries"`. Counts of the rate limits are not dumped: a load begins a new window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sandbox.core.clock import Clock
from sandbox.github.accounts import Account, App, Delivery, Hook, Installation, InstallationToken, Token
from sandbox.github.entities import Comment, Event, Issue, Repo, ReviewComment
from sandbox.github.projects import Project
from sandbox.github.switches import Knobs, Limits, Switches

FIRST_IDS = {"account": 1_001, "repository": 5_001}
FIRST_ID = 100_001
MOST_KEPT = 500

T = TypeVar("T")


def now(clock: Clock) -> str:
    """Give the clock's instant as the state spells it."""
    return clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, kw_only=True)
class State:
    """Everything, with the indexes that finding needs. `writes` counts changes, for whatever is kept beside."""

    clock: Clock
    enterprise: bool = False
    html_url: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    installation_tokens: dict[str, InstallationToken] = field(default_factory=dict)
    repos: dict[int, Repo] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    former_names: dict[str, int] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    organization_hooks: dict[str, list[Hook]] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    knobs: Knobs = field(default_factory=Knobs)
    counters: dict[str, int] = field(default_factory=dict)
    writes: int = 0
    kept: dict[tuple[int, object], tuple[int, Any]] = field(default_factory=dict, repr=False)

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self.knobs.switches

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self.knobs.limits

    def now(self) -> str:
        """Give the instant, as the state spells it."""
        return now(self.clock)

    def stamp(self) -> str:
        """Give the instant that a change made now bears."""
        moment = self.clock.now() - timedelta(seconds=self.switches.late_commit_seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_id(self, kind: str) -> int:
        """Give an id that this kind has not had."""
        number = max(self.counters.get(kind, 0) + 1, FIRST_IDS.get(kind, FIRST_ID))
        self.counters[kind] = number
        return number

    def taken(self, kind: str, number: int) -> None:
        """Note that an id is in use."""
        self.counters[kind] = max(self.counters.get(kind, 0), number)

    def account(self, login: str | None) -> Account | None:
        """Find an account; case does not matter."""
        return self.accounts.get(login.casefold()) if login else None

    def account_by_id(self, number: int) -> Account | None:
        """Find an account by its id."""
        return next((each for each in self.accounts.values() if each.id == number), None)

    def repo(self, full_name: str) -> Repo | None:
        """Find a repository by its present name."""
        number = self.names.get(full_name.casefold())
        return self.repos[number] if number is not None else None

    def repo_once(self, full_name: str) -> Repo | None:
        """Find a repository by its present name or one that it had."""
        key = full_name.casefold()
        number = self.names.get(key, self.former_names.get(key))
        return self.repos.get(number) if number is not None else None

    def installation(self, number: int) -> tuple[App, Installation] | None:
        """Find an installation and its app."""
        for app in self.apps.values():
            for each in app.installations:
                if each.id == number:
                    return app, each
        return None

    def app_by_slug(self, slug: str | None) -> App | None:
        """Find an app by its slug."""
        return next((each for each in self.apps.values() if each.slug == slug), None) if slug else None

    def project(self, owner: str, number: int) -> Project | None:
        """Find a project by its owner and number."""
        key = owner.casefold()
        return next((each for each in self.projects if each.owner.casefold() == key and each.number == number), None)

    def owned(self, login: str) -> Iterator[Repo]:
        """List the repositories of an account."""
        key = login.casefold()
        return (each for each in self.repos.values() if each.owner.casefold() == key)

    def memo(self, repo: Repo, key: object, make: Callable[[], T]) -> T:
        """Give what was made of a repository, made again whenever something in it has changed."""
        kept = self.kept.get((repo.id, key))
        if kept is None or kept[0] != repo.version:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            kept = self.kept[repo.id, key] = (repo.version, make())
        made: T = kept[1]
        return made

    def index(self, key: str, make: Callable[[], T]) -> T:
        """Give what was made of the whole state, made again whenever something has changed."""
        kept = self.kept.get((0, key))
        if kept is None or kept[0] != self.writes:
            kept = self.kept[0, key] = (self.writes, make())
        made: T = kept[1]
        return made

    def touch(self, repo: Repo) -> None:
        """Note that something in a repository changed."""
        self.writes += 1
        repo.version = self.writes
