"""The port's promises, on the small Launchpad of ``conftest``."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import Partition, Record, Write, WriteKind
from connectors.launchpad import SPEC
from connectors.launchpad.block import read_block

TOKEN = "canary-token-8f3a"
SECRET = "canary/secret&77"


class _Harness:
    connection = "lp"
    capabilities = SPEC.capabilities
    secrets = (TOKEN, SECRET)

    def __init__(self, launchpad) -> None:
        self.launchpad = launchpad
        self.several_pages = 120
        self.launchpad.largest_page = 50
        launchpad.add("fox")
        launchpad.blueprint("plan", "fox")

    def connector(self):
        return self.launchpad.connector(lists_minutes=0)

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ("Status", "No such field")

    def break_other(self) -> None:
        self.launchpad.projects["fox"] = None

    def create(self, record_id: str) -> Write:
        raise NotImplementedError

    def lose_next_answer(self) -> None:
        self.launchpad.lose_next = True

    def deny(self) -> None:
        self.launchpad.denied = f"Unknown access token ({TOKEN}), signature %26{SECRET}"

    def write(self, stream: str, target: str, kind: WriteKind, values: dict, **more) -> Write:
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


class TaskHarness(_Harness):
    partition = Partition(stream="bug_tasks", key="nimbus")
    other = Partition(stream="bug_tasks", key="fox")

    def seed(self, count: int) -> Sequence[str]:
        self.launchpad.now += timedelta(minutes=10)
        return [self.launchpad.add() for _ in range(count)]

    def change(self, record_id: str) -> None:
        number, project = record_id.split("/")
        self.launchpad.tasks[int(number), project]["importance"] = "High"
        self.launchpad.touch(int(number), title=f"changed at {self.launchpad.now}")

    def delete(self, record_id: str) -> None:
        number, project = record_id.split("/")
        del self.launchpad.tasks[int(number), project]

    def writes(self, record_id: str) -> Sequence[Write]:
        return [
            self.write("bug_tasks", record_id, WriteKind.SET_FIELDS, {"status": "In Progress"}),
            self.write("bug_tasks", record_id, WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
        ]

    def guarded_write(self, record: Record) -> Write:
        return self.write(
            "bug_tasks", record.id, WriteKind.SET_FIELDS, {"status": "In Progress"}, version=record.version
        )

    def drift(self, write: Write) -> None:
        number, project = write.target.split("/")
        if write.kind is WriteKind.ADD_LABEL:
            self.launchpad.touch(int(number), tags=["other"])
        else:
            self.launchpad.tasks[int(number), project]["status"] = "Invalid"

    def traces(self, write: Write) -> int:
        number, project = write.target.split("/")
        if write.kind is WriteKind.ADD_LABEL:
            return self.launchpad.bugs[int(number)]["tags"].count("syncline-orphan")
        return int(self.launchpad.tasks[int(number), project]["status"] == "In Progress")


class BlueprintHarness(_Harness):
    partition = Partition(stream="blueprints", key="nimbus")
    other = Partition(stream="blueprints", key="fox")

    def seed(self, count: int) -> Sequence[str]:
        start = len(self.launchpad.blueprints)
        return [self.launchpad.blueprint(f"plan-{start + n}", whiteboard="by Ann\n") for n in range(count)]

    def change(self, record_id: str) -> None:
        self.launchpad.blueprints[record_id]["summary"] = f"changed at {len(self.launchpad.log)}"

    def delete(self, record_id: str) -> None:
        del self.launchpad.blueprints[record_id]

    def writes(self, record_id: str) -> Sequence[Write]:
        return [
            self.write(
                "blueprints",
                record_id,
                WriteKind.PUT_BLOCK,
                {"text": "AMBER as of now\n- late\n\nR-0123456789 high open Two are late"},
                external_id="syncline:nim-01",
            ),
            self.write("blueprints", record_id, WriteKind.SET_FIELDS, {"implementation_status": "Blocked"}),
        ]

    def guarded_write(self, record: Record) -> Write:
        values = {"implementation_status": "Blocked"}
        return self.write("blueprints", record.id, WriteKind.SET_FIELDS, values, version=record.version)

    def drift(self, write: Write) -> None:
        fields = self.launchpad.blueprints[write.target]
        if write.kind is WriteKind.PUT_BLOCK:
            fields["whiteboard"] = fields["whiteboard"].replace("- late", "- on time")
        else:
            fields["implementation_status"] = "Implemented"

    def traces(self, write: Write) -> int:
        fields = self.launchpad.blueprints[write.target]
        if write.kind is WriteKind.PUT_BLOCK:
            held = fields["whiteboard"] or ""
            return int(read_block(held, write.external_id) == write.values["text"]) * held.count(
                "begin syncline:nim-01"
            )
        return int(fields["implementation_status"] == "Blocked")


class TestBugTasks(ConformanceSuite):
    @pytest.fixture
    def harness(self, launchpad) -> TaskHarness:
        return TaskHarness(launchpad)


class TestBlueprints(ConformanceSuite):
    @pytest.fixture
    def harness(self, launchpad) -> BlueprintHarness:
        harness = BlueprintHarness(launchpad)
        harness.several_pages = 3  # a list comes in one page; it is taken whole or not at all
        return harness
