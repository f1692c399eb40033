"""The long proofs: `python -m benchmarks.soak [--only NAME ...] [--quick] [--again]`.

Each writes its entry into docs/figures.json. A proof that is done for this state of the sources is skipped unless
`--again` is given; one that was killed goes on where it was. TMPDIR=/dev/shm makes them a good deal faster where the
disk is slow to sync.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import kills, rules, traffic, truth
from benchmarks.record import fingerprint, load

PROOFS: dict[str, Callable[..., bool]] = {
    "truth": truth.main,
    "rules": rules.main,
    "traffic": traffic.main,
    "kills": kills.main,
}


def main() -> int:
    """Run the proofs; 1 when any failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(PROOFS), help="these proofs alone")
    parser.add_argument("--quick", action="store_true", help="a small sample of each; writes no figures")
    parser.add_argument("--again", action="store_true", help="also what is done for this state of the sources")
    parser.add_argument("--workers", type=int, help="kills: how many at once")
    chosen = parser.parse_args()
    more: dict[str, dict[str, Any]] = {"kills": {"workers": chosen.workers}} if chosen.workers else {}
    failed = []
    for name in chosen.only or PROOFS:
        done = load().get(name, {})
        if not (chosen.again or chosen.quick) and done.get("sources") == fingerprint():
            print(f"{name}: done for these sources on {done['date']}")
            continue
        print(f"{name}: begins", flush=True)
        good = PROOFS[name](quick=chosen.quick, again=chosen.again, **more.get(name, {}))
        print(f"{name}: {'proved' if good else 'FAILED'}", flush=True)
        if not good:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
