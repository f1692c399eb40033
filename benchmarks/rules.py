"""Proof `rules`: without any one rule of reconciliation the comparison with what was planted fails."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.product import findings, planted, syncline
from benchmarks.record import fingerprint, write
from sandbox.launch import running
from sync.reconcile.rules import RULES

COMMAND = "python -m benchmarks.soak --only rules"
WHAT = "each rule taken out in turn, seed 1 at scale 1: findings that then differ from what was planted"
WITHOUT = """
from sync.reconcile import rules
kept = tuple(rule for rule in rules.RULES if rule.kind.value != {kind!r})
assert len(kept) == len(rules.RULES) - 1
rules.reconcile.__defaults__ = (kept,)
"""


def without_each(seed: int = 1, *, kinds: tuple[str, ...] = ()) -> dict[str, dict[str, int]]:
    """Pull one portfolio anew without each rule; kind -> planted, missing, extra. The kind `none` takes out nothing."""
    results = {}
    with (
        tempfile.TemporaryDirectory(prefix="syncline-rules-") as folder,
        running(seed=seed, directory=Path(folder), throttle=False) as box,
    ):
        want = Counter(planted(box.truth))
        for kind in ("none", *(kinds or tuple(rule.kind.value for rule in RULES))):
            for path in Path(folder).glob("syncline.sqlite3*"):
                path.unlink()
            before = "" if kind == "none" else WITHOUT.format(kind=kind)
            ran = syncline(box.config, "pull", "--json", before=before)
            if not any(reads["records"] for reads in ran.json["reads"].values()):
                raise RuntimeError(f"nothing was read: {ran.err[-500:]}")
            said = Counter(findings(box.config, before=before))
            results[kind] = {
                "planted": sum(count for (_e, k, _s), count in want.items() if k == kind),
                "missing": (want - said).total(),
                "extra": (said - want).total(),
            }
    return results


def good(kind: str, result: dict[str, int]) -> bool:
    """Without a rule exactly its own findings are missing; without none, nothing is."""
    return result["missing"] == result["planted"] and result["extra"] == 0 and (kind == "none" or result["missing"] > 0)


def main(*, quick: bool = False, again: bool = False) -> bool:  # noqa: ARG001 - every proof is called alike; this one is short
    """Take each rule out in turn; True when each is missed."""
    results: dict[str, Any] = without_each()
    for kind, result in results.items():
        print(f"rules without {kind}: {result['missing']} missing, {result['extra']} extra", flush=True)
    every = all(good(kind, result) for kind, result in results.items())
    if not quick:
        taken = {kind: result["missing"] for kind, result in results.items() if kind != "none"}
        figures = {
            "rules": len(taken),
            "missed": sum(count > 0 for count in taken.values()),
            "findings_missing_without": taken,
            "missing_with_all": results["none"]["missing"],
            "extra_with_all": results["none"]["extra"],
        }
        write("rules", what=WHAT, figures=figures, command=COMMAND, sources=fingerprint())
    return every
