"""``syncline sandbox``: the stand-in services alone."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import click

from sync.cli.exits import Exit, StoppedError


@click.command(epilog="Example:  syncline sandbox --dir /tmp/box   then:  syncline -c /tmp/box/syncline.toml sync")
@click.option("--seed", default=1, show_default=True, help="Which portfolio; equal seeds give equal portfolios.")
@click.option(
    "--scale",
    default=1,
    show_default=True,
    type=click.IntRange(1, 200),
    help="How large, about 10 active engagements each.",
)
@click.option(
    "--dir", "directory", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to write."
)
@click.option("--tools", help="Only these, with commas (python -m sandbox --help names them); default: all.")
@click.option("--log", "keep_log", is_flag=True, help="Keep every exchange in DIR/logs, in the validators' form.")
def sandbox(*, seed: int, scale: int, directory: Path, tools: str | None, keep_log: bool) -> None:
    """Run the stand-in services alone, for trying a configuration.

    Writes DIR/syncline.toml, ready to use, and DIR/truth.json (what was planted), prints one line beginning with
    "ready", and serves on loopback until it is stopped.
    """
    launch = load_launcher()
    raise SystemExit(
        launch.main(seed=seed, scale=scale, dir=directory, log=keep_log, services=tools.split(",") if tools else None)
    )


def load_launcher() -> ModuleType:
    """The sandbox's launcher.

    Raises:
        StoppedError: The extra is not installed.
    """
    try:
        from sandbox import launch
    except ImportError as error:
        raise StoppedError(
            f"the stand-ins need the extra \"sandbox\" ({error.name} is missing): pip install 'syncline[sandbox]'",
            Exit.USAGE,
        ) from error
    return launch
