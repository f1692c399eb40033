"""The shipped unit under a real systemd: ready, synced, killed, restarted without duplicates, stopped."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from benchmarks.steering import Steering
from sandbox.launch import Sandbox, running

sys.path.insert(0, str(Path(__file__).parent))
from machine import Machine, booted, lacking, tree

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "syncline.service"
CREDENTIALS = ("jira-token", "jira-dc-token", "salesforce-secret", "github-token", "launchpad-credentials")
DROP_IN = "[Service]\n" + "".join(f"LoadCredential={name}:/etc/syncline/credentials/{name}\n" for name in CREDENTIALS)


def configured(box: Sandbox) -> str:
    """The sandbox's configuration as one for the service."""
    text = box.config.read_text()
    text = text.replace("sqlite:///syncline.sqlite3", "sqlite:////var/lib/syncline/syncline.sqlite3")
    text = re.sub(r'\{ file = "([a-z-]+)" \}', r'{ credential = "\1" }', text)
    return f'{text}\n[daemon]\ninterval = "2s"\nhealth = "unix:/run/syncline/health.sock"\n'


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with running(seed=1, directory=tmp_path / "box", throttle=False) as started:
        yield started


def written(steering: Steering) -> int:
    """Requests that may have changed something so far."""
    return sum(e["method"] in ("POST", "PUT", "PATCH") for n in steering.names for e in steering.log(n))


def repeated(steering: Steering) -> list[str]:
    """What was created twice: risk issues by their marker, risk records by their external id, links by their target."""
    found: Counter[str] = Counter()
    for name in ("jira", "jira-dc"):
        for issue in steering.call("GET", name, "state").json()["issues"]:
            marker = (issue.get("properties") or {}).get("syncline")
            found.update([f"{name} {json.dumps(marker, sort_keys=True)}"] if marker else [])
    for row in steering.call("GET", "salesforce", "state").json()["records"]["Syncline_Risk__c"]:
        found[f"salesforce {row['Risk_Key__c']}"] += 1
    assert len(found) > 20
    return [what for what, times in found.items() if times > 1]


@pytest.mark.loopback
@pytest.mark.timeout(420)
def test_the_unit_serves_under_systemd(box: Sandbox, tmp_path: Path, need: Callable[[str], NoReturn]) -> None:
    if lack := lacking():
        need(lack)
    tree()
    steering = Steering(box)
    secrets = {name: (box.directory / name).read_text() for name in CREDENTIALS}
    files = {"syncline.toml": configured(box), "ca.pem": box.ca_file.read_text()}
    with booted(tmp_path / "machine", files, secrets, DROP_IN) as machine:
        machine.run("systemctl", "start", "syncline")  # returns when it has said that it is ready
        assert machine.show("ActiveState") == "active"
        killed_while_writing(machine, steering)
        machine.wait("run ")
        assert machine.show("NRestarts") == "1"
        settled(machine, steering)
        assert repeated(steering) == []
        confined(machine)
        told(machine)
        reloaded(machine)
        stopped(machine)
        log = machine.log()
        assert not [name for name, secret in secrets.items() if secret.strip() in log]
        before, found, after = log.partition("Traceback")
        assert not found, before[-500:] + found + after[:6000]


def killed_while_writing(machine: Machine, steering: Steering) -> None:
    end = time.monotonic() + 60
    while written(steering) < 20:
        assert time.monotonic() < end, machine.log()[-2000:]
        time.sleep(0.05)
    machine.run("systemctl", "kill", "--kill-who=main", "--signal=KILL", "syncline")


def settled(machine: Machine, steering: Steering) -> None:
    """Wait for runs that write nothing any more."""
    end = time.monotonic() + 90
    while len(re.findall(r"run \w+ run=\w+ .* writes=0", machine.log())) < 2:
        assert time.monotonic() < end, machine.log()[-2000:]
        time.sleep(0.5)


def confined(machine: Machine) -> None:
    """It runs as nobody in particular, and can write its own folder alone."""
    user = machine.run("stat", "-c", "%u", f"/proc/{machine.show('MainPID')}").strip()
    assert 61184 <= int(user) <= 65519, "not a dynamic user"
    store = machine.run("stat", "-L", "-c", "%a %u", "/var/lib/syncline/syncline.sqlite3").split()
    assert store == ["600", user]
    status = machine.run("cat", f"/proc/{machine.show('MainPID')}/status")
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)


def told(machine: Machine) -> None:
    assert "last run" in machine.show("StatusText")
    ask = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/syncline/health.sock');"
        "s.sendall(b'GET /health HTTP/1.0\\r\\n\\r\\n'); print(s.makefile().read())"
    )
    answer = machine.run("python3", "-c", ask)
    assert answer.startswith("HTTP/1.0 200")
    health: Any = json.loads(answer.partition("\n\n")[2])
    assert health["ok"]
    assert set(health["connections"]) == {"github", "jira", "jira-dc", "launchpad", "salesforce"}


def reloaded(machine: Machine) -> None:
    pid = machine.show("MainPID")
    config = machine.folder / "syncline.toml"
    config.write_text(config.read_text() + "\nwrong = 1\n")
    machine.run("systemctl", "reload", "syncline")
    machine.wait("stays as it was")
    assert machine.show("MainPID") == pid


def stopped(machine: Machine) -> None:
    began = time.monotonic()
    machine.run("systemctl", "stop", "syncline")
    assert time.monotonic() - began < 30
    assert (machine.show("Result"), machine.show("ExecMainStatus"), machine.show("ActiveState")) == (
        "success",
        "0",
        "inactive",
    )
    assert "asked to stop" in machine.log()


def test_the_unit_is_well_formed_and_confined(need: Callable[[str], NoReturn]) -> None:
    if shutil.which("systemd-analyze") is None:
        need("systemd-analyze (Debian: apt-get install systemd)")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    exposure = re.search(r"exposure level for syncline.service: ([\d.]+)", done.stdout)
    assert exposure, done.stderr
    assert float(exposure[1]) < 2
    done = subprocess.run(
        ["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [
        line for line in done.stderr.splitlines() if "/opt/syncline/bin/syncline is not executable" not in line
    ]
    assert complaints == []
