"""The table of entries as `lazr.restful` wants it: interfaces with exported fields and operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from lazr.enum.interfaces import IEnumeratedType
from lazr.restful import declarations
from lazr.restful.fields import CollectionField, Reference
from zope import schema as zope_schema
from zope.interface import Interface, alsoProvides
from zope.interface.interface import InterfaceClass
from zope.schema.interfaces import IVocabulary

from sandbox.launchpad.table import Entry, Field, Operation, Table, table

TAG = re.compile(r"[a-z0-9][a-z0-9+.\-]+")
"""What a tag looks like: two characters or more (measured)."""

_SIMPLE = {
    "int": "Int",
    "bool": "Bool",
    "instant": "Datetime",
    "date": "Date",
    "file": "Bytes",
    "data": "Bytes",
    "json": "Field",
}
"""Types of the table that are a type of the framework as they are."""

ATTRIBUTES = {("git_ref", "path"): "full_path"}
"""Fields that a record holds under another name, because its own attribute of that name is its address."""


_WITHOUT_WEB_LINK = frozenset({"bug_subscription", "bug_nomination", "message_revision", "structural_subscription"})
"""Entries without a page for people."""


class IWords(IEnumeratedType, IVocabulary):  # type: ignore[misc]  # the framework has no types
    """What `Words` provides; its own interface, so that its marshaller goes before the framework's."""


class Title:
    """One value of an enumeration."""

    def __init__(self, title: str) -> None:
        self.title = title


class Words:
    """An enumeration as a vocabulary of plain strings: records hold titles, not the framework's items."""

    def __init__(self, name: str, titles: Iterable[str]) -> None:
        self.name = name
        self.titles = tuple(titles)
        self.items = [Title(title) for title in self.titles]
        alsoProvides(self, IWords)

    def __contains__(self, value: object) -> bool:
        return value in self.titles


