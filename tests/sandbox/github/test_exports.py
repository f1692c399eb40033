"""What the REST API answered can be served again: the same answers come out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.exports import document_of
from sandbox.github.service import GitHubService

ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"
LISTS = {
    "labels": "/labels",
    "milestones": "/milestones?state=all",
    "issues": "/issues?state=all",
    "comments": "/issues/comments",
    "events": "/issues/events",
    "pulls": "/pulls?state=all",
    "review_comments": "/pulls/comments",
    "releases": "/releases",
}
NOT_TOLD = {
    "author_association",
    "permissions",
    "assets",
    "parent_issue_url",
    "sub_issues_summary",
    "issue_dependencies_summary",
    "performed_via_github_app",
}
"""What depends on who asks, or what the answers do not tell whole."""


def exported(hub: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"repository": hub.get(R), "reviews": {"4": hub.get(f"{R}/pulls/4/reviews")}}
    part |= {name: hub.get(R + path) for name, path in LISTS.items()}
    types = {ORG: hub.get(f"/orgs/{ORG}/issue-types")}
    return {"token": "mine", "organizations": [hub.get(f"/orgs/{ORG}")], "issue_types": types, "repositories": [part]}


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items() if key not in NOT_TOLD}
    return [bare(each) for each in value] if isinstance(value, list) else value


def test_the_same_answers_come_out(hub: Any) -> None:
    export = json.loads(json.dumps(exported(hub)))
    again = type(hub)(service=GitHubService(document_of(export), clock=hub.service.clock), token="mine")
    (part,) = export["repositories"]
    for name, path in LISTS.items():
        assert bare(again.get(R + path)) == bare(part[name]), name
    assert bare(again.get(f"{R}/pulls/4/reviews")) == bare(part["reviews"]["4"])
    assert again.ask("PATCH", f"{R}/issues/1", {"title": "goes on"})[0] == 200


@pytest.mark.parametrize(
    ("export", "told"),
    [
        ([], "the export: an object is needed"),
        ({"repos": []}, "the export: repos unknown"),
        ({"repositories": [{}]}, "repositories[0]: not as the API answers it: KeyError 'repository'"),
        ({"repositories": [{"issue": []}]}, "repositories[0]: issue unknown"),
        ({"repositories": [{"repository": {"owner": {"login": "a"}}}]}, "repositories[0]: not as the API answers it"),
    ],
)
def test_what_is_wrong_is_named(export: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r"the export|repositories") as problem:
        document_of(export)
    assert str(problem.value).startswith(told)


@pytest.mark.parametrize("broken", [True, False])
def test_an_export_is_served_by_the_command(hub: Any, tmp_path: Path, broken: bool) -> None:
    file = tmp_path / "export.json"
    file.write_text("{" if broken else json.dumps(exported(hub)), encoding="utf-8")
    words = [sys.executable, "-m", "sandbox.github", "--port", "0", "--export", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        if broken:
            assert process.wait(30) == 2
            return
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready github http://127.0.0.1:")
        finally:
            process.terminate()
