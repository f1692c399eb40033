"""Where in a TOML text each key stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

KeyPath = tuple[str | int, ...]
"""A path of keys and list indices from the top of a document."""


class Positions:
    """Line numbers (from 1) of the keys of one TOML text.

    A path that does not stand in the text (a missing key) has the line of its nearest ancestor that does.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[KeyPath, int] = {(): 1}
        self._arrays: dict[KeyPath, int] = {}
        tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
        for node in tree.root_node.children:
            self._top(node)

    def line(self, path: KeyPath) -> int:
        """Line of ``path`` or of its nearest ancestor."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _top(self, node: Node) -> None:
        if node.type == "pair":
            self._pair(node, ())
        elif node.type == "table":
            self._table(node, self._below_arrays(_table_key(node)))
        elif node.type == "table_array_element":
            key = self._below_arrays(_table_key(node))
            index = self._arrays.get(key, -1) + 1
            self._arrays[key] = index
            self._mark(key, node)
            self._table(node, (*key, index))

    def _below_arrays(self, key: KeyPath) -> KeyPath:
        path: KeyPath = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return (*path, *key[-1:])

    def _table(self, node: Node, path: KeyPath) -> None:
        for i in range(1, len(path) + 1):  # the first header that leads through a table is where it begins
            self._mark(path[:i], node)
        for child in node.children:
            if child.type == "pair":
                self._pair(child, path)

    def _pair(self, node: Node, base: KeyPath) -> None:
        key = _key(node.children[0])
        for i in range(1, len(key) + 1):
            self._mark((*base, *key[:i]), node)
        self._value(node.children[-1], (*base, *key))

    def _value(self, node: Node, path: KeyPath) -> None:
        if node.type == "inline_table":
            for child in node.children:
                if child.type == "pair":
                    self._pair(child, path)
        elif node.type == "array":
            items = [c for c in node.named_children if c.type != "comment"]
            for i, child in enumerate(items):
                self._mark((*path, i), child)
                self._value(child, (*path, i))

    def _mark(self, path: KeyPath, node: Node) -> None:
        self._lines.setdefault(path, node.start_point[0] + 1)


def _table_key(node: Node) -> KeyPath:
    for child in node.named_children:
        if child.type in {"bare_key", "quoted_key", "dotted_key"}:
            return _key(child)
    return ()


def _key(node: Node) -> KeyPath:
    return tuple(_parts(node))


def _parts(node: Node) -> Iterator[str]:
    if node.type == "dotted_key":
        for child in node.named_children:
            yield from _parts(child)
    else:
        text = (node.text or b"").decode()
        yield next(iter(_one_key(text)))


def _one_key(text: str) -> Mapping[str, object]:
    """A key as written, quoted or bare, is read by the real TOML reader, so that escapes are right."""
    try:
        return tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return {text: 0}
