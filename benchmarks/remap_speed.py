"""Measurement `remap`: stored records mapped again after a change of mapping, by the command, in constant memory.

Two stores of the same records, a hundred thousand and a million: `syncline remap --yes` on each, as a process of its
own, and beside it reading, decompressing and parsing the same rows and nothing else. It counts only when every record
was mapped, by the new mapping, and the large store took at most a fifth more memory than the small one.

Speed is told by CPU seconds of the process, its start included, so that neighbours on the machine count little.

The records are some hundred issues, real ones when SYNCLINE_SAMPLES names their folder, taken in by the product itself
and then repeated under other ids within the store: to take in a million would last longer than what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.mapping_speed import sample_issues
from benchmarks.record import fingerprint, write
from benchmarks.speed import timed
from connectors.core.port import Catalog, Record, Visibility
from sync import bootstrap
from sync.engine.intake import Intake
from sync.engine.live import RunContext
from sync.store.partitions import save_catalog

COMMAND = "python -m benchmarks --only remap"
WHAT = (
    "syncline remap --yes on two stores of the same issues, small and large, and reading, decompressing and parsing "
    "the same rows alone; real issues when SYNCLINE_SAMPLES names their folder"
)
SMALL, LARGE = 100_000, 1_000_000
MOST_MEMORY = 1.2
"""How many times the memory of the small store the large one may take."""
_AT_A_TIME = 100  # copies of all issues in one transaction of the filling

CONFIG = """\
version = 1
[store]
url = "sqlite:///store.sqlite3"
[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { file = "token" }
[connections.salesforce]
kind = "salesforce"
url = "https://salesforce.example"
flow = "client_credentials"
client_id = "syncline"
client_secret = { file = "token" }
[engagements.NIM-01]
record = { connection = "salesforce", key = "NIM-01" }
places = [{ connection = "jira", place = "NIM" }]
"""
CHANGE = """
[mapping.jira.inbound.work_item.attributes]
title = { path = "fields.issuetype.name" }
[mapping.jira.inbound.work_item.attributes.state.steps.resolution.values]
"Fixed" = "dropped"
"""
"""What is changed: a value table, which concerns some records, and an attribute of all."""

BOUND = """
import json, sqlite3, sys, time, zlib
began, cpu, count = time.perf_counter(), time.process_time(), 0
rows = "SELECT r.payload, r.key, r.url, h.mapped FROM heads h JOIN records r ON r.seq = h.record_seq"
with sqlite3.connect(sys.argv[1]) as store:
    for payload, *_ in store.execute(rows):
        json.loads(zlib.decompress(payload))
        count += 1
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "records": count}))
"""

COPIES = """
INSERT INTO records
  (connection, stream, id, version, digest, partition, key, url, updated, visibility, deleted, payload, stored, run)
  SELECT connection, stream, copied(id, :n), version, digest, partition, key, url, updated, visibility, deleted,
         payload, stored, run
  FROM records WHERE seq <= :first ORDER BY seq;
INSERT INTO heads
  (ref, connection, stream, id, partition, key, version, digest, updated, gone, generation, mapped, record_seq)
  SELECT copied(ref, :n), connection, stream, copied(id, :n), partition, key, version, digest, updated, gone,
         generation, mapped, record_seq + :n * :first
  FROM heads WHERE ref IN (SELECT ref FROM first);
INSERT INTO model
  (source, ordinal, kind, ref, key, key_folded, connection, place, parent, parent_key, mapping, data)
  SELECT copied(source, :n), ordinal, kind, copied(ref, :n), key, key_folded, connection, place, parent, parent_key,
         mapping, json_set(data, '$.ref', copied(ref, :n))
  FROM model WHERE source IN (SELECT ref FROM first);
INSERT INTO links (source, kind, value)
  SELECT copied(source, :n), kind, value FROM links WHERE source IN (SELECT ref FROM first);
