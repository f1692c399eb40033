from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType, Record, Visibility
from mapping.inbound import map_record
from mapping.rules import Rules, compile_rules
from mapping.spellings import Spelling, spellings_of

ROOT = Path(__file__).resolve().parents[2]


def default_text(kind: str) -> str:
    return (ROOT / "connectors" / kind / "mapping.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def texts() -> Callable[[str], str]:
    return default_text


KINDS = ("github", "jira", "launchpad", "salesforce")


@cache
def spellings() -> tuple[Spelling, ...]:
    return tuple(s for kind in KINDS for s in spellings_of(kind, default_text(kind)))


@pytest.fixture(scope="session")
def compiled() -> Callable[..., Rules]:
    """Compiles a mapping among all tools."""

    def compiled(kind: str, text: str, override: Mapping[str, Any] | None = None) -> Rules:
        return compile_rules(kind, text, override, spellings=spellings())

    return compiled


@pytest.fixture(scope="session")
def jira(compiled) -> Rules:
    return compiled("jira", default_text("jira"))


@pytest.fixture(scope="session")
def salesforce(compiled) -> Rules:
    return compiled("salesforce", default_text("salesforce"))


@pytest.fixture(scope="session")
def github(compiled) -> Rules:
    return compiled("github", default_text("github"))


@pytest.fixture(scope="session")
def launchpad(compiled) -> Rules:
    return compiled("launchpad", default_text("launchpad"))


def info(stream: str, name: str, field_id: str, kind: FieldType = FieldType.TEXT, **more: Any) -> FieldInfo:
    return FieldInfo(stream=stream, name=name, id=field_id, type=kind, **more)


@pytest.fixture(scope="session")
def jira_catalog() -> Catalog:
    colours = ("Green", "Amber", "Red", "Unknown")
    return Catalog(
        fields=(
            info("issues", "Summary", "summary", max_length=255),
            info("issues", "Description", "description", FieldType.LONG_TEXT),
            info("issues", "Labels", "labels", FieldType.LABELS),
            info("issues", "Scope item", "customfield_10042"),
            info("issues", "Engagement", "customfield_10043"),
            info("issues", "Billable", "customfield_10044", FieldType.OPTION, options=("Yes", "No")),
            info("issues", "Epic Link", "customfield_10014"),
            info("issues", "Syncline status", "customfield_10050", FieldType.OPTION, options=colours),
            info("issues", "Syncline status text", "customfield_10051", FieldType.LONG_TEXT, max_length=500),
        )
    )


@pytest.fixture(scope="session")
def salesforce_catalog(salesforce: Rules) -> Catalog:
    limits = {"Name": 80, "Syncline_Status_Text__c": 32768, "Syncline_Marker__c": 120, "Closed_Reason__c": 80}
    return Catalog(
        fields=tuple(
            info(stream, name.removesuffix("__c").replace("_", " "), name, max_length=limits.get(name))
            for stream in ("engagements", "risks")
            for name in salesforce.fields(stream)
        )
    )


@pytest.fixture(scope="session")
def issue() -> Callable[..., Record]:
    def make(
        fields: Mapping[str, Any] | None = None,
        *,
        connection: str = "jira",
        key: str = "NIM-7",
        visibility: Visibility = Visibility.INTERNAL,
        **more: Any,
    ) -> Record:
        base = {
            "summary": "Rotate the keys",
            "issuetype": {"name": "Task", "subtask": False},
            "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        }
        return Record(
            connection=connection,
            stream="issues",
            id="10007",
            partition=key.rpartition("-")[0],
            key=key,
            url=f"https://jira.example/browse/{key}",
            version="1",
            updated=None,
            visibility=visibility,
            payload={"id": "10007", "key": key, "fields": {**base, **(fields or {})}},
            **more,
        )

    return make


@pytest.fixture(scope="session")
def row() -> Callable[..., Record]:
    def make(stream: str, payload: Mapping[str, Any], record_id: str = "a01000000000001AAA") -> Record:
        return Record(
            connection="salesforce",
            stream=stream,
            id=record_id,
            partition=stream,
            key=str(payload.get("Name", record_id)),
            url=f"https://partner.example/lightning/r/{record_id}/view",
            version="1",
            updated=None,
            visibility=Visibility.INTERNAL,
            payload={"Id": record_id, **payload},
        )

    return make


@pytest.fixture(scope="session")
def gh_issue() -> Callable[..., Any]:
    """Maps one GitHub issue (or, with ``pull_request``, pull request)."""

    def make(rules: Rules, **fields: Any) -> Any:
        labels = [{"name": name} for name in fields.pop("labels", ())]
        pull = "pull_request" in fields
        base = {"id": 900, "number": 12, "title": "Rotate the keys", "body": None, "state": "open", "labels": labels}
        record = Record(
            connection="github",
            stream="issues",
            id="900",
            partition="example/images",
            key="example/images#12",
            url=f"https://github.example/example/images/{'pull' if pull else 'issues'}/12",
            version="1",
            updated=None,
            visibility=Visibility.PUBLIC,
            payload={**base, **fields},
        )
        (entity,) = map_record(rules, record, Catalog(fields=()))
        return entity

    return make


@pytest.fixture(scope="session")
def lp_task() -> Callable[..., Any]:
    """Maps one bug task of Launchpad."""

    def make(
        rules: Rules,
        *,
        url: str = "https://bugs.lp.example/nimbus/+bug/12",
        bug: Mapping[str, Any] | None = None,
        visibility: Visibility = Visibility.PUBLIC,
        **fields: Any,
    ) -> Any:
        base = {"id": 12, "title": "Boot is slow", "description": "", "tags": [], "duplicate_of_link": None}
        record = Record(
            connection="launchpad",
            stream="bug_tasks",
            id="12/nimbus",
            partition="nimbus",
            key="LP: #12 (nimbus)",
            url=url,
            version="1",
            updated=None,
            visibility=visibility,
            payload={"status": "Triaged", "bug": {**base, **(bug or {})}, **fields},
        )
        (entity,) = map_record(rules, record, Catalog(fields=()))
        return entity

    return make


@pytest.fixture(scope="session")
def lp_entry() -> Callable[..., Any]:
    """Maps one blueprint or milestone of Launchpad."""

    def make(rules: Rules, stream: str, **fields: Any) -> Any:
        name, segment = fields.setdefault("name", "fast-boot"), {"blueprints": "+spec"}.get(stream, "+milestone")
        record = Record(
            connection="launchpad",
            stream=stream,
            id=f"nimbus/{name}",
            partition="nimbus",
            key=f"nimbus/{name}",
            url=f"https://lp.example/nimbus/{segment}/{name}",
            version="1",
            updated=None,
            visibility=Visibility.PUBLIC,
            payload=fields,
        )
        (entity,) = map_record(rules, record, Catalog(fields=()))
        return entity

    return make
