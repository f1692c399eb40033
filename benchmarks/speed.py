"""Measurement `speed`: a full pull into an empty store, beside reading and parsing the same pages and nothing else.

Both are processes of their own in the same run against the same stand-ins, so that the machine's mood falls on both.
The stand-ins take their time as well: what the client itself spends is its CPU time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cost import readable_only
from benchmarks.kills import is_write
from benchmarks.product import command
from benchmarks.record import fingerprint, write
from benchmarks.steering import Steering
from sandbox.launch import running

COMMAND = "python -m benchmarks --only speed"
WHAT = "a full pull into an empty store (seed 1), and the same pages only requested and parsed"
SCALE = 20

PLAIN = """
import json, sys, time
import requests
calls = json.load(open(sys.argv[1]))
session = requests.Session()
session.trust_env = False
session.verify = sys.argv[2]
began, cpu = time.perf_counter(), time.process_time()
count = 0
for call in calls:
    how = {"params": call["query"], "json": call["body"], "headers": call["headers"]}
    answer = session.request(call["method"], call["url"], **how)
    answer.raise_for_status()
    count += len(answer.content)
    json.loads(answer.content)
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "bytes": count}))
"""


def measured(scale: int = SCALE) -> dict[str, Any]:
    """Pull once, and replay its reads."""
    with (
        tempfile.TemporaryDirectory(prefix="syncline-speed-") as folder,
        running(seed=1, scale=scale, directory=Path(folder), throttle=False) as box,
    ):
        readable_only(box)
        steering = Steering(box)
        for name in steering.names:
            steering.call("DELETE", name, "log")
        out = Path(folder) / "pull.json"
        seconds, cpu, peak_kb = _timed([command(), "-c", str(box.config), "pull", "--json"], out)
        summary = json.loads(out.read_text(encoding="utf-8"))
        records = sum(one["records"] for one in summary["reads"].values())
        calls = [call for name in steering.names for call in _reads(box.urls[name], Path(folder), name, steering)]
        steering.restore(steering.states())  # so that the stand-ins have nothing rendered in advance
        listed = Path(folder) / "calls.json"
        listed.write_text(json.dumps(calls), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", PLAIN, str(listed), str(box.ca_file)], capture_output=True, text=True, check=True
        )
        plain = json.loads(done.stdout)
        size = sum(path.stat().st_size for path in Path(folder).glob("syncline.sqlite3*"))
    return {
        "scale": scale,
        "records": records,
        "seconds": round(summary["duration_s"], 2),
        "seconds_with_start_of_the_process": round(seconds, 2),
        "records_per_s": round(records / summary["duration_s"]),
        "client_cpu_us_per_record": round(cpu / records * 1e6),
        "peak_memory_mb": round(peak_kb / 1024),
        "store_bytes_per_record": round(size / records),
        "requests": len(calls),
        "bytes_read": plain["bytes"],
        "bound_seconds": round(plain["seconds"], 2),
        "bound_records_per_s": round(records / plain["seconds"]),
        "bound_cpu_us_per_record": round(plain["cpu"] / records * 1e6),
        "cpus": os.cpu_count(),
    }


def _timed(words: Sequence[str], out: Path) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak memory (KiB) of one process."""
    began = time.monotonic()
    with out.open("wb") as sink, subprocess.Popen(words, stdout=sink, stderr=subprocess.DEVNULL) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {out.read_text(encoding='utf-8')[-1000:]}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss


def _reads(url: str, folder: Path, name: str, steering: Steering) -> list[dict[str, Any]]:
    """The reads of the pull, to be made again with the same login."""
    headers = _login(folder, name, steering)
    return [
        {
            "method": e["method"],
            "url": url + e["path"],
            "query": e["query"],
            "body": e["request_body"],
            "headers": headers,
        }
        for e in steering.log(name)
        if not is_write(e) and e["status"] == 200 and "/oauth2/" not in e["path"]
    ]


def _login(folder: Path, name: str, steering: Steering) -> Mapping[str, str]:
    if name == "salesforce":
        token = steering.call("GET", name, "state").json()["sessions"][-1]["token"]
        return {"Authorization": f"Bearer {token}"}
    token = (folder / f"{name}-token").read_text(encoding="utf-8").strip()
    if name == "jira-dc":
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": "Basic " + b64encode(f"syncline@partner.example:{token}".encode()).decode()}


def main() -> bool:
    """Measure and write the figures."""
    figures = measured()
    print(f"speed: {figures}", flush=True)
    write("speed", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return True
