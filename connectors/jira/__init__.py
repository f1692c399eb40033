"""Jira, Cloud and Data Center."""

from __future__ import annotations

from importlib.resources import files

from connectors.core.port import Capabilities, ConnectorSpec, Form, StreamSpec, WriteKind
from connectors.jira.connector import JiraConnector
from connectors.jira.cost import requests_to_read
from connectors.jira.inert import inert
from connectors.jira.records import ISSUES, VERSIONS
from connectors.jira.settings import JiraSettings
from connectors.jira.ways import WAYS

_KEY = r"[A-Z][A-Z0-9_]*"
"""A project key; Data Center lets administrators change the form, within this."""


def _mapping() -> str:
    return files("connectors.jira").joinpath("mapping.toml").read_text(encoding="utf-8")


SPEC = ConnectorSpec(
    kind="jira",
    title="Jira",
    settings=JiraSettings,
    streams=(
        StreamSpec(name=ISSUES, title="Jira issues", per_place=True),
        StreamSpec(name=VERSIONS, title="Jira versions", per_place=True, whole=True),
    ),
    capabilities=Capabilities(
        writes=frozenset(
            {
                WriteKind.SET_FIELDS,
                WriteKind.CREATE,
                WriteKind.ADD_LABEL,
                WriteKind.REMOVE_LABEL,
                WriteKind.TRANSITION,
                WriteKind.PUT_LINK,
            }
        ),
        guarded=False,
        tombstones=False,
        bounded=frozenset({ISSUES}),
    ),
    mapping=_mapping,
    connect=JiraConnector,
    place=Form(pattern=_KEY, example="a project key such as NIM, in capitals"),
    anchor=Form(pattern=rf"(?P<place>{_KEY})-[1-9][0-9]*", example="an issue key such as NIM-1"),
    ways=WAYS,
    inert=inert,
    requests_to_read=requests_to_read,
)
