"""Measurement `requests`: what left for each tool against the least that the job can take (`benchmarks.bounds`).

Places that the login may not read are taken out of the configuration first: asking for them again is no part of the
bound. The figures count only when the store holds exactly what the stand-ins hold, as read by plain requests.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import bounds
from benchmarks.kills import is_write
from benchmarks.product import syncline
from benchmarks.record import fingerprint, write
from benchmarks.steering import JIRAS, SALESFORCE, Steering
from sandbox.launch import Sandbox, running
from sync import bootstrap
from sync.store.records import stream_records

COMMAND = "python -m benchmarks --only requests"
WHAT = "requests that left for each tool against the least possible, seed 1 at scale 5; start-up and looks listed apart"
SEED, SCALE = 1, 5
START_UP = re.compile(r"/(field|serverInfo|myself|oauth2/token|createmeta/.*|project/search|project)$")
LOOKS = "looks before and after writing"
READS, WRITES, BEGINS = "reads", "writes", "start-up"
OBJECTS = {
    "accounts": "Account",
    "users": "User",
    "engagements": "Engagement__c",
    "baselines": "Scope_Baseline__c",
    "scope_items": "Scope_Item__c",
    "deliverables": "Deliverable__c",
    "risks": "Syncline_Risk__c",
}

Log = Mapping[str, Sequence[Mapping[str, Any]]]


def readable_only(box: Sandbox) -> None:
    """Take the places out of the configuration that the login may not read, and engagements that have no other."""
    failed = syncline(box.config, "pull", "--json").json["failed"]
    hidden = {tuple(note["place"].split(":")[::2]) for note in failed}
    text = box.config.read_text(encoding="utf-8")
    for connection, place in hidden:
        text = re.sub(rf'\n  \{{ connection = "{connection}", place = "{place}".*\}},', "", text)
    text = re.sub(r"\n\[engagements\.[^\]]+\]\nrecord = .*\nplaces = \[\n\]\n", "\n", text)
    box.config.write_text(text, encoding="utf-8")
    for path in box.directory.glob("syncline.sqlite3*"):
        path.unlink()


def measured(seed: int = SEED, scale: int = SCALE) -> dict[str, Any]:
    """Pull everything, carry out a plan, and run a quiet cycle; requests of each by purpose, beside the least."""
    with (
        tempfile.TemporaryDirectory(prefix="syncline-cost-") as folder,
        running(seed=seed, scale=scale, directory=Path(folder), throttle=False) as box,
    ):
        readable_only(box)
        steering = Steering(box)
        logs: dict[str, dict[str, list[dict[str, Any]]]] = {}
        plan = Path(folder) / "plan.json"
        for name, words in (
            ("full_pull", ["pull"]),
            ("plan", ["plan", "--out", str(plan)]),
            ("writes", ["apply", str(plan)]),
            ("quiet", ["sync"]),
        ):
            for each in steering.names:
                steering.call("DELETE", each, "log")
            ran = syncline(box.config, *words, "--json")
            if ran.code or ran.json.get("failed"):
                raise RuntimeError(f"{name}: exit {ran.code}: {ran.out[-1000:]} {ran.err[-1000:]}")
            logs[name] = {each: steering.log(each) for each in steering.names}
            if name == "full_pull":
                held = _same_as_the_tools(box, steering)
        if any(logs["plan"].values()):
            raise RuntimeError("a plan made requests")
        if sum(ran.json["writes"].values()):
            raise RuntimeError(f"the last run was not quiet: {ran.json['writes']}")
        planned = json.loads(plan.read_text(encoding="utf-8"))
    return {name: _of_one(name, held[name], {k: v[name] for k, v in logs.items()}, planned) for name in logs["quiet"]}


def _of_one(name: str, held: Mapping[str, int], logs: Log, planned: Mapping[str, Any]) -> dict[str, Any]:
    by_purpose = {phase: _purposes(logs[phase]) for phase in ("full_pull", "writes", "quiet")}
    own = [w for w in _writes_of(planned) if w["connection"] == name]
    kinds = Counter(w["kind"] for w in own)
    labelled = {w["target"] for w in own if w["kind"] in ("add_label", "remove_label", "set_fields")}
    if name in JIRAS:
        cloud = name == "jira"
        changed = len({w["target"] for w in own if w["target"]}) + kinds["create"]
        least = {
            "full_pull": bounds.jira_full_pull(issues=held["issues"], projects=held["projects"], cloud=cloud),
            "writes": bounds.jira_writes(
                edited_issues=len(labelled),
                created=kinds["create"],
                links=kinds["put_link"],
                transitions=kinds["transition"],
            ),
            "quiet": bounds.jira_quiet(changed=changed, cloud=cloud),
        }
    else:
        rows = tuple(held[stream] for stream in OBJECTS)
        least = {
            "full_pull": bounds.salesforce_read(rows=rows),
            "writes": bounds.salesforce_writes(guarded=kinds["set_fields"], upserts=kinds["upsert"]),
            "quiet": bounds.salesforce_read(rows=(1,) * len(rows)),
        }
    purposes = {"full_pull": READS, "writes": WRITES, "quiet": READS}
    found: dict[str, Any] = {
        phase: {"left": by_purpose[phase][purpose], "least": least[phase]} for phase, purpose in purposes.items()
    }
    found["writes"]["writes"] = len(own)
    found["apart"] = {
        f"{purpose}, {phase}": count
        for phase, counts in by_purpose.items()
        for purpose, count in counts.items()
        if purpose != purposes[phase]
    }
    return found


def _writes_of(planned: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one.get("write", one) for one in (planned.get("plan") or planned)["writes"]]


def _purposes(log: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Requests by what they are for."""
    writes = any(is_write(entry) for entry in log)
    counts: Counter[str] = Counter()
    for entry in log:
        if is_write(entry):
            counts[WRITES] += 1
        elif START_UP.search(entry["route"].replace("<project_ref>", "x")) or "/describe" in json.dumps(
            entry["request_body"]
        ):
            counts[BEGINS] += 1
        else:
            counts[LOOKS if writes else READS] += 1
    return counts