class Interfaces:
    """Builds the interfaces of all entries and top-level collections.

    Attributes:
        entries: the interface of each entry, by its name.
        collections: the interface of each top-level collection, by the name it has in links.
    """

    def __init__(self) -> None:
        self._table: Table = table()
        self._vocabularies = {name: Words(name, titles) for name, titles in self._table.enums.items()}
        self._waiting: list[tuple[Callable[[Any], None], str]] = []
        self.entries: dict[str, Any] = {}
        for entry in _bases_first(self._table):
            self.entries[entry.name] = self._entry(entry)
        self.collections = {name: self._collection(entry) for name, entry in self._table.collections.items()}
        for fill, name in self._waiting:
            fill(self.entries[name])

    def module(self) -> ModuleType:
        """Give all interfaces as one module, which is what the framework registers."""
        made = ModuleType("sandbox.launchpad.generated")
        for interface in (*self.entries.values(), *self.collections.values()):
            setattr(made, interface.__name__, interface)
        return made

    def _entry(self, entry: Entry) -> Any:
        bases = tuple(self.entries[base] for base in entry.bases) or (Interface,)
        inherited = {name for base in entry.bases for name in self._table.fields_of(base)}
        attributes: dict[str, Any] = {}
        for field in entry.fields.values():
            if field.name not in inherited:
                attributes[ATTRIBUTES.get((entry.name, field.name), field.name)] = self._exported(field)
        attributes.update(self._methods(entry.operations.values()))
        interface = InterfaceClass(_interface_name(entry.name), bases, attributes, f"The entry {entry.name}.")
        return declarations.exported_as_webservice_entry(
            singular_name=entry.name, plural_name=entry.plural, publish_web_link=entry.name not in _WITHOUT_WEB_LINK
        )(interface)

    def _collection(self, entry: Entry) -> Any:
        def everything() -> None:
            """List what a plain GET shows."""

        attributes = {"everything": everything, **self._methods(entry.operations.values())}
        interface = InterfaceClass(f"{_interface_name(entry.name)}Set", (Interface,), attributes)
        interface.setTaggedValue(
            declarations.LAZR_WEBSERVICE_EXPORTED, {"collection_default_content": {None: ("everything", {})}}
        )
        return declarations.exported_as_webservice_collection(self.entries[entry.name])(interface)

    def _exported(self, field: Field) -> Any:
        made = self._field(field, readonly=field.readonly)
        later = [("devel", {"exported": False})] if field.old else []
        return declarations.exported(
            made, *later, exported_as=field.name, **({"as_of": "devel"} if field.devel else {})
        )

    def _field(self, field: Field, *, readonly: bool = False) -> Any:
        common: dict[str, Any] = {"required": field.required, "readonly": readonly, "default": field.default}
        if field.type in _SIMPLE:
            return getattr(zope_schema, _SIMPLE[field.type])(**common)
        match field.type:
            case "line":
                return zope_schema.TextLine(**common, **({"min_length": 1} if field.required else {}))
            case "text":
                return zope_schema.Text(**common, **({"min_length": 1} if field.name == "description" else {}))
            case "words" | "tags" | "choices":
                return zope_schema.List(value_type=self._member(field), **common)
            case "choice":
                return zope_schema.Choice(vocabulary=self._vocabularies[field.of], **common)
            case "link":
                return self._reference(field.of, **common)
            case "many":
                return CollectionField(value_type=self._reference(field.of), readonly=True)
            case _:
                raise ValueError(f"{field.name}: unknown type {field.type}")

    def _member(self, field: Field) -> Any:
        """Give what a list is of."""
        if field.type == "choices":
            return zope_schema.Choice(vocabulary=self._vocabularies[field.of])
        if field.type == "tags":
            return zope_schema.TextLine(constraint=lambda value: TAG.fullmatch(value) is not None)
        return zope_schema.TextLine()

    def _reference(self, entry: str, **common: Any) -> Any:
        made = Reference(schema=Interface, **common)
        self._waiting.append((lambda interface: setattr(made, "schema", interface), entry))
        return made

    def _methods(self, operations: Iterable[Operation]) -> dict[str, Any]:
        return {python_name(one.name): self._method(one) for one in operations}

    def _method(self, operation: Operation) -> Any:
        # The framework's decorators insist on being called within a class body, which they know by this name.
        __module__ = __name__  # noqa: F841 - looked for by the decorators in the frame

        def method(**parameters: Any) -> None:
            """Do what the record does under this name."""

        method.__name__ = python_name(operation.name)
        decorators: list[Any] = []
        if operation.devel:
            decorators.append(declarations.operation_for_version("devel"))
        if operation.method == "DELETE":
            decorators.append(declarations.export_destructor_operation())
        elif operation.returns == "new":
            decorators.append(declarations.export_factory_operation(Interface, []))
        elif operation.method == "GET":
            decorators.append(declarations.export_read_operation())
        else:
            decorators.append(declarations.export_write_operation())
        decorators.append(declarations.export_operation_as(operation.name))
        decorators.append(
            declarations.operation_parameters(**{one.name: self._field(one) for one in operation.parameters})
        )
        if operation.returns == "one":
            decorators.append(declarations.operation_returns_entry(Interface))
        elif operation.returns == "many":
            decorators.append(declarations.operation_returns_collection_of(Interface))
        for decorator in decorators:
            decorator(method)
        if operation.of:
            notes = method.__dict__[declarations.LAZR_WEBSERVICE_EXPORTED]
            self._waiting.append((lambda interface: _fill_return(notes, interface), operation.of))
        return method


def python_name(operation: str) -> str:
    """Give the method that does an operation: `linkCVE` is done by `link_cve`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()


def _interface_name(entry: str) -> str:
    return "I" + "".join(word.title() for word in entry.split("_"))


def _fill_return(notes: Any, interface: Any) -> None:
    """Put the entry into what an operation returns, in every version."""
    for _version, note in notes.stack:
        if "creates" in note:
            note["creates"] = interface
        returned = note.get("return_type")
        if returned is not None:
            holder = getattr(returned, "value_type", None) or returned
            holder.schema = interface


def _bases_first(known: Table) -> list[Entry]:
    ordered: list[Entry] = []

    def visit(entry: Entry) -> None:
        for base in entry.bases:
            visit(known.entries[base])
        if entry not in ordered:
            ordered.append(entry)

    for entry in known.entries.values():
        visit(entry)
    return ordered
