"""The ground of the proof `kills`: a sandbox, where its cases begin, and how a client is killed at a request."""

from __future__ import annotations

import gc
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.clients import Client, locked, sending
from benchmarks.portrait import differences, duplicates, portrait
from benchmarks.product import unplanned
from benchmarks.steering import State, Steering, project_manager_edits, until
from benchmarks.writing import Request, writes_of
from sandbox.launch import running

STORE = "syncline.sqlite3"
WAIT_S = 600.0
"""How long a client may take to come to its request: the machine may be busy with other things."""
LOOK_S = 0.03
"""Between two looks at a stand-in: each look takes its time from the client that is waited for."""
QUIET_EVERY = 10
"""Every so many cases a further run follows, which must write nothing."""
PORTFOLIO = 1
"""Seed of the portfolio."""
ENGAGEMENTS = ("MAM-01", "LEN-01", "VIR-01", "FOG-01")
"""The engagements of it that are synced."""


class Instant(StrEnum):
    """When a client is killed."""

    BEFORE = "before it is sent"
    AFTER_EFFECT = "after its effect, before the answer"
    AFTER_ANSWER = "after the answer, before our commit"


HOLD = {Instant.BEFORE: "hold_before", Instant.AFTER_EFFECT: "hold_after", Instant.AFTER_ANSWER: "hold_after"}
"""The fault that holds a request for each instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a case begins, and where it must end."""

    name: str
    states: dict[str, State]
    store: Path
    requests: tuple[Request, ...]
    want: dict[str, Any]
    seconds: float


