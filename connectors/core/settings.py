"""Pieces that the settings models of all connectors are made of."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator


def plain_number(value: object) -> object:
    """A value that is no text and no truth value, which pydantic would take for a number.

    Raises:
        ValueError: It is one.
    """
    if isinstance(value, (bool, str)):
        raise ValueError("expected a number")  # noqa: TRY004 - pydantic turns only this one into a problem
    return value


Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(plain_number)]
"""A number as TOML writes it, and finite: no text that holds one, and no truth value."""


class Credential(BaseModel):
    """Where a secret is to be found; never the secret itself. Exactly one of the four is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    credential: str | None = None
    """Name of a systemd credential (``$CREDENTIALS_DIRECTORY/NAME``)."""
    env: str | None = None
    """Name of an environment variable."""
    file: str | None = None
    """Path of a file with mode 0600 (relative paths: from the configuration file's folder)."""
    keyring: str | None = None
    """Name of an entry of the service ``syncline`` in the system keyring."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Credential:
        given = [n for n in ("credential", "env", "file", "keyring") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError("expected exactly one of credential, env, file, keyring")
        name = getattr(self, given[0])
        if not name.strip() or not name.isprintable():
            raise ValueError(f"expected a name at {given[0]}")
        if self.credential is not None and "/" in name:
            raise ValueError("expected the name of a systemd credential, which is no path; a path goes to file")
        return self


class ConnectionSettings(BaseModel):
    """What every ``[connections.x]`` table may hold, beside what its connector adds.

    Unknown keys are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    owned: tuple[str, ...] = ()
    """Outward rules that syncline may write by on this connection (``anchor.status``, ``risk.issue`` …).

    Empty: read only."""
    first_write_approved: StrictBool = False
    """False: the first write ever to this connection stops and asks (a brake)."""
    requests_per_hour: Annotated[StrictInt, Field(ge=1)] | None = None
    """Most requests in any 60 minutes; None: no own limit, the tool's limits are honoured anyway."""
    timeout_s: Annotated[Number, Field(gt=0, le=3600)] = 30.0
    """Longest wait for an answer, in seconds."""
    patience_s: Annotated[Number, Field(gt=0, le=3600)] = 30.0
    """Longest time, in seconds, that a run goes on trying a tool that fails; at least ``timeout_s``.

    Then it is given up until the next run, and the other tools flow."""


def web_address(value: str, example: str) -> str:
    """``value`` without a slash at its end, if it is the address of a tool.

    Raises:
        ValueError: It is no http address, or holds a user, a password, a query or a fragment.
    """
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"expected an address such as {example}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address without user, password, query or fragment")
    return value.rstrip("/")
