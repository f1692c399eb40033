"""Proof `traffic`: what left for the tools and what came back, held against descriptions that nobody here wrote.

One portfolio is synced, edited as a PM would, synced again, and synced once more with nothing to do; every exchange is
recorded by the stand-ins and read by outside validators. Needs SYNCLINE_API_EVIDENCE, the folder of the official
descriptions and of the validators.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.product import syncline
from benchmarks.record import fingerprint, write
from benchmarks.steering import GITHUB, LAUNCHPAD, SALESFORCE, Steering, project_manager_edits
from benchmarks.wadl import FILE, Wadl, judged as judged_exchange
from sandbox.launch import running

COMMAND = "SYNCLINE_API_EVIDENCE=FOLDER python -m benchmarks.soak --only traffic"
WHAT = "exchanges of a sync, a PM's day, a second sync and a quiet one, against the official descriptions"
REWRITE = "/rest/api/2=/rest/api/3"

EXPLAINED = {
    "jira": (),
    "jira-dc": (
        # The value of an entity property is any JSON; the description was generated from a Java string.
        (r"propert|/issue$|/issue/\{issueIdOrKey\}$", r"\$.*: .* is not of type 'string'"),
        # A remote link that is new is 201, as Atlassian's own Cloud description of the same resource says.
        (r"remotelink$", r"status 201 is not described"),
        # A version's dates are plain dates: recorded issues of a real server show them so.
        (r"version", r"[dD]ate: '\d{4}-\d\d-\d\d' is not a 'date-time'"),
    ),
    "salesforce": (),
    "github": (),
    "launchpad": (),
}
"""Findings of the validators that are the descriptions' own faults: (route, message), each with its reason."""


def evidence() -> Path:
    """The folder of the descriptions.

    Raises:
        SystemExit: It is not named or not there.
    """
    folder = Path(os.environ.get("SYNCLINE_API_EVIDENCE", ""))
    if not os.environ.get("SYNCLINE_API_EVIDENCE") or not folder.is_dir():
        raise SystemExit("this proof needs SYNCLINE_API_EVIDENCE, the folder of official API descriptions")
    return folder


def recorded(folder: Path, *, seed: int = 1) -> dict[str, Path]:
    """Run the product and keep every exchange; connection -> log. The writes must be some, some and none."""
    logs = {}
    with running(seed=seed, directory=folder, log=True) as box:
        writes = []
        for turn in range(3):
            if turn == 1:
                project_manager_edits(Steering(box), box.truth)
            writes.append(sum(syncline(box.config, "sync", "--json").json["writes"].values()))
        if not (writes[0] > 0 and writes[1] > 0 and writes[2] == 0):
            raise RuntimeError(f"writes of the three runs: {writes}")
        syncline(box.config, "check", "--json")
        for name in box.urls:
            logs[name] = folder / "logs" / f"{name}.jsonl"
    return logs


def judged_jira(folder: Path, name: str, log: Path) -> dict[str, Any]:
    """What the validator of OpenAPI descriptions says of a log."""
    spec = "jira_cloud_platform_v3_trimmed.json" if name == "jira" else "jira_data_center.json"
    words = ["--rewrite", REWRITE] if name == "jira" else []
    report = log.with_suffix(".report.json")
    command = [str(folder / "validate.py"), "--profile", "jira", "--spec", str(folder / "jira" / spec), *words]
    _run([*command, "--log", str(log), "--report", str(report)], report)
    found = json.loads(report.read_text(encoding="utf-8"))
    told = [
        (entry["matched"] or entry["path"], message) for entry in found["exchanges"] for _, message in entry["errors"]
    ]
    return _sorted(name, told, exchanges=_lines(log), checked=found["checked"])


