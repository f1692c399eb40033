"""A store that is older than what it wrote stops and asks, and its remedy converges without a duplicate."""

from __future__ import annotations

import pytest

from benchmarks.portrait import duplicates
from benchmarks.steering import project_manager_edits

pytestmark = pytest.mark.loopback

STORE = "syncline.sqlite3"
A_MINUTE_LATER = (
    "import datetime, sync.clock as c; now = c.RealClock.now;"
    " c.RealClock.now = lambda self: now(self) + datetime.timedelta(minutes=1)"
)
"""Status texts tell their instant to the minute: two syncs of the same minute cannot be told apart by them."""


def copy_of(world) -> bytes:
    """The store file alone, as a backup of it would hold it: every command has let go of it."""
    assert not (world.folder / f"{STORE}-wal").exists()
    return (world.folder / STORE).read_bytes()


def put_back(world, copy: bytes) -> None:
    for path in world.folder.glob(f"{STORE}-*"):
        path.unlink()
    (world.folder / STORE).write_bytes(copy)


def kinds(found: list[dict]) -> set[str]:
    return {brake["kind"] for brake in found}


def test_an_older_copy_of_the_store_stops_adopts_and_converges(world) -> None:
    backup = copy_of(world)
    project_manager_edits(world.steering, world.box.truth)
    assert sum(world.json("sync")["writes"].values()) > 20
    put_back(world, backup)
    stopped = world.json("sync", code=4)
    assert kinds(stopped["brakes"]) == {"older_store"}
    assert all("`syncline adopt`" in brake["mend"] for brake in stopped["brakes"])
    assert not any(stopped["writes"].values())
    assert kinds(world.json("sync", code=4)["brakes"]) == {"older_store"}  # looking does not lift it
    taken = world.json("adopt")
    assert (taken["adopted"] > 100, any(taken["writes"].values()), taken["brakes"]) == (True, False, [])
    on = world.json("sync")
    assert (on["brakes"], on["conflicts"]) == ([], [])
    assert not any(world.json("sync")["writes"].values())
    assert duplicates(world.steering.states()) == []


def test_an_older_copy_stops_also_when_nothing_was_written_since(world) -> None:
    backup = copy_of(world)
    world.json("sync")
    put_back(world, backup)
    assert kinds(world.json("sync", code=4)["brakes"]) == {"older_store"}
    world.json("adopt")
    assert not world.json("sync")["brakes"]


def test_a_whole_folder_put_back_is_known_by_what_the_tools_show(world) -> None:
    kept = {path.name: path.read_bytes() for path in world.folder.glob(f"{STORE}*")}
    project_manager_edits(world.steering, world.box.truth)
    world.json("sync", before=A_MINUTE_LATER)
    for path in world.folder.glob(f"{STORE}*"):
        path.unlink()
    for name, content in kept.items():
        (world.folder / name).write_bytes(content)
        (world.folder / name).chmod(0o600)
    stopped = world.json("sync", code=4)
    assert kinds(stopped["brakes"]) == {"older_store"}
    assert {brake["connection"] for brake in stopped["brakes"]} >= {"jira", "salesforce"}
    world.json("adopt")
    on = world.json("sync")
    assert (on["brakes"], on["conflicts"]) == ([], [])
    assert not any(world.json("sync")["writes"].values())
    assert duplicates(world.steering.states()) == []


def test_a_new_store_takes_over_what_another_installation_wrote(world) -> None:
    for path in world.folder.glob(f"{STORE}*"):
        path.unlink()
    stopped = world.json("sync", code=4)
    assert "other_instance" in kinds(stopped["brakes"])
    world.json("adopt")
    on = world.json("sync")
    assert (on["brakes"], on["conflicts"]) == ([], [])
    assert not any(world.json("sync")["writes"].values())
    assert duplicates(world.steering.states()) == []
