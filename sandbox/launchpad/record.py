"""What every record of the stand-in shares: its address, its values, and how a client's write reaches them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.launchpad.errors import forbidden
from sandbox.launchpad.session import Change
from sandbox.launchpad.table import Field, table

if TYPE_CHECKING:
    from sandbox.launchpad.store import Store


@cache
def fields_of(entry: str) -> dict[str, Field]:
    """Give the fields of an entry by name; none for records that are no entry."""
    return table().fields_of(entry) if entry else {}


class Record(ABC):
    """One thing with an address.

    Values lie in the instance; a field of the entry that was never set has the default of the table. Assigning to an
    attribute is a *client's* write (the framework does it): it is checked by `may_edit`, noted for undoing, and told
    to `written`. `aliases` are fields that are another field under a second name. The stand-in's own code uses `put`.
    """

    entry: ClassVar[str] = ""
    web_host: ClassVar[str] = ""
    aliases: ClassVar[dict[str, str]] = {}
    __conform__: ClassVar[None] = None
    """Looked for by the framework forty thousand times a page; found here, it costs no exception."""
    store: Store

    def __init__(self, store: Store, **values: Any) -> None:
        self.__dict__["store"] = store
        self.__dict__.update(values)

    @property
    @abstractmethod
    def path(self) -> str:
        """The address below the version, unquoted, without a leading slash."""

    @property
    def web_url(self) -> str:
        """The address of the page that people see."""
        facet = f"{self.web_host}." if self.web_host else ""
        return f"https://{facet}{self.store.host}/{self.path}"

    def child(self, name: str) -> object:  # noqa: ARG002 - part of the hook
        """Find what lies below this address by one path step; None when there is nothing (for this caller)."""
        return None

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Say whether the caller may write the attribute; by default whoever may write at all."""
        return self.store.session.writer is not None

    def written(self, name: str, old: Any, new: Any) -> None:  # noqa: B027 - a hook that may stay empty
        """Do what follows a client's write."""

    def check(self, name: str) -> None:
        """Refuse the caller who may not write the attribute."""
        if not self.store.session.loading and not self.may_edit(name):
            raise forbidden(self, name)

    def put(self, name: str, value: Any) -> None:
        """Set a value, so that it can be taken back should the request fail."""
        self.store.session.remember(self, name)
        self.__dict__[name] = value

    def note(self, name: str, old: Any, new: Any) -> None:
        """Note a change for activity and webhooks."""
        self.store.session.changes.append(Change(record=self, attribute=name, old=old, new=new))

    def __setattr__(self, name: str, value: Any) -> None:
        name = type(self).aliases.get(name, name)
        self.check(name)
        old = getattr(self, name)
        field = fields_of(type(self).entry).get(name)
        if isinstance(value, bool) and field and field.type == "int":
            value = int(value)  # as the column that holds it does; the framework lets it pass
        if value is None and field and field.type == "words":
            value = []  # no list is the empty one, as it is for tags
        self.put(name, value)
        self.written(name, old, value)

    def __getattr__(self, name: str) -> Any:
        if name in type(self).aliases:
            return getattr(self, type(self).aliases[name])
        known = fields_of(type(self).entry).get(name)
        if known is None:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return known.initial()


class Step(Record):
    """A path step with no resource of its own, such as `+bug`: only what lies below it."""

    def __init__(self, store: Store, below: Any) -> None:
        super().__init__(store, below=below)

    @property
    def path(self) -> str:
        """None of its own."""
        return ""

    def child(self, name: str) -> object:
        """Find by the function given."""
        return self.__dict__["below"](name)


class Moved:
    """What stands at an address whose record lies elsewhere: 301, or 303 for `+me`."""

    def __init__(self, record: Record, *, status: int = 301) -> None:
        self.record = record
        self.status = status
