"""Writes the records back as the document that `sandbox.launchpad.state` describes."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from typing import Any

from sandbox.launchpad.files import dump_files
from sandbox.launchpad.record import Record, fields_of
from sandbox.launchpad.store import Store


def dump(store: Store, faults: list[dict[str, Any]]) -> dict[str, Any]:
    """Write everything; what is loaded from it answers as this does."""
    return {
        "format": 1,
        "host": store.host,
        "switches": store.switches.as_json(),
        "faults": faults,
        "people": [
            {
                **plain(one),
                "id": one.number,
                "admin": one.is_admin,
                "emails": [address.email for address in one.__dict__.get("addresses", ())],
            }
            for one in store.people
        ],
        "teams": [
            {
                **plain(one, apart="team_owner"),
                "id": one.number,
                "owner": one.team_owner.name,
                "members": [member.name for member in one.direct_members if member not in one.admins],
                "admins": [member.name for member in one.admins],
                "memberships": [plain(each, apart="team") for each in one.memberships],
            }
            for one in store.teams
        ],
        "tokens": [
            {
                "key": one.key,
                "secret": one.secret,
                "person": one.person,
                "consumer": one.consumer,
                "level": one.level.value,
                "expires": written(one.expires),
            }
            for one in store.tokens
        ],
        "request_tokens": [
            {
                "key": one.key,
                "secret": one.secret,
                "consumer": one.consumer,
                "person": one.person or None,
                "level": one.level.value if one.level else None,
            }
            for one in store.request_tokens.values()
        ],
        "bug_trackers": [plain(one) for one in store.bug_trackers],
        "project_groups": [{**plain(one), **_subscriptions(one)} for one in store.project_groups],
        "projects": [
            {
                **_pillar(one),
                "project_group": one.project_group.name if one.project_group else None,
                "development_focus": one.development_focus.name,
                "translation_focus": one.translation_focus.name if one.translation_focus else None,
            }
            for one in store.projects
        ],
        "distributions": [
            {
                **_pillar(one),
                "members_team": one.members.name if one.members else None,
                "source_packages": [_package(package) for package in one.packages],
            }
            for one in store.distributions
        ],
        "cves": [plain(one) for one in store.cves],
        "bugs": [_bug(one) for one in store.bugs],
        "git_repositories": [_repository(store, one) for one in store.repositories],
        "counters": dict(sorted(store.numbers.items())),
    }


def plain(record: Any, *, apart: str = "") -> dict[str, Any]:
    """Write the fields that a record holds itself: values, people and bug trackers; no other links."""
    files = dump_files(record)
    found: dict[str, Any] = {"files": files} if files else {}
    for name, field in fields_of(type(record).entry).items():
        if name in apart.split() or name not in record.__dict__ or field.type in ("many", "data", "file"):
            continue
        value = record.__dict__[name]
        if isinstance(getattr(type(record), name, None), property):
            continue  # follows from the rest, whatever a client wrote
        if field.type == "link" and field.of not in ("person", "bug_tracker"):
            continue
        if value is not None:
            found[name] = value.name if isinstance(value, Record) else written(value)
    return found


def written(value: Any) -> Any:
    """Write dates and instants as text."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _pillar(one: Any) -> dict[str, Any]:
    return {
        **plain(one, apart="members"),
        "members": [member.name for member in one.__dict__.get("sharing", ())],
        "series": [
            {
                **plain(series),
                **_subscriptions(series),
                "milestones": [_milestone(milestone) for milestone in series.milestones],
            }
            for series in one.series
        ],
        "specifications": [_specification(spec) for spec in one.__dict__.get("specifications", ())],
        **_webhooks(one),
        **_subscriptions(one),
    }


def _package(one: Any) -> Any:
    """A package is its name, as long as nothing more is to be told."""
    in_series = {name: plain(each, apart="name") for name, each in one.store.packages_in_series(one).items()}
    told = {
        **_webhooks(one),
        **_subscriptions(one),
        **plain(one),
        "in_series": {k: v for k, v in in_series.items() if v},
    }
    more = {key: value for key, value in told.items() if value}
    return one.name if set(more) <= {"name"} else {**more, "name": one.name}


def _webhooks(one: Any) -> dict[str, Any]:
    return {
        "webhooks": [
            {
                **plain(hook),
                "id": hook.number,
                "secret": hook.__dict__.get("secret"),
                "deliveries": [{**plain(each), "id": each.number} for each in hook.sent],
            }
            for hook in one.webhooks
        ]
    }


