"""Where figures go: docs/figures.json, one entry a proof, each with the command that makes it again."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures.json"
WORK = ROOT / ".work" / "soak"
"""What a proof has found so far; a killed proof goes on from here."""
SOURCES = ("connectors", "mapping", "sync", "sandbox", "benchmarks")


def fingerprint() -> str:
    """Hash of all sources that a figure rests on, committed or not."""
    digest = sha256(platform.python_version().encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml", ".json", ".lark") and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def commit() -> str:
    """The commit, with `+` behind it when files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(("git", "-C", str(ROOT), *words), capture_output=True, text=True, check=False).stdout

    name = git("rev-parse", "--short=12", "HEAD").strip() or "unknown"
    return name + ("+" if git("status", "--porcelain", "--", *SOURCES).strip() else "")


def load() -> dict[str, dict[str, Any]]:
    """All figures, by proof."""
    if not FIGURES.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def write(name: str, *, what: str, figures: Mapping[str, Any], command: str, sources: str = "") -> None:
    """Put one proof's entry in the file."""
    entry = {
        "what": what,
        "figures": dict(figures),
        "command": command,
        "commit": commit(),
        "sources": sources or fingerprint(),
        "date": datetime.now(tz=UTC).date().isoformat(),
        "python": platform.python_version(),
    }
    keep({name: entry})


def keep(entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Put entries in the file where they are not older than what is there; whole or not at all."""
    with _alone():
        document: dict[str, Any] = load()
        for name, entry in entries.items():
            if name not in document or entry["date"] >= document[name]["date"]:
                document[name] = dict(entry)
        beside = FIGURES.with_suffix(".new")
        beside.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(FIGURES)


class Progress:
    """The cases of one proof that are done, kept a line each; belongs to one state of the sources."""

    def __init__(self, name: str, sources: str, *, again: bool = False) -> None:
        self.path = WORK / f"{name}-{sources}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if again:
            self.path.unlink(missing_ok=True)
        self.done: dict[str, Any] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of a killed proof may be cut
                continue
            self.done[entry["case"]] = entry["result"]

    def keep(self, case: str, result: Any) -> None:
        """Note one case as done."""
        self.done[case] = result
        with self.path.open("a", encoding="utf-8") as sink:
            sink.write(json.dumps({"case": case, "result": result}, ensure_ascii=False) + "\n")
            sink.flush()
            os.fsync(sink.fileno())


@contextmanager
def _alone() -> Iterator[None]:
    """Two proofs may end at once: one after the other."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "figures.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
