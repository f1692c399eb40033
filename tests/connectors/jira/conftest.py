"""A small Jira of our own behind ``responses``: what single faults and the conformance suite are tried on."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests
import responses

from connectors.core.port import ConnectorContext
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.jira.connector import JiraConnector
from connectors.jira.settings import JiraSettings

TOKEN = "canary-token-8f3a"
EMAIL = "syncline@partner.example"
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "status", "name": "Status", "schema": {"type": "status", "system": "status"}},
    {"id": "labels", "name": "Labels", "schema": {"type": "array", "items": "string", "system": "labels"}},
    {"id": "description", "name": "Description", "schema": {"type": "string", "system": "description"}},
    {"id": "duedate", "name": "Due date", "schema": {"type": "date", "system": "duedate"}},
    {"id": "issuelinks", "name": "Linked Issues", "schema": {"type": "array", "items": "issuelinks"}},
    {"id": "updated", "name": "Updated", "schema": {"type": "datetime", "system": "updated"}},
    {"id": "security", "name": "Security Level", "schema": {"type": "securitylevel", "system": "security"}},
    {
        "id": "customfield_10001",
        "name": "Syncline status",
        "schema": {"type": "option", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select"},
    },
    {
        "id": "customfield_10002",
        "name": "Syncline status text",
        "schema": {"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea"},
    },
    {
        "id": "customfield_10003",
        "name": "Scope item",
        "schema": {"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield"},
    },
    {
        "id": "customfield_10004",
        "name": "Scope item",
        "schema": {"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield"},
    },
]
COLOURS = {"Green": "1", "Amber": "2", "Red": "3", "Unknown": "4"}
STATUSES = {"To Do": ("11", "new"), "In Progress": ("12", "indeterminate"), "Done": ("13", "done")}
WORKFLOW = {"To Do": ["In Progress"], "In Progress": ["To Do", "Done"], "Done": ["To Do"]}


class FakeClock:
    """Our machine's clock; a test may set it wrong."""

    def __init__(self, jira: "FakeJira") -> None:
        self.jira = jira
        self.skew = timedelta()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.jira.now + self.skew

    def monotonic(self) -> float:
        return self.jira.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.jira.now += timedelta(seconds=seconds)


