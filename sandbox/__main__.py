"""Command line: `python -m sandbox --seed N --scale S --dir D`; serves the stand-ins until it is stopped."""

import argparse
import sys
from datetime import date
from pathlib import Path

from sandbox.launch import installed, main
from sandbox.portfolio.model import BASE_TOOLS


def run() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which portfolio (default 1)")
    parser.add_argument("--scale", type=int, default=1, help="about how many times fourteen engagements (default 1)")
    parser.add_argument("--dir", type=Path, required=True, help="folder for configuration, truth, credentials and logs")
    parser.add_argument("--today", type=date.fromisoformat, help="the date on which the truth holds (default: today)")
    parser.add_argument("--log", action="store_true", help="append every exchange to DIR/logs/NAME.jsonl")
    parser.add_argument("--no-throttle", action="store_true", help="let no site answer 429")
    parser.add_argument(
        "--tools",
        type=lambda text: tuple(text.split(",")),
        default=installed(),
        help=f"which stand-ins, with commas (default: all that can run here, {','.join(installed())})",
    )
    options = parser.parse_args()
    if options.scale < 1:
        parser.error("--scale must be 1 or more")
    if not set(BASE_TOOLS) <= set(options.tools) <= set(installed()):
        parser.error(f"--tools must have {','.join(BASE_TOOLS)}, and may have {','.join(installed())}")
    return main(
        seed=options.seed,
        scale=options.scale,
        dir=options.dir,
        today=options.today,
        log=options.log,
        throttle=not options.no_throttle,
        services=options.tools,
    )


if __name__ == "__main__":
    sys.exit(run())
