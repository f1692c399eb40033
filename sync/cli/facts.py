"""What the commands that look do when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence

from sync.cli.app import App
from sync.cli.exits import Exit, StoppedError
from sync.show.facts import Facts
from sync.store.database import Store
from sync.store.records import anything_read


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
