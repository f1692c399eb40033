"""A small Launchpad of our own behind ``responses``, after recordings of a real one: what faults are tried on."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import responses

from connectors.core.port import ConnectorContext, Held, Page, Partition, PartitionFailure, Record, Wanted
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.launchpad.connector import LaunchpadConnector
from connectors.launchpad.settings import LaunchpadSettings

TOKEN = "canary-token-8f3a"
SECRET = "canary/secret&77"
URL = "https://api.launchpad.example"
ROOT = f"{URL}/devel/"
CLOSED = ("Opinion", "Invalid", "Won't Fix", "Expired", "Fix Released", "Does Not Exist")
OPEN = ("New", "Incomplete", "Confirmed", "Triaged", "In Progress", "Deferred", "Fix Committed")
READ_ONLY = ("self_link", "web_link", "bug_link", "target_link", "date_last_updated", "date_created", "heat", "id")


class FakeClock:
    """Our machine's clock; a test may set it wrong."""

    def __init__(self, launchpad: "FakeLaunchpad") -> None:
        self.launchpad = launchpad
        self.skew = timedelta()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.launchpad.now + self.skew

    def monotonic(self) -> float:
        return self.launchpad.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.launchpad.now += timedelta(seconds=seconds)


def _half(values: dict) -> str:
    return hashlib.sha1(json.dumps(values, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def etag(entry: dict) -> str:
    """The two halves: of what cannot be written, and of what can."""
    fixed = {k: v for k, v in entry.items() if k in READ_ONLY}
    free = {k: v for k, v in entry.items() if k not in READ_ONLY}
    return f'"{_half(fixed)}-{_half(free)}"'


class FakeLaunchpad:
    """Projects, bugs with tasks and watches, blueprints and milestones, over the web service's version devel."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
        self.largest_page = 300
        self.statuses = list(OPEN + CLOSED)
        self.projects = {"nimbus": "Public", "fox": "Public"}  # name -> information type; None: hidden
        self.bugs: dict[int, dict] = {}
        self.tasks: dict[tuple[int, str], dict] = {}
        self.moved: dict[str, str] = {}
        self.hidden: set[int] = set()
        self.watches: dict[int, list[dict]] = {}
        self.blueprints: dict[str, dict] = {}
        self.milestones: dict[str, dict] = {}
        self.log: list[tuple[str, str, dict, dict]] = []
        self.headers: list[dict] = []
        self.denied = ""
        self.sends_date = True
        self.lose_next = False
        self.script: list[tuple[str, str, object]] = []  # (method, path, answer)
        self.before: list = []  # called before each search, one a search
        self._next = 2001000

    # state ------------------------------------------------------------------

    def add(self, project: str = "nimbus", status: str = "New", **bug: object) -> str:
        self._next += 1
        number = self._next
        self.bugs[number] = {
            "id": number,
            "title": f"Bug {number}",
            "description": "as it was seen",
            "tags": [],
            "information_type": "Public",
            "duplicate_of_link": None,
            "heat": 6,
            "date_last_updated": "",
            **bug,
        }
        self.add_task(number, project, status)
        self.touch(number)
        return f"{number}/{project}"

    def add_task(self, number: int, project: str, status: str = "New") -> None:
        """Quietly, as Launchpad does: the bug's date does not move."""
        self.tasks[number, project] = {
            "status": status,
            "importance": "Undecided",
            "assignee_link": None,
            "milestone_link": None,
            "bug_watch_link": None,
            "title": f"Bug #{number} in {project}",
            "date_created": self.now.isoformat(),
        }

    def touch(self, number: int, **fields: object) -> None:
        self.now += timedelta(milliseconds=1)
        self.bugs[number].update(fields, date_last_updated=self.now.isoformat(timespec="microseconds"))

    def blueprint(self, name: str, project: str = "nimbus", **fields: object) -> str:
        self.blueprints[f"{project}/{name}"] = {
            "name": name,
            "title": name.title(),
            "summary": "",
            "whiteboard": None,
            "workitems_text": "",
            "information_type": "Public",
            "definition_status": "Approved",
            "implementation_status": "Started",
            "priority": "High",
            **fields,
        }
        return f"{project}/{name}"

    def milestone(self, name: str, project: str = "nimbus") -> str:
        self.milestones[f"{project}/{name}"] = {"name": name, "date_targeted": "2026-12-10", "is_active": True}
        return f"{project}/{name}"

    def asked(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.log]

    # entries ----------------------------------------------------------------

    def _whole(self, path: str, fields: dict, **links: object) -> dict:
        entry = {"self_link": ROOT + path, "web_link": f"https://launchpad.example/{path}", **fields, **links}
        return {**entry, "http_etag": etag(entry)}

    def bug(self, number: int) -> dict:
        return self._whole(f"bugs/{number}", self.bugs[number])

    def task(self, number: int, project: str) -> dict:
        links = {"bug_link": f"{ROOT}bugs/{number}", "target_link": ROOT + project}
        return self._whole(f"{project}/+bug/{number}", self.tasks[number, project], **links)

    def _found(self, path: str) -> tuple[dict, dict] | None:
        """The entry at a path as it is shown, and where its fields lie."""
        if m := re.fullmatch(r"bugs/(\d+)", path):
            number = int(m[1])
            if number in self.bugs and number not in self.hidden:
                return self.bug(number), self.bugs[number]
        elif m := re.fullmatch(r"(\w+)/\+bug/(\d+)", path):
            key = (int(m[2]), m[1])
            if key in self.tasks and key[0] not in self.hidden:
                return self.task(*key), self.tasks[key]
        elif m := re.fullmatch(r"(\w+)/\+(spec|milestone)/([^/]+)", path):
            held = self.blueprints if m[2] == "spec" else self.milestones
            if f"{m[1]}/{m[3]}" in held:
                fields = held[f"{m[1]}/{m[3]}"]
                return self._whole(path, fields), fields
        elif self.projects.get(path):
            fields = {"name": path, "display_name": path.title(), "information_type": self.projects[path]}
            return self._whole(path, fields), fields
        return None

    # HTTP -------------------------------------------------------------------

    def answer(self, request: requests.PreparedRequest):
        parts = urlsplit(request.url)
        path = parts.path.partition("/devel/")[2]
        query = parse_qs(parts.query)
        body = json.loads(request.body) if request.body else {}
        self.log.append((request.method, path, query, body))
        self.headers.append(dict(request.headers))
        headers = {"Content-Type": "text/plain"}
        if self.sends_date:
            headers["Date"] = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        for step in self.script:
            if step[0] == request.method and re.fullmatch(step[1], path):
                self.script.remove(step)
                status, more, answer = step[2]
                return status, {**headers, **more}, answer
        if self.denied:
            return 401, headers, self.denied
        status, more, answer = self._route(request, path, query, body)
        headers |= more
        if self.lose_next and request.method == "PATCH":
            self.lose_next = False
            return status, headers, requests.ConnectionError("reset")
        if isinstance(answer, str):
            return status, headers, answer
        return status, {**headers, "Content-Type": "application/json"}, json.dumps(answer)

    def _route(self, request: requests.PreparedRequest, path: str, query: dict, body: dict):
        if path in self.moved:
            return 301, {"Location": ROOT + self.moved[path]}, ""
        if query.get("ws.op") == ["searchTasks"]:
            return self._search(path, query)
        if path == "":
            return 200, {}, {"resource_type_link": f"{ROOT}#service-root"}
        if path == "people/+me":
            return 303, {"Location": f"{ROOT}~bot"}, ""
        if path == "~bot":
            return 200, {}, {"name": "bot", "display_name": "Bot", "self_link": f"{ROOT}~bot"}
        if m := re.fullmatch(r"bugs/(\d+)/bug_watches", path):
            return self._collection(path, query, self.watches.get(int(m[1]), []))
        if m := re.fullmatch(r"(\w+)/all_(specifications|milestones)", path):
            return self._list(path, query, m[1], m[2])
        found = self._found(path)
        if found is None:
            return 404, {}, f"Object: <lp.systemhomes.Application object>, name: '{path}'"
        entry, fields = found
        if request.method == "PATCH":
            return self._patch(path, request, entry, fields, body)
        if request.headers.get("If-None-Match") == entry["http_etag"]:
            return 304, {"ETag": entry["http_etag"]}, ""
        return 200, {"ETag": entry["http_etag"]}, entry

    def _list(self, path: str, query: dict, project: str, kind: str):
        if not self.projects.get(project):
            return 404, {}, f"Object: <Root>, name: '{project}'"
        held, part = (self.blueprints, "+spec") if kind == "specifications" else (self.milestones, "+milestone")
        names = [i.partition("/")[2] for i in held if i.startswith(f"{project}/")]
        return self._collection(
            path, query, [self._whole(f"{project}/{part}/{n}", held[f"{project}/{n}"]) for n in names]
        )

    def _search(self, project: str, query: dict):
        if self.before:
            self.before.pop(0)()
        if not self.projects.get(project):
            return 404, {}, f"Object: <Root>, name: '{project}'"
        wanted = query.get("status", list(OPEN))
        for status in wanted:
            if status not in self.statuses:
                named = ", ".join([*self.statuses, "Incomplete (with response)", "Incomplete (without response)"])
                return 400, {}, f'status: Invalid value "{status}". Acceptable values are: {named}'
        since = query.get("modified_since")
        rows = []
        for (number, target), task in self.tasks.items():
            bug = self.bugs[number]
            if target != project or task["status"] not in wanted or number in self.hidden:
                continue
            if query.get("omit_duplicates") != ["false"] and bug["duplicate_of_link"]:
                continue
            if "information_type" in query and bug["information_type"] not in query["information_type"]:
                continue
            if since and not datetime.fromisoformat(bug["date_last_updated"]) > datetime.fromisoformat(since[0]):
                continue
            rows.append((number, target))
        assert query.get("order_by") == ["id"] or query.get("status") == ["syncline"]
        return self._collection(project, query, [self.task(*key) for key in sorted(rows)])

    def _collection(self, path: str, query: dict, entries: list[dict]):
        size = int(query.get("ws.size", ["75"])[0])
        if size > self.largest_page:
            return 400, {}, f'Maximum for "ws.size" parameter is {self.largest_page}.'
        start = int(query.get("ws.start", ["0"])[0])
        answer: dict = {"start": start, "entries": entries[start : start + size]}
        if start + size < len(entries):
            rest = {k: v for k, v in query.items() if k not in ("memo", "ws.start")}
            rest |= {"memo": [str(start + size)], "ws.start": [str(start + size)]}
            answer["next_collection_link"] = f"{ROOT}{path}?{urlencode(rest, doseq=True)}"
            answer["total_size_link"] = f"{ROOT}{path}?ws.show=total_size"
        else:
            answer["total_size"] = max(len(entries), start)
        return 200, {}, answer

    def _patch(self, path: str, request: requests.PreparedRequest, entry: dict, fields: dict, body: dict):
        given = request.headers.get("If-Match")
        if given and given.strip('"').split("-")[-1] != entry["http_etag"].strip('"').split("-")[-1]:
            return 412, {}, ""
        for name in body:
            if name not in fields:
                return 400, {}, f"{name}: You tried to modify a nonexistent attribute."
        for tag in body.get("tags", []):
            if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", tag):
                return 400, {}, f"tags: ([ConstraintNotSatisfied({tag!r}, '')], 'tags')"
        if body.get("status") == "Triaged":
            return 401, {}, "Only Bug Supervisors may change status to Triaged."
        if body.get("status", "New") not in self.statuses:
            return 400, {}, f'status: Invalid value "{body["status"]}". Acceptable values are: New'
        if "tags" in body:
            body["tags"] = sorted(set(body["tags"]))
        before = dict(fields)
        fields.update(body)
        number = re.fullmatch(r"(?:bugs|\w+/\+bug)/(\d+)", path)
        if number and before != fields:
            self.touch(int(number[1]))
        found = self._found(path)
        assert found is not None
        return 209, {}, found[0]

    # what a test makes ------------------------------------------------------

    def connector(
        self, clock: FakeClock | None = None, credentials: str = f"{TOKEN}:{SECRET}", **settings: object
    ) -> LaunchpadConnector:
        table = {"url": f"{URL}/", "credentials": {"env": "X"}, **settings}
        clock = clock or FakeClock(self)
        transport = Transport(connection="lp", clock=clock, timeout_s=5.0, max_wait_s=60.0)
        return LaunchpadConnector(
            ConnectorContext(
                connection="lp",
                settings=LaunchpadSettings.model_validate(table),
                secrets={"credentials": credentials},
                transport=transport,
                tokens=MemoryTokenStore(),
                clock=clock,
            )
        )


class Puller:
    """Pulls again and again from where it stands, as the engine does."""

    def __init__(self, launchpad: FakeLaunchpad, *streams: str, projects: tuple[str, ...] = ("nimbus",)) -> None:
        self.launchpad = launchpad
        self.partitions = [Partition(stream=s, key=p) for s in streams or ("bug_tasks",) for p in projects]
        self.cursors: dict[Partition, str] = {}
        self.failures: list[PartitionFailure] = []
        self.pages: list[Page] = []
        self.asked: list[str] = []
        self.held: dict[str, Record] | None = None  # what was delivered, once a test wants the reader to be told

    def __call__(self, connector: LaunchpadConnector | None = None, most_pages: int | None = None):
        connector = connector or self.launchpad.connector()
        self.failures, self.pages = [], []
        del self.launchpad.log[:]
        wanted = [
            Wanted(partition=p, cursor=self.cursors.get(p), fields=(), held=self._told(p)) for p in self.partitions
        ]
        for item in connector.reader.pull(wanted, connector.catalog([])):
            if isinstance(item, PartitionFailure):
                self.failures.append(item)
                continue
            self.pages.append(item)
            self.cursors.update(item.cursors)
            if self.held is not None:
                self.held.update({r.id: r for r in item.records})
            if most_pages is not None and len(self.pages) >= most_pages:
                break
        self.asked = self.launchpad.asked()
        return [record for page in self.pages for record in page.records]

    def _told(self, partition: Partition) -> dict[str, Held]:
        mine = [r for r in (self.held or {}).values() if r.partition == partition.key and not r.deleted]
        return {r.id: Held(version=r.version, updated=r.updated) for r in mine if partition in self.cursors}


@pytest.fixture
def launchpad() -> Iterator[FakeLaunchpad]:
    fake = FakeLaunchpad()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "PATCH", "POST", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(ROOT) + ".*"), callback=fake.answer)
        yield fake


@pytest.fixture
def pull(launchpad: FakeLaunchpad) -> Puller:
    return Puller(launchpad)
