"""``syncline demo``: the main job on stand-in tools, on this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.text import Text

from sync.cli.app import App
from sync.cli.demo_least import Least, least_requests, rows_of
from sync.cli.demo_tools import look
from sync.cli.exits import Exit, StoppedError
from sync.cli.look import tell_status
from sync.cli.output import say, table
from sync.cli.past import looking
from sync.cli.run import running
from sync.cli.sandbox import load_launcher
from sync.engine.run import Engine
from sync.engine.summary import Summary
from sync.show.facts import Facts
from sync.show.portfolio import findings_json, status_json
from sync.show.text import one_line


@click.command(epilog="Example:  syncline demo --seed 7      or, keeping everything:  syncline demo --dir /tmp/demo")
@click.option("--seed", default=1, show_default=True, help="Which portfolio.")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(1, 50), help="How large.")
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="Keep all files here.")
@click.pass_context
def demo(ctx: click.Context, *, seed: int, scale: int, directory: Path | None) -> None:
    """Start the stand-in services, sync a realistic portfolio through the real client libraries, show what comes of it.

    Shows the portfolio's status, what a person now sees in each tool (read back by plain HTTP), how many requests were
    made against the least possible, and a second run that writes nothing. Exit code 1 when the findings are not exactly
    those that were planted, or the second run writes.
    """
    launch = load_launcher()
    with _folder(directory) as folder:
        say(Text("1. Starting stand-ins of the tools on loopback", style="bold"))
        try:
            with launch.running(seed=seed, scale=scale, directory=folder) as sandbox:
                for name, url in sandbox.urls.items():
                    say(f"   {name}: {url}")
                fine = _show(App(config_path=Path(sandbox.config)), Path(sandbox.truth))
        except launch.ChildFailedError as error:
            raise StoppedError(str(error)) from error
        if directory is not None:
            say(f"\nKept in {folder}; start the stand-ins again with: syncline sandbox --seed {seed} --dir {folder}")
    ctx.exit(Exit.DONE if fine else Exit.FAILED)


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="syncline-demo-") as name:
        yield Path(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    summary: Summary
    least: Mapping[str, Least]


def _show(app: App, truth: Path) -> bool:
    say(Text("\n2. Syncing: pull, reconcile, plan, apply", style="bold"))
    first = _sync(app, None)
    with app.store() as store, looking(app, store, None) as look:
        facts = look.facts()
    say(Text("\n3. The portfolio", style="bold"))
    tell_status(status_json(facts), facts)
    exact = _compared(facts, truth)
    say(Text("\n4. What a person now sees in each tool (plain HTTP requests, not our connectors)", style="bold"))
    _tell_seen(app, facts)
    say(Text("\n5. A second run", style="bold"))
    second = _sync(app, first)
    say(Text("\n6. Requests made against the least possible", style="bold"))
    _tell_requests(("first run", first), ("second run", second))
    quiet = sum(second.summary.writes.values()) == 0
    say(Text(f"\nThe second run made {sum(second.summary.writes.values())} writes.", style="green" if quiet else "red"))
    return exact and quiet


def _sync(app: App, before: _Ran | None) -> _Ran:
    with running(app) as engine:
        summary = Engine.sync(engine)
    with app.store() as store:
        least = least_requests(app.config, store, summary, first=before is None)
    writes = sum(summary.writes.values())
    read = sum(r.records for r in summary.reads.values())
    say(f"   {read} records read, {writes} writes, {summary.duration_s:.1f} s")
    places = sorted({note.place.rpartition(":")[2] for note in summary.failed})
    if places:
        say(f"   could not be read, and so is not known: {', '.join(places)} (planted: the login may not see them)")
    return _Ran(summary=summary, least=least)


def _compared(facts: list[Facts], truth: Path) -> bool:
    planted = json.loads(truth.read_text(encoding="utf-8"))["findings"]
    wanted = {(f["engagement"], f["kind"], f["subject"]) for f in planted}
    found = {(f["engagement"], f["kind"], f["subject"]) for f in findings_json(facts)["findings"]}
    missing, extra = len(wanted - found), len(found - wanted)
    style = "green" if not missing and not extra else "bold red"
    say(Text(f"{len(found)} findings; planted {len(wanted)}; missing {missing}, extra {extra}", style=style))
    return not missing and not extra


def _tell_seen(app: App, facts: list[Facts]) -> None:
    seen = look(app.config.path, _most_telling(app, facts))
    for one in seen:
        say(Text(f"{one.tool}: {one.place}", style="bold cyan"))
        for name, value in one.lines.items():
            first, *rest = value.splitlines() or [""]
            say(f"   {name}: {one_line(first, 120)}")
            for line in rest:
                say(f"      {one_line(line, 120)}")
        for risk in one.risks:
            told = one_line(risk.title, 100) or "its text stays where it may be seen"
            say(f"   risk {risk.id} ({risk.state}): {told}")
    risks = {frozenset(risk.id for risk in one.risks) for one in seen}
    same = len(risks) == 1
    agreed = f"the same {len(seen[0].risks)} risks in all {len(seen)} places"
    words = agreed if same else "the tools show different risks"
    say(Text(words, style="green" if same else "bold red"))


def _most_telling(app: App, facts: list[Facts]) -> str:
    """The engagement that shows in most tools; of these the one with most risks."""
    connections = app.config.connections

    def telling(fact: Facts) -> tuple[int, int, str]:
        anchored = {p.connection for p in fact.view.places if p.anchor_key} if fact.view is not None else ()
        kinds = {connections[name].spec.kind for name in anchored}
        return len(kinds), len(fact.risks), fact.key

    return max((f for f in facts if f.status is not None), key=telling).key


def _tell_requests(*runs: tuple[str, _Ran]) -> None:
    rows = [(name, *row) for name, ran in runs for row in rows_of(ran.summary, ran.least)]
    table("", ("", "connection", "made", "least", "of that start-up", "reading", "writing", "ratio"), rows)
    say("least: the fewest requests that the tool's API needs for the same work (README.md)")
