from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from sync.service import watch
from sync.service.heart import Heart
from sync.service.notify import Notifier

pytestmark = pytest.mark.loopback


def _send(number: signal.Signals) -> None:
    """To the thread that waits for it: other threads of a test process do not block it, and would die of it."""
    (waiting,) = (t for t in threading.enumerate() if t.name == "signals" and t.is_alive())
    assert waiting.ident is not None
    signal.pthread_kill(waiting.ident, number)


def test_signals_become_wishes(listener: Any) -> None:
    heart = Heart()
    with watch.signals(heart, Notifier(listener.environ)):
        _send(signal.SIGHUP)
        assert heart.rest(10) is False
        assert heart.take_reload()
        assert not heart.stopping
        _send(signal.SIGTERM)
        assert heart.rest(10) is False
        assert heart.stopping
        assert listener.hear() == "STOPPING=1"


def test_what_hangs_in_one_request_is_ended_after_the_grace(listener: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GRACE_S", 0.1)
    ended: list[int] = []
    with watch.signals(Heart(), Notifier({}), ended.append):
        _send(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
    assert ended == [0]


def test_the_watchdog_is_answered_while_there_is_life_and_not_when_a_run_hangs(
    listener: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    heart = Heart()
    notifier = Notifier({**listener.environ, "WATCHDOG_USEC": "300000"})
    with watch.watchdog(heart, notifier, lambda: 0.5):
        for _ in range(6):
            heart.beat()
            time.sleep(0.1)
        assert set(listener.heard()) == {"WATCHDOG=1"}
        time.sleep(1)
        listener.heard()
        time.sleep(0.4)
        assert listener.heard() == []
    assert "test_watch.py" in capfd.readouterr().err  # where everything stands
