"""The commands that look at the model: status, scope, deliverables, risks, findings. They ask no tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from rich.text import Text

from sync.cli.app import App, pass_app
from sync.cli.facts import refuse_when_unread
from sync.cli.output import json_option, note, print_json, say, table
from sync.cli.past import as_of_option, looking, moment, past_options
from sync.engine.past import Moment
from sync.reconcile.freshness import instant_text
from sync.reconcile.result import FindingKind
from sync.show.facts import CONFIGURATION, Facts
from sync.show.ledger import deliverables_json, scope_json
from sync.show.portfolio import findings_json, risks_json, status_json
from sync.show.registers import is_closed, requests_json
from sync.show.text import age, light, one_line, severity

_engagement = click.argument("engagement", required=False)


def _show(
    app: App,
    engagement: str | None,
    at: Moment | None,
    make: Callable[[Sequence[Facts]], dict[str, Any]],
    tell: Callable[[dict[str, Any], list[Facts]], None],
    *,
    as_json: bool,
    unread_too: bool = False,
) -> None:
    """Show what is made of the engagements; ``unread_too``: also of those that were never read."""
    with app.store() as store, looking(app, store, at) as look:
        facts = look.facts(app.engagement_of(look.gathering.engagements, engagement))
        if not unread_too:
            refuse_when_unread(app, store, facts)
        data = make(facts)
    if not facts and app.config.discoveries:
        note("no engagement was discovered yet: run syncline pull; syncline check lists what it would find")
    unread = [one.key for one in facts if one.view is None]
    if unread and not unread_too:
        note(f"left out, since their records were never read (see syncline status): {', '.join(unread)}")
    if as_json:
        print_json(look.told(data))
    else:
        tell(data, facts)


@click.command(epilog="Examples:  syncline status      syncline status NIM-01      syncline status --json")
@_engagement
@past_options
@json_option
@pass_app
def status(
    app: App, *, engagement: str | None, as_of: datetime | None, true_at: datetime | None, as_json: bool
) -> None:
    """Show the status of each engagement with its foremost reasons and the age of what it rests on.

    With ENGAGEMENT: every dimension, its reasons, and the smallest change that turns it green.
    """
    tell = _tell_one if engagement else tell_status
    _show(app, engagement, moment(as_of, true_at), status_json, tell, as_json=as_json, unread_too=True)


def tell_status(data: dict[str, Any], facts: list[Facts]) -> None:
    """The portfolio as one table."""
    rows = []
    for one, fact in zip(data["engagements"], facts, strict=True):
        reasons = [r["text"] for r in one["reasons"]]
        more = f" (+{len(reasons) - 1} more)" if len(reasons) > 1 else ""
        told = one_line(reasons[0], 110) + more if reasons else _last(one)
        true_of = age(fact.status.true_of, fact.now) if fact.status else ""
        rows.append((light(one["status"]), one["engagement"], one["name"], told, str(one["open_risks"]), true_of))
    table("", ("status", "key", "engagement", "foremost reason", "risks", "true of"), rows)


def _tell_one(data: dict[str, Any], facts: list[Facts]) -> None:
    for one, fact in zip(data["engagements"], facts, strict=True):
        head = Text.assemble(light(one["status"]), f"  {one['engagement']}  {one['name']}  ({one['account']})")
        say(head)
        if fact.status is not None:
            since = f"; unchanged since {one['since']}" if one["since"] else ""  # by the tools' clock nobody knows
            say(f"true of {one['true_of'] or 'no instant: a source was never read'}{since}")
        for line in (_last(one), _origin(one)):
            if line:
                say(line)
        for reason in one["reasons"]:
            say(f"  - {reason['text']}" + _ids(reason["findings"]))
        rows = [
            (
                light(d["status"]) if d["status"] != "not assessed" else Text("· not assessed", style="dim"),
                d["dimension"].replace("_", " "),
                "\n".join(r["text"] for r in d["reasons"]),
                d["to_green"],
            )
            for d in one["dimensions"]
        ]
        table("\nWhy", ("light", "dimension", "reasons", "to green"), rows)
        sources = [
            (s["connection"], s["stream"], s["partition"], age(_read(fact, s), fact.now), s["error"])
            for s in one["sources"]
        ]
        table("\nSources", ("connection", "stream", "partition", "read", "trouble"), sources)


def _last(one: dict[str, Any]) -> str:
    """What the status of an engagement at rest was."""
    rested = datetime.fromisoformat(one["rested"]) if one["rested"] else None
    return f"{one['last_status']} until it came to rest on {instant_text(rested)}" if rested else ""


def _origin(one: dict[str, Any]) -> str:
    """What discovered an engagement, and which of its places or anchors are not there."""
    if one["origin"] == CONFIGURATION:
        return ""
    return "; ".join([f"taken up by {one['origin']}", *one["left_out"]])


def _read(fact: Facts, source: dict[str, Any]) -> datetime | None:
    wanted = (source["connection"], source["stream"], source["partition"])
    states = fact.view.sources if fact.view else ()
    return next((s.read_at for s in states if (s.connection, s.stream, s.partition) == wanted), None)


def _ids(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    return f"  [{', '.join(ids[:3])}{', …' if len(ids) > 3 else ''}]"


@click.command(epilog="Example:  syncline scope NIM-01")
@_engagement
@past_options
@json_option
@pass_app
def scope(app: App, *, engagement: str | None, as_of: datetime | None, true_at: datetime | None, as_json: bool) -> None:
    """Show the scope ledger: what was sold, and the work on each item; what is built and was not sold."""
    _show(app, engagement, moment(as_of, true_at), scope_json, _tell_scope, as_json=as_json)


def _tell_scope(data: dict[str, Any], facts: list[Facts]) -> None:  # noqa: ARG001 - all are called alike
    for one in data["engagements"]:
        covered, traced = one["covered"], one["traced"]
        say(Text.assemble(light(one["status"]), f"  {one['engagement']}  {one['name']}: {_current(one)}"))
        rows = [
            (
                i["item"],
                i["title"],
                i["due"] or "",
                _amount(i["budget"]),
                Text("none", style="bold red") if i["finding"] else f"{i['live']} ({i['done']} done)",
                _effort(i["effort"]),
                i["finding"] or "",
            )
            for i in one["items"]
        ]
        table("", ("item", "sold", "due", "budget", "work", "effort", "finding"), rows)
        if one["budget"]:
            say(f"worth {_amount(one['budget'])}" + (f", {_amount(one['rate'])} an hour" if one["rate"] else ""))
        say(f"covered: {covered['count']} of {covered['of']} items")
        say(f"traced: {traced['count']} of {traced['of']} pieces of billable work")
        if one["orphans"]:
            say("built, not sold: " + ", ".join(one["orphans"]))
        if others := [_version(b) for b in one["baselines"] if not b["current"]]:
            say("other baselines: " + "; ".join(others))
        say()


def _amount(money: dict[str, str] | None) -> str:
    """An amount with no decimals, or at least two; nothing is rounded."""
    if not money:
        return ""
    amount = Decimal(money["amount"])
    digits = 0 if amount == amount.to_integral_value() else max(2, -int(amount.as_tuple().exponent))
    return f"{amount:.{digits}f} {money['currency']}"


_EFFORTS = (("sold_h", "sold"), ("estimate_h", "estimated"), ("spent_h", "spent"), ("remaining_h", "to go"))


def _effort(effort: dict[str, str | None]) -> str:
    """``16 h sold, 12.5 h spent``: what is said."""
    return ", ".join(f"{effort[key]} h {word}" for key, word in _EFFORTS if effort[key] is not None)


def _current(one: dict[str, Any]) -> str:
    if one["undecided"]:
        return f"no baseline counts, since nothing says which source does: {', '.join(one['undecided'])}"
    return next((_version(b) for b in one["baselines"] if b["current"]), "no signed baseline")


def _version(baseline: dict[str, Any]) -> str:
    """``baseline v2 signed 2026-03-01, from sow NIM-01.csv``."""
    if baseline["version"] is None:
        return f"scope as it stands in {baseline['source']}, without versions"
    signed = f"signed {baseline['signed_on']}" if baseline["signed_on"] else "not signed"
    effective = f", effective {baseline['effective_on']}" if baseline["effective_on"] else ""
    edits = baseline["edits"] or 0
    edited = f", changed {'once' if edits == 1 else f'{edits} times'} since without a new version" if edits else ""
    return f"baseline v{baseline['version']} {signed}{effective}, from {baseline['source']}{edited}"


@click.command(epilog="Example:  syncline deliverables NIM-01")
@_engagement
@past_options
@json_option
@pass_app
def deliverables(
    app: App, *, engagement: str | None, as_of: datetime | None, true_at: datetime | None, as_json: bool
) -> None:
    """Show what is owed, by us and by third parties: every source's date, the effective one, and what disagrees."""
    _show(app, engagement, moment(as_of, true_at), deliverables_json, _tell_deliverables, as_json=as_json)


