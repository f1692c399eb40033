"""Proof `truth`: after one sync the findings are what was planted, and the next runs write nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.product import Finding, findings, planted, syncline, unplanned
from benchmarks.record import Progress, fingerprint, write
from benchmarks.steering import State, Steering, shuffled
from sandbox.launch import Sandbox, running

SEEDS = tuple(range(1, 21))
SCALES = (1, 5)
AT_ONCE = 2
COMMAND = "python -m benchmarks.soak --only truth"
WHAT = (
    "findings after one sync against what was planted; writes and requests of the second and third run; at scale 1 "
    "also the findings when every tool tells its records in another order"
)


def one(seed: int, scale: int, *, services: Sequence[str] | None = None, permuted: bool = True) -> dict[str, Any]:
    """Serve one portfolio, sync it three times, and compare; at scale 1 then read it anew in another order.

    `services`: the stand-ins that run; None: all. `permuted`: whether it is read anew.
    """
    with (
        tempfile.TemporaryDirectory(prefix="syncline-truth-") as folder,
        running(seed=seed, scale=scale, directory=Path(folder), services=services) as box,
    ):
        steering = Steering(box)
        untouched = steering.states() if scale == 1 and permuted else {}
        runs = [syncline(box.config, "sync", "--json") for _ in range(3)]
        said, want = Counter(findings(box.config)), Counter(planted(box.truth))
        other = _in_another_order(box, steering, untouched, seed) if untouched else None
    first, second, third = (run.json for run in runs)
    return {
        "planted": want.total(),
        "missing": sorted((want - said).elements()),
        "extra": sorted((said - want).elements()),
        "other_order": None if other is None else sorted(((other - want) + (want - other)).elements()),
        "records": sum(r["records"] for r in first["reads"].values()),
        "writes": [sum(run["writes"].values()) for run in (first, second, third)],
        "unfinished": [note for run in (first, second, third) for note in unplanned(run)],
        "requests": {
            name: [run["reads"][name]["requests"] for run in (first, second, third)] for name in first["reads"]
        },
        "seconds": first["duration_s"],
    }


def _in_another_order(box: Sandbox, steering: Steering, untouched: dict[str, State], seed: int) -> Counter[Finding]:
    """What is found when nothing was read yet and all records come in another order."""
    steering.restore(shuffled(untouched, seed))
    for path in box.directory.glob("syncline.sqlite3*"):
        path.unlink()
    syncline(box.config, "pull", "--json")
    return Counter(findings(box.config))


def good(result: dict[str, Any]) -> bool:
    """Whether a portfolio proved what it should."""
    return (
        not result["missing"]
        and not result["extra"]
        and not result["other_order"]
        and result["planted"] > 0
        and result["writes"][0] > 0
        and result["writes"][1:] == [0, 0]
        and not result["unfinished"]
    )


def main(*, quick: bool = False, again: bool = False) -> bool:
    """Run all seeds at all scales; True when all is as planted."""
    sources = fingerprint()
    progress = Progress("truth", sources, again=again)
    cases = [(seed, scale) for scale in SCALES for seed in (SEEDS[:2] if quick else SEEDS)]
    left = [case for case in cases if f"{case}" not in progress.done]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for case, result in zip(left, pool.map(lambda c: one(*c), left), strict=True):
            progress.keep(f"{case}", result)
            print(f"truth seed {case[0]} scale {case[1]}: {'exact' if good(result) else result}", flush=True)
    results = {case: progress.done[f"{case}"] for case in cases}
    if not quick:
        write("truth", what=WHAT, figures=_figures(results), command=COMMAND, sources=sources)
    return all(good(result) for result in results.values())


def _figures(results: dict[tuple[int, int], dict[str, Any]]) -> dict[str, Any]:
    all_of = list(results.values())
    figures: dict[str, Any] = {
        "portfolios": len(all_of),
        "seeds": len({seed for seed, _scale in results}),
        "scales": sorted({scale for _seed, scale in results}),
        "exact": sum(good(r) for r in all_of),
        "planted": sum(r["planted"] for r in all_of),
        "missing": sum(len(r["missing"]) for r in all_of),
        "extra": sum(len(r["extra"]) for r in all_of),
        "in_another_order": sum(r["other_order"] is not None for r in all_of),
        "in_another_order_other_findings": sum(len(r["other_order"] or ()) for r in all_of),
        "records_first_run": sum(r["records"] for r in all_of),
        "writes_first_run": sum(r["writes"][0] for r in all_of),
        "writes_second_run": sum(r["writes"][1] for r in all_of),
        "writes_third_run": sum(r["writes"][2] for r in all_of),
    }
    for scale in figures["scales"]:
        own = [r for (_seed, s), r in results.items() if s == scale]
        figures[f"requests_third_run_scale_{scale}"] = {
            name: {"least": min(r["requests"][name][2] for r in own), "most": max(r["requests"][name][2] for r in own)}
            for name in own[0]["requests"]
        }
    return figures
