"""Reads engagements from the store and reconciles them as of now, without a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from mapping.people import Human, Login, join
from sync import bootstrap
from sync.cli.app import App
from sync.cli.exits import Exit, StoppedError
from sync.reconcile.result import Finding
from sync.reconcile.rules import reconcile
from sync.reconcile.view import EngagementView
from sync.show.facts import CONFIGURATION, Facts
from sync.store.database import Store
from sync.store.queries import last_status
from sync.store.records import anything_read
from sync.store.results import load_findings, load_risks
from sync.store.tables import FindingRow, StatusRow
from sync.store.views import build_view, surroundings


def load_facts(app: App, store: Store, key: str | None = None) -> list[Facts]:
    """All engagements (or the one of ``key``) as they are now."""
    config = app.config
    now = bootstrap.clock().now()
    settings = bootstrap.reconcile_settings(config)
    found = []
    with store.unit_of_work() as session:
        selected = bootstrap.roster(config, session).engagements
        around = surroundings(session, selected, bootstrap.streams(config))
        first_seen = {row.id: row.first_seen for row in session.scalars(select(FindingRow))}
        changed = {row.engagement: row.changed for row in session.scalars(select(StatusRow))}
        for one in selected:
            if key not in {None, one.key}:
                continue
            view = build_view(session, one, around)
            result = None if view is None else reconcile(view, now, settings)
            stored = load_findings(session, one.key)
            found.append(
                Facts(
                    key=one.key,
                    now=now,
                    view=view,
                    status=result.status if result else None,
                    findings=stored if result is None else _standing(result.findings, stored, result.concluded),
                    first_seen=first_seen,
                    risks=load_risks(session, one.key).get(one.key, ()),
                    since=changed.get(one.key),
                    origin=one.origin or CONFIGURATION,
                    left_out=one.left_out,
                    last=None if result is None or result.status is not None else last_status(session, one.key),
                    people=() if view is None else _people(view, config.top.people),
                )
            )
    return found


def _people(view: EngagementView, aliases: Mapping[str, Sequence[str]]) -> tuple[Human, ...]:
    """The persons behind the logins of an engagement: joined as ``[people]`` says, and by e-mail address."""
    told = []
    for person in view.people:
        connection, _stream, number = person.ref.split(":", 2)
        told.append(Login(connection=connection, id=number, email=person.email, name=person.display_name))
    known = {(one.connection, one.id) for one in told}
    assigned = {(item.connection, item.assignee) for item in view.work if item.assignee}
    return join([*told, *(Login(connection=c, id=i) for c, i in sorted(assigned - known))], aliases)


def refuse_when_unread(app: App, store: Store, facts: Sequence[Facts]) -> None:
    """End a command that has nothing to show, with the reason and what to run.

    Raises:
        StoppedError: None of the engagements was ever read.
    """
    if any(one.view is not None for one in facts):
        return
    refuse_when_nothing_read(app, store)
    records = {one.key: one.record_key for one in app.engagements(store)}
    if not facts:
        raise StoppedError(
            f"no engagement was discovered; run syncline check, and look at [discover.NAME] in {app.config.path.name}"
        )
    names = ", ".join(f"{one.key} ({records[one.key]})" for one in facts)
    raise StoppedError(
        f"the record was never read of: {names}; run syncline check, and look at `record` of the engagement in"
        f" {app.config.path.name}"
    )


def refuse_when_nothing_read(app: App, store: Store) -> None:
    """End a command before the first pull.

    Raises:
        StoppedError: No engagement is configured, or no record was ever read.
    """
    if not (app.config.engagements or app.config.discoveries):
        message = f"no engagement in {app.config.path.name}: add an [engagements.KEY] table for each"
        raise StoppedError(message, Exit.USAGE)
    with store.unit_of_work() as session:
        if not anything_read(session):
            raise StoppedError("nothing was read yet, so there is nothing to show: run syncline pull, then this again")


def _standing(now: Iterable[Finding], stored: Iterable[Finding], concluded: Iterable[object]) -> tuple[Finding, ...]:
    """What is found now, and what was found before and cannot be concluded away."""
    kinds = set(concluded)
    findings = {f.id: f for f in stored if f.kind not in kinds} | {f.id: f for f in now}
    return tuple(sorted(findings.values(), key=lambda f: (f.kind.value, f.subject)))
