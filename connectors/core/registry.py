"""Finds the connectors: the folders beside ``core``, then plug-ins by entry point."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from connectors.core.port import ConnectorSpec

ENTRY_POINT_GROUP = "syncline.connectors"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What was found.

    Attributes:
        specs: Connectors by kind; those of syncline itself come first and cannot be replaced by a plug-in.
        broken: Name of each folder or entry point that is not a working connector, with why.
    """

    specs: Mapping[str, ConnectorSpec]
    broken: Mapping[str, str]

    def get(self, kind: str) -> ConnectorSpec:
        """The connector of a kind.

        Raises:
            LookupError: There is none; the message names those there are.
        """
        if kind in self.specs:
            return self.specs[kind]
        why = f" ({kind} is installed, but broken: {self.broken[kind]})" if kind in self.broken else ""
        raise LookupError(f"no connector of kind {kind!r}; there are {', '.join(sorted(self.specs))}{why}")


def load_connectors(plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Find all connectors. A broken one is named and stops no other.

    Args:
        plugins: Entry points to look at; None: those installed in the group ``syncline.connectors``.
    """
    specs: dict[str, ConnectorSpec] = {}
    broken: dict[str, str] = {}
    for name in _folders():
        _take(name, partial(_spec_of_folder, name), specs, broken)
    for point in entry_points(group=ENTRY_POINT_GROUP) if plugins is None else plugins:
        _take(point.name, point.load, specs, broken)
    return Registry(specs=specs, broken=broken)


def _root() -> str:
    """Name of the package that holds ``core`` and the connectors."""
    return __name__.split(".", maxsplit=1)[0]


def _folders() -> list[str]:
    package = Path(__file__).parent.parent
    return sorted(m.name for m in pkgutil.iter_modules([str(package)]) if m.ispkg and m.name != "core")


def _spec_of_folder(name: str) -> object:
    spec: object = importlib.import_module(f"{_root()}.{name}").SPEC
    return spec


def _take(name: str, load: Callable[[], object], specs: dict[str, ConnectorSpec], broken: dict[str, str]) -> None:
    try:
        spec = load()
    except Exception as exc:
        _logger.warning("connector %s cannot be loaded", name, exc_info=True)
        broken[name] = f"cannot be loaded: {type(exc).__name__}: {exc}"
        return
    if not isinstance(spec, ConnectorSpec):
        broken[name] = f"SPEC is a {type(spec).__name__}; expected a ConnectorSpec"
    elif spec.kind != name:
        broken[name] = f"its SPEC says kind {spec.kind!r}; expected {name!r}, the name it is found by"
    elif name in specs:
        broken[f"{name} (entry point)"] = f"there is a connector of kind {name!r} already; the first one stays"
    else:
        specs[name] = spec