def _subscriptions(one: Any) -> dict[str, Any]:
    return {"subscriptions": [plain(each) for each in one.get_subscriptions()]}


def _milestone(one: Any) -> dict[str, Any]:
    released = written(one.release.date_released) if one.release else None
    more = {"release": plain(one.release)} if one.release else {}
    return {**plain(one), "released": released, **more, "tags": one.get_tags(), **_subscriptions(one)}


def _specification(one: Any) -> dict[str, Any]:
    goals = {key: one.__dict__[key].name for key in ("goal", "proposed_goal") if one.__dict__.get(key)}
    return {
        **plain(one),
        "milestone": one.milestone.name if one.milestone else None,
        "dependencies": [other.name for other in one.dependencies],
        "bugs": [bug.id for bug in one.bugs],
        "subscribers": [person.name for person in one.__dict__.get("subscribers", ())],
        **goals,
    }


def _bug(bug: Any) -> dict[str, Any]:
    stored = bug.__dict__.get("stored_heat")
    return {
        **plain(bug),
        **({"heat": stored} if stored is not None else {}),
        "duplicate_of": bug.duplicate_of.id if bug.duplicate_of else None,
        "subscribers": [_subscriber(bug, one) for one in bug.subscriptions],
        "affects": [one.name for one in bug.users_affected],
        "unaffected": [one.name for one in bug.users_unaffected],
        "cves": [one.sequence for one in bug.cves],
        "tasks": [
            {
                **plain(one),
                "target": one.target.path,
                "milestone": one.milestone.name if one.milestone else None,
                "bug_watch": one.bug_watch.id if one.bug_watch else None,
            }
            for one in bug.bug_tasks
        ],
        "first_message": _message(bug.messages[0]),
        "messages": [_message(one) for one in bug.messages[1:]],
        "watches": [{**plain(one), "id": one.id, "bug_tracker": one.bug_tracker.name} for one in bug.bug_watches],
        "attachments": [
            {
                **plain(one),
                "id": one.number,
                "message": one.message.index,
                "filename": one.filename,
                "content_type": one.content_type,
                **_content(one.content),
            }
            for one in bug.attachments
        ],
        "activity": [plain(one) for one in bug.activity],
        "nominations": [{**plain(one), "id": one.number, "target": one.target.path} for one in bug.nominations],
    }


def _subscriber(bug: Any, one: Any) -> Any:
    """A subscriber is a name, as long as nothing more is to be told."""
    told = (one.subscribed_by, one.date_created, one.bug_notification_level)
    return one.person.name if told == (bug.owner, bug.date_created, "Discussion") else plain(one)


def _message(one: Any) -> dict[str, Any]:
    return {**plain(one), "revisions": [plain(each, apart="revision") for each in one.revisions]}


def _content(content: bytes | None) -> dict[str, str]:
    """Text as text, other bytes in base64."""
    if content is None:
        return {}
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        return {"content_base64": b64encode(content).decode()}


def _repository(store: Store, one: Any) -> dict[str, Any]:
    return {
        **plain(one, apart="target_default"),
        "target": one.target.path if one.target else None,
        "default": one.target_default,
        "refs": {ref.path_name: ref.commit_sha1 for ref in one.refs},
        "subscriptions": [plain(each) for each in one.subscriptions],
        **_webhooks(one),
        "merge_proposals": [
            {
                **plain(proposal, apart="source_git_path target_git_path prerequisite_git_path"),
                "id": proposal.id,
                "source": proposal.source_git_path.removeprefix("refs/heads/"),
                "target": proposal.target_git_path.removeprefix("refs/heads/"),
                "source_repository": proposal.source_git_repository.path,
                **_prerequisite(proposal),
                "bugs": [bug.id for bug in proposal.bugs],
                "votes": [{**plain(vote), "id": vote.number} for vote in proposal.votes],
                "comments": [
                    {
                        **plain(comment),
                        "visible": comment.__dict__.get("visible", True),
                        "counted": any(vote.comment is comment for vote in proposal.votes),
                    }
                    for comment in proposal.all_comments
                ],
            }
            for proposal in store.merge_proposals(None, lambda each: each.target_git_repository is one)
        ],
    }


def _prerequisite(proposal: Any) -> dict[str, Any]:
    if proposal.prerequisite_git_path is None:
        return {}
    return {
        "prerequisite": proposal.prerequisite_git_path.removeprefix("refs/heads/"),
        "prerequisite_repository": proposal.prerequisite_git_repository.path,
    }
