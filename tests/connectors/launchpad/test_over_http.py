"""The port's promises again, over real HTTP, against the stand-in as a black box."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import ConnectorContext, Page, Partition, PartitionFailure, Record, Wanted, Write, WriteKind
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.launchpad import SPEC, pages, tasks
from connectors.launchpad.block import read_block
from connectors.launchpad.connector import LaunchpadConnector
from connectors.launchpad.settings import LaunchpadSettings

pytestmark = pytest.mark.loopback

TOKEN = "canary-token-77"
SECRET = "canary-secret-77"
SMALL_PAGE = 20
STATE = {
    "format": 1,
    "host": "launchpad.example",
    "people": [{"name": "bot"}, {"name": "ann"}],
    "tokens": [
        {"key": TOKEN, "secret": SECRET, "person": "bot", "consumer": "syncline"},
        {"key": "token-of-ann", "secret": "secret-of-ann", "person": "ann"},
    ],
    "bug_trackers": [{"name": "nimbus-jira", "base_url": "https://jira.nimbus.example/"}],
    "projects": [
        {
            "name": "nimbus",
            "owner": "ann",
            "series": [{"name": "trunk", "milestones": [{"name": "2.0.1", "date_targeted": "2026-12-10"}]}],
            "specifications": [{"name": "fast-boot", "title": "Fast boot", "owner": "ann", "whiteboard": "by Ann\r\n"}],
        },
        {"name": "fox", "owner": "ann"},
    ],
    "bugs": [
        {
            "id": 12,
            "title": "twelve",
            "owner": "ann",
            "tasks": [{"target": "nimbus", "status": "Fix Released", "bug_watch": 3}, {"target": "fox"}],
            "watches": [{"id": 3, "bug_tracker": "nimbus-jira", "remote_bug": "NIM-7", "owner": "ann"}],
        },
        {"id": 13, "title": "thirteen", "owner": "ann", "duplicate_of": 12, "tasks": [{"target": "nimbus"}]},
        {
            "id": 14,
            "title": "fourteen",
            "owner": "ann",
            "information_type": "Private",
            "subscribers": ["bot"],
            "tasks": [{"target": "nimbus"}],
        },
        {
            "id": 15,
            "title": "fifteen",
            "owner": "ann",
            "information_type": "Private",
            "tasks": [{"target": "nimbus"}],
        },
    ],
}


class ServerClock:
    """Real time, moved as the stand-in's was."""

    def __init__(self, moved: timedelta) -> None:
        self._moved = moved

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def monotonic(self) -> float:
        return datetime.now(UTC).timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here should make us wait {seconds} s")


