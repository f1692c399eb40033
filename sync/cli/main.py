"""The command ``syncline``."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

import connectors
import mapping
import sync
from connectors.core.errors import ConnectorError
from sync.cli.app import App
from sync.cli.config import config
from sync.cli.demo import demo
from sync.cli.exits import Exit, StoppedError
from sync.cli.explain import explain
from sync.cli.init import init
from sync.cli.logs import FieldsFormatter
from sync.cli.look import deliverables, findings, requests, risks, scope, status
from sync.cli.look_at_tools import check, fields
from sync.cli.output import note
from sync.cli.remap import remap
from sync.cli.run import adopt, apply, plan, pull, sync as sync_command
from sync.cli.sandbox import sandbox
from sync.cli.service import backfill, daemon
from sync.config.credentials import CredentialError
from sync.config.problems import ConfigError
from sync.engine.lock import AlreadyRunningError
from sync.store.database import StoreError

_OURS = frozenset({"connectors", "mapping", "sync", "sandbox"})
_EPILOG = """\b
First steps:
  syncline demo                        see it work on stand-in tools, on this machine
  syncline init                        write a first configuration, by asking
  syncline check                       what is missing, and how to mend it
  syncline pull; syncline plan         read, and see every write that would be made
  syncline sync                        pull, reconcile, plan, apply: once

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 done but some records were held, failed or in conflict,
4 a brake stopped it."""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option(
    "-c",
    "--config",
    "config_path",
    envvar="SYNCLINE_CONFIG",
    default="syncline.toml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The configuration file (or SYNCLINE_CONFIG).",
)
@click.option("-v", "--verbose", count=True, help="Log what happens on standard error; twice: every request too.")
@click.version_option(version("syncline"), prog_name="syncline")
@click.pass_context
def cli(ctx: click.Context, *, config_path: Path, verbose: int) -> None:
    """One line of status for an engagement whose facts live in several tools.

    syncline reads the tools in which they lie, reconciles what was sold with what is being built and with what third
    parties owe, and writes status and risks back into the tools where people already look.
    """
    _log(verbose)
    ctx.obj = App(config_path=config_path)


_RUN = (demo, sandbox, init, pull, plan, apply, sync_command, adopt, remap, backfill, daemon)
_LOOK = (check, fields, status, scope, deliverables, risks, requests, findings, explain)
for command in (*_RUN, *_LOOK, config):
    cli.add_command(command)


def main() -> None:
    """Run the command line; the only place where an error becomes a sentence and an exit code."""
    _refuse_foreign_packages()
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        note("stopped")
        sys.exit(Exit.FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except (ConfigError, CredentialError) as error:
        note(str(error))
        sys.exit(Exit.USAGE)
    except StoppedError as error:
        note(str(error))
        sys.exit(error.code)
    except (ConnectorError, StoreError, AlreadyRunningError) as error:
        note(_named(error))
        sys.exit(Exit.FAILED)
    except SQLAlchemyError as error:
        logging.getLogger(__name__).debug("the store failed", exc_info=True)
        note(f"the store failed: {str(error).splitlines()[0]}; nothing half-done was kept (-v shows more)")
        sys.exit(Exit.FAILED)
    except KeyboardInterrupt:
        note("stopped; what was stored stays, and the next run goes on from there")
        sys.exit(Exit.FAILED)


def _named(error: Exception) -> str:
    connection = getattr(error, "connection", "")
    return f"{connection}: {error}" if connection and not str(error).startswith(connection) else str(error)


def _log(verbose: int) -> None:
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbose, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldsFormatter())
    handler.addFilter(_ours_or_a_warning)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _ours_or_a_warning(record: logging.LogRecord) -> bool:
    """Client libraries and others log headers and statements below WARNING: none of that is shown."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS


def _refuse_foreign_packages() -> None:
    """The names of our packages exist on the package index too; another's in place of ours must not run."""
    home = Path(sync.__file__ or "").resolve().parent.parent
    for package in (connectors, mapping):
        found = Path(package.__file__ or "").resolve().parent
        if found.parent != home:
            note(
                f"found a foreign package {package.__name__!r} at {found}, expected {home / package.__name__}; "
                "install syncline into a virtual environment of its own"
            )
            sys.exit(Exit.FAILED)
