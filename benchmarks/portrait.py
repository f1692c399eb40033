"""What the tools hold, told so that two runs that did the same are equal.

Ids of what was made, instants, and the store's instance id are named by what they stand for; the order of labels and of
history counts for nothing; all else is compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from benchmarks.steering import GITHUB, JIRAS, LAUNCHPAD, SALESFORCE, State

_INSTANTS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z|\+0000|\+00:00)")
_INSTANCE = re.compile(r"\b[0-9a-f]{32}\b(?=[/\"]|$)")
_SYSTEM = {"CreatedDate", "LastModifiedDate", "SystemModstamp"}
_RISKS = "Syncline_Risk__c"
_BLOCK = re.compile(r"<!-- syncline:block=(\S+)|^--- begin (syncline:\S+)", re.MULTILINE)
_MADE = {"id", "created_at", "updated_at", "date_last_updated", "datechanged", "value_times"}
"""Of GitHub's and Launchpad's: numbers given as things are made, and instants of change."""


def portrait(states: Mapping[str, State]) -> dict[str, Any]:
    """All records of all tools by a name that does not depend on the order in which they were made."""
    found: dict[str, Any] = {}
    for name in JIRAS:
        labels = _labels(states[name])
        for issue in states[name]["issues"]:
            found[f"{name} {labels[issue['id']]}"] = _issue(issue, labels)
    for object_name, rows in states[SALESFORCE]["records"].items():
        seen: Counter[str] = Counter()
        for row in rows:
            label = str(row["Risk_Key__c"] if object_name == _RISKS else row["Id"])
            seen[label] += 1
            unsure = _SYSTEM | ({"Id"} if object_name == _RISKS else set())
            values = {key: _plain(value) for key, value in row.items() if key not in unsure}
            found[f"{object_name} {label}" + (f" #{seen[label]}" if seen[label] > 1 else "")] = values
    return found | _github(states.get(GITHUB, {})) | _launchpad(states.get(LAUNCHPAD, {}))


def _github(state: State) -> dict[str, Any]:
    """Labels of repositories; issues and pull requests with labels and comments; items of projects with values."""
    found: dict[str, Any] = {}
    for repository in state.get("repositories", ()):
        name = repository["full_name"]
        labels = sorted((_made(label) for label in repository.get("labels") or ()), key=repr)
        found[f"{GITHUB} labels of {name}"] = {"labels": labels}
        for kind in ("issues", "pulls"):
            for issue in repository.get(kind) or ():
                record = {
                    **_made(issue),
                    "labels": sorted(issue.get("labels") or ()),
                    "comments": sorted((_made(comment) for comment in issue.get("comments") or ()), key=repr),
                    "events": sorted((_made(event) for event in issue.get("events") or ()), key=repr),
                }
                found[f"{GITHUB} {kind} {name}#{issue['number']}"] = record
    for project in state.get("projects", ()):
        seen: Counter[str] = Counter()
        for item in project.get("items") or ():
            label = f"{GITHUB} project {project['number']} {item.get('content') or item.get('id')}"
            seen[label] += 1
            found[f"{label} #{seen[label]}" if seen[label] > 1 else label] = _made(item)
    return found


def _launchpad(state: State) -> dict[str, Any]:
    """Bugs with their tags and history, blueprints with their whiteboards."""
    found: dict[str, Any] = {}
    for bug in state.get("bugs", ()):
        history = sorted((_made(entry) for entry in bug.get("activity") or ()), key=repr)
        record = {**_made(bug), "tags": sorted(bug.get("tags") or ()), "activity": history}
        found[f"{LAUNCHPAD} bug {bug['id']}"] = record
    for pillar in (*state.get("projects", ()), *state.get("distributions", ())):
        for blueprint in pillar.get("specifications") or ():
            found[f"{LAUNCHPAD} blueprint {pillar['name']}/{blueprint['name']}"] = _made(blueprint)
    return found


def _made(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of GitHub or Launchpad without what depends on when and in which order it was made."""
    return {key: _plain(value) for key, value in record.items() if key not in _MADE}


