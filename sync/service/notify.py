"""Tells systemd how the service is, by the datagrams of sd_notify(3)."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 1.0  # with a listener whose queue is full


class Notifier:
    """Sends to the socket that ``NOTIFY_SOCKET`` names; without one it sends nothing.

    Never raises: a service does not fail because nobody listens.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_s = _watchdog_s(environ)
        """systemd restarts the service when it hears nothing for so many seconds; None: it does not watch."""

    def ready(self) -> None:
        """It has started, or has finished reading its configuration again."""
        self._send("READY=1")

    def reloading(self) -> None:
        """It begins to read its configuration again; ``ready`` must follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """It is about to end."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send("STATUS=" + " ".join(text.split()))

    def watchdog(self) -> None:
        """It is alive."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_PATIENCE_S)
                sender.sendto(message.encode(), self._address)
        except OSError as error:
            _LOG.debug("systemd could not be told: %s", error)


def _address(name: str) -> str | None:
    if name.startswith("@"):
        return "\0" + name[1:]  # an abstract socket
    return name if name.startswith("/") else None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    try:
        micros = int(environ.get("WATCHDOG_USEC", "0"))
        watched = int(environ.get("WATCHDOG_PID", str(os.getpid())))
    except ValueError:
        return None
    return micros / 1_000_000 if micros > 0 and watched == os.getpid() else None
