"""`lazr.restful` set up for the stand-in, once a process: its registry is global, so nothing here holds a state."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lazr.restful import ServiceRootResource, metazcml, render_field_to_html
from lazr.restful._resource import register_versioned_request_utility
from lazr.restful.interfaces import (
    IByteStorage,
    IEntry,
    IFieldHTMLRenderer,
    IFieldMarshaller,
    IServiceRootResource,
    IWebBrowserOriginatingRequest,
    IWebServiceClientRequest,
    IWebServiceConfiguration,
)
from lazr.restful.publisher import WebServiceRequestTraversal
from lazr.restful.simple import SimulatedWebsiteRequest
from zope.component import getGlobalSiteManager
from zope.configuration import xmlconfig
from zope.interface import Interface, classImplements
from zope.interface.declarations import objectSpecificationDescriptor
from zope.interface.interface import InterfaceClass
from zope.publisher.interfaces import IPublishTraverse
from zope.publisher.interfaces.http import IHTTPRequest
from zope.publisher.publish import publish
from zope.schema.interfaces import IBytes, IChoice, IField
from zope.traversing.browser.interfaces import IAbsoluteURL

from sandbox.launchpad.files import ByteStorage
from sandbox.launchpad.kinds import COLLECTIONS, RECORDS
from sandbox.launchpad.publication import (
    ENVIRON_KEY,
    VERSIONS,
    Configuration,
    Me,
    RecordUrl,
    Root,
    RootUrl,
    StandInPublication,
    StandInRequest,
    Traverse,
    WebUrl,
    WordMarshaller,
)
from sandbox.launchpad.record import Record, fields_of
from sandbox.launchpad.schema import Interfaces, IWords
from sandbox.launchpad.store import Store
from sandbox.launchpad.table import table

_ZCML = b"""<configure xmlns="http://namespaces.zope.org/zope">
  <include package="lazr.restful" file="basic-site.zcml" />
  <securityPolicy component="zope.security.simplepolicies.PermissiveSecurityPolicy" />
</configure>"""

IRecord = InterfaceClass("IRecord", (Interface,), {})


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
    manager.registerUtility(Configuration(), IWebServiceConfiguration)
    marker: Any = IWebServiceClientRequest
    for version in VERSIONS:
        marker = InterfaceClass(f"IRequestOf_{version.replace('.', '_')}", (marker,), {})
        register_versioned_request_utility(marker, version)
    interfaces = Interfaces()
    # The framework asks for this of every value. It gives it to classes itself, but not to abstract ones.
    Record.__providedBy__ = objectSpecificationDescriptor  # type: ignore[attr-defined]  # not declared
    classImplements(Record, IRecord)
    for kind in RECORDS:
        classImplements(kind, interfaces.entries[kind.entry])
        for name, field in fields_of(kind.entry).items():
            if not hasattr(kind, name) and name not in kind.aliases:
                setattr(kind, name, field.initial())  # as __getattr__ would find, only faster
    for name, collection in COLLECTIONS.items():
        classImplements(collection, interfaces.collections[name])
    _check_operations(interfaces)
    Me.entry_type = interfaces.entries["person"]
    manager.registerUtility(Root(interfaces), IServiceRootResource)
    manager.registerAdapter(_website_request, (IWebServiceClientRequest,), IWebBrowserOriginatingRequest)
    manager.registerAdapter(RecordUrl, (IRecord, WebServiceRequestTraversal), IAbsoluteURL)
    manager.registerAdapter(RootUrl, (ServiceRootResource, WebServiceRequestTraversal), IAbsoluteURL)
    manager.registerAdapter(WebUrl, (IRecord, SimulatedWebsiteRequest), IAbsoluteURL)
    manager.registerAdapter(ByteStorage, (IEntry, IBytes), IByteStorage)
    manager.registerAdapter(Traverse, (IRecord, IHTTPRequest), IPublishTraverse)
    manager.registerAdapter(WordMarshaller, (IChoice, IHTTPRequest, IWords), IFieldMarshaller)
    for name in {field for entry in table().entries.values() for field in entry.fields}:
        # The framework looks for a renderer under each field's name first; one found is one exception less a field.
        manager.registerAdapter(
            render_field_to_html, (Interface, IField, IWebServiceClientRequest), IFieldHTMLRenderer, name
        )
    metazcml.register_webservice(context, interfaces.module())
    context.execute_actions()


def _check_operations(interfaces: Interfaces) -> None:
    """Make sure that every operation of the table is done by a method."""
    for kind in RECORDS:
        for name in interfaces.entries[kind.entry].names(all=True):
            if not hasattr(kind, name) and name not in kind.aliases and name != "full_path":
                raise AttributeError(f"{kind.__name__} has no {name}")
    for name, collection in COLLECTIONS.items():
        for method in interfaces.collections[name].names(all=True):
            getattr(collection, method)


def answer(store: Store, environ: dict[str, Any]) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """Have the framework answer one request: status, reason, headers, body.

    The store's session must be that of the request. Changes are neither committed nor taken back here.
    """
    request = StandInRequest(environ["wsgi.input"], {**environ, ENVIRON_KEY: store})
    request.setPublication(StandInPublication(None))
    response = publish(request, handle_errors=True).response
    body = b"".join(response.consumeBodyIter())
    return response.getStatus(), response.getStatusString().partition(" ")[2], response.getHeaders(), body