class StandIn:
    """One running stand-in, steered by its admin routes and used by a person over its API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.moved = timedelta()
        self.session = requests.Session()
        self.session.trust_env = False

    def admin(self, method: str, path: str, body: object = None):
        answer = self.session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else answer.text

    def person(self, method: str, path: str, body: dict | None = None, form: dict | None = None):
        headers = {
            "Authorization": 'OAuth oauth_consumer_key="by-hand", oauth_token="token-of-ann",'
            ' oauth_signature_method="PLAINTEXT", oauth_signature="%26secret-of-ann",'
            f' oauth_timestamp="{int(datetime.now(UTC).timestamp())}", oauth_nonce="{datetime.now(UTC).timestamp()}",'
            ' oauth_version="1.0"'
        }
        url = f"{self.url}/devel/{path}"
        answer = self.session.request(
            method, url, json=body, data=form, headers=headers, timeout=20, allow_redirects=False
        )
        assert answer.status_code < 400, answer.text
        return answer

    def asked(self) -> list[str]:
        text = self.session.get(f"{self.url}/_sandbox/log", timeout=20).text
        lines = [json.loads(line) for line in text.splitlines() if line]
        return [f"{line['method']} {line['path'].removeprefix('/devel/')}" for line in lines]

    def advance(self, minutes: float) -> None:
        self.admin("POST", "clock", {"advance_seconds": minutes * 60})
        self.moved += timedelta(minutes=minutes)

    def connector(self, **settings: object) -> LaunchpadConnector:
        table = {"url": self.url, "credentials": {"env": "X"}, "owned": ["work.label"], **settings}
        clock = ServerClock(self.moved)
        return LaunchpadConnector(
            ConnectorContext(
                connection="lp",
                settings=LaunchpadSettings.model_validate(table),
                secrets={"credentials": f"{TOKEN}:{SECRET}"},
                transport=Transport(connection="lp", clock=clock, timeout_s=10.0, max_wait_s=1.0),
                tokens=MemoryTokenStore(),
                clock=clock,
            )
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    path: Path = tmp_path_factory.mktemp("launchpad") / "state.json"
    path.write_text(json.dumps(STATE))
    command = [sys.executable, "-m", "sandbox.launchpad", "--state", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), line
            stand_in = StandIn(line.split()[-1])
            with stand_in.session:
                yield stand_in
        finally:
            process.terminate()


@pytest.fixture
def stand_in(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setattr(pages, "LARGEST_PAGE", SMALL_PAGE)
    monkeypatch.setattr(tasks, "CHUNK", SMALL_PAGE)
    server.admin("DELETE", "faults")
    server.admin("POST", "clock", {"offset_seconds": 0})
    server.moved = timedelta()
    server.admin("PUT", "state", STATE)
    server.admin("DELETE", "log")
    return server


class StandInHarness:
    connection = "lp"
    capabilities = SPEC.capabilities
    partition = Partition(stream="bug_tasks", key="nimbus")
    other = Partition(stream="bug_tasks", key="fox")
    secrets = (TOKEN, SECRET)
    several_pages = SMALL_PAGE + 5

    def __init__(self, stand_in: StandIn) -> None:
        self.launchpad = stand_in

    def connector(self) -> LaunchpadConnector:
        return self.launchpad.connector()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ()

    def seed(self, count: int) -> Sequence[str]:
        self.launchpad.advance(10)
        target = f"{self.launchpad.url}/devel/nimbus"
        form = {"ws.op": "createBug", "target": target, "title": "seeded", "description": "by Ann"}
        made = [self.launchpad.person("POST", "bugs", form=form).headers["Location"] for _ in range(count)]
        return [f"{link.rpartition('/')[2]}/nimbus" for link in made]

    def change(self, record_id: str) -> None:
        self.launchpad.advance(0.1)
        number, project = record_id.split("/")
        self.launchpad.person("PATCH", f"bugs/{number}", {"title": "changed by Ann"})
        self.launchpad.person("PATCH", f"{project}/+bug/{number}", {"importance": "High"})

    def delete(self, record_id: str) -> None:
        number, project = record_id.split("/")
        self.launchpad.person(
            "POST", f"bugs/{number}", form={"ws.op": "addTask", "target": f"{self.launchpad.url}/devel/fox"}
        )
        self.launchpad.person("DELETE", f"{project}/+bug/{number}")

    def break_other(self) -> None:
        self.launchpad.person("PATCH", "fox", {"information_type": "Proprietary"})

    def _write(self, stream: str, target: str, kind: WriteKind, values: dict, **more) -> Write:
        return Write(
            id=f"W-{kind}-{target}",
            connection="lp",
            kind=kind,
            stream=stream,
            target=target,
            partition="nimbus",
            values=values,
            before={},
            reason="to try it",
            **more,
        )

    def writes(self, record_id: str) -> Sequence[Write]:
        return [
            self._write("bug_tasks", record_id, WriteKind.SET_FIELDS, {"status": "Confirmed"}),
            self._write("bug_tasks", record_id, WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
        ]

    def guarded_write(self, record: Record) -> Write:
        return self._write(
            "bug_tasks", record.id, WriteKind.SET_FIELDS, {"status": "Confirmed"}, version=record.version
        )

    def create(self, record_id: str) -> Write:
        raise NotImplementedError

    def drift(self, write: Write) -> None:
        number = write.target.split("/")[0]
        if write.kind is WriteKind.ADD_LABEL:
            self.launchpad.person("PATCH", f"bugs/{number}", {"tags": ["by-ann"]})
        else:
            self.launchpad.person("PATCH", f"nimbus/+bug/{number}", {"status": "Invalid"})

    def traces(self, write: Write) -> int:
        number = write.target.split("/")[0]
        if write.kind is WriteKind.ADD_LABEL:
            return self.launchpad.person("GET", f"bugs/{number}").json()["tags"].count("syncline-orphan")
        tasks_of = self.launchpad.person("GET", f"bugs/{number}/bug_tasks").json()["entries"]
        return sum(task["status"] == "Confirmed" for task in tasks_of)

    def lose_next_answer(self) -> None:
        self.launchpad.admin("POST", "faults", {"method": "PATCH", "times": 1, "action": {"kind": "drop_after"}})

    def deny(self) -> None:
        body = f"Unknown access token ({TOKEN}) %26{SECRET}."
        self.launchpad.admin(
            "POST", "faults", {"route": "/devel/", "action": {"kind": "status", "status": 401, "body": body}}
        )


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, stand_in: StandIn) -> StandInHarness:
        return StandInHarness(stand_in)


def _pull(stand_in: StandIn, cursors: dict, *streams: str):
    connector = stand_in.connector()
    partitions = [Partition(stream=s, key=k) for s in streams for k in ("nimbus", "fox")]
    wanted = [Wanted(partition=p, cursor=cursors.get(p), fields=()) for p in partitions]
    stand_in.admin("DELETE", "log")
    items = list(connector.reader.pull(wanted, connector.catalog([])))
    assert not [i for i in items if isinstance(i, PartitionFailure)]
    read = [i for i in items if isinstance(i, Page)]
    found = {p: c for page in read for p, c in page.cursors.items()}
    return [r for page in read for r in page.records], {**cursors, **found}


def test_all_that_this_login_may_see_is_read(stand_in: StandIn) -> None:
    records, _ = _pull(stand_in, {}, "bug_tasks", "blueprints", "milestones")
    assert {(r.id, r.visibility.value) for r in records} == {
        ("12/nimbus", "public"),
        ("12/fox", "public"),
        ("13/nimbus", "public"),
        ("14/nimbus", "restricted"),
        ("nimbus/fast-boot", "public"),
        ("nimbus/2.0.1", "public"),
    }
    (linked,) = (r for r in records if r.id == "12/nimbus")
    assert linked.payload["bug"]["watches"][0]["remote_bug"] == "NIM-7"


def test_a_quiet_cycle_is_one_request_a_project(stand_in: StandIn) -> None:
    streams = ("bug_tasks", "blueprints", "milestones")
    _, cursors = _pull(stand_in, {}, *streams)
    stand_in.advance(10)
    records, _ = _pull(stand_in, cursors, *streams)
    assert (records, stand_in.asked()) == ([], ["GET nimbus", "GET fox"])


def test_the_census_finds_what_went_and_came_quietly(stand_in: StandIn) -> None:
    _, cursors = _pull(stand_in, {}, "bug_tasks")
    stand_in.person("DELETE", "fox/+bug/12")
    fox = {"ws.op": "addTask", "target": f"{stand_in.url}/devel/fox"}
    stand_in.person("POST", "bugs/13", form=fox)
    private = {"ws.op": "transitionToInformationType", "information_type": "Private"}
    stand_in.person("POST", "bugs/13", form=private)
    stand_in.advance(25 * 60)
    records, cursors = _pull(stand_in, cursors, "bug_tasks")
    assert {(r.id, r.deleted) for r in records} == {("12/fox", True), ("13/nimbus", True)}
    records, _ = _pull(stand_in, cursors, "bug_tasks")
    assert records == []


def test_a_bug_retargeted_elsewhere_leaves_the_project(stand_in: StandIn) -> None:
    _, cursors = _pull(stand_in, {}, "bug_tasks")
    answer = stand_in.session.get(f"{stand_in.url}/devel/nimbus/+bug/13", timeout=20)
    assert answer.ok
    stand_in.person("PATCH", "nimbus/+bug/13", {"target_link": f"{stand_in.url}/devel/fox"})
    stand_in.advance(25 * 60)
    records, _ = _pull(stand_in, cursors, "bug_tasks")
    assert {(r.id, r.deleted) for r in records} == {("13/nimbus", True), ("13/fox", False)}


def test_bugs_that_change_between_pages_hide_no_other(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    ids = set(harness.seed(3 * SMALL_PAGE))
    connector = stand_in.connector()
    wanted = [Wanted(partition=harness.partition, cursor=None, fields=())]
    read = connector.reader.pull(wanted, connector.catalog([]))
    met = {r.id for r in next(read).records}
    some = sorted(met & ids)[:7]
    for number in some[:5]:
        harness.change(number)
    for number in some[5:]:
        harness.delete(number)
    for page in read:
        met |= {r.id for r in page.records}
    assert ids - set(some[5:]) <= met


def test_the_block_stands_beside_what_people_wrote(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    write = harness._write(
        "blueprints",
        "nimbus/fast-boot",
        WriteKind.PUT_BLOCK,
        {"text": "AMBER\n- two are late \u2013 see below"},
        external_id="i-1:nim-01",
        marker={"instance": "i-1"},
    )
    connector = stand_in.connector()
    catalog = connector.catalog([])
    for _ in range(2):
        assert [r.outcome for batch in connector.writer.batches([write]) for r in connector.writer.send(batch)] == [
            "done"
        ]
    assert connector.writer.shown([write], catalog) == {write.id: dict(write.values)}
    whiteboard = stand_in.admin("GET", "state")["projects"][0]["specifications"][0]["whiteboard"]
    assert whiteboard.startswith("by Ann\r\n\n---")
    assert read_block(whiteboard, "i-1:nim-01") == write.values["text"]
    record = connector.reader.fetch("blueprints", [write.target], (), catalog)[write.target]
    assert record.payload["syncline_block"]["marker"] == {"instance": "i-1"}


def test_a_token_that_may_only_read_is_told_so(stand_in: StandIn) -> None:
    state = stand_in.admin("GET", "state")
    for token in state["tokens"]:
        if token["key"] == TOKEN:
            token["level"] = "READ_PUBLIC"
    stand_in.admin("PUT", "state", state)
    write = StandInHarness(stand_in).writes("12/nimbus")[1]
    (receipt,) = stand_in.connector().writer.send([write])
    assert receipt.outcome == "refused"
    assert "WRITE_PRIVATE" in receipt.message


def test_the_check_passes(stand_in: StandIn) -> None:
    results = list(stand_in.connector().check(["nimbus", "fox"]))
    assert [(r.name, r.found) for r in results if r.ok is False] == []
    assert {r.name for r in results if r.ok} >= {"reachability", "identity", "clock", "fields", "project"}
