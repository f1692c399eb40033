"""History is read to its end whatever kills the reading, and a service beside it goes on."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.product import command

pytestmark = pytest.mark.loopback


@contextmanager
def started(world: Any, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [command(), "-c", str(world.config), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def known(world: Any, connection: str) -> set[str]:
    """References of the stored records of one connection."""
    with sqlite3.connect(world.folder / "syncline.sqlite3") as store:
        found = {ref for (ref,) in store.execute("SELECT ref FROM heads WHERE connection = ?", [connection])}
    store.close()
    return found


def reads(world: Any, connection: str) -> int:
    """Requests for history that were made so far."""
    return sum("services/data" in e["path"] for e in world.steering.log(connection))


def test_a_backfill_that_is_killed_goes_on_and_brings_all_that_a_sync_brings(untouched: Any) -> None:
    world = untouched
    for requests in (8, 20):
        before = reads(world, "salesforce")
        with started(world, "backfill", "salesforce", "--json") as process:
            end = time.monotonic() + 60
            while reads(world, "salesforce") < before + requests:
                assert process.poll() is None, "it ended before it was killed"
                assert time.monotonic() < end
            process.send_signal(signal.SIGKILL)
    summary = world.json("backfill", "salesforce", code=0)
    assert (summary["command"], summary["writes"]) == ("backfill", {})
    brought = known(world, "salesforce")
    world.json("pull", code=3)
    assert known(world, "salesforce") == brought
    assert len(brought) > 100


def test_a_service_goes_on_beside_a_backfill(world: Any) -> None:
    world.config.write_text(world.config.read_text() + '\n[daemon]\ninterval = "1s"\n')
    with started(world, "daemon") as daemon:
        time.sleep(3)
        with started(world, "backfill", "jira", "--stream", "issues", "--json") as process:
            out, _ = process.communicate(timeout=120)
        assert json.loads(out)["reads"]["jira"]["records"] > 100
        daemon.send_signal(signal.SIGTERM)
        _, log = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert log.count("sync.service.daemon run ") >= 2
    assert "Traceback" not in log
    assert world.json("sync", code=3)["writes"] == dict.fromkeys(world.steering.names, 0)
