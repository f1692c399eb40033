"""The port's promises, on the small GitHub of ``conftest``."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import Partition, Record, Write, WriteKind
from connectors.github import SPEC
from connectors.github.blocks import block_of

TOKEN = "canary-token-51c2"
STATUS, TEXT = "PVTSSF_status", "PVTF_text"
AMBER = {"singleSelectOptionId": "aa02"}


class GithubHarness:
    connection = "github"
    capabilities = SPEC.capabilities
    partition = Partition(stream="issues", key="fictive/sizing")
    other = Partition(stream="issues", key="fictive/other")
    secrets = (TOKEN,)
    several_pages = 105

    def __init__(self, site) -> None:
        self.site = site
        site.add("fictive/other")

    def connector(self):
        return self.site.connector()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ("Syncline status", "Syncline status text", "No such field")

    def seed(self, count: int) -> Sequence[str]:
        self.site.now += timedelta(minutes=10)
        return [self.site.add() for _ in range(count)]

    def change(self, record_id: str) -> None:
        self.site.touch(record_id, title=f"changed at {self.site.now}")

    def delete(self, record_id: str) -> None:
        self.site.delete(record_id)

    def break_other(self) -> None:
        self.site.repository("fictive/other")["visible"] = False

    def writes(self, record_id: str) -> Sequence[Write]:
        if self.site.item_of(self.site.issue(record_id)["node_id"]) is None:
            self.site.add_item(record_id)

        def write(kind: WriteKind, values: dict, **more) -> Write:
            return Write(
                id=f"W-{kind}-{record_id}",
                connection="github",
                kind=kind,
                stream="issues",
                target=record_id,
                partition="fictive/sizing",
                values=values,
                before={},
                reason="to try it",
                **more,
            )

        return [
            write(WriteKind.SET_FIELDS, {STATUS: "Amber", TEXT: "AMBER as of now\n- late"}),
            write(WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
            write(
                WriteKind.PUT_BLOCK,
                {"text": "AMBER as of now\n\nR-0123456789 high open Two are late"},
                external_id="engagement:NIM-01",
                marker={"instance": "i-1"},
            ),
        ]

    def guarded_write(self, record: Record) -> Write:
        raise NotImplementedError

    def create(self, record_id: str) -> Write:
        raise NotImplementedError

    def drift(self, write: Write) -> None:
        match write.kind:
            case WriteKind.SET_FIELDS:
                item = self.site.item_of(self.site.issue(write.target)["node_id"])
                item["values"][STATUS] = {"singleSelectOptionId": "aa01"}
            case WriteKind.ADD_LABEL:
                self.site.touch(write.target, labels=[])
            case WriteKind.PUT_BLOCK:
                comment = self.site.entry(write.target)["comments"][0]
                comment["body"] = comment["body"].replace("AMBER", "GREEN")

    def traces(self, write: Write) -> int:
        match write.kind:
            case WriteKind.SET_FIELDS:
                node = self.site.issue(write.target)["node_id"]
                return sum(i["content"] == node and i["values"][STATUS] == AMBER for i in self.site.items.values())
            case WriteKind.ADD_LABEL:
                return [held["name"] for held in self.site.issue(write.target)["labels"]].count("syncline-orphan")
        comments = self.site.entry(write.target)["comments"]
        return sum(b.external_id == write.external_id for c in comments if (b := block_of(c["body"])) is not None)

    def lose_next_answer(self) -> None:
        self.site.lose_next = True

    def deny(self) -> None:
        self.site.denied = True


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, site) -> GithubHarness:
        return GithubHarness(site)
