"""The measurements: `python -m benchmarks [--only NAME ...]`. Each writes its entry into docs/figures.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import cost, mapping_speed, remap_speed, speed
from benchmarks.stand_ins import runner as stand_ins

MEASUREMENTS: dict[str, Callable[[], bool]] = {
    "requests": cost.main,
    "speed": speed.main,
    "mapping": mapping_speed.main,
    "remap": remap_speed.main,
    "stand-ins": stand_ins.main,
}


def main() -> int:
    """Measure; 1 when a measurement contradicts itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(MEASUREMENTS), help="these alone")
    chosen = parser.parse_args()
    good = [MEASUREMENTS[name]() for name in chosen.only or MEASUREMENTS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
