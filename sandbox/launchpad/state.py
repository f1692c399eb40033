"""The whole state of the stand-in as JSON: read, checked, and written back.

Every key may be left out but those marked `!`. Instants are ISO 8601 with an offset, dates `YYYY-MM-DD`; people and
teams are named by their Launchpad name; numbers (`id`) are given, or counted on. A key that is a plain field of the
entry in `entries.txt` (which lists every field of every entry) may always be given too: `"homepage_url"` of a project,
`"status_explanation"` of a task::

    {
      "format": 1,
      "host": "launchpad.example",              # in web links: https://bugs.HOST/..., https://HOST/...
      "date": "2026-01-01T00:00:00+00:00",      # stands wherever a date_created is left out
      "switches": {...},                        # switches, see sandbox.launchpad.switches
      "faults": [...],                          # rules as in sandbox.core.faults, in force from the start
      "people": [{"name": "bot"!, "display_name": "Bot", "emails": ["bot@nimbus.example"], "karma": 0,
                  "time_zone": "UTC", "admin": false,       # admin: a Launchpad administrator, may do all
                  "id": 7}],                                # given, or counted
      "teams": [{"name": "nimbus-dev"!, "display_name": "...", "owner": "ann"!, "members": ["ann", "bot"],
                 "admins": ["ann"], "membership_policy": "Moderated Team", "visibility": "Public",
                 "memberships": [{"member": "zoe"!, "status": "Proposed", "date_expires": null}]}],   # other states
      "tokens": [{"key": "tok-bot"!, "secret": "sec-bot"!, "person": "bot"!, "consumer": "syncline",
                                                # consumer left out: any consumer key passes
                  "level": "WRITE_PRIVATE",     # READ_PUBLIC WRITE_PUBLIC READ_PRIVATE WRITE_PRIVATE (default)
                                                # DESKTOP_INTEGRATION UNAUTHORIZED
                  "expires": null}],            # an instant; after it the token is unknown: 401
      "request_tokens": [{"key": "r"!, "secret": "s"!, "consumer": "syncline"!, "person": null, "level": null}],
                                                # that wait for a person's word, or for being fetched after it
      "bug_trackers": [{"name": "nimbus-jira"!, "title": "...", "base_url": "https://jira.nimbus.example/"!,
                        "bug_tracker_type": "Bugzilla"}],
      "project_groups": [{"name": "nimbus-all"!, "display_name": "...", "owner": "ann"!,
                          "subscriptions": ["bot"]}],     # structural ones; also of projects, distributions,
                                                          # series, milestones and packages
      "projects": [{
         "name": "nimbus"!, "display_name": "Nimbus", "owner": "ann"!, "driver": null, "bug_supervisor": null,
         "project_group": "nimbus-all", "bug_tracker": null, "summary": "...", "information_type": "Public",
         "active": true, "official_bugs": true, "official_bug_tags": ["syncline-risk"], "vcs": "Git",
         "development_focus": "trunk",          # a series "trunk" is there even when not listed
         "translation_focus": null,             # a series
         "series": [{"name": "2.0"!, "status": "Active Development", "summary": "...",
                     "milestones": [{"name": "2.0.1"!, "date_targeted": "2026-12-10", "is_active": true,
                                     "summary": "...", "code_name": null, "tags": [],
                                     "released": "2026-12-11T09:00:00+00:00",       # left out: no release
                                     "release": {"changelog": "...", "release_notes": "..."}}]}],
         "specifications": [{"name": "fast-boot"!, "title": "...", "summary": "...", "owner": "ann",
                     "definition_status": "Approved", "implementation_status": "Started", "priority": "High",
                     "milestone": "2.0.1", "assignee": "bot", "drafter": null, "approver": null,
                     "whiteboard": null, "workitems_text": "", "direction_approved": true,
                     "information_type": "Public", "specification_url": null,
                     "goal": "2.0",                          # the series whose accepted goal it is
                     "proposed_goal": null, "subscribers": [],
                     "dependencies": ["boot-plan"],          # names in the same pillar
                     "bugs": [12]}],
         "webhooks": [{"delivery_url": "http://127.0.0.1:9999/hook"!, "event_types": ["bug:0.1", "bug:comment:0.1"],
                       "active": true, "secret": "s3cr3t", "id": 1,
                       "deliveries": [{"id": 1, "event_type": "bug:0.1"!, "payload": {}!, "pending": false}]}],
         "members": ["ann"]                     # a proprietary project: who sees it, beside its owner
      }],
      "distributions": [{
         "name": "nimbuntu"!, "display_name": "...", "owner": "ann"!, "driver": null, "bug_supervisor": null,
         "series": [{"name": "noble"!, "version": "24.04", "status": "Current Stable Release", "milestones": [...]}],
         "members_team": null,                  # a team
         "source_packages": ["linux"],          # or {"name", "webhooks", "subscriptions",
                                                # "in_series": {"noble": {"bug_reporting_guidelines": "..."}}}
         "specifications": [...], "webhooks": [...]
      }],
      "cves": [{"sequence": "2026-1234"!, "description": "...", "status": "Entry"}],   # those that bugs name are made
      "bugs": [{
         "id": 12!, "title": "..."!, "description": "...", "owner": "ann"!, "date_created": "...",
         "date_last_updated": "...",            # left out: the latest date found in the bug
         "information_type": "Public",          # Public, Public Security, Private Security, Private, Proprietary
         "tags": ["api"], "name": null, "duplicate_of": null, "heat": 6,
         "lock_status": "Unlocked", "lock_reason": null,
         "subscribers": ["bot"],                # of a private bug: who sees it, beside those of the projects; or
                                                # {"person", "subscribed_by", "bug_notification_level"}
         "first_message": {"content": "..."},   # comment 0, where it is not the description any more
         "affects": ["ann"], "unaffected": [],  # affects left out: the owner
         "cves": ["2026-1234"],
         "tasks": [{"target": "nimbus"!,        # PROJECT, PROJECT/SERIES, DISTRO, DISTRO/SERIES,
                                                # DISTRO/+source/PACKAGE or DISTRO/SERIES/+source/PACKAGE
                    "status": "New", "importance": "Undecided", "assignee": null, "milestone": "2.0.1",
                    "owner": "ann", "bug_watch": null,       # bug_watch: the id of one of `watches`
                    "date_created": "...",
                    "date_assigned": null, "date_closed": null}],   # and the other dates; with none of them given,
                                                # those that status and assignee imply are set to date_last_updated
         "messages": [{"owner": "ann"!, "content": "..."!, "subject": null, "date_created": "...", "visible": true,
                       "date_last_edited": null,             # comments 1, 2, ...; comment 0 is the description
                       "revisions": [{"content": "as it was", "date_created": "..."}]}],
         "watches": [{"id": 3!, "bug_tracker": "nimbus-jira"!, "remote_bug": "NIM-7"!, "remote_status": "Open",
                      "remote_importance": null, "date_last_changed": null, "owner": "ann"}],
         "attachments": [{"title": "log"!, "type": "Unspecified", "message": 0, "content": "text", "filename": "a.log",
                          "content_type": "text/plain",      # content_base64 in place of content: any bytes
                          "url": null}],        # url given: a link in place of content
         "activity": [{"person": "ann", "datechanged": "...", "whatchanged": "nimbus: status", "oldvalue": "New",
                       "newvalue": "Triaged", "message": null}],    # left out: the one entry "added bug"
         "nominations": [{"target": "nimbus/2.0"!, "owner": "ann", "status": "Nominated"}]
      }],
      "git_repositories": [{
         "owner": "ann"!, "target": "nimbus", "name": "nimbus"!, "default": true,   # default: it is lp:nimbus
         "refs": {"main": "<40 hex digits>"},   # branch name -> commit; left out: main
         "webhooks": [...], "subscriptions": [{"person": "bot", "notification_level": "No email",
                     "max_diff_lines": "500 lines", "review_level": "No email", "subscribed_by": "ann"}],
         "merge_proposals": [{"id": 5!, "source": "fix-boot"!, "target": "main"!, "registrant": "ann",
                     "source_repository": "~bot/nimbus/+git/nimbus",     # left out: this repository
                     "prerequisite": null, "prerequisite_repository": null,
                     "queue_status": "Needs review", "description": "LP: #12", "commit_message": null,
                     "date_created": "...", "date_review_requested": null, "date_reviewed": null,
                     "date_merged": null, "merged_revision_id": null, "reviewer": null, "bugs": [12],
                     "votes": [{"reviewer": "bot"!, "registrant": "ann", "review_type": null}],
                     "comments": [{"author": "bot"!, "content": "..."!, "vote": "Approve",
                                   "counted": true}]}]      # whether it is the word of its author's vote
      }],
      "counters": {"delivery": 7}               # the last number of each kind that was given out
    }

What is dumped and loaded again answers every request alike. A name that stands for nothing, a choice that is none, an
unknown key: `load` names them all in one ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.core.checked import refuse_what_json_cannot_hold
from sandbox.launchpad.loading import PillarLoader
from sandbox.launchpad.loading_bugs import BugLoader
from sandbox.launchpad.loading_code import CodeLoader
from sandbox.launchpad.reading import Reader
from sandbox.launchpad.session import Session
from sandbox.launchpad.store import Store

FORMAT = 1
DEFAULT_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_KEYS = frozenset(
    {
        "format",
        "host",
        "date",
        "switches",
        "faults",
        "people",
        "teams",
        "tokens",
        "request_tokens",
        "bug_trackers",
        "project_groups",
        "projects",
        "distributions",
        "cves",
        "bugs",
        "git_repositories",
        "counters",
    }
)


def load(document: Mapping[str, Any], session: Session) -> Store:
    """Build the records of a document.

    Raises:
        ValueError: naming everything that is wrong with it, one a line.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the state must be an object")  # noqa: TRY004 - one error type for every wrong state
    refuse_what_json_cannot_hold(document)
    store = Store(session)
    reader = Reader(store)
    for key in sorted(set(document) - _KEYS):
        reader.wrong("state", f"unknown key {key}")
    if document.get("format", FORMAT) != FORMAT:
        reader.wrong("format", f"expected {FORMAT}, found {document['format']!r}")
    store.host = str(document.get("host") or store.host)
    try:
        store.change_switches(document.get("switches"))
    except ValueError as error:
        reader.errors.append(str(error))
    created = reader.instant(document.get("date"), "date") or DEFAULT_DATE
    try:
        PillarLoader(reader, created).load(document)
        BugLoader(reader, created).load(document)
        CodeLoader(reader, created).load(document)
        for finish in reader.later:
            finish()
        for kind, number in (document.get("counters") or {}).items():
            store.numbers[kind] = max(store.numbers[kind], int(number))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # A list where an object belongs, a number where a name does: what was found before is told with it.
        told = "\n".join([*reader.errors, f"state: not of the documented form: {error}"])
        raise ValueError(told) from error
    if reader.errors:
        raise ValueError("\n".join(reader.errors))
    store.reindex()
    return store
