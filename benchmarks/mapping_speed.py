"""Speed of the inward mapping on one core: Jira issues a second. Measurement `mapping`.

Mapping includes the search for links. Beside it, in the same run and page by page, the same bytes are parsed by
`json.loads`. What is told are CPU seconds of this process, the fastest of all pages, so that neighbours on the machine
count little.

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
from mapping.rules import Rules, compile_rules
from mapping.spellings import spellings_of

COMMAND = "python -m benchmarks --only mapping"
WHAT = (
    "json.loads, and the inward mapping with the search for links, of the same issues in one process; real issues when "
    "SYNCLINE_SAMPLES names their folder"
)
ROOT = Path(__file__).resolve().parents[1]
PAGES = 100  # the fastest page counts, of parsing and of mapping: the others measure the neighbours on the machine too


def sample_issues() -> tuple[str, list[bytes]]:
    """What they are, and the issues as a tool would send them: one JSON text each."""
    folder = os.environ.get("SYNCLINE_SAMPLES")
    if folder:
        with gzip.open(Path(folder) / "jira_server_issues.jsonl.gz", "rb") as file:
            return "real Jira Server issues", file.read().splitlines()
    return "made-up issues", [json.dumps(made_up(n)).encode() for n in range(300)]


PROSE = (
    "The service asks for its keys at start and keeps them until it ends. When they are rotated meanwhile it goes on "
    "with the old ones, and every call is refused until somebody starts it again.\r\n\r\n{code}\r\n"
    "at com.example.keys.Store.read(Store.java:117)\r\nat com.example.keys.Main.main(Main.java:12)\r\n{code}\r\n\r\n"
    "It is to ask again, at most once a minute. "
)


def made_up(n: int) -> dict[str, Any]:
    """An issue with the fields and of about the size that real ones have: 6 kB, most of it comments and people."""
    url = "https://partner.example/lightning/r/Scope_Item__c/a02Kj0000012AbCIAU/view"
    person = {"name": f"dev{n % 7}", "key": f"dev{n % 7}", "displayName": "Dev Fictitious", "active": True}
    at = "2026-11-23T17:30:00.123+0000"
    comment = {"id": str(n), "author": person, "updateAuthor": person, "body": PROSE, "created": at, "updated": at}
    return {
        "id": str(10000 + n),
        "key": f"NIM-{n}",
        "fields": {
            "summary": f"Rotate the keys of service {n}",
            "description": PROSE * 2 + (f"As NIM-{n + 1} says: [the item|{url}]" if n % 4 == 0 else ""),
            "issuetype": {"id": "1", "name": "Story", "subtask": False, "description": "A piece of work."},
            "project": {"id": "10000", "key": "NIM", "name": "Nimbus", "projectCategory": {"id": "1", "name": "Work"}},
            "status": {"name": "Done", "id": "3", "statusCategory": {"id": 3, "key": "done", "name": "Done"}},
            "resolution": {"id": "1", "name": "Done"},
            "priority": {"id": "3", "name": "Medium"},
            "created": at,
            "updated": at,
            "duedate": "2026-12-01",
            "labels": ["infra", "scope:SI-03"],
            "components": [{"id": "7", "name": "Keys"}],
            "versions": [],
            "issuelinks": [],
            "fixVersions": [{"id": "900", "name": "Serial 3", "archived": False, "released": False}],
            "parent": {"id": "10001"},
            "assignee": {"accountId": "5b10:aa", **person},
            "reporter": person,
            "creator": person,
            "comment": {"comments": [comment] * 7, "total": 7},
        },
    }


def main() -> bool:
    """Measure and write the figures."""
    source, texts = sample_issues()
    start = time.perf_counter()
    rules = jira_rules()
    compiled_s = time.perf_counter() - start
    catalog = Catalog(fields=())
    pages = [one_page(rules, texts, catalog) for _ in range(PAGES)]
    parsed_s, mapped_s = (min(page[i] for page in pages) for i in (0, 1))
    count = len(texts)
    figures = {
        "benchmark": "mapping",
        "source": source,
        "records": count * PAGES,
        "bytes_per_record": round(sum(map(len, texts)) / len(texts)),
        "json_loads_us_per_record": round(parsed_s / count * 1e6, 1),
        "us_per_record": round(mapped_s / count * 1e6, 1),
        "mapping_by_json_loads": round(mapped_s / parsed_s, 2),
        "records_per_s": round(count / mapped_s),
        "parsed_and_mapped_per_s": round(count / (parsed_s + mapped_s)),
        "compile_ms": round(compiled_s * 1000, 1),
        "python": platform.python_version(),
    }
    print(f"mapping: {json.dumps(figures)}", flush=True)
    del figures["benchmark"], figures["python"]
    write("mapping", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return True


def jira_rules() -> Rules:
    """Jira's default mapping, among the spellings of all tools."""
    texts = {p.parent.name: p.read_text(encoding="utf-8") for p in sorted(ROOT.glob("connectors/*/mapping.toml"))}
    spellings = [s for kind, text in texts.items() for s in spellings_of(kind, text)]
    return compile_rules("jira", texts["jira"], spellings=spellings)


def one_page(rules: Rules, texts: list[bytes], catalog: Catalog) -> tuple[float, float]:
    """CPU seconds of parsing and of mapping a page of records, which is then let go."""
    start = time.process_time()
    issues = [json.loads(text) for text in texts]
    parsed = time.process_time()
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
    made = time.process_time()
    for record in records:
        map_record(rules, record, catalog)
    return parsed - start, time.process_time() - made


if __name__ == "__main__":
    main()
