"""``syncline config``: for those who write a configuration."""

from __future__ import annotations

import json

import click

from sync import bootstrap
from sync.config.schema import config_schema


@click.group(epilog="Example:  syncline config schema > syncline.schema.json")
def config() -> None:
    """Help for those who write a configuration."""


@config.command(epilog="Example:  syncline config schema > syncline.schema.json")
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors.

    With the first line `#:schema ./syncline.schema.json` in the configuration, editors that know TOML complete keys and
    mark mistakes while you write. It reads no file and asks no tool.
    """
    click.echo(json.dumps(config_schema(bootstrap.connector_specs()), indent=2))
