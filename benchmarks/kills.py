"""Proof `kills`: killed around any write, and at random moments, a run is ended by the next one without a trace.

Two plans (the first sync of a portfolio over all its tools, and the sync after a PM's day of edits) are written by
requests of many kinds. Of each kind on each tool some are picked by a seeded choice (with `--all`: every one), and at
each the client, a process of its own, is killed by SIGKILL at three instants: before the request takes
effect (the stand-in holds it, and gives it up when its client is gone); after it took effect and before the answer
(held there); after the answer came and before it was committed (the store's write lock is taken while the request is
held, so that the client, once answered, waits for it). Then a plain `syncline sync` runs to its end, and the tools
must hold what they hold after an undisturbed run.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.portrait import differences, duplicates, portrait
from benchmarks.record import Progress, fingerprint, write
from benchmarks.steering import JIRAS, State, Steering, project_manager_edits, until
from benchmarks.truth import planted_failure
from sandbox.launch import running

COMMAND = "python -m benchmarks.soak --only kills"
WHAT = "killed (SIGKILL) around write requests of every kind of two plans, and at random moments; then one plain sync"
PER_KIND = 2
"""Cases of one tool, kind of write request and instant, unless all are asked for."""
SEED = 20261124
"""Of the choice of requests and of the random moments."""
MUTATION = "mutation"
"""What is put behind the route of a request in GraphQL that writes: queries go to the same route."""
RANDOM_KILLS = 20
WORKERS = 3
"""More than there are cores: a case waits some seconds for what may still take effect."""
STORE = "syncline.sqlite3"
WAIT_S = 600.0
"""How long a client may take to come to its request: the machine may be busy with other things."""
LOOK_S = 0.03
"""Between two looks at a stand-in: each look takes its time from the client that is waited for."""
QUIET_EVERY = 10
"""Every so many cases a further run follows, which must write nothing."""
SLEEPING = {"35", "230"}
"""System calls nanosleep and clock_nanosleep on x86-64: what SQLite waits for a lock with."""


_MUTATES = r'"query":\s*"\s*mutation\b'


class Instant(StrEnum):
    """When a client is killed."""

    BEFORE = "before it is sent"
    AFTER_EFFECT = "after its effect, before the answer"
    AFTER_ANSWER = "after the answer, before our commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One write request of an undisturbed run: the nth of its kind on its connection."""

    connection: str
    method: str
    route: str
    nth: int

    @property
    def kind(self) -> str:
        """Tool, method and route."""
        return f"{self.connection} {self.method} {self.route}"

    def rule(self, kind: str) -> dict[str, Any]:
        """The fault that holds it."""
        route, _, what = self.route.partition(" ")
        path = re.sub(r"<[^>]*>", "[^/]+", re.escape(route))
        # GitHub's stand-in lies under the path of an Enterprise Server
        found = {"method": self.method, "route": f"^(/api/v3)?{path}$", "nth": self.nth, "action": {"kind": kind}}
        return {**found, "body": _MUTATES} if what == MUTATION else found

    def __str__(self) -> str:
        return f"{self.kind} #{self.nth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a case begins, and where it must end."""

    name: str
    states: dict[str, State]
    store: Path
    requests: tuple[Request, ...]
    want: dict[str, Any]
    held: tuple[Any, ...]
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
        held = tuple(self._finish("sync")["held"])
        seconds = time.monotonic() - began
        requests = tuple(_writes(self.steering))
        ends = self.steering.states()
        self.starts[name] = Start(
            name=name,
            states=states,
            store=self.folder / "kept" / name,
            requests=requests,
            want=portrait(ends),
            held=held,
            seconds=seconds,
        )
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
        kind = "hold_before" if instant is Instant.BEFORE else "hold_after"
        self.steering.fault(request.connection, request.rule(kind))
        client = Client(self.folder, "sync")
        held = until(lambda: self.steering.waiting(request.connection) or client.ended(), seconds=WAIT_S, every=LOOK_S)
        if not held or client.ended():
            client.kill()
            return {"problem": f"the request was never made: {client.told()}"}
        if instant is Instant.AFTER_ANSWER:
            with locked(self.folder / STORE):
                self.steering.release(request.connection)
                if not until(lambda: client.sleeps() or client.ended(), seconds=WAIT_S):
                    client.kill()
                    return {"problem": "the client never came to its commit"}
                client.kill()
        else:
            client.kill()
            until(lambda: not self.steering.waiting(request.connection), seconds=WAIT_S, every=LOOK_S)
        self.steering.clear_faults(request.connection)
        return self._ended(start, sent=_sending(self.folder / STORE))

    def kill_after(self, start: Start, seconds: float) -> dict[str, Any]:
        """One case at a random moment."""
        self.restore(start.states, start.store)
        client = Client(self.folder, "sync")
        time.sleep(seconds)
        alive = not client.ended()
        client.kill()
        return {**self._ended(start, sent=None), "alive": alive}

    def _ended(self, start: Start, *, sent: int | None) -> dict[str, Any]:
        again = self._finish("sync")
        ends = self.steering.states()
        self._cases += 1
        quiet = self._finish("sync") if self._cases % QUIET_EVERY == 1 else None
        return {
            "sending": sent,
            "duplicates": duplicates(ends),
            "differences": differences(start.want, portrait(ends))[:20],
            "unfinished": [
                *(note for note in again["held"] if note not in start.held),
                *again["conflicts"],
                *again["brakes"],
                *map(str, _unplanned(again["failed"])),
            ],
            "writes_afterwards": None if quiet is None else sum(quiet["writes"].values()),
        }

    def _finish(self, command: str) -> dict[str, Any]:
        client = Client(self.folder, command)
        client.wait()
        return client.json()


