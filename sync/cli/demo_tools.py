"""What a person sees in each stand-in tool, read back by plain HTTP requests that share nothing with the connectors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one tool shows for one engagement.

    Attributes:
        tool: Name of the connection.
        place: Where one would look (key of the record, with its address).
        lines: Field -> value, as the tool shows them.
        risks: Title and state of each risk that the tool shows.
    """

    tool: str
    place: str
    lines: Mapping[str, str]
    risks: tuple[tuple[str, str], ...] = field(default=())


def look(config_file: Path, engagement: str) -> tuple[Seen, ...]:
    """Ask each tool of the sandbox's configuration what it shows for ``engagement``; about three requests a tool."""
    config = tomllib.loads(config_file.read_text(encoding="utf-8"))
    settings = config["engagements"][engagement]
    seen = [_salesforce(config_file.parent, config, settings["record"])]
    seen.extend(_jira(config_file.parent, config, place) for place in settings["places"] if "anchor" in place)
    return tuple(seen)


def _jira(folder: Path, config: Mapping[str, Any], place: Mapping[str, str]) -> Seen:
    name, anchor = place["connection"], place["anchor"]
    connection = config["connections"][name]
    token = _secret(folder, connection["token"])
    with requests.Session() as session:
        session.trust_env = False
        if connection["deployment"] == "cloud":
            session.auth = (connection["email"], token)
        else:
            session.headers["Authorization"] = f"Bearer {token}"
        base = f"{connection['url']}/rest/api/2/issue/{anchor}"
        issue = _json(session.get(base, params={"expand": "names"}, timeout=_TIMEOUT_S))
        links = _json(session.get(f"{base}/remotelink", timeout=_TIMEOUT_S))
    fields = issue["fields"]
    lines = {
        title: _shown(fields.get(field_id))
        for field_id, title in issue["names"].items()
        if title.startswith("Syncline")
    }
    for link in links:
        lines["Web link"] = f"{link['object']['title']} → {link['object']['url']}"
    risks = tuple(sorted((s["fields"]["summary"], s["fields"]["status"]["name"]) for s in fields["subtasks"]))
    return Seen(tool=name, place=f"{anchor} {connection['url']}/browse/{anchor}", lines=lines, risks=risks)


def _salesforce(folder: Path, config: Mapping[str, Any], record: Mapping[str, str]) -> Seen:
    name, key = record["connection"], record["key"]
    connection = config["connections"][name]
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(folder / connection["ca_file"])
        answer = session.post(
            f"{connection['url']}/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": connection["client_id"],
                "client_secret": _secret(folder, connection["client_secret"]),
            },
            timeout=_TIMEOUT_S,
        )
        token = _json(answer)
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        query = f"{token['instance_url']}/services/data/v60.0/query"

        def rows(soql: str) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = _json(session.get(query, params={"q": soql}, timeout=_TIMEOUT_S))["records"]
            return found

        fields = "Id, Name, Syncline_Status__c, Syncline_Status_Text__c, Syncline_As_Of__c"
        (row,) = rows(f"SELECT {fields} FROM Engagement__c WHERE Key__c = '{key}'")  # noqa: S608 - SOQL; a key of our own file
        found = rows(
            "SELECT Name, Lifecycle__c FROM Syncline_Risk__c "  # noqa: S608 - as above
            f"WHERE Engagement__r.Key__c = '{key}' ORDER BY Name"
        )
    lines = {
        "Syncline Status": _shown(row["Syncline_Status__c"]),
        "Syncline Status Text": _shown(row["Syncline_Status_Text__c"]),
        "Syncline As Of": _shown(row["Syncline_As_Of__c"]),
    }
    place = f"{row['Name']} {connection['url']}/lightning/r/Engagement__c/{row['Id']}/view"
    return Seen(tool=name, place=place, lines=lines, risks=tuple((r["Name"], r["Lifecycle__c"]) for r in found))


def _secret(folder: Path, credential: Mapping[str, str]) -> str:
    return (folder / credential["file"]).read_text(encoding="utf-8").strip()


def _json(answer: requests.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _shown(value: object) -> str:
    match value:
        case None:
            return "(empty)"
        case {"value": text}:
            return str(text)
        case _:
            return str(value)
