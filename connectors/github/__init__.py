"""GitHub.com, GHE.com and GitHub Enterprise Server."""

from __future__ import annotations

from importlib.resources import files

from connectors.core.port import Capabilities, ConnectorSpec, Form, StreamSpec, WriteKind
from connectors.github.connector import GithubConnector
from connectors.github.cost import requests_to_read
from connectors.github.inert import inert
from connectors.github.records import ISSUES, MILESTONES
from connectors.github.settings import GithubSettings
from connectors.github.ways import WAYS

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+"


def _mapping() -> str:
    return files("connectors.github").joinpath("mapping.toml").read_text(encoding="utf-8")


SPEC = ConnectorSpec(
    kind="github",
    title="GitHub",
    settings=GithubSettings,
    streams=(
        StreamSpec(name=ISSUES, title="GitHub issues", per_place=True),
        StreamSpec(name=MILESTONES, title="GitHub milestones", per_place=True, whole=True),
    ),
    capabilities=Capabilities(
        writes=frozenset({WriteKind.SET_FIELDS, WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL, WriteKind.PUT_BLOCK}),
        guarded=False,
        tombstones=False,
    ),
    mapping=_mapping,
    connect=GithubConnector,
    place=Form(pattern=_NAME, example="a repository such as owner/name"),
    anchor=Form(pattern=rf"(?P<place>{_NAME})#[1-9][0-9]*", example="an issue such as owner/name#1"),
    ways=WAYS,
    inert=inert,
    requests_to_read=requests_to_read,
)
