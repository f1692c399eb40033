"""Between wiki text, which the state holds, and Atlassian's document format, which version 3 of the interface speaks.

Approximate: paragraphs, line breaks, headings, bullets, bold, links and code blocks; any other mark-up stays text.
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
