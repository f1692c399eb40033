"""Command line: `python -m sandbox.salesforce --state FILE --ca-file FILE`; prints `ready salesforce URL`."""

import argparse
import json
import tempfile
from pathlib import Path

from sandbox.core.command import add_options, serve_until_stopped
from sandbox.core.tls import from_files, from_new_authority
from sandbox.salesforce.service import SalesforceService


def main() -> None:
    """Serve one org over https until told to stop.

    The authority's certificate, which clients must trust, is written to `--ca-file` (and to `sandbox-ca.pem` in
    `--ca-dir`), unless a certificate of one's own is given by `--cert` and `--key`.
    """
    parser = argparse.ArgumentParser(prog="python -m sandbox.salesforce", description=main.__doc__)
    add_options(parser)
    parser.add_argument(
        "--ca-file", type=Path, help="write the certificate of the authority made at start to this file"
    )
    parser.add_argument("--ca-dir", type=Path, help="as --ca-file, into this directory, named sandbox-ca.pem")
    parser.add_argument("--cert", type=Path, help="serve this certificate (PEM) in place of one made at start")
    parser.add_argument("--key", type=Path, help="its key (PEM)")
    options = parser.parse_args()
    if bool(options.cert) != bool(options.key):
        parser.error("--cert and --key go together")
    if not (options.cert or options.ca_file or options.ca_dir):
        parser.error("one of --ca-file, --ca-dir, or --cert with --key is needed: clients must know whom to trust")
    document = json.loads(options.state.read_text(encoding="utf-8")) if options.state else {}
    service = SalesforceService(document, log_file=options.log)
    if options.cert:
        tls = from_files(cert=options.cert, key=options.key)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            tls = from_new_authority(options.ca_dir or Path(scratch))
            if options.ca_file and tls.ca_file:
                options.ca_file.write_bytes(tls.ca_file.read_bytes())
    serve_until_stopped(service, port=options.port, tls=tls)


if __name__ == "__main__":
    main()
