"""Proof `kills`: killed around any write, and at random moments, a run is ended by the next one without a trace.

Some engagements of a portfolio are synced, over all its tools: two plans (the first sync, and the sync after a PM's
day of edits) in which every kind of write occurs that the plans of the whole portfolio hold. At each of their write
requests the client, a process of its own, is killed by SIGKILL at three instants: before the request takes
effect (the stand-in holds it, and gives it up when its client is gone); after it took effect and before the answer
(held there); after the answer came and before it was committed (the store's write lock is taken while the request is
held, so that the client, once answered, waits for it). Then a plain `syncline sync` runs to its end, and the tools
must hold what they hold after an undisturbed run.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.ground import ENGAGEMENTS, Ground, Instant, Start, prepared
from benchmarks.record import Progress, fingerprint, write
from benchmarks.steering import JIRAS
from benchmarks.writing import Request

COMMAND = "python -m benchmarks.soak --only kills"
WHAT = "killed (SIGKILL) around every write request of two plans, and at random moments; then one plain sync"
SEED = 20261124
"""Of the order of the cases and of the random moments."""
RANDOM_KILLS = 20
WORKERS = 2


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


def cases_of(starts: Mapping[str, Start], *, randoms: int = RANDOM_KILLS) -> list[Case]:
    """The cases, in a seeded order so that a part of them is a sample of all.

    Every write request at each instant; and random moments, half of them in a run that begins with nothing and half in
    one after a PM's day of edits.
    """
    chance = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    cases: list[Case] = [
        (name, number, instant.value)
        for name in ("first", "second")
        for number in range(len(starts[name].requests))
        for instant in Instant
    ]
    cases += [(("nothing", "second")[n % 2], n, f"{chance.random():.4f}") for n in range(randoms)]
    chance.shuffle(cases)
    return cases


def kinds_of(starts: Mapping[str, Start]) -> Counter[str]:
    """The kinds of write by tool, and how many requests are of each."""
    return Counter(request.kind for name in ("first", "second") for request in starts[name].requests)


def run_case(ground: Ground, case: Case) -> dict[str, Any]:
    """One case on prepared ground."""
    start = ground.starts[case[0]]
    if case[2] not in set(Instant):
        return ground.kill_after(start, float(case[2]))
    request = start.requests[case[1]]
    return {"request": str(request), **ground.kill_at(start, request, Instant(case[2]))}


def _survey(sink: Any) -> None:
    """Put the kinds of write of the whole portfolio's plans into the queue."""
    with prepared(randoms=False, engagements=()) as ground:
        sink.put(("whole", sorted(kinds_of(ground.starts))))


def work(part: int, parts: int, done: Sequence[str], sink: Any, pick: int) -> None:
    """One worker: every `parts`-th case that is not done; puts (case, result) into the queue, None at the end."""
    try:
        if part == 0:
            _survey(sink)
        with prepared() as ground:
            cases = cases_of(ground.starts)[::pick]
            sink.put(("total", (len(cases), kinds_of(ground.starts))))
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


def main(*, quick: bool = False, again: bool = False, workers: int = WORKERS) -> bool:
    """The cases on some workers, each with a sandbox of its own; True when none left a trace.

    Args:
        quick: Every 12th case alone; writes no figures.
        again: Also what is done for these sources.
        workers: How many at once.
    """
    began = time.monotonic()
    sources = fingerprint()
    progress = Progress("kills-" + ("quick" if quick else "all"), sources, again=again)
    context = multiprocessing.get_context("spawn")
    sink = context.Queue()
    done = tuple(progress.done)
    at_work = [
        context.Process(target=work, args=(part, workers, done, sink, 12 if quick else 1)) for part in range(workers)
    ]
    for worker in at_work:
        worker.start()
    told = _gather(sink, progress, len(at_work))
    for worker in at_work:
        worker.join()
    results = progress.done
    unseen = sorted(set(told.whole) - set(told.kinds))
    if unseen:
        print(f"kills: the whole portfolio's plans also hold {', '.join(unseen)}", file=sys.stderr)
    whole = not told.failed and not unseen and len(results) == told.total
    figures = _figures(results, told) | {"minutes": round((time.monotonic() - began) / 60, 1)}
    if quick:
        print(json.dumps(figures, indent=2), flush=True)
    elif whole:
        if done:  # it went on from an earlier run, so its own time says nothing
            del figures["minutes"]
        write("kills", what=WHAT, figures=figures, command=COMMAND, sources=sources)
    return whole and all(good(result) for result in results.values())


@dataclass(slots=True)
class Told:
    """What the workers said beside their results.

    Attributes:
        total: How many cases are due.
        kinds: Kinds of write of the two plans -> requests.
        whole: Kinds of write of the whole portfolio's plans.
        failed: What failed, or empty.
    """

    total: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    whole: Sequence[str] = ()
    failed: str = ""


def _gather(sink: Any, progress: Progress, workers: int) -> Told:
    """Take what the workers send until all have ended."""
    told = Told()
    while workers:
        message = sink.get()
        if message is None:
            workers -= 1
        elif message[0] == "total":
            total, kinds = message[1]
            if told.total not in (0, total):
                told.failed = f"the workers' plans differ: {told.total} cases and {total}"
                print(told.failed, file=sys.stderr)
            told.total, told.kinds = total, kinds
        elif message[0] == "whole":
            told.whole = message[1]
        elif message[0] == "failed":
            told.failed = message[1]
            print(told.failed, file=sys.stderr)
        else:
            case, result = message
            if "problem" in result:  # it says nothing about the product: the next run tries again
                told.failed = told.failed or result["problem"]
            else:
                progress.keep(str(case), result)
            if not good(result):
                print(f"kills {case}: {json.dumps(result, ensure_ascii=False)[:1500]}", flush=True)
            elif len(progress.done) % 20 == 0:
                print(f"kills {len(progress.done)} of {told.total}", flush=True)
    return told


def _figures(results: Mapping[str, Mapping[str, Any]], told: Told) -> dict[str, Any]:
    at_request = [r for r in results.values() if "request" in r]
    at_random = [r for r in results.values() if "request" not in r]
    ran = Counter(r["request"].partition(":")[0] for r in at_request)
    requests = sum(told.kinds.values())
    return {
        "plans": 2,
        "engagements": len(ENGAGEMENTS),
        "instants": [instant.value for instant in Instant],
        "write_requests": requests,
        "kills_at_requests": len(at_request),
        "kills_at_requests_of": requests * len(Instant),
        "kinds": len(told.kinds),
        "kinds_of_whole_portfolio": len(told.whole),
        "kinds_killed_at": sum(ran[kind] > 0 for kind in told.kinds),
        "kills_at_requests_by_kind": {
            kind: {"run": ran[kind], "of": count * len(Instant)} for kind, count in sorted(told.kinds.items())
        },
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
