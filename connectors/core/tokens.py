"""Keeps the tokens that tools give us at run time: in a file that only its owner can read, or for one run alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from connectors.core.errors import FatalError
from connectors.core.files import write_whole

_OWNER_ONLY = 0o600
_OTHERS = 0o077


class MemoryTokenStore:
    """Tokens for this process only: for one-off runs that leave nothing behind, and for tests."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """The token last put under ``name``, or None."""
        return self._tokens.get(name)

    def put(self, name: str, value: str) -> None:
        """Keep ``value`` under ``name`` until the process ends."""
        self._tokens[name] = value


class FileTokenStore:
    """Tokens in one JSON file of mode 0600, shared by processes of one user on one machine.

    A write is durable before ``put`` returns, and a crash leaves the old file or the new one, never a part.

    Raises:
        FatalError: (from ``get`` and ``put``) Others may read the file, it belongs to another user, or it is not ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        """The token last put under ``name``, or None."""
        return self._read().get(name)

    def put(self, name: str, value: str) -> None:
        """Keep ``value`` under ``name``."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            tokens = self._read()
            tokens[name] = value
            write_whole(self._path, json.dumps(tokens))

    def _read(self) -> dict[str, str]:
        try:
            with self._path.open(encoding="utf-8") as file:
                self._refuse_wider(os.fstat(file.fileno()))
                text = file.read()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise FatalError(f"token file {self._path} cannot be read: {exc.strerror}") from exc
        try:
            tokens = json.loads(text)
        except ValueError:
            tokens = None
        if not isinstance(tokens, dict) or not all(isinstance(v, str) for v in tokens.values()):
            raise FatalError(f"token file {self._path} is damaged; delete it, the tools will give new tokens") from None
        return tokens

    def _refuse_wider(self, found: os.stat_result) -> None:
        mode = stat.S_IMODE(found.st_mode)
        if mode & _OTHERS:
            raise FatalError(
                f"token file {self._path} has mode {mode:04o}, so others may read it; expected 0600."
                f" Replace its tokens, then: chmod 600 {self._path}"
            )
        if found.st_uid != os.geteuid():
            raise FatalError(f"token file {self._path} belongs to user id {found.st_uid}; expected {os.geteuid()}")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, _OWNER_ONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
