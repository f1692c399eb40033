"""Launchpad."""

from __future__ import annotations

from importlib.resources import files

from connectors.core.port import Capabilities, ConnectorSpec, Form, StreamSpec, WriteKind
from connectors.launchpad.connector import LaunchpadConnector
from connectors.launchpad.inert import inert
from connectors.launchpad.records import BLUEPRINTS, BUG_TASKS, MILESTONES
from connectors.launchpad.settings import LaunchpadSettings
from connectors.launchpad.ways import WAYS

_NAME = r"[a-z0-9][a-z0-9+.-]*"
"""A name of Launchpad: its web service's own rule."""


def _mapping() -> str:
    return files("connectors.launchpad").joinpath("mapping.toml").read_text(encoding="utf-8")


SPEC = ConnectorSpec(
    kind="launchpad",
    title="Launchpad",
    settings=LaunchpadSettings,
    streams=(
        StreamSpec(name=BUG_TASKS, title="Launchpad bug tasks", per_place=True, by_version=True, whole=True),
        StreamSpec(name=BLUEPRINTS, title="Launchpad blueprints", per_place=True, whole=True),
        StreamSpec(name=MILESTONES, title="Launchpad milestones", per_place=True, whole=True),
    ),
    capabilities=Capabilities(
        writes=frozenset({WriteKind.SET_FIELDS, WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL, WriteKind.PUT_BLOCK}),
        guarded=True,
        tombstones=False,
    ),
    mapping=_mapping,
    connect=LaunchpadConnector,
    place=Form(pattern=_NAME, example="a project's name such as nim-images"),
    anchor=Form(pattern=rf"(?P<place>{_NAME})/{_NAME}", example="a blueprint such as nim-images/engagement-nim-01"),
    ways=WAYS,
    inert=inert,
)
