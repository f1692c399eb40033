"""`lazr.restful` set up for the stand-in, once a process: its registry is global, so nothing here holds a state.

Which state a request is about comes with the request (`environ["sandbox.store"]`), so several stand-ins can run in
one process.
"""

from __future__ import annotations

import traceback
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from lazr.batchnavigator.interfaces import InvalidBatchSizeError  # type: ignore[import-untyped]  # as below
from lazr.restful import RedirectResource, ServiceRootResource  # type: ignore[import-untyped]  # the framework has no types
from lazr.restful import metazcml
from lazr.restful._resource import register_versioned_request_utility  # type: ignore[import-untyped]  # as above
from lazr.restful.interfaces import (  # type: ignore[import-untyped]  # the framework has no types
    IFieldMarshaller,
    IServiceRootResource,
    ITopLevelEntryLink,
    IWebBrowserOriginatingRequest,
    IWebServiceClientRequest,
    IWebServiceConfiguration,
)
from lazr.restful.marshallers import SimpleFieldMarshaller  # type: ignore[import-untyped]  # the framework has no types
from lazr.restful.publisher import WebServiceRequestTraversal  # type: ignore[import-untyped]  # as above
from lazr.restful.simple import (  # type: ignore[import-untyped]  # the framework has no types
    BaseWebServiceConfiguration,
    Publication,
    Request,
    RootResource,
    SimulatedWebsiteRequest,
)
from zope.component import getGlobalSiteManager  # type: ignore[import-untyped]  # the framework has no types
from zope.configuration import xmlconfig  # type: ignore[import-untyped]  # the framework has no types
from zope.interface import Interface, classImplements, implementer  # type: ignore[import-untyped]  # as above
from zope.interface.interface import InterfaceClass  # type: ignore[import-untyped]  # the framework has no types
from zope.publisher.interfaces import IPublishTraverse, NotFound  # type: ignore[import-untyped]  # as above
from zope.publisher.interfaces.http import IHTTPRequest  # type: ignore[import-untyped]  # the framework has no types
from zope.publisher.publish import publish  # type: ignore[import-untyped]  # the framework has no types
from zope.schema.interfaces import IChoice  # type: ignore[import-untyped]  # the framework has no types
from zope.security.management import queryInteraction  # type: ignore[import-untyped]  # the framework has no types
from zope.traversing.browser.interfaces import IAbsoluteURL  # type: ignore[import-untyped]  # as above

from sandbox.launchpad import (
    bug_parts,
    bugs,
    code,
    collections,
    people,
    pillars,
    specifications,
    targets,
    tasks,
    webhooks,
)
from sandbox.launchpad.errors import ApiError, BrokenError
from sandbox.launchpad.record import Moved, Record, fields_of
from sandbox.launchpad.schema import Interfaces, IWords, Words
from sandbox.launchpad.store import Store

VERSIONS = ("beta", "1.0", "devel")
ENVIRON_KEY = "sandbox.store"
_UNQUOTED = "/@+~:"

_ZCML = b"""<configure xmlns="http://namespaces.zope.org/zope">
  <include package="lazr.restful" file="basic-site.zcml" />
  <securityPolicy component="zope.security.simplepolicies.PermissiveSecurityPolicy" />
</configure>"""

_RECORDS: tuple[type[Record], ...] = (
    bugs.Bug,
    tasks.BugTask,
    bug_parts.Message,
    bug_parts.MessageRevision,
    bug_parts.BugActivity,
    bug_parts.BugTracker,
    bug_parts.BugWatch,
    bug_parts.BugAttachment,
    bug_parts.BugSubscription,
    bug_parts.BugNomination,
    bug_parts.Cve,
    people.Person,
    people.Team,
    people.TeamMembership,
    people.EmailAddress,
    pillars.Project,
    pillars.ProjectSeries,
    pillars.ProjectGroup,
    pillars.ProjectGroupMilestone,
    pillars.ProjectRelease,
    pillars.Milestone,
    pillars.Distribution,
    pillars.DistroSeries,
    pillars.DistributionSourcePackage,
    pillars.SourcePackage,
    targets.StructuralSubscription,
    specifications.Specification,
    code.GitRepository,
    code.GitRef,
    code.BranchMergeProposal,
    code.CodeReviewComment,
    code.CodeReviewVote,
    webhooks.Webhook,
    webhooks.WebhookDelivery,
)

