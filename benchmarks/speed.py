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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.cost import readable_only, requests_of_pull
from benchmarks.record import fingerprint, write
from benchmarks.same import same_as_the_tools
from benchmarks.steering import GITHUB, LAUNCHPAD, SALESFORCE, Steering
from benchmarks.writing import is_write
from sandbox.launch import running

COMMAND = "python -m benchmarks --only speed"
WHAT = (
    "a full pull of four tools into an empty store (seed 1) that then holds what they hold, and the same pages only "
    "requested and parsed"
)
SCALE = 8
"""Makes a good ten thousand records in all, over the four tools."""

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

TELL_PEAK = """
import atexit, sys
def tell(path=sys.argv.pop(1)):
    with open("/proc/self/status") as status, open(path, "w") as sink:
        sink.write(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
atexit.register(tell)
from sync.cli.main import main
main()
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
        seconds, cpu, peak_kb = timed(box.config, "pull", "--json", out=out)
        summary = json.loads(out.read_text(encoding="utf-8"))
        held = same_as_the_tools(box, steering)
        requests = requests_of_pull(steering, held)
        records = sum(one["records"] for one in summary["reads"].values())
        calls = [call for name in steering.names for call in _reads(box.urls[name], Path(folder), name, steering)]
        states = steering.states()
        for name in set(states) - {SALESFORCE}:  # whose query locators a new state would end
            steering.call("PUT", name, "state", states[name])  # so that they have nothing rendered in advance
        listed = Path(folder) / "calls.json"
        listed.write_text(json.dumps(calls), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", PLAIN, str(listed), str(box.ca_file)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"the same pages could not be read again: {done.stderr[-1000:]}")
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
        "requests": requests,
        "records_by_connection": {name: one["records"] for name, one in summary["reads"].items()},
        "bytes_read": plain["bytes"],
        "bound_seconds": round(plain["seconds"], 2),
        "bound_records_per_s": round(records / plain["seconds"]),
        "bound_cpu_us_per_record": round(plain["cpu"] / records * 1e6),
        "cpus": os.cpu_count(),
    }


def timed(config: Path, *words: str, out: Path) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak memory (KiB) of one `syncline` command, whose output goes to ``out``.

    The process tells its peak itself: what the kernel tells of an ended child is at least what its parent had.
    """
    peak = out.with_suffix(".peak")
    program = [sys.executable, "-c", TELL_PEAK, str(peak), "-c", str(config), *words]
    began = time.monotonic()
    with out.open("wb") as sink, subprocess.Popen(program, stdout=sink, stderr=subprocess.DEVNULL) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {out.read_text(encoding='utf-8')[-1000:]}")
    took = time.monotonic() - began
    return took, used.ru_utime + used.ru_stime, int(peak.read_text(encoding="utf-8"))


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
    if name == SALESFORCE:
        token = steering.call("GET", name, "state").json()["sessions"][-1]["token"]
        return {"Authorization": f"Bearer {token}"}
    if name == LAUNCHPAD:
        key, _, secret = (folder / "launchpad-credentials").read_text(encoding="utf-8").strip().partition(":")
        signed = f'oauth_consumer_key="syncline", oauth_token="{key}", oauth_signature_method="PLAINTEXT"'
        stamp = f'oauth_signature="%26{secret}", oauth_timestamp="{int(time.time())}", oauth_nonce="{time.time_ns()}"'
        head = f'OAuth realm="OAuth", {signed}, {stamp}, oauth_version="1.0"'
        return {"Authorization": head, "Accept": "application/json"}
    token = (folder / f"{name}-token").read_text(encoding="utf-8").strip()
    if name in ("jira-dc", GITHUB):
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": "Basic " + b64encode(f"syncline@partner.example:{token}".encode()).decode()}


def main() -> bool:
    """Measure and write the figures."""
    figures = measured()
    print(f"speed: {figures}", flush=True)
    write("speed", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return True
