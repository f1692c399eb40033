"""Reads the OAuth credential of a Launchpad login, in either of its two forms."""

from __future__ import annotations

from configparser import Error as ConfigError

from launchpadlib.credentials import AccessToken, Consumer, Credentials
from lazr.restfulclient.errors import CredentialsError

from connectors.core.errors import FatalError


def read_credentials(text: str, *, consumer_key: str, connection: str) -> Credentials:
    """The library's credentials for a secret.

    Nothing is ever asked of a person here: a credential that does not work stays one, until it is replaced.

    Args:
        text: The INI text that launchpadlib writes (section ``[1]``), or ``token:secret``.
        consumer_key: Consumer key for the second form.
        connection: Name of the connection, for errors.

    Raises:
        FatalError: It has neither form; the message does not hold it.
    """
    text = text.strip()
    if "[" not in text:
        token, _, secret = text.partition(":")
        if token and secret and not any(c.isspace() for c in text):
            return _credentials(consumer_key, token, secret)
    else:
        try:
            found = Credentials.from_string(text)
        except (ConfigError, CredentialsError, ValueError):
            pass  # their messages hold lines of the secret
        else:
            if found.access_token.key and found.access_token.secret:
                return found
    raise FatalError(
        f"{connection}: credentials has neither the form of launchpadlib's credential file (a section [1] with"
        " consumer_key, access_token and access_secret) nor the form token:secret",
        connection=connection,
        place="credentials",
    )


def _credentials(consumer_key: str, token: str, secret: str) -> Credentials:
    credentials = Credentials()
    credentials.consumer = Consumer(consumer_key)
    credentials.access_token = AccessToken(token, secret)
    return credentials
