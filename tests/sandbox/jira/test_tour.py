"""Every route of the stand-in is driven, and what it answers is held against Atlassian's descriptions."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from sandbox.core.http import Call
from sandbox.core.server import running
from sandbox.jira import scopes
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback

EXPLAINED = {
    "cloud": (
        # two required names that the description itself does not have among the properties
        (r"/bulk/issues/move$", r"'(issueIdOrKeys|targetToMultipleSourceMapping)' is a required property"),
        # one address is described under two templates: DELETE under {schemeId} and {id}, GET and PUT under the other
        (r"/issuesecurityschemes/\{schemeId\}$", r"GET is not described for"),
        (r"/field/\{fieldId\}$", r"DELETE is not described for"),
        (r"/notificationscheme/\{notificationSchemeId\}$", r"GET is not described for"),
        # the value of a property is any JSON; the description was generated from a Java class of the parser
        (r"/issue/properties(/multi)?$", r"Additional properties are not allowed"),
        # the description is older than the removal, which Atlassian announced and users met
        (r"/search$", r"status 410 is not described"),
        # the description forgets the page of projects that its own text promises
        (r"/board/\{boardId\}/project/full$", r"status 200 is described without a body"),
        # the bytes of the attachment
        (r"/attachment/(content|thumbnail)/\{id\}$", r"status 200 is described without a body"),
    ),
    "data-center": (
        # a version's dates are plain dates: the recorded issues show them so, and the server takes them so
        (r"version", r"(releaseDate|startDate): '\d{4}-\d\d-\d\d' is not a 'date-time'"),
        # the value of an entity property is any JSON; the description was generated from a Java string
        (r"propert|/issue$|comment", r"\$.*: .* is not of type 'string'"),
        # an estimate is any JSON; the description was generated from a Java object
        (r"/estimation$", r"\$.value: '3h' is not of type 'object'"),
        # fields and functions are told with what they take; the description was generated from lists of Java strings
        (r"/jql/autocompletedata$", r"is not of type 'string'"),
        # a remote link that is new is 201, as in Cloud's description of the same resource
        (r"remotelink$", r"status 201 is not described"),
        # what was asked for, or made, is given back; the description names no body for it
        (
            r"/version/\{id\}$|/role$|/user/properties|/issueLinkType|/workflow$",
            r"status 20[01] is described without a body",
        ),
        # one address is described under two names of its argument
        (r"/filter/\{id\}/permission/\{permission-id\}$", r"GET is not described for"),
        # clients of older servers ask for all create metadata at once; the description takes it for an issue's key
        (r"/issue/\{issueIdOrKey\}$", r"query parameter 'projectKeys' is not described"),
        # users and events are told whole; the description was generated from texts and Java objects
        (r"/pinned-comments$", r"\$.pinnedBy: "),
        (r"/notificationscheme(/\{id\})?$", r"notificationSchemeEvents: \[\] is not of type 'object'"),
        # clients of older servers look at groups so
        (r"/group$", r"GET is not described for"),
        # clients of older servers delete versions so
        (r"/version/\{id\}$", r"DELETE is not described for"),
    ),
}
"""Findings that are no faults of the stand-in: where, what is said, and why."""


@pytest.fixture(scope="module", params=["cloud", "data-center"])
def driven(request: pytest.FixtureRequest, small_site_of: Any, tours: Any) -> Iterator[tuple[str, JiraService]]:
    """A stand-in of which every route was driven."""
    deployment = request.param
    document = tours.first_document(deployment, small_site_of)
    service = JiraService(document)
    with running(service) as url:
        tours.drive(tours.Tour(deployment, document, url))
        yield deployment, service


def test_every_route_is_driven(driven: tuple[str, JiraService]) -> None:
    deployment, service = driven
    listed = {f"{one.method} {one.path}" for one in service.routes()}
    prefix = re.compile(r"^(\S+) (?:/ex/jira/<cloud_id>)?(?:/rest/api/(?:2|3|latest))?")
    made = {
        prefix.sub(r"\1 ", f"{one.method} {one.route}")
        for one in service.log.exchanges()
        if one.status < 400 or one.status == 410
    }
    removed = {"GET /rest/applinks/latest/listApplicationlinks"} if deployment == "cloud" else set()
    assert {one for one in listed if prefix.sub(r"\1 ", one) not in made} == removed


SPECIFICATIONS = {
    "cloud": [
        ("jira_cloud_platform_v3_full.json", ("--rewrite", "/rest/api/2=/rest/api/3", "--only-described")),
        ("jira_cloud_software_agile.json", ("--only-described",)),
    ],
    "data-center": [("jira_data_center.json", ("--only-described",))],
}


def test_what_is_answered_agrees_with_the_descriptions(
    driven: tuple[str, JiraService], tmp_path: Path, api_evidence: Path
) -> None:
    deployment, service = driven
    form = "/attachments"  # an upload is no JSON, which is all that the validator reads
    log = tmp_path / "log.jsonl"
    log.write_bytes(service.log.render(one for one in service.log.exchanges() if not one.path.endswith(form)))
    wrong: list[tuple[str, str, str]] = []
    for name, words in SPECIFICATIONS[deployment]:
        report = tmp_path / f"{name}.report"
        command = [
            sys.executable,
            f"{api_evidence}/validate.py",
            "--profile",
            "jira",
            "--spec",
            f"{api_evidence}/jira/{name}",
        ]
        command += [*words, "--log", str(log), "--report", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert report.exists(), done.stdout + done.stderr
        found = json.loads(report.read_text(encoding="utf-8"))
        assert found["checked"] > 40, done.stdout
        rows = found["exchanges"]
        wrong += [(one["method"], one["matched"], message) for one in rows for _, message in one["errors"]]
    used = set()
    left = []
    for finding in wrong:
        why = [one for one in EXPLAINED[deployment] if re.search(one[0], finding[1]) and re.search(one[1], finding[2])]
        used |= set(why)
        left += [] if why else [finding]
    assert not left, "\n".join(map(str, left))
    assert used == set(EXPLAINED[deployment]), "an explanation that explains nothing must go"


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "²",
    "NIM-2",
    "acc:bob",
    "x" * 40_000,
    [],
    [[]],
    [1],
    {},
    {"id": 1},
)
"""What a client may send by mistake, in any place."""


def places(body: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, itself first."""
    rows = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [at, *(place for key, value in rows for place in places(value, (*at, key)))]


