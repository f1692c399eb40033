"""Keeps what goes wrong inside a connector within its own connection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.core.errors import ConnectorError, RetriableError

_LOG = logging.getLogger(__name__)


@contextmanager
def guarded(connection: str, doing: str) -> Iterator[None]:
    """Turn whatever a connector raises beside the errors of the port into one of them, with its traceback in the log.

    A tool that answers nonsense, or a defect of a connector, fails its own connection and not the run. Not for sending:
    there an unexpected error leaves the effect unknown.

    Raises:
        ConnectorError: As the connector raised it, or in place of what it must not raise.
    """
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        _LOG.exception("unexpected error while %s", doing, extra={"connection": connection})
        raise RetriableError(f"unexpected {type(error).__name__} while {doing}", connection=connection) from error
