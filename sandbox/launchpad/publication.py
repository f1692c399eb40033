"""How the framework meets the records: requests, the service root, addresses, redirects, files.

Which state a request is about comes with the request (`environ["sandbox.store"]`), so several stand-ins can run in
one process although the framework's registry is global.
"""

from __future__ import annotations

import traceback
from typing import Any, ClassVar
from urllib.parse import quote

from lazr.batchnavigator.interfaces import InvalidBatchSizeError
from lazr.restful import RedirectResource
from lazr.restful.interfaces import (
    ITopLevelEntryLink,
)
from lazr.restful.marshallers import SimpleFieldMarshaller
from lazr.restful.simple import (
    BaseWebServiceConfiguration,
    Publication,
    Request,
    RootResource,
)
from zope.interface import implementer
from zope.publisher.interfaces import NotFound
from zope.security.management import queryInteraction
from zope.traversing.browser.interfaces import IAbsoluteURL

from sandbox.launchpad.errors import ApiError, BrokenError
from sandbox.launchpad.kinds import COLLECTIONS
from sandbox.launchpad.record import Moved, Record
from sandbox.launchpad.schema import Interfaces, Words
from sandbox.launchpad.store import Store

VERSIONS = ("beta", "1.0", "devel")
ENVIRON_KEY = "sandbox.store"
_UNQUOTED = "/@+~:"
_ANY_HOST = "http://host.invalid"
"""Stands in the description until it is known who asks."""


def current() -> Any:
    """Give the request being answered in this thread."""
    return queryInteraction().participations[0]


class StandInRequest(Request):  # type: ignore[misc]  # the framework has no types
    """A request that knows its store."""

    @property
    def store(self) -> Store:
        """The state that it is about; one made for following a link is about the state of the request around it."""
        found: Store | None = self._environ.get(ENVIRON_KEY)
        return found if found is not None else current().store


class StandInPublication(Publication):  # type: ignore[misc]  # the framework has no types
    """Adds the header that the original has, and keeps tracebacks for the log."""

    def traverseName(self, request: Any, ob: Any, name: str) -> Any:  # noqa: N802 - the framework's name
        """Take one step; a target's webhooks are for those alone who may edit it."""
        if name == "webhooks" and isinstance(ob, Record):
            ob.check("webhooks")
        return super().traverseName(request, ob, name)

    def callObject(self, request: Any, ob: Any) -> Any:  # noqa: N802 - the framework's name
        """Answer, with `Vary: Accept`; answers to errors before this point lack it, as in the original.

        A negative start fails, as the original's database does.
        """
        if str(request.form.get("ws.start", "")).startswith("-"):
            raise BrokenError("DataError")
        value = super().callObject(request, ob)
        request.response.setHeader("Vary", "Accept")
        return value

    def handleException(self, object: Any, request: Any, exc_info: Any, retry_allowed: bool = True) -> None:  # noqa: A002, FBT001, FBT002, N802 - the framework's signature
        """Answer an exception by its view; one that is an error of the stand-in is kept as failure."""
        if not isinstance(exc_info[1], ApiError | NotFound | InvalidBatchSizeError):
            request.store.session.failure = "".join(traceback.format_exception(*exc_info))
        super().handleException(object, request, exc_info, retry_allowed)


class Configuration(BaseWebServiceConfiguration):  # type: ignore[misc]  # the framework has no types
    """As Launchpad configures it; page sizes are switches of the state."""

    code_revision = "sandbox"
    active_versions: ClassVar[list[str]] = list(VERSIONS)
    last_version_with_mutator_named_operations = "beta"
    first_version_with_total_size_link = "devel"
    view_permission = "zope.Public"
    use_https = False
    path_override = None
    compensate_for_mod_compress_etag_modification = True
    show_tracebacks = False
    service_description = "A stand-in of Launchpad."

    @property
    def default_batch_size(self) -> int:
        """Entries of a page."""
        return current().store.switches.page_size  # type: ignore[no-any-return]  # an int

    @property
    def max_batch_size(self) -> int:
        """The most entries of a page."""
        return current().store.switches.max_page_size  # type: ignore[no-any-return]  # an int

    def get_request_user(self) -> Any:
        """Give who calls."""
        return current().store.session.user

    def createRequest(self, body: Any, environ: Any) -> StandInRequest:  # noqa: N802 - the framework's name
        """Make a request, for an answer or for following a link."""
        made = StandInRequest(body, environ)
        made.setPublication(StandInPublication(None))
        return made


