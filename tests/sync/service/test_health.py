from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.engine.summary import Note, Summary
from sync.service.health import answering
from sync.service.state import Freshness, State

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.loopback


def summary(**changes: Any) -> Summary:
    return Summary(run="r1", command="sync", started=NOW, duration_s=1.5, **changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str = "/health") -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_state_is_told_over_loopback_alone() -> None:
    port, told = free_port(), {"ok": True, "runs": 3}
    with answering(f"127.0.0.1:{port}", lambda: told):
        assert get(port) == (200, told)
        assert get(port, "/")[0] == 404
        told["ok"] = False
        assert get(port)[0] == 503
    with pytest.raises(OSError, match="refused"):
        get(port)


def test_the_state_is_told_on_a_unix_socket_also_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "health.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with answering(f"unix:{path}", lambda: {"ok": True}):
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            assert client.makefile("rb").read().startswith(b"HTTP/1.0 200")
    assert not path.exists()


def test_an_address_that_is_taken_does_not_stop_the_service(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with answering(f"127.0.0.1:{taken.getsockname()[1]}", dict):
            assert "cannot be told" in caplog.text


def test_a_service_is_well_as_long_as_runs_end_and_nothing_hangs() -> None:
    state = State(began=NOW, interval=timedelta(minutes=5), hang=timedelta(minutes=10))
    assert state.is_well(NOW + timedelta(minutes=20), 1)
    assert not state.is_well(NOW + timedelta(minutes=26), 1)
    assert not state.is_well(NOW, 601)
    assert not State(began=NOW, failures=1).is_well(NOW, 1)


def test_the_answer_counts_and_names_nothing_that_a_tool_holds() -> None:
    state = State(
        began=NOW,
        runs=1,
        last=summary(failed=(Note(place="jira:issues:SECRET", message="canary"),)),
        ended=NOW,
        connections={"jira": Freshness(read_at=NOW, failing=1), "crm": Freshness(read_at=None, failing=0)},
    )
    told = state.told(NOW + timedelta(seconds=90), 0.5)
    assert told["last_run"]["failed"] == 1
    assert told["last_run"]["age_s"] == 90
    assert told["connections"] == {
        "jira": {"read_at": NOW.isoformat(), "age_s": 90.0, "failing": 1},
        "crm": {"read_at": None, "age_s": None, "failing": 0},
    }
    assert "canary" not in json.dumps(told)
    assert "SECRET" not in json.dumps(told)
