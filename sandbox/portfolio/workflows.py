"""The workflows of the two Jira sites: work may go anywhere sensible, a risk only from To Do to Done and back."""

from __future__ import annotations

from typing import Any

from sandbox.portfolio.model import Kind
from sandbox.portfolio.sites import Site

Row = dict[str, Any]


def workflows(site: Site) -> list[Row]:
    """Return the site's workflows, the special one first, as `sandbox.jira.state` wants them."""
    risk = {
        "name": "Risk workflow",
        "initial": "To Do",
        "issuetypes": [Kind.RISK.value],
        "transitions": [
            {"id": "11", "name": "Close risk", "from": ["To Do"], "to": "Done", "resolution": "Done"},
            {"id": "21", "name": "Reopen risk", "from": ["Done"], "to": "To Do", "resolution": None},
        ],
    }
    finished = [name for name, category in site.statuses.items() if category == "done"]
    live = [name for name in site.statuses if name not in finished]
    steps: list[Row] = [
        {"name": f"To {name}", "from": [each for each in live if each != name], "to": name} for name in live
    ]
    for name in finished:
        drops = name in site.dropping_statuses
        resolution = site.dropping_resolutions[0] if drops else site.resolutions[0]
        steps.append({"name": name, "from": live, "to": name, "resolution": resolution})
    steps.append({"name": "Reopen", "from": finished, "to": "To Do", "resolution": None})
    work = {
        "name": "Work workflow",
        "initial": "To Do",
        "transitions": [{"id": str(101 + 10 * n), **step} for n, step in enumerate(steps)],
    }
    return [risk, work]
