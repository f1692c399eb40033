"""What is done to requests before the endpoints see them, and to answers after: methods in addresses, gzip, XML."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from werkzeug.wrappers import Response

from sandbox.core.http import Call
from sandbox.salesforce.errors import refused

METHODS = ("PATCH", "DELETE", "PUT", "GET", "HEAD")
"""What `_HttpMethod` may make of a POST, for clients that cannot send PATCH (documentation of the resource)."""
LEAST_BYTES = 512
"""Shorter answers are not worth compressing."""
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
_XML_TYPES = ("application/xml", "text/xml")


def received(call: Call) -> Call:
    """Return the request that is meant: unpacked where it is compressed, with the method that the address names."""
    wanted = call.args.get("_HttpMethod", "").upper()
    if call.method == "POST" and wanted in METHODS:
        call.method = wanted
    if "gzip" not in call.headers.get("Content-Encoding", "").lower():
        return call
    body = _unpacked(call.get_data())
    if body is None:
        return call
    environ = {**call.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("HTTP_CONTENT_ENCODING", None)
    made = Call(environ)
    made.method = call.method
    return made


def _unpacked(body: bytes) -> bytes | None:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:
        return None  # the endpoint will say that it is no JSON


def packed(call: Call, response: Response) -> None:
    """Compress an answer whose client takes gzip."""
    if "gzip" not in call.headers.get("Accept-Encoding", "").lower() or call.method == "HEAD":
        return
    body = response.get_data()
    if len(body) >= LEAST_BYTES:
        response.set_data(gzip.compress(body, compresslevel=1))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"


def shown(call: Call, response: Response) -> None:
    """Bring an answer of JSON to the form asked for: XML, or JSON with line breaks."""
    if "json" not in (response.content_type or "") or not call.path.startswith("/services/data"):
        return
    accepted = call.headers.get("Accept", "").lower()
    if accepted and accepted.split(",")[0].split(";")[0].strip() in _XML_TYPES:
        response.set_data(as_xml(call, response))
        response.content_type = "application/xml;charset=UTF-8"
    elif call.headers.get("X-PrettyPrint") == "1":
        response.set_data(json.dumps(json.loads(response.get_data()), indent=2, ensure_ascii=False))


def refuse_packed(call: Call) -> None:
    """Refuse a body that says it is compressed and is not.

    Raises:
        SalesforceError: 400 JSON_PARSER_ERROR.
    """
    if "gzip" in call.headers.get("Content-Encoding", "").lower():
        raise refused("JSON_PARSER_ERROR", "The request body is not in the gzip format")


def as_xml(call: Call, response: Response) -> str:
    """Return an answer as XML, in the names that the REST API gives its elements."""
    body = json.loads(response.get_data())
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    if isinstance(body, list):
        outer, inner = ("Errors", "Error") if response.status_code >= 400 else (_root(call, body), "Item")
        if outer == "Versions":
            inner = "Version"
        return head + f"<{outer}>{''.join(_element(inner, each) for each in body)}</{outer}>"
    return head + _element(_root(call, body), body)


def _root(call: Call, body: Any) -> str:
    tail = call.path.rstrip("/").rpartition("/")[2]
    if tail == "data":
        return "Versions"
    if isinstance(body, dict):
        attributes = body.get("attributes")
        if isinstance(attributes, dict) and "type" in attributes:
            return str(attributes["type"])
        if "totalSize" in body:
            return "QueryResult"
        if "success" in body:
            return "Result"
    named = {"sobjects": "DescribeGlobal", "describe": "DescribeSObject", "limits": "LimitsSnapshot"}
    return named.get(tail, "Response")


def _element(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if not isinstance(value, dict):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name}>{escape(text)}</{name}>"
    attributes = value.get("attributes")
    head = ""
    if isinstance(attributes, dict):
        head = "".join(f" {key}={quoteattr(str(each))}" for key, each in attributes.items())
    inner = "".join(_element(key, each) for key, each in value.items() if key != "attributes")
    return f"<{name}{head}>{inner}</{name}>"
