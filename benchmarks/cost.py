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
from benchmarks.product import syncline
from benchmarks.record import fingerprint, write
from benchmarks.same import OBJECTS, same_as_the_tools
from benchmarks.steering import GITHUB, JIRAS, LAUNCHPAD, Steering
from benchmarks.writing import is_write
from sandbox.launch import Sandbox, running
from sync import bootstrap
from sync.store.partitions import partition_rows

COMMAND = "python -m benchmarks --only requests"
WHAT = "requests that left for each tool against the least possible, seed 1 at scale 5; start-up and looks listed apart"
SEED, SCALE = 1, 5
START_UP = re.compile(
    r"/(field|serverInfo|myself|oauth2/token|createmeta/.*|project/search|project)$|^/repos/<owner>/<repo_name>$"
)
LOOKS = "looks before and after writing"
READS, WRITES, BEGINS, CENSUS = "reads", "writes", "start-up", "census"
MADE_LABELS = "labels that repositories lacked, made once"
Log = Mapping[str, Sequence[Mapping[str, Any]]]


def readable_only(box: Sandbox) -> None:
    """Take the places out of the configuration that the login may not read, and engagements that have no other."""
    syncline(box.config, "pull", "--json")
    store = bootstrap.open_store(bootstrap.load_config(box.config))
    try:
        with store.unit_of_work() as session:  # the summary does not tell of places that only closed engagements have
            hidden = {(name, p.key) for (name, p), row in partition_rows(session).items() if row.error}
    finally:
        store.close()
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
                held = same_as_the_tools(box, steering)
        if any(logs["plan"].values()):
            raise RuntimeError("a plan made requests")
        if sum(ran.json["writes"].values()):
            raise RuntimeError(f"the last run was not quiet: {ran.json['writes']}")
        planned = json.loads(plan.read_text(encoding="utf-8"))
    return {name: _of_one(name, held[name], {k: v[name] for k, v in logs.items()}, planned) for name in logs["quiet"]}


def _of_one(name: str, held: Mapping[str, Any], logs: Log, planned: Mapping[str, Any]) -> dict[str, Any]:
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
    elif name == GITHUB:
        least = _least_of_github(held, own, kinds)
    elif name == LAUNCHPAD:
        least = _least_of_launchpad(held, own)
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


def requests_of_pull(steering: Steering, held: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Requests of the full pull that is in the logs, by connection: left, least, and what counts apart."""
    found = {}
    for name in steering.names:
        logs = {"full_pull": steering.log(name), "writes": (), "quiet": ()}
        one = _of_one(name, held[name], logs, {"writes": []})
        found[name] = {**one["full_pull"], "apart": one["apart"]}
    return found


def _least_of_github(held: Mapping[str, Any], own: Sequence[Mapping[str, Any]], kinds: Counter[str]) -> dict[str, int]:
    anchors = sum(held["anchors"])
    return {
        "full_pull": bounds.github_full_pull(issues=held["issues"], milestones=held["milestones"], anchors=anchors),
        "writes": bounds.github_writes(
            fields=sum(len(w["values"]) for w in own if w["kind"] == "set_fields"),
            blocks=kinds["put_block"],
            labelled=len({w["target"] for w in own if w["kind"] == "add_label"}),
            removed=kinds["remove_label"],
        ),
        "quiet": bounds.github_quiet(repositories=len(held["issues"]), changed=(), anchors=anchors),
    }


def _least_of_launchpad(held: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    bugs = {w["target"].partition("/")[0] for w in own if w["kind"] in ("add_label", "remove_label")}
    blueprints = {w["target"] for w in own if w["kind"] == "put_block"}
    lately = {w["partition"] for w in own if w["kind"] in ("add_label", "remove_label")}
    lists = tuple(
        held[stream][place] for stream in ("bug_tasks", "blueprints", "milestones") for place in held["places"]
    )
    return {
        "full_pull": bounds.launchpad_full_pull(lists=lists, bugs=len(held["bugs"]), watched=len(held["watched"])),
        "writes": bounds.launchpad_writes(bugs=len(bugs), blueprints=len(blueprints)),
        "quiet": bounds.launchpad_quiet(projects=len(held["places"]), lately=len(lately)),
    }


def _writes_of(planned: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one.get("write", one) for one in (planned.get("plan") or planned)["writes"]]


def _begins(entry: Mapping[str, Any]) -> bool:
    """Whether a request is for login or catalog: made once by a process, not by a read."""
    if entry["route"] == "/<version>/<pillar>" and not entry["query"].get("ws.op"):
        return True
    asked = json.dumps(entry["request_body"])
    if any(words in asked for words in ("query SynclineProject(", "query SynclineRepositories(", "/describe")):
        return True
    return START_UP.search(entry["route"].replace("<project_ref>", "x")) is not None


def _purposes(log: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Requests by what they are for."""
    writes = any(is_write(entry) for entry in log)
    counts: Counter[str] = Counter()
    for entry in log:
        if re.search(r"<int:repo_id>/labels(/<name>)?$", entry["route"]):
            counts[MADE_LABELS] += 1
        elif is_write(entry):
            counts[WRITES] += 1
        elif entry["query"].get("information_type"):
            counts[CENSUS] += 1
        elif _begins(entry):
            counts[BEGINS] += 1
        else:
            counts[LOOKS if writes else READS] += 1
    return counts


def main() -> bool:
    """Measure and write the figures; True unless less left than the least, which would be a wrong bound."""
    figures = measured()
    for name, one in figures.items():
        print(f"requests {name}: {one}", flush=True)
    write("requests", what=WHAT, figures={"connections": figures}, command=COMMAND, sources=fingerprint())
    phases = ("full_pull", "writes", "quiet")
    return all(one[phase]["left"] >= one[phase]["least"] for one in figures.values() for phase in phases)
