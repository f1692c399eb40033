"""``syncline explain``: why a status, risk, finding, record or write is as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.core.port import Record
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit, StoppedError
from sync.cli.output import json_option, print_json, say, table
from sync.cli.past import as_of_option, looking, moment
from sync.reconcile.result import Finding, RiskState
from sync.show.explain import (
    explain_finding,
    explain_record,
    explain_risk,
    explain_status,
    explain_write,
    refs_of,
)
from sync.show.facts import CONFIGURATION, Facts, instant
from sync.show.mapped import because_rows
from sync.show.provenance import provenance_json
from sync.show.text import light, one_line
from sync.store import outbox
from sync.store.model import entities_of
from sync.store.partitions import known_catalog
from sync.store.records import load_records
from sync.store.tables import OutboxRow
from sync.store.versions import refs_called, versions_of

_STATUS_CAUSE = "status"


@click.command(epilog="Examples:  syncline explain NIM-01      syncline explain F-0123456789")
@click.argument("id_", metavar="ID")
@as_of_option
@json_option
@pass_app
def explain(app: App, *, id_: str, as_of: datetime | None, as_json: bool) -> None:
    """Explain why a status, risk, finding, record or write is as it is, back to the records.

    ID is an engagement key, or the id of a finding (F-…), a risk (R-…) or a write (W-…), or the reference of a record
    (connection:stream:id) or its key (NIM-7), as the other commands show them. Of a record it tells for each attribute
    the rule, the field and what stands there, and since when, in the tool and here.
    """
    with app.store() as store, looking(app, store, moment(as_of)) as look:
        facts, session = look.facts(), look.session
        data = _explain(session, facts, id_.strip()) or _named(app, session, facts, id_.strip())
    if data is not None and data["what"] == "write" and as_of is not None:
        raise StoppedError(f"what became of {data['id']} is kept as it is now: leave --as-of out", Exit.USAGE)
    if data is None:
        raise StoppedError(
            f"nothing is known by the id {id_!r}; expected an engagement key, F-…, R-…, W-…, connection:stream:id or a "
            "record's key, as syncline status, findings, risks and plan show them",
            Exit.USAGE,
        )
    if as_json:
        print_json(look.told(data))
    else:
        _tell(data)


def _explain(session: Session, facts: Sequence[Facts], wanted: str) -> dict[str, Any] | None:
    for one in facts:
        if one.key.casefold() == wanted.casefold():
            return explain_status(one, load_records(session, refs_of(one.findings)))
    if found := next(((f, x) for f, x in _findings(facts) if x.id == wanted), None):
        return explain_finding(*found, load_records(session, refs_of([found[1]])))
    if risk := next(((f, r) for f in facts for r in f.risks if r.risk.id == wanted), None):
        return _risk(session, *risk)
    return _write(session, facts, wanted)


def _findings(facts: Sequence[Facts]) -> Iterator[tuple[Facts, Finding]]:
    for one in facts:
        for finding in one.findings:
            yield one, finding


def _risk(session: Session, facts: Facts, state: RiskState) -> dict[str, Any]:
    rests_on = [f for f in facts.findings if f.id in state.risk.findings]
    return explain_risk(facts, state, load_records(session, refs_of(rests_on)))


def _write(session: Session, facts: Sequence[Facts], wanted: str) -> dict[str, Any] | None:
    rows = session.scalars(select(OutboxRow).where(OutboxRow.write == wanted).order_by(OutboxRow.seq)).all()
    if not rows:
        return None
    planned = outbox.planned(rows[-1])
    states = [
        {
            "run": row.run,
            "state": row.state,
            "attempts": row.attempts,
            "sent": instant(row.sent),
            "ended": instant(row.ended),
            "record": row.record_key or row.record_id,
            "message": row.message,
        }
        for row in rows
    ]
    cause_id = planned.engagement if planned.cause == _STATUS_CAUSE else planned.cause
    cause = None if cause_id == wanted else _explain(session, facts, cause_id)
    return explain_write(planned, states, cause)


def _named(app: App, session: Session, facts: Sequence[Facts], wanted: str) -> dict[str, Any] | None:
    """The record with this reference or key.

    Raises:
        StoppedError: Several records bear the key.
    """
    record = load_records(session, [wanted]).get(wanted)
    if record is None:
        refs = refs_called(session, app.config.connections, wanted)
        if len(refs) > 1:
            raise StoppedError(f"several records are called {wanted!r}; give one of: {', '.join(refs)}", Exit.USAGE)
        record = next(iter(load_records(session, refs).values()), None)
    return None if record is None else _record(app, session, facts, record)


def _record(app: App, session: Session, facts: Sequence[Facts], record: Record) -> dict[str, Any]:
    ref = record.ref
    rests = [f for _, f in _findings(facts) if ref in refs_of([f])]
    connection = app.config.connections.get(record.connection)
    provenance: list[dict[str, Any]] = []
    if connection is not None:
        catalog = known_catalog(session, record.connection)
        provenance = provenance_json(connection.rules, catalog, versions_of(session, ref))
    return explain_record(record, entities_of(session, [ref]).get(ref, ()), rests, provenance)


def _tell(data: dict[str, Any]) -> None:
    match data["what"]:
        case "status":
            _tell_status(data)
        case "finding":
            _tell_finding(data, indent="")
        case "risk":
            say(Text(f"{data['id']}  {data['title']}", style="bold"))
            say(f"{data['lifecycle']}, {data['severity']}, threatens {data['category']}, raised on {data['raised_on']}")
            if data["owner"] is not None:
                say(f"owned by {_person(data['owner'])}")
            for line in data["description"].splitlines():
                say(f"  {line}")
            _because(data["because"])
        case "write":
            _tell_write(data)
        case _:
            _tell_record(data)
    for record in data.get("records", ()):
        say(f"record {record['ref']}  {record['key']}  changed {record['updated'] or 'untold'}  {record['url']}")


def _tell_status(data: dict[str, Any]) -> None:
    say(Text.assemble(light(data["status"]), f"  {data['engagement']}  {data['name']}"))
    if data["rested"] is not None:
        say(f"{data['last_status']} until it came to rest on {data['rested']}")
    elif data["dimensions"]:
        say(f"true of {data['true_of'] or 'no instant: a source was never read'}")
    if data["origin"] != CONFIGURATION:
        say("; ".join([f"taken up by {data['origin']}", *data["left_out"]]))
    if data["manager"] is not None:
        say(f"managed by {_person(data['manager'])}")
    for dimension in data["dimensions"]:
        say(f"{dimension['dimension'].replace('_', ' ')}: {dimension['status']}")
        for reason in dimension["reasons"]:
            say(f"  - {reason['text']}")
        if dimension["to_green"]:
            say(f"  to green: {dimension['to_green']}")
    _because(data["because"])


def _person(person: dict[str, Any]) -> str:
    return f"{person['name'] or person['person']} ({', '.join(person['logins'])})"


def _because(findings: Sequence[dict[str, Any]]) -> None:
    for finding in findings:
        _tell_finding(finding, indent="  ")


def _tell_finding(finding: dict[str, Any], *, indent: str) -> None:
    say(f"{indent}{finding['id']}  {finding['kind']}  ({finding['severity']})  {finding['summary']}")
    for e in finding["evidence"]:
        say(f"{indent}    {e['key'] or e['ref']}: {e['field']} = {one_line(e['value'])}  {e['url']}")


def _tell_write(data: dict[str, Any]) -> None:
    say(Text(f"{data['id']}  {data['kind']} {data['target_key']} on {data['connection']}", style="bold"))
    say(f"because: {data['reason']}")
    for line in data["lines"]:
        say(f"  {line['field']}: {one_line(str(line['before']), 60)} → {one_line(str(line['after']), 100)}")
    for sent in data["sent"]:
        say(f"  {sent['state']} in run {sent['run']} at {sent['ended'] or sent['sent']} {sent['message']}")
    if data["because"] is not None:
        say()
        _tell(data["because"])


def _tell_record(data: dict[str, Any]) -> None:
    say(Text(f"{data['ref']}  {data['key']}", style="bold"))
    say(f"{data['url']}  version {data['record_version']}, changed {data['updated'] or 'untold'}, {data['access']}")
    for entity in data["provenance"]:
        title = f"\n{entity['kind']}, by {entity['rule']}"
        if entity["refused"]:
            say(f"{title}: refused: {entity['refused']}")
            continue
        rows = []
        for attribute, cells in because_rows(entity):
            times = (
                (attribute["changed_by"] or "", attribute["learned"] or "", attribute["run"]) if cells[0] else ("",) * 3
            )
            rows.append((*cells, *times))
        table(title, ("attribute", "value", "field", "what stands there", "step", "changed by", "learned", "run"), rows)
    for finding in data["findings"]:
        say(f"{finding['id']}  {finding['kind']}  {finding['summary']}")