_COLLECTIONS: dict[str, type[collections.Collection]] = {
    "bugs": collections.Bugs,
    "bug_trackers": collections.BugTrackers,
    "cves": collections.Cves,
    "people": collections.People,
    "projects": collections.Projects,
    "project_groups": collections.ProjectGroups,
    "distributions": collections.Distributions,
    "specifications": collections.Specifications,
    "git_repositories": collections.GitRepositories,
}

IRecord = InterfaceClass("IRecord", (Interface,), {})


def _current() -> Any:
    """Give the request being answered in this thread."""
    return queryInteraction().participations[0]


class _Request(Request):  # type: ignore[misc]  # the framework has no types
    """A request that knows its store."""

    @property
    def store(self) -> Store:
        """The state that it is about; one made for following a link is about the state of the request around it."""
        found: Store | None = self._environ.get(ENVIRON_KEY)
        return found if found is not None else _current().store  # type: ignore[no-any-return]  # the same property


class _Publication(Publication):  # type: ignore[misc]  # the framework has no types
    """Adds the header that the original has, and keeps tracebacks for the log."""

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


class _Configuration(BaseWebServiceConfiguration):  # type: ignore[misc]  # the framework has no types
    """As Launchpad configures it; page sizes are switches of the state."""

    code_revision = "sandbox"
    active_versions = list(VERSIONS)
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
        return _current().store.settings.page_size  # type: ignore[no-any-return]  # an int

    @property
    def max_batch_size(self) -> int:
        """The most entries of a page."""
        return _current().store.settings.max_page_size  # type: ignore[no-any-return]  # an int

    def get_request_user(self) -> Any:
        """Give who calls."""
        return _current().store.session.user

    def createRequest(self, body: Any, environ: Any) -> _Request:  # noqa: N802 - the framework's name
        """Make a request, for an answer or for following a link."""
        made = _Request(body, environ)
        made.setPublication(_Publication(None))
        return made


class _Root(RootResource):  # type: ignore[misc]  # the framework has no types
    """The service root of whichever state the request is about."""

    def __init__(self, interfaces: Interfaces) -> None:
        super().__init__()
        self._interfaces = interfaces

    @property
    def top_level_collections(self) -> dict[str, Any]:
        """The collections, by address."""
        store = _current().store
        return {kind.place: (self._interfaces.entries[kind.holds_entry], kind(store)) for kind in _COLLECTIONS.values()}

    @property
    def top_level_entry_links(self) -> dict[str, Any]:
        """The caller."""
        return {"people/+me": _Me(_current().store)}

    def get(self, request: Any, name: str) -> Any:
        """Find what lies at the first step of an address."""
        store: Store = request.store
        if name.startswith("~"):
            return store.person(name[1:])
        for kind in _COLLECTIONS.values():
            if kind.place == name:
                return kind(store)
        return store.pillar(name)

    def toDataForJSON(self, media_type: Any = None) -> dict[str, Any]:  # noqa: N802 - the framework's name
        """List the links of the root; the switch `root_specifications_link` is about one of them."""
        links: dict[str, Any] = super().toDataForJSON(media_type)
        if not _current().store.settings.root_specifications_link:
            links["specifications_collection_link"] = f"{_RootUrl(self, _current())}/"
        return links

    def toWADL(self) -> str:  # noqa: N802 - the framework's name
        """Describe the service; made once for each version and address, as it takes long."""
        request = _current()
        made = request.store.__dict__.setdefault("_wadl", {})
        key = (request.version, request.store.session.web_service_url)
        if key not in made:
            made[key] = super().toWADL()
        return made[key]  # type: ignore[no-any-return]  # made above


@implementer(ITopLevelEntryLink)
class _Me(Record):
    """The link to the caller."""

    link_name = "me"
    entry_type: Any = None

    @property
    def path(self) -> str:
        """See Record."""
        return "people/+me"


class _Redirect(RedirectResource):  # type: ignore[misc]  # the framework has no types
    """A redirect with a status of choice."""

    def __init__(self, url: str, request: Any, status: int) -> None:
        super().__init__(url, request)
        self._status = status

    def __call__(self) -> str:
        super().__call__()
        self.request.response.setStatus(self._status)
        return ""


class _Traverse:
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
        url = "/".join([str(_RecordUrl(found.record, request)), *(quote(one, safe=_UNQUOTED) for one in rest)])
        query = request.get("QUERY_STRING")
        return _Redirect(f"{url}?{query}" if query else url, request, found.status)


