"""`python -m sandbox.github`: serves a state document until stopped."""

import argparse
import json
import sys
from pathlib import Path

from sandbox.core import command
from sandbox.github import exports
from sandbox.github.service import GitHubService


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 stopped, 2 the state is wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.github", description=__doc__)
    command.add_options(parser)
    parser.add_argument("--name", default="github", help="the name in the ready line")
    parser.add_argument("--export", type=Path, help="instead of a state, answers of GitHub's REST API; see exports.py")
    options = parser.parse_args(arguments)
    if options.export and options.state:
        parser.error("--state or --export, not both")
    try:
        source = options.export or options.state
        document = json.loads(source.read_text(encoding="utf-8")) if source else {}
        if options.export:
            document = exports.document_of(document)
        service = GitHubService(document, name=options.name, log_file=options.log)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sandbox.github: {error}\n")
        return 2
    command.serve_until_stopped(service, port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
