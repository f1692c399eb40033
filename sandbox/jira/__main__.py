"""`python -m sandbox.jira`: serves a state document, or recorded issues, until stopped."""

import argparse
import json
import sys
from pathlib import Path

from sandbox.core import command
from sandbox.jira import samples
from sandbox.jira.model import Deployment
from sandbox.jira.service import JiraService


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 stopped, 2 the state is wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.jira", description=__doc__)
    command.add_options(parser)
    parser.add_argument(
        "--issues", type=Path, help="recorded issues (.jsonl or .jsonl.gz) to serve in place of --state"
    )
    parser.add_argument("--token", default="sandbox-token", help="with --issues: the token that logs in")
    parser.add_argument(
        "--deployment", type=Deployment, choices=list(Deployment), help="must fit the state's, if given"
    )
    parser.add_argument("--name", default="jira", help="the name in the ready line")
    options = parser.parse_args(arguments)
    try:
        if options.issues:
            wanted = options.deployment or Deployment.DATA_CENTER
            document = samples.state_of(samples.read_issues(options.issues), token=options.token, deployment=wanted)
        elif options.state:
            document = json.loads(options.state.read_text(encoding="utf-8"))
        else:
            parser.error("--state or --issues is needed")
        if options.deployment and document.get("deployment") != options.deployment:
            parser.error(f"the state is of {document.get('deployment')}, not of {options.deployment}")
        service = JiraService(document, name=options.name, log_file=options.log)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sandbox.jira: {error}\n")
        return 2
    command.serve_until_stopped(service, port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