def judged_salesforce(folder: Path, log: Path) -> dict[str, Any]:
    """What the validator of Salesforce exchanges says of a log.

    Standard objects are held against describes of real orgs. No such describe can exist for the custom objects; they
    are held against the describes that the org itself gave in this traffic.
    """
    codes = str(folder / "salesforce" / "status_codes.json")
    describes = log.parent / "describes"
    describes.mkdir(exist_ok=True)
    for path in (folder / "salesforce" / "describe").glob("*.json"):
        shutil.copy2(path, describes / path.name)
    for name, described in _described(log).items():
        if not (describes / f"{name}.json").exists():
            (describes / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
    command = [str(folder / "validate_salesforce.py"), "--describe", str(describes), "--codes", codes]
    done = _run([*command, "--log", str(log)], None)
    summary = re.search(r"(\d+) exchanges checked, (\d+) with errors, (\d+) skipped; findings: (.*)", done)
    if summary is None:
        raise RuntimeError(f"the validator said: {done[-2000:]}")
    kinds = re.findall(r"'([EW]:[\w-]+)'", summary[4])
    lines = [("", line.strip()) for line in done.splitlines() if re.match(r"\s+E ", line)]
    told = lines + [("", kind) for kind in kinds if kind.startswith("W:")]
    return _sorted("salesforce", told, exchanges=_lines(log), checked=int(summary[1]))


def judged_github(folder: Path, log: Path) -> dict[str, Any]:
    """What the validator says of a log, REST and GraphQL.

    The description lacks `/repositories/ID`, the lasting address of a repository: held against `/repos/OWNER/NAME`, by
    the names that the traffic itself tells.
    """
    entries = [json.loads(line) for line in log.open(encoding="utf-8")]
    names = {}
    for entry in entries:
        if entry["route"] == "/repos/<owner>/<repo_name>" and entry["status"] == 200:
            names[str(entry["response_body"]["id"])] = entry["response_body"]["full_name"]
    named = log.with_suffix(".named.jsonl")
    with named.open("w", encoding="utf-8") as sink:
        for entry in entries:
            path = re.sub(r"/repositories/(\d+)", lambda found: f"/repos/{names[found[1]]}", entry["path"])
            sink.write(json.dumps({**entry, "path": path}, ensure_ascii=False) + "\n")
    report = log.with_suffix(".report.json")
    described = ["--spec", str(folder / "github" / "github_openapi_trimmed.json"), "--base-url", "http://x/api/v3"]
    graph = ["--graphql", str(folder / "github" / "github_graphql_schema.graphql")]
    _run([str(folder / "validate.py"), *described, *graph, "--log", str(named), "--report", str(report)], report)
    found = json.loads(report.read_text(encoding="utf-8"))
    told = [(e["matched"] or e["path"], message) for e in found["exchanges"] for _, message in e["errors"]]
    graphs = sum(entry["path"].endswith("/graphql") for entry in entries)
    return _sorted(GITHUB, told, exchanges=len(entries), checked=found["checked"], graphql=graphs)


def judged_launchpad(folder: Path, log: Path) -> dict[str, Any]:
    """What the description that a real server gave of itself says of a log (`benchmarks.wadl`)."""
    wadl = Wadl(folder / "launchpad" / FILE)
    entries = [json.loads(line) for line in log.open(encoding="utf-8")]
    told = [one for entry in entries for one in judged_exchange(wadl, entry)]
    return _sorted(LAUNCHPAD, told, exchanges=len(entries), checked=len(entries))


def _described(log: Path) -> dict[str, Any]:
    found = {}
    with log.open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            answers = entry["response_body"] if isinstance(entry["response_body"], dict) else {}
            bodies = [answers, *(part.get("body") for part in answers.get("compositeResponse") or ())]
            for body in bodies:
                if isinstance(body, dict) and isinstance(body.get("fields"), list) and body.get("name"):
                    found[str(body["name"])] = body
    return found


def _run(command: list[str], report: Path | None) -> str:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode not in (0, 1) or (report is not None and not report.exists()):
        raise RuntimeError(f"the validator could not run: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return done.stdout + done.stderr


def _lines(log: Path) -> int:
    return sum(1 for _ in log.open(encoding="utf-8"))


def _sorted(name: str, told: list[tuple[str, str]], **counts: int) -> dict[str, Any]:
    explained = [
        one
        for one in told
        if any(re.search(route, one[0]) and re.search(said, one[1]) for route, said in EXPLAINED[name])
    ]
    return {**counts, "explained": len(explained), "unexplained": sorted({one for one in told if one not in explained})}


def judged(folder: Path, logs: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """What the validators say of all logs, by connection."""
    others = {SALESFORCE: judged_salesforce, GITHUB: judged_github, LAUNCHPAD: judged_launchpad}
    return {
        name: others[name](folder, log) if name in others else judged_jira(folder, name, log)
        for name, log in logs.items()
    }


def main(*, quick: bool = False, again: bool = False) -> bool:  # noqa: ARG001 - every proof is called alike; this one is short
    """Record and judge; True when nothing is left unexplained."""
    folder = evidence()
    with tempfile.TemporaryDirectory(prefix="syncline-traffic-") as place:
        results = judged(folder, recorded(Path(place)))
    for name, result in results.items():
        print(f"traffic {name}: {result}", flush=True)
    figures = {
        "exchanges": sum(r["exchanges"] for r in results.values()),
        "checked": sum(r["checked"] for r in results.values()),
        "explained": sum(r["explained"] for r in results.values()),
        "unexplained": sum(len(r["unexplained"]) for r in results.values()),
        "by_connection": {n: {**r, "unexplained": len(r["unexplained"])} for n, r in results.items()},
    }
    if not quick:
        write("traffic", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return not figures["unexplained"] and all(r["checked"] > 0 for r in results.values())
