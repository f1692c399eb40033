"""``syncline init``: writes a first configuration, by asking or from flags."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from connectors.core.errors import ConnectorError
from connectors.core.files import write_whole
from connectors.core.port import CheckResult, ConnectorSpec
from mapping.rules import compile_rules
from sync import bootstrap
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit, StoppedError
from sync.cli.init_ask import Dialogue
from sync.cli.init_flags import Flags, as_flags, is_credential, problems_of, read_flags, told
from sync.cli.init_look import Found, left_undecided, left_unfound, read_places, trial, try_connection
from sync.cli.init_prompts import one_of
from sync.cli.look_at_tools import checked, show_results
from sync.cli.output import note, say
from sync.config.credentials import CredentialError
from sync.config.draft import Decision, Draft, FieldName
from sync.config.load import Config
from sync.config.problems import ConfigError
from sync.reconcile.words import counted

_EPILOG = """\b
Examples:
  syncline init                      asks, on a terminal
  syncline -c new.toml init          writes another file
  syncline init --connection NAME=https://HOST --set NAME.KEY=VALUE --secret NAME.KEY=file:PATH \\
      --engagement KEY --anchor KEY=NAME:ANCHOR --place KEY=OTHER:PLACE
"""


class _WithWays(click.Command):
    """Tells below the options what is asked for each kind of connection, as its connector says."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        rows = []
        for kind, spec in sorted(bootstrap.connector_specs().items()):
            for way in spec.ways:
                given = [f"--set NAME.{key}={value}" for key, value in way.given.items()]
                names = [q.setting for q in way.questions if q.setting != "url"]
                asked = [f"--secret NAME.{n}=PLACE" if is_credential(spec, n) else f"--set NAME.{n}=…" for n in names]
                rows.append((f"{kind}: {way.title}", " ".join([*given, *asked])))
        with formatter.section("What is asked for each kind of connection, beside its address"):
            formatter.write_dl(rows)


@click.command(cls=_WithWays, epilog=_EPILOG)
@click.option("--connection", "connections", multiple=True, metavar="NAME=URL", help="An account on a tool.")
@click.option("--set", "settings", multiple=True, metavar="NAME.KEY=VALUE", help="A setting of it: docs/connectors.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME.KEY=PLACE", help="Where a secret is; see above.")
@click.option("--engagement", "engagements", multiple=True, metavar="KEY", help="One, or KEY=CONNECTION:RECORD.")
@click.option("--place", "places", multiple=True, metavar="KEY=CONNECTION:PLACE", help="Where its work is.")
@click.option("--anchor", "anchors", multiple=True, metavar="KEY=CONNECTION:ANCHOR", help="A place by its anchor.")
@click.option("--no-input", is_flag=True, help="Ask nothing, even on a terminal.")
@click.option("--offline", is_flag=True, help="With --no-input or without a terminal: ask no tool either.")
@click.option("--dry-run", is_flag=True, help="Print the configuration instead of writing it; keep no secret.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there.")
@pass_app
def init(app: App, /, *, no_input: bool, offline: bool, dry_run: bool, force: bool, **flags: Any) -> None:
    """Write a first configuration: by asking on a terminal, else from the flags alone.

    It asks for each tool how to log in and tries that at once; shows which engagements, projects and repositories are
    there, to choose from; and asks what the values mean that your workflows have and the mapping does not know. A value
    that nobody decided is kept as it is and listed in the file. Nothing is written to any tool, the configuration lets
    syncline write nothing until you say so, and a file that is there is not replaced.

    A secret is never given as a flag and never lies in the configuration. PLACE says where it is: file:PATH (mode 0600;
    from the configuration's folder), env:NAME, credential:NAME (of systemd) or keyring:NAME. On a terminal it can be
    typed, unseen, and is kept in a file of mode 0600 in the folder secrets beside the configuration.

    NAME is the kind of the tool (see below), or begins with it and a hyphen. What flags say is not asked again.
    """
    path = app.config_path.absolute()
    if not dry_run:
        _refuse(path, force=force)
    specs = bootstrap.connector_specs()
    draft = read_flags(Flags(**flags), specs)
    typed: Mapping[bootstrap.Setting, str] = {}
    if no_input or not sys.stdin.isatty():
        _from_flags(draft, path, specs, offline=offline)
    else:
        typed = _by_asking(draft, path, specs)
    if dry_run:
        click.echo(draft.text(), nl=False)
        return
    _refuse(path, force=force)
    _write(draft, typed, path)
    _tell(draft, app.config_path)


def _refuse(path: Path, *, force: bool) -> None:
    if not path.parent.is_dir():
        raise StoppedError(f"there is no folder {path.parent}; make it first", Exit.USAGE)
    if path.exists() and not force:
        raise StoppedError(
            f"{path.name} is there already and was left as it is; name another (-c FILE), or give --force",
            Exit.USAGE,
        )


