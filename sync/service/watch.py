"""Turns signals into wishes, and silence into an unanswered watchdog."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync.service.heart import Heart
from sync.service.notify import Notifier

_LOG = logging.getLogger(__name__)
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE_S = 25.0
"""A service that was asked to stop and has not, hangs in one request: it ends then, 5 s before systemd would kill it.

Nothing is lost or repeated by that, as by any kill."""
_UNWATCHED_S = 20.0  # how often silence is looked for where systemd does not watch


@contextmanager
def signals(heart: Heart, notifier: Notifier, end: Callable[[int], object] = os._exit) -> Iterator[None]:
    """While inside: SIGTERM and SIGINT ask to stop, SIGHUP to reload; for the main thread, before others start.

    The signals are blocked and waited for by a thread, since a handler would run within whatever the main thread holds
    locked. ``end`` is called with 0 when the service has not stopped within ``GRACE_S`` seconds.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    stopped = threading.Event()
    thread = threading.Thread(target=_listen, args=(heart, notifier, stopped, end), name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(heart: Heart, notifier: Notifier, stopped: threading.Event, end: Callable[[int], object]) -> None:
    while True:
        if signal.sigwait(_SIGNALS) == signal.SIGHUP:
            heart.reload()
            continue
        _LOG.info("asked to stop")
        notifier.stopping()
        heart.stop()
        if not stopped.wait(GRACE_S):
            _LOG.warning("stopped in the middle of a request; the next run finds out what became of it")
            end(0)
        return


@contextmanager
def watchdog(heart: Heart, notifier: Notifier, hang_s: Callable[[], float]) -> Iterator[None]:
    """While inside: answer systemd's watchdog as long as there are signs of life.

    After ``hang_s()`` seconds of silence where everything stands is written to standard error, and the watchdog is
    answered no longer.
    """
    over = threading.Event()
    every = notifier.watchdog_s / 3 if notifier.watchdog_s else _UNWATCHED_S
    thread = threading.Thread(target=_watch, args=(heart, notifier, hang_s, over, every), name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(heart: Heart, notifier: Notifier, hang_s: Callable[[], float], over: threading.Event, every: float) -> None:
    told = False
    while True:
        silent = heart.silent_s()
        if silent <= hang_s():
            notifier.watchdog()
            told = False
        elif not told:
            told = True
            _LOG.error("a run hangs: no sign of life", extra={"silent_s": round(silent)})
            notifier.status(f"hangs: no sign of life for {silent:.0f} s")
            faulthandler.dump_traceback(sys.__stderr__ or sys.stderr)
        if over.wait(every):
            return
