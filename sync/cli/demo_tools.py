"""What a person sees in each stand-in tool, read back by plain HTTP requests that share nothing with the connectors."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_TIMEOUT_S = 30
_RISK_LINE = re.compile(r"^(R-[0-9a-z]{10}) (\w+) (\w+) ?(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSeen:
    """One risk as a tool shows it."""

    id: str
    state: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one tool shows for one engagement.

    Attributes:
        tool: Name of the connection.
        place: Where one would look (key of the record, with its address).
        lines: Field -> value, as the tool shows them.
        risks: The risks that it shows.
    """

    tool: str
    place: str
    lines: Mapping[str, str]
    risks: tuple[RiskSeen, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """One place of an engagement that shows something."""

    folder: Path
    name: str
    connection: Mapping[str, Any]
    key: str
    place: str = ""

    def secret(self, setting: str) -> str:
        path: str = self.connection[setting]["file"]
        return (self.folder / path).read_text(encoding="utf-8").strip()


def look(config_file: Path, engagement: str) -> tuple[Seen, ...]:
    """Ask each tool of the sandbox's configuration what it shows for ``engagement``; about three requests a tool."""
    config = tomllib.loads(config_file.read_text(encoding="utf-8"))
    settings = config["engagements"][engagement]
    record = settings["record"]
    places = [(record["connection"], record["key"], "")]
    places += [(p["connection"], p["anchor"], p["place"]) for p in settings["places"] if "anchor" in p]
    seen = []
    for name, key, place in places:
        connection = config["connections"][name]
        where = _Where(folder=config_file.parent, name=name, connection=connection, key=key, place=place)
        with requests.Session() as session:
            session.trust_env = False
            seen.append(_TOOLS[connection["kind"]](session, where))
    return tuple(seen)


def _jira(session: requests.Session, where: _Where) -> Seen:
    url, cloud = where.connection["url"], where.connection["deployment"] == "cloud"
    if cloud:
        session.auth = (where.connection["email"], where.secret("token"))
    else:
        session.headers["Authorization"] = f"Bearer {where.secret('token')}"
    base = f"{url}/rest/api/2"
    issue = _json(session.get(f"{base}/issue/{where.key}", params={"expand": "names"}, timeout=_TIMEOUT_S))
    links = _json(session.get(f"{base}/issue/{where.key}/remotelink", timeout=_TIMEOUT_S))
    search = {"jql": f"parent = {where.key} ORDER BY summary", "fields": "summary,status,labels", "maxResults": "100"}
    below = _json(session.get(f"{base}/search{'/jql' if cloud else ''}", params=search, timeout=_TIMEOUT_S))
    names = issue["names"].items()
    lines = {title: _shown(issue["fields"].get(i)) for i, title in names if title.startswith("Syncline")}
    for link in links:
        lines["Web link"] = f"{link['object']['title']} → {link['object']['url']}"
    return Seen(
        tool=where.name,
        place=f"{where.key} {url}/browse/{where.key}",
        lines=lines,
        risks=tuple(risk for found in below["issues"] for risk in _risk_issue(found["fields"])),
    )


def _risk_issue(fields: Mapping[str, Any]) -> list[RiskSeen]:
    ids = [label.removeprefix("syncline-") for label in fields["labels"] if label.startswith("syncline-R-")]
    return [RiskSeen(id=i, state=fields["status"]["name"], title=fields["summary"]) for i in ids]


def _salesforce(session: requests.Session, where: _Where) -> Seen:
    session.verify = str(where.folder / where.connection["ca_file"])
    login = {
        "grant_type": "client_credentials",
        "client_id": where.connection["client_id"],
        "client_secret": where.secret("client_secret"),
    }
    url = where.connection["url"]
    token = _json(session.post(f"{url}/services/oauth2/token", data=login, timeout=_TIMEOUT_S))
    session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def rows(soql: str) -> list[dict[str, Any]]:
        query = f"{token['instance_url']}/services/data/v60.0/query"
        found: list[dict[str, Any]] = _json(session.get(query, params={"q": soql}, timeout=_TIMEOUT_S))["records"]
        return found

    key = where.key  # a key of the configuration that the sandbox wrote
    fields = "Id, Name, Syncline_Status__c, Syncline_Status_Text__c, Syncline_As_Of__c"
    (row,) = rows(f"SELECT {fields} FROM Engagement__c WHERE Key__c = '{key}'")  # noqa: S608 - SOQL, see above
    found = rows(
        "SELECT Risk_Key__c, Name, Lifecycle__c FROM Syncline_Risk__c "  # noqa: S608 - SOQL, see above
        f"WHERE Engagement__r.Key__c = '{key}' AND Syncline_Marker__c != null ORDER BY Name"
    )
    return Seen(
        tool=where.name,
        place=f"{row['Name']} {url}/lightning/r/Engagement__c/{row['Id']}/view",
        lines={
            "Syncline Status": _shown(row["Syncline_Status__c"]),
            "Syncline Status Text": _shown(row["Syncline_Status_Text__c"]),
            "Syncline As Of": _shown(row["Syncline_As_Of__c"]),
        },
        risks=tuple(RiskSeen(id=r["Risk_Key__c"], state=r["Lifecycle__c"], title=r["Name"]) for r in found),
    )


def _github(session: requests.Session, where: _Where) -> Seen:
    session.headers.update({"Authorization": f"Bearer {where.secret('token')}", "User-Agent": "demo"})
    number = where.key.rpartition("#")[2]
    issue = f"{where.connection['url']}/repos/{where.place}/issues/{number}"
    shown = _json(session.get(issue, timeout=_TIMEOUT_S))
    comments = _json(session.get(f"{issue}/comments", params={"per_page": 100}, timeout=_TIMEOUT_S))
    blocks = [c["body"] for c in comments if "syncline:block=" in c["body"]]
    lines = {"Comment": _told(blocks[0])} if blocks else {}
    query = (
        "query($o: String!, $n: String!, $i: Int!) { repository(owner: $o, name: $n) { issue(number: $i) { "
        'projectItems(first: 10) { nodes { fieldValueByName(name: "Syncline status") { '
        "... on ProjectV2ItemFieldSingleSelectValue { name } } } } } } }"
    )
    owner, _, name = where.place.partition("/")
    variables = {"o": owner, "n": name, "i": int(number)}
    graphql = where.connection["url"].replace("/api/v3", "/api/graphql")
    answer = _json(session.post(graphql, json={"query": query, "variables": variables}, timeout=_TIMEOUT_S))
    for node in answer["data"]["repository"]["issue"]["projectItems"]["nodes"]:
        if node["fieldValueByName"]:
            lines["Project field Syncline status"] = node["fieldValueByName"]["name"]
    return Seen(
        tool=where.name,
        place=f"{where.key} {shown['html_url']}",
        lines=lines,
        risks=_risks_told(blocks[0] if blocks else ""),
    )


def _launchpad(session: requests.Session, where: _Where) -> Seen:
    token, _, secret = where.secret("credentials").partition(":")
    consumer = where.connection["consumer_key"]
    session.headers["Authorization"] = (
        f'OAuth realm="Launchpad", oauth_consumer_key="{consumer}", oauth_token="{token}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="&{secret}", oauth_timestamp="1", oauth_nonce="1"'
    )
    project, _, name = where.key.partition("/")
    blueprint = _json(session.get(f"{where.connection['url']}devel/{project}/+spec/{name}", timeout=_TIMEOUT_S))
    whiteboard = blueprint["whiteboard"] or ""
    return Seen(
        tool=where.name,
        place=f"{where.key} {blueprint['web_link']}",
        lines={"Whiteboard": _told(whiteboard)},
        risks=_risks_told(whiteboard),
    )


_TOOLS: Mapping[str, Callable[[requests.Session, _Where], Seen]] = {
    "jira": _jira,
    "salesforce": _salesforce,
    "github": _github,
    "launchpad": _launchpad,
}


def _risks_told(block: str) -> tuple[RiskSeen, ...]:
    return tuple(RiskSeen(id=i, state=state, title=title) for i, _, state, title in _RISK_LINE.findall(block))


def _told(block: str) -> str:
    """The message of a block without its fences and its risk lines."""
    kept = [li for li in block.splitlines() if not _RISK_LINE.match(li) and not li.startswith(("```", "<!--", "---"))]
    return "\n".join(line for line in kept if line.strip())


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
