"""Speed of the inward mapping on one core: Jira issues a second. Measurement `mapping`.

Issues come from the sample file when SYNCLINE_SAMPLES names its folder, and are made up otherwise.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from benchmarks.record import fingerprint, write
from connectors.core.port import Catalog, Record, Visibility
from mapping.inbound import map_record
from mapping.rules import compile_rules
from mapping.spellings import spellings_of

COMMAND = "python -m benchmarks --only mapping"
WHAT = "the inward mapping alone, on one core; real issues when SYNCLINE_SAMPLES names their folder"
ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7  # the fastest counts: on a shared machine the others measure the neighbours
LEAST_RECORDS = 3000


def sample_issues() -> tuple[str, list[dict[str, Any]]]:
    folder = os.environ.get("SYNCLINE_SAMPLES")
    if folder:
        with gzip.open(Path(folder) / "jira_server_issues.jsonl.gz", "rt", encoding="utf-8") as file:
            return "real Jira Server issues", [json.loads(line) for line in file]
    return "made-up issues", [made_up(n) for n in range(300)]


def made_up(n: int) -> dict[str, Any]:
    url = "https://partner.example/lightning/r/Scope_Item__c/a02Kj0000012AbCIAU/view"
    return {
        "id": str(10000 + n),
        "key": f"NIM-{n}",
        "fields": {
            "summary": f"Rotate the keys of service {n}",
            "description": f"As NIM-{n + 1} says. " * 20 + f"[the item|{url}]",
            "issuetype": {"name": "Story", "subtask": False},
            "status": {"name": "Done", "statusCategory": {"key": "done"}},
            "resolution": {"name": "Done"},
            "updated": "2026-11-23T17:30:00.123+0000",
            "duedate": "2026-12-01",
            "labels": ["infra", "scope:SI-03"],
            "fixVersions": [{"id": "900"}],
            "parent": {"id": "10001"},
            "assignee": {"accountId": "5b10:aa"},
        },
    }


def main() -> bool:
    """Measure and write the figures."""
    source, issues = sample_issues()
    start = time.perf_counter()
    texts = {p.parent.name: p.read_text(encoding="utf-8") for p in sorted(ROOT.glob("connectors/*/mapping.toml"))}
    spellings = [s for kind, text in texts.items() for s in spellings_of(kind, text)]
    rules = compile_rules("jira", texts["jira"], spellings=spellings)
    compiled_s = time.perf_counter() - start
    catalog = Catalog(fields=())
    records = [
        Record(
            connection="jira",
            stream="issues",
            id=raw["id"],
            partition=raw["key"].rpartition("-")[0],
            key=raw["key"],
            url=f"https://jira.example/browse/{raw['key']}",
            version="1",
            updated=None,
            visibility=Visibility.INTERNAL,
            payload=raw,
        )
        for raw in issues
    ]
    records *= -(-LEAST_RECORDS // len(records))
    fastest = min(one_round(rules, records, catalog) for _ in range(ROUNDS))
    figures = {
        "benchmark": "mapping",
        "source": source,
        "records": len(records),
        "records_per_s": round(len(records) / fastest),
        "us_per_record": round(fastest / len(records) * 1e6, 1),
        "compile_ms": round(compiled_s * 1000, 1),
        "python": platform.python_version(),
    }
    print(f"mapping: {json.dumps(figures)}", flush=True)
    del figures["benchmark"], figures["python"]
    write("mapping", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return True


def one_round(rules: Any, records: list[Record], catalog: Catalog) -> float:
    start = time.perf_counter()
    for record in records:
        map_record(rules, record, catalog)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
