"""``check --mapping`` on sample files: what they become and why, and what is wrong with a file."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def issue(number: int, **fields: Any) -> dict[str, Any]:
    status = {"name": "Done", "statusCategory": {"key": "done"}}
    base = {"summary": f"Work {number}", "issuetype": {"name": "Task", "subtask": False}, "status": status}
    return {"id": str(number), "key": f"NIM-{number}", "fields": {**base, **fields}}


ISSUES = [
    issue(1, resolution={"name": "Fixed"}, duedate="2026-12-01"),
    issue(2, resolution={"name": "Shelved"}),
    issue(3, resolution={"name": "Shelved"}),
]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from sync.cli.main import main; main()", "check", *words]
    return subprocess.run(
        command, cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60, check=False
    )


def answer(folder: Path, *words: str, code: int = 0) -> dict[str, Any]:
    ran = run(folder, "--mapping", "--connection", "jira", "--json", *words)
    assert ran.returncode == code, ran.stderr
    (one,) = json.loads(ran.stdout)["mapping"]
    return dict(one)


@pytest.mark.parametrize("form", ["lines", "list", "answer", "packed"])
def test_a_sample_file_may_have_any_of_its_forms(folder: Path, form: str) -> None:
    lines = "\n".join(map(json.dumps, ISSUES))
    texts = {"lines": lines, "packed": lines, "list": json.dumps(ISSUES), "answer": json.dumps({"issues": ISSUES})}
    file = folder / ("sample.gz" if form == "packed" else "sample")
    data = texts[form].encode()
    file.write_bytes(gzip.compress(data) if form == "packed" else data)
    assert [r["key"] for r in answer(folder, "--sample", file.name)["records"]] == ["NIM-1", "NIM-2", "NIM-3"]


def test_each_attribute_has_its_reason_and_unknown_values_are_counted(folder: Path) -> None:
    (folder / "s.json").write_text(json.dumps(ISSUES))
    one = answer(folder, "--sample", "s.json")
    (entity,) = one["records"][0]["entities"]
    said = {a["name"]: (a["value"], [(b["field"], b["raw"]) for b in a["because"]]) for a in entity["attributes"]}
    assert said["due"] == ("2026-12-01", [("duedate", "2026-12-01")])
    assert said["state"] == ("done", [("resolution.name", "Fixed")])
    assert said["key"] == ("NIM-1", [])
    assert one["not_understood"] == [
        {
            "attribute": "state",
            "field": "resolution.name",
            "value": "Shelved",
            "records": 2,
            "for_example": ["NIM-2", "NIM-3"],
            "rule": "inbound.work_item.attributes.state.steps.resolution",
        }
    ]
    assert "inbound.work_item.attributes.state.steps.category" in one["steps_without_an_answer"]
    assert "inbound.work_item.attributes.due" not in one["steps_without_an_answer"]


def test_a_record_that_is_refused_ends_in_code_3_and_says_why(folder: Path) -> None:
    (folder / "s.json").write_text(json.dumps([issue(1, duedate="soon")]))
    one = answer(folder, "--sample", "s.json", code=3)
    assert one["refused"] == ["jira:issues:1"]
    assert "found 'soon', expected a date" in one["records"][0]["entities"][0]["refused"]


def test_people_see_the_values_and_the_reasons(folder: Path) -> None:
    (folder / "s.json").write_text(json.dumps(ISSUES))
    ran = run(folder, "--mapping", "--connection", "jira", "--sample", "s.json", "--record", "nim-2")
    assert ran.returncode == 0
    for text in ("NIM-2", "state.steps.resolution", "Shelved", "not understood", "1 records from s.json"):
        assert text in ran.stdout, text
    assert "NIM-1" not in ran.stdout


@pytest.mark.parametrize(
    ("words", "content", "told"),
    [
        (("--mapping", "--sample", "s"), "[]", "--sample needs --connection"),
        (("--mapping", "--connection", "jira", "--sample", "s"), "[1]", "s, entry 1: found 1; expected a JSON object"),
        (("--mapping", "--connection", "jira", "--sample", "s"), '{"a": 1}\n{"b":', "s:2: found no JSON"),
        (("--mapping", "--connection", "jira", "--sample", "nothing"), "", "nothing: cannot be read"),
        (("--mapping", "--connection", "jira", "--sample", "s", "--live"), "[]", "two different origins"),
        (("--mapping", "--connection", "jira", "--stream", "bugs"), "", "has no stream 'bugs'; there are: issues"),
        (("--mapping", "--record", "NIM-9"), "", "no record is called NIM-9"),
        (("--stream", "issues"), "", "needs --mapping"),
    ],
)
def test_a_wrong_question_is_answered_by_a_sentence(
    folder: Path, words: tuple[str, ...], content: str, told: str
) -> None:
    (folder / "s").write_text(content)
    ran = run(folder, *words)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr
