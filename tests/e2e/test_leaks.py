"""Our credentials come out nowhere, and nothing confidential reaches a place more public than where it came from."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.loopback

CANARY = re.compile(r"CANARY-\d+-\d+")


def secrets(world) -> dict[str, str]:
    files = ("jira-token", "jira-dc-token", "salesforce-secret", "github-token", "launchpad-credentials")
    found = {name: (world.folder / name).read_text().strip().rpartition(":")[2] for name in files}
    sessions = world.steering.call("GET", "salesforce", "state").json()["sessions"]
    return {**found, **{f"session {n}": one["token"] for n, one in enumerate(sessions)}}


def stored(store: Path) -> Iterator[str]:
    """Every value of every row of every table, unpacked."""
    with sqlite3.connect(store) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names of the store's own tables
                for value in row:
                    yield _text(value)


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode("utf-8")
    except zlib.error:
        return value.decode("utf-8", "replace")


def test_no_secret_comes_out(untouched) -> None:
    told = [untouched.run("-vv", *words) for words in (["sync", "--json"], ["check"], ["status"], ["findings"])]
    plan = untouched.folder / "plan.json"
    told.append(untouched.run("-vv", "plan", "--out", str(plan)))
    untouched.configure((untouched.box.urls["jira"], untouched.box.urls["jira"] + "/nowhere"))
    told.append(untouched.run("-vv", "pull", before=untouched.IMPATIENT))
    values = list(stored(untouched.folder / "syncline.sqlite3"))
    assert len(values) > 10_000
    assert any("ALTJOINT-1" in value for value in values)  # the rows are unpacked
    found = secrets(untouched)
    assert len(found) >= 6
    for name, secret in found.items():
        assert len(secret) > 20, name
        for ran in told:
            assert secret not in ran.out + ran.err, name
        assert not any(secret in value for value in values), name
        assert secret not in plan.read_text(encoding="utf-8"), name


def _public_places(states) -> str:
    """All that anybody may read: public repositories, bugs that are public, blueprints of public projects."""
    repositories = [one for one in states["github"]["repositories"] if not one.get("private")]
    bugs = [one for one in states["launchpad"]["bugs"] if one["information_type"].startswith("Public")]
    projects = [one for one in states["launchpad"]["projects"] if not one.get("information_type", "P").startswith("Pr")]
    assert all((repositories, bugs, projects))
    return json.dumps([repositories, bugs, projects], ensure_ascii=False)


def test_words_of_restricted_private_and_internal_records_reach_no_place_that_is_more_public(untouched) -> None:
    """Restricted and private ones are told nowhere, unseen ones not even stored, internal ones in no public place."""
    document = json.loads(untouched.box.truth.read_text(encoding="utf-8"))
    for name in ("jira", "jira-dc"):
        subjects = {
            f["subject"].split(":")[2] for f in document["findings"] if f["subject"].startswith(f"{name}:issues:")
        }
        issues = untouched.issues(name)
        words = {i: {"summary": f"{issues[i]['fields']['summary']} INTERNALWORD-{i}"} for i in subjects if i in issues}
        assert words
        untouched.steering.change_issues(name, words)
    bugs = untouched.steering.call("GET", "launchpad", "state").json()["bugs"]
    hidden = [bug for bug in bugs if not bug["information_type"].startswith("Public")]
    private = {word for bug in hidden if "syncline-bot" in bug["subscribers"] for word in CANARY.findall(bug["title"])}
    assert len(private) >= 3
    restricted, invisible = (set(document["canaries"][kind]) for kind in ("restricted", "invisible"))
    assert restricted >= private
    assert invisible
    untouched.json("sync", code=3)
    bodies = [json.dumps(exchange["request_body"], ensure_ascii=False) for _, exchange in untouched.writes()]
    assert len(bodies) > 100
    written = {word for body in bodies for word in CANARY.findall(body)}
    read = {word for value in stored(untouched.folder / "syncline.sqlite3") for word in CANARY.findall(value)}
    assert restricted <= read, "not read: the test would prove nothing"
    assert not written & (restricted | invisible)
    assert not read & invisible
    states = untouched.steering.states()
    assert "INTERNALWORD-" in json.dumps(states["salesforce"]["records"]), "told nowhere: the test would prove nothing"
    public = _public_places(states)
    assert public.count("syncline:engagement:") >= 10
    assert "INTERNALWORD-" not in public
    assert not private & set(CANARY.findall(public))


def test_what_a_run_leaves_behind_is_for_its_owner_alone(untouched) -> None:
    untouched.json("pull", code=3)
    untouched.run("plan", "--out", str(untouched.folder / "plan.json"))
    modes = {path.name: path.stat().st_mode & 0o077 for path in untouched.folder.iterdir() if path.is_file()}
    left = {name: mode for name, mode in modes.items() if name.startswith(("syncline.sqlite3", "plan"))}
    assert len(left) >= 4
    assert not any(left.values()), left
