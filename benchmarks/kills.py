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
import random
import shutil
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

from benchmarks.clients import Client, locked, sending
from benchmarks.portrait import differences, duplicates, portrait
from benchmarks.product import unplanned
from benchmarks.record import Progress, fingerprint, write
from benchmarks.steering import JIRAS, State, Steering, project_manager_edits, until
from benchmarks.writing import Request, writes_of
from sandbox.launch import running

COMMAND = "python -m benchmarks.soak --only kills"
WHAT = "killed (SIGKILL) around write requests of every kind of two plans, and at random moments; then one plain sync"
PER_KIND = 4
"""Cases of one tool, kind of write request and instant, unless all are asked for."""
SEED = 20261124
"""Of the choice of requests and of the random moments."""
RANDOM_KILLS = 20
WORKERS = 2
STORE = "syncline.sqlite3"
WAIT_S = 600.0
"""How long a client may take to come to its request: the machine may be busy with other things."""
LOOK_S = 0.03
"""Between two looks at a stand-in: each look takes its time from the client that is waited for."""
QUIET_EVERY = 10
"""Every so many cases a further run follows, which must write nothing."""


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

    def kill_after(self, start: Start, seconds: float) -> dict[str, Any]:
        """One case at a random moment."""
        self.restore(start.states, start.store)
        client = Client(self.folder, "sync")
        time.sleep(seconds)
        alive = not client.ended()
        client.kill()
        return {"sending": None, **self._ended(start), "alive": alive}

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
    """The cases, in a seeded order so that a part of them is a sample of all.

    Of each tool, kind of request and instant at most so many (None: all); and random moments, half of them in a run
    that begins with nothing and half in one after a PM's day of edits.
    """
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
    cases += [(("nothing", "second")[number % 2], number, moment) for number, moment in enumerate(moments)]
    chance.shuffle(cases)
    return cases


def possible(starts: Mapping[str, Start]) -> dict[str, int]:
    """How many cases there are of each tool and kind."""
    counted = Counter(request.kind for name in ("first", "second") for request in starts[name].requests)
    return {kind: count * len(Instant) for kind, count in counted.items()}


def run_case(ground: Ground, case: Case) -> dict[str, Any]:
    """One case on prepared ground."""
    start = ground.starts[case[0]]
    if case[2] not in set(Instant):
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


def sample() -> dict[str, Any]:
    """A kill at a write of every kind on every tool, at one of the instants in turn, and one of a broken product.

    The kills of a plan follow each other, each in the run after the one before: `second` and `first` tell how they
    ended. `sabotaged` is killed after the effect of a CREATE while the search index lags, so that nothing but looking
    can find the issue that was made; and it does not look.
    """
    with prepared(randoms=False) as ground:
        results: dict[str, Any] = {}
        seen: set[str] = set()
        for name in ("second", "first"):
            picked: dict[Request, Instant] = {}
            for request in ground.starts[name].requests:
                if request.kind not in seen:
                    seen.add(request.kind)
                    picked[request] = tuple(Instant)[len(seen) % 3]
            results[name] = ground.kill_in_turn(ground.starts[name], picked)
        first = ground.starts["first"]
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
    total, failed = 0, ""
    there: dict[str, int] = {}
    while workers:
        message = sink.get()
        if message is None:
            workers -= 1
        elif message[0] == "total":
            total, there = message[1]
        elif message[0] == "failed":
            failed = message[1]
            print(failed, file=sys.stderr)
        else:
            case, result = message
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
    ran = Counter(r["request"].partition(":")[0] for r in at_request)
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
        "kinds": len(there),
        "kinds_killed_at": sum(ran[kind] > 0 for kind in there),
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
