"""History is read to its end whatever kills the reading, and a service beside it goes on."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from benchmarks.product import command

pytestmark = pytest.mark.loopback


@contextmanager
def started(world: Any, *words: str, errors: IO[str] | int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    arguments = [command(), "-c", str(world.config), *words]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True)
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


def runs(log: Path, least: int) -> None:
    """Wait until the service has logged so many runs."""
    end = time.monotonic() + 60
    while log.read_text().count("sync.service.daemon run ") < least:
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.2)


def test_a_service_goes_on_beside_a_backfill(world: Any, tmp_path: Path) -> None:
    world.config.write_text(world.config.read_text() + '\n[daemon]\ninterval = "1s"\n')
    log = tmp_path / "log"
    with log.open("w") as stream, started(world, "daemon", errors=stream) as daemon:
        runs(log, 1)
        with started(world, "backfill", "jira", "--stream", "issues", "--json") as process:
            out, _ = process.communicate(timeout=120)
        assert json.loads(out)["reads"]["jira"]["records"] > 100
        runs(log, log.read_text().count("sync.service.daemon run ") + 1)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
    assert "Traceback" not in log.read_text()
    assert world.json("sync", code=3)["writes"] == dict.fromkeys(world.steering.names, 0)
