"""What a record that was read back shows of a write, for each tool's own mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType, Record, Visibility, Write, WriteKind
from mapping.rules import compile_rules
from mapping.spellings import spellings_of
from sync.engine.compare import Shown, judge
from sync.engine.mapper import RulesMapper
from sync.plan.types import PlannedWrite

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("github", "jira", "launchpad", "salesforce")
TEXTS = {kind: (ROOT / "connectors" / kind / "mapping.toml").read_text(encoding="utf-8") for kind in KINDS}
SPELLINGS = tuple(s for kind, text in TEXTS.items() for s in spellings_of(kind, text))
CATALOG = Catalog(
    fields=tuple(
        FieldInfo(stream="issues", name=name, id=id_, type=kind)
        for name, id_, kind in (
            ("Syncline status", "customfield_1", FieldType.OPTION),
            ("Syncline status text", "customfield_2", FieldType.LONG_TEXT),
            ("Scope item", "customfield_3", FieldType.TEXT),
            ("Engagement", "customfield_4", FieldType.TEXT),
            ("Billable", "customfield_5", FieldType.OPTION),
            ("Epic Link", "customfield_6", FieldType.TEXT),
        )
    )
)


def mapper(kind: str) -> RulesMapper:
    return RulesMapper(rules=compile_rules(kind, TEXTS[kind], spellings=SPELLINGS), owned=frozenset())


def record(stream: str, payload: dict[str, Any], *, key: str = "NIM-7", **more: Any) -> Record:
    return Record(
        connection="tool",
        stream=stream,
        id="7",
        partition="NIM",
        key=key,
        url=f"https://tool.example/browse/{key}",
        version="2",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload=payload,
        **more,
    )


def issue(**fields: Any) -> Record:
    base = {
        "summary": "Rotate the keys",
        "issuetype": {"name": "Task", "subtask": False},
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
    }
    return record("issues", {"id": "7", "key": "NIM-7", "fields": {**base, **fields}})


def write(kind: WriteKind, stream: str, values: dict[str, Any], **more: Any) -> Write:
    return Write(
        id="W-1",
        connection="tool",
        kind=kind,
        stream=stream,
        target="7",
        partition="NIM",
        values=values,
        before={},
        reason="to try it",
        **more,
    )


def verdict(kind: str, rule: str, made: Write, found: Record) -> Shown | None:
    """How the record relates to the write; None: the tool has to be asked."""
    mapped = mapper(kind)
    planned = PlannedWrite(
        write=made, engagement="NIM-01", rule=rule, cause="status", target_key="", target_url="", lines=()
    )
    shown = mapped.shows(rule, made, found, CATALOG)
    return None if shown is None else judge(planned, shown, mapped)


STATUS = write(
    WriteKind.SET_FIELDS, "issues", {"customfield_1": {"value": "Amber"}, "customfield_2": "AMBER\n- two are late"}
)


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ({"customfield_1": {"id": "9", "value": "Amber"}, "customfield_2": "AMBER\r\n- two are late "}, "as_wanted"),
        ({"customfield_1": {"id": "9", "value": "Red"}, "customfield_2": "AMBER\r\n- two are late "}, "drifted"),
        ({"customfield_1": None, "customfield_2": None}, "as_before"),
    ],
)
def test_fields_of_an_issue(held: dict[str, Any], shown: str) -> None:
    assert verdict("jira", "anchor.status", STATUS, issue(**held)) == shown


def test_a_field_that_the_rule_does_not_write_has_to_be_asked_for() -> None:
    other = write(WriteKind.SET_FIELDS, "issues", {"customfield_99": "x"})
    assert verdict("jira", "anchor.status", other, issue(customfield_99="x")) is None


def test_a_site_without_the_field_has_to_be_asked() -> None:
    assert mapper("jira").shows("anchor.status", STATUS, issue(), Catalog(fields=())) is None


@pytest.mark.parametrize(("labels", "added", "removed"), [(["syncline-a"], True, False), (["other"], False, True)])
def test_labels_of_an_issue(labels: list[str], added: bool, removed: bool) -> None:
    for kind, wanted in ((WriteKind.ADD_LABEL, added), (WriteKind.REMOVE_LABEL, removed)):
        made = write(kind, "issues", {"label": "syncline-a"})
        assert (verdict("jira", "work.label", made, issue(labels=labels)) is Shown.AS_WANTED) is wanted


def test_labels_of_a_record_that_cannot_be_understood_have_to_be_asked_for() -> None:
    removed = write(WriteKind.REMOVE_LABEL, "issues", {"label": "syncline-a"})
    assert verdict("jira", "work.label", removed, issue(duedate="soon")) is None
    assert verdict("jira", "work.label", removed, record("issues", {"fields": {}}, deleted=True)) is None


def test_labels_on_github_and_tags_on_launchpad() -> None:
    payload = {"id": 7, "number": 1, "title": "x", "body": None, "state": "open", "labels": [{"name": "syncline-a"}]}
    found = record("issues", payload, key="example/images#1")
    assert verdict("github", "work.label", write(WriteKind.ADD_LABEL, "issues", {"label": "syncline-a"}), found) == (
        Shown.AS_WANTED
    )
    bug = {"id": 7, "title": "x", "description": "", "tags": ["syncline-a"], "duplicate_of_link": None}
    task = record("bug_tasks", {"status": "New", "bug": bug}, key="LP: #7 (nimbus)")
    for kind, shown in ((WriteKind.ADD_LABEL, Shown.AS_WANTED), (WriteKind.REMOVE_LABEL, Shown.DRIFTED)):
        made = write(kind, "bug_tasks", {"label": "syncline-a"})
        assert verdict("launchpad", "work.label", made, task) is shown


def test_a_status_and_a_block() -> None:
    done = write(WriteKind.TRANSITION, "issues", {"status": "Done"})
    assert verdict("jira", "risk.issue", done, issue(status={"name": "done"})) is not Shown.AS_WANTED
    assert verdict("jira", "risk.issue", done, issue(status={"name": "Done"})) is Shown.AS_WANTED
    block = write(WriteKind.PUT_BLOCK, "blueprints", {"text": "AMBER"}, external_id="syncline:NIM-01")
    for held, shown in (
        ({"syncline:NIM-01": {"external_id": "syncline:NIM-01", "text": "AMBER", "marker": None}}, Shown.AS_WANTED),
        ({"syncline:NIM-02": {"external_id": "syncline:NIM-02", "text": "AMBER", "marker": None}}, Shown.AS_BEFORE),
    ):
        found = record("blueprints", {"syncline_blocks": held}, key="nimbus/boot")
        assert verdict("launchpad", "anchor.block", block, found) is shown
    assert verdict("launchpad", "anchor.block", block, record("blueprints", {})) is None  # it does not say


def test_a_link_is_no_part_of_a_record() -> None:
    link = write(WriteKind.PUT_LINK, "issues", {"url": "u", "title": "t"}, external_id="g")
    assert verdict("jira", "anchor.link", link, issue()) is None