class Ground:
    """One sandbox, and the two starts of its cases."""

    def __init__(self, box: Any, folder: Path) -> None:
        self.box = box
        self.folder = folder
        self.steering = Steering(box)
        self.starts: dict[str, Start] = {}
        self._cases = 0

    def prepare(self, *, randoms: bool = True) -> None:
        """Make the starts: before the first sync's writes, before those after a PM's day, and before anything."""
        steering = self.steering
        untouched = steering.states()
        self._keep("nothing")
        self._finish("pull")
        self._keep("first")
        self._start("first", untouched)
        time.sleep(60 - time.time() % 60)  # status texts name the minute: every run after the edits has a later one
        project_manager_edits(steering, self.box.truth)
        edited = steering.states()
        self._keep("second")
        self._start("second", edited)
        if randoms:
            self._start("nothing", untouched)

    def _keep(self, name: str) -> None:
        kept = self.folder / "kept" / name
        kept.mkdir(parents=True)
        for path in self.folder.glob(f"{STORE}*"):
            shutil.copy2(path, kept / path.name)

    def _start(self, name: str, states: dict[str, State]) -> None:
        """Run undisturbed from here and note the write requests and the end."""
        self.restore(states, self.folder / "kept" / name)
        began = time.monotonic()
        left = unplanned(self._finish("sync"))
        seconds = time.monotonic() - began
        requests = writes_of(self.steering)
        ends = self.steering.states()
        self.starts[name] = Start(
            name=name,
            states=states,
            store=self.folder / "kept" / name,
            requests=requests,
            want=portrait(ends),
            seconds=seconds,
        )
        if left:
            raise RuntimeError(f"the undisturbed run leaves undone: {left}")
        if duplicates(ends):
            raise RuntimeError(f"the undisturbed run makes duplicates: {duplicates(ends)}")

    def restore(self, states: Mapping[str, State], store: Path) -> None:
        """Put tools and store back."""
        self.steering.restore(states)
        for path in self.folder.glob(f"{STORE}*"):
            path.unlink()
        for path in store.iterdir():
            shutil.copy2(path, self.folder / path.name)

    def kill_at(self, start: Start, request: Request, instant: Instant) -> dict[str, Any]:
        """One case."""
        self.restore(start.states, start.store)
        killed = self._kill({request: request.rule(HOLD[instant])}, {request: instant})
        return killed if "problem" in killed else {**killed, **self._ended(start)}

    def kill_in_turn(self, start: Start, instants: Mapping[Request, Instant]) -> dict[str, Any]:
        """Several kills before anything ends: each run dies at the first write of a kind that no run died at yet."""
        self.restore(start.states, start.store)
        left = dict(instants)
        kills: list[dict[str, Any]] = []
        while left and not (kills and "problem" in kills[-1]):
            kills.append(self._kill({r: r.first(HOLD[instant]) for r, instant in left.items()}, left))
            left = {r: instant for r, instant in left.items() if r.kind != kills[-1].get("at")}
        return {"kills": kills, **self._ended(start)}

    def _kill(self, rules: Mapping[Request, Mapping[str, Any]], instants: Mapping[Request, Instant]) -> dict[str, Any]:
        """Run until one of the requests is held, and kill there: where, and how many intents are of unknown effect."""
        faults = {(r.connection, self.steering.fault(r.connection, rule)): r for r, rule in rules.items()}
        names = {name for name, _ in faults}
        client = Client(self.folder, "sync")
        held: list[tuple[str, str]] = []

        def looked() -> bool:
            held[:] = [(name, fault) for name in names for fault in self.steering.holding(name)]
            return bool(held) or client.ended()

        if not until(looked, seconds=WAIT_S, every=LOOK_S) or not held:
            client.kill()
            return {"problem": f"the request was never made: {client.told()}"}
        request = faults[held[0]]
        if instants[request] is Instant.AFTER_ANSWER:
            with locked(self.folder / STORE):
                self.steering.release(request.connection)
                if not until(lambda: client.sleeps() or client.ended(), seconds=WAIT_S):
                    client.kill()
                    return {"problem": "the client never came to its commit"}
                client.kill()
        else:
            client.kill()
            until(lambda: not self.steering.holding(request.connection), seconds=WAIT_S, every=LOOK_S)
        for name in names:
            self.steering.clear_faults(name)
        return {"at": request.kind, "sending": sending(self.folder / STORE)}

    def kill_after(self, start: Start, share: float) -> dict[str, Any]:
        """One case at a random moment: after a share of the time that an undisturbed run takes.

        A machine that has less to do by now may have ended the run by then: then it is tried at half the time.
        """
        seconds = start.seconds * share
        while True:
            self.restore(start.states, start.store)
            client = Client(self.folder, "sync")
            time.sleep(seconds)
            alive = not client.ended()
            client.kill()
            if alive:
                return {"sending": None, **self._ended(start), "alive": True, "after_s": round(seconds, 3)}
            seconds /= 2

    def _ended(self, start: Start) -> dict[str, Any]:
        again = self._finish("sync")
        ends = self.steering.states()
        self._cases += 1
        quiet = self._finish("sync") if self._cases % QUIET_EVERY == 1 else None
        return {
            "duplicates": duplicates(ends),
            "differences": differences(start.want, portrait(ends))[:20],
            "unfinished": unplanned(again),
            "writes_afterwards": None if quiet is None else sum(quiet["writes"].values()),
        }

    def _finish(self, command: str) -> dict[str, Any]:
        client = Client(self.folder, command)
        client.wait()
        return client.json()


def _load(config: Path) -> None:
    """Load the whole program, so that every forked client has it loaded; makes no request and opens no store."""
    import sync.cli.main  # noqa: F401 - loading it is all that is wanted
    from sync import bootstrap

    with bootstrap.connected(bootstrap.load_config(config), bootstrap.clock()):
        gc.collect()
        gc.freeze()


@contextmanager
def prepared(*, randoms: bool = True, engagements: Collection[str] = ENGAGEMENTS) -> Iterator[Ground]:
    """A sandbox with its starts made; no ``engagements``: all."""
    with (
        tempfile.TemporaryDirectory(prefix="syncline-kills-") as folder,
        running(seed=PORTFOLIO, directory=Path(folder), throttle=False) as box,
    ):
        if engagements:
            box.config.write_text(only(box.config.read_text(encoding="utf-8"), engagements), encoding="utf-8")
        _load(box.config)
        ground = Ground(box, Path(folder))
        ground.prepare(randoms=randoms)
        yield ground


def only(config: str, engagements: Collection[str]) -> str:
    """A sandbox's configuration with these of its engagements alone."""
    head, *tables = re.split(r"(?m)^(?=\[engagements\.)", config)
    kept = [table for table in tables if table[len("[engagements.") :].partition("]")[0] in engagements]
    if len(kept) != len(engagements):
        raise ValueError(f"not all of {', '.join(engagements)} are in the configuration")
    return head + "".join(kept)