def _from_flags(draft: Draft, path: Path, specs: Mapping[str, ConnectorSpec], *, offline: bool) -> None:
    """Complete a draft without asking, and look at it.

    Raises:
        StoppedError: It is not valid, or a tool refuses it; the message says everything that is wrong.
    """
    _fill_records(draft, specs)
    config = _valid(draft, path, specs)
    if offline:
        return
    found, results = Found(), {}
    for name in draft.connections:
        note(f"trying {name} …")
        results[name] = try_connection(draft, {}, path, name, found)
    if not (_all_well(results) and _whole(draft, {}, path)):
        raise StoppedError("nothing was written; mend this, or give --offline to write it without asking the tools")
    places = {n: [p.place for e in config.engagements.values() for p in e.places if p.connection == n] for n in results}
    try:
        read_places(draft, {}, path, {n: list(dict.fromkeys(several)) for n, several in places.items()}, found)
    except ConnectorError as error:
        note(f"not all places could be looked at: {error}")
    draft.decisions += [Decision(kind=kind, about=one, means=None) for kind, one in left_undecided(draft, found)]
    draft.fields += [FieldName(kind=kind, about=one, name=None) for kind, one in left_unfound(draft, found)]


def _by_asking(draft: Draft, path: Path, specs: Mapping[str, ConnectorSpec]) -> Mapping[bootstrap.Setting, str]:
    """Complete a draft by asking; the secrets that were typed.

    Raises:
        StoppedError: The person stopped it; the message says how to go on.
    """
    dialogue = Dialogue(path=path, specs=specs, draft=draft)
    try:
        dialogue.run()
        _fill_records(draft, specs)
        _valid(draft, path, specs)
        say("\nlooking at everything once more …")
        well = _whole(draft, dialogue.secrets, path)
        written = well or one_of("Write it nevertheless", ["yes", "no"], default="yes") == "yes"
    except (click.Abort, KeyboardInterrupt) as error:
        again = as_flags(draft, dialogue.secrets)
        raise StoppedError(f"stopped; nothing was written. To go on with what was answered:\n{again}") from error
    if not written:
        raise StoppedError("nothing was written")
    used = {(n, k) for n, t in draft.connections.items() for k in t}
    return {at: value for at, value in dialogue.secrets.items() if at in used}


def _fill_records(draft: Draft, specs: Mapping[str, ConnectorSpec]) -> None:
    """Say where the commercial records are, when only one connection can have them."""
    makers = [
        name
        for name, table in draft.connections.items()
        if any(
            r.makes == "engagement" for r in compile_rules(table["kind"], specs[table["kind"]].mapping(), None).entities
        )
    ]
    for table in draft.engagements.values():
        if not table["record"]["connection"] and len(makers) == 1:
            table["record"]["connection"] = makers[0]


def _valid(draft: Draft, path: Path, specs: Mapping[str, ConnectorSpec]) -> Config:
    try:
        return bootstrap.check_text(path, draft.text())
    except ConfigError as error:
        raise StoppedError(told(problems_of(error, draft, specs)), Exit.USAGE) from error


def _whole(draft: Draft, typed: Mapping[bootstrap.Setting, str], path: Path) -> bool:
    """Whether all connections are as they must be for all places; what is not is shown."""
    config = bootstrap.check_text(path, draft.text())
    try:
        with trial(draft, typed, path) as live:
            return _all_well({name: list(checked(bootstrap.named(config), one)) for name, one in live.items()})
    except (CredentialError, ConnectorError) as error:
        say(str(error))
        return False


def _all_well(results: Mapping[str, list[CheckResult]]) -> bool:
    for name, several in results.items():
        wrong = [r for r in several if r.ok is False]
        if wrong:
            show_results(f"\n{name}", wrong)
    return not any(r.ok is False for several in results.values() for r in several)


def _write(draft: Draft, typed: Mapping[bootstrap.Setting, str], path: Path) -> None:
    """The secrets, then the configuration; all of them or none.

    Raises:
        StoppedError: They cannot be written.
    """
    made: list[Path] = []
    try:
        for (name, setting), value in typed.items():
            file = path.parent / draft.connections[name][setting]["file"]
            file.parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(file, value + "\n")
            made.append(file)
        write_whole(path, draft.text())
    except BaseException as error:
        for file in made:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StoppedError(f"nothing was written: {error}") from error
        raise


def _tell(draft: Draft, path: Path) -> None:
    connections = counted(len(draft.connections), "connection", "connections")
    engagements = counted(len(draft.engagements), "engagement", "engagements")
    say(f"\nwritten: {path} ({connections}, {engagements})")
    open_ = sum(one.means is None for one in draft.decisions) + sum(one.name is None for one in draft.fields)
    if open_:
        say(f"not decided: {open_} (values that the mapping does not know, fields that are not there): see its end")
    command = "syncline" if path == Path("syncline.toml") else f"syncline -c {path}"
    say(f"Next: {command} check, then {command} pull and {command} status: they read only.")
    say(f"{command} plan shows every write that would be made, once the file lets syncline own something.")
