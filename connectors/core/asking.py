"""What a person is asked and shown when a first configuration is written; others import it from the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One setting that a person is asked for.

    Attributes:
        setting: Name of the setting.
        ask: What it is, in one line.
        teach: Where it is found or made, and what it must be allowed; or empty.
    """

    setting: str
    ask: str
    teach: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to log in to a tool: what is settled by choosing it, and what is asked then.

    Attributes:
        title: For people (``Jira Cloud``); the first way of a connector is the commonest.
        given: Settings that choosing it settles.
        questions: What is asked, in this order. A setting that may be left out may be answered by nothing.
    """

    title: str
    questions: tuple[Question, ...]
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place that a configuration can name: its key (``NIM``, ``owner/name``), and its title or nothing."""

    key: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One value that the tool offers for a field, whether or not a record holds it now.

    Attributes:
        stream: Stream of the records.
        field: The field as a mapping names it: its visible name or id, or a path with dots.
        value: The value.
        hint: What the tool itself says about it, or empty.
        by: When the value says too little to be decided by: the field that says more, as a mapping names it; or empty.
        by_value: What that field holds.
    """

    stream: str
    field: str
    value: str
    hint: str = ""
    by: str = ""
    by_value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What this login can see that a first configuration could name.

    Attributes:
        places: Places, in the tool's order. Empty: there are none, or the tool does not list them.
        values: Values that the tool offers where its workflow or its administrator decides which there are.
    """

    places: tuple[Choice, ...] = ()
    values: tuple[Offered, ...] = ()
