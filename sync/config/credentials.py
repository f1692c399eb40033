"""Gets secrets from where the configuration says they are."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from connectors.core.settings import Credential

_MAX_BYTES = 65_536  # a private key is below 8 kB


class CredentialError(Exception):
    """A secret is not where the configuration says; the message names the place and how to mend it, never a value."""


def secrets_of(
    settings: BaseModel,
    *,
    connection: str,
    folder: Path,
    environ: Mapping[str, str],
    known: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The secret of each ``Credential`` of ``settings``, by setting name; one that is ``known`` is not looked for.

    Raises:
        CredentialError: One is missing, empty, too large, or lies in a file that others may read.
    """
    found: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Credential) and name in (known or {}):
            found[name] = (known or {})[name]
        elif isinstance(value, Credential):
            place = f"connections.{connection}.{name}"
            found[name] = secret(value, place=place, folder=folder, environ=environ)
    return found


def secret(credential: Credential, *, place: str, folder: Path, environ: Mapping[str, str]) -> str:
    """The one secret that ``credential`` names; ``place``: the key that it stands under, for the message.

    Raises:
        CredentialError: It is missing, empty, too large, or lies in a file that others may read.
    """
    if credential.env is not None:
        return _filled(environ.get(credential.env, ""), place, f"environment variable {credential.env}")
    if credential.credential is not None:
        directory = environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            raise CredentialError(
                f"{place}: found no CREDENTIALS_DIRECTORY in the environment; expected to run under systemd with "
                f"LoadCredential={credential.credential}:…, or use env, file or keyring instead"
            )
        path = Path(directory) / credential.credential
        return _file(path, place, f"systemd credential {credential.credential}")
    if credential.file is not None:
        path = folder / credential.file
        return _private(path, place)
    return _keyring(credential.keyring or "", place)


def _private(path: Path, place: str) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise CredentialError(f"{place}: found no file {path} ({error.strerror}); expected the secret in it") from error
    if mode & 0o077:
        raise CredentialError(
            f"{place}: found {path} with mode {mode:04o}, which others may read; expected 0600: chmod 600 {path}"
        )
    return _file(path, place, f"file {path}")


def _file(path: Path, place: str, name: str) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise CredentialError(f"{place}: found no readable {name} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CredentialError(f"{place}: found {name} that is not text; expected UTF-8") from error
    if len(data) > _MAX_BYTES:
        raise CredentialError(f"{place}: found {name} of over {_MAX_BYTES} bytes; expected a token or a key")
    return _filled(text, place, name)


def _filled(text: str, place: str, name: str) -> str:
    value = text.strip()
    if not value:
        raise CredentialError(f"{place}: found nothing in {name}; expected the secret there")
    return value


def _keyring(entry: str, place: str) -> str:
    try:
        import keyring  # an extra: only laptops have one
    except ImportError as error:
        raise CredentialError(
            f"{place}: found no keyring support; expected the extra: pip install 'syncline[keyring]'"
        ) from error
    value: str | None = keyring.get_password("syncline", entry)
    return _filled(value or "", place, f"keyring entry {entry} of service syncline")
