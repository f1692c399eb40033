"""Recorded issues of a real Jira Server, served by the stand-in, pulled, mapped and shown without one failure."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.loopback

FILE = "jira_server_issues.jsonl.gz"
TOKEN = "sandbox-secret-of-the-recorded-site"


@pytest.fixture
def recorded(samples: Path) -> Iterator[str]:
    """Address of a Data Center site that holds the recorded issues."""
    command = [sys.executable, "-m", "sandbox.jira", "--port", "0", "--issues", str(samples / FILE), "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def test_every_recorded_issue_is_pulled_mapped_and_shown(untouched, recorded: str, samples: Path) -> None:
    with gzip.open(samples / FILE, "rt", encoding="utf-8") as lines:
        issues = [json.loads(line) for line in lines]
    projects = sorted({issue["fields"]["project"]["key"] for issue in issues})
    (untouched.folder / "recorded-token").write_text(TOKEN, encoding="utf-8")
    (untouched.folder / "recorded-token").chmod(0o600)
    places = "".join(f'  {{ connection = "recorded", place = "{key}" }},\n' for key in projects)
    table = f'[connections.recorded]\nkind = "jira"\nurl = "{recorded}"\ndeployment = "data-center"\n'
    credential = 'token = { file = "recorded-token" }\n\n'
    before = '[engagements.FOG-01]\nrecord = { connection = "salesforce", key = "FOG-01" }\nplaces = [\n'
    untouched.configure(
        ("[connections.salesforce]", f"{table}{credential}[connections.salesforce]"), (before, before + places)
    )
    summary = untouched.json("pull")
    assert not [note for note in summary["held"] + summary["failed"] if note["place"].startswith("recorded")]
    assert not [note for note in summary["held"] if "fictitious-partner" not in note["place"]]
    versions = {v["id"] for i in issues for kind in ("versions", "fixVersions") for v in i["fields"].get(kind) or []}
    assert summary["reads"]["recorded"]["records"] == len(issues) + len(versions)
    shown = {f["subject"] for f in untouched.json("findings")["findings"] if f["subject"].startswith("recorded:")}
    assert shown
    known = {f"recorded:issues:{issue['id']}" for issue in issues} | {f"recorded:versions:{v}" for v in versions}
    assert shown <= known
    for issue in issues[::60]:
        told = json.dumps(untouched.json("explain", f"recorded:issues:{issue['id']}", code=0), ensure_ascii=False)
        assert issue["key"] in told
