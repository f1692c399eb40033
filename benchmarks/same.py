"""Whether a store holds exactly what the stand-ins hold, as their states tell: no figure counts without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.steering import GITHUB, JIRAS, LAUNCHPAD, SALESFORCE, Steering
from sandbox.launch import Sandbox
from sync import bootstrap
from sync.config.load import Config
from sync.store.records import stream_records

OBJECTS = {
    "accounts": "Account",
    "users": "User",
    "engagements": "Engagement__c",
    "baselines": "Scope_Baseline__c",
    "scope_items": "Scope_Item__c",
    "deliverables": "Deliverable__c",
    "risks": "Syncline_Risk__c",
    "requests": "Engineering_Request__c",
    "mitigations": "Mitigation__c",
    "dependencies": "Deliverable_Dependency__c",
}


def same_as_the_tools(box: Sandbox, steering: Steering) -> dict[str, dict[str, Any]]:
    """Records by connection and stream, when the store holds what the tools hold.

    Raises:
        RuntimeError: It does not.
    """
    config = bootstrap.load_config(box.config)
    store = bootstrap.open_store(config)
    rows = steering.call("GET", SALESFORCE, "state").json()["records"]
    resting = {row["Key__c"] for row in rows["Engagement__c"] if row.get("Stage__c") == "Closed"}
    places = {name: _places(config, name, resting) for name in (*JIRAS, GITHUB, LAUNCHPAD)}
    counts: dict[str, dict[str, Any]] = {}
    try:
        with store.unit_of_work() as session:
            for name in JIRAS:
                stored = stream_records(session, name, "issues")
                seen = _visible(steering, name, places[name])
                have = {r.id: (r.key, (r.payload["fields"] or {}).get("summary")) for r in stored.values()}
                if have != seen:
                    raise RuntimeError(f"{name}: {len(have)} issues stored, {len(seen)} in the tool, or others")
                counts[name] = {"issues": len(seen), "projects": len(places[name])}
            counts[SALESFORCE] = {}
            for stream, object_name in OBJECTS.items():
                kept = stream_records(session, SALESFORCE, stream).values()
                named = all("Name" in r.payload for r in kept)  # read where the mapping wants it
                have_rows = {r.id: r.payload["Name"] if named else None for r in kept}
                want = {r["Id"]: r.get("Name") if named else None for r in rows.get(object_name, ())}
                if object_name != "User" and have_rows != want:
                    raise RuntimeError(
                        f"{object_name}: {len(have_rows)} rows stored, {len(want)} in the tool, or others"
                    )
                counts[SALESFORCE][stream] = len(want)
            if GITHUB in steering.names:
                counts[GITHUB] = _github(session, steering, places[GITHUB])
            if LAUNCHPAD in steering.names:
                counts[LAUNCHPAD] = _launchpad(session, steering, places[LAUNCHPAD])
    finally:
        store.close()
    return counts


def _visible(steering: Steering, name: str, places: set[str]) -> dict[str, tuple[str, str]]:
    """Id -> (key, summary) of the issues in these projects that the login can see, from the stand-in's state."""
    state = steering.call("GET", name, "state").json()
    login = next(u for u in state["users"] if u.get("token"))
    me = {login.get("accountId"), login.get("name"), login.get("key")}
    levels = {
        str(level["id"]) for level in state["security_levels"] if me & {_ref(m) for m in level.get("members") or ()}
    }
    projects = {p["id"]: p["key"] for p in state["projects"]}
    found = {}
    for issue in state["issues"]:
        fields = issue["fields"]
        level = fields.get("security")
        level_id = str(level.get("id") if isinstance(level, dict) else level) if level else None
        if projects.get(str(fields["project"]["id"])) in places and (level_id is None or level_id in levels):
            found[issue["id"]] = (issue["key"], fields["summary"])
    return found


def _ref(member: Any) -> Any:
    return member if isinstance(member, str) else member.get("accountId") or member.get("name")


def _places(config: Config, connection: str, resting: set[str]) -> set[str]:
    """Places that an engagement uses which is not closed: those of closed ones alone are not read."""
    awake = [e for key, e in config.engagements.items() if key not in resting]
    return {p.place for e in awake for p in e.places if p.connection == connection}


def _same(what: str, have: Mapping[str, Any], want: Mapping[str, Any]) -> None:
    if have != want:
        other = [key for key in {**have, **want} if have.get(key) != want.get(key)]
        told = [(key, have.get(key), want.get(key)) for key in other[:3]]
        raise RuntimeError(f"{what}: {len(have)} stored, {len(want)} in the tool, {len(other)} otherwise: {told}")


def _github(session: Session, steering: Steering, places: set[str]) -> dict[str, Any]:
    """Issues and milestones of the repositories; how many of each repository, for the bound."""
    repositories = [r for r in steering.call("GET", GITHUB, "state").json()["repositories"] if r["full_name"] in places]
    issues = {
        str(one["id"]): (f"{r['full_name']}#{one['number']}", one["title"]) for r in repositories for one in r["issues"]
    }
    stored = stream_records(session, GITHUB, "issues").values()
    _same("github issues", {r.id: (r.key, r.payload["title"]) for r in stored}, issues)
    marks = {str(one["id"]): one["title"] for r in repositories for one in r["milestones"]}
    held = stream_records(session, GITHUB, "milestones").values()
    _same("github milestones", {r.id: r.payload["title"] for r in held}, marks)
    anchors = [sum("engagement-anchor" in one.get("labels", ()) for one in r["issues"]) for r in repositories]
    return {
        "issues": tuple(len(r["issues"]) for r in repositories),
        "milestones": tuple(len(r["milestones"]) for r in repositories),
        "anchors": tuple(anchors),
    }


def _launchpad(session: Session, steering: Steering, places: set[str]) -> dict[str, Any]:
    """Tasks, blueprints and milestones of the projects; how many of each, for the bound."""
    state = steering.call("GET", LAUNCHPAD, "state").json()
    projects = [one for one in state["projects"] if one["name"] in places]
    us = state["tokens"][0]["person"]
    inside = {one["name"] for one in projects if us in (one["owner"], *one["members"])}
    tasks: dict[str, str] = {}
    watched: set[str] = set()
    for bug in state["bugs"]:
        targets = {task["target"] for task in bug["tasks"]}
        seen = bug["information_type"].startswith("Public") or us in bug["subscribers"] or targets & inside
        for target in targets & places if seen else ():
            tasks[f"{bug['id']}/{target}"] = bug["title"]
            if bug["watches"]:
                watched.add(str(bug["id"]))
    stored = stream_records(session, LAUNCHPAD, "bug_tasks").values()
    _same("bug tasks", {r.id: r.payload["bug"]["title"] for r in stored}, tasks)
    prints = {f"{p['name']}/{one['name']}": one["title"] for p in projects for one in p["specifications"]}
    held = stream_records(session, LAUNCHPAD, "blueprints").values()
    _same("blueprints", {r.key: r.payload["title"] for r in held}, prints)
    marks = Counter(p["name"] for p in projects for series in p["series"] for _ in series["milestones"])
    rows = list(stream_records(session, LAUNCHPAD, "milestones").values())
    _same("launchpad milestones", Counter(r.partition for r in rows), marks)
    return {
        "places": sorted(places),
        "bugs": {task.partition("/")[0] for task in tasks},
        "watched": watched,
        "bug_tasks": Counter(task.partition("/")[2] for task in tasks),
        "blueprints": Counter(name.partition("/")[0] for name in prints),
        "milestones": marks,
    }
