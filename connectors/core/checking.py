"""What the checks of all connectors share."""

from __future__ import annotations

from collections.abc import Callable

from connectors.core.errors import ConnectorError, RetriableError
from connectors.core.port import CheckResult

_REFUSED = (401, 403)  # HTTP: who we are is not known, or not allowed this


def guarded(name: str, look: Callable[[], CheckResult]) -> CheckResult:
    """What ``look`` finds; a connector's error is a finding too, so that a check never raises one."""
    try:
        return look()
    except ConnectorError as exc:
        return CheckResult(name=name, ok=False, found=str(exc), mend=mend_of(exc))


def mend_of(error: ConnectorError) -> str:
    """What a person can do about an error that no check expected."""
    if isinstance(error, RetriableError):
        return "the tool did not answer or is limited: look at url and the network, then run the check again"
    if error.status in _REFUSED:
        return "give the login of this connection the permission for what is named in the message, or a new credential"
    return "do what the message says about the tool or url; then run the check again"
