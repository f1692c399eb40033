"""A plan is told record by record: each reason once, whatever number of fields it has."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.core.port import Write, WriteKind
from sync.engine.summary import Note
from sync.plan.types import FieldLine, Plan, PlannedWrite
from sync.show.plans import plan_json, plan_lines


def _write(number: int, key: str, reason: str, *fields: str) -> PlannedWrite:
    write = Write(
        id=f"W-{number}",
        connection="jira",
        kind=WriteKind.SET_FIELDS,
        stream="issues",
        target=key.casefold(),
        partition="NIM",
        values=dict.fromkeys(fields, "new"),
        before=dict.fromkeys(fields),
        reason=reason,
    )
    lines = tuple(FieldLine(field=name, before=None, after="new") for name in fields)
    return PlannedWrite(
        write=write,
        engagement="NIM-01",
        rule="anchor.status",
        cause="status",
        target_key=key,
        target_url="",
        lines=lines,
    )


PLAN = Plan(
    id="P-1",
    made=datetime(2026, 11, 24, 10, tzinfo=UTC),
    writes=(
        _write(1, "NIM-1", "The status is red", "Status", "Text"),
        _write(2, "NIM-2", "Risk R-1 names it", "label"),
        _write(3, "NIM-1", "The status is red", "link"),
        _write(4, "NIM-1", "Risk R-1 names it", "label"),
    ),
    conflicts=(),
    held=(),
    brakes=(),
)


def test_each_record_and_each_reason_stands_once_above_its_fields() -> None:
    assert list(plan_lines(PLAN)) == [
        "jira  NIM-1",
        "  The status is red",
        "    Status: (empty) → new",
        "    Text: (empty) → new",
        "    link: (empty) → new",
        "  Risk R-1 names it",
        "    label: (empty) → new",
        "jira  NIM-2",
        "  Risk R-1 names it",
        "    label: (empty) → new",
    ]


def test_the_object_for_scripts_holds_every_field_and_what_could_not_be_planned() -> None:
    data = plan_json(
        PLAN, [Note(place="engagement:NIM-02", message="its record is not there")], {"jira": {"records": 1}}
    )
    assert (data["count"], len(data["writes"])) == (4, 5)
    assert data["remapped"] == {"jira": {"records": 1}}
    assert data["failed"] == [{"place": "engagement:NIM-02", "message": "its record is not there"}]
