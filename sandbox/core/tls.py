"""A local authority, made at start, for stand-ins whose clients speak only https."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

CA_FILE = "sandbox-ca.pem"
"""Name of the authority's certificate in its directory; clients trust this file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """What a server needs to speak TLS.

    Attributes:
        context: with certificate and key loaded.
        hostname: the name that the certificate bears and the printed address uses.
        ca_file: what clients must trust; None when the certificate came from outside.
    """

    context: ssl.SSLContext
    hostname: str
    ca_file: Path | None = None


def from_files(*, cert: Path, key: Path, hostname: str = "localhost") -> ServerTls:
    """Use a certificate and key that exist already, PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return ServerTls(context=context, hostname=hostname)


def from_new_authority(directory: Path, *, hostnames: tuple[str, ...] = ("localhost", "127.0.0.1")) -> ServerTls:
    """Make an authority and a server certificate for `hostnames`.

    Only the authority's certificate stays on disk, in `directory`. The first of `hostnames` is the one in the printed
    address. Keys never touch the disk longer than loading them takes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="syncline sandbox")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hostnames).configure_cert(context)
    ca_file = directory / CA_FILE
    authority.cert_pem.write_to_path(ca_file)
    return ServerTls(context=context, hostname=hostnames[0], ca_file=ca_file)
