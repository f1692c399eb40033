"""Remembers, beside the store and not in it, which run used the store last: so that an older copy of it is noticed."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from connectors.core.files import write_whole
from sync.store.database import Store
from sync.store.runs import knows_run

_LOG = logging.getLogger(__name__)


class Witness:
    """One small file of mode 0600. A backup of the store that is put back does not know the run that it names.

    Args:
        path: The file; made at the first run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def contradicts(self, store: Store) -> bool:
        """Whether a later run than the store knows of has used it here. A file that is absent or damaged says nothing.

        Another store under the same name (of another instance) is no older copy: the marks in the tools tell of it.
        """
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            instance, run = said["instance"], said["run"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if instance != store.instance or not isinstance(run, str):
            return False
        with store.unit_of_work() as session:
            return not knows_run(session, run)

    def note(self, instance: str, run: str) -> None:
        """Remember that ``run``, which the store knows, used it. Whole or not at all; may be repeated."""
        try:
            write_whole(self._path, json.dumps({"instance": instance, "run": run}))
        except OSError as error:
            _LOG.warning(
                "%s cannot be written (%s): an older copy of the store would not be noticed by it", self._path, error
            )
