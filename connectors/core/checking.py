"""What the checks of all connectors share."""

from __future__ import annotations

from collections.abc import Callable

from connectors.core.errors import ConnectorError
from connectors.core.port import CheckResult


def guarded(name: str, look: Callable[[], CheckResult]) -> CheckResult:
    """What ``look`` finds; a connector's error is a finding too, so that a check never raises one."""
    try:
        return look()
    except ConnectorError as exc:
        return CheckResult(name=name, ok=False, found=str(exc), mend="see the message; then run the check again")