def _same_as_the_tools(box: Sandbox, steering: Steering) -> dict[str, dict[str, int]]:
    """Records by connection and stream, when the store holds what the tools hold.

    Raises:
        RuntimeError: It does not.
    """
    config = bootstrap.load_config(box.config)
    store = bootstrap.open_store(config)
    places = {c: {p.place for e in config.engagements.values() for p in e.places if p.connection == c} for c in JIRAS}
    counts: dict[str, dict[str, int]] = {}
    try:
        with store.unit_of_work() as session:
            for name in JIRAS:
                stored = stream_records(session, name, "issues")
                seen = _visible(steering, name, places[name])
                have = {r.id: (r.key, (r.payload["fields"] or {}).get("summary")) for r in stored.values()}
                if have != seen:
                    raise RuntimeError(f"{name}: {len(have)} issues stored, {len(seen)} in the tool, or others")
                counts[name] = {"issues": len(seen), "projects": len(places[name])}
            rows = steering.call("GET", SALESFORCE, "state").json()["records"]
            counts[SALESFORCE] = {}
            for stream, object_name in OBJECTS.items():
                have_rows = {r.id: r.payload["Name"] for r in stream_records(session, SALESFORCE, stream).values()}
                want = {r["Id"]: r.get("Name") for r in rows.get(object_name, ())}
                if object_name != "User" and have_rows != want:
                    raise RuntimeError(
                        f"{object_name}: {len(have_rows)} rows stored, {len(want)} in the tool, or others"
                    )
                counts[SALESFORCE][stream] = len(want)
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


def main() -> bool:
    """Measure and write the figures; True unless less left than the least, which would be a wrong bound."""
    figures = measured()
    for name, one in figures.items():
        print(f"requests {name}: {one}", flush=True)
    write("requests", what=WHAT, figures={"connections": figures}, command=COMMAND, sources=fingerprint())
    phases = ("full_pull", "writes", "quiet")
    return all(one[phase]["left"] >= one[phase]["least"] for one in figures.values() for phase in phases)
