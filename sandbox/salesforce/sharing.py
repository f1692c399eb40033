"""Who sees and who edits which rows: org-wide defaults, owners, those above them, and sharing rules.

An org's `sharing` says the default of an object, `private`, `read` or `edit` (as where it says nothing), and rules that
open rows to users beyond it: rows owned by somebody, or rows that a condition of SOQL holds for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.salesforce.schema import SObject
    from sandbox.salesforce.state import Record, State


class Level(IntEnum):
    """What a user may do with a row; `FULL` is its owner's: to delete and to share it."""

    NONE = 0
    READ = 1
    EDIT = 2
    FULL = 3


LEVELS = {"private": Level.NONE, "read": Level.READ, "edit": Level.EDIT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Opens the rows of an object that are owned by a user, or that a condition holds for, to some users."""

    object_name: str
    users: frozenset[str]
    level: Level
    owned_by: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The sharing model of an org.

    Attributes:
        defaults: Org-wide default by object.
        rules: Sharing rules.
        above: By username, whose rows a user has as if they were their own (the roles below).
        view_all: Users who see every row.
        modify_all: Users who may do everything with every row.
    """

    defaults: dict[str, Level] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    above: dict[str, frozenset[str]] = field(default_factory=dict)
    view_all: frozenset[str] = frozenset()
    modify_all: frozenset[str] = frozenset()

    def restricts(self, object_name: str) -> bool:
        """Say whether the object's rows are not everybody's to read and edit."""
        return self.defaults.get(object_name, Level.EDIT) < Level.EDIT


def level(state: State, user_id: str | None, sobject: SObject, record: Record) -> Level:
    """Return what a user may do with a row; None is the system, which may do everything."""
    model = state.org.sharing
    if user_id is None:
        return Level.FULL
    if not model.restricts(sobject.name):
        return Level.FULL
    name = _username(state, user_id)
    owner = _username(state, str(record.get("OwnerId") or record.get("CreatedById") or ""))
    if name in model.modify_all or name == owner or owner in model.above.get(name, frozenset()):
        return Level.FULL
    found = max(model.defaults[sobject.name], Level.READ if name in model.view_all else Level.NONE)
    for rule in model.rules:
        if (
            rule.object_name == sobject.name
            and rule.level > found
            and name in rule.users
            and _covers(state, rule, owner, record)
        ):
            found = rule.level
    return found


def reads_id(state: State, user_id: str | None, record: Record) -> bool:
    """Say whether a user sees a row of whatever object."""
    if user_id is None or not state.org.sharing.defaults:
        return True
    sobject = state.schema.of_id(record["Id"])
    return sobject is None or level(state, user_id, sobject, record) >= Level.READ


def _covers(state: State, rule: Rule, owner: str, record: Record) -> bool:
    if rule.owned_by is not None:
        return rule.owned_by == owner
    return rule.where is None or state.holds(rule.object_name, rule.where, record)


def _username(state: State, user_id: str) -> str:
    found: dict[str, Any] = state.tables["User"].get(user_id, {})
    return str(found.get("Username", "")).casefold()
