"""Sprints as an issue has them: which, and how the Sprint field shows them."""

from typing import Any

from sandbox.jira import stamps
from sandbox.jira.model import Issue, Kind, Row
from sandbox.jira.state import State

DATES = ("startDate", "endDate", "completeDate", "createdDate")
"""Instants that a sprint may have."""


def sprint_field(state: State) -> str | None:
    """Give the id of the field that holds an issue's sprints; None when the site has none."""
    return next((one for one, field in state.fields.items() if field.kind is Kind.SPRINT), None)


def sprints_of(state: State, issue: Issue) -> list[Row]:
    """Give the sprints that an issue is or was in, in the order it came into them."""
    name = sprint_field(state)
    return [state.sprints[one] for one in issue.fields.get(name or "") or () if one in state.sprints]


def open_sprint(state: State, issue: Issue) -> Row | None:
    """Give the sprint, active or future, that an issue is in."""
    return next((row for row in sprints_of(state, issue) if row["state"] != "closed"), None)


def milliseconds(text: Any) -> int:
    """Read an instant of a sprint; raises ValueError."""
    return stamps.parse_instant(str(text))


def sprint_instant(state: State, text: str) -> str:
    """Write an instant of a sprint: UTC with a Z on Cloud, with the server's offset on Data Center."""
    if state.cloud:
        return stamps.render_instant(milliseconds(text), stamps.zone("UTC"))[:23] + "Z"
    written = stamps.render_instant(milliseconds(text), stamps.zone(state.site.get("time_zone")))
    return f"{written[:-2]}:{written[-2:]}"


def field_value(state: State, ids: list[int]) -> list[Any] | None:
    """Show the Sprint field: objects on Cloud, texts as GreenHopper prints them on Data Center; None when empty."""
    rows = [state.sprints[one] for one in ids if one in state.sprints]
    if not rows:
        return None
    shown: list[Any] = []
    for row in rows:
        dates = {name: sprint_instant(state, row[name]) for name in DATES[:3] if row.get(name)}
        if state.cloud:
            head = {"id": row["id"], "name": row["name"], "state": row["state"], "boardId": row["originBoardId"]}
            shown.append({**head, "goal": row.get("goal") or "", **dates})
            continue
        parts = {
            "id": row["id"],
            "rapidViewId": row["originBoardId"],
            "state": str(row["state"]).upper(),
            "name": row["name"],
            **{name: dates.get(name, "<null>") for name in DATES[:3]},
            "activatedDate": dates.get("startDate", "<null>"),
            "sequence": row["id"],
            "goal": row.get("goal") or "",
            "autoStartStop": "false",
            "synced": "false",
        }
        text = ",".join(f"{name}={value}" for name, value in parts.items())
        shown.append(f"com.atlassian.greenhopper.service.sprint.Sprint@{row['id']:x}[{text}]")
    return shown
