"""The product as a stranger uses it: the command, run as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 600.0
UNSEEN = "this login may not see it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What it printed, as JSON."""
        try:
            found: dict[str, Any] = json.loads(self.out)
        except ValueError as error:
            raise RuntimeError(f"exit {self.code}, no JSON: {self.out[-500:]!r} {self.err[-2000:]!r}") from error
        return found


def command() -> str:
    """The `syncline` of this interpreter."""
    found = shutil.which("syncline", path=str(Path(sys.executable).parent))
    if found is None:
        raise RuntimeError(f"no syncline beside {sys.executable}")
    return found


def syncline(config: Path, *words: str, before: str = "", timeout_s: float = TIMEOUT_S) -> Ran:
    """Run the command on a configuration, to its end.

    Args:
        config: The configuration.
        words: The command and its options.
        before: Statements that the process runs first: how a proof takes a part of the product out.
        timeout_s: Seconds after which it is given up.
    """
    program = (sys.executable, "-c", f"{before}\nfrom sync.cli.main import main\nmain()") if before else (command(),)
    done = subprocess.run(
        (*program, "-c", str(config), *words),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def unplanned(summary: Mapping[str, Any]) -> list[str]:
    """What a run left undone, but for places that the portfolio means to be unreadable (planted as `source.stale`).

    Nothing can be written to an anchor in such a place: that it is held is meant as well.
    """
    unseen = [note for note in summary["failed"] if UNSEEN in note["message"]]
    hidden = {note["place"].split(":", 2)[2] for note in unseen}
    told = [note for note in summary["failed"] if note not in unseen]
    told += [
        note
        for note in summary["held"]
        if note["message"].rpartition(" was not found in what was read of ")[2] not in hidden
    ]
    return [f"{note['place']}: {note['message']}" for note in told] + [
        str(one) for one in (*summary["conflicts"], *summary["brakes"])
    ]


Finding = tuple[str, str, str]
"""engagement, kind, subject."""


def findings(config: Path, *, before: str = "") -> list[Finding]:
    """What the product says (as of now, from what is stored)."""
    found = syncline(config, "findings", "--json", before=before).json["findings"]
    return [(f["engagement"], f["kind"], f["subject"]) for f in found]


def planted(truth: Path) -> list[Finding]:
    """What was planted."""
    document = json.loads(truth.read_text(encoding="utf-8"))
    return [(f["engagement"], f["kind"], f["subject"]) for f in document["findings"]]
