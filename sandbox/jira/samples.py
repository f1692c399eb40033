"""From recorded issues, one JSON object a line, to a Data Center state that serves them whole."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.jira.catalog import system_fields
from sandbox.jira.model import Deployment, Row

SANDBOX_USER = "syncline-sandbox"
"""The user that the given token logs in; it is not in the recording."""


def read_issues(path: Path) -> list[Row]:
    """Read a JSON-lines file, gzipped or plain."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as source:
        return [json.loads(line) for line in source if line.strip()]


def state_of(
    issues: Iterable[Mapping[str, Any]], *, token: str, deployment: Deployment = Deployment.DATA_CENTER
) -> Row:
    """Derive a state document: projects, users, statuses, versions and fields as the issues themselves name them.

    Args:
        issues: as REST shows them.
        token: the PAT (or API token) of the one user who can log in.
        deployment: which Jira serves them.
    """
    harvest = _Harvest()
    rows = list(issues)
    for issue in rows:
        harvest.look(issue["fields"])
        for version in (issue["fields"].get("versions") or []) + (issue["fields"].get("fixVersions") or []):
            harvest.add("versions", {**version, "_project": issue["fields"]["project"]["id"]})
        for component in issue["fields"].get("components") or []:
            harvest.add("components", {**component, "_project": issue["fields"]["project"]["id"]})
    known = {field.id for field in system_fields(deployment)}
    extra = sorted({name for issue in rows for name in issue["fields"]} - known)
    me = {"name": SANDBOX_USER, "key": SANDBOX_USER, "accountId": SANDBOX_USER, "displayName": "Syncline Sandbox"}
    users = [{**row, "accountId": row.get("accountId") or row.get("key")} for row in harvest.tables["users"].values()]
    return {
        "format": 1,
        "deployment": deployment.value,
        "site": {"title": "Recorded issues", "time_zone": "UTC"},
        "users": [{**me, "emailAddress": f"{SANDBOX_USER}@sandbox.example", "timeZone": "UTC", "token": token}, *users],
        "projects": harvest.projects(),
        "issuetypes": list(harvest.tables["issuetypes"].values()),
        "statuses": [{**row, "category": row["statusCategory"]["key"]} for row in harvest.tables["statuses"].values()],
        "resolutions": list(harvest.tables["resolutions"].values()),
        "priorities": list(harvest.tables["priorities"].values()),
        "link_types": list(harvest.tables["link_types"].values()),
        "fields": [{"id": name, "name": name[:1].upper() + name[1:], "type": "any"} for name in extra],
        "issues": rows,
    }


class _Harvest:
    """Collects the rows that the issues refer to, each kind by its id."""

    def __init__(self) -> None:
        names = ("users", "projects", "issuetypes", "statuses", "resolutions", "priorities", "link_types")
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in (*names, "versions", "components")}

    def add(self, table: str, row: Row) -> None:
        self.tables[table].setdefault(str(row["id"]), row)

    def look(self, fields: Mapping[str, Any]) -> None:
        for name, table in (
            ("project", "projects"),
            ("issuetype", "issuetypes"),
            ("status", "statuses"),
            ("resolution", "resolutions"),
            ("priority", "priorities"),
        ):
            if fields.get(name):
                self.add(table, dict(fields[name]))
        for link in fields.get("issuelinks") or []:
            self.add("link_types", dict(link["type"]))
        self._look_for_users(fields)

    def _look_for_users(self, value: Any) -> None:
        if isinstance(value, Mapping):
            if "displayName" in value:
                key = str(value.get("key") or value.get("name") or value.get("accountId"))
                self.tables["users"].setdefault(key, dict(value))
            for one in value.values():
                self._look_for_users(one)
        elif isinstance(value, list):
            for one in value:
                self._look_for_users(one)

    def projects(self) -> list[Row]:
        """Give the projects with their versions and components."""
        shown = []
        for project_id, project in self.tables["projects"].items():
            parts: Row = {}
            for table in ("versions", "components"):
                parts[table] = [
                    {key: value for key, value in row.items() if key != "_project"}
                    for row in self.tables[table].values()
                    if row["_project"] == project_id
                ]
            shown.append({**project, **parts})
        return shown
