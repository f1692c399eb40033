"""Steers the stand-ins of a sandbox: their states, faults and logs, and edits as people would make them."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from sandbox.launch import Sandbox

JIRAS = ("jira", "jira-dc")
SALESFORCE = "salesforce"
GITHUB = "github"
LAUNCHPAD = "launchpad"
OUT = "out-of-contract"
State = dict[str, Any]


class Steering:
    """The admin routes of every stand-in of one sandbox."""

    def __init__(self, box: Sandbox) -> None:
        self.names = tuple(box.admin)
        self._admin = dict(box.admin)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(box.ca_file)

    def call(self, method: str, name: str, path: str, body: Any = None) -> requests.Response:
        """One admin request."""
        answer = self._session.request(method, f"{self._admin[name]}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer

    def states(self) -> dict[str, State]:
        """The states of all, by name."""
        return {name: self.call("GET", name, "state").json() for name in self.names}

    def restore(self, states: Mapping[str, State]) -> None:
        """Put all back; faults and logs are cleared."""
        for name in self.names:
            self.call("DELETE", name, "faults")
            self.call("PUT", name, "state", states[name])
            self.call("DELETE", name, "log")

    def log(self, name: str) -> list[dict[str, Any]]:
        """The exchanges since the log was cleared."""
        return [json.loads(line) for line in self.call("GET", name, "log").text.splitlines()]

    def fault(self, name: str, rule: Mapping[str, Any]) -> str:
        """Add one fault; its id."""
        found: str = self.call("POST", name, "faults", dict(rule)).json()["id"]
        return found

    def clear_faults(self, name: str) -> None:
        """Remove the faults of one."""
        self.call("DELETE", name, "faults")

    def release(self, name: str) -> None:
        """Let held requests go on."""
        self.call("POST", name, "release", {})

    def holding(self, name: str) -> list[str]:
        """The faults that hold a request just now."""
        return [rule["id"] for rule in self.call("GET", name, "faults").json() if rule["waiting"]]

    def change_issues(self, name: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Change fields of issues as somebody else would, stamped now: issue id -> field -> value."""
        state = self.call("GET", name, "state").json()
        stamp = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        left = set(changes)
        for issue in state["issues"]:
            if issue["id"] in changes:
                issue["fields"].update(copy.deepcopy(dict(changes[issue["id"]])))
                issue["fields"]["updated"] = stamp
                left.discard(issue["id"])
        if left:
            raise ValueError(f"no such issues on {name}: {sorted(left)}")
        self.call("PUT", name, "state", state)

    def change_rows(self, object_name: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Change rows of Salesforce as somebody else would: row id -> field -> value."""
        operations = [
            {"op": "update", "object": object_name, "id": row, "values": dict(values)}
            for row, values in changes.items()
        ]
        self.call("POST", SALESFORCE, "records", operations)

    def label_github(self, ids: Collection[str], label: str) -> int:
        """Put a label on issues as a member of their repository would: by REST; how many."""
        count = 0
        for repository in self.call("GET", GITHUB, "state").json()["repositories"]:
            full, people = repository["full_name"], sorted(repository["collaborators"])
            somebody = next(login for login in people if login != "syncline-bot")
            for issue in repository["issues"]:
                if str(issue["id"]) in ids:
                    path = f"/repos/{full}/issues/{issue['number']}/labels"
                    request = {"login": somebody, "method": "POST", "path": path, "body": {"labels": [label]}}
                    answer = self.call("POST", GITHUB, "as", request).json()
                    if answer["status"] != 200:
                        raise ValueError(f"{path}: {answer}")
                    count += 1
        return count

    def tag_launchpad(self, bugs: Collection[str], tag: str) -> int:
        """Put a tag on bugs as somebody else would, stamped now; how many."""
        state = self.call("GET", LAUNCHPAD, "state").json()
        stamp = datetime.now(tz=UTC).isoformat()
        count = 0
        for bug in state["bugs"]:
            if str(bug["id"]) in bugs:
                bug["tags"] = sorted({*bug["tags"], tag})
                bug["date_last_updated"] = stamp
                count += 1
        self.call("PUT", LAUNCHPAD, "state", state)
        return count


def shuffled(states: Mapping[str, State], seed: int) -> dict[str, State]:
    """The same states with their records, and the labels and tags on them, in another order."""
    shuffle = random.Random(seed).shuffle  # noqa: S311 - reproducible on purpose
    other: dict[str, State] = copy.deepcopy(dict(states))
    lists: list[list[Any]] = list(other[SALESFORCE]["records"].values())
    for name in JIRAS:
        lists += [other[name]["issues"], other[name]["projects"]]
        lists += [issue["fields"].get("labels") or [] for issue in other[name]["issues"]]
    for repository in other.get(GITHUB, {}).get("repositories", ()):
        lists += [repository.get(kind, []) for kind in ("issues", "milestones", "labels")]
        lists += [issue.get("labels", []) for issue in repository.get("issues", ())]
    if GITHUB in other:
        lists += [other[GITHUB]["repositories"], *(one["items"] for one in other[GITHUB]["projects"])]
    if LAUNCHPAD in other:
        lists += [other[LAUNCHPAD][kind] for kind in ("projects", "bugs", "people")]
        lists += [one["specifications"] for one in other[LAUNCHPAD]["projects"]]
        lists += [bug[kind] for bug in other[LAUNCHPAD]["bugs"] for kind in ("tags", "tasks")]
    for one in lists:
        shuffle(one)
    return other


def project_manager_edits(steering: Steering, truth: Path) -> int:
    """A PM's day: settles about half of the findings in the tools, and makes new trouble; how many records changed.

    Orphan work is marked as out of contract, late deliverables are delivered, uncovered items deferred; some open
    deliverables are promised three months later.
    """
    document = json.loads(truth.read_text(encoding="utf-8"))
    subjects: dict[str, list[str]] = {}
    for one in document["findings"]:
        subjects.setdefault(one["kind"], []).append(one["subject"])
    half = {kind: sorted(set(found))[::2] for kind, found in subjects.items()}
    changed = 0
    for name in JIRAS:
        ids = [s.split(":")[2] for s in half["scope.orphan_work"] if s.startswith(f"{name}:")]
        labels = {
            i["id"]: i["fields"].get("labels") or [] for i in steering.call("GET", name, "state").json()["issues"]
        }
        steering.change_issues(name, {i: {"labels": [*labels[i], OUT]} for i in ids})
        changed += len(ids)
    if GITHUB in steering.names:
        ids = [s.split(":")[2] for s in half["scope.orphan_work"] if s.startswith(f"{GITHUB}:issues:")]
        changed += steering.label_github(ids, OUT)
    if LAUNCHPAD in steering.names:
        own = [s.split(":")[2] for s in half["scope.orphan_work"] if s.startswith(f"{LAUNCHPAD}:bug_tasks:")]
        changed += steering.tag_launchpad([one.partition("/")[0] for one in own], OUT)
    now = datetime.now(tz=UTC)
    late = {s.split(":")[2] for s in half["deliverable.late"]}
    uncovered = {s.split(":")[2] for s in half["scope.uncovered"]}
    said = {s.split(":")[2] for kind in ("deliverable.late", "deliverable.dates_disagree") for s in subjects[kind]}
    rows = steering.call("GET", SALESFORCE, "state").json()["records"]["Deliverable__c"]
    quiet = [r["Id"] for r in rows if r["State__c"] == "Open" and r["Id"] not in said and r.get("Promised_For__c")][:6]
    delivered = {"State__c": "Delivered", "Delivered_On__c": now.date().isoformat()}
    later = {"Promised_For__c": (now.date() + timedelta(days=400)).isoformat()}
    steering.change_rows("Deliverable__c", dict.fromkeys(sorted(late), delivered) | dict.fromkeys(quiet, later))
    steering.change_rows("Scope_Item__c", {row: {"State__c": "Deferred"} for row in sorted(uncovered)})
    return changed + len(late) + len(quiet) + len(uncovered)


def until(condition: Any, *, seconds: float, every: float = 0.005) -> bool:
    """Wait for something; False when it did not come in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every)
    return False