def duplicates(states: Mapping[str, State]) -> list[str]:
    """What is there twice.

    Issues of one risk, risk rows of one key, labels on an issue, links of one id; on GitHub labels of one name in a
    repository, comments of one block on an issue, items of one issue in a project; on Launchpad tags of a bug and
    blocks of one name on a whiteboard.
    """
    found = []
    for name in JIRAS:
        risks = Counter(risk for issue in states[name]["issues"] if (risk := _risk(issue)))
        found += [f"{name} issues of {risk}" for risk, count in risks.items() if count > 1]
        for issue in states[name]["issues"]:
            labels = Counter(issue["fields"].get("labels") or [])
            links = Counter(link.get("globalId") for link in issue.get("remotelinks") or [] if link.get("globalId"))
            found += [f"{name} {issue['key']} {what}" for what, n in (labels + links).items() if n > 1]
    keys = Counter(row["Risk_Key__c"] for row in states[SALESFORCE]["records"].get(_RISKS, ()))
    found += [f"{SALESFORCE} rows of {key}" for key, count in keys.items() if count > 1]
    return found + _twice_on_github(states.get(GITHUB, {})) + _twice_on_launchpad(states.get(LAUNCHPAD, {}))


def _twice_on_github(state: State) -> list[str]:
    things: Counter[str] = Counter()
    for repository in state.get("repositories", ()):
        name = repository["full_name"]
        things.update(f"label {name} {str(label['name']).lower()}" for label in repository.get("labels") or ())
        for issue in (*(repository.get("issues") or ()), *(repository.get("pulls") or ())):
            at = f"{name}#{issue['number']}"
            things.update(f"label on {at} {label}" for label in issue.get("labels") or ())
            comments = [str(comment["body"]) for comment in issue.get("comments") or ()]
            things.update(f"comment on {at} of {block}" for body in comments for block in _blocks(body))
    for project in state.get("projects", ()):
        contents = [item["content"] for item in project.get("items") or () if item.get("content")]
        things.update(f"item of project {project['number']} {content}" for content in contents)
    return [f"{GITHUB} {what}" for what, count in things.items() if count > 1]


def _twice_on_launchpad(state: State) -> list[str]:
    things: Counter[str] = Counter()
    for bug in state.get("bugs", ()):
        things.update(f"bug {bug['id']} tag {tag}" for tag in bug.get("tags") or ())
    for pillar in (*state.get("projects", ()), *state.get("distributions", ())):
        for blueprint in pillar.get("specifications") or ():
            at = f"{pillar['name']}/{blueprint['name']}"
            things.update(f"whiteboard {at} of {block}" for block in _blocks(str(blueprint.get("whiteboard") or "")))
    return [f"{LAUNCHPAD} {what}" for what, count in things.items() if count > 1]


def _blocks(text: str) -> list[str]:
    """The names of the blocks that begin in a text, each as often as it does."""
    return [match[1] or match[2] for match in _BLOCK.finditer(text)]


def differences(want: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Where two portraits differ."""
    told = [f"missing: {key}" for key in want if key not in found]
    told += [f"extra: {key}" for key in found if key not in want]
    for key, record in want.items():
        if key in found and record != found[key]:
            parts = [part for part in {*record, *found[key]} if record.get(part) != found[key].get(part)]
            told += [f"{key} {p}: {record.get(p)!r} became {found[key].get(p)!r}" for p in sorted(parts)]
    return told


def _risk(issue: Mapping[str, Any]) -> str:
    found = (issue.get("properties") or {}).get("syncline") or {}
    return str(found.get("risk") or "") if isinstance(found, dict) else ""


def _labels(state: State) -> dict[str, str]:
    seen: Counter[str] = Counter()
    labels = {}
    for issue in state["issues"]:
        risk = _risk(issue)
        seen[risk] += 1
        again = f" #{seen[risk]}" if seen[risk] > 1 else ""
        labels[issue["id"]] = f"risk {risk}{again}" if risk else str(issue["key"])
    return labels


def _issue(issue: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    fields = {key: _plain(value) for key, value in issue["fields"].items() if key not in ("created", "updated")}
    if fields.get("labels"):
        fields["labels"] = sorted(fields["labels"])
    if fields.get("parent"):
        fields["parent"] = labels.get(str(fields["parent"].get("id")), fields["parent"])
    history = [
        (entry.get("author"), [_plain(item) for item in entry["items"]]) for entry in issue.get("changelog") or []
    ]
    links = [_plain({k: v for k, v in link.items() if k != "id"}) for link in issue.get("remotelinks") or []]
    return {
        **{f"fields.{key}": value for key, value in fields.items()},
        "properties": _plain(issue.get("properties") or {}),
        "remotelinks": links,
        "comments": issue.get("comments"),
        "worklogs": issue.get("worklogs"),
        "changelog": sorted(history, key=repr),
    }


def _plain(value: Any) -> Any:
    """Instants and the instance id by what they are."""
    match value:
        case str():
            return _INSTANCE.sub("<instance>", _INSTANTS.sub("<instant>", value))
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
