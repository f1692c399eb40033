"""Every configuration of docs/scope.md is one that syncline takes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.core.registry import load_connectors
from sync.config.load import load

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "scope.md"
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
SPECS = load_connectors(plugins=()).specs


def _over(base: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        k: _over(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v for k, v in said.items()
    }
    return {**base, **both}


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return str(value)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.strip().splitlines()[0])
def test_an_example_over_the_complete_configuration_is_valid(tmp_path: Path, example: str) -> None:
    whole = _over(tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8")), tomllib.loads(example))
    file = tmp_path / "syncline.toml"
    file.write_text("\n".join(f"{_toml(k)} = {_toml(v)}" for k, v in whole.items()), encoding="utf-8")
    load(file, SPECS)
