"""What the tools hold, told so that two runs that did the same are equal.

Ids of what was made, instants, and the store's instance id are named by what they stand for; the order of labels and of
history counts for nothing; all else is compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from benchmarks.steering import JIRAS, SALESFORCE, State

_INSTANTS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z|\+0000|\+00:00)")
_INSTANCE = re.compile(r"\b[0-9a-f]{32}\b(?=/|$)")
_SYSTEM = {"CreatedDate", "LastModifiedDate", "SystemModstamp"}
_RISKS = "Syncline_Risk__c"


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
    return found


def duplicates(states: Mapping[str, State]) -> list[str]:
    """What is there twice: issues of one risk, risk rows of one key, labels on an issue, links of one id."""
    found = []
    for name in JIRAS:
        risks = Counter(risk for issue in states[name]["issues"] if (risk := _risk(issue)))
        found += [f"{name} issues of {risk}" for risk, count in risks.items() if count > 1]
        for issue in states[name]["issues"]:
            labels = Counter(issue["fields"].get("labels") or [])
            links = Counter(link.get("globalId") for link in issue.get("remotelinks") or [] if link.get("globalId"))
            found += [f"{name} {issue['key']} {what}" for what, n in (labels + links).items() if n > 1]
    keys = Counter(row["Risk_Key__c"] for row in states[SALESFORCE]["records"].get(_RISKS, ()))
    return found + [f"{SALESFORCE} rows of {key}" for key, count in keys.items() if count > 1]


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
