"""The port's promises again, over real HTTP, against the stand-in as a black box, and what crossed the wire."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import ConnectorContext, Page, Partition, PartitionFailure, Record, Wanted, Write, WriteKind
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.github import SPEC
from connectors.github.blocks import block_of
from connectors.github.connector import GithubConnector
from connectors.github.settings import GithubSettings

pytestmark = pytest.mark.loopback

TOKEN = "canary-token-91d0"
PERSON = "token-of-ada"
PLACE, OTHER = "fictive-partner/sizing", "fictive-partner/other"
ISSUES = Partition(stream="issues", key=PLACE)
FIELDS = ("Syncline status", "Syncline status text", "No such field")


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return datetime.now(UTC).timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here should make us wait {seconds} s")


def _state(deployment: str, public_key: str) -> dict:
    def colour(name: str, number: int) -> dict:
        return {"name": name, "id": f"{number:08x}", "color": "GRAY", "description": ""}

    members = {"ada": "admin", "syncline-bot": "member"}
    return {
        "deployment": deployment,
        "limits": {"content_minute": 100_000, "content_hour": 100_000, "rest_points": 100_000, "user": 100_000},
        "accounts": [
            {"login": "fictive-partner", "type": "Organization", "members": members, "base_permission": "write"},
            {"login": "ada", "type": "User"},
            {"login": "syncline-bot", "type": "User"},
        ],
        "apps": [
            {
                "id": 7,
                "slug": "syncline",
                "name": "Syncline",
                "owner": "fictive-partner",
                "public_key": public_key,
                "installations": [
                    {
                        "id": 70,
                        "account": "fictive-partner",
                        "repositories": "all",
                        "permissions": {
                            "metadata": "read",
                            "issues": "write",
                            "pull_requests": "write",
                            "organization_projects": "write",
                        },
                    }
                ],
            }
        ],
        "tokens": [
            {"token": PERSON, "login": "ada", "kind": "classic", "scopes": ["repo", "read:org", "project"]},
            {
                "token": TOKEN,
                "login": "syncline-bot",
                "kind": "fine_grained",
                "permissions": {"issues": "write", "pull_requests": "write", "organization_projects": "write"},
                "repositories": "all",
            },
        ],
        "repositories": [
            {"full_name": PLACE, "private": True, "milestones": [{"title": "v1", "due_on": "2026-12-01T08:00:00Z"}]},
            {
                "full_name": OTHER,
                "private": True,
                "issues": [{"number": 1, "title": "Elsewhere", "user": "ada", "created_at": "2026-05-01T10:00:00Z"}],
            },
        ],
        "projects": [
            {
                "owner": "fictive-partner",
                "number": 7,
                "title": "Delivery",
                "fields": [
                    {
                        "name": "Syncline status",
                        "type": "SINGLE_SELECT",
                        "options": [colour(n, i) for i, n in enumerate(("Green", "Amber", "Red", "Unknown"), 1)],
                    },
                    {"name": "Syncline status text", "type": "TEXT"},
                ],
            }
        ],
    }


class StandIn:
    """One running stand-in, steered by its admin routes and used by a person over its REST API."""

    def __init__(self, url: str, deployment: str, key: str) -> None:
        self.root = url
        self.url = f"{url}/api/v3" if deployment == "ghes" else url
        self.key = key
        self.session = requests.Session()
        self.session.trust_env = False

    def admin(self, method: str, path: str, body: object = None):
        answer = self.session.request(method, f"{self.root}/_sandbox/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else answer.text

    def person(self, method: str, path: str, body: object = None):
        headers = {"Authorization": f"token {PERSON}"}
        answer = self.session.request(method, f"{self.url}/{path}", json=body, headers=headers, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def lines(self) -> list[dict]:
        text = self.session.get(f"{self.root}/_sandbox/log", timeout=20).text
        return [json.loads(line) for line in text.splitlines() if line]

    def asked(self) -> list[str]:
        return [f"{line['method']} {line['path'].removeprefix('/api/v3')} {line['status']}" for line in self.lines()]

    def forget(self) -> None:
        self.session.request("DELETE", f"{self.root}/_sandbox/log", timeout=20)

    def advance(self, seconds: float) -> None:
        self.admin("POST", "clock", {"advance_seconds": seconds})

    def repository(self, place: str = PLACE) -> dict:
        return self.person("GET", f"repos/{place}")

    def issue(self, record_id: str) -> dict:
        for repository in self.admin("GET", "state")["repositories"]:
            for issue in repository["issues"]:
                if str(issue["id"]) == record_id:
                    return issue
        raise AssertionError(f"no issue {record_id}")

    def connector(self, *, as_app: bool = False) -> GithubConnector:
        login = (
            {"app_id": "7", "installation_id": 70, "private_key": {"env": "X"}} if as_app else {"token": {"env": "X"}}
        )
        table = {
            "url": self.url,
            "project": "fictive-partner/7",
            "owned": ["anchor.status", "anchor.block", "work.label"],
            **login,
        }
        clock = RealClock()
        secrets = {"private_key": self.key} if as_app else {"token": TOKEN}
        return GithubConnector(
            ConnectorContext(
                connection="github",
                settings=GithubSettings.model_validate(table),
                secrets=secrets,
                transport=Transport(
                    connection="github", clock=clock, timeout_s=10.0, secrets=list(secrets.values()), max_wait_s=1.0
                ),
                tokens=MemoryTokenStore(),
                clock=clock,
            )
        )


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture(scope="module", params=["cloud", "ghes"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: tuple[str, str]
) -> Iterator[tuple[StandIn, dict]]:
    state = _state(request.param, keys[1])
    path = tmp_path_factory.mktemp("github") / "state.json"
    path.write_text(json.dumps(state))
    command = [sys.executable, "-m", "sandbox.github", "--state", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), line
            stand_in = StandIn(line.split()[-1], request.param, keys[0])
            with stand_in.session:
                yield stand_in, state
        finally:
            process.terminate()


@pytest.fixture
def stand_in(server: tuple[StandIn, dict]) -> StandIn:
    found, state = server
    found.session.request("DELETE", f"{found.root}/_sandbox/faults", timeout=20)
    found.admin("POST", "clock", {"offset_seconds": 0})
    found.admin("PUT", "state", state)
    found.forget()
    return found


class StandInHarness:
    connection = "github"
    capabilities = SPEC.capabilities
    partition = ISSUES
    other = Partition(stream="issues", key=OTHER)
    secrets = (TOKEN,)
    several_pages = 105

    def __init__(self, stand_in: StandIn) -> None:
        self.github = stand_in
        self.numbers: dict[str, int] = {}

    def connector(self) -> GithubConnector:
        return self.github.connector()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return FIELDS

    def seed(self, count: int) -> Sequence[str]:
        self.github.advance(600)
        made = []
        for _ in range(count):
            issue = self.github.person("POST", f"repos/{PLACE}/issues", {"title": "seeded"})
            self.numbers[str(issue["id"])] = issue["number"]
            made.append(str(issue["id"]))
        return made

    def change(self, record_id: str) -> None:
        self.github.advance(5)
        self.github.person("PATCH", f"repos/{PLACE}/issues/{self.numbers[record_id]}", {"title": "changed by Ada"})

    def delete(self, record_id: str) -> None:
        state = self.github.admin("GET", "state")
        for repository in state["repositories"]:
            for issue in repository["issues"]:
                if str(issue["id"]) == record_id:
                    issue["deleted"] = True
        self.github.admin("PUT", "state", state)

    def break_other(self) -> None:
        state = self.github.admin("GET", "state")
        for token in state["tokens"]:
            if token["token"] == TOKEN:
                token["repositories"] = [PLACE]
        self.github.admin("PUT", "state", state)

    def _values(self) -> dict[str, str]:
        return {f.name: f.id for f in self.connector().catalog([]).fields if f.stream == "issues"}

    def writes(self, record_id: str) -> Sequence[Write]:
        def write(kind: WriteKind, values: dict, **more) -> Write:
            return Write(
                id=f"W-{kind}-{record_id}",
                connection="github",
                kind=kind,
                stream="issues",
                target=record_id,
                partition=PLACE,
                values=values,
                before={},
                reason="to try it",
                **more,
            )

        ids = self._values()
        status = {ids["Syncline status"]: "Amber", ids["Syncline status text"]: "AMBER as of now\n- late"}
        text = {"text": "AMBER as of now\n\nR-0123456789 high open Two are late"}
        first = write(WriteKind.SET_FIELDS, status)
        self._make_item(first)
        return [
            first,
            write(WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
            write(WriteKind.PUT_BLOCK, text, external_id="engagement:NIM-01", marker={"instance": "i-1"}),
        ]

    def _make_item(self, write: Write) -> None:
        """The issue is an item already, so that the first request of the write is the write itself."""
        state = self.github.admin("GET", "state")
        content = f"{PLACE}#{self.numbers[write.target]}"
        state["projects"][0].setdefault("items", []).append({"content": content})
        self.github.admin("PUT", "state", state)

    def guarded_write(self, record: Record) -> Write:
        raise NotImplementedError

    def create(self, record_id: str) -> Write:
        raise NotImplementedError

    def drift(self, write: Write) -> None:
        place = f"repos/{PLACE}/issues/{self.numbers[write.target]}"
        match write.kind:
            case WriteKind.SET_FIELDS:
                state = self.github.admin("GET", "state")
                for item in state["projects"][0]["items"]:
                    item["values"]["Syncline status"] = "Green"
                self.github.admin("PUT", "state", state)
            case WriteKind.ADD_LABEL:
                self.github.person("DELETE", f"{place}/labels/syncline-orphan")
            case WriteKind.PUT_BLOCK:
                (comment,) = self.github.person("GET", f"{place}/comments")
                body = {"body": comment["body"].replace("AMBER", "GREEN")}
                self.github.person("PATCH", f"repos/{PLACE}/issues/comments/{comment['id']}", body)

    def traces(self, write: Write) -> int:
        match write.kind:
            case WriteKind.SET_FIELDS:
                items = self.github.admin("GET", "state")["projects"][0]["items"]
                return sum(i["values"].get("Syncline status") == "Amber" for i in items)
            case WriteKind.ADD_LABEL:
                return self.github.issue(write.target)["labels"].count("syncline-orphan")
        blocks = [block_of(c["body"]) for c in self.github.issue(write.target)["comments"]]
        return sum(b is not None and b.external_id == write.external_id for b in blocks)

    def lose_next_answer(self) -> None:
        action = {"kind": "drop_after"}
        rule = {"method": "POST", "route": "graphql$", "body": "mutation", "times": 1, "action": action}
        self.github.admin("POST", "faults", rule)

    def deny(self) -> None:
        body = json.dumps({"message": f"Bad credentials {TOKEN}"})
        rule = {"route": "^(?!/_sandbox)", "action": {"kind": "status", "status": 401, "body": body}}
        self.github.admin("POST", "faults", rule)


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, stand_in: StandIn) -> StandInHarness:
        return StandInHarness(stand_in)


def _pull(connector: GithubConnector, cursors: dict, *partitions: Partition):
    catalog = connector.catalog([PLACE])
    wanted = [Wanted(partition=p, cursor=cursors.get(p), fields=FIELDS) for p in partitions]
    items = list(connector.reader.pull(wanted, catalog))
    assert not [i for i in items if isinstance(i, PartitionFailure)]
    pages = [i for i in items if isinstance(i, Page)]
    found = {p: c for page in pages for p, c in page.cursors.items()}
    return [r for page in pages for r in page.records], {**cursors, **found}


EVERYTHING = tuple(Partition(stream=s, key=k) for s in ("issues", "milestones") for k in (PLACE, OTHER))


@pytest.mark.parametrize("as_app", [False, True])
def test_a_quiet_cycle_is_one_conditional_request_a_list_and_one_look(stand_in: StandIn, as_app: bool) -> None:
    anchor = {"title": "NIM-01", "labels": ["engagement-anchor"]}
    stand_in.person("POST", f"repos/{PLACE}/issues", anchor)
    stand_in.advance(3600)
    connector = stand_in.connector(as_app=as_app)
    records, cursors = _pull(connector, {}, *EVERYTHING)
    assert sorted(r.key for r in records) == [
        f"{OTHER}#1",
        f"{PLACE} v1",
        f"{PLACE}#1",
    ]
    connector.catalog([])
    stand_in.forget()
    again = [Wanted(partition=p, cursor=cursors[p], fields=FIELDS) for p in EVERYTHING]
    pages = list(connector.reader.pull(again, connector.catalog([PLACE])))
    assert [r for page in pages for r in page.records] == []
    ids = [stand_in.repository(p)["id"] for p in sorted((PLACE, OTHER))]
    lists = [f"GET /repositories/{i}/{s} 304" for s in ("issues", "milestones") for i in ids]
    assert [a for a in stand_in.asked() if a.startswith("GET /repositories/")] == lists
    assert sum(a.startswith("POST") for a in stand_in.asked()) == 2  # the project's fields, and the look


def test_an_issue_read_by_its_id_is_the_one_of_the_list(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    ids = harness.seed(3)
    stand_in.person("PATCH", f"repos/{PLACE}/issues/2", {"state": "closed", "state_reason": "not_planned"})
    stand_in.person("POST", f"repos/{PLACE}/issues", {"title": "NIM-01", "labels": ["engagement-anchor"]})
    connector = stand_in.connector()
    listed = {r.id: r.version for r in _pull(connector, {}, ISSUES)[0]}
    fetched = connector.reader.fetch("issues", list(listed), FIELDS, connector.catalog([PLACE]))
    assert set(ids) < set(listed)
    assert {i: r.version for i, r in fetched.items() if r is not None} == listed
    for number in listed:  # one by one, from the issue itself
        alone = connector.reader.fetch("issues", [number], FIELDS, connector.catalog([PLACE]))[number]
        assert alone is not None
        assert alone.version == listed[number]


def test_an_app_writes_and_knows_its_own_comment(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    (number,) = harness.seed(1)
    for _ in range(2):
        connector = stand_in.connector(as_app=True)
        connector.catalog([PLACE])
        writes = harness.writes(number)[1:]
        receipts = [r for b in connector.writer.batches(writes) for r in connector.writer.send(b)]
        assert {r.outcome.value for r in receipts} == {"done"}, receipts
    assert [harness.traces(w) for w in writes] == [1, 1]


def test_check_finds_all_well(stand_in: StandIn) -> None:
    found = list(stand_in.connector().check([PLACE, OTHER]))
    assert [f"{r.name}: {r.found} | {r.mend}" for r in found if r.ok is False] == []


def test_what_crosses_the_wire_agrees_with_githubs_descriptions(
    stand_in: StandIn, tmp_path: Path, api_evidence: Path
) -> None:
    harness = StandInHarness(stand_in)
    ids = harness.seed(3)
    connector = stand_in.connector()
    _pull(connector, {}, *EVERYTHING)
    writes = harness.writes(ids[0])
    new = [w for w in harness.writes(ids[1]) if w.kind is WriteKind.SET_FIELDS]
    stand_in.forget()
    connector = stand_in.connector()
    _, cursors = _pull(connector, {}, *EVERYTHING)
    catalog = connector.catalog([PLACE])
    for _ in range(2):
        connector.writer.shown(writes, catalog)
        for batch in connector.writer.batches([*writes, *new]):
            connector.writer.send(batch)
    removed = [w for w in writes if w.kind is WriteKind.ADD_LABEL]
    connector.writer.send([_removal(w) for w in removed])
    _pull(connector, cursors, *EVERYTHING)
    connector.reader.fetch("issues", ids, FIELDS, catalog)
    list(connector.check([PLACE]))
    lines = stand_in.lines()
    names = {str(stand_in.repository(p)["id"]): p for p in (PLACE, OTHER)}
    rest, graph = tmp_path / "rest.jsonl", tmp_path / "graph.jsonl"
    with rest.open("w") as to_rest, graph.open("w") as to_graph:
        for line in lines:
            to = to_graph if line["path"].endswith("graphql") else to_rest
            to.write(json.dumps({**line, "path": _described(line["path"], names)}) + "\n")
    spec = ("--spec", str(api_evidence / "github/github_openapi_trimmed.json"))
    schema = ("--graphql", str(api_evidence / "github/github_graphql_schema.graphql"))
    for log, against in ((rest, spec), (graph, schema)):
        command = [sys.executable, str(api_evidence / "validate.py"), *against, "--log", str(log)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert int(done.stdout.split(maxsplit=1)[0]) >= 10, done.stdout


def _removal(write: Write) -> Write:
    return Write(
        id="W-removal",
        connection="github",
        kind=WriteKind.REMOVE_LABEL,
        stream="issues",
        target=write.target,
        partition=PLACE,
        values=write.values,
        before=write.values,
        reason="to try it",
    )


def _described(path: str, names: dict[str, str]) -> str:
    """GitHub's description knows repositories by their names alone."""
    parts = path.removeprefix("/api/v3").split("/")
    if parts[1] == "repositories":
        return "/".join(["", "repos", names[parts[2]], *parts[3:]])
    return "/".join(parts)
