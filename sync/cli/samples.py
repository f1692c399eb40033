"""Reads sample records from a file: the answers of a tool as somebody saved them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.core.port import Record, Visibility
from sync.cli.exits import Exit, StoppedError

_MOST_BYTES = 200_000_000  # far above any sample that a person would look at
_LISTS = ("issues", "records", "entries", "items", "values")  # under which the tools' answers keep what was asked for
_IDS = ("id", "Id", "self_link")
_KEYS = ("key", "Name", "name", "title")
_URLS = ("html_url", "web_link")


def read_samples(path: Path, *, connection: str, stream: str, place: str) -> tuple[Record, ...]:
    """The records of a file, in its order.

    One JSON object a line, or one JSON document: a list of objects, or an answer of a tool that holds one. A name that
    ends in ``.gz`` is unpacked.

    Args:
        path: The file.
        connection: The connection that they are taken to be from.
        stream: Their stream.
        place: Their place (a project, a repository); empty: what stands before the last hyphen of the key.

    Raises:
        StoppedError: It cannot be read, is too large, or is no such JSON; the message names the line.
    """
    found = enumerate(_objects(path), start=1)
    return tuple(_record(raw, n, connection=connection, stream=stream, place=place) for n, raw in found)


def _objects(path: Path) -> Iterator[Mapping[str, Any]]:
    text = _text(path)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    listed = _listed(document)
    if listed is not None:
        for n, each in enumerate(listed, start=1):
            yield _object(each, f"{path.name}, entry {n}")
        return
    for n, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield _object(json.loads(line), f"{path.name}:{n}")
            except ValueError as error:
                raise _wrong(f"{path.name}:{n}", f"no JSON ({error})") from error


def _text(path: Path) -> str:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        text = data.decode()
    except (OSError, EOFError, zlib.error) as error:
        raise StoppedError(f"{path}: cannot be read ({error})", Exit.USAGE) from error
    except UnicodeDecodeError as error:
        raise _wrong(path.name, "bytes that are not UTF-8") from error
    if len(data) > _MOST_BYTES:
        raise _wrong(path.name, f"over {_MOST_BYTES} bytes")
    return text


def _listed(document: Any) -> list[Any] | None:
    """The entries of a whole document; None: it is none, or one object."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        held = next((document[k] for k in _LISTS if isinstance(document.get(k), list)), None)
        return held if held is not None else [document]
    return None


def _object(raw: Any, where: str) -> Mapping[str, Any]:
    if isinstance(raw, dict):
        return raw
    raise _wrong(where, "a list" if isinstance(raw, list) else repr(raw)[:40])


def _wrong(where: str, found: str) -> StoppedError:
    expected = "a JSON object a line, a JSON list of objects, or a tool's answer that holds one"
    return StoppedError(f"{where}: found {found}; expected {expected}", Exit.USAGE)


def _record(raw: Mapping[str, Any], number: int, *, connection: str, stream: str, place: str) -> Record:
    record_id = _first(raw, _IDS) or str(number)
    key = _first(raw, _KEYS) or record_id
    return Record(
        connection=connection,
        stream=stream,
        id=record_id,
        partition=place or key.rpartition("-")[0],
        key=key,
        url=_first(raw, _URLS),
        version="sample",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload=raw,
    )


def _first(raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if isinstance(raw.get(name), (str, int)) and not isinstance(raw[name], bool):
            return str(raw[name])
    return ""
