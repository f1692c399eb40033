"""What clients of other languages do: methods in addresses, gzip both ways, XML, trailing slashes, HEAD."""

# ruff: noqa: S314 - the XML is the stand-in's own

from __future__ import annotations

import gzip
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.salesforce.ids import salesforce_id

ACC = [salesforce_id("Account", n) for n in range(4)]


def test_a_post_may_mean_patch(org: Any) -> None:
    path = f"sobjects/Account/{ACC[1]}?_HttpMethod=PATCH"
    assert org.ask("POST", path, {"Name": "x"})[0] == 204
    assert org.ask("GET", f"sobjects/Account/{ACC[1]}")[1]["Name"] == "x"
    assert org.service.log.exchanges()[0].method == "PATCH"


def test_bodies_may_be_compressed_both_ways(org: Any) -> None:
    packed = gzip.compress(json.dumps({"Name": "packed"}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert org.ask("POST", "sobjects/Account", raw=packed, headers=headers)[0] == 201
    assert org.query("SELECT COUNT() FROM Account WHERE Name = 'packed'")["totalSize"] == 1
    status, body = org.ask("POST", "sobjects/Account", raw=b"{}", headers=headers)
    assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.loopback
def test_an_answer_is_compressed_for_who_takes_that(live: Any) -> None:
    url = f"{live.url}/services/data/v66.0/sobjects/Account/describe"
    headers = {"Authorization": "Bearer token-of-the-sync-user", "Accept-Encoding": "gzip"}
    answer = live.session.get(url, headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["name"] == "Account"
    assert int(answer.headers["Content-Length"]) < len(answer.content)
    plain = live.session.get(url, headers={**headers, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == answer.content
    assert live.service.log.exchanges()[0].as_json()["response_body"]["name"] == "Account"


def test_answers_in_xml(org: Any) -> None:
    xml = {"Accept": "application/xml"}

    def tree(path: str) -> ET.Element:
        _, text = org.ask("GET", path, headers=xml)
        assert org.last.content_type.startswith("application/xml")
        return ET.fromstring(text)

    result = tree("query?q=SELECT+Name,Type+FROM+Account+ORDER+BY+Name")
    assert result.tag == "QueryResult"
    assert [each.findtext("Name") for each in result.iterfind("records")] == ["Fictive Alpha", "Fictive Beta"]
    assert result.find("records").get("type") == "Account"
    assert result.findtext("done") == "true"
    assert tree(f"sobjects/Account/{ACC[1]}").tag == "Account"
    error = tree("sobjects/Nothing")
    assert (error.tag, error.findtext("Error/errorCode")) == ("Errors", "NOT_FOUND")
    assert tree("/services/data").findtext("Version/version") == "31.0"


def test_line_breaks_on_demand(org: Any) -> None:
    assert org.ask("GET", "limits", headers={"X-PrettyPrint": "1"})[0] == 200
    assert b"\n  " in org.last.get_data()


@pytest.mark.parametrize("path", ["", "sobjects/", "sobjects/Account/", "query/?q=SELECT+Id+FROM+Account", "limits/"])
def test_a_slash_at_the_end_changes_nothing(org: Any, path: str) -> None:
    assert org.ask("GET", path)[0] == 200
    head = org.ask("HEAD", path)
    assert head[0] == 200


def test_a_second_way_to_say_who_calls(org: Any) -> None:
    assert org.ask("GET", "limits", headers={"Authorization": "OAuth token-of-the-sync-user"})[0] == 200