def _tell_deliverables(data: dict[str, Any], facts: list[Facts]) -> None:  # noqa: ARG001 - all are called alike
    rows = [
        (
            d["engagement"],
            d["deliverable"],
            d["title"],
            d["owed_by"].replace("_", " "),
            d["state"],
            d["needed_by"] or "",
            d["effective"] or "",
            "\n".join(f"{x['date']} {x['field']} {x['key']}" for x in d["dates"]),
            "\n".join(f"{x['deliverable']} ({x['state']})" for x in d["depends_on"]),
            Text("\n".join(f["kind"].partition(".")[2].replace("_", " ") for f in d["findings"]), style="bold red"),
        )
        for d in data["deliverables"]
    ]
    if not rows:
        say("no deliverables")
        return
    columns = ("engagement", "key", "deliverable", "owed by", "state", "needed by", "effective", "dates", "waits for")
    table("", (*columns, "found"), rows)


@click.command(epilog="Example:  syncline risks NIM-01 --all")
@_engagement
@click.option("--all", "closed_too", is_flag=True, help="Closed risks too.")
@as_of_option
@json_option
@pass_app
def risks(app: App, *, engagement: str | None, as_of: datetime | None, closed_too: bool, as_json: bool) -> None:
    """Show the risks that the rules raised, the worst first, then those that people keep in the tools alone.

    A risk that a rule raised keeps its identity in every tool. Owner and mitigations are what the tools say of it.
    """

    def make(facts: Sequence[Facts]) -> dict[str, Any]:
        data = risks_json(facts)
        for name in ("risks", "recorded"):
            data[name] = [r for r in data[name] if closed_too or not is_closed(r)]
        return data

    _show(app, engagement, moment(as_of), make, _tell_risks, as_json=as_json)