class Client:
    """The command `syncline`, in a process of its own that had the program loaded when it was forked."""

    def __init__(self, folder: Path, command: str) -> None:
        self._out, self._err = folder / "client.out", folder / "client.err"
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._run(folder, command)

    def _run(self, folder: Path, command: str) -> None:
        code = 70
        try:
            for number, path in ((1, self._out), (2, self._err)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            from sync.cli.main import main

            sys.argv = ["syncline", "-c", str(folder / "syncline.toml"), command, "--json"]
            main()
        except SystemExit as ending:
            code = int(ending.code or 0)
        except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def ended(self) -> bool:
        """Whether it is gone."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code is not None

    def wait(self) -> None:
        """Wait for its end."""
        if not until(self.ended, seconds=300, every=0.01):
            self.kill()
            raise RuntimeError("the client did not end in 300 s")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def sleeps(self) -> bool:
        """Whether it waits for a lock (it has read its answer, then). Where that cannot be seen, after 0.2 s."""
        try:
            call = Path(f"/proc/{self.pid}/syscall").read_text(encoding="ascii").split()[0]
        except OSError:
            time.sleep(0.2)
            return True
        return call in SLEEPING

    def told(self) -> str:
        """The end of what it said."""
        return (self._err.read_text(encoding="utf-8") + self._out.read_text(encoding="utf-8"))[-500:]

    def json(self) -> dict[str, Any]:
        """Its summary."""
        try:
            found: dict[str, Any] = json.loads(self._out.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RuntimeError(f"exit {self._code}: {self.told()}") from error
        return found


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store's write lock."""
    connection = sqlite3.connect(store, isolation_level=None, timeout=10)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def _sending(store: Path) -> int:
    """How many intents a killed client left as sent, of unknown effect."""
    connection = sqlite3.connect(store)
    try:
        return int(connection.execute("SELECT count(*) FROM outbox WHERE state = 'sending'").fetchone()[0])
    finally:
        connection.close()


def _writes(steering: Steering) -> Iterator[Request]:
    """The write requests in the logs: what changes something, not a query or a login by POST."""
    for name in steering.names:
        seen: Counter[tuple[str, str]] = Counter()
        for entry in steering.log(name):
            at = (entry["method"], _known(entry))
            seen[at] += 1
            if is_write(entry):
                yield Request(connection=name, method=at[0], route=at[1], nth=seen[at])


def _known(entry: Mapping[str, Any]) -> str:
    route = str(entry["route"])
    return f"{route} {MUTATION}" if route.endswith("/graphql") and _mutates(entry) else route


def _mutates(entry: Mapping[str, Any]) -> bool:
    return str(entry["request_body"]["query"]).lstrip().startswith(MUTATION)


def is_write(entry: Mapping[str, Any]) -> bool:
    """Whether an exchange of a log may have changed something: not a query or a login by POST."""
    if entry["method"] == "GET" or entry["route"].endswith(("/bulkfetch", "/oauth2/token", "/search/jql")):
        return False
    if entry["route"].endswith("/graphql"):
        return _mutates(entry)
    if entry["route"].endswith("/composite"):
        return any(part["method"] != "GET" for part in entry["request_body"]["compositeRequest"])
    return True


def _unplanned(notes: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Failures but those of the places that the portfolio means to be unreadable."""
    return [note for note in notes if not planted_failure(note)]


def good(result: Mapping[str, Any]) -> bool:
    """Whether a case left no trace."""
    return "problem" not in result and not (
        result["duplicates"] or result["differences"] or result["unfinished"] or result["writes_afterwards"]
    )


SABOTAGE = """
from sync.engine.courier import Courier
Courier._was_made = lambda self, intent: False
Courier._is_new = lambda self, intent: True
"""
"""Breaks the product in a way that the comparison must see: it never looks whether a record was made."""
INDEX_LAG_S = 600.0
"""Nothing that is written is found by a search until the case is over."""

Case = tuple[str, int, str]
"""Start, number of the request (or of the random kill), instant (or the moment's share of the run)."""


def cases_of(starts: Mapping[str, Start], *, per_kind: int | None, randoms: int = RANDOM_KILLS) -> list[Case]:
    """The cases: of each tool, kind of request and instant at most so many (None: all), then the random moments."""
    chance = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    moments = [f"{chance.random():.4f}" for _ in range(randoms)]
    kinds: dict[str, list[tuple[str, int]]] = {}
    for name in ("first", "second"):
        for number, request in enumerate(starts[name].requests):
            kinds.setdefault(request.kind, []).append((name, number))
    cases: list[Case] = []
    for _kind, places in sorted(kinds.items()):
        for instant in Instant:
            picked = places if per_kind is None else chance.sample(places, min(per_kind, len(places)))
            cases += [(name, number, instant.value) for name, number in picked]
    return cases + [("nothing", number, moment) for number, moment in enumerate(moments)]


def possible(starts: Mapping[str, Start]) -> dict[str, int]:
    """How many cases there are of each tool and kind."""
    counted = Counter(request.kind for name in ("first", "second") for request in starts[name].requests)
    return {kind: count * len(Instant) for kind, count in counted.items()}


def run_case(ground: Ground, case: Case) -> dict[str, Any]:
    """One case on prepared ground."""
    start = ground.starts[case[0]]
    if case[0] == "nothing":
        return ground.kill_after(start, float(case[2]) * start.seconds)
    request = start.requests[case[1]]
    return {"request": str(request), **ground.kill_at(start, request, Instant(case[2]))}


def _load(config: Path) -> None:
    """Load the whole program, so that every forked client has it loaded; makes no request and opens no store."""
    import sync.cli.main  # noqa: F401 - loading it is all that is wanted
    from sync import bootstrap

    with bootstrap.connected(bootstrap.load_config(config), bootstrap.clock()):
        gc.collect()
        gc.freeze()


@contextmanager
def prepared(*, randoms: bool = True) -> Iterator[Ground]:
    """A sandbox with its starts made."""
    with (
        tempfile.TemporaryDirectory(prefix="syncline-kills-") as folder,
        running(seed=1, directory=Path(folder), throttle=False) as box,
    ):
        _load(box.config)
        ground = Ground(box, Path(folder))
        ground.prepare(randoms=randoms)
        yield ground


def work(part: int, parts: int, done: Sequence[str], sink: Any, per_kind: int | None, pick: int) -> None:
    """One worker: every `parts`-th case that is not done; puts (case, result) into the queue, None at the end."""
    try:
        with prepared() as ground:
            cases = cases_of(ground.starts, per_kind=per_kind)[::pick]
            sink.put(("total", (len(cases), possible(ground.starts))))
            for case in [c for c in cases if str(c) not in done][part::parts]:
                sink.put((case, run_case(ground, case)))
    except BaseException:  # noqa: BLE001 - told to the parent, which fails
        sink.put(("failed", traceback.format_exc()))
    finally:
        sink.put(None)


def sample() -> dict[str, dict[str, Any]]:
    """One kill at a write of every kind, at one of the instants in turn; then, as `sabotaged`, one of a broken product.

    The last is killed after the effect of a CREATE while the search index lags, so that nothing but looking can find
    the issue that was made; and it does not look.
    """
    with prepared(randoms=False) as ground:
        picked: list[Case] = []
        seen: set[str] = set()
        for name in ("second", "first"):
            for number, request in enumerate(ground.starts[name].requests):
                if request.kind not in seen:
                    seen.add(request.kind)
                    picked.append((name, number, tuple(Instant)[len(seen) % 3].value))
        first = ground.starts["first"]
        results = {f"{case} {ground.starts[case[0]].requests[case[1]]}": run_case(ground, case) for case in picked}
        exec(SABOTAGE)  # noqa: S102 - our own text, above
        for name in JIRAS:
            first.states[name]["index_lag_seconds"] = INDEX_LAG_S
        made = next(n for n, request in enumerate(first.requests) if request.route.endswith("/issue"))
        return results | {"sabotaged": run_case(ground, ("first", made, Instant.AFTER_EFFECT.value))}


def main(*, quick: bool = False, again: bool = False, every: bool = False, workers: int = WORKERS) -> bool:
    """The cases on some workers, each with a sandbox of its own; True when none left a trace.

    Args:
        quick: Every 12th case alone; writes no figures.
        again: Also what is done for these sources.
        every: Every write request instead of PER_KIND of each kind.
        workers: How many at once.
    """
    began = time.monotonic()
    sources = fingerprint()
    progress = Progress("kills-" + ("quick" if quick else "all" if every else "some"), sources, again=again)
    context = multiprocessing.get_context("spawn")
    sink = context.Queue()
    done = tuple(progress.done)
    per_kind, pick = None if every else PER_KIND, 12 if quick else 1
    at_work = [
        context.Process(target=work, args=(part, workers, done, sink, per_kind, pick)) for part in range(workers)
    ]
    for worker in at_work:
        worker.start()
    total, there, failed = _gather(sink, progress, len(at_work))
    for worker in at_work:
        worker.join()
    results = progress.done
    whole = not failed and len(results) == total
    figures = _figures(results, there) | {"minutes": round((time.monotonic() - began) / 60, 1)}
    if quick:
        print(json.dumps(figures, indent=2), flush=True)
    elif whole:
        if done:  # it went on from an earlier run, so its own time says nothing
            del figures["minutes"]
        command = f"{COMMAND} --all" if every else COMMAND
        write("kills", what=WHAT, figures=figures, command=command, sources=sources)
    return whole and all(good(result) for result in results.values())


def _gather(sink: Any, progress: Progress, workers: int) -> tuple[int, dict[str, int], str]:
    """Take what the workers send until all have ended: how many cases are due, all there are by kind, what failed."""
    total, there, failed = 0, {}, ""
    while workers:
        match sink.get():
            case None:
                workers -= 1
            case ("total", (total, there)):
                pass
            case ("failed", failed):
                print(failed, file=sys.stderr)
            case (case, result):
                if "problem" in result:  # it says nothing about the product: the next run tries again
                    failed = failed or result["problem"]
                else:
                    progress.keep(str(case), result)
                if not good(result):
                    print(f"kills {case}: {json.dumps(result, ensure_ascii=False)[:1500]}", flush=True)
                elif len(progress.done) % 20 == 0:
                    print(f"kills {len(progress.done)} of {total}", flush=True)
    return total, there, failed


def _figures(results: Mapping[str, Mapping[str, Any]], there: Mapping[str, int]) -> dict[str, Any]:
    at_request = [r for r in results.values() if "request" in r]
    at_random = [r for r in results.values() if "request" not in r]
    ran = Counter(re.sub(r" #\d+$", "", r["request"]) for r in at_request)
    tools: dict[str, dict[str, int]] = {}
    for kind, count in sorted(there.items()):
        tool = tools.setdefault(kind.split()[0], {"run": 0, "of": 0})
        tool["run"] += ran[kind]
        tool["of"] += count
    return {
        "plans": 2,
        "instants": [instant.value for instant in Instant],
        "write_requests": sum(there.values()) // len(Instant),
        "kills_at_requests": len(at_request),
        "kills_at_requests_of": sum(there.values()),
        "kills_at_requests_by_tool": tools,
        "kills_at_requests_by_kind": {kind: {"run": ran[kind], "of": there[kind]} for kind in sorted(there)},
        "kills_at_random": len(at_random),
        "kills_at_random_while_running": sum(bool(r["alive"]) for r in at_random),
        "left_of_unknown_effect": sum(bool(r.get("sending")) for r in at_request),
        "duplicates": sum(len(r.get("duplicates", ())) for r in results.values()),
        "other_end_states": sum(bool(r.get("differences") or r.get("problem")) for r in results.values()),
        "unfinished": sum(bool(r.get("unfinished")) for r in results.values()),
        "further_runs": sum(r.get("writes_afterwards") is not None for r in results.values()),
        "writes_of_further_runs": sum(r.get("writes_afterwards") or 0 for r in results.values()),
    }


if __name__ == "__main__":
    print(json.dumps(sample()))
