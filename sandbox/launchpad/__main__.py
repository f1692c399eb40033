"""`python -m sandbox.launchpad --state FILE`: serves a state document until stopped; prints `ready launchpad URL`."""

import argparse
import json
import sys

from sandbox.core import command
from sandbox.launchpad.service import LaunchpadService


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 stopped, 2 the state is wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.launchpad", description=__doc__)
    command.add_options(parser)
    parser.add_argument("--name", default="launchpad", help="the name in the ready line")
    options = parser.parse_args(arguments)
    try:
        document = json.loads(options.state.read_text(encoding="utf-8")) if options.state else {}
        service = LaunchpadService(document, name=options.name, log_file=options.log)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sandbox.launchpad: {error}\n")
        return 2
    command.serve_until_stopped(service, port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
