"""A whole sync with PostgreSQL as the store gives what one with SQLite gives, and is as quiet afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.product import findings

pytestmark = pytest.mark.loopback


def test_a_sync_on_postgresql_equals_one_on_sqlite(world: Any, postgresql: Any) -> None:
    expected = sorted(findings(world.config))
    shown = {one["engagement"]: one["status"] for one in world.json("status")["engagements"]}
    world.restore("untouched")
    secret = world.folder / "store-password"
    secret.write_text(postgresql.password)
    secret.chmod(0o600)
    url = f'"{postgresql.database()}"\npassword = {{ file = "store-password" }}'
    world.configure(('"sqlite:///syncline.sqlite3"', url))
    first = world.run("-v", "sync", "--json")
    assert first.code == 3, first.err[-2000:]
    assert sum(first.json["writes"].values()) > 50
    assert sorted(findings(world.config)) == expected
    assert {one["engagement"]: one["status"] for one in world.json("status")["engagements"]} == shown
    quiet = world.json("sync", code=3)
    assert quiet["writes"] == dict.fromkeys(world.steering.names, 0)
    assert world.json("backfill", "jira", "--stream", "versions", code=3)["reads"]["jira"]["records"] > 0
    assert postgresql.password not in first.out + first.err
    assert not (world.folder / "syncline.sqlite3").exists()
