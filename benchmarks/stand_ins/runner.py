"""Measurement `stand-ins`: things read a second of the wall clock, over loopback, one request after the other.

Each stand-in is a process of its own, the client another. Before each round it loads its state anew, so that nothing
is rendered in advance; the fastest round counts, since on a shared machine the others measure the neighbours, and the
median stands beside it. `python -m benchmarks.stand_ins.runner NAME ...` measures some and writes no figures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import requests

from benchmarks import stand_ins
from benchmarks.record import fingerprint, write
from benchmarks.stand_ins.rates import Rate, StandIn

COMMAND = "python -m benchmarks --only stand-ins"
WHAT = (
    "things that the stand-ins give a second of the wall clock over loopback, to one client that reads one after the "
    "other; each round begins with a state just loaded, and the fastest counts"
)
ROUNDS = 5
START_SECONDS = 60
NOT_SERVICES = ("rates", "runner")


def services() -> dict[str, StandIn]:
    """All stand-ins that have a file here, by name."""
    names = [module.name for module in iter_modules(stand_ins.__path__) if module.name not in NOT_SERVICES]
    found = [import_module(f"{stand_ins.__name__}.{name}").STAND_IN for name in sorted(names)]
    return {one.name: one for one in found}


@contextmanager
def serving(one: StandIn, folder: Path) -> Iterator[tuple[str, int]]:
    """Start the stand-in; gives its address and process id.

    Raises:
        RuntimeError: It did not say that it is ready.
    """
    state = folder / "state.json"
    state.write_text(json.dumps(one.document()), encoding="utf-8")
    words = [sys.executable, "-m", one.module, "--port", "0", "--state", str(state), *one.words(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("ready "):
                raise RuntimeError(f"{one.module} did not start: it printed {line!r}, expected 'ready NAME URL'")
            yield line.split()[-1], process.pid
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def measured(one: StandIn, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure all rates of one stand-in."""
    with tempfile.TemporaryDirectory(prefix="syncline-rates-") as place:
        folder = Path(place)
        with serving(one, folder) as (url, pid):
            return {rate.name: _measured(one, rate, url, pid, folder, rounds) for rate in one.rates}


def _measured(one: StandIn, rate: Rate, url: str, pid: int, folder: Path, rounds: int) -> dict[str, Any]:
    taken = [_round(one, rate, url, pid, folder) for _ in range(rounds)]
    seconds, cpu = min(taken)
    return {
        "count": rate.count,
        "at_least_per_s": rate.at_least,
        "per_s": round(rate.count / seconds),
        "median_per_s": round(rate.count / statistics.median(each for each, _ in taken)),
        "stand_in_cpu_us_each": round(cpu / rate.count * 1e6),
    }


def _round(one: StandIn, rate: Rate, url: str, pid: int, folder: Path) -> tuple[float, float]:
    """Wall seconds, and CPU seconds of the stand-in, for one round from a state just loaded."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = next((str(path) for path in folder.glob("*.pem")), True)
        state = (folder / "state.json").read_bytes()
        headers = {"Content-Type": "application/json"}
        session.put(f"{url}/_sandbox/state", data=state, headers=headers, timeout=START_SECONDS).raise_for_status()
        one.login(session, url, folder)
        before, began = _cpu_seconds(pid), time.perf_counter()
        found = rate.read(session, url)
        seconds = time.perf_counter() - began
        if found != rate.count:
            raise RuntimeError(f"{one.name}, {rate.name}: read {found}, expected {rate.count}")
        return seconds, _cpu_seconds(pid) - before


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def too_slow(results: dict[str, dict[str, Any]]) -> list[str]:
    """The rates below what is demanded, in words."""
    return [
        f"{service}: {name}: {one['per_s']} a second, {one['at_least_per_s']} demanded"
        for service, rates in results.items()
        for name, one in rates.items()
        if one["per_s"] < one["at_least_per_s"]
    ]


def main() -> bool:
    """Measure all and write the figures; False when one is too slow."""
    sources, load_before = fingerprint(), os.getloadavg()[0]
    results = {name: measured(one) for name, one in services().items()}
    print(f"stand-ins: {json.dumps(results)}", flush=True)
    figures = {"services": results, "rounds": ROUNDS, "cpus": os.cpu_count(), "load_before": round(load_before, 1)}
    write("stand-ins", what=WHAT, figures=figures, command=COMMAND, sources=sources)
    slow = too_slow(results)
    print("\n".join(slow) or "stand-ins: all fast enough", flush=True)
    return not slow


if __name__ == "__main__":
    some = {name: measured(services()[name]) for name in sys.argv[1:] or services()}
    print(json.dumps(some, indent=1))
    sys.exit(1 if too_slow(some) else 0)