@implementer(IAbsoluteURL)
class _RecordUrl:
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
class _RootUrl:
    """The address of the service root."""

    def __init__(self, _root: Any, request: Any) -> None:
        self._request = request

    def __str__(self) -> str:
        version = self._request.annotations[self._request.VERSION_ANNOTATION]
        return f"{self._request.store.session.web_service_url}/{version}"

    def __call__(self) -> str:
        return f"{self}/"


@implementer(IAbsoluteURL)
class _WebUrl:
    """The address of the page that people see."""

    def __init__(self, record: Any, _request: Any) -> None:
        self._record = record

    def __str__(self) -> str:
        return self._record.web_url  # type: ignore[no-any-return]  # a str

    __call__ = __str__


class _WordMarshaller(SimpleFieldMarshaller):  # type: ignore[misc]  # the framework has no types
    """Reads and writes a choice by its title."""

    def __init__(self, field: Any, request: Any, vocabulary: Words) -> None:
        super().__init__(field, request)
        self._titles = vocabulary.titles

    def _marshall_from_json_data(self, value: Any) -> Any:
        if value not in self._titles:
            raise ValueError(f'Invalid value "{value}". Acceptable values are: {", ".join(self._titles)}')
        return value


def _website_request(request: Any) -> Any:
    return SimulatedWebsiteRequest(request.bodyStream, {})


@lru_cache(maxsize=1)
def set_up() -> None:
    """Fill the framework's registry; done once, the first time a stand-in is made.

    Raises:
        AttributeError: a record lacks the method of one of its operations.
    """
    context = xmlconfig.string(_ZCML)
    manager = getGlobalSiteManager()
    manager.registerUtility(_Configuration(), IWebServiceConfiguration)
    marker: Any = IWebServiceClientRequest
    for version in VERSIONS:
        marker = InterfaceClass(f"IRequestOf_{version.replace('.', '_')}", (marker,), {})
        register_versioned_request_utility(marker, version)
    interfaces = Interfaces()
    classImplements(Record, IRecord)
    for kind in _RECORDS:
        classImplements(kind, interfaces.entries[kind.entry])
        for name, field in fields_of(kind.entry).items():
            if not hasattr(kind, name) and name not in kind.aliases:
                setattr(kind, name, field.initial())  # as __getattr__ would find, only faster
    for name, collection in _COLLECTIONS.items():
        classImplements(collection, interfaces.collections[name])
    _check_operations(interfaces)
    _Me.entry_type = interfaces.entries["person"]
    manager.registerUtility(_Root(interfaces), IServiceRootResource)
    manager.registerAdapter(_website_request, (IWebServiceClientRequest,), IWebBrowserOriginatingRequest)
    manager.registerAdapter(_RecordUrl, (IRecord, WebServiceRequestTraversal), IAbsoluteURL)
    manager.registerAdapter(_RootUrl, (ServiceRootResource, WebServiceRequestTraversal), IAbsoluteURL)
    manager.registerAdapter(_WebUrl, (IRecord, SimulatedWebsiteRequest), IAbsoluteURL)
    manager.registerAdapter(_Traverse, (IRecord, IHTTPRequest), IPublishTraverse)
    manager.registerAdapter(_WordMarshaller, (IChoice, IHTTPRequest, IWords), IFieldMarshaller)
    metazcml.register_webservice(context, interfaces.module())
    context.execute_actions()


def _check_operations(interfaces: Interfaces) -> None:
    """Make sure that every operation of the table is done by a method."""
    for kind in _RECORDS:
        for name in interfaces.entries[kind.entry].names(all=True):
            if not hasattr(kind, name) and name not in kind.aliases and name != "full_path":
                raise AttributeError(f"{kind.__name__} has no {name}")
    for name, collection in _COLLECTIONS.items():
        for method in interfaces.collections[name].names(all=True):
            getattr(collection, method)


def answer(store: Store, environ: dict[str, Any]) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """Have the framework answer one request: status, reason, headers, body.

    The store's session must be that of the request. Changes are neither committed nor taken back here.
    """
    request = _Request(environ["wsgi.input"], {**environ, ENVIRON_KEY: store})
    request.setPublication(_Publication(None))
    response = publish(request, handle_errors=True).response
    body = b"".join(response.consumeBodyIter())
    return response.getStatus(), response.getStatusString().partition(" ")[2], response.getHeaders(), body
