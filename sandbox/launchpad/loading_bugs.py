"""Builds bugs from the state document."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.launchpad.bug_parts import (
    BugActivity,
    BugAttachment,
    BugNomination,
    BugSubscription,
    BugWatch,
    Cve,
    Message,
    MessageRevision,
)
from sandbox.launchpad.bugs import Bug
from sandbox.launchpad.reading import Reader
from sandbox.launchpad.store import Store
from sandbox.launchpad.tasks import BugTask

Row = Mapping[str, Any]
_PARTS = (
    "first_message tasks messages watches attachments activity nominations subscribers affects unaffected cves "
    "duplicate_of heat"
)


class BugLoader:
    """Loads bugs; `reader` gathers what is wrong."""

    def __init__(self, reader: Reader, created: datetime) -> None:
        self.reader = reader
        self.store: Store = reader.store
        self.created = created
        self._numbers: set[int] = set()

    def load(self, document: Row) -> None:
        """Load; the pillars are there already."""
        for where, row in self.reader.rows(document, "cves"):
            if self.reader.needed(row, "sequence", where):
                cve = self._cve(row["sequence"])
                cve.__dict__.update(self.reader.values(Cve, row, where))
        for where, row in self.reader.rows(document, "bugs"):
            self._bug(row, where)
        self.store.bugs.sort(key=lambda bug: bug.id)
        self.store.numbers["bug"] = max((bug.id for bug in self.store.bugs), default=0)
        self.store.reindex()

    def _bug(self, row: Row, where: str) -> None:
        reader = self.reader
        if not reader.needed(row, "id title owner tasks", where):
            return
        if row["id"] in self._numbers:
            reader.wrong(where, f"the id {row['id']!r} is taken")
        self._numbers.add(row["id"])
        values = reader.values(Bug, row, where, apart=_PARTS)
        values = {"description": row["title"], "date_created": self.created, **values}
        bug = Bug(self.store, **values)
        own = bug.__dict__
        if "heat" in row:
            own["stored_heat"] = row["heat"]
        own["cves"] = [self._cve(one) for one in row.get("cves") or ()]
        own["users_affected"] = reader.people(row, "affects", where) if "affects" in row else [bug.owner]
        own["users_unaffected"] = reader.people(row, "unaffected", where)
        own["subscriptions"] = self._subscriptions(bug, row, where)
        first = {"owner": row["owner"], "subject": bug.title, "content": bug.description}
        own["messages"] = [
            self._message(bug, 0, {**first, **(row.get("first_message") or {})}, f"{where}.first_message")
        ]
        for index, (place, one) in enumerate(reader.rows(row, "messages", where), start=1):
            if reader.needed(one, "owner content", place):
                own["messages"].append(self._message(bug, index, one, place))
        own["bug_watches"] = [
            one for one in (self._watch(bug, *pair) for pair in reader.rows(row, "watches", where)) if one
        ]
        own["bug_tasks"] = [one for one in (self._task(bug, *pair) for pair in reader.rows(row, "tasks", where)) if one]
        own["attachments"] = [self._attachment(bug, *pair) for pair in reader.rows(row, "attachments", where)]
        own["nominations"] = [
            one for one in (self._nomination(bug, *pair) for pair in reader.rows(row, "nominations", where)) if one
        ]
        own["activity"] = self._activity(bug, row, where)
        if "date_last_updated" not in own:
            own["date_last_updated"] = _latest(bug)
        if not own["bug_tasks"]:
            reader.wrong(where, "a bug needs a task")
        self.store.bugs.append(bug)
        if row.get("duplicate_of") is not None:
            reader.later.append(lambda: self._duplicate(bug, row["duplicate_of"], where))

    def _subscriptions(self, bug: Bug, row: Row, where: str) -> list[BugSubscription]:
        """Read subscribers: names, or objects that tell who subscribed them when, and to what."""
        found = []
        for index, one in enumerate(row.get("subscribers", [bug.owner.name] if bug.owner else ())):
            place = f"{where}.subscribers[{index}]"
            given = self.reader.values(BugSubscription, one if isinstance(one, Mapping) else {"person": one}, place)
            common = {"subscribed_by": bug.owner, "date_created": bug.date_created}
            if given.get("person") is not None:
                found.append(BugSubscription(self.store, bug=bug, **{**common, **given}))
        return found

    def _duplicate(self, bug: Bug, number: Any, where: str) -> None:
        bug.__dict__["duplicate_of"] = self.store.bug(str(number))
        if bug.duplicate_of is None:
            self.reader.wrong(f"{where}.duplicate_of", f"no such bug: {number!r}")
        self.store.forget_duplicates()

    def _cve(self, sequence: str) -> Cve:
        found = next((one for one in self.store.cves if one.sequence == sequence), None)
        if found is None:
            found = Cve(self.store, sequence=sequence, date_created=self.created, date_modified=self.created)
            self.store.cves.append(found)
        return found

    def _task(self, bug: Bug, where: str, row: Row) -> BugTask | None:
        if not self.reader.needed(row, "target", where):
            return None
        target = self.store.target(row["target"])
        if target is None:
            self.reader.wrong(f"{where}.target", f"no such target: {row['target']!r}")
            return None
        values = self.reader.values(BugTask, row, where, apart="target milestone bug_watch")
        common = {"owner": bug.owner, "date_created": bug.date_created}
        made = BugTask(
            self.store, bug=bug, target=target, number=self.store.next_number("task"), **{**common, **values}
        )
        if all(key == "date_created" or not key.startswith("date_") for key in row):
            made.fill_dates(bug.__dict__.get("date_last_updated") or made.date_created)
        if name := row.get("milestone"):
            milestone = target.pillar.get_milestone(name=name)
            if milestone is None:
                self.reader.wrong(f"{where}.milestone", f"no such milestone: {name!r}")
            made.__dict__["milestone"] = milestone
        if row.get("bug_watch") is not None:
            watch = next((one for one in bug.bug_watches if one.id == row["bug_watch"]), None)
            if watch is None:
                self.reader.wrong(f"{where}.bug_watch", f"no such watch: {row['bug_watch']!r}")
            made.__dict__["bug_watch"] = watch
        return made

    def _message(self, bug: Bug, index: int, row: Row, where: str) -> Message:
        values = self.reader.values(Message, row, where, apart="revisions")
        common = {"subject": f"Re: {bug.title}", "date_created": bug.date_created, "visible": True}
        made = Message(self.store, bug=bug, index=index, **{**common, **values})
        made.__dict__["revisions"] = [
            MessageRevision(
                self.store,
                message=made,
                revision=number,
                **{"date_created_display": "a moment ago", **self.reader.values(MessageRevision, one, place)},
            )
            for number, (place, one) in enumerate(self.reader.rows(row, "revisions", where), start=1)
        ]
        return made

    def _watch(self, bug: Bug, where: str, row: Row) -> BugWatch | None:
        if not self.reader.needed(row, "id bug_tracker remote_bug", where):
            return None
        values = self.reader.values(BugWatch, row, where, apart="id")
        if values["bug_tracker"] is None:
            return None
        self.store.numbers["watch"] = max(self.store.numbers["watch"], row["id"])
        common = {"owner": bug.owner, "date_created": bug.date_created}
        return BugWatch(self.store, bug=bug, id=row["id"], **{**common, **values})

    def _attachment(self, bug: Bug, where: str, row: Row) -> BugAttachment:
        self.reader.needed(row, "title", where)
        values = self.reader.values(
            BugAttachment, row, where, apart="id message content content_base64 content_type filename"
        )
        index = row.get("message") or 0
        if not 0 <= index < len(bug.messages):
            self.reader.wrong(f"{where}.message", f"no such message: {index}")
            index = 0
        return BugAttachment(
            self.store,
            bug=bug,
            number=self.reader.number("attachment", row, where),
            message=bug.messages[index],
            content=self._content(row, where),
            content_type=row.get("content_type") or "text/plain",
            filename=row.get("filename"),
            **values,
        )

    def _content(self, row: Row, where: str) -> bytes | None:
        """Read a file: text as `content`, any bytes as `content_base64`."""
        if row.get("content_base64") is not None:
            try:
                return b64decode(row["content_base64"], validate=True)
            except ValueError:
                self.reader.wrong(f"{where}.content_base64", "expected base64")
        content = row.get("content")
        return None if content is None else str(content).encode()

    def _nomination(self, bug: Bug, where: str, row: Row) -> BugNomination | None:
        if not self.reader.needed(row, "target", where):
            return None
        target = self.store.target(row["target"])
        if target is None or not target.is_series:
            self.reader.wrong(f"{where}.target", f"no such series: {row['target']!r}")
            return None
        values = self.reader.values(BugNomination, row, where, apart="id target")
        common = {"owner": bug.owner, "date_created": bug.date_created}
        number = self.reader.number("nomination", row, where)
        return BugNomination(self.store, bug=bug, target=target, number=number, **{**common, **values})

    def _activity(self, bug: Bug, row: Row, where: str) -> list[BugActivity]:
        common = {"bug": bug, "person": bug.owner, "datechanged": bug.date_created}
        if "activity" not in row:
            return [BugActivity(self.store, **common, whatchanged="bug", message="added bug")]
        return [
            BugActivity(self.store, **{**common, **self.reader.values(BugActivity, one, place)})
            for place, one in self.reader.rows(row, "activity", where)
        ]


def _latest(bug: Bug) -> datetime:
    """Give the latest date found in a bug, comments and tasks included."""
    dates: list[datetime] = [
        bug.date_created,
        *(one.date_created for one in bug.messages),
        *(one.datechanged for one in bug.activity),
    ]
    for task in bug.bug_tasks:
        dates.extend(value for value in task.__dict__.values() if isinstance(value, datetime))
    return max(dates)