_WORST_FIRST = ("critical", "high", "medium", "low")


def _tell_risks(data: dict[str, Any], facts: list[Facts]) -> None:  # noqa: ARG001 - all are called alike
    ordered = sorted(data["risks"], key=lambda r: (r["engagement"], _WORST_FIRST.index(r["severity"]), r["id"]))
    rows = [_risk_row(r, r["id"]) for r in ordered] + [_risk_row(r, one_line(r["key"])) for r in data["recorded"]]
    if not rows:
        say("no risks to show (--all shows closed ones too)")
        return
    columns = ("engagement", "severity", "threatens", "risk", "state", "owner", "mitigations", "raised", "id")
    table("", columns, rows)


def _risk_row(risk: dict[str, Any], id_: str) -> tuple[str | Text, ...]:
    mitigations = "\n".join(_mitigation(each) for each in risk["mitigations"])
    told = (risk["title"], risk["lifecycle"], risk["owned_by"], mitigations, risk["raised_on"] or "", id_)
    return (risk["engagement"], severity(risk["severity"]), risk["category"], *told)


def _mitigation(one: dict[str, Any]) -> str:
    due = f", due {one['due']}" + (" (overdue)" if one["overdue"] else "") if one["due"] else ""
    return f"{one['state'].replace('_', ' ')}{due}: {one['title']}" + (
        f" ({one['owned_by']})" if one["owned_by"] else ""
    )


@click.command(epilog="Example:  syncline requests NIM-01")
@_engagement
@past_options
@json_option
@pass_app
def requests(
    app: App, *, engagement: str | None, as_of: datetime | None, true_at: datetime | None, as_json: bool
) -> None:
    """Show what was asked for beyond the contracts, the oldest first, with its state, age, effort, amount and work."""
    _show(app, engagement, moment(as_of, true_at), requests_json, _tell_requests, as_json=as_json)


def _tell_requests(data: dict[str, Any], facts: list[Facts]) -> None:  # noqa: ARG001 - all are called alike
    rows = [
        (
            r["engagement"],
            one_line(r["request"]),
            r["title"],
            r["state"],
            " by ".join(filter(None, (r["requested_on"], r["requested_by"]))),
            "" if r["age_days"] is None else f"{r['age_days']} d",
            "" if r["effort_h"] is None else f"{r['effort_h']} h",
            _amount(r["amount"]),
            "\n".join(f"{w['key']} ({w['state'] or 'not read'})" for w in r["work"]),
        )
        for r in data["requests"]
    ]
    if not rows:
        say("no engineering requests")
        return
    table("", ("engagement", "key", "request", "state", "asked", "age", "effort", "amount", "work"), rows)


@click.command(epilog="Example:  syncline findings --kind scope.uncovered      then:  syncline explain F-…")
@_engagement
@click.option(
    "--kind",
    type=click.Choice([k.value for k in FindingKind]),
    metavar="KIND",
    help="Only this kind (scope.uncovered, deliverable.late …).",
)
@past_options
@json_option
@pass_app
def findings(
    app: App,
    *,
    engagement: str | None,
    as_of: datetime | None,
    true_at: datetime | None,
    kind: str | None,
    as_json: bool,
) -> None:
    """Show what reconciliation noticed, each with an id that `syncline explain` takes."""

    def make(facts: Sequence[Facts]) -> dict[str, Any]:
        data = findings_json(facts)
        data["findings"] = [f for f in data["findings"] if kind in {None, f["kind"]}]
        return data

    _show(app, engagement, moment(as_of, true_at), make, _tell_findings, as_json=as_json)


def _tell_findings(data: dict[str, Any], facts: list[Facts]) -> None:  # noqa: ARG001 - all are called alike
    rows = [(f["engagement"], severity(f["severity"]), f["kind"], f["summary"], f["id"]) for f in data["findings"]]
    if not rows:
        say("no findings")
        return
    table("", ("engagement", "severity", "kind", "finding", "id"), rows)
