"""Makes records of what Launchpad answered; the same however they were read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from enum import StrEnum

from connectors.core.port import Json, Record, Visibility
from connectors.launchpad.block import blocks, prose
from connectors.launchpad.client import Entry, LaunchpadClient, parse_instant

BUG_TASKS = "bug_tasks"
BLUEPRINTS = "blueprints"
MILESTONES = "milestones"

PUBLIC_TYPES = ("Public", "Public Security")
"""Information types that everyone may see (api-tables: bug and specification)."""
RESTRICTED_TYPES = ("Private Security", "Private", "Proprietary", "Embargoed")
"""All others."""

_HASH_LENGTH = 16  # hex digits, 64 bits
_RESTLESS = frozenset(
    {
        "http_etag",  # changes with Launchpad's own releases
        "heat",  # recomputed by the hour
        "users_affected_count",
        "users_unaffected_count",
        "users_affected_count_with_dupes",
        "other_users_affected_count_with_dupes",
    }
)
"""Fields that change without an edit; they make no new version."""
_TASK = re.compile(r"(?P<target>.+)/\+bug/(?P<bug>\d+)")
_OF_PILLAR = {
    BLUEPRINTS: re.compile(r"(?P<target>.+)/\+spec/(?P<name>[^/]+)"),
    MILESTONES: re.compile(r"(?P<target>.+)/\+milestone/(?P<name>[^/]+)"),
}
_SEGMENT = {BLUEPRINTS: "+spec", MILESTONES: "+milestone"}


class Gone(StrEnum):
    """Why a record is no longer where it was."""

    HIDDEN = "hidden"  # this login may no longer see it (private bugs are answered as if they did not exist)
    MOVED = "moved"  # its address leads to another one: retargeted, renamed, or the task was deleted
    ABSENT = "absent"  # a blueprint or milestone that does not exist any more, or is hidden


def digest(value: Json) -> str:
    """A short hash that changes whenever ``value`` does, restless fields left out."""
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name not in _RESTLESS}
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def task_id(client: LaunchpadClient, task: Entry) -> str:
    """``BUG/TARGET`` of a bug task.

    Raises:
        RetriableError: It is no bug task.
    """
    found = _TASK.fullmatch(client.path_of(task.get("self_link")))
    if found is None:
        raise client.nonsense("bug task", "an entry whose link is no bug task's")
    return f"{found['bug']}/{found['target']}"


def bug_of(record_id: str) -> str:
    """Number of the bug of a task."""
    return record_id.partition("/")[0]


def path_of_record(stream: str, record_id: str) -> str:
    """Path of the entry of a record within the web service."""
    if stream == BUG_TASKS:
        bug, _, target = record_id.partition("/")
        return f"{target}/+bug/{bug}"
    target, _, name = record_id.rpartition("/")
    return f"{target}/{_SEGMENT[stream]}/{name}"


def visibility_of(entry: Entry) -> Visibility:
    """By the information type alone; what states none is taken to be restricted."""
    return Visibility.PUBLIC if entry.get("information_type") in PUBLIC_TYPES else Visibility.RESTRICTED


def task_version(task: Entry, bug: Entry, watches: Sequence[Entry]) -> str:
    """Version token of a bug task: a hash each of the task, its bug and (if there are any) its bug's watches."""
    parts = [digest(dict(task)), digest(dict(bug))]
    if watches:
        parts.append(digest([digest(dict(w)) for w in watches]))
    return "-".join(parts)


def task_record(
    client: LaunchpadClient, task: Entry, bug: Entry, watches: Sequence[Entry], partition: str = ""
) -> Record:
    """The record of one bug task with its bug; the same however it was read.

    Raises:
        RetriableError: It is no bug task.
    """
    number = task_id(client, task)
    target = number.partition("/")[2]
    payload: dict[str, Json] = {**task, "bug": {**bug, "watches": list(watches)} if watches else dict(bug)}
    return Record(
        connection=client.connection,
        stream=BUG_TASKS,
        id=number,
        partition=partition or target.partition("/")[0],
        key=f"LP: #{bug_of(number)} ({target})",
        url=_url(client, task, f"{target}/+bug/{bug_of(number)}"),
        version=task_version(task, bug, watches),
        updated=parse_instant(bug.get("date_last_updated")),
        visibility=visibility_of(bug),
        payload=payload,
    )


def listed_id(client: LaunchpadClient, stream: str, entry: Entry) -> str:
    """``PROJECT/NAME`` of a blueprint or milestone.

    Raises:
        RetriableError: It is none.
    """
    found = _OF_PILLAR[stream].fullmatch(client.path_of(entry.get("self_link")))
    if found is None:
        raise client.nonsense(stream, f"an entry whose link is not one of {stream}")
    return f"{found['target']}/{found['name']}"


def listed_record(
    client: LaunchpadClient, stream: str, entry: Entry, visibility: Visibility, partition: str = ""
) -> Record:
    """The record of one blueprint or milestone; its token is a hash, since Launchpad keeps no update instant for it.

    Beside what Launchpad answered, a blueprint's payload holds what its whiteboard has of ours: ``syncline_blocks``, by
    what each is known by; ``syncline_block``, the first of them, or None; and ``syncline_prose``, the whiteboard
    without them.

    Args:
        client: The client that it was read with.
        stream: Which of the two.
        entry: As answered.
        visibility: Its visibility.
        partition: The project that was asked; empty: by its id.

    Raises:
        RetriableError: It is no such entry.
    """
    number = listed_id(client, stream, entry)
    return Record(
        connection=client.connection,
        stream=stream,
        id=number,
        partition=partition or number.partition("/")[0],
        key=number,
        url=_url(client, entry, path_of_record(stream, number)),
        version=digest(dict(entry)),
        updated=None,
        visibility=visibility,
        payload={**entry, **_managed(entry)} if stream == BLUEPRINTS else entry,
    )


def _managed(blueprint: Entry) -> dict[str, Json]:
    """What the whiteboard holds of ours, apart from what people wrote."""
    whiteboard = blueprint.get("whiteboard")
    held = {
        name: {
            "external_id": name,
            "text": block.text,
            "marker": dict(block.marker) if block.marker is not None else None,
        }
        for name, block in blocks(whiteboard).items()
    }
    return {
        "syncline_block": next(iter(held.values()), None),
        "syncline_blocks": held,
        "syncline_prose": prose(whiteboard),
    }


def tombstone(client: LaunchpadClient, stream: str, record_id: str, partition: str, gone: Gone) -> Record:
    """The record of something that was read before and, asked for by its id, is no longer there.

    The payload holds its ``self_link`` and, as ``syncline_gone``, in which way.
    """
    path = path_of_record(stream, record_id)
    bug, _, target = record_id.partition("/")
    return Record(
        connection=client.connection,
        stream=stream,
        id=record_id,
        partition=partition,
        key=f"LP: #{bug} ({target})" if stream == BUG_TASKS else record_id,
        url=f"{client.settings.people_url}/{path}",
        version=f"gone-{gone}",
        updated=None,
        visibility=Visibility.RESTRICTED,
        payload={"self_link": f"{client.settings.root}{path}", "syncline_gone": gone.value},
        deleted=True,
    )


def _url(client: LaunchpadClient, entry: Entry, path: str) -> str:
    link = entry.get("web_link")
    return link if isinstance(link, str) and link else f"{client.settings.people_url}/{path}"
