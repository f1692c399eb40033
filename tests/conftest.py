"""Rules for all tests: no sockets but for loopback tests, and outside evidence that CI must have."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

# How fast the machine is decides no test.
settings.register_profile(
    "here", settings.get_profile("default"), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
if not os.environ.get("CI"):  # which has a profile of hypothesis's own
    settings.load_profile("here")

_EVIDENCE = {
    "api_evidence": ("SYNCLINE_API_EVIDENCE", "folder of official API descriptions and validators"),
    "samples": ("SYNCLINE_SAMPLES", "folder of real sample records"),
}


@pytest.fixture(autouse=True)
def _log_levels() -> Iterator[None]:
    """What a command sets for its log lasts no longer than its test."""
    root = logging.getLogger()
    before = root.level
    yield
    root.setLevel(before)


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Unit tests cannot open sockets; tests marked ``loopback`` reach this machine alone."""
    if request.node.get_closest_marker("loopback"):
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()


def _evidence(name: str) -> Path:
    variable, what = _EVIDENCE[name]
    value = os.environ.get(variable, "")
    if value and Path(value).is_dir():
        return Path(value)
    reason = f"needs {variable}, the {what}"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI must have it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def api_evidence() -> Path:
    """Folder of official API descriptions, or skip (fails under CI)."""
    return _evidence("api_evidence")


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of real sample records, or skip (fails under CI)."""
    return _evidence("samples")


def _beside(name: str) -> ModuleType:
    """A module that lies beside this file: the tests' folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def products() -> ModuleType:
    """Descriptions and rows of what an org sells, for the Salesforce stand-in."""
    return _beside("products")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL server of the tests' own, or skip (fails under CI)."""
    helper = _beside("postgresql_server")
    programs = helper.binaries()
    if programs is None or importlib.util.find_spec("psycopg") is None:
        missing("PostgreSQL's server (Debian: apt-get install postgresql) and the extra syncline[postgresql]")
    with helper.running(programs) as server:
        yield server


@pytest.fixture(scope="session")
def need() -> Callable[[str], NoReturn]:
    """What a test calls for want of a program: it is skipped, or fails under CI."""
    return missing


def missing(what: str) -> NoReturn:
    """Skip, or fail under CI, for want of ``what``."""
    if os.environ.get("CI"):
        pytest.fail(f"needs {what}; CI must have it")
    pytest.skip(f"needs {what}")