class FakeJira:
    """A Jira site with an index that may lag, a workflow, entity properties and remote links."""

    def __init__(self, *, cloud: bool) -> None:
        self.cloud = cloud
        self.url = "https://partner.example" if cloud else "https://jira.partner.example/jira"
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
        self.zone = "Europe/Berlin"
        self.epoch_bounds = True
        self.sends_date = True
        self.answers = 0
        self.names_all_unknown = True
        self.states_statuses = True
        self.lag = timedelta()
        self.page = 100 if cloud else 1000
        self.projects = {"NIM": True, "FOX": True}  # visible?
        self.issues: dict[str, dict] = {}
        self.versions: dict[str, list[dict]] = {"NIM": [], "FOX": []}
        self.log: list[tuple[str, str, dict, dict]] = []
        self.denied = False
        self.extra_headers: dict[str, str] = {}
        self.lose_next = False
        self.script: list[tuple[str, str, object]] = []  # (method, end of path, answer or function of it)
        self.before: list = []  # called before each search, one a search
        self.types = [{"id": "5", "name": "Risk", "subtask": True}, {"id": "6", "name": "Engagement", "subtask": False}]
        self.create_fields = [{"fieldId": "summary", "name": "Summary", "required": True, "operations": ["set"]}]
        self.permissions = {"BROWSE_PROJECTS", "EDIT_ISSUES", "LINK_ISSUES", "CREATE_ISSUES", "TRANSITION_ISSUES"}
        self._next = 10000

    # state ------------------------------------------------------------------

    def add(self, project: str = "NIM", **fields: object) -> str:
        self._next += 1
        number = str(self._next)
        count = sum(i["project"] == project for i in self.issues.values()) + 1
        self.issues[number] = {
            "id": number,
            "key": f"{project}-{count}",
            "project": project,
            "fields": {"summary": f"Issue {number}", "labels": [], "status": "To Do", **fields},
            "properties": {},
            "links": {},
            "shown_by_index": [],
        }
        self.touch(number)
        return number

    def touch(self, number: str, **fields: object) -> None:
        issue = self.issues[number]
        issue["fields"].update(fields)
        self.now += timedelta(milliseconds=1)
        issue["updated"] = self.now
        issue["shown_by_index"].append((self.now + self.lag, self.now))

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.log]

    def searches(self) -> list[str]:
        return [query["jql"][0] for _, path, query, _ in self.log if path.startswith("search")]

    def indexed(self, issue: dict) -> datetime | None:
        return max((updated for seen_at, updated in issue["shown_by_index"] if seen_at <= self.now), default=None)

    # HTTP -------------------------------------------------------------------

    def answer(self, request: requests.PreparedRequest):
        parts = urlsplit(request.url)
        path = parts.path.partition("/rest/api/2/")[2]
        query = parse_qs(parts.query)
        body = json.loads(request.body) if request.body else {}
        self.log.append((request.method, path, query, body))
        headers = dict(self.extra_headers)
        if self.sends_date:
            headers["Date"] = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        for step in self.script:
            if step[0] == request.method and path.endswith(step[1]):
                self.script.remove(step)
                status, more, answer = step[2]
                text = "" if answer is None else json.dumps(answer)
                return status, {**headers, **more}, answer if isinstance(answer, Exception) else text
        if self.denied:
            return 401, headers, json.dumps({"errorMessages": [f"bad {request.headers['Authorization']} {TOKEN}"]})
        status, answer = self._route(request.method, path, query, body)
        if self.lose_next and request.method in ("PUT", "POST") and "bulkfetch" not in path:
            self.lose_next = False
            return status, headers, requests.ConnectionError("reset")
        return status, headers, "" if answer is None else json.dumps(answer)

    def _route(self, method: str, path: str, query: dict, body: dict):
        if path in ("search/jql", "search"):
            return self._search(path, query)
        if path == "issue/bulkfetch" and self.cloud:
            found = [self.issues[i] for i in body["issueIdsOrKeys"] if self._visible(i)]
            return 200, {"issues": [self._issue(i, body["fields"], body["properties"]) for i in found]}
        plain = {
            "myself": {"displayName": "Syncline", "timeZone": self.zone},
            "field": FIELDS,
            "serverInfo": {
                "deploymentType": "Cloud" if self.cloud else "Server",
                "version": "1",
                "serverTime": self.now.isoformat(timespec="milliseconds"),
            },
        }
        if path in plain:
            return 200, plain[path]
        if method == "POST" and path == "issue":
            return self._create(body)
        if found := re.fullmatch(r"issue/(\d+)(?:/(\w+))?", path):
            return self._one(method, found[1], found[2], query, body)
        return self._of_projects(path, query)

    def _of_projects(self, path: str, query: dict):
        if path == "project/search" and self.cloud:
            return 200, {
                "values": [{"key": k} for k in query.get("keys", self.projects) if self.projects.get(k)],
                "isLast": True,
            }
        if path == "project" and not self.cloud:
            return 200, [{"key": k} for k, visible in self.projects.items() if visible]
        if path == "mypermissions":
            if not self.projects.get(query["projectKey"][0]):
                return 404, {"errorMessages": ["No project could be found"]}
            return 200, {"permissions": {p: {"havePermission": True} for p in self.permissions}}
        if found := re.fullmatch(r"project/(\w+)/versions", path):
            if not self.projects.get(found[1]):
                return 404, {"errorMessages": [f"No project could be found with key '{found[1]}'."]}
            return 200, self.versions[found[1]]
        if re.fullmatch(r"project/\w+/statuses", path) and self.states_statuses:
            return 200, [{"name": "Risk", "statuses": [{"name": name} for name in STATUSES]}]
        if found := re.fullmatch(r"issue/createmeta/(\w+)/issuetypes(?:/(\d+))?", path):
            items = self.create_fields if found[2] else self.types
            name = ("fields" if found[2] else "issueTypes") if self.cloud else "values"
            return 200, {name: items, "total": len(items), "startAt": 0, "maxResults": 200}
        return 404, {"errorMessages": ["dead link"]}

    def _visible(self, number: str) -> bool:
        return number in self.issues and self.projects[self.issues[number]["project"]]

    def _issue(self, issue: dict, fields: list[str], properties: list[str] | None) -> dict:
        shown = {}
        for name in fields:
            if name == "updated":
                shown[name] = issue["updated"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
            elif name == "status":
                identity, category = STATUSES[issue["fields"]["status"]]
                shown[name] = {
                    "name": issue["fields"]["status"],
                    "id": identity,
                    "statusCategory": {"key": category},
                }
            elif name == "subtasks":
                children = [i for i in self.issues.values() if i["fields"].get("parent") == issue["id"]]
                shown[name] = [
                    {"id": c["id"], "key": c["key"], "fields": {"summary": c["fields"]["summary"]}} for c in children
                ]
            else:
                shown[name] = issue["fields"].get(name)
        self.answers += 1
        result = {"expand": f"as answer {self.answers} would have it", "id": issue["id"], "key": issue["key"]}
        result |= {"self": f"{self.url}/rest/api/2/issue/{issue['id']}"}
        if properties:
            result["properties"] = {k: v for k, v in issue["properties"].items() if k in properties}
        return {**result, "fields": shown}

    def _bound(self, text: str) -> datetime | None:
        if re.fullmatch(r"\d+", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC) if self.epoch_bounds else None
        local = datetime.strptime(text.strip('"'), "%Y/%m/%d %H:%M").replace(tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC)

    def _search(self, path: str, query: dict):
        assert (path == "search/jql") == self.cloud
        if self.before:
            self.before.pop(0)()
        jql = query["jql"][0]
        where, _, order = jql.partition(" ORDER BY ")
        rows: dict[str, tuple] = {}
        unknown = []
        pattern = r'project in \(([^)]*)\) AND updated >= ("[^"]*"|\d+)(?: AND updated < ("[^"]*"|\d+))?'
        for names, start, end in re.findall(pattern, where):
            bound = self._bound(start)
            until = self._bound(end) if end else None
            if bound is None or (end and until is None):
                return 400, {"errorMessages": [f"Date value '{start}' for field 'updated' is invalid."]}
            for name in re.findall(r'"([^"]*)"', names):
                if not self.projects.get(name):
                    unknown.append(name)
                for issue in self.issues.values():
                    at = self.indexed(issue)
                    if issue["project"] == name and at is not None and at >= bound and (not end or at < until):
                        rows[issue["id"]] = (at, int(issue["id"])) if order.startswith("updated") else int(issue["id"])
        if unknown:
            texts = [f"The value '{name}' does not exist for the field 'project'." for name in unknown]
            texts = texts if self.names_all_unknown else texts[:1]
            return 400, {"errorMessages": texts, "errors": {}}
        assert rows or where.startswith(("project", "("))
        ordered = sorted(rows, key=rows.__getitem__)
        size = min(int(query["maxResults"][0]), self.page)
        if self.cloud:
            return self._by_token(query, rows, ordered, size)
        start = int(query.get("startAt", ["0"])[0])
        page = [self._issue(self.issues[i], query["fields"], None) for i in ordered[start : start + size]]
        return 200, {"startAt": start, "maxResults": size, "total": len(ordered), "issues": page}

    def _by_token(self, query: dict, rows: dict, ordered: list[str], size: int):
        after = query.get("nextPageToken", [None])[0]
        if after:
            at, number = after.split("|")
            place = (datetime.fromisoformat(at), int(number))
            ordered = [i for i in ordered if rows[i] > place]
        page = ordered[:size]
        answer = {"issues": [self._issue(self.issues[i], query["fields"], query.get("properties")) for i in page]}
        if len(ordered) > size:
            at, number = rows[page[-1]]
            answer["nextPageToken"] = f"{at.isoformat()}|{number}"
        return 200, {**answer, "isLast": len(ordered) <= size}

    def _create(self, body: dict):
        parent = body["fields"].get("parent", {}).get("id")
        if not self._visible(parent):
            return 400, {"errorMessages": [], "errors": {"parent": "Could not find issue by id or key."}}
        fields = {**body["fields"], "parent": parent, "status": "To Do"}
        number = self.add(fields.pop("project")["key"], **fields)
        self.issues[number]["properties"] = {p["key"]: p["value"] for p in body.get("properties", [])}
        return 201, {"id": number, "key": self.issues[number]["key"], "self": "x"}

    def _one(self, method: str, number: str, part: str | None, query: dict, body: dict):
        if not self._visible(number):
            return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}
        issue = self.issues[number]
        match (method, part):
            case ("GET", None):
                shown = self._issue(issue, query["fields"][0].split(","), query.get("properties"))
                if "transitions" in query.get("expand", [""])[0]:
                    shown["transitions"] = self._transitions(issue)
                return 200, shown
            case ("PUT", None):
                return self._edit(issue, body)
            case ("POST", "transitions"):
                ways = {t["id"]: t["to"]["name"] for t in self._transitions(issue)}
                self.touch(number, status=ways[body["transition"]["id"]])
                return 204, None
            case ("POST", "remotelink"):
                issue["links"][body["globalId"]] = body["object"]
                return 201, {"id": 1, "self": "x"}
            case ("GET", "remotelink"):
                name = query["globalId"][0]
                if name not in issue["links"]:
                    return 404, {"errorMessages": [f"No remote issue link with globalId '{name}'."]}
                return 200, {"id": 1, "globalId": name, "object": issue["links"][name]}
        return 404, {"errorMessages": ["dead link"]}

    def _transitions(self, issue: dict) -> list[dict]:
        found = []
        for name in WORKFLOW[issue["fields"]["status"]]:
            identity, category = STATUSES[name]
            to = {"name": name, "id": identity, "statusCategory": {"key": category}}
            found.append({"id": f"1{identity}", "name": f"Go to {name}", "to": to})
        return found

    def _edit(self, issue: dict, body: dict):
        known = {f["id"] for f in FIELDS}
        errors = {
            name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
            for name in body.get("fields", {})
            if name not in known
        }
        colour = body.get("fields", {}).get("customfield_10001")
        if colour and colour["value"] not in COLOURS:
            errors["customfield_10001"] = f"Option value '{colour['value']}' is not valid"
        if errors:
            return 400, {"errorMessages": [], "errors": errors}
        fields = dict(body.get("fields", {}))
        if colour:
            fields["customfield_10001"] = {"self": "x", "id": COLOURS[colour["value"]], "value": colour["value"]}
        labels = list(issue["fields"]["labels"])
        for verb in body.get("update", {}).get("labels", []):
            if "add" in verb and verb["add"] not in labels:
                labels.append(verb["add"])
            if "remove" in verb and verb["remove"] in labels:
                labels.remove(verb["remove"])
        self.touch(issue["id"], **fields, labels=labels)
        issue["properties"].update({p["key"]: p["value"] for p in body.get("properties", [])})
        return 204, None

    # what a test makes ------------------------------------------------------

    def connector(self, clock: FakeClock | None = None, **settings: object) -> JiraConnector:
        table = {
            "url": self.url,
            "deployment": "cloud" if self.cloud else "data-center",
            "email": EMAIL if self.cloud else None,
            "token": {"env": "X"},
            **settings,
        }
        clock = clock or FakeClock(self)
        transport = Transport(connection="jira", clock=clock, timeout_s=5.0, secrets=[TOKEN], max_wait_s=60.0)
        return JiraConnector(
            ConnectorContext(
                connection="jira",
                settings=JiraSettings.model_validate(table),
                secrets={"token": TOKEN},
                transport=transport,
                tokens=MemoryTokenStore(),
                clock=clock,
            )
        )


def _site(*, cloud: bool) -> Iterator[FakeJira]:
    jira = FakeJira(cloud=cloud)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "PUT", "POST"):
            mock.add_callback(method, re.compile(re.escape(jira.url) + "/rest/api/2/.*"), callback=jira.answer)
        yield jira


@pytest.fixture
def cloud() -> Iterator[FakeJira]:
    yield from _site(cloud=True)


@pytest.fixture
def data_center() -> Iterator[FakeJira]:
    yield from _site(cloud=False)


@pytest.fixture(params=["cloud", "data_center"])
def site(request: pytest.FixtureRequest) -> Iterator[FakeJira]:
    yield from _site(cloud=request.param == "cloud")