def changed(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place."""
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = changed(body[at[0]], at[1:], value)
    return copy


def resent(service: JiraService, made: Any, body: bytes, query: str, *, cloud: bool) -> str | None:
    """Send a request as it was recorded but for body and query; gives what the stand-in itself failed with."""
    headers = {"Authorization": "Basic YW5uQG5pbWJ1cy5leGFtcGxlOmFubi10b2tlbg==" if cloud else "Bearer ann-token"}
    builder = EnvironBuilder(
        method=made.method, path=made.path, data=body, headers=headers, content_type="application/json"
    )
    environ = {**builder.get_environ(), "RAW_PATH": made.path, "QUERY_STRING": query}
    service.exchange(Call(environ), lambda: False)
    return service.log.exchanges()[-1].failure


def test_no_mistake_in_any_request_breaks_the_stand_in(
    driven: tuple[str, JiraService], small_site_of: Any, tours: Any
) -> None:
    """The recorded requests come again in their order, each after five forms of it that are wrong in one place."""
    deployment, first = driven
    service, chance = JiraService(tours.first_document(deployment, small_site_of)), random.Random(7)  # noqa: S311 - no secrets
    recorded = [one for one in first.log.exchanges() if not one.path.endswith("/attachments")]
    for made in recorded:
        said = made.request_body.decode()
        for _ in range(5):
            body, query = said, made.query
            if said.startswith(("{", "[", '"')):
                whole = json.loads(said)
                body = json.dumps(changed(whole, chance.choice(places(whole)), chance.choice(ODD)))
            else:
                names = [part.partition("=")[0] for part in query.split("&") if part]
                name = chance.choice([*names, "startAt", "maxResults", "expand", "fields", "query"])
                query = f"{name}={chance.choice(['', '-1', '99999999999999999999', '%C2%B2', '%00', 'x', '%5B%5D'])}"
            failure = resent(service, made, body.encode(), query, cloud=deployment == "cloud")
            assert failure is None, (made.method, made.path, query, body[:300], failure)
        failure = resent(service, made, made.request_body, made.query, cloud=deployment == "cloud")
        assert failure is None, (made.method, made.path, failure)
    assert len(recorded) > 200


def test_what_was_dumped_after_every_request_serves_the_same(driven: tuple[str, JiraService]) -> None:
    """Every GET of the tour answers as before; only the tasks of bulk changes are not in the document."""
    deployment, first = driven
    dumped = json.loads(json.dumps(first.dump_state()))
    second = JiraService(json.loads(json.dumps(dumped)))
    assert json.loads(json.dumps(second.dump_state())) == dumped
    asked = {(one.path, one.query): one for one in first.log.exchanges() if one.method == "GET" and one.status == 200}
    passing = re.compile(r"/serverInfo|/task/|/bulk/queue/|oauth|/_edge/")
    compared = 0
    for (path, query), made in asked.items():
        if passing.search(path):
            continue
        answers = []
        for service in (first, second):
            assert resent(service, made, b"", query, cloud=deployment == "cloud") is None
            last = service.log.exchanges()[-1]
            answers.append((last.status, last.response_body))
        assert answers[0] == answers[1], (path, query)
        compared += 1
    assert compared > 130


def test_every_route_asks_for_the_scope_that_the_description_names(
    small_site_of: Any, tours: Any, api_evidence: Path
) -> None:
    service = JiraService(tours.first_document("cloud", small_site_of))
    whole = json.loads(Path(api_evidence, "jira", "jira_cloud_platform_v3_full.json").read_text(encoding="utf-8"))
    arguments, prefix = re.compile(r"<[^>]+>|\{[^}]+\}"), "/rest/api/3"
    named = {
        (method.upper(), arguments.sub("{}", path.removeprefix(prefix))): {
            scope for way in operation.get("security", []) for scope in way.get("OAuth2", [])
        }
        for path, operations in whole["paths"].items()
        for method, operation in operations.items()
        if path.startswith(prefix) and isinstance(operation, dict)
    }
    checked = 0
    for route in service.routes():
        path = route.path.removeprefix("/rest/api/2")
        wanted = named.get((route.method, arguments.sub("{}", path)))
        if wanted is None or path == route.path:
            continue
        checked += 1
        asked = scopes.needed(route.method, path)
        assert asked in wanted if wanted else asked == "", (route.method, path, asked, wanted)
    assert checked > 200