"""
"""One more copy of the first issues with their model rows and links; ``:n``: which one."""


def copied(text: str, number: int) -> str:
    """The id, or the reference, of a copy: in their order no issue stands beside another copy of itself."""
    head, colon, id_ = text.rpartition(":")
    return f"{head}{colon}{number:06d}{id_}"


def issues() -> tuple[str, list[Record]]:
    """What they are, and the issues as records."""
    source, texts = sample_issues()
    found = []
    for number, raw in enumerate(map(json.loads, texts), start=1):
        found.append(
            Record(
                connection="jira",
                stream="issues",
                id=str(10_000 + number),
                partition=raw["key"].rpartition("-")[0],
                key=raw["key"],
                url=f"https://jira.example/browse/{raw['key']}",
                version="1",
                updated=None,
                visibility=Visibility.INTERNAL,
                payload=raw,
            )
        )
    return source, found


def filled(folder: Path, records: Sequence[Record], count: int) -> Path:
    """A configuration with a store that holds ``count`` records, taken in by the product or copies of such."""
    path = folder / "syncline.toml"
    path.write_text(CONFIG, encoding="utf-8")
    (folder / "token").touch(mode=0o600)
    (folder / "token").write_text("nobody is asked\n", encoding="utf-8")
    config, clock = bootstrap.load_config(path), bootstrap.clock()
    store = bootstrap.open_store(config)
    catalog = Catalog(fields=())
    with bootstrap.connected(config, clock) as live, store.unit_of_work() as session:
        save_catalog(session, "jira", catalog, ["NIM"], [], clock.now())
        Intake(live["jira"], catalog, RunContext(id="filled", now=datetime.now(tz=UTC)), {}).history(session, records)
        session.commit()
    store.close()
    with closing(sqlite3.connect(folder / "store.sqlite3", isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.create_function("copied", 2, copied, deterministic=True)
        raw.execute("CREATE TEMP TABLE first AS SELECT ref FROM heads")
        for start in range(1, count // len(records), _AT_A_TIME):
            raw.execute("BEGIN")
            for n in range(start, min(start + _AT_A_TIME, count // len(records))):
                for statement in COPIES.split(";")[:-1]:
                    raw.execute(statement, {"n": n, "first": len(records)})
            raw.execute("COMMIT")
    return path


def mapped_again(folder: Path, records: Sequence[Record], count: int) -> dict[str, Any]:
    """What the command takes for so many records, and what the bound does.

    Raises:
        RuntimeError: Not every record was mapped by the new mapping.
    """
    path = filled(folder, records, count)
    path.write_text(path.read_text(encoding="utf-8") + CHANGE, encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.glob("store.sqlite3*"))
    seconds, cpu, peak_kb = timed(path, "remap", "--yes", "--json", out=folder / "remap.json")
    told = json.loads((folder / "remap.json").read_text(encoding="utf-8"))
    stored = count // len(records) * len(records)
    left, by_others = _left(folder / "store.sqlite3")
    if not told["done"] or told["records"] != stored or left != stored or by_others:
        raise RuntimeError(f"of {stored} records {told['records']} were mapped again, {by_others} are not")
    alone = [sys.executable, "-c", BOUND, str(folder / "store.sqlite3")]
    bound = json.loads(subprocess.run(alone, capture_output=True, text=True, check=True).stdout)
    return {
        "records": stored,
        "otherwise": told["connections"]["jira"]["otherwise"],
        "seconds": round(seconds, 1),
        "cpu_us_per_record": round(cpu / stored * 1e6),
        "records_per_cpu_s": round(stored / cpu),
        "peak_memory_mb": round(peak_kb / 1024, 1),
        "store_bytes_per_record": round(size / stored),
        "bound_seconds": round(bound["seconds"], 1),
        "bound_records_per_cpu_s": round(bound["records"] / bound["cpu"]),
    }


def _left(store: Path) -> tuple[int, int]:
    """How many records there are, and how many of them not all model rows of which the latest mapping made."""
    with closing(sqlite3.connect(store)) as raw:
        (records,) = raw.execute("SELECT count(*) FROM heads").fetchone()
        (others,) = raw.execute(
            "SELECT count(*) FROM heads h JOIN model m ON m.source = h.ref"
            " WHERE m.mapping <> h.mapped OR h.mapped <> (SELECT max(mapped) FROM heads)"
        ).fetchone()
    return records, others


def measured(small: int, large: int) -> dict[str, Any]:
    """Both stores, one after the other, in memory where the machine has room for files there."""
    source, records = issues()
    found = {}
    memory = Path("/dev/shm")  # noqa: S108 - so that the disk is not what is measured
    for name, count in (("small", small), ("large", large)):
        with tempfile.TemporaryDirectory(prefix="syncline-remap-", dir=memory if memory.is_dir() else None) as folder:
            found[name] = mapped_again(Path(folder), records, count)
        print(f"remap {name}: {found[name]}", flush=True)
    ratio = found["large"]["peak_memory_mb"] / found["small"]["peak_memory_mb"]
    return {"source": source, **found, "memory_ratio": round(ratio, 2), "cpus": os.cpu_count()}


def main() -> bool:
    """Measure and write the figures; False when the memory grows with the records."""
    figures = measured(SMALL, LARGE)
    write("remap", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return bool(figures["memory_ratio"] <= MOST_MEMORY)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remap_speed", description="a trial; keeps no figures")
    parser.add_argument("--records", type=int, default=LARGE, help="of the large store; the small one has a tenth")
    chosen = parser.parse_args()
    print(measured(chosen.records // 10, chosen.records))
