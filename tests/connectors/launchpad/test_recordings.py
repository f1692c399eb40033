"""What a real Launchpad server answered, read by the connector."""

import gzip
import json
from pathlib import Path

import httplib2
import pytest
from lazr.restfulclient.errors import HTTPError

from connectors.core.errors import (
    ConnectorError,
    FatalError,
    NotFoundError,
    RefusedError,
    RetriableError,
    StaleVersionError,
)
from connectors.core.port import Visibility
from connectors.launchpad.errors import choices_named, largest_page, translate
from connectors.launchpad.records import listed_record, task_record, visibility_of
from connectors.launchpad.search import STATUSES


@pytest.fixture
def recorded(api_evidence: Path) -> dict[str, dict]:
    """Exchanges by name (of several of one name, the last)."""
    found = {}
    for name in ("search", "write", "spec-and-edit", "more"):
        with gzip.open(api_evidence / f"launchpad/real-launchpad-{name}.json.gz", "rt") as file:
            found.update({exchange["name"]: exchange for exchange in json.load(file)})
    return found


def _error(exchange: dict) -> ConnectorError:
    response = httplib2.Response({"status": str(exchange["status"])})
    error = HTTPError(response, exchange["body"].encode())
    write = exchange["request"]["method"] != "GET"
    return translate(error, connection="lp", place="x", write=write, redact=lambda text: text)


def test_a_task_and_its_bug_make_a_record(launchpad, recorded) -> None:
    client = launchpad.connector()._client
    task, bug = json.loads(recorded["task"]["body"]), json.loads(recorded["bug"]["body"])
    record = task_record(client, task, bug, ())
    assert record.id == f"{bug['id']}/syncdemo"
    assert record.updated is not None
    assert record.visibility is Visibility.PUBLIC


def test_a_blueprint_makes_a_record(launchpad, recorded) -> None:
    entry = json.loads(recorded["s"]["body"])
    record = listed_record(launchpad.connector()._client, "blueprints", entry, visibility_of(entry))
    assert (record.id, record.visibility) == ("syncdemo/via-api", Visibility.PUBLIC)


def test_the_statuses_asked_for_are_those_that_the_server_names(recorded) -> None:
    named = choices_named(str(_error(recorded["tasks-bad-status"])))
    assert named is not None
    assert (named[0], [v for v in named[1] if "(" not in v]) == ("status", list(STATUSES))


def test_the_largest_page_is_the_one_that_the_server_names(recorded) -> None:
    assert largest_page(str(_error(recorded["tasks-size-301"]))) == 300


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad-signature", FatalError),
        ("bad-token", FatalError),
        ("me-anon", FatalError),
        ("404", NotFoundError),
        ("patch-tags-stale-412", StaleVersionError),
        ("spec-stale", StaleVersionError),
        ("patch-readonly", RefusedError),
        ("readonly-token-write", RefusedError),
        ("task-patch-status-noperm-triaged", RefusedError),
        ("task-patch-badstatus", RefusedError),
        ("tasks-start-neg", RetriableError),
    ],
)
def test_each_refusal_says_what_to_do_next(recorded, name: str, kind: type[ConnectorError]) -> None:
    error = _error(recorded[name])
    assert type(error) is kind
    assert "Traceback" not in str(error)
    assert len(str(error)) < 700


def test_a_refused_field_is_named(recorded) -> None:
    error = _error(recorded["patch-readonly"])
    assert isinstance(error, RefusedError)
    assert error.fields == {"date_created": "You tried to modify a read-only attribute."}
