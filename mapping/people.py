"""One human, many logins: joined by e-mail address or by the aliases that a user states, never by similar names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Login:
    """One login of a human in one connection.

    Attributes:
        connection: Name of the connection.
        id: The tool's id of the login (account id, user key, user record id).
        email: Its e-mail address, if the tool says so.
        name: Its display name.
    """

    connection: str
    id: str
    email: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Human:
    """One human.

    Attributes:
        key: The name that an alias gives, else the e-mail address in small letters, else ``connection:id``.
        logins: All known logins, sorted.
    """

    key: str
    logins: tuple[Login, ...]


def join(logins: Iterable[Login], aliases: Mapping[str, Sequence[str]] | None = None) -> tuple[Human, ...]:
    """Humans behind logins, sorted by key. The order of ``logins`` does not matter; the same login may come twice.

    Args:
        logins: Logins of all connections.
        aliases: By a human's key: e-mail addresses, or logins as ``connection:id``. What an alias names belongs to that
            human, with every other login of the same address.

    Raises:
        ValueError: Two aliases name the same address or login.
    """
    owner: dict[str, str] = {}
    for key, names in (aliases or {}).items():
        for name in (key, *names):
            other = owner.setdefault(_folded(name), key)
            if other != key:
                raise ValueError(f"aliases: found {name!r} under both {other!r} and {key!r}, expected it under one")
    known = sorted(set(logins), key=lambda x: (x.connection, x.id, x.email or "", x.name))
    for login in known:  # an alias for one login takes every login of the same address along
        named = owner.get(_folded(f"{login.connection}:{login.id}"))
        if named is not None and login.email:
            owner.setdefault(_folded(login.email), named)
    groups: dict[str, list[Login]] = {}
    for login in known:
        groups.setdefault(_key(login, owner), []).append(login)
    return tuple(Human(key=k, logins=tuple(groups[k])) for k in sorted(groups))


def _folded(name: str) -> str:
    return name.strip().casefold()


def _key(login: Login, owner: Mapping[str, str]) -> str:
    by_login = owner.get(_folded(f"{login.connection}:{login.id}"))
    if by_login is not None:
        return by_login
    if login.email and login.email.strip():
        return owner.get(_folded(login.email), _folded(login.email))
    return f"{login.connection}:{login.id}"
