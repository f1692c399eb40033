"""Tells a mistake that pydantic found in the words of a TOML file."""

from __future__ import annotations

from typing import Any

from connectors.core.positions import KeyPath
from connectors.core.settings import Credential
from sync.config.problems import shown

_FORMS = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "string_too_short": "a text that is not empty",
}
"""What pydantic calls a form, in the words of a TOML file."""


def told(item: Any, base: KeyPath) -> tuple[KeyPath, str, str]:
    """One of pydantic's errors as (key, found, expected)."""
    loc = tuple(p for p in item["loc"] if p != "[key]")
    key: KeyPath = (*base, *loc)
    kind, found = item["type"], item.get("input")
    if kind == "extra_forbidden":
        return key, f"a key {loc[-1]!r} that is not known here", "only the documented keys (is it misspelt?)"
    if kind == "missing":
        return key, "nothing", "a value; this key is required"
    if kind == "model_type" and isinstance(found, str):  # perhaps a secret where its hiding place belongs: not echoed
        return key, "a text", _table_at(key, item["ctx"]["class_name"])
    if kind in _FORMS:
        return key, shown(found), _FORMS[kind]
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    expected = message[0].lower() + message[1:]
    for opening in ("input should be ", "expected "):
        expected = expected.removeprefix(opening)
    return key, shown(found), expected


def _table_at(key: KeyPath, model: str) -> str:
    """Which table is expected in the place of a text."""
    match key:
        case _ if model == Credential.__name__:
            return 'a table such as { credential = "NAME" }; a secret never lies in the configuration'
        case (section,):
            return f"a table: [{section}]"
        case (section, _):
            return f"a table; each has a name: [{section}.NAME]"
        case _:
            return "a table such as { connection = ... }"
