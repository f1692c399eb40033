import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_HERE = Path(__file__).parent


def _load(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """Builders of model entities and views, shared with the tests of reconciliation."""
    return _load("syncline_test_builders", _HERE.parent / "reconcile" / "builders.py")


@pytest.fixture(scope="session")
def worlds(build: ModuleType) -> ModuleType:
    """Small worlds of an engagement and two tools, for planning."""
    return _load("syncline_test_worlds", _HERE / "worlds.py")
