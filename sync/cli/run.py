"""The commands that run: pull, plan, apply, sync."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.text import Text

from connectors.core.files import write_whole
from sync import bootstrap
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit, StoppedError
from sync.cli.facts import refuse_when_nothing_read
from sync.cli.output import Bars, json_option, print_json, say, say_hanging, table
from sync.engine.run import Engine
from sync.engine.summary import Ending, Summary
from sync.plan import codec
from sync.plan.types import Plan
from sync.show.plans import plan_json, plan_lines, short

EXITS = {
    Ending.DONE: Exit.DONE,
    Ending.FAILED: Exit.FAILED,
    Ending.PARTLY: Exit.PARTLY,
    Ending.BRAKED: Exit.BRAKE,
}
_SHOWN = 60  # lines of a plan or list shown on a terminal before "… and more"
_PLACES = 5  # places named beside one message


@contextmanager
def running(app: App, accept_emptied: Collection[str] = ()) -> Iterator[Engine]:
    """The engine on the store and the live connections, with progress shown."""
    the_clock = bootstrap.clock()
    with (
        app.store() as store,
        bootstrap.connected(app.config, the_clock) as live,
        Bars().shown() as bars,
    ):
        yield bootstrap.engine(app.config, store, live, the_clock, bars, accept_emptied)


def _run(
    ctx: click.Context,
    app: App,
    step: Callable[[Engine], Summary],
    *,
    as_json: bool,
    accept_emptied: Collection[str] = (),
) -> None:
    with running(app, accept_emptied) as engine:
        summary = step(engine)
    end(ctx, summary, as_json=as_json)


def end(ctx: click.Context, summary: Summary, *, as_json: bool) -> None:
    """Show a summary and exit by it."""
    if as_json:
        print_json(summary.to_json())
    else:
        tell_summary(summary)
    ctx.exit(EXITS[summary.ending])


def _partitions(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    for value in values:
        if value.count(":") < 2 or not all(value.split(":", 2)):
            raise click.BadParameter(f"found {value!r}, expected connection:stream:KEY as the brake names it")
    return frozenset(values)


_accept_option = click.option(
    "--accept-emptied",
    multiple=True,
    metavar="CONNECTION:STREAM:KEY",
    callback=_partitions,
    help="A source that a brake found emptied really is that empty; may be given several times.",
)


@click.command(epilog="Example:  syncline -c syncline.toml sync")
@_accept_option
@json_option
@pass_app
@click.pass_context
def sync(ctx: click.Context, app: App, *, accept_emptied: frozenset[str], as_json: bool) -> None:
    """Pull, reconcile, plan and apply: once.

    A tool that is down, slow or talks nonsense is named, and what rests on it turns unknown; the rest goes on.
    """
    _run(ctx, app, Engine.sync, as_json=as_json, accept_emptied=accept_emptied)


@click.command(epilog="Example:  syncline pull      then:  syncline status")
@_accept_option
@json_option
@pass_app
@click.pass_context
def pull(ctx: click.Context, app: App, *, accept_emptied: frozenset[str], as_json: bool) -> None:
    """Read what changed, map and reconcile it. Writes nothing to any tool."""
    _run(ctx, app, Engine.pull, as_json=as_json, accept_emptied=accept_emptied)


@click.command(epilog="Example:  syncline plan --out plan.json      then:  syncline apply plan.json")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the plan in this file for apply.")
@json_option
@pass_app
@click.pass_context
def plan(ctx: click.Context, app: App, *, out: Path | None, as_json: bool) -> None:
    """Show every write that would be made: target, field, before, after, reason. Nothing has happened yet.

    It is made from what was last pulled, without a request. Exit code 4 when a brake would stop it, 3 when something is
    in conflict or held.
    """
    with app.store() as store:
        refuse_when_nothing_read(app, store)
    with running(app) as engine:
        made, summary = engine.plan()
    if out is not None:
        write_whole(out, codec.dumps(made))  # its owner's alone: a plan tells what is confidential
    if as_json:
        print_json(plan_json(made, summary.failed, summary.to_json()["remapped"]))
    else:
        tell_plan(made)
        tell_remapped(summary)
        tell_notes("failed", [(n.place, n.message) for n in summary.failed])
    ctx.exit(EXITS[summary.ending])


@click.command(epilog="Example:  syncline apply plan.json")
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@pass_app
@click.pass_context
def apply(ctx: click.Context, app: App, *, plan_file: Path, as_json: bool) -> None:
    """Carry out a plan that `syncline plan --out` kept. What has changed since is refused and named."""
    try:
        made = codec.loads(plan_file.read_text(encoding="utf-8"))
    except (codec.PlanFormatError, UnicodeDecodeError) as error:
        raise StoppedError(f"{plan_file}: {error}", Exit.USAGE) from error
    _run(ctx, app, lambda engine: engine.apply(made), as_json=as_json)


@click.command(epilog="Example:  syncline adopt      then:  syncline plan      then:  syncline sync")
@json_option
@pass_app
@click.pass_context
def adopt(ctx: click.Context, app: App, *, as_json: bool) -> None:
    """Take what the tools show of syncline's own as written by this store: after a restored backup, or another's end.

    Reads everything and writes nothing to any tool. Records that bear a mark of syncline are taken over as they are
    now, so that nothing is made twice. Make sure first that no other installation writes there.
    """
    _run(ctx, app, Engine.adopt, as_json=as_json)


def tell_summary(summary: Summary) -> None:
    """A run in some lines."""
    rows = [
        (name, str(reads.records), str(reads.requests), str(summary.writes.get(name, 0)))
        for name, reads in summary.reads.items()
    ]
    table("", ("connection", "records read", "requests", "writes"), rows)
    if summary.command == "adopt":
        say(f"taken over as the tools show them: {summary.adopted} fields. Next: syncline plan")
    if summary.reconciled:
        say(f"reconciled: {', '.join(summary.reconciled)}")
    tell_remapped(summary)
    for title, notes in (("failed", summary.failed), ("held", summary.held), ("made again", summary.remade)):
        tell_notes(title, [(n.place, n.message) for n in notes])
    conflicts = [
        (c.target_key, f"{c.field}: a person wrote {short(c.theirs)}, ours is {short(c.ours)} ({c.policy.value})")
        for c in summary.conflicts
    ]
    tell_notes("in conflict", conflicts)
    tell_notes("stopped by a brake", [(b.connection, f"{b.message}. {b.mend}") for b in summary.brakes])
    say(f"{summary.command} {summary.ending.value} in {summary.duration_s:.1f} s (run {summary.run})")


def tell_remapped(summary: Summary) -> None:
    """What became of stored records that another mapping had mapped, connection by connection."""
    for name, found in summary.remapped.items():
        most = [f"{what} {count}" for what, count in list(found.by_attribute().items())[:_PLACES]]
        say_hanging(
            f"{name}: {found.records} stored records were mapped again, since the mapping or the tool's fields changed;"
            f" {found.otherwise} became otherwise" + (f": {', '.join(most)}" if most else "")
        )


def tell_plan(made: Plan) -> None:
    """A plan record by record: why each is written, and each field before and after."""
    lines = list(plan_lines(made))
    for line in lines[:_SHOWN]:
        say_hanging(line)
    if len(lines) > _SHOWN:
        say(f"… and {len(lines) - _SHOWN} more lines (--json shows all)")
    if not made.writes:
        say("nothing to write: every tool shows what it is to show, as far as it was read and may be written")
    tell_notes("held", [(h.target, f"{h.rule}: {h.reason}") for h in made.held])
    tell_notes("in conflict", [(c.target_key, f"{c.field}: a person wrote {short(c.theirs)}") for c in made.conflicts])
    tell_notes("a brake would stop it", [(b.connection, f"{b.message}. {b.mend}") for b in made.brakes])
    say(f"plan {made.id}: {len(made.writes)} writes")


def tell_notes(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """What was held, failed or stopped, by place; what is the same for several places is told once."""
    if not rows:
        return
    say(Text(f"{title}: {len(rows)}", style="bold"))
    alike: dict[str, list[str]] = {}
    for place, message in rows:
        alike.setdefault(message, []).append(place)
    for message, places in list(alike.items())[:_SHOWN]:
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        say_hanging(f"  {', '.join(places[:_PLACES])}{more}: {message}")
    if len(alike) > _SHOWN:
        say(f"  … and {len(alike) - _SHOWN} more (--json shows all)")
