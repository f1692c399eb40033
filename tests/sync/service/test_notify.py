from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sync.service.notify import Notifier

pytestmark = pytest.mark.loopback


def test_systemd_is_told_in_its_own_form(listener: Any) -> None:
    notifier = Notifier(listener.environ)
    notifier.ready()
    notifier.status("two\nlines")
    notifier.watchdog()
    notifier.stopping()
    assert listener.heard() == ["READY=1", "STATUS=two lines", "WATCHDOG=1", "STOPPING=1"]
    notifier.reloading()
    assert listener.hear().startswith("RELOADING=1\nMONOTONIC_USEC=")


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all"])
def test_nobody_to_tell_is_no_error(address: str) -> None:
    Notifier({"NOTIFY_SOCKET": address}).ready()


def test_the_watchdog_of_another_process_is_not_ours(tmp_path: Path) -> None:
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_s == 30
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 30
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}).watchdog_s is None
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_s is None
    assert Notifier({}).watchdog_s is None
