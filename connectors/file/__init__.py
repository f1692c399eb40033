"""SoW files in a folder, CSV or TOML: scope with its versions, read and never written."""

from __future__ import annotations

from pathlib import Path

from connectors.core.port import Capabilities, Connector, ConnectorContext, ConnectorSpec, Form, StreamSpec
from connectors.file.settings import FileSettings
from connectors.file.ways import WAYS

__all__ = ["SPEC"]


def _mapping() -> str:
    return Path(__file__).with_name("mapping.toml").read_text(encoding="utf-8")


def _connect(context: ConnectorContext) -> Connector:
    from connectors.file.connector import FileConnector  # loads when it is needed

    return FileConnector(context)


SPEC = ConnectorSpec(
    kind="file",
    title="SoW files",
    settings=FileSettings,
    streams=(StreamSpec(name="scope", title="SoW files", per_place=True, whole=True, kept=True),),
    capabilities=Capabilities(writes=frozenset(), guarded=False, tombstones=True),
    mapping=_mapping,
    connect=_connect,
    ways=WAYS,
    place=Form(
        pattern=r"(?!/)(?!(?:.*/)?\.{1,2}(?:/|$))[^\\\x00-\x1f]{1,200}\.(?:[cC][sS][vV]|[tT][oO][mM][lL])",
        example="a CSV or TOML file in the folder of the connection, such as NIM-01.csv",
    ),
)