class Root(RootResource):  # type: ignore[misc]  # the framework has no types
    """The service root of whichever state the request is about."""

    def __init__(self, interfaces: Interfaces) -> None:
        super().__init__()
        self._interfaces = interfaces
        self._wadl: dict[str, str] = {}

    @property
    def top_level_collections(self) -> dict[str, Any]:
        """The collections, by address."""
        store = current().store
        return {kind.place: (self._interfaces.entries[kind.holds_entry], kind(store)) for kind in COLLECTIONS.values()}

    @property
    def top_level_entry_links(self) -> dict[str, Any]:
        """The caller."""
        return {"people/+me": Me(current().store)}

    def get(self, request: Any, name: str) -> Any:
        """Find what lies at the first step of an address."""
        store: Store = request.store
        if name.startswith("~"):
            return store.person(name[1:])
        for kind in COLLECTIONS.values():
            if kind.place == name:
                return kind(store)
        return store.pillar(name)

    def toDataForJSON(self, media_type: Any = None) -> dict[str, Any]:  # noqa: N802 - the framework's name
        """List the links of the root; the switch `root_specifications_link` is about one of them."""
        links: dict[str, Any] = super().toDataForJSON(media_type)
        if not current().store.switches.root_specifications_link:
            links["specifications_collection_link"] = f"{RootUrl(self, current())}/"
        return links

    def toWADL(self) -> str:  # noqa: N802 - the framework's name
        """Describe the service; made once for each version, as it takes long, and addressed anew each time."""
        request = current()
        session = request.store.session
        wanted = session.web_service_url
        if request.version not in self._wadl:
            session.web_service_url = _ANY_HOST
            self._wadl[request.version] = super().toWADL()
            session.web_service_url = wanted
        return self._wadl[request.version].replace(_ANY_HOST, wanted)


@implementer(ITopLevelEntryLink)
class Me(Record):
    """The link to the caller."""

    link_name = "me"
    entry_type: Any = None

    @property
    def path(self) -> str:
        """See Record."""
        return "people/+me"


class Redirect(RedirectResource):  # type: ignore[misc]  # the framework has no types
    """A redirect with a status of choice."""

    def __init__(self, url: str, request: Any, status: int) -> None:
        super().__init__(url, request)
        self._status = status

    def __call__(self) -> str:
        """Answer."""
        super().__call__()
        self.request.response.setStatus(self._status)
        return ""


class Traverse:
    """Finds what lies below a record."""

    def __init__(self, record: Any, request: Any) -> None:
        self._record = record
        self._request = request

    def publishTraverse(self, request: Any, name: str) -> Any:  # noqa: N802 - the framework's name
        """Take one step; a record that lies elsewhere is a redirect that takes the rest of the address along."""
        found = self._record.child(name)
        if found is None:
            raise NotFound(self._record, name)
        if not isinstance(found, Moved):
            return found
        rest = request.getTraversalStack()[::-1]
        request.setTraversalStack([])
        url = "/".join([str(RecordUrl(found.record, request)), *(quote(one, safe=_UNQUOTED) for one in rest)])
        query = request.get("QUERY_STRING")
        return Redirect(f"{url}?{query}" if query else url, request, found.status)


@implementer(IAbsoluteURL)
class RecordUrl:
    """The address of a record in the web service."""

    def __init__(self, record: Any, request: Any) -> None:
        self._record = record
        self._request = request

    def __str__(self) -> str:
        version = self._request.annotations[self._request.VERSION_ANNOTATION]
        base = self._request.store.session.web_service_url
        return f"{base}/{version}/{quote(self._record.path, safe=_UNQUOTED)}"

    __call__ = __str__


@implementer(IAbsoluteURL)
class RootUrl:
    """The address of the service root."""

    def __init__(self, _root: Any, request: Any) -> None:
        self._request = request

    def __str__(self) -> str:
        version = self._request.annotations[self._request.VERSION_ANNOTATION]
        return f"{self._request.store.session.web_service_url}/{version}"

    def __call__(self) -> str:
        """Give the address of the root itself, which ends with a slash."""
        return f"{self}/"


@implementer(IAbsoluteURL)
class WebUrl:
    """The address of the page that people see."""

    def __init__(self, record: Any, _request: Any) -> None:
        self._record = record

    def __str__(self) -> str:
        return self._record.web_url  # type: ignore[no-any-return]  # a str

    __call__ = __str__


class WordMarshaller(SimpleFieldMarshaller):  # type: ignore[misc]  # the framework has no types
    """Reads and writes a choice by its title."""

    def __init__(self, field: Any, request: Any, vocabulary: Words) -> None:
        super().__init__(field, request)
        self._titles = vocabulary.titles

    def _marshall_from_json_data(self, value: Any) -> Any:
        if value not in self._titles:
            raise ValueError(f'Invalid value "{value}". Acceptable values are: {", ".join(self._titles)}')
        return value
