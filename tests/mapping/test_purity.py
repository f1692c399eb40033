"""The mapping is pure: what it imports cannot reach a disk, a socket, a clock or chance."""

from __future__ import annotations

import ast
from pathlib import Path

import mapping

ALLOWED = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "hashlib",
    "html",
    "itertools",
    "json",
    "re",
    "string",
    "tomllib",
    "unicodedata",
}
ALLOWED |= {"types", "typing", "urllib.parse", "mapping", "connectors.core.port"}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "open"}


def trees():
    for file in sorted(Path(mapping.__file__).parent.rglob("*.py")):
        yield file.name, ast.parse(file.read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


def test_imports():
    strange = {
        (name, module)
        for name, tree in trees()
        for module in imported(tree)
        if module not in ALLOWED and not module.startswith(("mapping.", "collections."))
    }
    assert strange == set()


def test_no_clock_and_no_file():
    called = {
        (name, node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert {c for c in called if c[1] in CLOCKS} == set()
