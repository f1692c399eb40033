"""Between wiki text, which the state holds, and Atlassian's document format, which version 3 of the interface speaks.

What was written as a document is given back as it was (`Written`). Between the two forms, approximate: paragraphs, line
breaks, headings, bullets, bold, links and code blocks; any other mark-up stays text.
"""

import re
from collections.abc import Mapping
from typing import Any

_INLINE = re.compile(
    r"\[(?P<label>[^\]|\n]+)\|(?P<url>https?://[^\]\s]+)\]|(?P<bare>https?://[^\s\]|]+)|\*(?P<bold>[^\s*][^*\n]*)\*"
)

_GAP = re.compile(r"\r?\n[ \t]*\r?\n")
_HEADING = re.compile(r"h([1-6])\. (.+)")
_CODE = re.compile(r"\{(?:code|noformat)[^}]*\}\r?\n?(.*?)\r?\n?\{(?:code|noformat)\}", re.DOTALL)

Node = dict[str, Any]

MAX_DEPTH = 100
"""Levels of nodes that a document may have here, so that none exhausts Python's stack."""

_NAMES = """
blockCard blockTaskItem blockquote bodiedExtension bulletList caption codeBlock date decisionItem decisionList
embedCard emoji expand extension extensionFrame hardBreak heading inlineCard inlineExtension layoutColumn
layoutSection listItem media mediaGroup mediaInline mediaSingle mention multiBodiedExtension nestedExpand
orderedList panel paragraph placeholder rule status table tableCell tableHeader tableRow taskItem taskList text
"""
_NODES = frozenset(_NAMES.split())
"""The nodes of the format."""


class Written(str):
    """Wiki text made of a document, with the document itself: version 3 gives back what was written."""

    __slots__ = ("document",)
    document: Node

    @classmethod
    def of(cls, document: Node) -> "Written":
        """Make the text of a document; raises ValueError and its like when the document is none."""
        _check(document)
        made = cls(to_wiki(document))
        made.document = document
        return made


def document_of(text: str) -> Node:
    """Give the document that a text was written as, or that it would be."""
    return text.document if isinstance(text, Written) else from_wiki(text)


def kept(value: Any) -> Any:
    """Give a value as a state document holds it: what was written as a document is one."""
    return value.document if isinstance(value, Written) else value


def same(before: Any, value: Any) -> bool:
    """Say whether a text is what stands there; a document also by what wiki text does not show."""
    return before == value and (not isinstance(value, Written) or document_of(before) == value.document)


def _check(document: Node) -> None:
    waiting = [(node, 1) for node in document["content"]]
    while waiting:
        node, level = waiting.pop()
        if level > MAX_DEPTH or node["type"] not in _NODES:
            raise ValueError("no such node, or nested too deeply")
        if node["type"] == "text" and not (isinstance(node["text"], str) and node["text"]):
            raise ValueError("a text node without text")
        waiting += [(child, level + 1) for child in node.get("content", ())]


def from_wiki(text: str) -> Node:
    """Make a document of wiki text."""
    content: list[Node] = []
    for block in _GAP.split(text.strip("\r\n")):
        lines = block.splitlines()
        if heading := _HEADING.fullmatch(block):
            content.append({"type": "heading", "attrs": {"level": int(heading[1])}, "content": _inline(heading[2])})
        elif lines and all(line.startswith("* ") for line in lines):
            items = [{"type": "listItem", "content": [_paragraph(line[2:])]} for line in lines]
            content.append({"type": "bulletList", "content": items})
        elif code := _CODE.fullmatch(block):
            content.append({"type": "codeBlock", "content": [{"type": "text", "text": code[1]}] if code[1] else []})
        elif block:
            content.append(_paragraph(block))
    return {"version": 1, "type": "doc", "content": content}


def to_wiki(document: Mapping[str, Any]) -> str:
    """Give the wiki text of a document."""
    return "\n\n".join(_block(node) for node in document.get("content", ()))


def is_document(value: Any) -> bool:
    """Say whether a value is a document of that format."""
    return (
        isinstance(value, Mapping)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
    )


def _paragraph(text: str) -> Node:
    return {"type": "paragraph", "content": _inline(text)}


def _inline(text: str) -> list[Node]:
    nodes: list[Node] = []
    for number, line in enumerate(text.splitlines()):
        if number:
            nodes.append({"type": "hardBreak"})
        at = 0
        for match in _INLINE.finditer(line):
            if match.start() > at:
                nodes.append({"type": "text", "text": line[at : match.start()]})
            url = match["url"] or match["bare"]
            label = match["label"] or match["bare"] or match["bold"]
            mark: Node = {"type": "link", "attrs": {"href": url}} if url else {"type": "strong"}
            nodes.append({"type": "text", "text": label, "marks": [mark]})
            at = match.end()
        if line[at:]:
            nodes.append({"type": "text", "text": line[at:]})
    return nodes


def _block(node: Mapping[str, Any]) -> str:
    kind, content = node.get("type"), node.get("content", ())
    if kind == "heading":
        return f"h{node.get('attrs', {}).get('level', 1)}. {_text(content)}"
    if kind in ("bulletList", "orderedList"):
        mark = "*" if kind == "bulletList" else "#"
        return "\n".join(f"{mark} " + " ".join(_block(child) for child in item.get("content", ())) for item in content)
    if kind == "codeBlock":
        return "{code}\n" + _text(content) + "\n{code}"
    if kind == "rule":
        return "----"
    if kind in ("paragraph", None) or not content:
        return _text(content)
    return "\n\n".join(_block(child) for child in content)


def _text(nodes: Any) -> str:
    parts = []
    for node in nodes:
        if node.get("type") == "hardBreak":
            parts.append("\n")
            continue
        text = node.get("text") or node.get("attrs", {}).get("text", "") or node.get("attrs", {}).get("url", "")
        for mark in node.get("marks", ()):
            if mark.get("type") == "strong":
                text = f"*{text}*"
            elif mark.get("type") == "link" and (href := mark["attrs"]["href"]) != text:
                text = f"[{text}|{href}]"
        parts.append(text or _text(node.get("content", ())))
    return "".join(parts)
