"""Nonsense is refused, not stumbled over: no 500 that the original would not give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, given, settings, strategies as st

from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService
from sandbox.launchpad.table import table

pytestmark = pytest.mark.loopback

WORDS = st.sampled_from(
    ["", "1", "nimbus", "ann", "New", "true", "null", "[]", '["a"]', "{}", "2026-01-01", "-1", "\x00", "ü/%"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "ann", "New", "http://x.example/", "2026-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "title", "tags"]), inner, max_size=2)
    ),
    max_leaves=4,
)
PATHS = {
    "bug": "/bugs/1",
    "bug_task": "/nimbus/+bug/1",
    "message": "/nimbus/+bug/1/comments/1",
    "bug_watch": "/bugs/1/+watch/3",
    "person": "/~ann",
    "team": "/~nimbus-qa",
    "project": "/nimbus",
    "project_group": "/nimbus-all",
    "project_series": "/nimbus/2.0",
    "milestone": "/nimbus/+milestone/2.0.1",
    "project_group_milestone": "/nimbus-all/+milestone/2.0.1",
    "distribution": "/nimbuntu",
    "distro_series": "/nimbuntu/noble",
    "distribution_source_package": "/nimbuntu/+source/linux",
    "source_package": "/nimbuntu/noble/+source/linux",
    "specification": "/nimbus/+spec/fast-boot",
    "git_repository": "/~ann/nimbus/+git/nimbus",
    "git_ref": "/~ann/nimbus/+git/nimbus/+ref/main",
    "branch_merge_proposal": "/~ann/nimbus/+git/nimbus/+merge/9",
    "bug_tracker": "/bugs/bugtrackers/nimbus-jira",
    "cve": "/bugs/cve/2026-1",
}
COLLECTIONS = {
    "bugs": "/bugs",
    "people": "/people",
    "projects": "/projects",
    "project_groups": "/projectgroups",
    "specifications": "/specs",
    "git_repositories": "/+git",
    "bug_trackers": "/bugs/bugtrackers",
}


@pytest.fixture(scope="module")
def calm() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def fresh(make_document: Any) -> Iterator[tuple[str, LaunchpadService]]:
    document = make_document()
    document["switches"] = {"deliver_webhooks": False}
    service = LaunchpadService(document)
    with running(service) as url:
        yield url, service


AUTHORIZATION = {"Authorization": 'OAuth oauth_consumer_key="f", oauth_token="ann", oauth_signature="%26sec-ann"'}
QUICK = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    database=None,
)


def sound(answer: requests.Response, service: LaunchpadService, document: Any) -> None:
    """Fail on a 500 that comes from the stand-in's own code: one from within the framework the original gives too."""
    failure = service.store.session.failure or next((one.failure for one in service.log.exchanges() if one.failure), "")
    service.log.clear()
    frames = [line for line in (failure or "").splitlines() if line.strip().startswith("File ")]
    own = not frames or "/sandbox/" in frames[-1]
    if answer.status_code >= 500 and own:
        pytest.fail(f"{answer.request.method} {answer.request.url} {answer.request.body!r}: {failure or answer.text}")
    service.load_state(document)


@QUICK
@given(data=st.data())
def test_operations_refuse_nonsense(
    fresh: Any, calm: requests.Session, make_document: Any, data: st.DataObject
) -> None:
    url, service = fresh
    owner = data.draw(st.sampled_from([*PATHS, *COLLECTIONS]))
    entry = table().collections[owner] if owner in COLLECTIONS else table().entries[owner]
    path = COLLECTIONS.get(owner) or PATHS[owner]
    if not entry.operations:
        return
    operation = entry.operations[data.draw(st.sampled_from(sorted(entry.operations)))]
    links = [f"{url}/devel{one}" for one in (*PATHS.values(), "/nothing")]
    values = {
        one.name: data.draw(st.sampled_from(links) if one.type == "link" else WORDS)
        for one in operation.parameters
        if data.draw(st.booleans()) or one.required
    }
    if operation.method == "DELETE":
        answer = calm.delete(f"{url}/devel{path}", headers=AUTHORIZATION, timeout=30)
    else:
        form = urlencode({"ws.op": operation.name, **values})
        get = operation.method == "GET"
        answer = calm.request(
            operation.method,
            f"{url}/devel{path}" + (f"?{form}" if get else ""),
            data=None if get else form,
            headers={**AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded"},
            timeout=30,
            allow_redirects=False,
        )
    sound(answer, service, {**make_document(), "switches": {"deliver_webhooks": False}})


@QUICK
@given(data=st.data())
def test_changes_refuse_nonsense(fresh: Any, calm: requests.Session, make_document: Any, data: st.DataObject) -> None:
    url, service = fresh
    owner = data.draw(st.sampled_from(list(PATHS)))
    fields = table().fields_of(owner)
    names = [f"{one.name}_link" if one.type in ("link", "file") else one.name for one in fields.values()]
    links = [f"{url}/devel{one}" for one in (*PATHS.values(), "/nothing")]
    changes = data.draw(st.dictionaries(st.sampled_from([*names, "bogus"]), JSON | st.sampled_from(links), max_size=2))
    body = (
        data.draw(st.sampled_from([json.dumps(changes), "[1]", "{", "null", "\x00"]))
        if not changes
        else json.dumps(changes)
    )
    answer = calm.patch(
        f"{url}/devel{PATHS[owner]}",
        data=body.encode(),
        headers={**AUTHORIZATION, "Content-Type": "application/json"},
        timeout=30,
        allow_redirects=False,
    )
    sound(answer, service, {**make_document(), "switches": {"deliver_webhooks": False}})


@QUICK
@given(data=st.data())
def test_addresses_that_are_none_are_404(
    fresh: Any, calm: requests.Session, make_document: Any, data: st.DataObject
) -> None:
    url, service = fresh
    steps = st.sampled_from(
        [
            "bugs",
            "1",
            "+bug",
            "nimbus",
            "~ann",
            "+git",
            "+spec",
            "x",
            "comments",
            "9",
            "+ref",
            "2.0",
            "%00",
            ".",
            "..",
            "title",
            "owner",
        ]
    )
    path = "/".join(data.draw(st.lists(steps, min_size=1, max_size=5)))
    answer = calm.get(f"{url}/devel/{path}", headers=AUTHORIZATION, timeout=30, allow_redirects=False)
    sound(answer, service, {**make_document(), "switches": {"deliver_webhooks": False}})
